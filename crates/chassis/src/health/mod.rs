//! Whether the process is alive, started and ready, and how each thing is that it depends on.
//!
//! A process whose database or broker is away is alive but not ready: it waits, nobody restarts it.

mod check;
mod serve;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::join_all;
use serde::Serialize;

use crate::Clock;
use check::Check;
pub use check::{Dependency, State};
pub(crate) use serve::serve;

/// The health of the process. Clones are the same.
#[derive(Debug, Clone)]
pub struct Health(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    clock: Clock,
    started: AtomicBool,
    stopping: AtomicBool,
    failed: AtomicBool,
    checks: RwLock<Vec<Arc<Check>>>,
}

/// What `/readyz` and `/healthz` answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `ready`, or why not.
    pub status: Phase,
    /// The kind of the process: `ad`.
    pub name: &'static str,
    /// The version of the build.
    pub version: &'static str,
    /// What the process depends on, in the order in which it came to depend on it.
    pub dependencies: Vec<Dependency>,
}

/// Where in its life the process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not all is there yet.
    Starting,
    /// It serves.
    Ready,
    /// Something that it depends on is away.
    Degraded,
    /// It finishes what it has begun, and takes no more.
    Stopping,
    /// A background task of it broke; it ends.
    Failed,
}

impl Health {
    /// The health of a process that starts.
    #[must_use]
    pub fn new(name: &'static str, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            name,
            clock,
            started: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            checks: RwLock::default(),
        }))
    }

    /// The process depends on `name`, and `probe` says whether it is there, or what is wrong as a class
    /// such as `unreachable`: no addresses, no secrets. A probe that takes longer than a second is
    /// `timeout`, and what it says is believed for a second.
    pub fn depend<F, Fut>(&self, name: &'static str, probe: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), &'static str>> + Send + 'static,
    {
        let check = Arc::new(Check::new(name, probe));
        self.0.checks.write().unwrap_or_else(PoisonError::into_inner).push(check);
    }

    /// All dependencies, probed, and what follows from them.
    pub async fn report(&self) -> Report {
        let checks = self.0.checks.read().unwrap_or_else(PoisonError::into_inner).clone();
        let dependencies =
            join_all(checks.iter().map(|check| check.dependency(&self.0.clock))).await;
        let all_up = dependencies.iter().all(|dependency| dependency.state == State::Up);
        let status = match self.phase() {
            Phase::Ready if !all_up => Phase::Degraded,
            phase => phase,
        };
        Report { status, name: self.0.name, version: crate::VERSION, dependencies }
    }

    /// Whether the process has everything that it needs to begin.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.0.started.load(Ordering::SeqCst)
    }

    /// Whether the process is worth to be kept.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.0.failed.load(Ordering::SeqCst)
    }

    pub(crate) fn started(&self) {
        self.0.started.store(true, Ordering::SeqCst);
    }

    pub(crate) fn stopping(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
    }

    pub(crate) fn failed(&self) {
        self.0.failed.store(true, Ordering::SeqCst);
    }

    fn phase(&self) -> Phase {
        if !self.is_alive() {
            Phase::Failed
        } else if self.0.stopping.load(Ordering::SeqCst) {
            Phase::Stopping
        } else if self.is_started() {
            Phase::Ready
        } else {
            Phase::Starting
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::fixture;

    fn health() -> Health {
        Health::new("ad", fixture::clock())
    }

    #[tokio::test]
    async fn a_process_is_ready_when_it_has_started_and_all_it_needs_is_there() {
        let health = health();
        health.depend("postgres", || async { Ok(()) });
        assert_eq!(health.report().await.status, Phase::Starting);

        health.started();

        assert_eq!(health.report().await.status, Phase::Ready);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_away_makes_it_not_ready_but_alive_and_is_named() {
        let (health, away) = (health(), Arc::new(AtomicBool::new(true)));
        let probed = away.clone();
        health.depend("nats", move || {
            let away = probed.load(Ordering::SeqCst);
            async move { if away { Err("unreachable") } else { Ok(()) } }
        });
        health.started();

        let red = health.report().await;
        away.store(false, Ordering::SeqCst);
        tokio::time::advance(std::time::Duration::from_millis(1_001)).await;
        let green = health.report().await;

        assert_eq!(red.status, Phase::Degraded);
        assert_eq!(red.dependencies[0].error, Some("unreachable"));
        assert!(health.is_alive());
        assert_eq!(green.status, Phase::Ready);
        assert_eq!(green.dependencies[0].error, None);
        assert_eq!(green.dependencies[0].last_error, Some("unreachable"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_scrapes_probe_once() {
        let (health, count) = (health(), Arc::new(AtomicUsize::new(0)));
        let probes = count.clone();
        health.depend("postgres", move || {
            probes.fetch_add(1, Ordering::SeqCst);
            async { Ok(()) }
        });

        join_all((0..100).map(|_| health.report())).await;

        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_hangs_is_a_timeout() {
        let health = health();
        health.depend("postgres", std::future::pending);

        let report = health.report().await;

        assert_eq!(report.dependencies[0].error, Some("timeout"));
        assert!(report.dependencies[0].duration_ms >= 1_000.0);
    }
}
