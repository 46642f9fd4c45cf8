//! The folder of journals: who may make and adopt them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Only one process at a time makes or adopts journals.
pub(super) fn door(root: &Path) -> io::Result<File> {
    let door = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(root.join(".lock"))?;
    door.lock()?;
    Ok(door)
}

/// Makes a folder that only its owner can look into.
pub(super) fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
