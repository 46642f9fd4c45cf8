//! What changed, for the caches of every process.

use super::{Result, Tx};

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A user: `usr_…`
    User,
    /// An API key: `key_…`
    Key,
    /// A session of a signed-in user: `ses_…`
    Session,
}

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// What kind of thing.
    pub kind: Kind,
    /// Its id.
    pub id: String,
}

/// What changed since a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The newest version.
    pub version: i64,
    /// What changed since; `None`: too much to name, take everything as changed.
    pub what: Option<Vec<Change>>,
}

#[expect(clippy::unused_async, reason = "its body comes with the tables")]
pub(super) async fn record(tx: &mut Tx, noted: &[Change]) -> Result<()> {
    let _ = (&tx.inner, noted);
    Ok(())
}
