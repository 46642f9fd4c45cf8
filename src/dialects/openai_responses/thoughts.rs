//! Items of reasoning, read and written.

use std::borrow::Cow;

use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::{Memory, Shown, secrets};
use crate::models::chat::{Family, Secret, Thinking};

/// What a secret is called in this format.
pub(super) const ENCRYPTED: &str = "encrypted";

/// What stands between the parts of a summary.
pub(super) const BETWEEN: &str = "\n\n";

/// A thought; `None` where an item says nothing.
pub(super) fn read(item: &Object<'_>, family: Family, model: Option<&str>) -> Option<Thinking> {
    let text = text(item);
    let sealed = item.word("encrypted_content").unwrap_or_default();
    if text.is_empty() && sealed.is_empty() {
        return None;
    }
    let mut thought = secrets::restore(text, &sealed, family, ENCRYPTED);
    if let Some(secret) = &mut thought.secret
        && secret.data == sealed
    {
        secret.model = model.map(str::to_owned);
        secret.id = item.word("id");
    }
    let secret = thought.secret.as_ref();
    thought.redacted =
        secret.is_some_and(|secret| secret.kind != "signature") && thought.text.is_empty();
    Some(thought)
}

/// The summary, or the thought itself where a server shows it.
fn text(item: &Object<'_>) -> String {
    for name in ["summary", "content"] {
        let parts: Vec<String> = item
            .list(name)
            .into_iter()
            .filter_map(Value::object)
            .filter_map(|part| part.word("text"))
            .collect();
        if !parts.is_empty() {
            return parts.join(BETWEEN);
        }
    }
    String::new()
}

/// The summary of a thought as a request or an answer has it.
pub(super) fn summary(text: &str) -> Vec<Json<'_>> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![summary_part(text).into()]
}

/// A part of a summary.
pub(super) fn summary_part(text: &str) -> Fields<'_> {
    Fields::new()
        .with("type", "summary_text")
        .with("text", text)
}

/// An item that is being made.
pub(super) fn empty_thought(id: &str) -> Fields<'_> {
    Fields::new()
        .with("id", id)
        .with("type", "reasoning")
        .with("summary", Json::List(Vec::new()))
}

/// What a client is to give back of a thought: OpenAI's own as it is, another's in a wrapper.
pub(super) fn sealed<'a>(
    thought: &'a Thinking,
    model: Option<&str>,
    memory: &Memory,
) -> Option<Cow<'a, str>> {
    if !memory.sealed {
        return None;
    }
    let own = |secret: &Secret| secret.family == Family::OpenAi && secret.kind == ENCRYPTED;
    match &thought.secret {
        Some(secret) if own(secret) => Some(Cow::Borrowed(&secret.data)),
        Some(secret) => Some(Cow::Owned(secrets::wrap(secret, &thought.text))),
        None if thought.text.is_empty() => None,
        None => {
            let family = thought.family.unwrap_or(Family::Other);
            let hidden = memory.thinking != Shown::Whole;
            let text = if hidden { thought.text.as_str() } else { "" };
            Some(Cow::Owned(secrets::wrap_nothing(family, model, text)))
        }
    }
}
