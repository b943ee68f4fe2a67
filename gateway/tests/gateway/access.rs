//! Who may.

use gateway::fixture::{NOW, Signer, claims};
use serde_json::json;

use crate::world::{Call, World};

#[tokio::test]
async fn each_route_lets_its_own_callers_through_and_nobody_else() {
    let world = World::new().await;
    world.service.says(json!({}));
    let toy = json!({"name": "Fox"});
    let routes = [
        ("GET", "/v1/toys/7", None, [200, 200, 200, 200, 200]),
        ("GET", "/v1/toys", None, [401, 200, 200, 200, 200]),
        ("POST", "/v1/toys", Some(&toy), [401, 403, 200, 403, 403]),
        ("PATCH", "/v1/toys/7", Some(&toy), [401, 403, 200, 403, 403]),
        ("DELETE", "/v1/toys/7", None, [401, 403, 200, 403, 403]),
        ("POST", "/v1/toys/7:break", None, [401, 403, 403, 403, 200]),
        ("POST", "/v1/toys:wish", Some(&toy), [200, 200, 200, 200, 200]),
    ];

    for (method, path, body, expected) in routes {
        let callers = [None, Some("worker"), Some("employer"), Some("operator"), Some("admin")];
        for (caller, expected) in callers.into_iter().zip(expected) {
            let mut call = Call::new(method, path);
            call = body.into_iter().fold(call, Call::json);
            call = caller.into_iter().fold(call, |call, role| call.token(&world.token(role)));
            let answer = world.send(call.build()).await;
            assert_eq!(answer.status(), expected, "{method} {path} as {caller:?}");
            if expected != 200 {
                answer.problem();
            }
        }
    }
}

#[tokio::test]
async fn who_is_not_let_through_reaches_no_service() {
    let world = World::new().await;

    world.send(Call::new("DELETE", "/v1/toys/7").build()).await;
    world.send(Call::new("DELETE", "/v1/toys/7").token(&world.token("worker")).build()).await;

    assert_eq!(world.service.count(), 0);
}

#[tokio::test]
async fn a_bad_token_is_refused_on_public_routes_too() {
    let world = World::new().await;
    let mut expired = claims();
    expired["exp"] = json!(NOW - 60);
    let expired = world.signer.sign(&world.signer.header(), &expired);

    for token in [expired, Signer::ec("k").token(), "rubbish".to_owned()] {
        let answer = world.send(Call::get("/v1/toys/7").token(&token).build()).await;
        assert_eq!(answer.problem(), (401, "INVALID_TOKEN".to_owned()));
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer realm=\"seasonal\", error=\"invalid_token\""));
    }
}

#[tokio::test]
async fn without_a_token_one_is_asked_for() {
    let world = World::new().await;

    let answer = world.get("/v1/toys").await;

    assert_eq!(answer.problem(), (401, "UNAUTHENTICATED".to_owned()));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"seasonal\""));
}

#[tokio::test]
async fn a_token_in_the_query_is_no_token() {
    let world = World::new().await;
    let path = format!("/v1/toys?access_token={}", world.token("worker"));

    assert_eq!(world.get(&path).await.status(), 401);
}

#[tokio::test]
async fn a_refusal_names_the_roles() {
    let world = World::new().await;

    let call = Call::new("POST", "/v1/toys/7:break").token(&world.token("worker"));
    let answer = world.send(call.build()).await;

    assert_eq!(answer.problem(), (403, "ROLE_REQUIRED".to_owned()));
    assert_eq!(answer.json()["facts"], json!({"roles": "admin"}));
}
