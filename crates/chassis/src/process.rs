//! `main` of every process.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use crate::Lifecycle;
use crate::config::{self, Common, Config, Refused};
use crate::health;
use crate::lifecycle::Failure;
use crate::telemetry::{Telemetry, metric};

/// What a stop keeps of its time for the last logs and spans.
const FLUSH_SHARE: Duration = Duration::from_secs(3);

/// Runs a process of the kind `name` until it is told to stop: reads its configuration, starts
/// telemetry, the runtime and the health port, calls `start`, which returns when everything serves, and
/// waits for SIGTERM or SIGINT. Then it is not ready any more, drains, flushes, and ends with 0 within
/// `STOP_SECONDS`; at a second signal it ends at once. What keeps it from starting is a line on standard
/// error and the code 1.
pub fn main<C: Config>(
    name: &'static str,
    start: impl AsyncFnOnce(C, &mut Lifecycle) -> anyhow::Result<()>,
) -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    let outcome = match config::read::<C>(&arguments) {
        Ok(config) => run(name, config, start),
        Err(Refused::Shown(text)) => {
            drop(io::stdout().write_all(text.as_bytes()));
            return ExitCode::SUCCESS;
        }
        Err(refused) => Err(anyhow::anyhow!("{refused}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in format!("{error:#}").lines() {
                drop(writeln!(io::stderr(), "{name}: {line}"));
            }
            ExitCode::FAILURE
        }
    }
}

fn run<C: Config>(
    name: &'static str,
    config: C,
    start: impl AsyncFnOnce(C, &mut Lifecycle) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // Refused only when one is installed already.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let telemetry = Telemetry::start(name, config.common())?;
    let runtime = Runtime::new()?;
    let outcome = runtime.block_on(live(name, config, start));
    runtime.shutdown_background();
    telemetry.flush();
    outcome
}

async fn live<C: Config>(
    name: &'static str,
    config: C,
    start: impl AsyncFnOnce(C, &mut Lifecycle) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let common = config.common().clone();
    let mut life = Lifecycle::new(name, common.clone());
    let health = health::serve(life.health().clone(), common.health_address).await?;
    tracing::info!(version = crate::VERSION, health.address = %health, "starting");
    life.spawn("metrics upkeep", upkeep());

    let outcome = serve(config, &mut life, &mut signals, start).await;
    stop(life, &mut signals, &common).await?;
    outcome
}

/// Starts, and serves until there is a reason to stop.
async fn serve<C: Config>(
    config: C,
    life: &mut Lifecycle,
    signals: &mut Signals,
    start: impl AsyncFnOnce(C, &mut Lifecycle) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let failure = life.failure();
    tokio::select! {
        started = start(config, life) => started?,
        reason = reason_to_stop(signals, &failure) => return reason,
    }
    life.health().started();
    tracing::info!("serving");
    reason_to_stop(signals, &failure).await
}

/// Waits for a signal, or for the failure of a part.
async fn reason_to_stop(signals: &mut Signals, failure: &Failure) -> anyhow::Result<()> {
    tokio::select! {
        () = signals.next() => Ok(()),
        task = failure.told() => Err(anyhow::anyhow!("the task {task} panicked")),
    }
}

async fn stop(life: Lifecycle, signals: &mut Signals, common: &Common) -> anyhow::Result<()> {
    let bound = common.stop_bound();
    let reserve = if common.otlp().is_some() { FLUSH_SHARE.min(bound / 2) } else { Duration::ZERO };
    tokio::select! {
        stopped = timeout(bound.saturating_sub(reserve), life.stop()) => stopped
            .map_err(|_elapsed| anyhow::anyhow!("not all was finished in STOP_SECONDS")),
        () = signals.next() => Err(anyhow::anyhow!("stopped at once by a second signal")),
    }
}

async fn upkeep() {
    let mut ticks = tokio::time::interval(metric::UPKEEP_PERIOD);
    loop {
        ticks.tick().await;
        metric::upkeep();
    }
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
