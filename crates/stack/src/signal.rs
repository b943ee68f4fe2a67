//! The signals that processes are sent.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// A signal, by its usual name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Signal {
    /// Asks to end, in order.
    #[default]
    Term,
    /// What Ctrl-C sends. PostgreSQL: end now, in order.
    Int,
    /// PostgreSQL: end at once.
    Quit,
    /// Ends, without a chance to do anything.
    Kill,
    /// Freezes.
    Stop,
    /// Goes on after a freeze.
    Cont,
    /// nats-server: read the configuration again.
    Hup,
}

impl Signal {
    /// The name as `setpriv` takes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Cont => "CONT",
            Self::Hup => "HUP",
        }
    }

    /// Sends it to a process.
    ///
    /// # Errors
    /// When there is no such process, or it is not ours.
    pub fn send(self, pid: u32) -> Result<()> {
        rustix::process::kill_process(process(pid)?, self.into()).context("send a signal")
    }

    /// Sends it to a process group.
    pub(crate) fn send_group(self, pid: u32) -> Result<()> {
        rustix::process::kill_process_group(process(pid)?, self.into()).context("send a signal")
    }
}

fn process(pid: u32) -> Result<rustix::process::Pid> {
    let raw = i32::try_from(pid).context("not a process id")?;
    rustix::process::Pid::from_raw(raw).context("not a process id")
}

impl From<Signal> for rustix::process::Signal {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Term => Self::TERM,
            Signal::Int => Self::INT,
            Signal::Quit => Self::QUIT,
            Signal::Kill => Self::KILL,
            Signal::Stop => Self::STOP,
            Signal::Cont => Self::CONT,
            Signal::Hup => Self::HUP,
        }
    }
}
