//! A stack of a test's own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::folder::Folder;
use crate::stack::Stack;

/// A stack of a test's own, to be broken. It goes with this value, and with this process.
#[derive(Debug)]
pub struct Own {
    stack: Stack,
    supervisor: Child,
}

impl Own {
    /// Starts a stack of the name in a folder of its own, emptied before, without demo data. With
    /// `only`, just these processes.
    ///
    /// # Errors
    /// With the supervisor's last words, when something does not start.
    pub async fn start(name: &str, only: &[&str]) -> Result<Self> {
        let mut command = Command::new(supervisor_program()?);
        command.args(["up", "--fresh", "--no-demo", "--until-stdin-closes", "--name", name]);
        if !only.is_empty() {
            command.args(["--only", &only.join(",")]);
        }
        let folder = Folder::named(name);
        folder.create()?;
        let _before = std::fs::remove_file(folder.join("ready"));
        let log = std::fs::File::create(folder.log("stack"))?;
        let mut supervisor = command
            .stdin(Stdio::piped())
            .stderr(log.try_clone()?)
            .stdout(log)
            .process_group(0)
            .spawn()
            .context("start the binary stack")?;
        while !folder.join("ready").exists() || !folder.is_locked() {
            if let Some(status) = supervisor.try_wait()? {
                let said = std::fs::read_to_string(folder.log("stack")).unwrap_or_default();
                anyhow::bail!("the stack {name} does not start ({status}):\n{said}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { stack: Stack::open(folder)?, supervisor })
    }

    /// The stack.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The process id of its supervisor, while it runs.
    #[must_use]
    pub fn supervisor(&self) -> Option<u32> {
        self.supervisor.id()
    }

    /// Stops it in order and waits until it is gone.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(mut self) -> Result<()> {
        drop(self.supervisor.stdin.take());
        let ended = timeout(Duration::from_mins(1), self.supervisor.wait()).await;
        ended.context("the stack does not end")?.map(drop).context("wait for the stack")
    }
}

/// The binary beside the test's own, or `SEASONAL_STACK_BIN`.
fn supervisor_program() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("SEASONAL_STACK_BIN") {
        return Ok(given.into());
    }
    let own = std::env::current_exe()?;
    own.ancestors()
        .skip(1)
        .map(|folder| folder.join("stack"))
        .find(|program| program.is_file())
        .context("the binary stack is not built: run the tests with ./dev test")
}
