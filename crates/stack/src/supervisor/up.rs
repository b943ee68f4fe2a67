//! Starts a whole stack, waits for its end, and stops it in order.

use std::fs;
use std::process::ExitStatus;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures_util::future::join_all;
use tokio::sync::Notify;

use super::Supervisor;
use super::ends::Ends;
use super::forget::{forget_data, forget_logs};
use super::serve::serve;
use crate::folder::Folder;
use crate::part::{Part, guarded, tail};
use crate::plan::Plan;
use crate::progress::{Step, say, seconds, show_welcome};
use crate::service::{self, SERVICES};
use crate::signal::Signal;
use crate::{demo, keycloak, nats, postgres};

/// The real parts.
const REAL: [&str; 3] = ["postgres", "nats", "keycloak"];
/// How long a process may take until it is ready: much, on a machine that compiles meanwhile. The
/// gateway waits for Keycloak's keys.
const READY: Duration = Duration::from_mins(5);

/// What is wanted of a stack.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only these processes; all when empty.
    pub only: Vec<String>,
    /// Whether to load the demo data.
    pub demo: bool,
    /// Whether to forget all data first.
    pub fresh: bool,
    /// Ends the stack when standard input is closed: whoever started it is gone then.
    pub until_stdin_closes: bool,
    /// Ends the stack when this command has ended.
    pub command: Vec<String>,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

/// Runs a stack from start to end. Back with the status of `command`, where one was given.
///
/// # Errors
/// When something does not start. What had started is stopped.
pub async fn up(folder: Folder, options: &Options) -> Result<Option<ExitStatus>> {
    folder.create()?;
    let _lock = folder.lock()?;
    forget_logs(&folder)?;
    if options.fresh {
        forget_data(&folder)?;
    }
    let supervisor = Rc::new(Supervisor::new(Rc::new(Plan::settle(folder.clone())?)));
    let down = Rc::new(Notify::new());
    let mut ends = Ends::new(down.clone(), options)?;
    let control = tokio::task::spawn_local(serve(supervisor.clone(), down));

    let outcome = tokio::select! {
        outcome = live(&supervisor, options) => outcome,
        () = ends.come() => Ok(None),
    };

    control.abort();
    tokio::select! {
        () = stop(&supervisor) => {}
        () = ends.come() => say("told twice: killed"),
    }
    outcome
}

/// Starts everything; then runs the command to its end, or waits for ever.
async fn live(supervisor: &Supervisor, options: &Options) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    let folder = supervisor.plan.folder();
    say(format!("starting in {}", folder.path().display()));
    if let Err(error) = begin(supervisor, options).await {
        explain(supervisor);
        return Err(error);
    }
    say(format!("ready after {}", seconds(start.elapsed())));
    if options.command.is_empty() {
        show_welcome(&supervisor.plan.settings());
    }
    folder.write("ready", b"")?;
    if options.command.is_empty() {
        std::future::pending::<()>().await;
    }
    run(supervisor, &options.command).await.map(Some)
}

async fn begin(supervisor: &Supervisor, options: &Options) -> Result<()> {
    let plan = &supervisor.plan;
    let _before = fs::remove_file(plan.folder().join("ready"));
    let base = async {
        tokio::try_join!(real(supervisor, options, "nats", nats::part(plan)), async {
            real(supervisor, options, "postgres", postgres::part(plan)).await?;
            if options.wants("postgres") { postgres::make_databases(plan).await } else { Ok(()) }
        })?;
        ours(supervisor, options).await
    };
    let people = async {
        real(supervisor, options, "keycloak", keycloak::part(plan)).await?;
        if options.wants("keycloak") { keycloak::note_import(plan) } else { Ok(()) }
    };
    tokio::try_join!(people, base)?;
    if options.demo && options.only.is_empty() {
        let step = Step::begin("demo data");
        demo::load(&plan.settings()).await.context("load the demo data")?;
        step.done("is there");
    }
    Ok(())
}

async fn real(
    supervisor: &Supervisor,
    options: &Options,
    name: &str,
    part: impl Future<Output = Result<Part>>,
) -> Result<()> {
    if !options.wants(name) {
        return Ok(());
    }
    let part = part.await?;
    let step = Step::begin(name);
    supervisor.begin_ready(part, READY).await?;
    step.done("ready");
    Ok(())
}

/// Starts our processes all at once: each waits by itself for what it needs.
async fn ours(supervisor: &Supervisor, options: &Options) -> Result<()> {
    let wanted: Vec<_> =
        SERVICES.iter().map(|service| service.kind).filter(|kind| options.wants(kind)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let step = Step::begin("services");
    for kind in &wanted {
        supervisor.begin(service::part(&supervisor.plan, kind, kind)?).await?;
    }
    for kind in &wanted {
        supervisor.board.ready(kind, READY).await?;
    }
    step.done(&format!("{} ready", wanted.join(", ")));
    Ok(())
}

/// Says how far everything came, and what the logs of those that are not ready end with.
fn explain(supervisor: &Supervisor) {
    for (name, entry) in supervisor.entries() {
        if entry.state != crate::board::State::Ready {
            let log = supervisor.plan.folder().log(&name);
            let end = fs::read_to_string(&log).unwrap_or_default();
            say(format!(
                "{name} is {:?}; {} ends with\n{}",
                entry.state,
                log.display(),
                tail(&end, 15)
            ));
        }
    }
}

/// The gateway first, so that nothing new comes in; then our services; then what they stand on.
async fn stop(supervisor: &Supervisor) {
    let step = Step::begin("stopping");
    let base = |name: &String| REAL.contains(&name.as_str());
    let (real, ours): (Vec<String>, Vec<String>) = supervisor.names().into_iter().partition(base);
    let (gateways, services): (Vec<String>, Vec<String>) =
        ours.into_iter().partition(|name| name.starts_with("gateway"));
    for group in [gateways, services, real] {
        let stops = group.iter().map(|name| supervisor.stop(name, None));
        let _gone = join_all(stops).await;
    }
    step.done("stopped");
}

/// Runs the command with the stack's addresses in its environment.
async fn run(supervisor: &Supervisor, command: &[String]) -> Result<ExitStatus> {
    let (program, args) = command.split_first().context("no command")?;
    let settings = supervisor.plan.settings();
    let mut child = guarded(program.as_ref(), None, Signal::Kill)
        .args(args)
        .env("SEASONAL_STACK", supervisor.plan.folder().path())
        .env("DATABASE_URL", settings.postgres("postgres"))
        .env("NATS_SERVER_BIN", supervisor.plan.nats_server())
        .stdin(std::process::Stdio::null())
        .spawn()
        .with_context(|| format!("start {program}"))?;
    let group = Group(child.id());
    let status = child.wait().await.context("wait for the command");
    drop(group);
    status
}

/// Ends what is left of a process group when it goes out of scope.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let _gone = self.0.map(|pid| Signal::Term.send_group(pid));
    }
}
