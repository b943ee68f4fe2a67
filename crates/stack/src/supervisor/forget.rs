//! Forgets what an earlier life of a stack left.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::folder::Folder;
use crate::postgres;

/// Empties the logs, but for the supervisor's own, which may be open as our standard output.
pub(super) fn forget_logs(folder: &Folder) -> Result<()> {
    for log in fs::read_dir(folder.join("log"))? {
        let path = log?.path();
        if !path.ends_with("stack.log") {
            File::create(path)?;
        }
    }
    Ok(())
}

/// Forgets all data; ports and passwords stay.
pub(super) fn forget_data(folder: &Folder) -> Result<()> {
    let elsewhere = postgres::elsewhere(folder);
    for place in ["keycloak", "nats", "postgres"].map(|part| folder.join(part)) {
        forget(&place)?;
    }
    forget(&elsewhere)
}

fn forget(place: &Path) -> Result<()> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("forget {}", place.display()))
        }
        _ => Ok(()),
    }
}
