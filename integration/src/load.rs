//! Many who ask at once while something breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::wait::eventually;

/// Requests that go on until they are told to end.
pub struct Load {
    shared: Arc<Shared>,
    askers: JoinSet<Tally>,
}

#[derive(Default)]
struct Shared {
    asked: AtomicU64,
    answered: AtomicU64,
    ends: AtomicBool,
}

/// What became of the requests.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many succeeded.
    pub succeeded: u64,
    /// What the others were answered.
    pub failed: Vec<String>,
    /// The longest that one took.
    pub slowest: Duration,
}

impl Load {
    /// So many who ask, each one request after the other; `ask` is told the number of its request.
    pub fn start<F>(at_once: usize, ask: impl Fn(u64) -> F + Clone + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let shared = Arc::new(Shared::default());
        let mut askers = JoinSet::new();
        for _ in 0..at_once {
            askers.spawn(shared.clone().go_on(ask.clone()));
        }
        Self { shared, askers }
    }

    /// Waits until so many more have been answered.
    pub async fn more(&self, count: u64) {
        let enough = self.answered() + count;
        eventually("enough requests are answered", async || self.answered() >= enough).await;
    }

    /// Ends it, and says what became of all.
    pub async fn end(self) -> Tally {
        self.shared.ends.store(true, Ordering::Relaxed);
        let tallies = self.askers.join_all().await;
        tallies.into_iter().fold(Tally::default(), Tally::add)
    }

    fn answered(&self) -> u64 {
        self.shared.answered.load(Ordering::Relaxed)
    }
}

impl Shared {
    async fn go_on<F>(self: Arc<Self>, ask: impl Fn(u64) -> F) -> Tally
    where
        F: Future<Output = Result<(), String>>,
    {
        let mut tally = Tally::default();
        while !self.ends.load(Ordering::Relaxed) {
            let began = Instant::now();
            match ask(self.asked.fetch_add(1, Ordering::Relaxed)).await {
                Ok(()) => tally.succeeded += 1,
                Err(why) => tally.failed.push(why),
            }
            tally.slowest = tally.slowest.max(began.elapsed());
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
        tally
    }
}

impl Tally {
    /// How many were answered.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.succeeded + self.failed.len() as u64
    }

    fn add(mut self, other: Self) -> Self {
        self.succeeded += other.succeeded;
        self.failed.extend(other.failed);
        self.slowest = self.slowest.max(other.slowest);
        self
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (asked, failed, slowest) = (self.asked(), self.failed.len(), self.slowest);
        write!(f, "{asked} asked, {failed} failed, the slowest took {slowest:.1?}")
    }
}
