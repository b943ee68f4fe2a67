//! A command with a key is done once.

use std::time::Duration;

use bus::{Caller, Code, Context, Status};
use futures_util::future::join_all;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::super::{Db, Tx, idempotency};
use super::*;

/// Does a command whose request and answer are texts.
async fn perform(db: &Db, context: &Context, request: &str) -> Result<String, Status> {
    let mut tx = db.begin(context, &request.to_owned()).await?;
    effect(&mut tx).await.map_err(|error| crate::db::status(&error))?;
    tx.commit(format!("did {request}")).await
}

/// The stored answer that the bus gives to the caller.
fn stored(outcome: Result<String, Status>) -> String {
    fixture::stored(outcome).unwrap()
}

#[sqlx::test]
async fn a_repeat_gets_the_stored_answer(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let context = fixture::command(1, METHOD, "k");

    let first = perform(&db, &context, "a").await.unwrap();
    let repeat = stored(perform(&db, &context, "a").await);

    assert_eq!((first.as_str(), repeat.as_str()), ("did a", "did a"));
    assert_eq!(effects(&db).await, 1);
}

#[sqlx::test]
async fn a_key_with_another_request_is_refused(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let context = fixture::command(1, METHOD, "k");
    perform(&db, &context, "a").await.unwrap();

    let status = perform(&db, &context, "b").await.unwrap_err();

    assert_eq!(status.code(), Code::KeyReused);
    assert_eq!(effects(&db).await, 1);
}

#[sqlx::test]
async fn twenty_repeats_at_once_have_one_effect(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let context = fixture::command(1, METHOD, "k");

    let outcomes = join_all((0..20).map(|_| perform(&db, &context, "a"))).await;

    let (done, repeats): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), effects(&db).await), (1, 1));
    assert!(repeats.into_iter().map(stored).all(|answer| answer == "did a"));
}

#[sqlx::test]
async fn what_was_rolled_back_stores_nothing(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let context = fixture::command(1, METHOD, "k");
    let mut tx = db.begin(&context, &"a".to_owned()).await.unwrap();
    effect(&mut tx).await.unwrap();

    drop(tx);

    assert_eq!(perform(&db, &context, "a").await.unwrap(), "did a");
    assert_eq!(effects(&db).await, 1);
}

#[sqlx::test]
async fn a_key_is_one_callers_and_one_methods(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let service = Context {
        method: METHOD,
        ..Context::for_test(Caller::Service("ad".to_owned())).with_key("k")
    };

    for context in [
        fixture::command(1, METHOD, "k"),
        fixture::command(2, METHOD, "k"),
        fixture::command(1, "seasonal.test.v1.TestService/Other", "k"),
        service,
    ] {
        assert_eq!(perform(&db, &context, "a").await.unwrap(), "did a");
    }

    assert_eq!(effects(&db).await, 4);
}

#[sqlx::test]
async fn an_anonymous_key_is_ignored(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let context = Context::for_test(Caller::Anonymous).with_key("k");

    perform(&db, &context, "a").await.unwrap();
    perform(&db, &context, "b").await.unwrap();

    assert_eq!(effects(&db).await, 2);
    assert_eq!(count(&db, "select count(*) from idempotency_key").await, 0);
}

#[sqlx::test]
async fn a_key_that_stays_in_flight_is_told_so(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;
    let context = fixture::command(1, METHOD, "k");
    let running: Tx = db.begin(&context, &"a".to_owned()).await.unwrap();

    let status = perform(&db, &context, "a").await.unwrap_err();

    assert_eq!(status.code(), Code::KeyInFlight);
    assert_eq!(running.commit("done".to_owned()).await.unwrap(), "done");
}

#[sqlx::test]
async fn a_key_is_free_again_after_a_day(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, clock) = database(&options).await;
    let context = fixture::command(1, METHOD, "k");
    perform(&db, &context, "a").await.unwrap();
    clock.advance(Duration::from_secs(24 * 60 * 60 - 1));
    let kept = perform(&db, &context, "b").await.unwrap_err();

    clock.advance(Duration::from_secs(2));

    assert_eq!(kept.code(), Code::KeyReused);
    assert_eq!(perform(&db, &context, "b").await.unwrap(), "did b");
    assert_eq!(stored(perform(&db, &context, "b").await), "did b");
}

#[sqlx::test]
async fn the_sweep_takes_what_is_too_old(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, clock) = database(&options).await;
    sqlx::raw_sql(
        "insert into idempotency_key
         select 'user:1', 'm', n::text, '', null, '2026-11-19T07:59:59Z'
         from generate_series(1, 2500) n",
    )
    .execute(db.pool())
    .await
    .unwrap();
    perform(&db, &fixture::command(1, METHOD, "k"), "a").await.unwrap();

    let swept = idempotency::sweep(&db).await.unwrap();

    assert_eq!(swept, 2_500);
    assert_eq!(count(&db, "select count(*) from idempotency_key").await, 1);
    assert_eq!(clock.now(), fixture::clock().now());
}

#[sqlx::test]
async fn a_key_that_cannot_be_kept_is_refused(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, _) = database(&options).await;

    for key in ["", "a\u{0}b", &"k".repeat(256)] {
        let status = perform(&db, &fixture::command(1, METHOD, key), "a").await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{key:?}");
    }
}
