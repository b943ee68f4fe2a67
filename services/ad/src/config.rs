//! What the process is told by its environment.

use chassis::config::{Common, Database};

/// The ad service: the catalogue of seasonal work and the offers.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "ad", version)]
pub struct Config {
    /// What every process is told.
    #[command(flatten)]
    pub common: Common,
    /// Where the offers are kept.
    #[command(flatten)]
    pub database: Database,
}

impl chassis::config::Config for Config {
    fn common(&self) -> &Common {
        &self.common
    }
}
