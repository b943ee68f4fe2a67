//! Connections: how they are made, what bounds them, and whether they can be made.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tokio::sync::Mutex;
use tracing::log::LevelFilter;

use super::error::class;
use crate::config::Secret;

/// How long a request waits for a free connection.
const ACQUIRE_BOUND: Duration = Duration::from_secs(2);
/// A connection that was idle for longer is asked whether it lives before it is used.
const IDLE_TRUSTED: Duration = Duration::from_secs(1);
/// A connection is replaced after this long, so that a failover or new address is found.
const LIFETIME: Duration = Duration::from_mins(30);
/// A statement that takes longer is logged, without its values.
const SLOW: Duration = Duration::from_millis(500);

/// What bounds every statement, in case the process that began it is frozen.
const BOUNDS: [(&str, &str); 3] = [
    ("statement_timeout", "10s"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "10s"),
];

/// Reads the URL. What is wrong with it is told without it, for it holds a password.
pub(crate) fn options(name: &str, url: &Secret) -> anyhow::Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url.expose()).map_err(|_error| {
        anyhow::anyhow!("DATABASE_URL is not like postgres://user:password@host:port/name")
    })?;
    Ok(options
        .application_name(name)
        .log_statements(LevelFilter::Trace)
        .log_slow_statements(LevelFilter::Warn, SLOW))
}

/// A pool that connects when it is first used.
pub(crate) fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_BOUND)
        .max_lifetime(LIFETIME)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(
                async move { Ok(meta.idle_for < IDLE_TRUSTED || connection.ping().await.is_ok()) },
            )
        })
        .connect_lazy_with(options.options(BOUNDS))
}

/// Asks the server whether it lives, on a connection of its own: a pool whose connections are all busy
/// is no reason to take the process out of rotation.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    options: PgConnectOptions,
    connection: Arc<Mutex<Option<PgConnection>>>,
}

impl Probe {
    pub(crate) fn new(options: PgConnectOptions) -> Self {
        Self { options, connection: Arc::default() }
    }

    pub(crate) async fn probe(self) -> Result<(), &'static str> {
        let mut kept = self.connection.lock().await;
        if let Some(mut connection) = kept.take()
            && connection.ping().await.is_ok()
        {
            *kept = Some(connection);
            return Ok(());
        }
        *kept = Some(self.options.connect().await.map_err(|error| class(&error))?);
        Ok(())
    }
}
