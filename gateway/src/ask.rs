//! Whom the gateway asks.

use bus::{Ask, Client, Reply, Result};

/// Asks services in bytes: the bus, or a fake in tests.
pub trait Asker: Send + Sync + 'static {
    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// What the service answers; UNAVAILABLE where nobody listens; `DEADLINE_EXCEEDED`.
    fn ask(&self, ask: Ask<'_>) -> impl Future<Output = Result<Reply>> + Send;
}

impl Asker for Client {
    fn ask(&self, ask: Ask<'_>) -> impl Future<Output = Result<Reply>> + Send {
        Self::ask(self, ask)
    }
}
