//! Requests about workers.

use bus::{Context, Format, Result, User, Violations, merge};
use chassis::time::day;
use chassis::{Clock, Db, id};
use jiff::civil::Date;
use proto::profile::v1 as pb;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Profile, View, Viewer, Worker, convert, store};
use crate::error::{self, Error};
use crate::member;

/// Serves [`pb::WorkerService`].
#[derive(Debug, Clone)]
pub struct Rpc {
    db: Db,
    clock: Clock,
}

impl Rpc {
    /// Serves from this database, by this clock.
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }
}

impl pb::WorkerService for Rpc {
    async fn get_worker(
        &self,
        context: Context,
        request: pb::GetWorkerRequest,
    ) -> Result<pb::Worker> {
        let user = context.user()?;
        let id = worker_id(&request.worker_id, user)?;
        if id == user.id && user.roles.has("worker") {
            return Ok(self.message(self.own(id).await?, View::Whole));
        }
        let mut db = self.db.read().await?;
        let worker = store::find(&mut db, id).await?.ok_or(Error::WorkerNotFound)?;
        let viewer = viewer(&mut db, user, id).await?;
        let view = worker.view(&viewer).ok_or(Error::WorkerNotFound)?;

        Ok(self.message(worker, view))
    }

    async fn update_worker(
        &self,
        context: Context,
        request: pb::UpdateWorkerRequest,
    ) -> Result<pb::Worker> {
        let user = context.user()?;
        let (id, now) = (worker_id(&request.worker_id, user)?, self.clock.now());
        if id != user.id {
            return Err(Error::NotYourProfile.into());
        }

        let mut tx = self.db.begin(&context, &request).await?;
        store::insert(&mut tx, id, now).await?;
        let worker = store::lock(&mut tx, id).await?.ok_or(Error::WorkerNotFound)?;
        context.matches(worker.revision)?;
        let profile = merged(&worker, request, day(now))?;
        let worker = worker.update(profile, now);
        store::save(&mut tx, &worker).await?;

        tx.commit(self.message(worker, View::Whole)).await
    }
}

impl Rpc {
    /// The caller's own profile, made empty where there is none. Asked twice it is made once.
    async fn own(&self, user_id: Uuid) -> Result<Worker> {
        let mut db = self.db.read().await?;
        if let Some(worker) = store::find(&mut db, user_id).await? {
            return Ok(worker);
        }
        store::insert(&mut db, user_id, self.clock.now()).await?;
        Ok(store::find(&mut db, user_id).await?.ok_or(Error::WorkerNotFound)?)
    }

    fn message(&self, worker: Worker, view: View) -> pb::Worker {
        convert::message(worker, view, day(self.clock.now()))
    }
}

/// The id of a worker; `me` is the caller's own.
fn worker_id(id: &str, user: &User) -> error::Result<Uuid> {
    if id == "me" {
        return Ok(user.id);
    }
    let mut violations = Violations::new();
    violations.format("workerId", id, Format::Uuid);
    violations.into_result()?;
    Ok(id::parse(id)?)
}

/// The worker's profile with the fields that the request's mask names, checked.
fn merged(worker: &Worker, request: pb::UpdateWorkerRequest, today: Date) -> Result<Profile> {
    let mut violations = Violations::new();
    let mut merged = convert::message(worker.clone(), View::Whole, today);
    let (given, mask) =
        (request.worker.unwrap_or_default(), request.update_mask.unwrap_or_default());
    merge::merge(&mut merged, &given, &mask.paths, &mut violations);
    let profile = Profile::try_from(merged)?;
    violations.within("worker", |violations| profile.check(today, violations));
    violations.into_result()?;
    Ok(profile)
}

async fn viewer(db: &mut PgConnection, user: &User, worker_id: Uuid) -> error::Result<Viewer> {
    if user.id == worker_id {
        return Ok(Viewer::Oneself);
    }
    if user.roles.has("admin") {
        return Ok(Viewer::Admin);
    }
    if user.roles.has("employer") {
        return Ok(Viewer::Employer(member::store::employments(db, user.id).await?));
    }
    Ok(Viewer::Other)
}
