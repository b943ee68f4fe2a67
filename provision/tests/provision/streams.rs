//! The bucket is made, kept as it must be, and of use to who needs it.

use std::{pin::pin, time::Duration};

use bus::{
    Bytes,
    contract::{Announcement, announce, watch},
};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{broker::Broker, world::World};

#[tokio::test]
async fn a_service_announces_and_the_gateway_sees_it_with_no_more_than_their_rights() {
    let world = World::start().await;
    let (gateway, ad) = (world.client("gateway").await, world.client("ad").await);
    let announcement = Announcement {
        service: "ad".to_owned(),
        built_ms: 1,
        descriptors: Bytes::from_static(b"descriptors"),
    };
    let mut changes = pin!(watch(&gateway));

    let _announced = announce(&ad, announcement.clone());

    let change = timeout(Duration::from_secs(20), changes.next()).await.unwrap().unwrap();
    assert_eq!(change.announcement, Ok(Some(announcement)));
}

#[tokio::test]
async fn making_it_twice_changes_nothing_and_drift_is_put_right() {
    let broker = Broker::start().await;
    let client = broker.client("provision").await;
    provision::ensure(&client, 1).await.unwrap();
    let found =
        async || client.ask_jetstream("STREAM.INFO.KV_contracts", &Value::Null).await.unwrap();
    let made = found().await["config"].clone();

    provision::ensure(&client, 1).await.unwrap();
    assert_eq!(found().await["config"], made);
    let mut drifted = made.clone();
    drifted["allow_direct"] = json!(false);
    drifted["republish"] = json!({ "src": ">", "dest": "evil.>" });
    client.ask_jetstream("STREAM.UPDATE.KV_contracts", &drifted).await.unwrap();
    provision::ensure(&client, 1).await.unwrap();

    let put_right = found().await["config"].clone();
    assert_eq!((&put_right["allow_direct"], &put_right["republish"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn every_kind_gets_in_with_its_key_and_nobody_without() {
    let world = World::start().await;

    for kind in ["gateway", "ad", "profile", "provision", "ops"] {
        assert!(world.client(kind).await.is_connected(), "{kind}");
    }
    let nobody = async_nats::connect(world.broker.url()).await;
    assert!(nobody.is_err());
}
