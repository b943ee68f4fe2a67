//! The tables are made when the server is there, and never by an old build.

use std::borrow::Cow;

use futures_util::FutureExt as _;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::super::migrate::until_done;
use super::proxy::Proxy;
use super::*;

/// The migrations of a service, one for each statement.
fn service(statements: &[&'static str]) -> Migrator {
    let migrations = statements.iter().zip(1..).map(|(statement, version)| {
        let sql = (*statement).into_sql_str();
        Migration::new(version, Cow::Borrowed("a table"), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

#[sqlx::test]
async fn a_server_that_is_away_is_waited_for(_: PgPoolOptions, options: PgConnectOptions) {
    let (mut proxy, through) = Proxy::cut_off(&options).await;
    let service = service(&["create table thing ()"]);
    let mut migrated = Box::pin(until_done(&through, &service));
    assert!((&mut migrated).now_or_never().is_none());

    proxy.mend().await;

    migrated.await.unwrap();
    let (db, _) = database(&options).await;
    assert_eq!(count(&db, "select count(*) from thing").await, 0);
}

#[sqlx::test]
async fn processes_that_start_at_once_migrate_once(_: PgPoolOptions, options: PgConnectOptions) {
    let service = service(&["create table thing ()", "select pg_sleep(0.1)"]);

    let (one, other) = tokio::join!(until_done(&options, &service), until_done(&options, &service));

    assert_eq!((one.unwrap(), other.unwrap()), ((), ()));
}

#[sqlx::test]
async fn a_database_that_is_newer_than_the_build_is_refused(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let (old, new) = (&["create table thing ()"][..], "create table other ()");
    until_done(&options, &service(&[old, &[new]].concat())).await.unwrap();

    let error = until_done(&options, &service(old)).await.unwrap_err();

    assert!(error.to_string().starts_with("the database is newer than this build"), "{error}");
}

#[sqlx::test]
async fn a_migration_that_cannot_be_done_is_told(_: PgPoolOptions, options: PgConnectOptions) {
    let error = until_done(&options, &service(&["create tabel thing ()"])).await.unwrap_err();

    assert_eq!(error.to_string(), "the database cannot be migrated");
}
