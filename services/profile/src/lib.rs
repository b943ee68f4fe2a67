//! The profile service: who works, who employs, and who may act for an employer.
//!
//! Each noun has its folder: `mod.rs` the rules, `rpc.rs` the requests, `store.rs` the SQL, `convert.rs`
//! the messages.

pub mod company;
pub mod config;
pub mod error;
#[cfg(test)]
mod fixture;
pub mod member;
pub mod worker;

use chassis::Lifecycle;
use proto::profile::v1::{CompanyServiceServer, MemberServiceServer, WorkerServiceServer};
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
    let bus = life.bus().await?;
    let db = life.database(&config.database, &MIGRATOR).await?;
    let (clock, ids) = (life.clock(), life.ids());

    let workers = worker::Rpc::new(db.clone(), clock.clone());
    let companies = company::Rpc::new(db.clone(), clock.clone(), ids.clone());
    let members = member::Rpc::new(db, clock, ids);

    let server = bus::Server::new(&bus, "profile", chassis::VERSION)
        .add(WorkerServiceServer::new(workers))
        .add(CompanyServiceServer::new(companies))
        .add(MemberServiceServer::new(members));
    life.serve(&bus, server, proto::profile::contract()).await
}
