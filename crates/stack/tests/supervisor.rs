//! The supervisor against real processes: those that start fast.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says where"
)]

use std::fs;
use std::time::Duration;

use stack::board::State;
use stack::{Own, Signal, Stack};
use tokio::time::{sleep, timeout};

const PARTS: [&str; 2] = ["nats", "postgres"];

/// Waits until it is so.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

fn state(stack: &Stack, name: &str) -> State {
    stack.state().unwrap()[name].state
}

/// All processes whose command line or parent leads to one of these.
fn family(pids: &[u32]) -> Vec<u32> {
    let mut family = pids.to_vec();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        let parent = after_name.split(' ').nth(1).and_then(|parent| parent.parse().ok());
        if parent.is_some_and(|parent| pids.contains(&parent)) {
            family.push(pid);
        }
    }
    family
}

fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[tokio::test]
async fn nothing_is_left_when_the_supervisor_is_killed() {
    let own = Own::start("test-killed", &PARTS).await.unwrap();
    let pids = PARTS.map(|name| own.stack().pid(name).unwrap());
    let family = family(&pids);
    assert!(family.len() > 3, "PostgreSQL has processes of its own: {family:?}");

    Signal::Kill.send(own.supervisor().unwrap()).unwrap();

    eventually("all are gone", || !family.iter().any(|pid| runs(*pid))).await;
}

#[tokio::test]
async fn nothing_is_left_when_the_starter_goes_away() {
    let own = Own::start("test-left", &PARTS).await.unwrap();
    let family = family(&PARTS.map(|name| own.stack().pid(name).unwrap()));

    drop(own);

    eventually("all are gone", || !family.iter().any(|pid| runs(*pid))).await;
}

#[tokio::test]
async fn what_crashes_is_started_again_and_what_is_stopped_stays_stopped() {
    let own = Own::start("test-crash", &PARTS).await.unwrap();
    let stack = own.stack();
    let before = stack.pid("nats").unwrap();

    stack.signal("nats", Signal::Kill).await.unwrap();
    eventually("nats runs again", || {
        stack.pid("nats").is_ok_and(|pid| pid != before) && state(stack, "nats") == State::Ready
    })
    .await;
    stack.stop("nats", Signal::Term).await.unwrap();

    assert_eq!(state(stack, "nats"), State::Stopped);
    stack.start("nats").await.unwrap();
    assert_eq!(state(stack, "nats"), State::Ready);
    own.stop().await.unwrap();
}

#[tokio::test]
async fn a_frozen_process_is_unready_until_it_thaws() {
    let own = Own::start("test-freeze", &["nats"]).await.unwrap();
    let stack = own.stack();

    stack.freeze("nats").await.unwrap();
    eventually("nats is unready", || state(stack, "nats") == State::Unready).await;
    stack.thaw("nats").await.unwrap();

    eventually("nats is ready", || state(stack, "nats") == State::Ready).await;
    own.stop().await.unwrap();
}

#[tokio::test]
async fn an_order_for_a_process_that_is_not_there_is_refused() {
    let own = Own::start("test-refuse", &["nats"]).await.unwrap();

    let refusal = own.stack().start("nobody").await.unwrap_err();

    assert_eq!(refusal.to_string(), "there is no nobody in this stack");
    own.stop().await.unwrap();
}
