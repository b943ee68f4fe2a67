//! What a caller is told while the database is away, and that it comes back by itself.

use std::time::Duration;

use bus::{Code, Status};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::time::{Instant, timeout};

use super::super::connect::Probe;
use super::proxy::Proxy;
use super::*;
use crate::OnConstraint as _;

async fn reads(db: &Db) -> Result<i64, Status> {
    let mut connection = db.read().await?;
    sqlx::query_scalar("select count(*) from effect")
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| crate::db::status(&error))
}

fn is_unavailable(status: &Status) -> bool {
    status.code() == Code::Unavailable && status.facts().contains_key("retry_after_ms")
}

#[sqlx::test]
async fn a_server_that_was_away_is_used_again(_: PgPoolOptions, options: PgConnectOptions) {
    let (mut proxy, through) = Proxy::cut_off(&options).await;
    proxy.mend().await;
    let (db, _) = database(&through).await;
    let probe = Probe::new(through);
    assert_eq!((reads(&db).await, probe.clone().probe().await), (Ok(0), Ok(())));

    proxy.cut().await;
    let (red, away) = (reads(&db).await.unwrap_err(), probe.clone().probe().await);
    proxy.mend().await;

    assert!(is_unavailable(&red), "{red}");
    assert_eq!(away, Err("unreachable"));
    assert_eq!(probe.probe().await, Ok(()));
    // A connection that broke while nobody used it may fail one request each.
    let mut outcome = reads(&db).await;
    for _ in 0..8 {
        if outcome.is_err() {
            assert!(outcome.as_ref().is_err_and(is_unavailable), "{outcome:?}");
            outcome = reads(&db).await;
        }
    }
    assert_eq!(outcome, Ok(0));
}

#[sqlx::test]
async fn a_terminated_backend_is_unavailable(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let mut tx = db.begin(&fixture::command(1, METHOD, "k"), &"a".to_owned()).await.unwrap();
    let terminated = sqlx::raw_sql(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'idle in transaction'",
    );
    terminated.execute(db.pool()).await.unwrap();

    let status = crate::db::status(&effect(&mut tx).await.unwrap_err());

    assert!(is_unavailable(&status), "{status}");
    drop(tx);
    assert_eq!(reads(&db).await, Ok(0));
}

#[sqlx::test]
async fn connections_to_a_machine_that_vanished_are_given_up(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let (mut proxy, through) = Proxy::cut_off(&options).await;
    proxy.mend().await;
    let (db, _) = database(&through).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(db.begin(&fixture::user(1, &[]), &"a".to_owned()).await.unwrap());
    }
    proxy.freeze();
    let late = effect(&mut held[0]);
    assert!(timeout(Duration::from_millis(1_100), late).await.is_err());

    drop(held);

    let begin = Instant::now();
    while reads(&db).await.is_err() {}
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}

#[sqlx::test]
async fn a_pool_that_is_busy_is_unavailable(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(db.read().await.unwrap());
    }

    let status = db.read().await.unwrap_err();

    assert!(is_unavailable(&status), "{status}");
    assert_eq!(Probe::new(options).probe().await, Ok(()));
}

#[sqlx::test]
async fn a_lock_that_is_not_given_is_aborted(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let lock = "lock table effect in access exclusive mode";
    let (mut one, mut other) = (db.pool().begin().await.unwrap(), db.pool().begin().await.unwrap());
    sqlx::raw_sql(lock).execute(&mut *one).await.unwrap();

    let error = sqlx::raw_sql(lock).execute(&mut *other).await.unwrap_err();

    assert_eq!(crate::db::status(&error).code(), Code::Aborted);
}

#[sqlx::test]
async fn a_broken_constraint_is_told_by_its_name(_: PgPoolOptions, options: PgConnectOptions) {
    #[derive(Debug, thiserror::Error)]
    enum Error {
        #[error("taken")]
        Taken,
        #[error("database")]
        Database(#[from] sqlx::Error),
    }
    let (db, _) = database(&options).await;
    let insert = || sqlx::raw_sql("insert into effect values ('a')").execute(db.pool());
    insert().await.unwrap();

    let taken = insert().await.on_constraint("effect_is_unique", || Error::Taken).unwrap_err();
    let other = insert().await.on_constraint("another", || Error::Taken).unwrap_err();

    assert!(matches!(taken, Error::Taken));
    let Error::Database(other) = other else { panic!("{other} is no database error") };
    assert_eq!(crate::db::status(&other).code(), Code::Internal);
}

#[sqlx::test]
async fn a_text_that_cannot_be_stored_is_the_callers_mistake(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let (db, _) = database(&options).await;

    for statement in ["select $1::text", "select $1::text::jsonb"] {
        let text = if statement.ends_with("jsonb") { r#""a\u0000""# } else { "a\0" };
        let refused = sqlx::query_scalar::<_, String>(statement).bind(text).fetch_one(db.pool());
        let status = crate::db::status(&refused.await.unwrap_err());
        assert_eq!((status.code(), status.reason()), (Code::InvalidArgument, "UNSTORABLE_TEXT"));
    }
}
