//! The database of a service: connections, transactions that do a command once, pages.

pub(crate) mod connect;
mod connection;
mod error;
pub(crate) mod idempotency;
pub(crate) mod migrate;
pub mod page;
mod pool;
#[cfg(test)]
mod tests;
mod tx;

use std::sync::Arc;

use bus::{Context, Status};
use jiff::Timestamp;
use prost::Message;
use sqlx::PgPool;

use crate::Clock;
pub use connection::Connection;
pub(crate) use error::class;
pub use error::{OnConstraint, status};
use pool::Pool;
pub use tx::Tx;

/// The database of the service. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Db {
    pool: Arc<Pool>,
    clock: Clock,
}

impl Db {
    /// The database behind `pool`.
    #[must_use]
    pub fn new(pool: PgPool, clock: Clock) -> Self {
        Self { pool: Arc::new(Pool::new(pool)), clock }
    }

    /// Begins the transaction of a command, and claims its idempotency key as the first statement. A
    /// repeat leaves through `?` as the stored answer. Between this and [`Tx::commit`] nothing goes over
    /// the network but to the database.
    ///
    /// # Errors
    ///
    /// The stored answer of an earlier, equal command; `KEY_REUSED` (422) when the key came with another
    /// request, `KEY_IN_FLIGHT` (409) when the command it came with is still running; `UNAVAILABLE` when
    /// the database is away.
    pub async fn begin<R: Message>(&self, context: &Context, request: &R) -> Result<Tx, Status> {
        let claim = idempotency::Claim::of(context, request)?;
        let mut connection = self.read().await?;
        connection.begin().await.map_err(|error| status(&error))?;
        if let Some(claim) = &claim {
            idempotency::claim(&mut connection, claim, self.clock.now()).await?;
        }
        Ok(Tx::new(connection, claim))
    }

    /// A connection to read with.
    ///
    /// # Errors
    ///
    /// `UNAVAILABLE` when the database is away, or when all connections are busy for two seconds.
    pub async fn read(&self) -> Result<Connection, Status> {
        self.connection().await.map_err(|error| status(&error))
    }

    pub(crate) async fn connection(&self) -> sqlx::Result<Connection> {
        Connection::acquire(&self.pool).await
    }

    /// sqlx's pool, for work that is no request.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        self.pool.sqlx()
    }

    /// Closes all connections, when they have come back.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// The time of the database's clock, that of the process.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
