//! Secrets at rest: sealed with AES-256-GCM by the master key, each bound to its place.
//!
//! What is kept is the key's number, the nonce, and the sealed text with its tag. The place
//! (`table:id:column`) is authenticated with it, so that no row can be given another's secret.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::kept::kept_in;
use crate::config::Secret;
use crate::store::Store;

/// The length of the master key.
const KEY: usize = 32;

/// The file of a generated master key, in the data directory.
const FILE: &str = "master_key";

/// Why a secret is not sealed, or not opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no key, and none is generated where several machines would each need it.
    #[error("set MANTI_MASTER_KEY to keep credentials here (openssl rand -base64 32)")]
    NoKey,
    /// The key is not 32 bytes in base64.
    #[error("the master key is not 32 bytes in base64")]
    Malformed,
    /// Sealed with another key, for another place, or damaged.
    #[error("cannot be opened: it was sealed with another MANTI_MASTER_KEY, or is damaged")]
    Sealed,
    /// The file of the generated key cannot be used.
    #[error("the file of the master key cannot be used: {0}")]
    File(#[source] io::Error),
}

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    configured: Option<Secret>,
    /// Where a key is generated when none is configured.
    file: Option<PathBuf>,
    key: OnceLock<Key>,
}

struct Key {
    number: u8,
    cipher: RandomizedNonceKey,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Key {
    fn new(text: &str) -> Result<Self, VaultError> {
        let bytes = BASE64
            .decode(text.trim())
            .map_err(|_| VaultError::Malformed)?;
        if bytes.len() != KEY {
            return Err(VaultError::Malformed);
        }
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, &bytes);
        Ok(Self {
            number: digest::digest(&digest::SHA256, &bytes).as_ref()[0],
            cipher: cipher.map_err(|_| VaultError::Malformed)?,
        })
    }
}

impl Vault {
    /// With the configured key, else, over SQLite, one that is generated into the data directory
    /// when first needed.
    pub fn new(configured: Option<&Secret>, store: &Store, data_dir: &Path) -> Self {
        Self(Arc::new(Inner {
            configured: configured.cloned(),
            file: matches!(store, Store::Sqlite(_)).then(|| data_dir.join(FILE)),
            key: OnceLock::new(),
        }))
    }

    /// Seals a text for a place.
    pub fn seal(&self, place: &str, text: &str) -> Result<Vec<u8>, VaultError> {
        let key = self.key()?;
        let mut sealed = text.as_bytes().to_vec();
        let nonce = key
            .cipher
            .seal_in_place_append_tag(Aad::from(place), &mut sealed)
            .map_err(|_| VaultError::Sealed)?;
        let mut kept = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
        kept.push(key.number);
        kept.extend_from_slice(nonce.as_ref());
        kept.append(&mut sealed);
        Ok(kept)
    }

    /// The text that was sealed for a place.
    pub fn open(&self, place: &str, kept: &[u8]) -> Result<Secret, VaultError> {
        let key = self.key()?;
        let (number, rest) = kept.split_first().ok_or(VaultError::Sealed)?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(VaultError::Sealed)?;
        if *number != key.number {
            return Err(VaultError::Sealed);
        }
        let mut text = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key
            .cipher
            .open_in_place(nonce, Aad::from(place), &mut text)
            .map_err(|_| VaultError::Sealed)?;
        let text = std::str::from_utf8(opened).map_err(|_| VaultError::Sealed)?;
        Ok(Secret::new(text))
    }

    fn key(&self) -> Result<&Key, VaultError> {
        if let Some(key) = self.0.key.get() {
            return Ok(key);
        }
        let key = match (&self.0.configured, &self.0.file) {
            (Some(secret), _) => Key::new(secret.expose())?,
            (None, Some(file)) => Key::new(&kept_in(file, fresh).map_err(VaultError::File)?)?,
            (None, None) => return Err(VaultError::NoKey),
        };
        Ok(self.0.key.get_or_init(|| key))
    }
}

fn fresh() -> String {
    let mut bytes = [0; KEY];
    rand::fill(&mut bytes).expect("the system's randomness does not fail once it has started");
    BASE64.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(key: Option<&str>, file: Option<PathBuf>) -> Vault {
        Vault(Arc::new(Inner {
            configured: key.map(Secret::new),
            file,
            key: OnceLock::new(),
        }))
    }

    #[test]
    fn what_was_sealed_is_opened_in_its_place_and_by_its_key_only() {
        let one = vault(Some(&fresh()), None);
        let kept = one.seal("providers:openai:credentials", "sk-1").unwrap();
        assert!(!kept.windows(4).any(|window| window == b"sk-1"));
        assert_ne!(
            kept,
            one.seal("providers:openai:credentials", "sk-1").unwrap()
        );
        let open = |vault: &Vault, place: &str, kept: &[u8]| {
            vault.open(place, kept).map(|text| text.expose().to_owned())
        };
        assert_eq!(
            open(&one, "providers:openai:credentials", &kept).unwrap(),
            "sk-1"
        );
        assert!(open(&one, "providers:other:credentials", &kept).is_err());
        assert!(
            open(
                &vault(Some(&fresh()), None),
                "providers:openai:credentials",
                &kept
            )
            .is_err()
        );
        for at in 0..kept.len() {
            let mut damaged = kept.clone();
            damaged[at] ^= 1;
            assert!(
                open(&one, "providers:openai:credentials", &damaged).is_err(),
                "{at}"
            );
            assert!(
                open(&one, "providers:openai:credentials", &kept[..at]).is_err(),
                "{at}"
            );
        }
    }

    #[test]
    fn without_a_key_there_is_one_in_a_private_file_or_none() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let kept = vault(None, Some(file.clone()))
            .seal("a:b:c", "secret")
            .unwrap();
        let again = vault(None, Some(file.clone()))
            .open("a:b:c", &kept)
            .unwrap();
        assert_eq!(again.expose(), "secret");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(
            vault(None, None).seal("a", "b"),
            Err(VaultError::NoKey)
        ));
        for short in ["", "x", "c2hvcnQ="] {
            let refused = vault(Some(short), None).seal("a", "b");
            assert!(matches!(refused, Err(VaultError::Malformed)), "{short}");
        }
    }
}
