//! The connections of a process. sqlx's pool makes and closes them, and asks each one that comes back
//! whether it lives: a round trip and a task, which cost as much as the read before. So those that come
//! back sound wait here, and whoever comes next within a moment uses them at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// A connection that was not used for longer may be dead.
const TRUSTED: Duration = Duration::from_secs(1);
/// After this long sqlx looks at a connection once more, and replaces it when it is too old.
const LOOKED_AFTER: Duration = Duration::from_secs(30);

/// The connections, and a place for each of those who may use one at a time.
#[derive(Debug)]
pub(super) struct Pool {
    sqlx: PgPool,
    places: Arc<Semaphore>,
    warm: Mutex<Vec<Warm>>,
    warm_max: usize,
}

/// A connection that is in use, or was a moment ago.
#[derive(Debug)]
pub(super) struct Warm {
    pub(super) connection: PoolConnection<Postgres>,
    /// When sqlx gave it.
    given: Instant,
    /// When it was last used.
    used: Instant,
}

impl Pool {
    pub(super) fn new(sqlx: PgPool) -> Self {
        let connections = sqlx.options().get_max_connections() as usize;
        Self {
            sqlx,
            places: Arc::new(Semaphore::new(connections)),
            warm: Mutex::default(),
            // The others stay for those who ask sqlx.
            warm_max: connections.div_ceil(2),
        }
    }

    pub(super) fn sqlx(&self) -> &PgPool {
        &self.sqlx
    }

    /// A connection, and the place that its user takes up.
    pub(super) async fn acquire(&self) -> sqlx::Result<(Warm, OwnedSemaphorePermit)> {
        let bound = self.sqlx.options().get_acquire_timeout();
        timeout(bound, self.wait()).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    async fn wait(&self) -> sqlx::Result<(Warm, OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_closed| sqlx::Error::PoolClosed)?;
        if let Some(warm) = self.warm() {
            return Ok((warm, place));
        }
        Ok((self.fresh().await?, place))
    }

    /// A connection that sqlx has looked at, or has just made.
    pub(super) async fn fresh(&self) -> sqlx::Result<Warm> {
        self.distrust();
        let (connection, now) = (self.sqlx.acquire().await?, Instant::now());
        Ok(Warm { connection, given: now, used: now })
    }

    /// The connection that was used last, if that is a moment ago.
    fn warm(&self) -> Option<Warm> {
        let mut warm = self.warm.lock().unwrap_or_else(PoisonError::into_inner);
        let last = warm.pop()?;
        if last.used.elapsed() < TRUSTED {
            return Some(last);
        }
        drop(warm);
        None
    }

    /// Keeps a sound connection for the next one, or leaves it to sqlx.
    pub(super) fn keep(&self, warm: Warm) {
        let now = Instant::now();
        if now.duration_since(warm.given) > LOOKED_AFTER || self.sqlx.is_closed() {
            return;
        }
        let mut all = self.warm.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < self.warm_max {
            all.push(Warm { used: now, ..warm });
        }
    }

    /// Leaves all that wait here to sqlx, which looks whether they live.
    pub(super) fn distrust(&self) {
        let stale = std::mem::take(&mut *self.warm.lock().unwrap_or_else(PoisonError::into_inner));
        drop(stale);
    }

    /// Closes all connections, when they have come back.
    pub(super) async fn close(&self) {
        self.places.close();
        let closed = self.sqlx.close();
        self.distrust();
        closed.await;
    }
}
