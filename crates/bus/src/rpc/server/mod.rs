//! Serves what the generated code implements.
//!
//! One queue subscription for each method, so that in a rolling update a new method reaches only
//! those who have it, and one plain subscription for requests directed at this process. What
//! passes the gate is polled once where it was received, because a task for each message costs a
//! third of the throughput; only what has to wait gets a task.

mod endpoint;
mod gate;
mod incoming;
mod line;
mod micro;
mod pace;
mod shared;
mod unary;
mod watchdog;

use std::{sync::Arc, time::Duration};

use async_nats::Subscriber;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{context::Context, method::Method, rpc::client::Client, status::Result, subject};
use endpoint::Endpoint;
use line::{Endpoints, Line};
use shared::Shared;
pub use unary::unary;

/// How many requests are in flight at most, where nothing else is said.
const IN_FLIGHT_MAX: usize = 512;
/// How long the end of a drain may take: refusals and flushing.
const ENDING: Duration = Duration::from_millis(500);
/// How long it is waited for the broker to know of the subscriptions.
const SETTLING: Duration = Duration::from_secs(2);

/// What can be served: one proto service with its handlers, as the generated code makes it.
pub trait Serve: Send + Sync + 'static {
    /// The methods, in the order of their indices.
    fn methods(&self) -> &'static [Method];

    /// Decodes, validates and handles a request of the method with this index, and encodes the
    /// answer.
    fn call(
        &self,
        index: usize,
        context: Context,
        request: Bytes,
    ) -> BoxFuture<'static, Result<Bytes>>;
}

/// What is to be served, before it starts.
pub struct Server {
    client: Client,
    service: &'static str,
    version: String,
    services: Vec<Arc<dyn Serve>>,
    in_flight_max: usize,
}

impl Server {
    /// Serves `service` (one word: `ad`) in this version (semantic: `0.1.0`).
    #[must_use]
    pub fn new(client: &Client, service: &'static str, version: &str) -> Self {
        Self {
            client: client.clone(),
            service,
            version: version.to_owned(),
            services: Vec::new(),
            in_flight_max: IN_FLIGHT_MAX,
        }
    }

    /// With the methods of one more proto service.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "a builder's word; nothing is summed")]
    pub fn add(mut self, service: impl Serve) -> Self {
        self.services.push(Arc::new(service));
        self
    }

    /// With at most so many requests in flight, and as many waiting to be begun; beyond, they are
    /// refused.
    #[must_use]
    pub fn in_flight_max(mut self, max: usize) -> Self {
        self.in_flight_max = max;
        self
    }

    /// Subscribes and serves. Where the broker is there, it knows of the subscriptions when this
    /// returns; where it is away, it will when it is back.
    ///
    /// # Errors
    /// Where a name cannot stand in a subject, the version is not semantic, a method belongs to
    /// another service, or the client is closed.
    pub async fn start(self) -> Result<Running, StartError> {
        let endpoints = self.endpoints()?;
        let shared = Arc::new(Shared::new(&self.client, self.service, self.in_flight_max));
        let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
        let (lines, rest) = (TaskTracker::new(), TaskTracker::new());
        for endpoint in &endpoints {
            let subscriber = self.queue_subscribe(endpoint.subject()).await?;
            let line = Line::new(&shared, subscriber, Endpoints::One(Arc::clone(endpoint)));
            lines.spawn(line.run(stop.clone(), cut.clone()));
        }
        let subject = format!("rpc.*.{}.@{}.>", self.service, self.client.instance());
        let subscriber = self.subscribe(subject).await?;
        let by_tail = endpoints.iter().map(|endpoint| (endpoint.tail(), Arc::clone(endpoint)));
        let line = Line::new(&shared, subscriber, Endpoints::Directed(by_tail.collect()));
        rest.spawn(line.run(CancellationToken::new(), cut.clone()));
        let micro = micro::Micro::new(&self.client, self.service, &self.version, endpoints);
        let mut asked = Vec::new();
        for subject in micro.subjects() {
            asked.push(self.subscribe(subject).await?);
        }
        let micro_cut = cut.clone();
        rest.spawn(async move {
            micro_cut.run_until_cancelled_owned(micro.run(asked)).await;
        });
        if self.client.is_connected() {
            drop(timeout(SETTLING, self.client.settle(self.service)).await);
        }
        Ok(Running { shared, stop, cut: cut.drop_guard(), lines, rest })
    }

    fn endpoints(&self) -> Result<Vec<Arc<Endpoint>>, StartError> {
        if !subject::is_token(self.service) {
            return Err(StartError::Name(self.service.to_owned()));
        }
        if !micro::is_version(&self.version) {
            return Err(StartError::Version(self.version.clone()));
        }
        let mut endpoints = Vec::new();
        for service in &self.services {
            for (index, method) in service.methods().iter().enumerate() {
                if subject::service_of(method.subject) != self.service {
                    return Err(StartError::Name(method.subject.to_owned()));
                }
                endpoints.push(Arc::new(Endpoint::new(service, index, method)));
            }
        }
        Ok(endpoints)
    }

    async fn queue_subscribe(&self, subject: String) -> Result<Subscriber, StartError> {
        let subscribed =
            self.client.nats().queue_subscribe(subject.clone(), self.service.to_owned());
        subscribed.await.map_err(|error| StartError::Subscribe(subject, error))
    }

    async fn subscribe(&self, subject: String) -> Result<Subscriber, StartError> {
        let subscribed = self.client.nats().subscribe(subject.clone());
        subscribed.await.map_err(|error| StartError::Subscribe(subject, error))
    }
}

/// Why serving did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A name that cannot stand in a subject, or a method of another service.
    #[error("{0:?} cannot be served here")]
    Name(String),
    /// A version that the NATS service API does not take.
    #[error("{0:?} is not a semantic version such as 1.2.3")]
    Version(String),
    /// The client refused to subscribe.
    #[error("cannot subscribe to {0}")]
    Subscribe(String, #[source] async_nats::SubscribeError),
}

/// What is being served; dropping it ends that at once.
pub struct Running {
    shared: Arc<Shared>,
    stop: CancellationToken,
    cut: DropGuard,
    /// The queue subscriptions.
    lines: TaskTracker,
    /// Requests directed at this process, and questions about it.
    rest: TaskTracker,
}

impl Running {
    /// Stops taking requests, finishes those that were routed here and those in flight, at most
    /// for `bound`. What came and cannot be begun any more is told so, so that it is asked
    /// elsewhere at once.
    pub async fn drain(self, bound: Duration) {
        let until = Instant::now() + bound;
        self.shared.set_draining();
        self.stop.cancel();
        self.lines.close();
        self.shared.tasks.close();
        let soft = until.checked_sub(ENDING).unwrap_or(until);
        let in_time = timeout_at(soft, async {
            self.lines.wait().await;
            self.shared.tasks.wait().await;
        });
        if in_time.await.is_err() {
            tracing::warn!("the time to stop is over: what is in flight is left");
        }
        drop(self.cut);
        self.lines.close();
        self.rest.close();
        let ended = timeout_at(until, async {
            self.lines.wait().await;
            self.rest.wait().await;
            drop(self.shared.client.nats().flush().await);
        });
        drop(ended.await);
    }
}
