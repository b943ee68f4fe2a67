//! The nkeys of the process kinds, as files.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::Context as _;
use nkeys::KeyPair;

/// Makes `<kind>.nk` with the seed, readable by its owner only, and `<kind>.pub` with the public
/// key, for each kind that has none.
///
/// # Errors
/// Where a file cannot be written, or the seed that is there is none.
pub fn write<'a>(dir: &Path, kinds: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    for kind in kinds {
        let file = dir.join(format!("{kind}.nk"));
        let key = KeyPair::new_user();
        if create(&file, &key.seed()?)? {
            tracing::info!(kind, "a key was made");
        }
        let public = KeyPair::from_seed(&seed(&file)?)?.public_key();
        fs::write(dir.join(format!("{kind}.pub")), format!("{public}\n"))
            .with_context(|| format!("cannot write {kind}.pub"))?;
    }
    Ok(())
}

/// The seed in a file.
///
/// # Errors
/// Where it cannot be read, or is none.
pub fn seed(file: &Path) -> anyhow::Result<String> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let seed = text.trim().to_owned();
    KeyPair::from_seed(&seed).map_err(|_| anyhow::anyhow!("{} holds no seed", file.display()))?;
    Ok(seed)
}

/// The public key of a kind.
///
/// # Errors
/// Where it cannot be read, or is none.
pub fn public_key(dir: &Path, kind: &str) -> anyhow::Result<String> {
    let file = dir.join(format!("{kind}.pub"));
    let text = fs::read_to_string(&file)
        .with_context(|| format!("cannot read {}: run `provision keys` first", file.display()))?;
    let key = text.trim().to_owned();
    KeyPair::from_public_key(&key)
        .map_err(|_| anyhow::anyhow!("{} holds no public key", file.display()))?;
    Ok(key)
}

/// Whether the file was not there and is now.
fn create(file: &Path, seed: &str) -> anyhow::Result<bool> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match opened {
        Ok(mut created) => {
            created.write_all(format!("{seed}\n").as_bytes())?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot write {}", file.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_by_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ad.nk");

        write(dir.path(), ["ad"]).unwrap();
        let (first, public) = (seed(&file).unwrap(), public_key(dir.path(), "ad").unwrap());
        write(dir.path(), ["ad", "profile"]).unwrap();

        assert_eq!(seed(&file).unwrap(), first);
        assert_eq!(public_key(dir.path(), "ad").unwrap(), public);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(public.starts_with('U') && first.starts_with("SU"));
    }

    #[test]
    fn a_file_without_a_seed_is_refused_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("ad.nk"), "nothing").unwrap();

        let error = write(dir.path(), ["ad"]).unwrap_err();

        assert!(error.to_string().ends_with("ad.nk holds no seed"), "{error}");
    }
}
