//! Contracts come, go and are refused; the old routes go on.

use bus::contract::{Change, Garbage};
use serde_json::json;

use crate::world::{TOY, World, announced, renamed};

async fn status(world: &World, path: &str) -> u16 {
    world.get(path).await.status()
}

/// A gateway to which these changes came, in this order.
async fn after(changes: Vec<Change>) -> World {
    let world = World::empty(|_| {});
    world.serve(changes).await;
    world
}

#[tokio::test]
async fn before_the_first_contract_nothing_is_ready() {
    let world = World::empty(|_| {});

    for path in ["/v1/toys/7", "/openapi.json"] {
        let answer = world.get(path).await;
        assert_eq!(answer.problem(), (503, "NO_CONTRACT".to_owned()));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert!(!world.gateway.has_routes());
}

#[tokio::test]
async fn a_second_service_is_served_guarded_and_documented_beside_the_first() {
    let games = announced("game", 1, &renamed("game", "/v1/games"));

    let world = after(vec![announced("toy", 1, TOY), games]).await;

    assert_eq!(status(&world, "/v1/toys/7").await, 200);
    assert_eq!(status(&world, "/v1/games/7").await, 200);
    assert_eq!(status(&world, "/v1/games").await, 401);
    let paths = &world.get("/openapi.json").await.json()["paths"];
    assert!(paths["/v1/toys"].is_object() && paths["/v1/games"].is_object());
}

#[tokio::test]
async fn a_newer_contract_replaces_the_older_and_not_the_other_way_round() {
    let moved = renamed("toy", "/v1/playthings");

    let newer = after(vec![announced("toy", 1, TOY), announced("toy", 2, &moved)]).await;
    let older = after(vec![announced("toy", 2, TOY), announced("toy", 1, &moved)]).await;

    assert_eq!(status(&newer, "/v1/playthings/7").await, 200);
    assert_eq!(status(&newer, "/v1/toys/7").await, 404);
    assert_eq!(status(&older, "/v1/toys/7").await, 200);
}

#[tokio::test]
async fn a_contract_that_vanishes_or_is_garbage_leaves_its_routes() {
    let change = |announcement| Change { service: "toy".to_owned(), announcement };
    let mut rubbish = announced("toy", 3, TOY);
    if let Ok(Some(announcement)) = &mut rubbish.announcement {
        announcement.descriptors = "rubbish".into();
    }
    let foreign = Err(Garbage::Foreign("ad".to_owned()));

    let changes = [change(Ok(None)), change(Err(Garbage::Unreadable)), change(foreign), rubbish];
    for bad in changes {
        let world = after(vec![announced("toy", 1, TOY), bad]).await;
        assert_eq!(status(&world, "/v1/toys/7").await, 200);
    }
}

#[tokio::test]
async fn a_contract_in_a_foreign_package_is_refused() {
    let stolen = renamed("game", "/v1/games").replace("seasonal.game.v1", "seasonal.toy.v1");

    let world = after(vec![announced("toy", 1, TOY), announced("game", 1, &stolen)]).await;

    assert_eq!(status(&world, "/v1/toys/7").await, 200);
    assert_eq!(status(&world, "/v1/games/7").await, 404);
}

#[tokio::test]
async fn a_contract_without_an_access_rule_is_refused() {
    let open = TOY.replace("option (seasonal.options.v1.access) = {signed_in: true};", "");

    let world = after(vec![announced("toy", 1, TOY), announced("toy", 2, &open)]).await;

    assert_eq!(status(&world, "/v1/toys").await, 401);
}

#[tokio::test]
async fn of_two_that_want_the_same_route_the_name_decides_whoever_came_first() {
    let (early, late) = (renamed("aaa", "/v1/toys"), renamed("zzz", "/v1/toys"));

    for changes in [
        vec![announced("aaa", 1, &early), announced("zzz", 1, &late)],
        vec![announced("zzz", 1, &late), announced("aaa", 1, &early)],
    ] {
        let world = after(changes).await;
        world.service.says(json!({}));
        world.get("/v1/toys/7").await;
        assert_eq!(world.service.asked().subject, "aaa.v1.ToyService.GetToy");
    }
}

#[tokio::test]
async fn a_service_that_reaches_for_anothers_route_keeps_its_old_ones() {
    let grab = renamed("zzz", "/v1/toys");

    let world = after(vec![
        announced("toy", 1, TOY),
        announced("zzz", 1, &renamed("zzz", "/v1/games")),
        announced("zzz", 2, &grab),
    ])
    .await;

    assert_eq!(status(&world, "/v1/games/7").await, 200);
    world.get("/v1/toys/7").await;
    assert_eq!(world.service.asked().subject, "toy.v1.ToyService.GetToy");
}

#[tokio::test]
async fn what_was_refused_for_its_route_is_served_when_the_route_is_free() {
    let world = after(vec![
        announced("toy", 1, TOY),
        announced("zzz", 1, &renamed("zzz", "/v1/toys")),
        announced("toy", 2, &renamed("toy", "/v1/playthings")),
    ])
    .await;

    world.get("/v1/toys/7").await;

    assert_eq!(world.service.asked().subject, "zzz.v1.ToyService.GetToy");
}
