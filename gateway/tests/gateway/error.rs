//! Every error is a problem.

use bus::{Code, Status, Violation};
use serde_json::json;

use crate::world::{Answer, Call, World};

async fn created(world: &World, call: Call) -> Answer {
    world.send(call.token(&world.token("employer")).build()).await
}

#[tokio::test]
async fn all_that_is_wrong_with_a_body_comes_back_at_once() {
    let world = World::new().await;

    let body = json!({"name": 7, "colour": "red", "count": "many", "revision": "3"});
    let answer = created(&world, Call::post("/v1/toys", &body)).await;

    assert_eq!(answer.problem(), (400, "INVALID_ARGUMENT".to_owned()));
    let body = answer.json();
    let violations = body["violations"].as_array().unwrap().iter();
    let mut pointers: Vec<_> = violations.map(|it| it["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/colour", "/count", "/name", "/revision"]);
    assert_eq!(world.service.count(), 0);
}

#[tokio::test]
async fn what_a_service_finds_wrong_is_located_where_the_client_gave_it() {
    let world = World::new().await;
    world.service.answers(|_| {
        let wrong = |field: &str| Violation {
            field: field.to_owned(),
            reason: "TOO_LONG".into(),
            message: "at most 20 characters".to_owned(),
        };
        Err(Status::invalid(vec![wrong("/toy/name"), wrong("/toyId")]))
    });

    let call = Call::new("PATCH", "/v1/toys/7").json(&json!({"name": "Fox"}));
    let answer = created(&world, call).await;

    let violation = |place: &str, at: &str| {
        json!({
            place: at, "reason": "TOO_LONG", "message": "at most 20 characters"
        })
    };
    assert_eq!(answer.problem(), (400, "INVALID_ARGUMENT".to_owned()));
    assert_eq!(answer.json()["violations"][0], violation("pointer", "/name"));
    assert_eq!(answer.json()["violations"][1], violation("parameter", "toyId"));
}

#[tokio::test]
async fn each_code_of_a_service_has_its_status() {
    let world = World::new().await;
    let codes = [
        (Code::InvalidArgument, 400),
        (Code::Unauthenticated, 401),
        (Code::PermissionDenied, 403),
        (Code::NotFound, 404),
        (Code::FailedPrecondition, 409),
        (Code::AlreadyExists, 409),
        (Code::Aborted, 409),
        (Code::KeyInFlight, 409),
        (Code::Gone, 410),
        (Code::PreconditionFailed, 412),
        (Code::TooLarge, 413),
        (Code::KeyReused, 422),
        (Code::TermsRequired, 428),
        (Code::ResourceExhausted, 429),
        (Code::Internal, 500),
        (Code::Unavailable, 503),
        (Code::DeadlineExceeded, 504),
    ];
    for (code, status) in codes {
        world
            .service
            .answers(move |_| Err(Status::new(code, "BECAUSE", "it is so").fact("a", "b")));

        let answer = world.get("/v1/toys/7").await;

        assert_eq!(answer.problem(), (status, "BECAUSE".to_owned()));
        assert_eq!(answer.json()["facts"], json!({"a": "b"}));
        assert_eq!(
            answer.header("retry-after").is_some(),
            [429, 503].contains(&status),
            "{status}"
        );
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
    }
}

#[tokio::test]
async fn a_stale_revision_is_answered_with_the_current_one() {
    let world = World::new().await;
    world.service.answers(|asked| asked.context.matches(8).map(|()| json!({})));

    let call = Call::new("PATCH", "/v1/toys/7").json(&json!({"name": "Fox"}));
    let answer = created(&world, call.header("if-match", "\"7-abc\"")).await;

    assert_eq!(answer.status(), 412);
    assert_eq!(answer.header("etag"), Some("\"8\""));
    assert_eq!(answer.json()["facts"], json!({"etag_revision": "8"}));
}

#[tokio::test]
async fn a_service_that_panics_the_gateway_is_a_problem_of_its_own() {
    let world = World::new().await;
    world.service.answers(|_| panic!("out of toys"));

    let answer = world.get("/v1/toys/7").await;

    assert_eq!(answer.problem(), (500, "INTERNAL".to_owned()));
    assert!(!answer.json().to_string().contains("out of toys"));
}

#[tokio::test]
async fn a_body_that_is_not_taken_is_a_problem() {
    let world = World::new().await;
    let text = |kind: &str, body: &str| Call::new("POST", "/v1/toys").raw(kind, body.to_owned());
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(1_000));
    let cases = [
        (text("text/plain", "hello"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (
            text("application/json", "{").header("content-encoding", "gzip"),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (text("application/json", &long), 413, "TOO_LARGE"),
        (text("application/json", "{\"name\":"), 400, "INVALID_ARGUMENT"),
        (text("application/json", "[]"), 400, "INVALID_ARGUMENT"),
        (text("application/json", "{}").header("idempotency-key", "a b"), 400, "BAD_HEADER"),
        (Call::new("DELETE", "/v1/toys/7").json(&json!({})), 400, "BODY_NOT_TAKEN"),
    ];
    for (call, status, reason) in cases {
        assert_eq!(created(&world, call).await.problem(), (status, reason.to_owned()));
    }
    assert_eq!(world.service.count(), 0);
}

#[tokio::test]
async fn an_unknown_parameter_is_a_problem_that_names_it() {
    let world = World::new().await;

    let answer = world.get("/v1/toys/7?colour=red").await;

    assert_eq!(answer.problem(), (400, "INVALID_ARGUMENT".to_owned()));
    assert_eq!(answer.json()["violations"][0]["parameter"], "colour");
}
