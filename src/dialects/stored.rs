//! What a request refers to that is stored with a provider, and what it asks to be stored.
//!
//! Such a conversation is not in the request: another provider's model would answer a different
//! one, so the call is refused rather than translated.

use super::Unsupported;
use super::json::Value;
use crate::models::chat::{Content, Extra, Family, Raw, Request, Spelling};

/// Fields of responses whose conversation is elsewhere.
const ELSEWHERE: &[&str] = &[
    "previous_response_id",
    "conversation",
    "prompt",
    "background",
];

/// Refuses a request that cannot be told in another dialect because of what is stored.
pub(super) fn refuse(request: &Request) -> Result<(), Unsupported> {
    match first(request) {
        Some(param) => {
            let instead = if param == "background" {
                "wait for the answer"
            } else {
                "send the whole conversation"
            };
            Err(Unsupported {
                message: format!(
                    "the model's provider does not store what {param} needs; {instead} instead"
                ),
                param,
            })
        }
        None => Ok(()),
    }
}

/// The first field that refers to something stored.
pub(super) fn first(request: &Request) -> Option<String> {
    if request.family == Family::Google {
        let cached = |extra: &&Extra| extra.name == "cachedContent" && !extra.value.is_null();
        return request
            .extras
            .iter()
            .find(cached)
            .map(|extra| extra.name.clone());
    }
    if request.spelling != Spelling::Responses {
        return None;
    }
    let field = request
        .extras
        .iter()
        .find(|extra| ELSEWHERE.contains(&extra.name.as_str()) && extra.value.text() != "false");
    if let Some(field) = field {
        return Some(field.name.clone());
    }
    let mut blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
    let reference = blocks.find(|block| match &block.content {
        Content::Server {
            family: Family::OpenAi,
            raw,
        } => is_reference(raw),
        _ => false,
    });
    reference.map(|block| block.at.clone())
}

fn is_reference(item: &Raw) -> bool {
    let fields = Value::parse(item.text()).ok().and_then(Value::object);
    fields.is_some_and(|fields| fields.text("type").as_deref() == Some("item_reference"))
}
