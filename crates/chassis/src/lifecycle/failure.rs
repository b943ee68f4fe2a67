//! A background task that broke: the process is no longer whole, and ends.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use crate::health::Health;

#[derive(Debug, Clone)]
pub(crate) struct Failure {
    health: Health,
    told: CancellationToken,
    task: Arc<OnceLock<&'static str>>,
}

impl Failure {
    pub(super) fn new(health: Health) -> Self {
        Self { health, told: CancellationToken::new(), task: Arc::default() }
    }

    pub(super) fn tell(&self, task: &'static str) {
        let _ = self.task.set(task);
        self.health.failed();
        self.told.cancel();
    }

    /// Waits until a task broke, and gives its name.
    pub(crate) async fn told(&self) -> &'static str {
        self.told.cancelled().await;
        self.task.get().copied().unwrap_or("unknown")
    }
}
