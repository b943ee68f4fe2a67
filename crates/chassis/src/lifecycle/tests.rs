//! How a process lives and stops.

use std::sync::{Arc, Mutex};

use clap::Parser;
use tokio::sync::Notify;

use super::*;
use crate::health::Phase;

/// A process with nothing but what all have.
#[derive(Debug, Parser)]
struct Bare {
    #[command(flatten)]
    common: Common,
}

fn life() -> Lifecycle {
    Lifecycle::new("test", Bare::parse_from(["test"]).common)
}

#[tokio::test]
async fn what_was_started_last_stops_first() {
    let (mut life, order) = (life(), Arc::new(Mutex::new(Vec::new())));
    for name in ["postgres", "nats", "rpc"] {
        let order = order.clone();
        life.on_stop(name, async move { order.lock().unwrap().push(name) });
    }

    life.stop().await;

    assert_eq!(*order.lock().unwrap(), ["rpc", "nats", "postgres"]);
}

#[tokio::test]
async fn a_process_is_not_ready_while_it_drains() {
    let mut life = life();
    let (health, stopping) = (life.health().clone(), life.stopping());
    health.started();
    let (reported, seen) = (health.clone(), Arc::new(Mutex::new(None)));
    let sink = seen.clone();
    life.on_stop("rpc", async move {
        *sink.lock().unwrap() = Some(reported.report().await.status);
    });

    life.stop().await;

    assert_eq!(*seen.lock().unwrap(), Some(Phase::Stopping));
    assert!(stopping.is_cancelled());
}

#[tokio::test]
async fn a_background_task_lives_until_all_has_drained() {
    let (mut life, alive) = (life(), Arc::new(()));
    let held = alive.clone();
    life.spawn("relay", async move {
        std::future::pending::<()>().await;
        drop(held);
    });
    let counted = alive.clone();
    life.on_stop("rpc", async move { assert_eq!(Arc::strong_count(&counted), 3) });

    life.stop().await;

    assert_eq!(Arc::strong_count(&alive), 1);
}

#[tokio::test]
async fn a_panic_in_a_background_task_ends_the_process() {
    let life = life();
    let (failure, go) = (life.failure(), Arc::new(Notify::new()));
    let waited = go.clone();
    life.spawn("relay", async move {
        waited.notified().await;
        panic!("on purpose");
    });

    go.notify_one();

    assert_eq!(failure.told().await, "relay");
    assert!(!life.health().is_alive());
}
