//! The contracts in the bucket: written, kept, watched.

use std::{pin::pin, time::Duration};

use bus::{
    Bytes, Client,
    contract::{Announcement, Change, Garbage, announce, watch},
};
use futures_util::{Stream, StreamExt as _};
use serde_json::json;
use tokio::time::timeout;

use crate::broker::{Broker, eventually};

async fn make_bucket(client: &Client) {
    let config = json!({
        "name": "KV_contracts",
        "subjects": ["$KV.contracts.>"],
        "max_msgs_per_subject": 1,
        "allow_direct": true,
        "discard": "new",
        "storage": "file",
        "retention": "limits",
    });
    let config = &config;
    eventually("the bucket is made", async || {
        client.ask_jetstream("STREAM.CREATE.KV_contracts", config).await.is_ok()
    })
    .await;
}

fn built(service: &str, built_ms: i64) -> Announcement {
    let descriptors = Bytes::from(format!("descriptors of {service} at {built_ms}"));
    Announcement { service: service.to_owned(), built_ms, descriptors }
}

async fn write(client: &Client, key: &str, value: Bytes) {
    client.ask_broker(format!("$KV.contracts.{key}"), None, value).await.unwrap();
}

async fn next(changes: &mut (impl Stream<Item = Change> + Unpin)) -> Change {
    timeout(Duration::from_secs(20), changes.next()).await.unwrap().unwrap()
}

fn said(announcement: &Announcement) -> Change {
    Change { service: announcement.service.clone(), announcement: Ok(Some(announcement.clone())) }
}

#[tokio::test]
async fn what_is_there_is_told_first_and_then_each_change() {
    let broker = Broker::start().await;
    let (gateway, writer) = (broker.client("gateway").await, broker.client("ad").await);
    make_bucket(&writer).await;
    write(&writer, "ad", built("ad", 1).encode()).await;
    let mut changes = pin!(watch(&gateway));

    assert_eq!(next(&mut changes).await, said(&built("ad", 1)));
    let _announced = announce(&broker.client("task").await, built("task", 1));
    assert_eq!(next(&mut changes).await, said(&built("task", 1)));
    write(&writer, "ad", built("ad", 2).encode()).await;
    assert_eq!(next(&mut changes).await, said(&built("ad", 2)));
}

#[tokio::test]
async fn many_large_contracts_are_all_told() {
    let broker = Broker::start().await;
    let (gateway, writer) = (broker.client("gateway").await, broker.client("ad").await);
    make_bucket(&writer).await;
    for service in 0..30 {
        let service = format!("s{service}");
        let descriptors = Bytes::from(vec![7; 600_000]);
        let large = Announcement { service: service.clone(), built_ms: 1, descriptors };
        write(&writer, &service, large.encode()).await;
    }

    let told = watch(&gateway).take(30).map(|change| change.service);
    let told = timeout(Duration::from_secs(20), told.collect::<std::collections::BTreeSet<_>>());

    assert_eq!(told.await.unwrap().len(), 30);
}

#[tokio::test]
async fn garbage_and_a_foreign_contract_are_told_as_such() {
    let broker = Broker::start().await;
    let (gateway, writer) = (broker.client("gateway").await, broker.client("ad").await);
    make_bucket(&writer).await;
    write(&writer, "ad", Bytes::from_static(b"\xff\xff\xff")).await;
    let mut changes = pin!(watch(&gateway));

    assert_eq!(next(&mut changes).await.announcement, Err(Garbage::Unreadable));
    write(&writer, "ad", built("profile", 1).encode()).await;
    assert_eq!(next(&mut changes).await.announcement, Err(Garbage::Foreign("profile".to_owned())));
}

#[tokio::test]
async fn a_newer_contract_is_never_overwritten_and_an_older_is() {
    let broker = Broker::start().await;
    let (gateway, old, new) =
        (broker.client("gateway").await, broker.client("ad").await, broker.client("ad").await);
    make_bucket(&old).await;
    let mut changes = pin!(watch(&gateway));
    let _old = announce(&old, built("ad", 1));
    assert_eq!(next(&mut changes).await, said(&built("ad", 1)));

    let _new = announce(&new, built("ad", 2));
    assert_eq!(next(&mut changes).await, said(&built("ad", 2)));
    let _again = announce(&broker.client("ad").await, built("ad", 1));

    let quiet = timeout(Duration::from_secs(1), changes.next()).await;
    assert!(quiet.is_err(), "{quiet:?}");
}

#[tokio::test]
async fn a_contract_is_announced_as_soon_as_there_is_a_bucket() {
    let broker = Broker::start().await;
    let (gateway, ad) = (broker.client("gateway").await, broker.client("ad").await);
    let mut changes = pin!(watch(&gateway));
    let _announced = announce(&ad, built("ad", 1));

    make_bucket(&ad).await;

    assert_eq!(next(&mut changes).await, said(&built("ad", 1)));
}

#[tokio::test]
async fn a_wiped_bucket_is_filled_again_and_the_watch_goes_on() {
    let mut broker = Broker::start().await;
    let (gateway, ad) = (broker.client("gateway").await, broker.client("ad").await);
    make_bucket(&ad).await;
    let mut changes = pin!(watch(&gateway));
    let _announced = announce(&ad, built("ad", 1));
    assert_eq!(next(&mut changes).await, said(&built("ad", 1)));

    broker.kill();
    broker.wipe();
    broker.restart().await;
    let provision = broker.client("provision").await;
    make_bucket(&provision).await;

    eventually("it is back", async || {
        let found = provision.ask_broker(
            "$JS.API.DIRECT.GET.KV_contracts.$KV.contracts.ad".to_owned(),
            None,
            Bytes::new(),
        );
        found.await.is_ok_and(|found| found.payload == built("ad", 1).encode())
    })
    .await;
    let _newer = announce(&broker.client("ad").await, built("ad", 2));
    assert_eq!(next(&mut changes).await, said(&built("ad", 2)));
}

#[tokio::test]
async fn a_contract_that_somebody_deletes_is_put_back_while_its_service_runs() {
    let broker = Broker::start().await;
    let (gateway, ad) = (broker.client("gateway").await, broker.client("ad").await);
    make_bucket(&ad).await;
    let announced = announce(&ad, built("ad", 1));
    let mut changes = pin!(watch(&gateway));
    assert_eq!(next(&mut changes).await, said(&built("ad", 1)));
    let mut deleted = async_nats::HeaderMap::new();
    deleted.insert("KV-Operation", "DEL");

    ad.ask_broker("$KV.contracts.ad".to_owned(), Some(deleted), Bytes::new()).await.unwrap();

    assert_eq!(next(&mut changes).await.announcement, Ok(None));
    assert_eq!(next(&mut changes).await, said(&built("ad", 1)));
    drop(announced);
}
