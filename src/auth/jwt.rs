//! Access tokens: HS256 and nothing else, with a key that only the settings or we choose.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::kept::kept_in;
use crate::config::Secret;
use crate::models::clock::{Clock, Timestamp};
use crate::store::{Error, Result, Store};

/// The first part of every token we sign. Nothing else is looked at, so that no token chooses an
/// algorithm or a key.
const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.";

const ISSUER: &str = "manti";
const AUDIENCE: &str = "manti-api";

/// The fewest bytes of a secret: the length of what HS256 makes of it.
const SHORTEST: usize = 32;

/// The name of the kept secret, in the data directory and in the database.
const KEPT: &str = "jwt_secret";

/// Why a configured secret is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Fewer than 32 bytes.
    #[error("must be at least 32 bytes long")]
    Short,
    /// A sample or a pattern.
    #[error("looks like a sample value: use a random one, such as `openssl rand -hex 32` prints")]
    Sample,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    /// The user's id.
    pub(super) sub: String,
    /// The session's id.
    pub(super) sid: String,
    iat: i64,
    /// When it ends, in seconds.
    pub(super) exp: i64,
    /// Makes two tokens of one second differ.
    jti: String,
}

/// Signs and verifies access tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Signer(Arc<Inner>);

struct Inner {
    keys: OnceCell<Keys>,
    store: Store,
    file: PathBuf,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

struct Keys {
    signs: EncodingKey,
    verifies: DecodingKey,
}

impl Keys {
    fn new(secret: &[u8]) -> Self {
        Self {
            signs: EncodingKey::from_secret(secret),
            verifies: DecodingKey::from_secret(secret),
        }
    }
}

impl Signer {
    /// With the configured secret, else one that is generated when first needed and kept in the
    /// data directory (SQLite) or in the database (PostgreSQL).
    pub fn new(
        configured: Option<&Secret>,
        store: &Store,
        data_dir: &Path,
    ) -> Result<Self, WeakSecret> {
        let keys = match configured {
            Some(secret) => {
                check(secret.expose())?;
                OnceCell::new_with(Some(Keys::new(secret.expose().as_bytes())))
            }
            None => OnceCell::new(),
        };
        Ok(Self(Arc::new(Inner {
            keys,
            store: store.clone(),
            file: data_dir.join(KEPT),
        })))
    }

    /// Signs a token for a session, to end at `exp`.
    pub(super) async fn sign(
        &self,
        (user, session): (&str, &str),
        iat: Timestamp,
        exp: Timestamp,
    ) -> Result<String> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.to_owned(),
            sid: session.to_owned(),
            iat: iat.timestamp(),
            exp: exp.timestamp(),
            jti: super::api_key::random(12),
        };
        let keys = self.keys().await?;
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &keys.signs)
            .map_err(|error| Error::corrupt(error.to_string()))
    }

    /// What a token of ours says, ended or not; `None` when it is not ours.
    pub(super) async fn read(&self, token: &str) -> Result<Option<Claims>> {
        if !looks_like_one(token) {
            return Ok(None);
        }
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The end is judged by the database's clock, by those who ask.
        rules.validate_exp = false;
        let keys = self.keys().await?;
        let read = jsonwebtoken::decode::<Claims>(token, &keys.verifies, &rules);
        Ok(read.ok().map(|read| read.claims))
    }

    async fn keys(&self) -> Result<&Keys> {
        self.0.keys.get_or_try_init(|| self.kept()).await
    }

    async fn kept(&self) -> Result<Keys> {
        let secret = match &self.0.store {
            Store::Sqlite(_) => {
                let file = self.0.file.clone();
                let read = tokio::task::spawn_blocking(move || kept_in(&file, fresh)).await;
                read.map_err(io::Error::other)
                    .flatten()
                    .map_err(|error| Error::Unavailable(error.into()))?
            }
            Store::Postgres(_) => {
                let now = Clock::system().now();
                self.0.store.secret_or(KEPT, &fresh(), now).await?
            }
        };
        if secret.len() < SHORTEST {
            return Err(Error::corrupt(format!("the kept {KEPT} was cut short")));
        }
        Ok(Keys::new(secret.as_bytes()))
    }
}

/// Whether a text could be a token of ours.
pub(super) fn looks_like_one(text: &str) -> bool {
    text.starts_with(HEADER)
}

/// Refuses what others could guess.
fn check(secret: &str) -> Result<(), WeakSecret> {
    const SAMPLES: [&str; 12] = [
        "changeme",
        "changethis",
        "changein",
        "yoursecret",
        "yourjwt",
        "your256bit",
        "example",
        "sample",
        "placeholder",
        "replaceme",
        "replacewith",
        "supersecret",
    ];
    if secret.len() < SHORTEST {
        return Err(WeakSecret::Short);
    }
    let letters: String = secret
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let distinct: std::collections::HashSet<u8> = secret.bytes().collect();
    if distinct.len() < 8 || SAMPLES.iter().any(|sample| letters.contains(sample)) {
        return Err(WeakSecret::Sample);
    }
    Ok(())
}

fn fresh() -> String {
    let mut bytes = [0; 48];
    rand::fill(&mut bytes).expect("the system's randomness does not fail once it has started");
    BASE64.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_sample_secrets_are_refused() {
        assert_eq!(
            check("0123456789abcdefghijklmnopqrstu"),
            Err(WeakSecret::Short)
        );
        for sample in [
            "change-me-change-me-change-me-change-me",
            "your-256-bit-secret-your-256-bit-secret",
            "this is an example secret of 32 bytes",
            "super_secret_key_for_our_gateway_2026",
            "please-CHANGE-THIS-in-production-1234",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "12341234123412341234123412341234",
        ] {
            assert_eq!(check(sample), Err(WeakSecret::Sample), "{sample}");
        }
        for _ in 0..100 {
            assert_eq!(check(&fresh()), Ok(()));
        }
        assert_eq!(check("9f86d081884c7d659a2feaa0c55ad015"), Ok(()));
    }

    #[test]
    fn every_token_opens_with_the_one_header() {
        let header = serde_json::to_string(&Header::new(Algorithm::HS256)).unwrap();
        assert_eq!(format!("{}.", BASE64.encode(header)), HEADER);
    }

    #[test]
    fn of_many_who_make_the_kept_secret_all_get_the_same_in_a_private_file() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(KEPT);
        let all: Vec<_> = std::thread::scope(|scope| {
            let one = || kept_in(&file, fresh).unwrap();
            let started: Vec<_> = (0..16).map(|_| scope.spawn(one)).collect();
            started.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(
            all.iter()
                .all(|secret| secret == &all[0] && secret.len() == 64)
        );
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
