//! What is asked twice, and of whom.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{Bytes, Client, Code, Running};
use futures_util::future::join_all;
use tokio::time::Instant;

use crate::{
    broker::{Broker, eventually},
    fake::{GET, METHODS, PUT, ask, echo, patient, serve, server, within},
};

/// Three processes, of which one takes requests and never answers.
struct OneFrozen {
    gateway: Client,
    taken: Arc<AtomicUsize>,
    _clients: Vec<Client>,
    _running: Vec<Running>,
}

impl OneFrozen {
    async fn start(broker: &Broker) -> Self {
        let gateway = broker.client("gateway").await;
        let taken = Arc::new(AtomicUsize::new(0));
        let (mut clients, mut running) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let client = broker.client("fake").await;
            running.push(serve(&client, echo).await);
            clients.push(client);
        }
        for _ in 0..20 {
            ask(&gateway, GET, &patient(), "warm").await.unwrap();
        }
        let frozen = broker.client("fake").await;
        let counted = Arc::clone(&taken);
        running.push(
            serve(&frozen, move |_, _, _| {
                counted.fetch_add(1, Ordering::Relaxed);
                std::future::pending()
            })
            .await,
        );
        clients.push(frozen);
        Self { gateway, taken, _clients: clients, _running: running }
    }
}

#[tokio::test]
async fn no_read_fails_because_one_of_three_is_frozen() {
    let broker = Broker::start().await;
    let world = OneFrozen::start(&broker).await;

    let mut slow = 0;
    for _ in 0..300 {
        let asked = Instant::now();
        ask(&world.gateway, GET, &within(Duration::from_secs(2)), "read").await.unwrap();
        slow += usize::from(asked.elapsed() > Duration::from_millis(45));
    }

    let taken = world.taken.load(Ordering::Relaxed);
    assert!(taken > 0, "the frozen one was asked");
    assert!(slow <= 30, "{slow} of 300 had to be asked twice");
}

#[tokio::test]
async fn no_read_of_many_fails_because_one_freezes_that_answered_a_moment_ago() {
    let broker = Broker::start().await;
    let gateway = broker.client("gateway").await;
    let (is_frozen, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (mut clients, mut running) = (Vec::new(), Vec::new());
    for number in 0..3 {
        let (client, is_frozen, taken) =
            (broker.client("fake").await, Arc::clone(&is_frozen), Arc::clone(&taken));
        let freezing = move |_, _, request: Bytes| {
            let freezes = number == 0 && is_frozen.load(Ordering::Relaxed);
            taken.fetch_add(usize::from(freezes), Ordering::Relaxed);
            async move { if freezes { std::future::pending().await } else { Ok(request) } }
        };
        running.push(serve(&client, freezing).await);
        clients.push(client);
    }
    for _ in 0..60 {
        ask(&gateway, GET, &patient(), "warm").await.unwrap();
    }
    is_frozen.store(true, Ordering::Relaxed);

    let many = (0..16).map(async |_| {
        for _ in 0..60 {
            ask(&gateway, GET, &within(Duration::from_secs(2)), "read").await.unwrap();
        }
    });
    join_all(many).await;

    assert!(taken.load(Ordering::Relaxed) > 0, "the frozen one was asked");
}

#[tokio::test]
async fn a_keyed_write_is_asked_again_at_half_its_time() {
    let broker = Broker::start().await;
    let world = OneFrozen::start(&broker).await;

    for round in 0..200 {
        let context = within(Duration::from_millis(600)).with_key(format!("k{round}"));
        let asked = Instant::now();
        ask(&world.gateway, PUT, &context, "write").await.unwrap();
        assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
        if world.taken.load(Ordering::Relaxed) > 1 {
            break;
        }
    }

    assert!(world.taken.load(Ordering::Relaxed) > 0, "the frozen one was asked");
}

#[tokio::test]
async fn a_write_without_a_key_is_asked_once() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let _running = serve(&fake, move |_, _, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::pending()
    })
    .await;

    let status = ask(&gateway, PUT, &within(Duration::from_millis(300)), "").await.unwrap_err();

    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(taken.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_process_that_is_gone_is_forgotten() {
    let broker = Broker::start().await;
    let gateway = broker.client("gateway").await;
    let (gone, stays) = (broker.client("fake").await, broker.client("fake").await);
    let running = serve(&gone, echo).await;
    ask(&gateway, GET, &patient(), "warm").await.unwrap();
    drop((running, gone));
    let _running = server(&stays, |_, _, request: Bytes| async move {
        tokio::time::sleep(Duration::from_millis(150)).await;
        Ok(request)
    })
    .start()
    .await
    .unwrap();

    let mut reply = Err(());
    eventually("answered by the other", async || {
        reply = ask(&gateway, GET, &patient(), "read").await.map_err(drop);
        reply.is_ok()
    })
    .await;

    assert_eq!(reply.unwrap().instance.as_deref(), Some(stays.instance()));
}

#[tokio::test]
async fn a_method_that_one_process_lacks_is_asked_of_another() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let _running = serve(&fake, echo).await;
    ask(&gateway, GET, &patient(), "warm").await.unwrap();
    let newer = broker.client("fake").await;
    let mut served = newer
        .nats()
        .queue_subscribe("rpc.*.fake.v1.FakeService.New", "fake".to_owned())
        .await
        .unwrap();
    newer.nats().flush().await.unwrap();
    let serve = tokio::spawn(async move {
        let message = futures_util::StreamExt::next(&mut served).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        newer.nats().publish(message.reply.unwrap(), "new".into()).await.unwrap();
        newer.nats().flush().await.unwrap();
        newer
    });

    let context = patient();
    let subject = "fake.v1.FakeService.New";
    let asked =
        bus::Ask { subject, safety: METHODS[GET].safety, context: &context, payload: Bytes::new() };
    let mut answer = gateway.ask(asked).await;
    if answer.as_ref().is_err_and(|status| status.reason() == "NOBODY_SERVES") {
        let asked = bus::Ask {
            subject,
            safety: METHODS[GET].safety,
            context: &context,
            payload: Bytes::new(),
        };
        answer = gateway.ask(asked).await;
    }

    assert_eq!(answer.unwrap().payload, "new");
    drop(serve.await.unwrap());
}
