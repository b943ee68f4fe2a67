//! Connections are used again.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::time::{Instant, timeout};

use super::*;

/// The server's process behind the connection that a read gets.
async fn backend(db: &Db) -> i32 {
    let statement = sqlx::query_scalar("select pg_backend_pid()");
    statement.fetch_one(&mut *db.read().await.unwrap()).await.unwrap()
}

#[sqlx::test]
async fn a_connection_that_comes_back_sound_is_used_again_at_once(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let (db, _) = database(&options).await;

    let mut used = BTreeSet::new();
    for _ in 0..50 {
        used.insert(backend(&db).await);
        let mut tx = db.begin(&fixture::user(1, &[]), &"a".to_owned()).await.unwrap();
        used.insert(
            sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *tx).await.unwrap(),
        );
        tx.commit(()).await.unwrap();
    }

    // One that was held for a second, on a busy machine, is closed.
    assert!(used.len() <= 2, "{used:?}");
}

#[sqlx::test]
async fn many_requests_share_few_connections(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;

    let backends = join_all((0..500).map(|_| backend(&db))).await;

    let used: BTreeSet<_> = backends.into_iter().collect();
    assert!(used.len() <= 8, "{used:?}");
}

#[sqlx::test]
async fn a_statement_that_was_cut_short_holds_up_nobody(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let (db, _) = database(&options).await;
    let slow = async {
        let mut connection = db.read().await.unwrap();
        sqlx::raw_sql("select pg_sleep(5)").execute(&mut *connection).await.unwrap();
    };
    assert!(timeout(Duration::from_millis(100), slow).await.is_err());
    let begin = Instant::now();

    backend(&db).await;

    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[sqlx::test]
async fn a_transaction_that_was_dropped_is_over_for_whoever_comes_next(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let (db, _) = database(&options).await;
    for _ in 0..20 {
        let mut tx = db.begin(&fixture::user(1, &[]), &"a".to_owned()).await.unwrap();
        effect(&mut tx).await.unwrap();
        drop(tx);

        let seen: i64 = sqlx::query_scalar("select count(*) from effect")
            .fetch_one(&mut *db.read().await.unwrap())
            .await
            .unwrap();

        assert_eq!(seen, 0);
    }
}

#[sqlx::test]
async fn a_begin_that_was_cut_short_is_over_for_whoever_comes_next(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let (db, _) = database(&options).await;
    let (context, request) = (fixture::user(1, &[]), "a".to_owned());
    backend(&db).await;
    for patience in 0..40 {
        let begin = db.begin(&context, &request);
        drop(timeout(Duration::from_micros(10 * patience), begin).await);

        effect(&mut db.read().await.unwrap()).await.unwrap();
    }

    assert_eq!(effects(&db).await, 40);
}

#[sqlx::test]
async fn a_pool_that_is_closed_keeps_no_connection(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    join_all((0..8).map(|_| backend(&db))).await;
    let late = db.read().await.unwrap();

    let (closed, ()) = tokio::join!(timeout(Duration::from_secs(5), db.close()), async {
        drop(late);
    });

    closed.unwrap();
    assert_eq!(db.pool().size(), 0);
    assert!(db.read().await.is_err());
}
