//! A connection that is used again when it is sound, and closed when it cannot be trusted.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use sqlx::postgres::PgTransactionManager;
use sqlx::{Connection as _, PgConnection};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::pool::{Pool, Warm};

/// sqlx's pool asks a connection that comes back whether it lives, and waits for the answer for ever.
/// When the server's machine has vanished, that takes all connections out of the pool for the quarter of
/// an hour after which TCP gives up. So one that was held for longer than this is closed instead, which
/// is bounded.
const TRUSTED: Duration = Duration::from_secs(1);

/// A connection of the pool. Dropped, an open transaction of it is rolled back.
#[derive(Debug)]
pub struct Connection {
    /// None only while it is dropped.
    warm: Option<Warm>,
    pool: Arc<Pool>,
    since: Instant,
    /// A begin that was cut short may have begun.
    is_beginning: bool,
    /// Free after the connection has gone back.
    _place: OwnedSemaphorePermit,
}

impl Connection {
    pub(super) async fn acquire(pool: &Arc<Pool>) -> sqlx::Result<Self> {
        let (warm, place) = pool.acquire().await?;
        Ok(Self {
            warm: Some(warm),
            pool: Arc::clone(pool),
            since: Instant::now(),
            is_beginning: false,
            _place: place,
        })
    }

    /// Begins a transaction. A connection that died while it waited here is replaced: nothing has begun
    /// on it.
    pub(super) async fn begin(&mut self) -> sqlx::Result<()> {
        if self.try_begin().await.is_ok() {
            return Ok(());
        }
        self.replace().await?;
        self.try_begin().await
    }

    async fn replace(&mut self) -> sqlx::Result<()> {
        let fresh = self.pool.fresh().await?;
        if let Some(mut dead) = self.warm.replace(fresh) {
            dead.connection.close_on_drop();
        }
        self.is_beginning = false;
        Ok(())
    }

    async fn try_begin(&mut self) -> sqlx::Result<()> {
        self.is_beginning = true;
        PgTransactionManager::begin(self, None).await?;
        self.is_beginning = false;
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> sqlx::Result<()> {
        PgTransactionManager::commit(self).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(mut warm) = self.warm.take() else { return };
        // Queued, and sent before whatever comes next on the connection; nothing without a transaction.
        PgTransactionManager::start_rollback(&mut warm.connection);
        if self.is_beginning || self.since.elapsed() > TRUSTED {
            warm.connection.close_on_drop();
        } else if is_quiet(&mut warm.connection) {
            self.pool.keep(warm);
        } else {
            // What broke this one may have broken the others.
            self.pool.distrust();
        }
    }
}

/// Whether nothing is to be sent and no answer is awaited: nothing was cut short, nothing failed on the
/// way, no transaction is open.
fn is_quiet(connection: &mut PgConnection) -> bool {
    matches!(connection.flush().now_or_never(), Some(Ok(())))
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &Self::Target {
        match &self.warm {
            Some(warm) => &warm.connection,
            None => unreachable!("nobody sees a connection that is dropped"),
        }
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match &mut self.warm {
            Some(warm) => &mut warm.connection,
            None => unreachable!("nobody sees a connection that is dropped"),
        }
    }
}
