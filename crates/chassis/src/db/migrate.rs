//! Brings the tables to what this build expects.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Error};

use super::error::class;

/// The tables of the chassis, which lie beside those of the service.
pub(crate) static CHASSIS: Migrator = sqlx::migrate!();

const DELAY_MIN: Duration = Duration::from_millis(100);
const DELAY_MAX: Duration = Duration::from_secs(2);

/// Of several processes that start at once, one migrates and the others wait for it.
const LOCK_BOUND: [(&str, &str); 1] = [("lock_timeout", "60s")];

/// Waits until the server is there, and migrates: the chassis first, then the service.
pub(crate) async fn until_done(
    options: &PgConnectOptions,
    service: &Migrator,
) -> anyhow::Result<()> {
    let options = options.clone().options(LOCK_BOUND);
    let mut delay = DELAY_MIN;
    while let Err(error) = migrate(&options, service).await {
        let Some(class) = passing(&error) else { return Err(told(error)) };
        tracing::warn!(error.class = class, "waiting for the database");
        tokio::time::sleep(delay).await;
        delay = DELAY_MAX.min(delay * 2);
    }
    Ok(())
}

async fn migrate(options: &PgConnectOptions, service: &Migrator) -> Result<(), MigrateError> {
    let mut connection = options.connect().await?;
    CHASSIS.run(&mut connection).await?;
    service.run(&mut connection).await?;
    // The migrations are committed; a connection that cannot be closed well is closed by the server.
    drop(connection.close().await);
    Ok(())
}

/// The class of an error that goes away by waiting.
fn passing(error: &MigrateError) -> Option<&'static str> {
    let (MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) = error else {
        return None;
    };
    match cause {
        Error::Configuration(_) => None,
        _ => Some(class(cause)).filter(|class| *class != "statement"),
    }
}

fn told(error: MigrateError) -> anyhow::Error {
    match error {
        MigrateError::VersionMissing(version) => anyhow::anyhow!(
            "the database is newer than this build: it has migration {version}, which this build \
             does not know; start a newer build"
        ),
        MigrateError::VersionMismatch(version) => anyhow::anyhow!(
            "migration {version} is not the one that the database was made with: migrations are \
             never edited"
        ),
        error => anyhow::Error::new(error).context("the database cannot be migrated"),
    }
}
