//! What a provider says is wrong inside its stream.

use std::sync::Arc;

use crate::dialects::json::{Fields, Value};
use crate::dialects::{Dialect, sse};
use crate::models::refusal::{Refusal, Situation};
use crate::providers::Provider;

/// What an event says is wrong, in the place that every provider has for it; `None` where it says
/// nothing of the kind.
pub(super) fn said_wrong(upstream: Dialect, event: &sse::Event<'_>) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(&event.data).ok()?;
    let root = Value::parse(text.trim()).ok()?.object()?;
    if root.get("error").is_some_and(Value::is_object) {
        return Some(event.data.to_vec());
    }
    let said = upstream.wire().read_error(&event.data);
    if said.message.is_empty() {
        return None;
    }
    let error = Fields::new()
        .with("message", said.message)
        .with("type", said.kind)
        .with("code", said.code);
    Some(Fields::new().with("error", error).bytes())
}

/// A text without the credentials of whoever said it.
pub(super) fn cleaned(provider: Option<&Arc<dyn Provider>>, text: &str) -> String {
    match provider {
        Some(provider) => provider.clean(text),
        None => text.to_owned(),
    }
}

/// A stream that broke off.
pub(super) fn interrupted(message: &str) -> Refusal {
    Refusal::new(Situation::StreamInterrupted, message)
}
