//! The ad service: the catalogue of seasonal work, and offers with their states.
//!
//! Each noun has its folder: `mod.rs` the rules, `rpc.rs` the requests, `store.rs` the SQL, `convert.rs`
//! the messages. Who may act for a company is asked of the profile service ([`member`]).

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
    let (clock, ids) = (life.clock(), life.ids());

    let members = member::Guard::new(MemberServiceClient(bus.clone()), clock.clone());
    let offers = offer::Rpc::new(db, clock, ids, members, Arc::clone(&jobs));
    let jobs = job::Rpc::new(jobs);

    let server = bus::Server::new(&bus, "ad", chassis::VERSION)
        .add(job::Remembered::new(JobServiceServer::new(jobs)))
        .add(OfferServiceServer::new(offers));
    life.serve(&bus, server, proto::ad::contract()).await
}
