//! What tests stand on: a clock that stands still, ids that are the same in every run, callers, and a
//! database.
//!
//! Services get it with `chassis = { …, features = ["fixture"] }` among their dev-dependencies.

use bus::{Context, Result};
use jiff::Timestamp;
use prost::Message;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{Clock, Db, Ids};

/// When it is in tests: 2026-11-20T08:00:00Z, in seconds.
const NOW: i64 = 1_795_161_600;

/// A clock that stands at 2026-11-20T08:00:00Z.
#[must_use]
pub fn clock() -> Clock {
    Clock::fixed(Timestamp::from_second(NOW).unwrap_or_default())
}

/// Ids that are the same in every run.
#[must_use]
pub fn ids() -> Ids {
    Ids::counted(clock())
}

/// A user id that is told by its number.
#[must_use]
pub fn user_id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// The context of a request of the user with this number, who has these roles.
#[must_use]
pub fn user(number: u128, roles: &[&str]) -> Context {
    Context::for_user(user_id(number), roles)
}

/// The same, of `method`, as a command with an idempotency key.
#[must_use]
pub fn command(number: u128, method: &'static str, key: &str) -> Context {
    Context { method, ..user(number, &[]).with_key(key) }
}

/// The stored answer that a repeat of a command leaves with; none where the outcome is another.
pub fn stored<T: Message + Default>(outcome: Result<T>) -> Option<T> {
    let status = outcome.err()?;
    T::decode(status.stored_answer()?.clone()).ok()
}

/// The database of a `#[sqlx::test]`, with the tables of the chassis made.
///
/// # Errors
///
/// When the tables cannot be made.
pub async fn db(pool: &PgPool, clock: &Clock) -> anyhow::Result<Db> {
    crate::db::migrate::CHASSIS.run(pool).await?;
    Ok(Db::new(pool.clone(), clock.clone()))
}
