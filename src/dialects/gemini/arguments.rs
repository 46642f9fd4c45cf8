//! What a tool is called with: an object here, a text elsewhere.

use std::borrow::Cow;

use crate::dialects::json::{Fields, Json, Value};
use crate::models::chat::{Call, CallKind, Stop};

/// Arguments as an object, and whether they are one as they stand; `None` for those that were
/// cut off.
pub(super) fn object(call: &Call) -> (Option<Json<'_>>, bool) {
    let text = call.arguments.as_str();
    match (call.kind, Value::parse(text)) {
        (CallKind::Custom, _) => (Some(Fields::new().with("input", text).into()), true),
        (_, Ok(value)) if value.raw().is_object() => {
            (Some(Json::Raw(Cow::Borrowed(text.trim()))), true)
        }
        (_, Ok(value)) => {
            let shown = Json::Raw(Cow::Owned(value.source().to_owned()));
            (Some(Fields::new().with("input", shown).into()), false)
        }
        (_, Err(_)) => (None, false),
    }
}

/// Why a call whose arguments are no object cannot be told; `None` where the answer itself says
/// that it was cut off, or there are no arguments at all.
pub(super) fn unsayable(call: &Call, stop: Option<&Stop>) -> Option<String> {
    let cut = matches!(stop, Some(Stop::Length | Stop::Filter));
    let said = !cut && !call.arguments.trim().is_empty();
    said.then(|| {
        format!(
            "the model called {} with arguments that are no JSON",
            call.name
        )
    })
}
