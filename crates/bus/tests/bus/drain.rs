//! A process that stops loses nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{Bytes, Client, Status};
use tokio::{task::JoinHandle, time::Instant};

use crate::{
    broker::Broker,
    fake::{PUT, ask, echo, patient, serve, within},
};

/// Asks writes without a key, which nobody asks again, so that a lost one is seen.
struct Load {
    going: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<Vec<Status>>>,
}

impl Load {
    fn start(gateway: &Client, askers: usize, pause: Duration) -> Self {
        let (going, answered) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..askers)
            .map(|_| {
                let (gateway, going, answered) =
                    (gateway.clone(), Arc::clone(&going), Arc::clone(&answered));
                tokio::spawn(async move {
                    let mut failed = Vec::new();
                    while going.load(Ordering::Relaxed) {
                        match ask(&gateway, PUT, &within(Duration::from_secs(8)), "write").await {
                            Ok(_) => drop(answered.fetch_add(1, Ordering::Relaxed)),
                            Err(status) => failed.push(status),
                        }
                        tokio::time::sleep(pause).await;
                    }
                    failed
                })
            })
            .collect();
        Self { going, answered, tasks }
    }

    async fn stop(self) -> (usize, Vec<Status>) {
        self.going.store(false, Ordering::Relaxed);
        let failed = futures_util::future::join_all(self.tasks).await;
        (
            self.answered.load(Ordering::Relaxed),
            failed.into_iter().flat_map(Result::unwrap).collect(),
        )
    }
}

async fn rolling_stop(askers: usize, pause: Duration, rounds: usize) {
    let broker = Broker::start().await;
    let gateway = broker.client("gateway").await;
    let mut processes = Vec::new();
    for _ in 0..3 {
        let client = broker.client("fake").await;
        let running = serve(&client, echo).await;
        processes.push((client, running));
    }
    let load = Load::start(&gateway, askers, pause);

    for _ in 0..rounds {
        let (old, running) = processes.remove(0);
        running.drain(Duration::from_secs(10)).await;
        drop(old);
        let client = broker.client("fake").await;
        let running = serve(&client, echo).await;
        processes.push((client, running));
    }

    let (answered, failed) = load.stop().await;
    assert_eq!(failed, [], "of {answered}");
    assert!(answered > rounds * 10, "{answered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_stop_under_load_loses_nothing() {
    rolling_stop(32, Duration::ZERO, 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_stop_with_little_to_do_loses_nothing() {
    rolling_stop(3, Duration::from_millis(50), 4).await;
}

#[tokio::test]
async fn what_is_in_flight_finishes() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let begun = Arc::new(AtomicUsize::new(0));
    let begins = Arc::clone(&begun);
    let running = serve(&fake, move |_, _, request: Bytes| {
        begins.fetch_add(1, Ordering::Relaxed);
        async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(request)
        }
    })
    .await;
    let asked = tokio::spawn(async move { ask(&gateway, PUT, &patient(), "slow").await });
    crate::broker::eventually("begun", async || begun.load(Ordering::Relaxed) == 1).await;

    running.drain(Duration::from_secs(10)).await;

    assert_eq!(asked.await.unwrap().unwrap().payload, "slow");
}

#[tokio::test]
async fn a_handler_that_never_ends_does_not_keep_a_process() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let running = serve(&fake, |_, _, _| std::future::pending()).await;
    let asked =
        tokio::spawn(async move { ask(&gateway, PUT, &within(Duration::from_secs(5)), "").await });
    crate::broker::eventually("asked", async || !asked.is_finished()).await;
    let stopped = Instant::now();

    running.drain(Duration::from_secs(3)).await;

    assert!(stopped.elapsed() < Duration::from_secs(4), "{:?}", stopped.elapsed());
    asked.abort();
}
