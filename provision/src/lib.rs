//! Gives the broker what no service may give itself: users, streams and buckets.
//!
//! - `provision keys DIR` makes an nkey for each process kind, where there is none.
//! - `provision users DIR` writes the broker's users, each with the allow lists that follow from
//!   the contracts.
//! - `provision streams` makes the bucket `contracts` and holds it as it must be.
//!
//! It runs before the services, and `provision streams --watch` beside them. Whoever may create a
//! stream or a consumer can make the broker publish anywhere, past every allow list: so this step
//! has a key of its own, and nobody else may.

mod broker;
mod keys;
mod stream;
mod users;

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use bus::{Client, Connect, acl};
use clap::{Args, Parser};
use contract::Contract;
use tokio::time::sleep;

pub use keys::{public_key, seed, write as write_keys};
pub use users::render;

/// How often `--watch` looks.
const WATCHED_EVERY: Duration = Duration::from_secs(30);
/// How often it looks when the broker could not be reached or refused.
const RETRIED_EVERY: Duration = Duration::from_secs(1);
/// How often a run without `--watch` tries.
const TRIES: u32 = 60;

/// Gives the broker its users, streams and buckets.
#[derive(Debug, Parser)]
#[command(name = "provision", version)]
pub enum Command {
    /// Makes the keys of all process kinds that have none yet: `<kind>.nk`, which is secret, and
    /// `<kind>.pub`.
    Keys(Keys),
    /// Writes the users of the broker with their permissions, to be included by its configuration.
    Users(Users),
    /// Makes the buckets and holds them as they must be.
    Streams(Streams),
}

/// What `keys` takes.
#[derive(Args, Debug)]
pub struct Keys {
    /// The folder of the keys.
    dir: PathBuf,
    /// Contracts of further services: `task.binpb` is the one of `task`.
    #[arg(long = "contract", value_name = "FILE")]
    contracts: Vec<PathBuf>,
}

/// What `users` takes.
#[derive(Args, Debug)]
pub struct Users {
    /// The folder of the keys.
    dir: PathBuf,
    /// Contracts of further services: `task.binpb` is the one of `task`.
    #[arg(long = "contract", value_name = "FILE")]
    contracts: Vec<PathBuf>,
    /// The file to write, in one step; without it, the standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What `streams` takes.
#[derive(Args, Debug)]
pub struct Streams {
    /// Where the broker is.
    #[arg(long, env = "NATS_URL", default_value = "nats://127.0.0.1:4222")]
    nats_url: String,
    /// The file with the seed of the kind `provision`.
    #[arg(long, env = "NATS_SEED_FILE")]
    nats_seed_file: Option<PathBuf>,
    /// How many servers hold each stream: 1, or 3 in a cluster.
    #[arg(long, env = "NATS_REPLICAS", default_value_t = 1)]
    nats_replicas: u8,
    /// Goes on and looks every 30 s.
    #[arg(long)]
    watch: bool,
}

/// Does what was asked; says on standard error why not.
pub async fn run(command: Command) -> ExitCode {
    let json = tracing_subscriber::fmt().json().with_writer(io::stderr);
    json.with_max_level(tracing::Level::INFO).init();
    let done = match command {
        Command::Keys(keys) => make_keys(&keys),
        Command::Users(users) => write_users(&users),
        Command::Streams(streams) => make_streams(streams).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "nothing more was provisioned");
            ExitCode::FAILURE
        }
    }
}

fn make_keys(keys: &Keys) -> anyhow::Result<()> {
    let contracts = contracts(&keys.contracts)?;
    let services = contracts.iter().map(Contract::service);
    write_keys(&keys.dir, acl::RESERVED.into_iter().chain(services))
}

fn write_users(users: &Users) -> anyhow::Result<()> {
    let text = render(&users.dir, &contracts(&users.contracts)?)?;
    match &users.out {
        Some(file) => replace(file, &text),
        None => io::stdout().write_all(text.as_bytes()).context("cannot write to standard output"),
    }
}

async fn make_streams(settings: Streams) -> anyhow::Result<()> {
    let seed = settings.nats_seed_file.as_deref().map(seed).transpose()?;
    let connect = Connect { url: settings.nats_url, kind: acl::PROVISION.to_owned(), seed };
    let client = Client::connect(connect).await?;
    client.connected(RETRIED_EVERY).await;
    let mut tries = 0;
    loop {
        let ensured = ensure(&client, settings.nats_replicas).await;
        tries += 1;
        match ensured {
            Ok(()) if settings.watch => sleep(WATCHED_EVERY).await,
            Ok(()) => return Ok(()),
            Err(error) if !settings.watch && tries >= TRIES => return Err(error),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the broker is not as it must be yet");
                sleep(RETRIED_EVERY).await;
            }
        }
    }
}

/// Makes all streams and buckets, or puts them right.
///
/// # Errors
/// Where the broker cannot be reached, is too old, or refuses.
pub async fn ensure(client: &Client, replicas: u8) -> anyhow::Result<()> {
    broker::check(client).await?;
    stream::ensure(client, &stream::contracts(replicas)).await
}

/// The contracts of our own services and of these files.
///
/// # Errors
/// Where a file cannot be read, or is no contract of the service that its name says.
pub fn contracts(files: &[PathBuf]) -> anyhow::Result<Vec<Contract>> {
    let ours = [proto::ad::contract(), proto::profile::contract()];
    let ours = ours.iter().map(|ours| read(&ours.service, &ours.descriptors));
    ours.chain(files.iter().map(|file| read_file(file))).collect()
}

fn read_file(file: &Path) -> anyhow::Result<Contract> {
    let service = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    read(service, &bytes)
}

fn read(service: &str, descriptors: &[u8]) -> anyhow::Result<Contract> {
    let taken = acl::RESERVED.contains(&service) || !bus::subject::is_token(service);
    anyhow::ensure!(!taken, "{service:?} cannot be the name of a service");
    Contract::read(service, descriptors).map_err(|complaints| {
        let complaints: Vec<_> = complaints.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the contract of {service} is refused: {}", complaints.join("; "))
    })
}

/// Writes the file in one step, so that who reads it never sees a half.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut half = file.as_os_str().to_owned();
    half.push(".new");
    fs::write(&half, text).with_context(|| format!("cannot write beside {}", file.display()))?;
    fs::rename(&half, file).with_context(|| format!("cannot write {}", file.display()))
}
