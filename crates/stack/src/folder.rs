//! Where a stack keeps its things.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The root of the repository that this crate was built in.
#[must_use]
pub fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.ancestors().nth(2).unwrap_or(crate_folder).to_path_buf()
}

/// What `./dev` installs for this repository alone: nats-server, Keycloak.
#[must_use]
pub fn tools() -> PathBuf {
    root().join(".dev/tools")
}

/// One stack's folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// `.dev/<name>` of this repository.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { path: root().join(".dev").join(name) }
    }

    /// A folder anywhere.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file or folder in it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// The log of a process, or of the supervisor (`stack`).
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.join("log").join(format!("{name}.log"))
    }

    /// Makes the folder with an empty `log` in it.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn create(&self) -> Result<()> {
        fs::create_dir_all(self.join("log"))
            .with_context(|| format!("make {}", self.path.display()))
    }

    /// Takes the folder for one supervisor, until the file is dropped.
    ///
    /// # Errors
    /// When another supervisor has it.
    pub fn lock(&self) -> Result<File> {
        let file = File::create(self.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => bail!("{} is already up", self.path.display()),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Whether a supervisor has it now.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        File::open(self.join("lock"))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Writes a file in one step, readable by this user alone.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let fresh = self.join(format!("{name}.fresh"));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(content)?;
        fs::rename(&fresh, self.join(name)).with_context(|| format!("write {name}"))
    }

    /// Reads a file in it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn read(&self, name: &str) -> Result<String> {
        let path = self.join(name);
        fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_by_one_supervisor_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path());
        folder.create().unwrap();

        let first = folder.lock().unwrap();

        assert!(folder.lock().is_err());
        assert!(folder.is_locked());
        drop(first);
        assert!(!folder.is_locked());
    }
}
