//! What a tool is called with: an object here, a text elsewhere.

use std::borrow::Cow;

use crate::dialects::json::{Fields, Json, Value};
use crate::models::chat::{Call, CallKind};

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
