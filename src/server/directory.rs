//! The data directory: ours alone, and with SQLite one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Trouble;
use crate::config::Config;

/// The file that is locked; it names the holder.
const LOCK: &str = "manti.lock";

/// A data directory in use. The lock goes with it.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: Option<File>,
}

impl Directory {
    /// Takes the data directory of a configuration, making it first when it is not there.
    pub(super) fn open(config: &Config) -> Result<Self, Trouble> {
        let path = config.data_dir.clone();
        let trouble = |source| Trouble::Directory {
            path: path.clone(),
            source,
        };
        make(&path).map_err(trouble)?;
        // A database server has its own idea of who may work in it; a file has none.
        let lock = if config.database.url.expose().starts_with("sqlite:") {
            Some(lock(&path)?)
        } else {
            None
        };
        Ok(Self { path, _lock: lock })
    }

    /// What it means that something in the directory failed.
    pub(super) fn trouble(&self, source: io::Error) -> Trouble {
        Trouble::Directory {
            path: self.path.clone(),
            source,
        }
    }
}

fn make(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mode = fs::metadata(path)?.permissions().mode();
            if mode & 0o077 != 0
                && let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            {
                tracing::warn!(
                    path = %path.display(),
                    error = %error,
                    "the data directory is open to other users and cannot be closed to them"
                );
            }
            Ok(())
        }
        made => made,
    }
}

fn lock(path: &Path) -> Result<File, Trouble> {
    let trouble = |source| Trouble::Directory {
        path: path.to_owned(),
        source,
    };
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path.join(LOCK))
        .map_err(trouble)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(trouble)?;
            writeln!(file, "{}", std::process::id()).map_err(trouble)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // The holder writes it after it has the lock; a moment before, it is empty.
            let _ = file.read_to_string(&mut pid);
            let pid = match pid.trim() {
                "" => "unknown".to_owned(),
                pid => pid.to_owned(),
            };
            Err(Trouble::Taken {
                path: path.to_owned(),
                pid,
            })
        }
        Err(TryLockError::Error(source)) => Err(trouble(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_ours_alone_and_one_process_has_it() {
        let root = tempfile::tempdir().unwrap();
        let config = Config::defaults(root.path().join("new/data"));
        let held = Directory::open(&config).unwrap();
        let mode = fs::metadata(&held.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        match Directory::open(&config) {
            Err(Trouble::Taken { pid, .. }) => assert_eq!(pid, std::process::id().to_string()),
            other => panic!("{other:?}"),
        }
        drop(held);
        assert!(Directory::open(&config).is_ok());
    }

    #[test]
    fn a_directory_that_others_can_read_is_closed_to_them() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("data");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let _held = Directory::open(&Config::defaults(&path)).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
}
