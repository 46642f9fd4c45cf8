//! The book in force: the one that came with the program, or one that was imported.
//!
//! An imported book is a file in the data directory. It holds from the next start on, until
//! another one is imported or it is taken back; records keep the prices they were made with.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{BadBook, Book};

/// The imported book's name in the data directory.
const FILE: &str = "prices.json";

/// More than any book.
const LARGEST: u64 = 64 << 20;

/// Why a book cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds no book.
    #[error("{path}: {source}")]
    Content {
        /// Which.
        path: PathBuf,
        /// Why.
        source: BadBook,
    },
}

/// The book in force with a data directory, and whether it was imported.
pub fn in_force(data_dir: &Path) -> Result<(Arc<Book>, bool), Unusable> {
    let path = data_dir.join(FILE);
    match read(&path) {
        Ok(book) => Ok((Arc::new(book), true)),
        Err(Unusable::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok((Book::builtin(), false))
        }
        Err(unusable) => Err(unusable),
    }
}

/// Reads a book from a file, every entry of it.
pub fn read(path: &Path) -> Result<Book, Unusable> {
    let text = text(path).map_err(|source| Unusable::File {
        path: path.to_owned(),
        source,
    })?;
    Book::read(&text).map_err(|source| Unusable::Content {
        path: path.to_owned(),
        source,
    })
}

fn text(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > LARGEST {
        return Err(io::Error::other("is too large for a price book"));
    }
    fs::read_to_string(path)
}

/// Puts a copy of a file that was found good into the data directory; whoever reads meanwhile
/// sees the old one or the new one whole.
pub fn import(file: &Path, data_dir: &Path) -> Result<(), Unusable> {
    let path = data_dir.join(FILE);
    let write = || {
        let text = text(file)?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data_dir)?;
        let beside = data_dir.join(format!("{FILE}.new"));
        let mut new = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        new.write_all(text.as_bytes())?;
        new.sync_all()?;
        fs::rename(&beside, &path)
    };
    write().map_err(|source| Unusable::File {
        path: path.clone(),
        source,
    })
}

/// Takes an imported book back. `false` when there is none.
pub fn take_back(data_dir: &Path) -> Result<bool, Unusable> {
    let path = data_dir.join(FILE);
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Unusable::File { path, source }),
    }
}
