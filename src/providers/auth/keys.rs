//! A provider's credentials, used in turn.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::HeaderValue;

use crate::config::Secret;

/// Credentials as they are sent, each made once.
#[derive(Debug, Default)]
pub(in crate::providers) struct Keys {
    values: Vec<HeaderValue>,
    next: AtomicUsize,
}

impl Keys {
    /// Takes credentials; `prefix` goes before each (`Bearer `).
    pub(in crate::providers) fn new(secrets: &[Secret], prefix: &str) -> Result<Self, String> {
        let values: Result<Vec<HeaderValue>, String> = secrets
            .iter()
            .map(|secret| {
                let key = secret.expose().trim();
                let mut value = HeaderValue::from_str(&format!("{prefix}{key}"))
                    .ok()
                    .filter(|_| !key.is_empty())
                    .ok_or("a credential is empty or holds characters that cannot be sent")?;
                value.set_sensitive(true);
                Ok(value)
            })
            .collect();
        Ok(Self {
            values: values?,
            next: AtomicUsize::new(0),
        })
    }

    /// The next credential; none where the provider needs none.
    pub(in crate::providers) fn pick(&self) -> Option<&HeaderValue> {
        match self.values.as_slice() {
            [] => None,
            [only] => Some(only),
            several => {
                let turn = self.next.fetch_add(1, Ordering::Relaxed);
                Some(&several[turn % several.len()])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_take_turns() {
        let secrets = ["a", " b\n", "c"].map(Secret::new);
        let keys = Keys::new(&secrets, "Bearer ").unwrap();
        let seen: Vec<&HeaderValue> = (0..4).filter_map(|_| keys.pick()).collect();
        assert_eq!(seen, ["Bearer a", "Bearer b", "Bearer c", "Bearer a"]);
        assert!(seen.iter().all(|value| value.is_sensitive()));
        assert_eq!(Keys::new(&[], "").unwrap().pick(), None);
    }

    #[test]
    fn a_credential_that_cannot_be_sent_is_refused_without_being_shown() {
        for secret in ["", " ", "a\nb", "a\0b"] {
            let error = Keys::new(&[Secret::new(secret)], "").unwrap_err();
            assert!(!error.contains("a\n"), "{error}");
        }
    }
}
