//! Secrets on their way through clients of another family, and back unchanged.
//!
//! A signature or an encrypted thought travels in a wrapper: `mt1.` and URL-safe base64 of where
//! it comes from, what it is, the exact text it belongs to and the value as it was spelled. So
//! what comes back names its origin, and neither a client that trims text nor one that spells
//! base64 differently changes what the provider sees.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, general_purpose};

use super::json::{Fields, Value};
use crate::models::abilities::Abilities;
use crate::models::chat::{Family, Secret, Thinking};

/// What a wrapper begins with.
pub(super) const MARK: &str = "mt1.";

/// What a wrapper begins with once more in base64: the mark and the first letters of what is
/// wrapped.
pub(super) const MARK_IN_BASE64: &str = "bXQxLm";

/// What kind of secret says that there is none, only an origin.
pub(super) const NOTHING: &str = "text";

const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Wraps a secret with the text it belongs to.
pub(super) fn wrap(secret: &Secret, text: &str) -> String {
    let inside = Fields::new()
        .with("f", secret.family.as_str())
        .maybe("m", secret.model.as_deref())
        .with("k", &secret.kind)
        .maybe("i", secret.id.as_deref())
        .with("t", text)
        .with("s", &secret.data)
        .bytes();
    format!("{MARK}{}", URL_SAFE_NO_PAD.encode(inside))
}

/// Wraps thinking that has no secret: it names the origin only.
pub(super) fn wrap_nothing(family: Family, model: Option<&str>, text: &str) -> String {
    let secret = Secret {
        family,
        model: model.map(str::to_owned),
        kind: NOTHING.to_owned(),
        id: None,
        data: String::new(),
    };
    wrap(&secret, text)
}

/// Wraps a secret for a format in which only base64 may stand.
pub(super) fn wrap_in_base64(secret: &Secret, text: &str) -> String {
    general_purpose::STANDARD.encode(wrap(secret, text))
}

/// Takes a wrapper in base64 apart, in whichever alphabet it comes back.
pub(super) fn unwrap_from_base64(wrapped: &str) -> Option<(Secret, String)> {
    if !wrapped.starts_with(MARK_IN_BASE64) {
        return None;
    }
    unwrap(&String::from_utf8(decode(wrapped)?).ok()?)
}

/// Takes a wrapper apart; `None` when it is not one of ours, or was altered.
pub(super) fn unwrap(wrapped: &str) -> Option<(Secret, String)> {
    let bytes = decode(wrapped.strip_prefix(MARK)?)?;
    let text = String::from_utf8(bytes).ok()?;
    let fields = Value::parse(&text).ok()?.object()?;
    let secret = Secret {
        family: fields.text("f")?.parse().ok()?,
        model: fields.string("m"),
        kind: fields.string("k")?,
        id: fields.string("i"),
        data: fields.string("s")?,
    };
    Some((secret, fields.string("t")?))
}

/// The last wrapper in a body, as it is written or once more in base64.
pub(super) fn last_wrapped(body: &[u8]) -> Option<Secret> {
    let last = |mark: &str| memchr::memmem::rfind(body, mark.as_bytes());
    let at = last(MARK).max(last(MARK_IN_BASE64))?;
    let rest = &body[at..];
    let end = rest
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || b"-_.+/=".contains(byte)));
    let text = std::str::from_utf8(&rest[..end.unwrap_or(rest.len())]).ok()?;
    let (secret, _) = unwrap(text).or_else(|| unwrap_from_base64(text))?;
    Some(secret)
}

/// Thinking from a visible text and a signature that may be a wrapper.
pub(super) fn restore(text: String, signature: &str, family: Family, kind: &str) -> Thinking {
    if let Some((secret, exact)) = unwrap(signature) {
        let text = if exact.is_empty() { text } else { exact };
        let nothing = secret.kind == NOTHING;
        return Thinking {
            redacted: secret.kind == "redacted",
            family: Some(secret.family),
            text,
            secret: (!nothing).then_some(secret),
        };
    }
    Thinking {
        text,
        family: Some(family),
        secret: (!signature.is_empty()).then(|| Secret {
            family,
            model: None,
            kind: kind.to_owned(),
            id: None,
            data: signature.to_owned(),
        }),
        redacted: kind == "redacted",
    }
}

/// Whether a target can verify a secret: it is of its family and was made by the same model.
pub(super) fn verifies(target: &Abilities, model: &str, secret: &Secret) -> bool {
    let made_by = secret.model.as_deref();
    secret.family == target.family && made_by.is_none_or(|made_by| same_line(made_by, model))
}

/// Whether two names are one model's, dated or not. A name that is not Claude's may be an alias
/// that the provider knows.
fn same_line(made_by: &str, model: &str) -> bool {
    if let (Some(made_by), Some(model)) = (gemini(made_by), gemini(model)) {
        return made_by == model;
    }
    match (line(made_by), line(model)) {
        (Some(made_by), Some(model)) => made_by == model,
        (None, Some(_)) => false,
        (_, None) => true,
    }
}

/// A model of Claude's without its date, its version and the names of those who serve it.
fn line(model: &str) -> Option<String> {
    let name = model.to_ascii_lowercase().replace('.', "-");
    let name = &name[name.find("claude")?..];
    let name = name.split(['@', ':', '/']).next().unwrap_or(name);
    let parts = name.split('-').filter(|part| {
        let dated = part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit());
        let version = part.strip_prefix('v').is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        !dated && !version && !matches!(*part, "latest" | "0")
    });
    Some(parts.collect::<Vec<_>>().join("-"))
}

/// A numbered model of Gemini's without what tells its releases apart; `None` for names such as
/// `gemini-flash-latest`, which may be any. From the third generation on a later one answers under
/// an earlier one's name: `gemini-3-pro-preview` is `gemini-3.1-pro-preview`.
fn gemini(model: &str) -> Option<String> {
    let name = model.to_ascii_lowercase();
    let name = &name[name.find("gemini-")?..];
    let mut parts = name.split('-');
    let line: Vec<&str> = parts
        .by_ref()
        .take_while(|part| !matches!(*part, "preview" | "exp" | "latest"))
        .filter(|part| part.len() < 3 || !part.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    let (_, rest) = line.split_first()?;
    let (number, kind) = rest.split_first()?;
    let whole = number.split_once('.').map_or(*number, |(whole, _)| whole);
    let generation: u32 = whole.parse().ok()?;
    let number = if generation < 3 { *number } else { whole };
    Some(format!("{number}-{}", kind.join("-")))
}

/// A secret as its family spells it: some clients turn standard base64 into the URL-safe kind.
///
/// Only what can be a real one is respelt: these are messages of protocol buffers, whose first
/// field is the first or second.
pub(super) fn respelt(secret: &Secret) -> Cow<'_, str> {
    let data = &secret.data;
    // One that names its model came in a wrapper, where no client respells it.
    let exact = secret.model.is_some();
    let standard = matches!(secret.family, Family::Anthropic | Family::Google);
    if exact || !standard || !data.contains(['-', '_']) || data.contains(['+', '/']) {
        return Cow::Borrowed(data);
    }
    match decode(data) {
        Some(bytes) if matches!(bytes.first(), Some(0x0a | 0x12)) => {
            Cow::Owned(general_purpose::STANDARD.encode(bytes))
        }
        _ => Cow::Borrowed(data),
    }
}

/// Reads base64 in either alphabet, padded or not.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_end_matches('=');
    if !text.contains(['+', '/']) {
        return TOLERANT.decode(text).ok();
    }
    let safe: String = text
        .chars()
        .map(|char| match char {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    TOLERANT.decode(safe).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret {
            family: Family::Anthropic,
            model: Some("claude-x".into()),
            kind: "signature".into(),
            id: None,
            data: "ErUB+/==".into(),
        }
    }

    #[test]
    fn a_secret_survives_its_wrapper_and_another_spelling_of_base64() {
        let wrapped = wrap(&secret(), "th\u{fc}nking  \n");
        let respelt = wrapped.replace('-', "+").replace('_', "/") + "==";
        for spelling in [wrapped, respelt] {
            let thinking = restore(String::new(), &spelling, Family::OpenAi, "signature");
            assert_eq!(thinking.text, "th\u{fc}nking  \n");
            assert_eq!(thinking.secret, Some(secret()));
        }
    }

    #[test]
    fn a_secret_is_verified_by_the_model_that_made_it() {
        for (made_by, model, verified) in [
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5", true),
            ("claude-sonnet-4-20250514", "claude-sonnet-4-0", true),
            (
                "claude-3-7-sonnet-20250219",
                "claude-3-7-sonnet-latest",
                true,
            ),
            (
                "anthropic/claude-opus-4.6",
                "us.anthropic.claude-opus-4-6-v1:0",
                true,
            ),
            ("claude-opus-4-6", "claude-sonnet-4-6", false),
            ("claude-opus-4-5", "claude-opus-4-6", false),
            ("kimi-k2", "claude-opus-4-6", false),
            ("kimi-k2", "kimi-k2", true),
            ("claude-opus-4-6", "an-alias", true),
            ("gemini-3-flash-preview", "google/gemini-3-flash", true),
            ("gemini-2.0-flash-001", "gemini-2.0-flash", true),
            ("gemini-2.5-flash", "gemini-3-flash", false),
            ("gemini-3.1-pro-preview", "gemini-3-pro-preview", true),
            ("gemini-3.1-pro-preview", "gemini-3-flash-preview", false),
            ("gemini-2.5-flash", "gemini-2.0-flash", false),
            ("gemini-2.5-flash", "gemini-2.5-flash-lite", false),
            ("gemini-3-flash-preview", "gemini-flash-latest", true),
        ] {
            let target = Abilities {
                family: Family::Anthropic,
                ..Abilities::default()
            };
            let mut made = secret();
            made.model = Some(made_by.to_owned());
            assert_eq!(
                verifies(&target, model, &made),
                verified,
                "{made_by} {model}"
            );
            made.family = Family::OpenAi;
            assert!(!verifies(&target, model, &made));
        }
    }

    #[test]
    fn a_wrapper_in_base64_is_found_in_either_alphabet() {
        let wrapped = wrap_in_base64(&secret(), "th\u{fc}nking?>~");
        assert!(wrapped.starts_with(MARK_IN_BASE64));
        let safe = wrapped.replace('+', "-").replace('/', "_");
        for spelling in [wrapped.as_str(), safe.trim_end_matches('=')] {
            let (found, text) = unwrap_from_base64(spelling).unwrap();
            assert_eq!((found, text.as_str()), (secret(), "th\u{fc}nking?>~"));
        }
        assert_eq!(unwrap_from_base64("bXQxLm"), None);
    }

    #[test]
    fn an_altered_wrapper_goes_on_as_it_is() {
        let thinking = restore("t".into(), "mt1.AAAA", Family::Anthropic, "signature");
        assert_eq!(thinking.secret.unwrap().data, "mt1.AAAA");
    }

    #[test]
    fn a_respelt_signature_is_standard_base64_again() {
        let mut respelled = secret();
        respelled.model = None;
        respelled.data = "Ev-_8A".into();
        assert_eq!(respelt(&respelled), "Ev+/8A==");
        respelled.data = "signature_of_a_test1".into();
        assert_eq!(respelt(&respelled), "signature_of_a_test1");
        respelled.data = "Ev-_8A".into();
        respelled.model = Some("claude-opus-4-6".into());
        assert_eq!(
            respelt(&respelled),
            "Ev-_8A",
            "out of a wrapper as it was spelled"
        );
    }
}
