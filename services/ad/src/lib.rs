//! The ad service: the catalogue of seasonal work, and offers with their states.
//!
//! A noun is a folder: its rules in `mod.rs`, its requests in `rpc.rs`, its SQL in `store.rs`. Who may
//! act for a company is asked of the profile service ([`member`]).

pub mod config;
pub mod error;
#[cfg(test)]
mod fixture;
pub mod job;
pub mod member;
pub mod offer;

use std::sync::Arc;

use chassis::Lifecycle;
use proto::ad::v1::{JobServiceServer, OfferServiceServer};
use proto::profile::v1::MemberServiceClient;
use sqlx::migrate::Migrator;

use config::Config;

/// The tables of this service.
static MIGRATOR: Migrator = sqlx::migrate!();

/// Starts the process: connects, migrates, serves.
///
/// # Errors
///
/// When a setting can never work, or a migration fails.
pub async fn start(config: Config, life: &mut Lifecycle) -> anyhow::Result<()> {
    let jobs = Arc::new(job::Catalogue::read()?);
    let bus = life.bus().await?;
    let db = life.database(&config.database, &MIGRATOR).await?;
    let member = member::Guard::new(MemberServiceClient(bus.clone()), life.clock());
    let offers =
        offer::Rpc { db, clock: life.clock(), ids: life.ids(), member, jobs: Arc::clone(&jobs) };

    let jobs = job::Remembered::new(JobServiceServer::new(job::Rpc::new(jobs)));
    let server = bus::Server::new(&bus, "ad", chassis::VERSION)
        .add(jobs)
        .add(OfferServiceServer::new(offers));
    life.serve(&bus, server, proto::ad::contract()).await
}
