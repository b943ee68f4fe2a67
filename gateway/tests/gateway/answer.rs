//! What comes back when all is well.

use serde_json::json;

use crate::world::{Call, World};

#[tokio::test]
async fn an_answer_is_json_with_its_defaults_and_its_tag() {
    let world = World::new().await;

    let answer = world.get("/v1/toys/7").await;

    assert_eq!(answer.status(), 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), json!({"toyId": "7", "name": "Bear", "count": 0, "revision": "3"}));
    let tag = answer.header("etag").unwrap();
    assert!(tag.starts_with("\"3-") && tag.ends_with('"') && tag.len() == 20, "{tag}");
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let world = World::new().await;
    let tag = world.get("/v1/toys/7").await.header("etag").unwrap().to_owned();

    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let call = Call::get("/v1/toys/7").header("if-none-match", &known);
        let answer = world.send(call.build()).await;
        assert_eq!((answer.status(), answer.body().len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    }
}

#[tokio::test]
async fn another_answer_of_the_same_revision_has_another_tag() {
    let world = World::new().await;
    let before = world.get("/v1/toys/7").await;
    world.service.says(json!({"toyId": "7", "name": "Bear", "count": 1, "revision": "3"}));

    let call = Call::get("/v1/toys/7").header("if-none-match", before.header("etag").unwrap());
    let after = world.send(call.build()).await;

    assert_eq!(after.status(), 200);
    assert_ne!(after.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn a_list_has_a_tag_without_a_revision() {
    let world = World::new().await;
    world.service.says(json!({"toys": []}));

    let answer = world.send(Call::get("/v1/toys").token(&world.token("worker")).build()).await;

    assert_eq!(answer.json(), json!({"toys": []}));
    assert!(answer.header("etag").unwrap().starts_with("\"x-"));
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let world = World::new().await;
    let get = world.get("/v1/toys/7").await;

    let head = world.send(Call::new("HEAD", "/v1/toys/7").build()).await;

    assert_eq!((head.status(), head.body().len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(get.body().len().to_string().as_str()));
    assert_eq!(head.header("etag"), get.header("etag"));
    assert_eq!(head.header("content-type"), get.header("content-type"));
}

#[tokio::test]
async fn a_deletion_answers_an_empty_object_without_a_tag() {
    let world = World::new().await;
    world.service.says(json!({}));

    let call = Call::new("DELETE", "/v1/toys/7").token(&world.token("employer"));
    let answer = world.send(call.build()).await;

    assert_eq!((answer.status(), answer.json()), (200, json!({})));
    assert_eq!(answer.header("etag"), None);
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_those_who_take_that() {
    let world = World::new().await;
    let toys = vec![json!({"toyId": "7", "name": "Bear"}); 100];
    world.service.says(json!({ "toys": toys }));
    let call = || Call::get("/v1/toys").token(&world.token("worker"));

    let plain = world.send(call().build()).await;
    let packed = world.send(call().header("accept-encoding", "gzip, zstd, br").build()).await;

    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(packed.header("content-encoding"), Some("zstd"));
    assert!(packed.body().len() * 5 < plain.body().len());
    assert_eq!(
        packed.header("etag"),
        Some(format!("W/{}", plain.header("etag").unwrap()).as_str())
    );
    assert!(packed.header("vary").unwrap().contains("Accept-Encoding"));
}
