//! The database against a real PostgreSQL.

mod fault;
mod idempotency;
mod migrate;
mod pool;
mod proxy;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use super::{Db, connect};
use crate::{Clock, fixture};

const METHOD: &str = "seasonal.test.v1.TestService/Do";

/// A database with a table that effects are written to, over the connections that a process makes.
async fn database(options: &PgConnectOptions) -> (Db, Clock) {
    let clock = fixture::clock();
    let pool = connect::pool(options.clone(), 8);
    let db = fixture::db(&pool, &clock).await.unwrap();
    sqlx::raw_sql(
        "create table effect (name text not null constraint effect_is_unique primary key)",
    )
    .execute(&pool)
    .await
    .unwrap();
    (db, clock)
}

/// Writes a new effect.
async fn effect(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("insert into effect select count(*)::text from effect").execute(db).await?;
    Ok(())
}

async fn effects(db: &Db) -> i64 {
    count(db, "select count(*) from effect").await
}

async fn count(db: &Db, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(db.pool()).await.unwrap()
}
