//! A process with nothing in it but its life: what `tests/process.rs` starts and stops.

use std::future::pending;
use std::process::ExitCode;

use chassis::Lifecycle;
use chassis::config::Common;
use chassis::telemetry::trace;
use clap::{Parser, ValueEnum};

/// A process that only lives.
#[derive(Debug, Parser)]
struct Config {
    #[command(flatten)]
    common: Common,
    /// What it does with its life.
    #[arg(long, env = "LIFE_DOES", value_enum)]
    does: Does,
    /// Whom it tells.
    #[arg(long, env = "LIFE_TELLS")]
    tells: String,
    /// The trace that it continues.
    #[arg(long, env = "LIFE_TRACEPARENT")]
    traceparent: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Does {
    /// Serves, and stops when it is told to.
    Serve,
    /// Waits for something that never comes.
    Wait,
    /// Cannot start.
    Refuse,
    /// Serves, and breaks in the background.
    Break,
    /// Serves, and never finishes draining.
    Hang,
    /// Serves on the bus.
    Talk,
}

impl chassis::config::Config for Config {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    chassis::main("life", start)
}

async fn start(config: Config, life: &mut Lifecycle) -> anyhow::Result<()> {
    let trace = trace::begin("life/Start", "request-1", config.traceparent.as_deref());
    trace.span.in_scope(|| tracing::info!(tells = config.tells, "lives"));
    match config.does {
        Does::Serve => {}
        Does::Wait => pending().await,
        Does::Refuse => anyhow::bail!("there is nothing to live on"),
        Does::Break => {
            let tells = config.tells;
            life.spawn("breaks", async move { assert!(tells.is_empty(), "told to break") });
        }
        Does::Talk => drop(life.bus().await?),
        Does::Hang => life.on_stop("hang", pending()),
    }
    life.on_stop("drained", async {});
    Ok(())
}
