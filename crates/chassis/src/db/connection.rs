//! A connection that goes back to the pool when it can be trusted, and is closed when it cannot.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgTransactionManager;
use sqlx::{PgConnection, PgPool, Postgres};
use sqlx_core::transaction::TransactionManager as _;
use tokio::time::Instant;

/// The pool asks a connection that comes back whether it lives, and waits for the answer for ever. When
/// the server's machine has vanished, that takes all connections out of the pool for the quarter of an
/// hour after which TCP gives up. So one that was held for longer than this is closed instead, which is
/// bounded.
const TRUSTED: Duration = Duration::from_secs(1);

/// A connection of the pool. Dropped, an open transaction of it is rolled back.
#[derive(Debug)]
pub struct Connection {
    connection: PoolConnection<Postgres>,
    since: Instant,
}

impl Connection {
    pub(super) async fn acquire(pool: &PgPool) -> sqlx::Result<Self> {
        Ok(Self { connection: pool.acquire().await?, since: Instant::now() })
    }

    pub(super) async fn begin(&mut self) -> sqlx::Result<()> {
        PgTransactionManager::begin(self, None).await
    }

    pub(super) async fn commit(&mut self) -> sqlx::Result<()> {
        PgTransactionManager::commit(self).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Queued, and sent before whatever comes next on the connection; nothing without a transaction.
        PgTransactionManager::start_rollback(&mut self.connection);
        if self.since.elapsed() > TRUSTED {
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}
