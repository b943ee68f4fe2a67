//! The life with a database.

use std::time::Duration;

use sqlx::migrate::Migrator;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::Lifecycle;
use crate::config::Database;
use crate::db::{self, Db, connect, idempotency, migrate};

/// How often idempotency keys that are too old are swept away.
const SWEEP_PERIOD: Duration = Duration::from_mins(10);
/// How long the connections may take to say good-bye.
const CLOSE_BOUND: Duration = Duration::from_secs(2);

impl Lifecycle {
    /// The database, migrated: first the tables of the chassis, then those of the service. A server that
    /// is away is waited for; meanwhile the process is alive and not ready (`postgres` in the health).
    ///
    /// # Errors
    ///
    /// When the URL cannot be read, when the database is newer than this build, or when a migration
    /// fails for another reason than the server's being away.
    pub async fn database(&mut self, config: &Database, service: &Migrator) -> anyhow::Result<Db> {
        let options = connect::options(self.name, &config.database_url)?;
        let probe = connect::Probe::new(options.clone());
        self.health.depend("postgres", move || probe.clone().probe());
        migrate::until_done(&options, service).await?;

        let pool = connect::pool(options, config.database_connections);
        let db = Db::new(pool, self.clock());
        self.spawn("idempotency sweep", sweep(db.clone()));
        let closing = db.clone();
        self.on_stop("postgres", async move {
            drop(timeout(CLOSE_BOUND, closing.close()).await);
        });
        Ok(db)
    }
}

async fn sweep(db: Db) {
    let mut ticks = interval_at(Instant::now() + SWEEP_PERIOD, SWEEP_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = idempotency::sweep(&db).await {
            let class = db::class(&error);
            tracing::warn!(error.class = class, "old idempotency keys could not be swept");
        }
    }
}
