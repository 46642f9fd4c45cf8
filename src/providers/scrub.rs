//! Takes credentials out of what a provider says before anybody is told.
//!
//! Providers like to repeat the key they did not take, whole or with stars in the middle.

use crate::config::Secret;

/// What stands in the place of a credential.
const REDACTED: &str = "[redacted]";
/// And until everything is looked through: one letter, so that an address with a key in it is still
/// one address.
const HIDDEN: char = '\u{f8ff}';
/// The longest message that is told.
const LONGEST: usize = 2000;

/// How the keys of providers begin.
const PREFIXES: [&str; 20] = [
    "sk-", "sk_", "pk-", "rk-", "ak-", "xai-", "gsk_", "aiza", "pplx-", "fw_", "hf_", "r8_",
    "nvapi-", "csk-", "tgp_", "ya29.", "ghp_", "eyj", "key-", "api-",
];

/// Knows a provider's credentials in order to leave them out.
#[derive(Debug, Clone, Default)]
pub(super) struct Scrub {
    secrets: Vec<Secret>,
}

impl Scrub {
    pub(super) fn new(secrets: &[Secret]) -> Self {
        Self {
            secrets: secrets.to_vec(),
        }
    }

    /// The text without credentials, queries of addresses and control characters.
    pub(super) fn clean(&self, text: &str) -> String {
        // Whatever is cut off here is far behind what is told.
        let mut text = text[..text.floor_char_boundary(4 * LONGEST)].to_owned();
        for secret in &self.secrets {
            let key = secret.expose().trim();
            if key.len() >= 4 && text.contains(key) {
                text = text.replace(key, HIDDEN.encode_utf8(&mut [0; 4]));
            }
        }
        let mut clean = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let end = rest
                .find(|c: char| is_of_token(c) != is_of_token(first))
                .unwrap_or(rest.len());
            let (piece, behind) = rest.split_at(end);
            rest = behind;
            if is_of_token(first) {
                self.token(piece, &mut clean);
            } else {
                clean.extend(
                    piece
                        .chars()
                        .map(|c| if c.is_control() && c != '\n' { ' ' } else { c }),
                );
            }
        }
        let mut clean = clean.replace(HIDDEN, REDACTED);
        clean.truncate(clean.floor_char_boundary(LONGEST));
        clean
    }

    /// A run of letters without spaces or quotes: an address, a key, or a word.
    fn token(&self, token: &str, clean: &mut String) {
        let lower = token.to_ascii_lowercase();
        let address = ["https://", "http://", "wss://", "ws://"]
            .iter()
            .filter_map(|scheme| lower.find(scheme))
            .min();
        let (words, address) = token.split_at(address.unwrap_or(token.len()));
        // A parameter, a label or a list: each part by itself.
        for part in words.split_inclusive(['=', ':', ',', ';', '&', '/', '?']) {
            let word = part.trim_end_matches(['=', ':', ',', ';', '&', '/', '?', '.', '!']);
            if word.contains(HIDDEN) || self.is_credential(word) {
                clean.push_str(REDACTED);
                clean.push_str(&part[word.len()..]);
            } else {
                clean.push_str(part);
            }
        }
        clean.push_str(&without_query(address));
    }

    fn is_credential(&self, token: &str) -> bool {
        let lower = token.to_ascii_lowercase();
        let begins = PREFIXES.iter().any(|prefix| {
            lower.strip_prefix(prefix).is_some_and(|rest| {
                rest.len() >= 6 && (*prefix != "api-" && *prefix != "key-" || has_digit(rest))
            })
        });
        let masked = ["***", "•••", "xxxx", "……"]
            .iter()
            .any(|mask| lower.contains(mask))
            && lower.chars().any(|c| c.is_ascii_alphanumeric() && c != 'x');
        begins || masked || self.is_part(token)
    }

    /// Whether it is the beginning and the end of a configured credential, with dots between.
    fn is_part(&self, token: &str) -> bool {
        let (head, tail) = match token.split_once("...").or_else(|| token.split_once('…')) {
            Some((head, tail)) => (head, tail.trim_start_matches('.')),
            None => (token, ""),
        };
        self.secrets.iter().any(|secret| {
            let key = secret.expose().trim();
            let long = head.len() + tail.len() >= 8 || (head.len() >= 3 && !tail.is_empty());
            long && key.starts_with(head) && key.ends_with(tail)
        })
    }
}

/// Whether a character can stand in a key or an address.
fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == HIDDEN || "-_.~:/?#@!$&*+,;=%•…".contains(c)
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// An address without user, query and fragment; a query that is one number stays.
fn without_query(address: &str) -> String {
    let (address, query) = address.split_once(['?', '#']).unwrap_or((address, ""));
    let query = query.trim_end_matches(['.', '!', ',', ';', ':']);
    let number = query.split_once('=').is_some_and(|(name, value)| {
        name.bytes().all(|byte| byte.is_ascii_lowercase())
            && (1..=12).contains(&value.len())
            && value.bytes().all(|byte| byte.is_ascii_digit())
    });
    let query = if number {
        format!("?{query}")
    } else {
        String::new()
    };
    let Some((scheme, rest)) = address.split_once("://") else {
        return format!("{address}{query}");
    };
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, None), |(h, p)| (h, Some(p)));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    match path {
        Some(path) => format!("{scheme}://{host}/{path}{query}"),
        None => format!("{scheme}://{host}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "wholly-Unusual.key_with/slashes+7";

    fn clean(text: &str) -> String {
        Scrub::new(&[Secret::new(KEY), Secret::new("abcd1234efgh5678")]).clean(text)
    }

    #[test]
    fn keys_are_taken_out_in_every_form() {
        for (text, wanted) in [
            (
                "Incorrect API key provided: sk-inval**************-key. You can find your API key at https://platform.openai.com/account/api-keys.",
                "Incorrect API key provided: [redacted]. You can find your API key at https://platform.openai.com/account/api-keys.",
            ),
            (
                "key wholly-Unusual.key_with/slashes+7 is bad",
                "key [redacted] is bad",
            ),
            ("\"abcd1234efgh5678\"", "\"[redacted]\""),
            ("key=abcd...5678", "key=[redacted]"),
            ("key abcd…5678!", "key [redacted]!"),
            (
                "Your api key: ****-key is invalid",
                "Your api key: [redacted] is invalid",
            ),
            ("xa***le", "[redacted]"),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "Bearer [redacted]"),
            ("(sk-proj-abcdefghijkl)", "([redacted])"),
            (
                "authorization:sk-proj-abcdefghijkl,x",
                "authorization:[redacted],x",
            ),
            (
                "see https://h.example/a?key=secret&b=1 now",
                "see https://h.example/a now",
            ),
            (
                "see https://h.example/a/?linkid=21298766 now",
                "see https://h.example/a/?linkid=21298766 now",
            ),
            (
                "see https://user:pw@h.example/a#frag",
                "see https://h.example/a",
            ),
            (
                "path /v1/x?api_key=AIzaSyA1234567890",
                "path /v1/x?api_key=[redacted]",
            ),
            (
                "asked https://h.example/a?key=abcd1234efgh5678&alt=sse and failed",
                "asked https://h.example/a and failed",
            ),
            (
                "asked https://h.example/abcd1234efgh5678/x",
                "asked https://h.example/[redacted]/x",
            ),
        ] {
            assert_eq!(clean(text), wanted);
        }
    }

    #[test]
    fn what_is_no_credential_stays() {
        for text in [
            "The model `gpt-nonexistent-4o` does not exist or you do not have access to it.",
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 99.0 instead.",
            "tools.0.custom.input_schema.type: Input should be 'object'",
            "models/gemini-x is not found for API version v1beta: call ListModels",
            "image: data:image/png;base64 is not supported… 日本語",
            "max_tokens: 5000 > 4096, which is the maximum allowed; use api-version 2",
            "** bold ** and a skeleton, a key-value pair",
            "",
        ] {
            assert_eq!(clean(text), text);
        }
        assert_eq!(clean("a\r\nb\0c"), "a \nb c");
        assert!(clean(&"word ".repeat(1000)).len() <= LONGEST);
    }

    proptest! {
        #[test]
        fn no_configured_key_is_ever_told(before in ".{0,20}", after in ".{0,20}") {
            let told = clean(&format!("{before}{KEY}{after}"));
            prop_assert!(!told.contains(KEY));
        }
    }
}
