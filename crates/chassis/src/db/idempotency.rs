//! A command with a key is done once: its answer is stored with its effect, and repeats get it.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bus::{Bytes, Caller, Code, Context, Status};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use prost::Message;
use sqlx::PgConnection;

use super::{Db, error, status};

/// How long an answer is kept; after that its key is free.
const KEPT: Duration = Duration::from_hours(24);
/// The longest key that is taken.
const KEY_MAX: usize = 255;
/// How many rows one statement of the sweep deletes.
const BATCH: i64 = 1_000;

/// What a command claims: its key, for this caller and method, with this request.
#[derive(Debug)]
pub(super) struct Claim {
    caller: String,
    method: &'static str,
    key: String,
    request_hash: Vec<u8>,
}

impl Claim {
    /// None without a key, and none for an anonymous caller, whose key could be anybody's.
    pub(super) fn of<R: Message>(context: &Context, request: &R) -> Result<Option<Self>, Status> {
        let caller = match &context.caller {
            Caller::Anonymous => return Ok(None),
            Caller::User(user) => format!("user:{}", user.id),
            Caller::Service(name) => format!("service:{name}"),
        };
        let Some(key) = context.idempotency_key.clone() else { return Ok(None) };
        if key.is_empty() || key.len() > KEY_MAX || key.contains(char::is_control) {
            let message = format!("an Idempotency-Key has 1 to {KEY_MAX} plain characters");
            return Err(Status::new(Code::InvalidArgument, "IDEMPOTENCY_KEY_INVALID", message));
        }
        let request_hash = digest(&SHA256, &request.encode_to_vec()).as_ref().to_vec();
        Ok(Some(Self { caller, method: context.method, key, request_hash }))
    }
}

/// Claims the key for the transaction `db`. Waits for another that has it in flight.
pub(super) async fn claim(
    db: &mut PgConnection,
    claim: &Claim,
    now: Timestamp,
) -> Result<(), Status> {
    let claimed = insert(db, claim, now).await.map_err(|cause| match error::state(&cause) {
        Some(error::LOCK_NOT_AVAILABLE) => in_flight(),
        _ => status(&cause),
    })?;
    if claimed { Ok(()) } else { Err(repeat(db, claim).await?) }
}

/// What a repeat of the command is told.
async fn repeat(db: &mut PgConnection, claim: &Claim) -> Result<Status, Status> {
    let found = find(db, claim).await.map_err(|cause| status(&cause))?;
    Ok(match found {
        Some((hash, _)) if hash != claim.request_hash => Status::new(
            Code::KeyReused,
            "IDEMPOTENCY_KEY_REUSED",
            "the Idempotency-Key came before with another request: take a new one",
        ),
        Some((_, Some(answer))) => Status::stored(Bytes::from(answer)),
        // Swept, or forgotten by the one that claimed it: the next try gets it.
        Some((_, None)) | None => in_flight(),
    })
}

fn in_flight() -> Status {
    Status::new(
        Code::KeyInFlight,
        "IDEMPOTENCY_KEY_IN_FLIGHT",
        "the request with this Idempotency-Key is still running: ask again later",
    )
    .fact(bus::status::RETRY_AFTER_MS, "1000")
}

/// Whether the key was free. A row that is too old is taken over.
async fn insert(db: &mut PgConnection, claim: &Claim, now: Timestamp) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into idempotency_key as taken (caller, method, key, request_hash, create_time)
         values ($1, $2, $3, $4, $5)
         on conflict (caller, method, key) do update
         set request_hash = excluded.request_hash, create_time = excluded.create_time, answer = null
         where taken.create_time < $6",
        claim.caller,
        claim.method,
        claim.key,
        claim.request_hash,
        now.to_sqlx() as _,
        oldest(now).to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

type Found = (Vec<u8>, Option<Vec<u8>>);

async fn find(db: &mut PgConnection, claim: &Claim) -> sqlx::Result<Option<Found>> {
    let row = sqlx::query!(
        "select request_hash, answer from idempotency_key
         where caller = $1 and method = $2 and key = $3",
        claim.caller,
        claim.method,
        claim.key,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.request_hash, row.answer)))
}

/// Keeps the answer of the command that claimed the key.
pub(super) async fn store(
    db: &mut PgConnection,
    claim: &Claim,
    answer: Vec<u8>,
) -> Result<(), Status> {
    sqlx::query!(
        "update idempotency_key set answer = $4 where caller = $1 and method = $2 and key = $3",
        claim.caller,
        claim.method,
        claim.key,
        answer,
    )
    .execute(db)
    .await
    .map_err(|cause| status(&cause))?;
    Ok(())
}

/// Deletes what is too old, in batches that lock nobody out, and counts it.
pub(crate) async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let before = oldest(db.now());
    let mut swept = 0;
    loop {
        let done = sqlx::query!(
            "delete from idempotency_key where ctid = any(array(
                 select ctid from idempotency_key where create_time < $1
                 limit $2 for update skip locked))",
            before.to_sqlx() as _,
            BATCH,
        )
        .execute(&mut *db.connection().await?)
        .await?;
        swept += done.rows_affected();
        if done.rows_affected() < BATCH.unsigned_abs() {
            return Ok(swept);
        }
    }
}

fn oldest(now: Timestamp) -> Timestamp {
    now.checked_sub(KEPT).unwrap_or(Timestamp::MIN)
}
