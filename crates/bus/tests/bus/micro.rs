//! The NATS service API, as any micro client speaks it.

use std::time::Duration;

use bus::{Bytes, Client, Code, Status};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    broker::Broker,
    fake::{GET, PUT, ask, patient, serve},
};

/// What the first that answers says.
async fn asks(ops: &Client, subject: &str) -> Option<Value> {
    let inbox = ops.nats().new_inbox();
    let mut answers = ops.nats().subscribe(inbox.clone()).await.unwrap();
    ops.nats().publish_with_reply(subject.to_owned(), inbox, Bytes::new()).await.unwrap();
    let answer = timeout(Duration::from_secs(5), answers.next()).await.unwrap().unwrap();
    serde_json::from_slice(&answer.payload).ok()
}

#[tokio::test]
async fn a_service_says_that_it_is_there_on_every_subject() {
    let broker = Broker::start().await;
    let (ops, fake) = (broker.client("ops").await, broker.client("fake").await);
    let _running = serve(&fake, crate::fake::echo).await;
    let told = json!({
        "type": "io.nats.micro.v1.ping_response",
        "name": "fake",
        "id": fake.instance(),
        "version": "1.2.3",
        "metadata": {},
    });

    for subject in ["$SRV.PING", "$SRV.PING.fake", &format!("$SRV.PING.fake.{}", fake.instance())] {
        assert_eq!(asks(&ops, subject).await, Some(told.clone()), "{subject}");
    }
    assert_eq!(asks(&ops, "$SRV.PING.other").await, None);
}

#[tokio::test]
async fn a_service_describes_its_methods() {
    let broker = Broker::start().await;
    let (ops, fake) = (broker.client("ops").await, broker.client("fake").await);
    let _running = serve(&fake, crate::fake::echo).await;

    let info = asks(&ops, "$SRV.INFO.fake").await.unwrap();

    assert_eq!(info["type"], "io.nats.micro.v1.info_response");
    assert_eq!(
        info["endpoints"][0],
        json!({
            "name": "FakeService_Get",
            "subject": "rpc.*.fake.v1.FakeService.Get",
            "queue_group": "fake",
            "metadata": { "method": "seasonal.fake.v1.FakeService/Get" },
        })
    );
    assert_eq!(info["endpoints"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_service_counts_what_it_served() {
    let broker = Broker::start().await;
    let gateway = broker.client("gateway").await;
    let (ops, fake) = (broker.client("ops").await, broker.client("fake").await);
    let _running = serve(&fake, |index, _, request| async move {
        if index == GET { Ok(request) } else { Err(Status::of(Code::NotFound, "no")) }
    })
    .await;
    for _ in 0..3 {
        ask(&gateway, GET, &patient(), "").await.unwrap();
    }
    ask(&gateway, PUT, &patient(), "").await.unwrap_err();

    let stats = asks(&ops, "$SRV.STATS.fake").await.unwrap();

    assert_eq!(stats["type"], "io.nats.micro.v1.stats_response");
    let started = stats["started"].as_str().unwrap();
    assert_eq!(started.len(), "2026-11-21T08:25:52.409899Z".len(), "nats-py reads {started}?");
    let (get, put) = (&stats["endpoints"][0], &stats["endpoints"][1]);
    assert_eq!((&get["num_requests"], &get["num_errors"]), (&json!(3), &json!(0)));
    assert_eq!((&put["num_requests"], &put["num_errors"]), (&json!(1), &json!(1)));
    assert_eq!(put["last_error"], "404:NOT_FOUND");
    let (total, average) =
        (get["processing_time"].as_u64(), get["average_processing_time"].as_u64());
    assert_eq!(total.map(|total| total / 3), average);
    assert!(average > Some(0));
}
