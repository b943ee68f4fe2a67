//! One subscription and the loop that serves it.

use std::{
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::{Context as Polling, Poll, Waker},
    time::Duration,
};

use async_nats::{Message, Subject, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use super::{endpoint::Endpoint, gate::Drop, incoming, pace::Pace, shared::Shared};
use crate::{
    context::Context,
    method::Safety,
    status::{Code, NOT_HERE, Result, Status},
    trace,
};

/// How long one that leaves waits for the messages it is still to take.
const LEAVING: Duration = Duration::from_secs(2);
/// How much longer, when it has told the broker to send no more.
const LEFT: Duration = Duration::from_millis(500);
/// After this time the subscription is emptied again, so that the time of receipt is true.
const EMPTIED_EVERY: Duration = Duration::from_millis(1);
/// A handler that runs so long past its deadline is stopped: it holds a place.
const STOPPED_AFTER: Duration = Duration::from_secs(30);

/// Which methods a subscription serves.
pub(super) enum Endpoints {
    /// This one, in the queue group.
    One(Arc<Endpoint>),
    /// All, of requests directed at this process, by what follows the instance in the subject.
    Directed(HashMap<&'static str, Arc<Endpoint>>),
}

/// One subscription.
pub(super) struct Line {
    shared: Arc<Shared>,
    subscriber: Subscriber,
    endpoints: Endpoints,
    pace: Pace,
    /// What was received and when, and is not begun.
    queue: VecDeque<(Message, Instant)>,
}

/// A request that passed the gate.
struct Request {
    endpoint: Arc<Endpoint>,
    context: Context,
    reply: Subject,
    payload: Bytes,
}

impl Line {
    pub(super) fn new(shared: &Arc<Shared>, subscriber: Subscriber, endpoints: Endpoints) -> Self {
        let pace = Pace::new(Instant::now());
        Self { shared: Arc::clone(shared), subscriber, endpoints, pace, queue: VecDeque::new() }
    }

    /// Serves until the subscription ends: some time after `stop`, at once after `cut`.
    pub(super) async fn run(mut self, stop: CancellationToken, cut: CancellationToken) {
        let mut stopped = pin!(stop.cancelled_owned().fuse());
        let mut cut = pin!(cut.cancelled_owned().fuse());
        let mut leaving = pin!(sleep_until(Instant::now()));
        let mut is_leaving = false;
        loop {
            tokio::select! {
                biased;
                () = &mut cut => break,
                () = &mut stopped => {
                    is_leaving = true;
                    leaving.as_mut().reset(Instant::now() + LEAVING);
                    let last = self.pace.leave_after(Instant::now());
                    drop(self.subscriber.unsubscribe_after(last).await);
                }
                () = &mut leaving, if is_leaving => {
                    drop(self.subscriber.drain().await);
                    tokio::time::timeout(LEFT, self.serve_rest()).await.unwrap_or_default();
                    break;
                }
                message = self.subscriber.next() => match message {
                    Some(message) => self.serve_all(message).await,
                    None => break,
                },
            }
        }
        while let Some((message, received)) = self.queue.pop_front() {
            self.serve(message, received).await;
        }
    }

    async fn serve_rest(&mut self) {
        while let Some(message) = self.subscriber.next().await {
            self.serve_all(message).await;
        }
    }

    /// Serves the message and all that came meanwhile.
    async fn serve_all(&mut self, message: Message) {
        let mut emptied = Instant::now();
        self.receive(message, emptied);
        self.empty(emptied).await;
        while let Some((message, received)) = self.queue.pop_front() {
            self.serve(message, received).await;
            if emptied.elapsed() > EMPTIED_EVERY {
                // what came while a handler kept the thread may be as old as the last look
                let looked = std::mem::replace(&mut emptied, Instant::now());
                self.empty(looked).await;
            }
        }
    }

    /// Takes all that the subscription holds; what is too much is refused at once.
    async fn empty(&mut self, now: Instant) {
        while let Some(Some(message)) = self.subscriber.next().now_or_never() {
            if self.queue.len() < self.shared.in_flight_max {
                self.receive(message, now);
            } else {
                self.pace.saw(1, now);
                self.refuse(&message).await;
            }
        }
    }

    fn receive(&mut self, message: Message, now: Instant) {
        self.pace.saw(1, now);
        self.queue.push_back((message, now));
    }

    async fn refuse(&self, message: &Message) {
        match self.shared.gate.check(message, self.shared.client.instance()) {
            Ok((_, reply)) => self.shared.fail(reply.clone(), &self.shared.refusal()).await,
            Err(kind) => self.shared.gate.drop(kind),
        }
    }

    async fn serve(&self, message: Message, received: Instant) {
        match self.admit(message, received) {
            Ok(request) => self.begin(request).await,
            Err(Refused::Dropped(kind)) => self.shared.gate.drop(kind),
            Err(Refused::Told(reply, status)) => self.shared.fail(reply, &status).await,
        }
    }

    /// The request, where it may be begun.
    fn admit(&self, message: Message, received: Instant) -> Result<Request, Refused> {
        let (parsed, reply) = self.shared.gate.check(&message, self.shared.client.instance())?;
        let told = |status| Refused::Told(reply.clone(), status);
        let endpoint = match &self.endpoints {
            Endpoints::One(endpoint) => endpoint,
            Endpoints::Directed(_) if self.shared.is_draining() => {
                return Err(told(self.shared.refusal()));
            }
            Endpoints::Directed(endpoints) => endpoints.get(parsed.method).ok_or_else(|| {
                told(Status::new(Code::Unavailable, NOT_HERE, "this process does not serve that"))
            })?,
        };
        let method = endpoint.method;
        if !method.may_ask(parsed.asker) {
            let status =
                Status::of(Code::PermissionDenied, format!("{} may not ask this", parsed.asker));
            endpoint.count_failure(&status);
            return Err(told(status));
        }
        // a read does no harm when it is late
        let received = match method.safety {
            Safety::Safe => received,
            Safety::Idempotent | Safety::Unknown => self.shared.watchdog.waited_since(received),
        };
        let context = incoming::context(message.headers.as_ref(), parsed.asker, method, received);
        if context.deadline <= Instant::now() {
            return Err(Refused::Dropped(Drop::Expired));
        }
        if !self.shared.has_place() {
            let status = self.shared.refusal();
            endpoint.count_failure(&status);
            return Err(told(status));
        }
        Ok(Request {
            endpoint: Arc::clone(endpoint),
            context,
            reply: reply.clone(),
            payload: message.payload,
        })
    }

    /// Runs the handler: here where it is ready at once, in a task of its own where it has to wait.
    async fn begin(&self, request: Request) {
        let Request { endpoint, context, reply, payload } = request;
        let started = Instant::now();
        let (deadline, request_id) = (context.deadline, context.request_id.clone());
        let span = span(&context);
        let work = catch_unwind(AssertUnwindSafe(|| {
            let mut work =
                span.in_scope(|| endpoint.service.call(endpoint.index, context, payload));
            let polled =
                span.in_scope(|| work.as_mut().poll(&mut Polling::from_waker(Waker::noop())));
            (work, polled)
        }));
        let done = Done { shared: Arc::clone(&self.shared), endpoint, reply, request_id, started };
        match work {
            Ok((_, Poll::Ready(result))) => done.tell(result).await,
            Ok((work, Poll::Pending)) => {
                let place = self.shared.place();
                self.shared.tasks.spawn(async move {
                    done.tell(finish(work, deadline).instrument(span).await).await;
                    drop(place);
                });
            }
            Err(_) => done.tell(Err(panicked())).await,
        }
    }
}

/// Why a request is not begun.
enum Refused {
    /// Without a word.
    Dropped(Drop),
    /// With an answer.
    Told(Subject, Status),
}

impl From<Drop> for Refused {
    fn from(kind: Drop) -> Self {
        Self::Dropped(kind)
    }
}

/// Waits for a handler that was not ready at once.
async fn finish(work: BoxFuture<'static, Result<Bytes>>, deadline: Instant) -> Result<Bytes> {
    match timeout_at(deadline + STOPPED_AFTER, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(panicked()),
        Err(_) => Err(Status::of(
            Code::DeadlineExceeded,
            "the handler was stopped long after its deadline",
        )),
    }
}

/// A panic is the failure of its request alone; what it said went to the panic hook.
fn panicked() -> Status {
    Status::new(Code::Internal, "PANIC", "the request failed")
}

/// What the handler logs lies in it, so that each line names its request. Only a sampled one is the
/// tracer's, which looks for `otel.kind`.
fn span(context: &Context) -> Span {
    let traceparent = context.traceparent.as_deref();
    let trace_id = traceparent.and_then(trace::id);
    let Some(traceparent) = traceparent.filter(|parent| trace::is_sampled(parent)) else {
        return tracing::error_span!("rpc", request.id = context.request_id, trace.id = trace_id);
    };
    let span = tracing::error_span!(
        "rpc",
        otel.name = context.method,
        otel.kind = "server",
        rpc.method = context.method,
        request.id = context.request_id,
        trace.id = trace_id,
    );
    trace::adopt(&span, traceparent);
    span
}

/// What is needed to answer a request.
struct Done {
    shared: Arc<Shared>,
    endpoint: Arc<Endpoint>,
    reply: Subject,
    request_id: String,
    started: Instant,
}

impl Done {
    async fn tell(self, result: Result<Bytes>) {
        let result = result.or_else(|status| status.stored_answer().cloned().ok_or(status));
        self.endpoint.count(result.as_ref().err(), self.started.elapsed());
        match result {
            Ok(answer) => self.shared.answer(&self.endpoint, self.reply, answer).await,
            Err(status) => {
                if status.code() == Code::Internal {
                    tracing::error!(
                        rpc.method = self.endpoint.method.full_name,
                        request.id = self.request_id,
                        status.reason = status.reason(),
                        status.message = status.message(),
                        "a request failed"
                    );
                }
                self.shared.fail(self.reply, &status).await;
            }
        }
    }
}
