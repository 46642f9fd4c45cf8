//! Passwords: argon2id, off the async threads and a few at a time.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

/// The fewest characters of a password.
pub const SHORTEST: usize = 8;

/// The most bytes of a password: hashing must not become a way to keep us busy.
pub const LONGEST: usize = 1024;

/// What a password is compared with when there is none, so that it costs the same time. It has
/// the parameters of every other hash, and nobody knows a password for it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$tI/X4lSdqBsqxM8CrwKI4A$SY9wfatK0nY9cE5D7EeZEo1Y3TbvsLqaTcF7z/078eA";

/// Hashes and verifies passwords. Cheap to clone; the clones share one limit.
#[derive(Debug, Clone)]
pub struct Passwords {
    // A hash takes 19 MiB and a core: more at once would only be slower.
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// As many at once as half the machine's cores, at least one.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            turns: Arc::new(Semaphore::new((cores / 2).clamp(1, 4))),
        }
    }

    /// Hashes a password with a salt of its own; `None` when the hash itself failed.
    pub async fn hash(&self, password: &str) -> Option<String> {
        let password = password.to_owned();
        self.run(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.ok().map(|hash| hash.to_string())
        })
        .await
        .flatten()
    }

    /// Whether a password fits; without a hash it does not, and that takes as long to say.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> bool {
        let password = password.to_owned();
        let known = hash.is_some();
        let hash = hash.unwrap_or(NOBODY).to_owned();
        let fits = self.run(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                let fits = Argon2::default().verify_password(password.as_bytes(), &hash);
                fits.is_ok()
            })
        });
        fits.await == Some(true) && known
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        // Neither fails: the semaphore is never closed, and the work does not panic.
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(passwords.verify("correct horse", Some(&hash)).await);
        assert!(!passwords.verify("correct hors", Some(&hash)).await);
        assert!(!passwords.verify("", Some(&hash)).await);
        assert_ne!(Some(hash), passwords.hash("correct horse").await);
    }

    #[tokio::test]
    async fn nobody_is_verified_with_the_same_work_and_always_in_vain() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let somebody = Passwords::new().hash("correct horse").await.unwrap();
        let somebody = PasswordHash::new(&somebody).unwrap();
        assert_eq!(nobody.algorithm, somebody.algorithm);
        assert_eq!(nobody.params, somebody.params);
        let lengths = |hash: &PasswordHash| hash.hash.as_ref().map(|hash| hash.as_bytes().len());
        assert_eq!(lengths(&nobody), lengths(&somebody));
        assert!(!Passwords::new().verify("anything", None).await);
    }

    #[tokio::test]
    async fn a_spoilt_hash_fits_nothing() {
        for hash in ["", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv"] {
            assert!(
                !Passwords::new().verify("anything", Some(hash)).await,
                "{hash}"
            );
        }
    }
}
