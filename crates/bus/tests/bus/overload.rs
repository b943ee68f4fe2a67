//! What a service that has too much to do does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{Bytes, Code, Server};
use tokio::sync::{Semaphore, oneshot};

use crate::{
    broker::{Broker, eventually},
    fake::{PUT, ask, patient, server, within},
};

#[tokio::test]
async fn beyond_what_it_can_hold_it_refuses_at_once_and_says_when_to_come_back() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let (open, begun) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let (opens, begins) = (Arc::clone(&open), Arc::clone(&begun));
    let _running = server(&fake, move |_, _, request: Bytes| {
        let opens = Arc::clone(&opens);
        begins.fetch_add(1, Ordering::Relaxed);
        async move {
            opens.acquire().await.unwrap().forget();
            Ok(request)
        }
    })
    .in_flight_max(3)
    .start()
    .await
    .unwrap();
    let context = patient();
    let held = [(); 3].map(|()| {
        let (gateway, context) = (gateway.clone(), context.clone());
        tokio::spawn(async move { ask(&gateway, PUT, &context, "held").await })
    });
    eventually("three are begun", async || begun.load(Ordering::Relaxed) == 3).await;

    let refused = ask(&gateway, PUT, &context, "one more").await.unwrap_err();
    open.add_permits(3);

    assert_eq!((refused.code(), refused.reason()), (Code::Unavailable, "OVERLOADED"));
    assert!(refused.facts().contains_key(bus::status::RETRY_AFTER_MS));
    for held in held {
        assert_eq!(held.await.unwrap().unwrap().payload, "held");
    }
    open.add_permits(1);
    assert_eq!(ask(&gateway, PUT, &context, "again").await.unwrap().payload, "again");
}

/// Serves on a thread of its own, so that a handler that keeps it keeps nothing else.
async fn serve_apart(server: Server) -> oneshot::Sender<()> {
    let ((started, is_started), (stop, is_stopped)) = (oneshot::channel(), oneshot::channel());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let running = server.start().await.unwrap();
            started.send(()).unwrap();
            is_stopped.await.ok();
            drop(running);
        });
    });
    is_started.await.unwrap();
    stop
}

#[tokio::test]
async fn what_waited_past_its_deadline_is_not_begun() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let begun = Arc::new(AtomicUsize::new(0));
    let begins = Arc::clone(&begun);
    let server = server(&fake, move |_, _, request: Bytes| {
        begins.fetch_add(1, Ordering::Relaxed);
        if request == "busy" {
            // a handler that keeps its thread: all others wait behind it
            std::thread::sleep(Duration::from_millis(800));
        }
        async move { Ok(request) }
    });
    let _serving = serve_apart(server).await;
    let busy = {
        let gateway = gateway.clone();
        tokio::spawn(async move { ask(&gateway, PUT, &patient(), "busy").await })
    };
    eventually("busy is begun", async || begun.load(Ordering::Relaxed) == 1).await;

    let context = within(Duration::from_millis(300));
    let late =
        futures_util::future::join_all((0..20).map(|_| ask(&gateway, PUT, &context, "late"))).await;
    busy.await.unwrap().unwrap();
    ask(&gateway, PUT, &patient(), "last").await.unwrap();

    assert!(
        late.iter().all(|answer| answer.as_ref().unwrap_err().code() == Code::DeadlineExceeded)
    );
    assert_eq!(begun.load(Ordering::Relaxed), 2, "busy and last");
}
