//! What the process is told by its environment.

use chassis::config::{Common, Database};

/// The profile service: workers, companies and their members.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "profile", version)]
pub struct Config {
    /// What every process is told.
    #[command(flatten)]
    pub common: Common,
    /// Where workers, companies and members are kept.
    #[command(flatten)]
    pub database: Database,
}

impl chassis::config::Config for Config {
    fn common(&self) -> &Common {
        &self.common
    }
}
