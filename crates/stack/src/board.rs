//! What runs right now: the content of `state.json`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::folder::Folder;
use crate::progress::say;

/// The file in a stack's folder.
pub const FILE: &str = "state.json";

/// How a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It runs and has not been ready since it started.
    Starting,
    /// It says that it is ready.
    Ready,
    /// It was ready and says that it is not.
    Unready,
    /// It ended by itself and is started again soon.
    Crashed,
    /// It was stopped on purpose, or the stack is down.
    Stopped,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// How it is.
    pub state: State,
    /// Its address.
    pub url: Option<String>,
    /// Its process id, while it runs.
    pub pid: Option<u32>,
}

/// All processes of a stack, by name.
pub type Entries = BTreeMap<String, Entry>;

/// What `state.json` of a folder says; everything is stopped when no supervisor has the folder.
///
/// # Errors
/// When the file is not readable.
pub fn read(folder: &Folder) -> Result<Entries> {
    if !folder.join(FILE).exists() {
        return Ok(Entries::new());
    }
    let mut entries: Entries =
        serde_json::from_str(&folder.read(FILE)?).context("state.json is not readable")?;
    if !folder.is_locked() {
        for entry in entries.values_mut() {
            entry.state = State::Stopped;
            entry.pid = None;
        }
    }
    Ok(entries)
}

/// Where the keepers of the processes write how they are; each change stands in `state.json`
/// before anyone is told of it.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    folder: Folder,
    entries: watch::Sender<Entries>,
}

impl Board {
    pub(crate) fn new(folder: Folder) -> Self {
        Self { folder, entries: watch::Sender::new(Entries::new()) }
    }

    pub(crate) fn entries(&self) -> Entries {
        self.entries.borrow().clone()
    }

    pub(crate) fn set(&self, name: &str, entry: Entry) {
        if self.entries.borrow().get(name) != Some(&entry) {
            self.change(|entries| _ = entries.insert(name.to_owned(), entry));
        }
    }

    pub(crate) fn remove(&self, name: &str) {
        self.change(|entries| _ = entries.remove(name));
    }

    fn change(&self, change: impl FnOnce(&mut Entries)) {
        let mut entries = self.entries();
        change(&mut entries);
        if let Err(error) = self.write(&entries) {
            say(format!("{FILE} cannot be written: {error:#}"));
        }
        self.entries.send_replace(entries);
    }

    fn write(&self, entries: &Entries) -> Result<()> {
        self.folder.write(FILE, &serde_json::to_vec_pretty(entries)?)
    }

    /// Waits until the process is ready.
    pub(crate) async fn ready(&self, name: &str, within: Duration) -> Result<()> {
        let mut changes = self.entries.subscribe();
        let ready = changes
            .wait_for(|entries| entries.get(name).is_some_and(|entry| entry.state == State::Ready));
        match tokio::time::timeout(within, ready).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => bail!("{name}: the stack is going down"),
            Err(_) => bail!("{name} is not ready after {} s", within.as_secs()),
        }
    }
}
