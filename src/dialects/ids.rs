//! Ids of calls where the target forbids them: a digest, the same for the call and its result.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::secrets;
use crate::models::abilities::Ids;

/// What an id begins with that was spelled for clients whose format forbids the provider's own.
const SPELLED: &str = "mt1_";

/// The ids of one conversation as they are written.
pub(super) struct Written {
    rule: Ids,
    unique: bool,
    seen: HashMap<String, Seen>,
}

#[derive(Default)]
struct Seen {
    times: u32,
    open: VecDeque<String>,
}

impl Written {
    /// `unique`: an id that comes again is written differently.
    pub(super) fn new(rule: Ids, unique: bool) -> Self {
        Self {
            rule,
            unique,
            seen: HashMap::new(),
        }
    }

    /// The id of a call.
    pub(super) fn call(&mut self, id: &str) -> String {
        let seen = self.seen.entry(id.to_owned()).or_default();
        let written = if seen.times > 0 && self.unique {
            forced(self.rule, &format!("{id}#{}", seen.times))
        } else {
            spell(self.rule, id).into_owned()
        };
        seen.times += 1;
        seen.open.push_back(written.clone());
        written
    }

    /// The id a result names: that of the earliest call still without one.
    pub(super) fn result(&mut self, id: &str) -> String {
        self.seen
            .get_mut(id)
            .and_then(|seen| seen.open.pop_front())
            .unwrap_or_else(|| spell(self.rule, id).into_owned())
    }
}

/// An id as a target takes it.
pub(super) fn spell(rule: Ids, id: &str) -> Cow<'_, str> {
    let allowed = match rule {
        Ids::Any | Ids::None => !id.is_empty(),
        Ids::AtMost(most) => !id.is_empty() && id.len() <= most,
        Ids::Word => is_word(id),
        Ids::Nine => id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    };
    if allowed {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(forced(rule, id))
    }
}

/// An id made from some text, always the same for the same text.
pub(super) fn minted(prefix: &str, text: &str) -> String {
    let mut id = String::with_capacity(prefix.len() + 24);
    id.push_str(prefix);
    letters(text, 24, &mut id);
    id
}

fn forced(rule: Ids, id: &str) -> String {
    if rule == Ids::Nine {
        let mut short = String::with_capacity(9);
        letters(id, 9, &mut short);
        return short;
    }
    minted("call_", id)
}

fn letters(text: &str, count: usize, out: &mut String) {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let hash = digest(&SHA256, text.as_bytes());
    for byte in hash.as_ref().iter().take(count) {
        out.push(char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
    }
}

fn is_word(id: &str) -> bool {
    !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// A provider's id for clients that take letters, digits, `_` and `-` only; [`unspelled`] undoes it.
pub(super) fn spelled(id: &str) -> Cow<'_, str> {
    if is_word(id) {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(format!("{SPELLED}{}", URL_SAFE_NO_PAD.encode(id)))
    }
}

/// The provider's own id.
pub(super) fn unspelled(id: Cow<'_, str>) -> String {
    id.strip_prefix(SPELLED)
        .and_then(secrets::decode)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|original| !is_word(original))
        .unwrap_or_else(|| id.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowed_id_is_never_changed() {
        assert_eq!(spell(Ids::Word, "toolu_01-a"), "toolu_01-a");
        assert_eq!(spell(Ids::Any, "functions.add:0"), "functions.add:0");
        assert_eq!(spell(Ids::Nine, "aB3dE6gH9"), "aB3dE6gH9");
    }

    #[test]
    fn a_forbidden_id_becomes_the_same_digest_for_call_and_result() {
        for rule in [Ids::Word, Ids::Nine, Ids::AtMost(8)] {
            let mut ids = Written::new(rule, true);
            let call = ids.call("functions.add:0");
            assert_eq!(ids.result("functions.add:0"), call);
            assert!(is_word(&call), "{call}");
        }
        assert_eq!(spell(Ids::Nine, "toolu_01").len(), 9);
    }

    #[test]
    fn an_id_that_comes_again_is_told_apart() {
        let mut ids = Written::new(Ids::Word, true);
        let (first, second) = (ids.call("call_0"), ids.call("call_0"));
        assert_eq!(first, "call_0");
        assert_ne!(first, second);
        assert_eq!(ids.result("call_0"), first);
        assert_eq!(ids.result("call_0"), second);
    }

    #[test]
    fn a_spelled_id_comes_back_as_the_provider_wrote_it() {
        let shown = spelled("functions.add:0").into_owned();
        assert!(is_word(&shown));
        assert_eq!(unspelled(Cow::Owned(shown)), "functions.add:0");
        assert_eq!(unspelled(Cow::Borrowed("mt1_abc")), "mt1_abc");
    }
}
