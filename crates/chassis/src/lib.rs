//! How one process lives.
//!
//! Every process of the platform is the same from outside: it reads its configuration from the
//! environment, says whether it is alive and ready on a port of its own, writes JSON logs, waits for
//! what it depends on instead of crashing, and stops without losing a request. This crate is that
//! sameness. `main.rs` is one line:
//!
//! ```ignore
//! fn main() -> std::process::ExitCode {
//!     chassis::main("ad", ad_service::start)
//! }
//! ```
//!
//! and `start` reads from top to bottom:
//!
//! ```ignore
//! pub async fn start(config: Config, life: &mut Lifecycle) -> anyhow::Result<()> {
//!     let bus = life.bus().await?;
//!     let db = life.database(&config.database, &MIGRATOR).await?;
//!     let offers = offer::Rpc::new(db, life.clock(), life.ids());
//!     let server = bus::Server::new(&bus, "ad", chassis::VERSION)
//!         .add(OfferServiceServer::new(offers));
//!     life.serve(&bus, server, contract()).await
//! }
//! ```

pub mod clock;
pub mod config;
pub mod db;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture;
pub mod health;
pub mod id;
pub mod lifecycle;
mod process;
pub mod telemetry;
pub mod time;
mod vocabulary;

pub use clock::Clock;
pub use db::page;
pub use db::{Db, OnConstraint, Tx};
pub use id::Ids;
pub use lifecycle::Lifecycle;
pub use process::main;

/// The version of the build, as health, telemetry and the bus report it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
