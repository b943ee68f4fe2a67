//! One process of a stack: how it is started, watched and stopped.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::process::{Child, Command};

use crate::probe::Probe;
use crate::signal::Signal;

/// Variables that every process gets from the one who starts the stack.
const PASSED_ON: [&str; 5] = ["PATH", "HOME", "LANG", "JAVA_HOME", "RUST_BACKTRACE"];

/// One process of a stack.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// What `./dev status` shows as its address.
    pub(crate) url: Option<String>,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    /// Its whole environment, but for [`PASSED_ON`].
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) log: PathBuf,
    /// The user it runs as; ours when unset.
    pub(crate) user: Option<&'static str>,
    pub(crate) probe: Probe,
    /// Asks it to end in order.
    pub(crate) stop: Signal,
    /// What the kernel sends it when the supervisor is gone.
    pub(crate) orphan: Signal,
    /// How long it has to end in order before it is killed.
    pub(crate) grace: Duration,
}

impl Part {
    pub(crate) fn new(name: &str, program: impl Into<PathBuf>, log: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            url: None,
            program: program.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            log,
            user: None,
            probe: Probe::None,
            stop: Signal::Term,
            orphan: Signal::Kill,
            grace: Duration::from_secs(20),
        }
    }

    /// Starts it, its output appended to its log. Must be called from a thread that lives as long
    /// as the supervisor: the kernel ends the process with that thread.
    pub(crate) fn spawn(&self) -> Result<Child> {
        let log = OpenOptions::new().append(true).create(true).open(&self.log)?;
        guarded(&self.program, self.user, self.orphan)
            .args(&self.args)
            .env_clear()
            .envs(passed_on())
            .envs(&self.env)
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .spawn()
            .with_context(|| format!("start {}", self.program.display()))
    }
}

/// A command that ends with the thread that starts it, in a process group of its own, so that a
/// Ctrl-C at the terminal reaches the supervisor alone.
pub(crate) fn guarded(program: &Path, user: Option<&str>, orphan: Signal) -> Command {
    let mut command = Command::new("setpriv");
    if let Some(user) = user {
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    command.args(["--pdeathsig", orphan.name(), "--"]).arg(program);
    command.process_group(0).kill_on_drop(true);
    command
}

fn passed_on() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    PASSED_ON.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)))
}

/// Runs a preparing step to its end.
///
/// # Errors
/// With the end of what it said, when it fails.
pub(crate) async fn run(command: &mut Command, what: &str) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .with_context(|| format!("{what}: cannot be started"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    anyhow::bail!(
        "{what} failed ({}):\n{}",
        output.status,
        tail(&format!("{said}\n{complaint}"), 30)
    )
}

/// The last lines of a text.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all.into_iter().rev().take(lines).rev().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_the_last_lines_in_their_order() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
    }
}
