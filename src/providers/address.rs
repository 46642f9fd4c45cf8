//! Where a provider is: a checked base address, and the addresses under it.

use std::borrow::Cow;

use http::Uri;

use crate::config::callable;

/// A base address: no slash at the end, nothing but scheme, host, port and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base(String);

impl Base {
    /// Checks an address that comes from anywhere.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let url = callable(text.trim()).map_err(|why| format!("base_url {why}"))?;
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// For formats whose base address ends in `/v1`: one too many is taken off.
    pub(super) fn with_version(self) -> Self {
        let mut text = self.0;
        while let Some(shorter) = text.strip_suffix("/v1/v1") {
            text = format!("{shorter}/v1");
        }
        Self(text)
    }

    /// For formats whose base address ends before the `/v1`: it is taken off.
    pub(super) fn without_version(self) -> Self {
        let mut text = self.0.as_str();
        while let Some(shorter) = text.strip_suffix("/v1") {
            text = shorter.trim_end_matches('/');
        }
        Self(text.to_owned())
    }

    /// For formats whose base address may come with an ending: it is taken off.
    pub(super) fn without(self, ending: &str) -> Self {
        match self.0.strip_suffix(ending) {
            Some(shorter) => Self(shorter.trim_end_matches('/').to_owned()),
            None => self,
        }
    }

    /// As text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// An address under it.
    pub(super) fn join(&self, path: &str) -> Result<Uri, String> {
        format!("{}{path}", self.0)
            .parse()
            .map_err(|_| "base_url cannot be sent as an address".to_owned())
    }
}

/// A name as one segment of a path: what could end the segment, or leave it, is escaped.
pub(super) fn segment(name: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~@".contains(&byte);
    let dots = matches!(name, "." | "..");
    if name.bytes().all(plain) && !dots {
        return Cow::Borrowed(name);
    }
    let escaped = name.bytes().map(|byte| {
        if plain(byte) && !dots {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    Cow::Owned(escaped.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_its_segment() {
        for (name, wanted) in [
            ("gpt-4o@2024", "gpt-4o@2024"),
            ("a/../b?c#d", "a%2F..%2Fb%3Fc%23d"),
            ("..", "%2E%2E"),
            ("anthropic.claude-v1:0", "anthropic.claude-v1%3A0"),
            ("\u{540d}", "%E5%90%8D"),
        ] {
            assert_eq!(segment(name), wanted);
        }
    }

    fn with(text: &str) -> String {
        Base::new(text).unwrap().with_version().0
    }

    fn without(text: &str) -> String {
        Base::new(text).unwrap().without_version().0
    }

    #[test]
    fn a_version_too_many_or_a_slash_is_tolerated() {
        assert_eq!(
            with("https://api.openai.com/v1/"),
            "https://api.openai.com/v1"
        );
        assert_eq!(with("https://h/v1/v1/v1"), "https://h/v1");
        assert_eq!(with("https://h/openai"), "https://h/openai");
        assert_eq!(with("https://h"), "https://h");
        assert_eq!(
            without("https://api.anthropic.com/v1//"),
            "https://api.anthropic.com"
        );
        assert_eq!(without("https://h/anthropic/v1/v1"), "https://h/anthropic");
        assert_eq!(without("http://127.0.0.1:8000"), "http://127.0.0.1:8000");
        assert_eq!(without("https://h/x/v1beta"), "https://h/x/v1beta");
    }

    #[test]
    fn addresses_that_no_provider_has_are_refused() {
        for text in [
            "",
            "api.openai.com",
            "ftp://h/v1",
            "https://u:p@h/v1",
            "https://u@h/v1",
            "https://h/v1?x=1",
            "https://h/v1#x",
            "http://169.254.169.254/v1",
            "http://2852039166/v1",
            "http://[fe80::1]/v1",
            "http://[::ffff:169.254.169.254]/v1",
            "http://metadata.google.internal/v1",
        ] {
            assert!(Base::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_under_it_keep_its_path() {
        let base = Base::new("https://API.example.com:8443/r/x~split=byte/v1").unwrap();
        let uri = base.join("/chat/completions").unwrap();
        assert_eq!(
            uri,
            "https://api.example.com:8443/r/x~split=byte/v1/chat/completions"
        );
    }
}
