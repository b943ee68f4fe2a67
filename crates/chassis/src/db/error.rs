//! What became of a statement that failed.

use bus::status::RETRY_AFTER_MS;
use bus::{Code, Status};
use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

/// `lock_timeout` struck.
pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";

/// PostgreSQL's texts know no U+0000, neither plain nor in JSON: the only character of a Rust text that
/// they refuse.
const UNSTORABLE: [&str; 2] = ["22021", "22P05"];

/// How long a client is asked to wait while the database is away.
const RETRY_AFTER: &str = "1000";

/// What a caller is told of a failed statement: UNAVAILABLE (503, with the time to wait) while the
/// database is away or all connections are busy, ABORTED (409) when another transaction was in the way,
/// `INVALID_ARGUMENT` (400) for a text that cannot be stored, else INTERNAL (500). The cause of an
/// INTERNAL is logged here, for its text may hold values and is not for the caller.
#[must_use]
pub fn status(error: &Error) -> Status {
    if state(error).is_some_and(|state| UNSTORABLE.contains(&state)) {
        let message = "a text cannot hold the character U+0000";
        return Status::new(Code::InvalidArgument, "UNSTORABLE_TEXT", message);
    }
    match class(error) {
        "lock_timeout" | "conflict" => Status::new(
            Code::Aborted,
            "CONCURRENT_CHANGE",
            "something else changed it at the same time: ask again",
        ),
        "statement" => {
            log(error);
            Status::internal("the request failed for a reason that is ours")
        }
        _away => Status::new(
            Code::Unavailable,
            "DATABASE_UNAVAILABLE",
            "the database does not answer: ask again later",
        )
        .fact(RETRY_AFTER_MS, RETRY_AFTER),
    }
}

/// The class of an error: how health, logs and [`status`] tell one from another.
pub(crate) fn class(error: &Error) -> &'static str {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::WorkerCrashed | Error::PoolClosed => "unreachable",
        Error::PoolTimedOut => "busy",
        Error::Database(_) => state(error).map_or("statement", class_of_state),
        _ => "statement",
    }
}

fn class_of_state(state: &str) -> &'static str {
    match state {
        LOCK_NOT_AVAILABLE => "lock_timeout",
        // serialization failure, deadlock, idle in transaction for too long
        "40001" | "40P01" | "25P03" => "conflict",
        // statement timeout
        "57014" => "timeout",
        // a server that became a standby
        "25006" => "read_only",
        _ => class_of_group(state.get(..2).unwrap_or_default()),
    }
}

fn class_of_group(group: &str) -> &'static str {
    match group {
        "28" => "refused",
        "3D" => "no_database",
        "53" => "exhausted",
        "08" | "57" => "unreachable",
        _ => "statement",
    }
}

/// The SQLSTATE.
pub(super) fn state(error: &Error) -> Option<&str> {
    error.as_database_error()?.try_downcast_ref().map(PgDatabaseError::code)
}

fn log(error: &Error) {
    if let Some(refusal) = error.as_database_error() {
        log_refusal(refusal);
    } else {
        tracing::error!(%error, "a statement failed");
    }
}

fn log_refusal(error: &dyn DatabaseError) {
    let state = error.code().unwrap_or_default();
    // The message of class 22 (data exception) quotes the value.
    let message = if state.starts_with("22") { "not shown" } else { error.message() };
    tracing::error!(
        db.state = %state,
        db.table = error.table(),
        db.constraint = error.constraint(),
        db.message = message,
        "a statement failed"
    );
}

/// Makes a domain error of a broken constraint, by its name.
pub trait OnConstraint<T> {
    /// If the constraint `name` was broken, the error that `make` makes; any other error as it is.
    ///
    /// # Errors
    ///
    /// Where `self` is one.
    fn on_constraint<E: From<Error>>(self, name: &str, make: impl FnOnce() -> E) -> Result<T, E>;
}

impl<T> OnConstraint<T> for Result<T, Error> {
    fn on_constraint<E: From<Error>>(self, name: &str, make: impl FnOnce() -> E) -> Result<T, E> {
        self.map_err(|error| {
            let broken = error.as_database_error().and_then(|error| error.constraint());
            if broken == Some(name) { make() } else { error.into() }
        })
    }
}
