//! Secrets in `thoughtSignature`, which may stand on any part.
//!
//! Google signs calls, texts, thoughts, and the end of a stream on a part with no text. In the
//! canonical form a secret belongs to a thought, so each comes with a word for where it stood. A
//! secret of another family travels to Google's clients in a wrapper, and the wrapper in base64:
//! their libraries refuse anything else in this place.

use std::borrow::Cow;

use crate::dialects::secrets;
use crate::models::chat::{Family, Secret, Thinking};

/// On a call.
pub(super) const CALL: &str = "call";
/// On a text.
pub(super) const TEXT: &str = "words";
/// On a part without text, behind all others.
pub(super) const END: &str = "end";
/// On a picture, or other bytes.
pub(super) const MEDIA: &str = "media";
/// On a thought.
pub(super) const THOUGHT: &str = "thought";

/// What Gemini 3 takes in the place of a secret that nobody has: `skip_thought_signature_validator`.
pub(super) const SKIP: &str = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";

/// A secret as it came, with the exact text it belongs to where it was wrapped.
pub(super) fn read(data: &str, family: Family, kind: &str) -> Option<(Secret, Option<String>)> {
    if data.is_empty() || is_skip(data) {
        return None;
    }
    if let Some((secret, text)) = secrets::unwrap_from_base64(data) {
        return Some((secret, Some(text)));
    }
    let secret = Secret {
        family,
        model: None,
        kind: kind.to_owned(),
        id: None,
        data: data.to_owned(),
    };
    Some((secret, None))
}

/// Whether it is no secret but the word in the place of one.
fn is_skip(data: &str) -> bool {
    const WORDS: &[&[u8]] = &[
        b"skip_thought_signature_validator",
        b"context_engineering_is_the_way_to_go",
    ];
    WORDS.contains(&data.as_bytes())
        || secrets::decode(data).is_some_and(|bytes| WORDS.contains(&bytes.as_slice()))
}

/// A thought for a secret that stood somewhere.
pub(super) fn thought(secret: Secret, exact: Option<String>) -> Thinking {
    let nothing = secret.kind == secrets::NOTHING;
    Thinking {
        text: exact.unwrap_or_default(),
        family: Some(secret.family),
        redacted: secret.kind == "redacted",
        secret: (!nothing).then_some(secret),
    }
}

/// A secret as a client of Google's gets it: Google's own as it is, others wrapped.
pub(super) fn shown<'a>(secret: &'a Secret, text: &str) -> Cow<'a, str> {
    if secret.family == Family::Google && secrets::decode(&secret.data).is_some() {
        secrets::respelt(secret)
    } else {
        Cow::Owned(secrets::wrap_in_base64(secret, text))
    }
}

/// Where Google wants a secret back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On the call that follows.
    Call,
    /// On the text before it, or behind it where there is none.
    Text,
    /// On the picture that follows.
    Media,
    /// On a part without text.
    End,
    /// On the thought itself.
    Thought,
}

/// Where a secret stood.
pub(super) fn place(secret: &Secret) -> Place {
    match secret.kind.as_str() {
        TEXT => Place::Text,
        MEDIA => Place::Media,
        END => Place::End,
        THOUGHT => Place::Thought,
        // Others who hand on Google's secrets tell the call's id, or nothing at all.
        _ => Place::Call,
    }
}
