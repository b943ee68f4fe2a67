//! What an asker is told.

use std::{sync::Arc, time::Duration};

use bus::{Bytes, Caller, Code, Context, Roles, Status, User};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    broker::{Broker, eventually},
    fake::{GET, PUT, TELL, ask, echo, patient, serve, within},
};

#[tokio::test]
async fn a_request_is_answered_by_an_instance_that_says_its_name() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let _running = serve(&fake, echo).await;

    let reply = ask(&gateway, GET, &patient(), "hello").await.unwrap();

    assert_eq!(reply.payload, "hello");
    assert_eq!(reply.instance.as_deref(), Some(fake.instance()));
}

#[tokio::test]
async fn all_that_comes_with_a_request_arrives() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let seen = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&seen);
    let _running = serve(&fake, move |_, context, request| {
        let noted = Arc::clone(&noted);
        async move {
            *noted.lock().await = Some(context);
            Ok(request)
        }
    })
    .await;
    let user = User {
        id: uuid::Uuid::from_u128(7),
        roles: Roles::parse("worker,admin"),
        session: Some("s1".to_owned()),
        email: Some("rosa@example.com".to_owned()),
    };
    let mut context = Context::new(Caller::User(user), Instant::now() + Duration::from_secs(3));
    "r1".clone_into(&mut context.request_id);
    "fr".clone_into(&mut context.language);
    context.traceparent =
        Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00".to_owned());
    let context = context.with_key("k1").with_if_match("\"7-abc\"");

    ask(&gateway, PUT, &context, "").await.unwrap();

    let served = seen.lock().await.take().unwrap();
    assert_eq!(served.caller, context.caller);
    assert_eq!(served.method, "seasonal.fake.v1.FakeService/Put");
    assert!(
        served.remaining() <= Duration::from_secs(3) && served.remaining() > Duration::from_secs(2)
    );
    let told = |context: &Context| {
        let Context { request_id, idempotency_key, if_match, language, traceparent, .. } =
            context.clone();
        (request_id, idempotency_key, if_match, language, traceparent)
    };
    assert_eq!(told(&served), told(&context));
}

#[tokio::test]
async fn a_value_that_could_end_a_header_is_not_sent() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let _running = serve(&fake, |_, context: Context, _| async move {
        Ok(Bytes::from(format!("{:?}{:?}", context.caller, context.idempotency_key)))
    })
    .await;

    let context =
        patient().with_key("k\r\nSeasonal-Caller-Id: 0194d6a0-0000-7000-8000-000000000000");
    let reply = ask(&gateway, PUT, &context, "").await.unwrap();

    assert_eq!(reply.payload, "AnonymousNone");
}

#[tokio::test]
async fn a_failure_arrives_whole() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let failure = Status::new(Code::FailedPrecondition, "OFFER_CLOSED", "it is closed")
        .fact("state", "CLOSED");
    let told = failure.clone();
    let _running = serve(&fake, move |_, _, _| std::future::ready(Err(told.clone()))).await;

    assert_eq!(ask(&gateway, GET, &patient(), "").await.unwrap_err(), failure);
}

#[tokio::test]
async fn a_stored_answer_arrives_as_a_success() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let _running =
        serve(&fake, |_, _, _| async { Err(Status::stored(Bytes::from_static(b"stored"))) }).await;

    assert_eq!(ask(&gateway, PUT, &patient(), "").await.unwrap().payload, "stored");
}

#[tokio::test]
async fn a_panic_is_the_failure_of_its_request_alone() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let _running = serve(&fake, |_, _, request: Bytes| async move {
        if request == "late" {
            tokio::task::yield_now().await;
        }
        assert_eq!(request, "good");
        Ok(request)
    })
    .await;

    for bad in ["at once", "late"] {
        assert_eq!(ask(&gateway, PUT, &patient(), bad).await.unwrap_err().code(), Code::Internal);
    }
    assert_eq!(ask(&gateway, PUT, &patient(), "good").await.unwrap().payload, "good");
}

#[tokio::test]
async fn where_nobody_listens_the_service_is_unavailable_at_once() {
    let broker = Broker::start().await;
    let gateway = broker.client("gateway").await;
    let asked = Instant::now();

    let status = ask(&gateway, GET, &patient(), "").await.unwrap_err();

    assert_eq!((status.code(), status.reason()), (Code::Unavailable, "NOBODY_SERVES"));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn where_the_broker_is_away_the_service_is_unavailable_until_it_is_back() {
    let mut broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let _running = serve(&fake, echo).await;
    broker.kill();
    eventually("the loss is seen", async || !gateway.is_connected()).await;

    let status = ask(&gateway, GET, &patient(), "").await.unwrap_err();
    broker.restart().await;

    assert_eq!(status.code(), Code::Unavailable);
    eventually("answered again", async || ask(&gateway, GET, &patient(), "again").await.is_ok())
        .await;
}

#[tokio::test]
async fn a_process_starts_without_its_broker() {
    let mut broker = Broker::start().await;
    let url = broker.url();
    broker.kill();

    let connect = |kind: &str| bus::Connect { url: url.clone(), kind: kind.to_owned(), seed: None };
    let gateway = bus::Client::connect(connect("gateway")).await.unwrap();
    let fake = bus::Client::connect(connect("fake")).await.unwrap();
    let _running = serve(&fake, echo).await;
    assert!(!gateway.is_connected());
    broker.restart().await;

    eventually("answered", async || ask(&gateway, GET, &patient(), "hello").await.is_ok()).await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_unknown() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let _running = serve(&fake, |_, _, _| std::future::pending()).await;

    let status = ask(&gateway, PUT, &within(Duration::from_millis(100)), "").await.unwrap_err();

    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn requests_that_are_never_answered_leave_nothing_behind() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let mut swallowed =
        fake.nats().queue_subscribe("rpc.*.fake.>", "fake".to_owned()).await.unwrap();
    fake.nats().flush().await.unwrap();
    let swallow = tokio::spawn(async move {
        while futures_util::StreamExt::next(&mut swallowed).await.is_some() {}
    });

    let asked: Vec<_> = (0..10_000)
        .map(|_| {
            let gateway = gateway.clone();
            tokio::spawn(
                async move { ask(&gateway, PUT, &within(Duration::from_secs(1)), "").await },
            )
        })
        .collect();
    eventually("all wait", async || gateway.waiting() > 5_000).await;
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
    }

    assert_eq!(gateway.waiting(), 0);
    swallow.abort();
}

#[tokio::test]
async fn who_may_not_ask_is_refused() {
    let broker = Broker::start().await;
    let fake = broker.client("fake").await;
    let _running = serve(&fake, echo).await;
    let mut told = Vec::new();

    for (kind, index) in
        [("gateway", GET), ("gateway", TELL), ("ad", GET), ("ad", TELL), ("task", TELL)]
    {
        let client = broker.client(kind).await;
        let answer = ask(&client, index, &patient(), "").await;
        told.push(answer.map(drop).map_err(|status| status.code()));
    }

    let refused = Err(Code::PermissionDenied);
    assert_eq!(told, [Ok(()), refused, refused, Ok(()), refused]);
}

#[tokio::test]
async fn another_service_is_itself_and_no_user() {
    let broker = Broker::start().await;
    let (ad, fake) = (broker.client("ad").await, broker.client("fake").await);
    let _running = serve(&fake, |_, context: Context, _| async move {
        Ok(Bytes::from(format!("{:?}", context.caller)))
    })
    .await;

    let context = Context::for_user(uuid::Uuid::from_u128(7), &["admin"]);
    let reply = ask(&ad, TELL, &context, "").await.unwrap();

    assert_eq!(reply.payload, "Service(\"ad\")");
}

#[tokio::test]
async fn what_is_too_large_says_so() {
    let broker = Broker::start().await;
    let (gateway, fake) = (broker.client("gateway").await, broker.client("fake").await);
    let _running = serve(&fake, |_, _, _| async { Ok(Bytes::from(vec![0; 2 << 20])) }).await;

    let answer = ask(&gateway, GET, &patient(), "").await.unwrap_err();
    let large = Bytes::from(vec![0; 2 << 20]);
    let asked = bus::Ask {
        subject: "fake.v1.FakeService.Get",
        safety: bus::Safety::Safe,
        context: &patient(),
        payload: large,
    };
    let request = gateway.ask(asked).await.unwrap_err();

    assert_eq!((answer.code(), answer.reason()), (Code::Internal, "ANSWER_TOO_LARGE"));
    assert_eq!(request.code(), Code::TooLarge);
}
