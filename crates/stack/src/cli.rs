//! The binary's commands. People type `./dev`, which calls them.

use std::io::{Write as _, stdout};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use tokio::process::Command;
use tokio::time::sleep;

use crate::board::{self, Entries};
use crate::control::{self, Order};
use crate::folder::Folder;
use crate::progress::{say, show};
use crate::stack::Stack;
use crate::supervisor::{self, Options};

/// The local stack: real parts and our processes on 127.0.0.1.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Starts a stack and keeps it until Ctrl-C.
    Up(Up),
    /// Stops a stack.
    Down(Named),
    /// Says how every process is.
    Status(Status),
    /// Prints an access token of a demo user.
    Token {
        /// Whose: employer, worker, operator, admin, …
        user: String,
        #[command(flatten)]
        named: Named,
    },
    /// Starts a stack, runs a command with its addresses in the environment, stops the stack.
    Run {
        #[command(flatten)]
        start: Start,
        /// The command.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Sends the supervisor an order as JSON: `{"do": "stop", "name": "ad"}`.
    Send {
        /// The order.
        order: String,
        #[command(flatten)]
        named: Named,
    },
}

#[derive(Debug, Args)]
struct Named {
    /// The stack's name: its folder is .dev/NAME.
    #[arg(long, default_value = "main")]
    name: String,
}

#[derive(Debug, Args)]
struct Start {
    #[command(flatten)]
    named: Named,
    /// Only these processes: postgres,nats,keycloak,provision,profile,ad,gateway.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Without the demo data.
    #[arg(long)]
    no_demo: bool,
    /// Forget all data of the stack first.
    #[arg(long)]
    fresh: bool,
}

#[derive(Debug, Args)]
struct Up {
    #[command(flatten)]
    start: Start,
    /// Leave it running in the background, once it is ready.
    #[arg(long)]
    detach: bool,
    /// End when standard input is closed.
    #[arg(long)]
    until_stdin_closes: bool,
}

#[derive(Debug, Args)]
struct Status {
    #[command(flatten)]
    named: Named,
    /// As a JSON object by name, each with state, url and pid.
    #[arg(long)]
    json: bool,
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refusal) => {
            let _closed = refusal.print();
            return ExitCode::from(u8::try_from(refusal.exit_code()).unwrap_or(2));
        }
    };
    match run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            let _closed = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One thread for everything: the kernel ends child processes with the thread that started them.
fn run(what: What) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = tokio::task::LocalSet::new().block_on(&runtime, dispatch(what));
    runtime.shutdown_background();
    outcome
}

async fn dispatch(what: What) -> Result<ExitCode> {
    match what {
        What::Up(up) if Folder::named(&up.start.named.name).is_locked() => {
            say("it is already up");
            show_entries(&board::read(&Folder::named(&up.start.named.name))?)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Up(up) if up.detach => detach(&up).await,
        What::Up(up) => {
            let mut options = options(&up.start);
            options.until_stdin_closes = up.until_stdin_closes;
            supervisor::up(Folder::named(&up.start.named.name), &options).await?;
            Ok(ExitCode::SUCCESS)
        }
        What::Run { start, command } => {
            let options = Options { command, ..options(&start) };
            let status = supervisor::up(Folder::named(&start.named.name), &options).await?;
            let code = status.and_then(|status| status.code()).unwrap_or(130);
            Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
        }
        What::Down(named) => down(&Folder::named(&named.name)).await,
        What::Status(status) => show_status(&status),
        What::Token { user, named } => {
            let token = Stack::open(Folder::named(&named.name))?.token(&user).await?;
            show(token);
            Ok(ExitCode::SUCCESS)
        }
        What::Send { order, named } => {
            let order: Order = serde_json::from_str(&order).context("not an order")?;
            let answer = control::order(&Folder::named(&named.name), &order).await?;
            show(serde_json::to_string_pretty(&answer)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn options(start: &Start) -> Options {
    Options {
        only: start.only.clone(),
        demo: !start.no_demo,
        fresh: start.fresh,
        ..Options::default()
    }
}

/// Starts this binary again in a session of its own and shows its progress until it is ready.
async fn detach(up: &Up) -> Result<ExitCode> {
    let folder = Folder::named(&up.start.named.name);
    folder.create()?;
    let _before = std::fs::remove_file(folder.join("ready"));
    let log = std::fs::File::create(folder.log("stack"))?;
    let mut command = Command::new("setsid");
    command.arg(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1).filter(|argument| argument != "--detach"));
    let mut child = command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log).spawn()?;

    let mut shown = 0;
    loop {
        let ended = child.try_wait()?;
        let ready = folder.join("ready").exists();
        let said = std::fs::read_to_string(folder.log("stack")).unwrap_or_default();
        let fresh = said.get(shown..).unwrap_or_default();
        write!(stdout(), "{fresh}")?;
        stdout().flush()?;
        shown = said.len();
        match ended {
            Some(_) => return Ok(ExitCode::FAILURE),
            None if ready => return Ok(ExitCode::SUCCESS),
            None => sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn down(folder: &Folder) -> Result<ExitCode> {
    if !folder.is_locked() {
        say(format!("nothing is up in {}", folder.path().display()));
        return Ok(ExitCode::SUCCESS);
    }
    control::order(folder, &Order::Down).await?;
    while folder.is_locked() {
        sleep(Duration::from_millis(50)).await;
    }
    say("stopped");
    Ok(ExitCode::SUCCESS)
}

fn show_status(status: &Status) -> Result<ExitCode> {
    let entries = board::read(&Folder::named(&status.named.name))?;
    if status.json {
        show(serde_json::to_string_pretty(&entries)?);
    } else {
        show_entries(&entries)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show_entries(entries: &Entries) -> Result<()> {
    if entries.is_empty() {
        say("nothing has ever been up: ./dev up");
    }
    for (name, entry) in entries {
        let state = serde_json::to_value(entry.state)?;
        let pid = entry.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        let url = entry.url.as_deref().unwrap_or("-");
        show(format!("{name:<12}{:<10}{pid:<9}{url}", state.as_str().unwrap_or_default()));
    }
    Ok(())
}
