//! `./dev bench`: how fast the shipped processes are, beside what bounds them, in one run.
//!
//! `wrk` is the load. Everything runs on this machine, the load included, so figures are to be
//! compared inside one run only. `docs/performance.md` says what each figure means.

mod bare;
mod child;
mod haproxy;
mod report;
mod seasonal;
mod transcoder;
mod wrk;

use anyhow::{Context as _, Result, anyhow};
use clap::{Parser, Subcommand};
use contract::Contract;
use contract::transcode::oracle;

use crate::bare::Bare;
use crate::haproxy::Proxy;
use crate::report::{Report, progress};
use crate::seasonal::Seasonal;

/// Measures the running stack that `SEASONAL_STACK` names.
#[derive(Parser)]
struct Cli {
    /// Only this part: nats, bare, gateway, transcoder, haproxy or memory.
    name: Option<String>,
    /// Print an array of figures.
    #[arg(long)]
    json: bool,
    /// How long each figure is measured, in seconds.
    #[arg(long, default_value_t = 6)]
    seconds: u32,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What the bench starts of itself.
#[derive(Subcommand)]
enum Role {
    #[command(hide = true)]
    Respond { nats: String },
    #[command(hide = true)]
    Ask { nats: String, port: u16 },
    #[command(hide = true)]
    Serve { file: String, port: u16 },
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.role {
        Some(Role::Respond { nats }) => bare::respond(&nats).await,
        Some(Role::Ask { nats, port }) => bare::ask(&nats, port).await,
        Some(Role::Serve { file, port }) => bare::bytes(&file, port).await,
        None => measure(&cli).await,
    }
}

async fn measure(cli: &Cli) -> Result<()> {
    let wanted = |name: &str| cli.name.as_deref().is_none_or(|it| it == name);
    let mut report = Report::new(cli.json);
    let seasonal = Seasonal::join()?;
    let list = seasonal.offers().await?;
    if wanted("transcoder") {
        transcoder::measure(&mut report, &wire(&list)?, cli.seconds)?;
    }
    limits(&mut report, cli, &wanted).await?;
    if wanted("gateway") {
        seasonal.measure(&mut report, &list, cli.seconds).await?;
    }
    if wanted("haproxy") {
        proxy(&mut report, &seasonal, cli.seconds).await?;
    }
    seasonal::compare(&mut report)?;
    if wanted("memory") {
        seasonal.measure_memory(&mut report).await?;
        seasonal.measure_unanswered(&mut report).await?;
    }
    Ok(report.finish()?)
}

/// (a) and (b).
async fn limits(report: &mut Report, cli: &Cli, wanted: &impl Fn(&str) -> bool) -> Result<()> {
    if !wanted("nats") && !wanted("bare") {
        return Ok(());
    }
    let nats_server = std::env::var_os("NATS_SERVER_BIN").unwrap_or("nats-server".into());
    let bare = Bare::start(nats_server.to_str().context("NATS_SERVER_BIN is no text")?).await?;
    if wanted("nats") {
        bare.measure_nats(report, cli.seconds).await?;
    }
    if wanted("bare") {
        let (_gateway, url) = bare.gateway().await?;
        load(report, "b: bare axum, one NATS request", &url, cli.seconds).await?;
    }
    Ok(())
}

/// (g)
async fn proxy(report: &mut Report, seasonal: &Seasonal, seconds: u32) -> Result<()> {
    let (realm, job) = (seasonal.realm().await?, seasonal.job().await?);
    let proxy = Proxy::start(seasonal.stack().folder().path(), &realm, &job).await?;
    for connections in wrk::CONNECTIONS {
        let name = "g: HAProxy with jwt_verify";
        progress(&format!("{name}, {connections} connections"));
        let token = seasonal.stack().token("worker").await?;
        let measured = wrk::run(&proxy.url, Some(&token), connections, seconds).await?;
        seasonal::throughput(report, name, connections, &measured)?;
    }
    Ok(())
}

async fn load(report: &mut Report, name: &str, url: &str, seconds: u32) -> Result<()> {
    for connections in wrk::CONNECTIONS {
        progress(&format!("{name}, {connections} connections"));
        let measured = wrk::run(url, None, connections, seconds).await?;
        seasonal::throughput(report, name, connections, &measured)?;
    }
    Ok(())
}

/// The list as the service sends it: protobuf.
fn wire(list: &[u8]) -> Result<Vec<u8>> {
    let contract = Contract::read("ad", &proto::ad::contract().descriptors)
        .map_err(|complaints| anyhow!("{complaints:?}"))?;
    let shape = contract.shapes().id("seasonal.ad.v1.ListOffersResponse").context("no list")?;
    let mut wire = Vec::new();
    oracle::to_wire(contract.shapes(), shape, list, &mut wire).map_err(|it| anyhow!("{it:?}"))?;
    Ok(wire)
}
