//! A service that was taken over tries to reach another's methods.
//!
//! `ad` is in the attacker's hands: its key, its connection, all that its user may do. The forged
//! request is one of the gateway for an administrator, to a method that `ad` may not ask. Against
//! the broker with our users, nothing reaches a handler. The same attacks are made on a broker
//! without users, where they do arrive at profile's process: there the serving loop drops them.

use std::time::Duration;

use async_nats::HeaderMap;
use bus::{Bytes, Client, Code};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    broker::{Broker, eventually},
    world::{CHECK, Profile, VERIFY, World, ask},
};

/// The subject on which the gateway would ask.
fn forged_subject() -> String {
    format!("rpc.gateway.{VERIFY}")
}

/// The headers that the gateway would send for an administrator.
fn forged_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(bus::header::CALLER_ID, "0194d6a0-0000-4000-8000-000000000000");
    headers.insert(bus::header::CALLER_ROLES, "admin");
    headers.insert(bus::header::DEADLINE_MS, "5000");
    headers
}

/// One: publishes under the gateway's name, under its own, and with replies of others.
async fn publishes(ad: &Client) {
    let own = format!("rpc.ad.{VERIFY}");
    for subject in [forged_subject(), own, format!("rpc.provision.{VERIFY}")] {
        for reply in ["_INBOX.gateway.profile.x.1", "_INBOX.ad.profile.x.1"] {
            let sent = ad.nats().publish_with_reply_and_headers(
                subject.clone(),
                reply,
                forged_headers(),
                Bytes::from_static(b"forged"),
            );
            sent.await.unwrap();
        }
    }
}

/// Two: has the broker deliver a stored request to profile's subscription, by asking for it with
/// that subject as the reply.
async fn pulls(ad: &Client) {
    let stream = json!({ "name": "EVIL_PULL", "subjects": ["event.ad.>"] });
    let consumer = json!({
        "stream_name": "EVIL_PULL",
        "config": { "durable_name": "evil", "ack_policy": "explicit" },
    });
    tries(ad, "STREAM.CREATE.EVIL_PULL", &stream).await;
    tries(ad, "CONSUMER.DURABLE.CREATE.EVIL_PULL.evil", &consumer).await;
    let event = "event.ad.v1.OfferPublished.7";
    ad.nats().publish_with_headers(event, forged_headers(), "forged".into()).await.unwrap();
    let own = "$KV.contracts.ad";
    drop(ad.ask_broker(own.to_owned(), Some(forged_headers()), "forged".into()).await);
    let pulls = [
        "$JS.API.CONSUMER.MSG.NEXT.EVIL_PULL.evil",
        "$JS.API.DIRECT.GET.KV_contracts.$KV.contracts.ad",
    ];
    for pull in pulls {
        ad.nats().publish_with_reply(pull, forged_subject(), Bytes::new()).await.unwrap();
    }
}

/// Three: has the broker republish what it stores.
async fn republishes(ad: &Client) {
    let to = |src: &str| json!({ "src": src, "dest": forged_subject() });
    let own = json!({
        "name": "EVIL_AGAIN",
        "subjects": ["event.evil.>"],
        "republish": to("event.evil.x"),
    });
    let ours = json!({
        "name": "KV_contracts",
        "subjects": ["$KV.contracts.>"],
        "republish": to("$KV.contracts.ad"),
    });
    tries(ad, "STREAM.CREATE.EVIL_AGAIN", &own).await;
    tries(ad, "STREAM.UPDATE.KV_contracts", &ours).await;
    for subject in ["event.evil.x", "$KV.contracts.ad"] {
        ad.nats().publish_with_headers(subject, forged_headers(), "forged".into()).await.unwrap();
    }
}

/// Four: has the broker store everyone's requests to profile, and answer them.
async fn captures(ad: &Client) {
    let stream = json!({ "name": "EVIL_ALL", "subjects": ["rpc.*.profile.>"] });
    tries(ad, "STREAM.CREATE.EVIL_ALL", &stream).await;
}

async fn tries(ad: &Client, verb: &str, request: &Value) {
    let tried = ad.ask_jetstream(verb, request);
    drop(timeout(Duration::from_millis(500), tried).await);
}

/// All that was sent before is now where it was sent to.
async fn settled(ad: &Client, gateway: &Client) {
    ad.nats().flush().await.unwrap();
    drop(timeout(Duration::from_millis(500), ad.ask_jetstream("INFO", &Value::Null)).await);
    ask(gateway, VERIFY).await.unwrap();
}

#[tokio::test]
async fn none_of_the_four_ways_reaches_a_handler() {
    let world = World::start().await;
    let profile = Profile::start(&world.client("profile").await).await;
    let (ad, gateway) = (world.client("ad").await, world.client("gateway").await);

    publishes(&ad).await;
    pulls(&ad).await;
    republishes(&ad).await;
    captures(&ad).await;
    settled(&ad, &gateway).await;

    assert_eq!(profile.begun(), 1, "only the gateway's own request");
    // what ad may read of itself can be read to anywhere: that much the serving loop drops
    assert!(profile.sent() <= 2, "{}", profile.sent());
    let streams =
        world.client("ops").await.ask_jetstream("STREAM.NAMES", &Value::Null).await.unwrap();
    assert_eq!(streams["streams"], json!(["KV_contracts"]));
}

#[tokio::test]
async fn where_the_broker_lets_them_through_the_serving_loop_drops_them() {
    for (attack, messages) in [("pulls", 2), ("republishes", 1)] {
        let broker = Broker::start().await;
        let profile = Profile::start(&broker.client("profile").await).await;
        provision::ensure(&broker.client("provision").await, 1).await.unwrap();
        let (ad, gateway) = (broker.client("ad").await, broker.client("gateway").await);

        match attack {
            "pulls" => pulls(&ad).await,
            _ => republishes(&ad).await,
        }
        eventually("it was sent to profile", async || profile.sent() >= messages).await;
        settled(&ad, &gateway).await;

        assert_eq!(profile.begun(), 1, "{attack}: only the gateway's own request");
    }
}

#[tokio::test]
async fn a_service_asks_what_names_it_and_nothing_else() {
    let world = World::start().await;
    let profile = Profile::start(&world.client("profile").await).await;
    let ad = world.client("ad").await;

    assert_eq!(ask(&ad, CHECK).await.unwrap().payload, "asked");
    assert_eq!(ask(&ad, VERIFY).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(profile.begun(), 1);
}

#[tokio::test]
async fn nobody_takes_the_name_of_another() {
    let world = World::start().await;
    let profile = Profile::start(&world.client("profile").await).await;

    let ad = world.client_as("gateway", "ad").await;
    assert_eq!(ask(&ad, VERIFY).await.unwrap_err().code(), Code::DeadlineExceeded);
    let mut inbox = ad.nats().subscribe("_INBOX.gateway.>").await.unwrap();
    ask(&world.client("gateway").await, VERIFY).await.unwrap();

    let heard =
        timeout(Duration::from_millis(200), futures_util::StreamExt::next(&mut inbox)).await;
    assert!(
        heard.is_err() || heard.is_ok_and(|message| message.is_none()),
        "read another's answer"
    );
    assert_eq!(profile.begun(), 1);
}

#[tokio::test]
async fn a_service_writes_its_own_contract_and_no_other() {
    let world = World::start().await;
    let ad = world.client("ad").await;
    let write = async |key: &str, headers: Option<HeaderMap>| {
        let written = ad.ask_broker(format!("$KV.contracts.{key}"), headers, "value".into());
        let written = timeout(Duration::from_millis(500), written).await;
        written.is_ok_and(|written| {
            written.is_ok_and(|ack| !ack.payload.windows(5).any(|w| w == b"error"))
        })
    };
    let mut all = HeaderMap::new();
    all.insert("Nats-Rollup", "all");

    assert!(write("ad", None).await);
    assert!(!write("profile", None).await);
    assert!(!write("ad", Some(all)).await, "a roll-up would delete the contracts of all");
}
