//! Where records go that the database will not take: files for a person to look at.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::journal::QUARANTINE;

/// Writes a file of its own into the quarantine beside the journals; writing it again replaces it.
pub(super) fn keep(root: &Path, name: &str, content: &[u8]) -> io::Result<PathBuf> {
    let folder = root.join(QUARANTINE);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let name: String = name
        .chars()
        .filter(|letter| plain(*letter))
        .take(100)
        .collect();
    let path = folder.join(format!("{name}.json"));
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(path)
}
