//! The multiplexer: one subscription for all answers, and nothing left of a request that gets none.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use async_nats::{Message, Subscriber};
use futures_util::StreamExt as _;
use tokio::sync::oneshot;

use super::peer::Peer;

const SHARDS: usize = 16;

type Shard = Mutex<HashMap<u64, Waiting, BuildHasherDefault<Sequential>>>;

/// The requests that wait for an answer.
pub(super) struct Inbox {
    kind: Box<str>,
    instance: Box<str>,
    shards: [Shard; SHARDS],
    next: AtomicU64,
    /// How many the shards hold, for whoever watches this process.
    count: metrics::Gauge,
}

#[derive(Debug)]
struct Waiting {
    peer: Arc<Peer>,
    sender: oneshot::Sender<Message>,
}

/// One request that waits; dropping it forgets it.
pub(super) struct Pending {
    inbox: Arc<Inbox>,
    number: u64,
    receiver: oneshot::Receiver<Message>,
}

impl Inbox {
    pub(super) fn new(kind: &str, instance: &str) -> Self {
        Self {
            kind: kind.into(),
            instance: instance.into(),
            shards: std::array::from_fn(|_| Mutex::default()),
            next: AtomicU64::new(1),
            count: metrics::gauge!("bus_requests_waiting"),
        }
    }

    /// What to subscribe to: the answers to this process, from every service.
    pub(super) fn subject(&self) -> String {
        format!("_INBOX.{}.*.{}.*", self.kind, self.instance)
    }

    /// Waits for one answer of `peer`, and where it goes.
    pub(super) fn wait(self: &Arc<Self>, peer: &Arc<Peer>) -> (Pending, String) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.with(number, |waiting| {
            waiting.insert(number, Waiting { peer: Arc::clone(peer), sender });
        });
        self.count.increment(1);
        let reply = format!("_INBOX.{}.{}.{}.{number}", self.kind, peer.service(), self.instance);
        (Pending { inbox: Arc::clone(self), number, receiver }, reply)
    }

    /// How many requests wait.
    pub(super) fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len())
            .sum()
    }

    /// Hands out the answers until the subscription ends.
    pub(super) async fn pump(self: Arc<Self>, mut answers: Subscriber) {
        let foreign = metrics::counter!("bus_answers_dropped_total", "kind" => "foreign");
        let late = metrics::counter!("bus_answers_dropped_total", "kind" => "late");
        while let Some(message) = answers.next().await {
            match self.take(&message.subject) {
                Some(Ok(sender)) => drop(sender.send(message)),
                Some(Err(())) => foreign.increment(1),
                None => late.increment(1),
            }
        }
    }

    /// Who waits for an answer on `subject`; an error where another service answers in its place.
    fn take(&self, subject: &str) -> Option<Result<oneshot::Sender<Message>, ()>> {
        let mut tokens = subject.split('.').skip(2);
        let service = tokens.next()?;
        let number = tokens.nth(1)?.parse().ok()?;
        self.with(number, |waiting| {
            if waiting.get(&number)?.peer.service() != service {
                return Some(Err(()));
            }
            waiting.remove(&number).map(|waiting| Ok(self.gone(waiting).sender))
        })
    }

    fn gone(&self, waiting: Waiting) -> Waiting {
        self.count.decrement(1);
        waiting
    }

    fn with<T>(
        &self,
        number: u64,
        act: impl FnOnce(&mut HashMap<u64, Waiting, BuildHasherDefault<Sequential>>) -> T,
    ) -> T {
        let [first, ..] = &self.shards;
        let index = usize::try_from(number % SHARDS as u64).unwrap_or(0);
        let shard = self.shards.get(index).unwrap_or(first);
        act(&mut shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Pending {
    /// The answer; `None` where the inbox is gone.
    pub(super) fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        Pin::new(&mut self.receiver).poll(cx).map(Result::ok)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let waiting = self.inbox.with(self.number, |waiting| waiting.remove(&self.number));
        drop(waiting.map(|it| self.inbox.gone(it)));
    }
}

/// Spreads numbers that count up; they come from ourselves, so nobody can choose them.
#[derive(Default)]
struct Sequential(u64);

impl Hasher for Sequential {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
