//! One thing that the process depends on.

use std::fmt;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::Clock;

/// How long a probe may take.
const BOUND: Duration = Duration::from_secs(1);
/// How long its outcome is believed, so that a storm of scrapes does not become one of probes.
const KEPT: Duration = Duration::from_secs(1);

type Outcome = Result<(), &'static str>;

/// The state of something that the process depends on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dependency {
    /// Its name: `postgres`.
    pub name: &'static str,
    /// Whether it is there.
    pub state: State,
    /// How long the probe took.
    pub duration_ms: f64,
    /// What is wrong with it now, as a class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// What was wrong with it when it last was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<&'static str>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error_time: Option<Timestamp>,
}

/// Whether a dependency is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It answers.
    Up,
    /// It does not.
    Down,
}

pub(super) struct Check {
    name: &'static str,
    probe: Box<dyn Fn() -> BoxFuture<'static, Outcome> + Send + Sync>,
    known: Mutex<Option<(Instant, Dependency)>>,
}

impl Check {
    pub(super) fn new<F, Fut>(name: &'static str, probe: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        Self { name, probe: Box::new(move || probe().boxed()), known: Mutex::new(None) }
    }

    /// The state, probed when it is not known. Those who ask meanwhile wait for the same probe.
    pub(super) async fn dependency(&self, clock: &Clock) -> Dependency {
        let mut known = self.known.lock().await;
        if let Some((since, dependency)) = known.as_ref()
            && since.elapsed() < KEPT
        {
            return dependency.clone();
        }
        let last = known.as_ref().and_then(|(_, last)| last.last_error.zip(last.last_error_time));
        let dependency = self.probed(clock, last).await;
        *known = Some((Instant::now(), dependency.clone()));
        dependency
    }

    async fn probed(&self, clock: &Clock, last: Option<(&'static str, Timestamp)>) -> Dependency {
        let begin = Instant::now();
        let outcome = timeout(BOUND, (self.probe)()).await.unwrap_or(Err("timeout"));
        let error = outcome.err();
        let last = error.map(|class| (class, clock.now())).or(last);
        Dependency {
            name: self.name,
            state: if error.is_some() { State::Down } else { State::Up },
            duration_ms: begin.elapsed().as_secs_f64() * 1_000.0,
            error,
            last_error: last.map(|(class, _)| class),
            last_error_time: last.map(|(_, time)| time),
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).finish_non_exhaustive()
    }
}
