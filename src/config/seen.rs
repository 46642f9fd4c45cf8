//! Which files the settings were read from, and what they said: to know when to read them again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The files that were looked for, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<PathBuf, Look>);

/// What a file said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    /// How many bytes of it were read at most.
    most: u64,
    /// Of what it said; `None` when it could not be read.
    digest: Option<u64>,
}

impl Seen {
    /// Reads at most so many bytes of a file, and notes what they are. What is no file, such as a
    /// pipe, says what it says once, and is not noted.
    pub(super) fn read(&mut self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?.is_file(), file)));
        let (is_file, read) = match opened {
            Ok((is_file, file)) => {
                let mut bytes = Vec::new();
                let read = file.take(most).read_to_end(&mut bytes);
                (is_file, read.map(|_| bytes))
            }
            Err(error) => (true, Err(error)),
        };
        if is_file {
            let digest = read.as_deref().ok().map(digest);
            self.0.insert(path.to_owned(), Look { most, digest });
        }
        read
    }

    /// What the same files say now.
    #[must_use]
    pub fn now(&self) -> Self {
        let looks = self.0.iter().map(|(path, look)| {
            let digest = look_at(path, look.most);
            (path.clone(), Look { digest, ..*look })
        });
        Self(looks.collect())
    }

    /// The files.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }
}

/// Whether there is something at a path that whoever opens it may wait for, such as a pipe.
pub fn is_pipe(path: &Path) -> bool {
    let found = fs::metadata(path);
    found.is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn look_at(path: &Path, most: u64) -> Option<u64> {
    if is_pipe(path) {
        return None;
    }
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(digest(&bytes))
}

fn digest(bytes: &[u8]) -> u64 {
    let mut digest = DefaultHasher::new();
    bytes.hash(&mut digest);
    digest.finish()
}
