//! A service for the tests: its handlers are what each test says.

use std::{sync::Arc, time::Duration};

use bus::{
    BoxFuture, Bytes, Caller, Client, Context, Method, Result, Running, Safety, Serve, Server,
};

/// The methods, by their index.
pub(crate) const GET: usize = 0;
pub(crate) const PUT: usize = 1;
pub(crate) const TELL: usize = 2;

pub(crate) static METHODS: [Method; 3] = [
    method("Get", "seasonal.fake.v1.FakeService/Get", "fake.v1.FakeService.Get", Safety::Safe),
    method("Put", "seasonal.fake.v1.FakeService/Put", "fake.v1.FakeService.Put", Safety::Unknown),
    Method {
        routed: false,
        askers: &["ad"],
        ..method(
            "Tell",
            "seasonal.fake.v1.FakeService/Tell",
            "fake.v1.FakeService.Tell",
            Safety::Safe,
        )
    },
];

const fn method(
    name: &'static str,
    full_name: &'static str,
    subject: &'static str,
    safety: Safety,
) -> Method {
    Method {
        name,
        full_name,
        subject,
        safety,
        deadline: Duration::from_secs(5),
        routed: true,
        askers: &[],
    }
}

type Handler = dyn Fn(usize, Context, Bytes) -> BoxFuture<'static, Result<Bytes>> + Send + Sync;

pub(crate) struct Fake(Arc<Handler>);

impl Serve for Fake {
    fn methods(&self) -> &'static [Method] {
        &METHODS
    }

    fn call(
        &self,
        index: usize,
        context: Context,
        request: Bytes,
    ) -> BoxFuture<'static, Result<Bytes>> {
        (self.0)(index, context, request)
    }
}

/// Serves with this handler.
pub(crate) async fn serve<F>(
    client: &Client,
    handler: impl Fn(usize, Context, Bytes) -> F + Send + Sync + 'static,
) -> Running
where
    F: Future<Output = Result<Bytes>> + Send + 'static,
{
    server(client, handler).start().await.unwrap()
}

/// What serves with this handler.
pub(crate) fn server<F>(
    client: &Client,
    handler: impl Fn(usize, Context, Bytes) -> F + Send + Sync + 'static,
) -> Server
where
    F: Future<Output = Result<Bytes>> + Send + 'static,
{
    let handler: Arc<Handler> =
        Arc::new(move |index, context, request| Box::pin(handler(index, context, request)));
    Server::new(client, "fake", "1.2.3").add(Fake(handler))
}

/// Answers with what it was asked.
pub(crate) async fn echo(_: usize, _: Context, request: Bytes) -> Result<Bytes> {
    Ok(request)
}

/// An anonymous caller who waits for so long.
pub(crate) fn within(deadline: Duration) -> Context {
    Context::new(Caller::Anonymous, tokio::time::Instant::now() + deadline)
}

/// An anonymous caller who waits for ten seconds.
pub(crate) fn patient() -> Context {
    within(Duration::from_secs(10))
}

/// Asks a method of the fake.
pub(crate) async fn ask(
    client: &Client,
    index: usize,
    context: &Context,
    payload: &'static str,
) -> Result<bus::Reply> {
    let Method { subject, safety, .. } = &METHODS[index];
    let payload = Bytes::from_static(payload.as_bytes());
    client.ask(bus::Ask { subject, safety: *safety, context, payload }).await
}
