//! Configuration: one flat struct a process, read once, from the environment.
//!
//! A process derives [`clap::Parser`] for its struct, names the variable of each field, takes what all
//! processes share with `#[command(flatten)]`, and says with [`Config`] where that lies. The comments on
//! the fields are what `--help` prints, and what a person reads who forgot one.
//!
//! ```
//! /// The gateway.
//! #[derive(Debug, clap::Parser)]
//! struct Gateway {
//!     #[command(flatten)]
//!     common: chassis::config::Common,
//!     /// Where clients connect.
//!     #[arg(long, env = "ADDRESS", default_value = "127.0.0.1:8080")]
//!     address: std::net::SocketAddr,
//! }
//!
//! impl chassis::config::Config for Gateway {
//!     fn common(&self) -> &chassis::config::Common {
//!         &self.common
//!     }
//! }
//! ```

mod read;
mod secret;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

pub use read::Refused;
pub(crate) use read::read;
pub use secret::Secret;

/// The configuration of a process.
pub trait Config: clap::Parser {
    /// What it shares with all processes.
    fn common(&self) -> &Common;
}

/// What every process is told.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The NATS servers, separated by commas.
    #[arg(long, env = "NATS_URL", default_value = "nats://127.0.0.1:4222")]
    pub nats_url: String,
    /// The nkey seed by which this process is known to NATS. Without it, it connects as nobody.
    #[arg(long, env = "NATS_SEED", hide_env_values = true)]
    pub nats_seed: Option<Secret>,
    /// A file with the nkey seed, where `NATS_SEED` is not given.
    #[arg(long, env = "NATS_SEED_FILE")]
    pub nats_seed_file: Option<PathBuf>,
    /// Where health (/livez /readyz /healthz /startupz) and /metrics are served.
    #[arg(long, env = "HEALTH_ADDRESS", default_value = "127.0.0.1:9090")]
    pub health_address: SocketAddr,
    /// What is logged: a level, or `info,sqlx=debug`.
    #[arg(long, env = "LOG", default_value = "info")]
    pub log: String,
    /// How it is logged: for machines or for people.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
    /// Where traces go by OTLP over HTTP, such as `http://127.0.0.1:4318`. Without it none are made.
    #[arg(long, env = "OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// Which share of the traces that begin in this process is kept, 0 to 1. A trace that comes from
    /// elsewhere is kept when it is kept there.
    #[arg(long, env = "TRACE_SAMPLE_RATIO", default_value = "0.01", value_parser = ratio)]
    pub trace_sample_ratio: f64,
    /// How long a stopping process may take to finish what it has begun.
    #[arg(long, env = "STOP_SECONDS", default_value_t = 20)]
    pub stop_seconds: u64,
}

/// What a process with a database is told.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// The database: `postgres://user:password@host:port/name`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
    /// The most connections that this process opens.
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub database_connections: u32,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A JSON object a line.
    Json,
    /// Coloured lines.
    Text,
}

impl Common {
    /// The nkey seed, from the variable or from the file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn seed(&self) -> anyhow::Result<Option<Secret>> {
        let given = self.nats_seed.clone().filter(|seed| !seed.expose().is_empty());
        let Some(path) = self.nats_seed_file.as_ref().filter(|_| given.is_none()) else {
            return Ok(given);
        };
        let text = fs::read_to_string(path).map_err(|error| {
            anyhow::anyhow!("NATS_SEED_FILE {} cannot be read: {error}", path.display())
        })?;
        Ok(Some(Secret::new(text.trim())))
    }

    /// The endpoint for traces; an empty variable is none.
    #[must_use]
    pub fn otlp(&self) -> Option<&str> {
        self.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())
    }

    /// The time a stop may take.
    #[must_use]
    pub fn stop_bound(&self) -> Duration {
        Duration::from_secs(self.stop_seconds)
    }
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err("a number from 0 to 1 is needed".to_owned()),
    }
}
