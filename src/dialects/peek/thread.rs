//! What the requests of one conversation have in common, and whose thoughts it carries.

use memchr::memmem;

use crate::dialects::scan::{self, Items};
use crate::dialects::{Dialect, secrets};
use crate::models::abilities::Abilities;
use crate::models::chat::{Family, Secret};

/// By what the requests of one conversation are known.
#[derive(Debug, PartialEq, Eq)]
pub struct Thread {
    /// The same in each of them, and hardly in others.
    pub key: Vec<u8>,
    /// Whether what was said before is not in the request but stored with whoever answered.
    pub stored: bool,
}

/// The fields that name what is stored with a provider.
const STORED: &[&str] = &["previous_response_id", "conversation"];

/// What tells a conversation from others: what it refers to, the key or session that the client
/// names, else its beginning up to the first that a user says.
pub fn thread(body: &[u8], dialect: Dialect) -> Option<Thread> {
    let of = |key: Vec<u8>, stored| Some(Thread { key, stored });
    if dialect == Dialect::Responses {
        let mut named = STORED.iter().filter_map(|name| scan::field(body, name));
        if let Some(named) = named.find_map(name) {
            return of(named, true);
        }
    }
    let named = scan::field(body, "prompt_cache_key").and_then(name);
    if let Some(named) = named.or_else(|| session(body, dialect)) {
        return of(named, false);
    }
    let turns = scan::field(body, dialect.format().layout().turns)?;
    if turns.first() != Some(&b'[') {
        return of(turns.to_vec(), false);
    }
    let mut beginning = Vec::new();
    for item in Items::of(turns) {
        beginning.extend_from_slice(item);
        let role = scan::field(item, "role").and_then(scan::text);
        if role.is_none_or(|role| role == "user") {
            break;
        }
    }
    (!beginning.is_empty()).then_some(Thread {
        key: beginning,
        stored: false,
    })
}

/// A name, as a text or as the `id` of an object.
fn name(value: &[u8]) -> Option<Vec<u8>> {
    let id = || scan::field(value, "id").and_then(scan::text);
    let name = scan::text(value).or_else(id)?;
    (!name.is_empty()).then(|| name.into_owned().into_bytes())
}

/// The session that Claude Code names beside its user.
fn session(body: &[u8], dialect: Dialect) -> Option<Vec<u8>> {
    if dialect != Dialect::Messages {
        return None;
    }
    let user = scan::field(scan::field(body, "metadata")?, "user_id").and_then(name)?;
    memmem::find(&user, b"session")?;
    Some(user)
}

/// The proof of the last thought that a conversation carries: of whom it names no model, it is of
/// its family's format.
pub fn proof(body: &[u8], dialect: Dialect) -> Option<Secret> {
    if let Some(wrapped) = secrets::last_wrapped(body) {
        return Some(wrapped);
    }
    let (family, kind) = match dialect {
        Dialect::Messages => (Family::Anthropic, "signature"),
        Dialect::Gemini => (Family::Google, "thoughtSignature"),
        Dialect::Responses => (Family::OpenAi, "encrypted_content"),
        _ => return None,
    };
    memmem::find(body, format!("\"{kind}\"").as_bytes())?;
    Some(Secret {
        family,
        model: None,
        kind: kind.to_owned(),
        id: None,
        data: String::new(),
    })
}

/// Whether a target can verify such a proof: it is of the family and the model that gave it.
pub fn verifies(target: &Abilities, model: &str, proof: &Secret) -> bool {
    secrets::verifies(target, model, proof)
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
        let session = |id: &str, text: &str| {
            format!(
                r#"{{"metadata":{{"user_id":"user_1_session_{id}"}},"messages":[{{"role":"user","content":"{text}"}}]}}"#
            )
        };
        assert!(same(
            Dialect::Messages,
            &session("1", "a"),
            &session("1", "b")
        ));
        assert!(!same(
            Dialect::Messages,
            &session("1", "a"),
            &session("2", "a")
        ));
    }

    #[test]
    fn what_is_stored_elsewhere_is_known_by_its_name() {
        for body in [
            r#"{"previous_response_id":"it","input":"a","prompt_cache_key":"k"}"#,
            r#"{"conversation":"it","input":"a"}"#,
            r#"{"conversation":{"id":"it"},"input":"b"}"#,
        ] {
            let thread = thread(body.as_bytes(), Dialect::Responses).unwrap();
            assert_eq!((thread.key.as_slice(), thread.stored), (&b"it"[..], true));
        }
        let nothing = br#"{"previous_response_id":null,"input":"a"}"#;
        assert!(!thread(nothing, Dialect::Responses).unwrap().stored);
    }

    #[test]
    fn thoughts_are_for_the_model_whose_proof_they_carry() {
        let claude = Abilities {
            family: Family::Anthropic,
            ..Abilities::default()
        };
        let own = br#"{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"x"}]}]}"#;
        let own = proof(own, Dialect::Messages).unwrap();
        assert!(verifies(&claude, "claude-opus-4-6", &own));
        assert!(!verifies(&Abilities::default(), "gpt-5", &own));
        assert_eq!(proof(br#"{"messages":[]}"#, Dialect::Messages), None);

        let dated = Some("claude-sonnet-4-5-20250929");
        let wrapped = secrets::wrap_nothing(Family::Anthropic, dated, "t");
        let body = format!(r#"{{"messages":[{{"role":"assistant","signature":"{wrapped}"}}]}}"#);
        let proof = proof(body.as_bytes(), Dialect::Chat).unwrap();
        assert!(verifies(&claude, "claude-sonnet-4-5", &proof));
        assert!(!verifies(&claude, "claude-opus-4-5", &proof));
    }
}
