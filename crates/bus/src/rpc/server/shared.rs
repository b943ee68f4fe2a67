//! What the subscriptions of a server share, and how they answer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_nats::{
    HeaderMap, Subject,
    client::{PublishErrorKind, traits::Publisher as _},
    header::HeaderName,
    message::OutboundMessage,
};
use bytes::Bytes;
use tokio_util::task::TaskTracker;

use super::{endpoint::Endpoint, gate::Gate, watchdog::Watchdog};
use crate::{
    header,
    rpc::client::Client,
    status::{Code, DRAINING, OVERLOADED, RETRY_AFTER_MS, Status},
};

const INSTANCE: HeaderName = header::name(header::INSTANCE);
const ERROR: HeaderName = header::name(header::ERROR);
const ERROR_CODE: HeaderName = header::name(header::ERROR_CODE);

/// How long one that was refused should wait.
const REFUSED_FOR_MS: &str = "200";

/// What the subscriptions of a server share.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) gate: Gate,
    pub(super) watchdog: Watchdog,
    pub(super) tasks: TaskTracker,
    pub(super) in_flight_max: usize,
    in_flight: AtomicUsize,
    draining: AtomicBool,
    /// The headers of every good answer.
    stamp: HeaderMap,
}

/// A place among the requests in flight; dropping it frees it.
pub(super) struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    pub(super) fn new(client: &Client, service: &'static str, in_flight_max: usize) -> Self {
        let mut stamp = HeaderMap::new();
        stamp.insert(INSTANCE, client.instance());
        Self {
            client: client.clone(),
            gate: Gate::new(service),
            watchdog: Watchdog::start(),
            tasks: TaskTracker::new(),
            in_flight_max,
            in_flight: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
            stamp,
        }
    }

    /// From now on this process is stopping.
    pub(super) fn set_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// A place for one more request that waits, where there is one.
    pub(super) fn place(self: &Arc<Self>) -> Option<Place> {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        (before < self.in_flight_max).then_some(place)
    }

    /// Whether there is a place.
    pub(super) fn has_place(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) < self.in_flight_max
    }

    /// What one is told whose request was not begun.
    pub(super) fn refusal(&self) -> Status {
        if self.is_draining() {
            return Status::new(Code::Unavailable, DRAINING, "this process is stopping: ask again");
        }
        Status::new(Code::Unavailable, OVERLOADED, "too much is asked at once: ask again later")
            .fact(RETRY_AFTER_MS, REFUSED_FOR_MS)
    }

    /// Answers. An answer that no message can hold is our failure.
    pub(super) async fn answer(&self, endpoint: &Endpoint, reply: Subject, answer: Bytes) {
        let headers = (!self.is_draining()).then(|| self.stamp.clone());
        if self.publish(reply.clone(), answer, headers).await
            == Err(PublishErrorKind::MaxPayloadExceeded)
        {
            tracing::error!(rpc.method = endpoint.method.full_name, "an answer is too large");
            let status = Status::new(Code::Internal, "ANSWER_TOO_LARGE", "the answer is too large");
            self.fail(reply, &status).await;
        }
    }

    /// Answers with a failure.
    pub(super) async fn fail(&self, reply: Subject, status: &Status) {
        let mut headers = if self.is_draining() { HeaderMap::new() } else { self.stamp.clone() };
        headers.insert(ERROR_CODE, status.code().http_status().to_string());
        headers.insert(ERROR, status.reason());
        self.publish(reply, status.encode(), Some(headers)).await.ok();
    }

    async fn publish(
        &self,
        subject: Subject,
        payload: Bytes,
        headers: Option<HeaderMap>,
    ) -> Result<(), PublishErrorKind> {
        let message = OutboundMessage { subject, reply: None, payload, headers };
        self.client.nats().publish_message(message).await.map_err(|error| error.kind())
    }
}
