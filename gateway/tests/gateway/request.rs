//! What a service is told.

use bus::Caller;
use serde_json::json;

use crate::world::{Call, World};

#[tokio::test]
async fn path_and_body_make_the_message() {
    let world = World::new().await;

    let call = Call::new("PATCH", "/v1/toys/7").json(&json!({"name": "Fox"}));
    let answer = world.send(call.token(&world.token("employer")).build()).await;

    assert_eq!(answer.status(), 200);
    let asked = world.service.asked();
    assert_eq!(asked.subject, "toy.v1.ToyService.UpdateToy");
    assert_eq!(asked.message, json!({"toyId": "7", "toy": {"name": "Fox"}, "updateMask": "name"}));
}

#[tokio::test]
async fn the_query_is_part_of_the_message() {
    let world = World::new().await;
    world.service.says(json!({}));

    world.send(Call::get("/v1/toys?pageSize=5").token(&world.token("worker")).build()).await;

    assert_eq!(world.service.asked().message, json!({"pageSize": 5}));
}

#[tokio::test]
async fn a_trace_goes_on_with_and_without_spans() {
    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    for traces in [false, true] {
        let world = World::with(|it| it.traces = traces).await;
        let trace = async |given: &str| {
            world.send(Call::get("/v1/toys/7").header("traceparent", given).build()).await;
            world.service.asked().context.traceparent
        };

        assert_eq!(trace(TRACE).await.unwrap().get(..36), TRACE.get(..36));
        assert!(trace("rubbish").await.is_none_or(|fresh| fresh.len() == 55));
    }
}

#[tokio::test]
async fn a_service_learns_who_asks_and_under_which_conditions() {
    let world = World::new().await;

    let call = Call::post("/v1/toys", &json!({"name": "Fox"}))
        .token(&world.token("employer"))
        .header("idempotency-key", "key-1")
        .header("if-match", "\"3-abc\"")
        .header("accept-language", "fr-FR, en;q=0.8")
        .header("x-request-id", "request-1");
    world.send(call.build()).await;

    let context = world.service.asked().context;
    let Caller::User(user) = context.caller else { panic!("a user asks") };
    assert_eq!(user.id.to_string(), "e0000000-0000-4000-8000-000000000001");
    assert_eq!(user.roles.as_str(), "employer");
    assert_eq!(user.email.as_deref(), Some("rosa@example.org"));
    assert_eq!(context.idempotency_key.as_deref(), Some("key-1"));
    assert_eq!(context.if_match.as_deref(), Some("\"3-abc\""));
    assert_eq!(context.language, "fr-FR");
    assert_eq!(context.request_id, "request-1");
}

#[tokio::test]
async fn a_change_without_a_key_gets_a_new_one_each_time() {
    let world = World::new().await;
    let key = async || {
        let call = Call::post("/v1/toys", &json!({"name": "Fox"})).token(&world.token("employer"));
        world.send(call.build()).await;
        world.service.asked().context.idempotency_key.unwrap()
    };

    assert_ne!(key().await, key().await);
}

#[tokio::test]
async fn nobody_has_no_key_and_a_read_neither() {
    let world = World::new().await;

    let wish = Call::post("/v1/toys:wish", &json!({"name": "Fox"})).header("idempotency-key", "k");
    assert_eq!(world.send(wish.build()).await.status(), 200);
    assert_eq!(world.service.asked().context.idempotency_key, None);

    let read = Call::get("/v1/toys/7").header("idempotency-key", "k").header("if-match", "\"1\"");
    world.send(read.token(&world.token("worker")).build()).await;
    assert_eq!(world.service.asked().context.idempotency_key, None);
    assert_eq!(world.service.asked().context.if_match, None);
}

#[tokio::test]
async fn an_empty_body_is_an_empty_message() {
    let world = World::new().await;

    let call = Call::new("POST", "/v1/toys/7:break").token(&world.token("admin"));
    let answer = world.send(call.build()).await;

    assert_eq!(answer.status(), 200);
    assert_eq!(world.service.asked().message, json!({"toyId": "7"}));
}

#[tokio::test]
async fn a_caller_cannot_name_himself() {
    let world = World::new().await;

    let call = Call::get("/v1/toys/7")
        .header("seasonal-caller-id", "e0000000-0000-4000-8000-000000000009")
        .header("seasonal-caller-roles", "admin");
    world.send(call.build()).await;

    assert_eq!(world.service.asked().context.caller, Caller::Anonymous);
}
