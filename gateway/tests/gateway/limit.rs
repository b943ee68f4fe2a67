//! How much one may ask.

use std::net::IpAddr;
use std::time::Duration;

use gateway::Rates;
use serde_json::json;

use crate::world::{Call, World};

#[tokio::test]
async fn the_61st_request_without_a_token_in_a_minute_is_refused_and_others_are_not() {
    let world = World::with(|it| it.rates = Rates { anonymous: 60, ..Rates::default() }).await;

    for _ in 0..60 {
        assert_eq!(world.get("/v1/toys/7").await.status(), 200);
        world.clock.advance(Duration::from_millis(500));
    }
    let refused = world.get("/v1/toys/7").await;

    assert_eq!(refused.problem(), (429, "RATE_LIMITED".to_owned()));
    assert_eq!(refused.header("retry-after"), Some("30"));
    assert_eq!(refused.header("ratelimit"), Some("\"anonymous\";r=0;t=30"));
    assert_eq!(refused.header("ratelimit-policy"), Some("\"anonymous\";q=60;w=60"));
    let neighbour: IpAddr = [192, 0, 2, 2].into();
    assert_eq!(world.send_from(neighbour, Call::get("/v1/toys/7").build()).await.status(), 200);
    let signed_in = Call::get("/v1/toys/7").token(&world.token("worker"));
    assert_eq!(world.send(signed_in.build()).await.status(), 200);
}

#[tokio::test]
async fn an_answer_says_what_is_left() {
    let world = World::with(|it| it.rates = Rates { caller: 600, ..Rates::default() }).await;

    let answer = world.send(Call::get("/v1/toys/7").token(&world.token("worker")).build()).await;

    assert_eq!(answer.header("ratelimit"), Some("\"caller\";r=599;t=60"));
}

#[tokio::test]
async fn an_address_that_guesses_tokens_is_stopped_before_they_are_looked_at() {
    let world = World::with(|it| it.rates = Rates { address: 3, ..Rates::default() }).await;
    let mut statuses = Vec::new();

    for _ in 0..4 {
        statuses.push(world.send(Call::get("/v1/toys").token("a.b.c").build()).await.status());
    }

    assert_eq!(statuses, [401, 401, 401, 429]);
}

#[tokio::test]
async fn who_may_not_does_not_use_up_what_he_may() {
    let rates = Rates { caller_writes: 1, ..Rates::default() };
    let world = World::with(|it| it.rates = rates).await;
    let token = world.token("employer");
    world.send(Call::new("POST", "/v1/toys/7:break").token(&token).build()).await;

    let call = || Call::post("/v1/toys", &json!({"name": "Fox"})).token(&token);

    assert_eq!(world.send(call().build()).await.status(), 200);
    assert_eq!(world.send(call().build()).await.status(), 429);
}

#[tokio::test]
async fn behind_a_proxy_each_client_has_its_own_limit() {
    let world = World::with(|it| {
        it.rates = Rates { anonymous: 1, ..Rates::default() };
        it.proxies = vec!["192.0.2.0/24".parse().unwrap()];
    })
    .await;
    let from = |hops: &str| Call::get("/v1/toys/7").header("x-forwarded-for", hops).build();

    assert_eq!(world.send(from("198.51.100.1")).await.status(), 200);
    assert_eq!(world.send(from("198.51.100.2")).await.status(), 200);
    assert_eq!(world.send(from("10.9.9.9, 198.51.100.1")).await.status(), 429);
}
