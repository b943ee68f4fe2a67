//! The life of a process: what it starts, what it waits for, and in which order it stops.

mod database;
mod failure;
mod nats;
mod stop;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Common;
use crate::health::Health;
use crate::{Clock, Ids};
pub(crate) use failure::Failure;
use stop::Stops;

/// Hands out what a process stands on, and remembers how to put it down again.
#[derive(Debug)]
pub struct Lifecycle {
    name: &'static str,
    common: Common,
    clock: Clock,
    ids: Ids,
    health: Health,
    failure: Failure,
    tasks: TaskTracker,
    stopping: CancellationToken,
    ended: CancellationToken,
    stops: Stops,
}

impl Lifecycle {
    /// The life of the process kind `name`.
    #[must_use]
    pub fn new(name: &'static str, common: Common) -> Self {
        let clock = Clock::system();
        let health = Health::new(name, clock.clone());
        Self {
            name,
            common,
            ids: Ids::new(clock.clone()),
            failure: Failure::new(health.clone()),
            health,
            clock,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            ended: CancellationToken::new(),
            stops: Stops::default(),
        }
    }

    /// The kind of the process: `ad`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The clock of the process.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The ids of the process.
    #[must_use]
    pub fn ids(&self) -> Ids {
        self.ids.clone()
    }

    /// The health of the process, to add what it depends on.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Is cancelled when the process is asked to stop, before anything drains.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Has `work` done when the process stops, awaited, in the reverse order of registration: what was
    /// started last stops first.
    pub fn on_stop(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.stops.add(name, work);
    }

    /// Runs `task` beside the requests. It is dropped at its next await when all has drained; one that
    /// must end by itself watches [`Self::stopping`]. If it panics, the process stops and fails: half a
    /// process is worse than none.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let (ended, failure) = (self.ended.clone(), self.failure.clone());
        let work = AssertUnwindSafe(task).catch_unwind();
        self.tasks.spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                outcome = work => if outcome.is_err() { failure.tell(name) },
            }
        });
    }

    pub(crate) fn failure(&self) -> Failure {
        self.failure.clone()
    }

    /// Stops: readiness red, then what was registered in reverse order, then the tasks.
    pub(crate) async fn stop(self) {
        tracing::info!("stopping");
        self.health.stopping();
        self.stopping.cancel();
        self.drain().await;
    }

    async fn drain(self) {
        self.stops.run().await;
        self.ended.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        tracing::info!("stopped");
    }
}
