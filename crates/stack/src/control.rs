//! What a supervisor can be told while it runs: a JSON object a line on the unix socket
//! `control.sock` of the stack's folder, answered by a line each.
//!
//! ```json
//! {"do": "stop", "name": "ad", "signal": "KILL"}
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use crate::board::Entries;
use crate::folder::Folder;
use crate::signal::Signal;

/// The socket in a stack's folder.
pub(crate) const SOCKET: &str = "control.sock";

/// An order to a supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Order {
    /// How is everything?
    Status,
    /// Start a stopped process; answered when it is ready.
    Start {
        /// Which.
        name: String,
    },
    /// End a process and leave it ended; answered when it is gone.
    Stop {
        /// Which.
        name: String,
        /// With this signal instead of its usual one.
        #[serde(default)]
        signal: Option<Signal>,
    },
    /// Send a process a signal and change nothing else: freeze it, thaw it, crash it.
    Signal {
        /// Which.
        name: String,
        /// What.
        signal: Signal,
    },
    /// Start another process of a service; answered with its name when it is ready.
    Add {
        /// The service: `ad`, `profile`, `gateway`.
        kind: String,
        /// Variables in place of the usual ones.
        #[serde(default)]
        env: BTreeMap<String, String>,
    },
    /// End a process and forget it; answered when it is gone.
    Remove {
        /// Which.
        name: String,
    },
    /// End everything, the supervisor too.
    Down,
}

/// The answer to an order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The process that it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How everything is now.
    pub parts: Entries,
}

/// The socket's path through an open folder: a unix socket's path is 107 bytes at most, a
/// checkout's may be longer. The file must be held while the path is used.
pub(crate) fn socket_path(folder: &Folder) -> Result<(File, PathBuf)> {
    let open = File::open(folder.path())?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", open.as_raw_fd()));
    Ok((open, path))
}

/// Gives an order to the supervisor of a folder.
///
/// # Errors
/// When none runs there, or it refuses.
pub async fn order(folder: &Folder, order: &Order) -> Result<Answer> {
    let (_open, path) = socket_path(folder)?;
    let stream = UnixStream::connect(path)
        .await
        .with_context(|| format!("nothing is up in {}", folder.path().display()))?;
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    write.write_all(&line).await?;

    let mut answer = String::new();
    BufReader::new(read).read_line(&mut answer).await?;
    let answer: Answer = serde_json::from_str(&answer).context("the supervisor went away")?;
    match answer.error {
        Some(error) => bail!(error),
        None => Ok(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_without_a_signal_leaves_the_choice_to_the_supervisor() {
        let order: Order = serde_json::from_str(r#"{"do":"stop","name":"ad"}"#).unwrap();

        assert!(matches!(order, Order::Stop { signal: None, .. }));
    }
}
