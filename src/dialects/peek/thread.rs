//! What the requests of one conversation have in common, and who thought in it.

use std::borrow::Cow;

use memchr::memmem;

use crate::dialects::scan::{self, Items};
use crate::dialects::{Dialect, secrets};
use crate::models::chat::Family;

/// What tells a conversation from others: the key that the client gives its prompts, else its
/// beginning up to the first that a user says.
pub fn thread(body: &[u8], dialect: Dialect) -> Option<Cow<'_, [u8]>> {
    if let Some(key) = scan::field(body, "prompt_cache_key").and_then(scan::text) {
        return Some(Cow::Owned(key.into_owned().into_bytes()));
    }
    let turns = scan::field(body, dialect.format().layout().turns)?;
    if turns.first() != Some(&b'[') {
        return Some(Cow::Borrowed(turns));
    }
    let mut end = None;
    for item in Items::of(turns) {
        end = Some(item);
        let role = scan::field(item, "role").and_then(scan::text);
        if role.is_none_or(|role| role == "user") {
            break;
        }
    }
    // An item is a part of the turns it was found in.
    let end = end.map(|item| item.as_ptr() as usize + item.len() - turns.as_ptr() as usize)?;
    Some(Cow::Borrowed(turns.get(..end)?))
}

/// Who thought in a conversation whose thoughts come back with a proof: a family, and the model
/// where that is known.
pub fn thinker(body: &[u8], dialect: Dialect) -> Option<(Family, Option<String>)> {
    if let Some(wrapped) = secrets::last_wrapped(body) {
        return Some((wrapped.family, wrapped.model));
    }
    let (family, mark): (_, &[u8]) = match dialect {
        Dialect::Messages => (Family::Anthropic, b"\"signature\""),
        Dialect::Gemini => (Family::Google, b"\"thoughtSignature\""),
        Dialect::Responses => (Family::OpenAi, b"\"encrypted_content\""),
        _ => return None,
    };
    memmem::find(body, mark).map(|_| (family, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(dialect: Dialect, one: &str, other: &str) -> bool {
        thread(one.as_bytes(), dialect).unwrap() == thread(other.as_bytes(), dialect).unwrap()
    }

    #[test]
    fn a_conversation_is_known_by_its_beginning() {
        let first = r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]}"#;
        let later = r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}],"model":"m"}"#;
        let other =
            r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"z"}]}"#;
        assert!(same(Dialect::Chat, first, later));
        assert!(!same(Dialect::Chat, first, other));
        let input = |text: &str| format!(r#"{{"input":"{text}"}}"#);
        assert!(same(Dialect::Responses, &input("a"), &input("a")));
        assert!(!same(Dialect::Responses, &input("a"), &input("b")));
        assert_eq!(thread(b"{}", Dialect::Chat), None);
        assert_eq!(thread(br#"{"messages":[]}"#, Dialect::Chat), None);
    }

    #[test]
    fn a_key_of_the_client_s_goes_before_the_beginning() {
        let one = r#"{"prompt_cache_key":"k","messages":[{"role":"user","content":"a"}]}"#;
        let other = r#"{"messages":[{"role":"user","content":"b"}],"prompt_cache_key":"k"}"#;
        assert!(same(Dialect::Chat, one, other));
    }

    #[test]
    fn whoever_thought_is_named_by_the_proof() {
        let own = br#"{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"x"}]}]}"#;
        assert_eq!(
            thinker(own, Dialect::Messages),
            Some((Family::Anthropic, None))
        );
        assert_eq!(thinker(br#"{"messages":[]}"#, Dialect::Messages), None);
        let wrapped = secrets::wrap_nothing(Family::Google, Some("gemini-3"), "t");
        let body = format!(r#"{{"messages":[{{"role":"assistant","signature":"{wrapped}"}}]}}"#);
        assert_eq!(
            thinker(body.as_bytes(), Dialect::Messages),
            Some((Family::Google, Some("gemini-3".to_owned())))
        );
    }
}
