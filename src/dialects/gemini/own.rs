//! A request that is passed on to Google, without the secrets of other families.
//!
//! A client that changed the model gives back what another family thought, wrapped where Google's
//! own secrets stand. Google refuses what it cannot verify: such thoughts are taken out, and calls
//! get the word that says there is no secret where they must have one.

use super::signatures::SKIP;
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::secrets;

/// A body without foreign secrets; `None` when there are none in it. `signed_calls`: a call must
/// have something in their place.
pub(super) fn without_foreign_secrets(body: &[u8], signed_calls: bool) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let root = Value::parse(text).ok()?.object()?;
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for content in root.list("contents").into_iter().filter_map(Value::object) {
        let Some(value) = content.get("parts") else {
            continue;
        };
        let Some(items) = value.list() else { continue };
        let mut changed = false;
        let parts: Vec<String> = items
            .into_iter()
            .filter_map(|part| match own(part, signed_calls) {
                Part::Kept => Some(part.source().to_owned()),
                Part::Changed(part) => {
                    changed = true;
                    Some(part)
                }
                Part::Gone => {
                    changed = true;
                    None
                }
            })
            .collect();
        if !changed {
            continue;
        }
        let start = value.source().as_ptr() as usize - text.as_ptr() as usize;
        out.push_str(text.get(kept..start)?);
        kept = start + value.source().len();
        if parts.is_empty() {
            out.push_str(r#"[{"text":""}]"#);
        } else {
            out.push_str(&["[", &parts.join(","), "]"].concat());
        }
    }
    if kept == 0 {
        return None;
    }
    out.push_str(text.get(kept..)?);
    Some(out.into_bytes())
}

enum Part {
    Kept,
    Changed(String),
    Gone,
}

fn own(part: Value<'_>, signed_calls: bool) -> Part {
    let Some(fields) = part.object() else {
        return Part::Kept;
    };
    let wrapped = signature(&fields).filter(|value| {
        value
            .text()
            .is_some_and(|data| secrets::unwrap_from_base64(&data).is_some())
    });
    let Some(wrapped) = wrapped else {
        return Part::Kept;
    };
    if fields.get("thought").and_then(Value::truth) == Some(true) {
        return Part::Gone;
    }
    let calls = fields.get("functionCall").or(fields.get("function_call"));
    let mut rest = Fields::new();
    for (name, value) in fields.fields() {
        if value.source().as_ptr() != wrapped.source().as_ptr() {
            rest.put(name.to_owned(), value.raw());
        } else if signed_calls && calls.is_some() {
            rest.put(name.to_owned(), SKIP);
        }
    }
    Part::Changed(Json::Object(rest).to_text())
}

fn signature<'a>(fields: &Object<'a>) -> Option<Value<'a>> {
    fields
        .get("thoughtSignature")
        .or_else(|| fields.get("thought_signature"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::scan::Scan;
    use crate::models::chat::{Family, Secret};

    #[test]
    fn what_others_thought_is_taken_out_and_their_calls_are_marked() {
        let secret = Secret {
            family: Family::Anthropic,
            model: None,
            kind: "signature".into(),
            id: None,
            data: "Eu+/".into(),
        };
        let wrapped = secrets::wrap_in_base64(&secret, "t");
        let body = format!(
            r#"{{"contents":[{{"role":"user","parts":[{{"text":"bXQxLm is no secret"}}]}}, {{"role":"model","parts":[{{"text":"t","thought":true,"thoughtSignature":"{wrapped}"}},{{"text":"a", "thoughtSignature":"Ev+/8A=="}},{{"text":"b","thoughtSignature":"{wrapped}"}},{{"functionCall":{{"name":"f"}},"thought_signature":"{wrapped}"}}]}}],"x": 1.0}}"#
        );
        let own = without_foreign_secrets(body.as_bytes(), true).unwrap();
        assert_eq!(
            String::from_utf8(own).unwrap(),
            format!(
                r#"{{"contents":[{{"role":"user","parts":[{{"text":"bXQxLm is no secret"}}]}}, {{"role":"model","parts":[{{"text":"a", "thoughtSignature":"Ev+/8A=="}},{{"text":"b"}},{{"functionCall":{{"name":"f"}},"thought_signature":"{SKIP}"}}]}}],"x": 1.0}}"#
            )
        );
        // Nobody would have asked otherwise.
        let mut scan = Scan::new(body.as_bytes());
        scan.value(0).unwrap();
        assert!(scan.marked);
        assert_eq!(without_foreign_secrets(br#"{"contents":[]}"#, true), None);
    }
}
