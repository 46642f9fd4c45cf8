//! A provider's keys.

use http::HeaderValue;

use crate::config::Secret;

/// Credentials as they are sent, each made once.
#[derive(Debug, Default)]
pub(in crate::providers) struct Keys {
    values: Vec<HeaderValue>,
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
        Ok(Self { values: values? })
    }

    /// How many there are; one where the provider needs none.
    pub(in crate::providers) fn count(&self) -> usize {
        self.values.len().max(1)
    }

    /// A credential by its number from zero; none where the provider needs none.
    pub(in crate::providers) fn get(&self, number: usize) -> Option<&HeaderValue> {
        self.values.get(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_sent_as_they_are_without_blanks() {
        let secrets = ["a", " b\n", "c"].map(Secret::new);
        let keys = Keys::new(&secrets, "Bearer ").unwrap();
        let seen: Vec<&HeaderValue> = (0..4).filter_map(|number| keys.get(number)).collect();
        assert_eq!(seen, ["Bearer a", "Bearer b", "Bearer c"]);
        assert!(seen.iter().all(|value| value.is_sensitive()));
        let none = Keys::new(&[], "").unwrap();
        assert_eq!((none.count(), none.get(0)), (1, None));
    }

    #[test]
    fn a_credential_that_cannot_be_sent_is_refused_without_being_shown() {
        for secret in ["", " ", "a\nb", "a\0b"] {
            let error = Keys::new(&[Secret::new(secret)], "").unwrap_err();
            assert!(!error.contains("a\n"), "{error}");
        }
    }
}
