//! Generated secrets in files of the data directory.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// The secret in a file, made by whoever comes first.
pub(super) fn kept_in(file: &Path, fresh: impl FnOnce() -> String) -> io::Result<String> {
    let read = || fs::read_to_string(file).map(|text| text.trim().to_owned());
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    if let Some(folder) = file.parent() {
        let mut private = fs::DirBuilder::new();
        private.recursive(true).mode(0o700).create(folder)?;
    }
    // Written aside and linked into place: nobody ever reads half a secret, and of two processes
    // that both make one the second finds the first's.
    let draft = file.with_extension(super::api_key::random(8));
    let mut options = fs::OpenOptions::new();
    let mut out = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    out.write_all(fresh().as_bytes())?;
    out.sync_all()?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => read(),
    }
}
