//! A request that is passed on to Google, without the secrets of other families.
//!
//! A client that changed the model gives back what another family thought, wrapped where Google's
//! own secrets stand. Google refuses what it cannot verify: such thoughts are taken out, and calls
//! get the word that says there is no secret where they must have one.

use super::signatures::SKIP;
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::report::Report;
use crate::dialects::{Own, secrets};

/// A body without foreign secrets; `None` when there are none in it. `signed_calls`: a call must
/// have something in their place.
pub(super) fn without_foreign_secrets(body: &[u8], signed_calls: bool) -> Option<Own> {
    let text = std::str::from_utf8(body).ok()?;
    let root = Value::parse(text).ok()?.object()?;
    let mut report = Report::default();
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for (number, content) in root.list("contents").into_iter().enumerate() {
        let Some(value) = content.object().and_then(|content| content.get("parts")) else {
            continue;
        };
        let Some(items) = value.list() else { continue };
        let mut changed = false;
        let mut parts: Vec<String> = Vec::with_capacity(items.len());
        for (place, part) in items.into_iter().enumerate() {
            let at = || format!("contents[{number}].parts[{place}]");
            match own(part, signed_calls) {
                Part::Kept => parts.push(part.source().to_owned()),
                Part::Changed(part) => {
                    changed = true;
                    report.hint(at() + ".thoughtSignature");
                    parts.push(part);
                }
                Part::Gone => {
                    changed = true;
                    report.hint(at());
                }
            }
        }
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
    Some(Own {
        body: out.into_bytes(),
        dropped: report.dropped,
        hints: report.hints,
    })
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
            String::from_utf8(own.body).unwrap(),
            format!(
                r#"{{"contents":[{{"role":"user","parts":[{{"text":"bXQxLm is no secret"}}]}}, {{"role":"model","parts":[{{"text":"a", "thoughtSignature":"Ev+/8A=="}},{{"text":"b"}},{{"functionCall":{{"name":"f"}},"thought_signature":"{SKIP}"}}]}}],"x": 1.0}}"#
            )
        );
        assert_eq!(
            own.hints,
            [
                "contents[1].parts[0]",
                "contents[1].parts[2].thoughtSignature",
                "contents[1].parts[3].thoughtSignature"
            ]
        );
        // Nobody would have asked otherwise.
        let mut scan = Scan::new(body.as_bytes());
        scan.value(0).unwrap();
        assert!(scan.marked);
        assert_eq!(without_foreign_secrets(br#"{"contents":[]}"#, true), None);
    }
}
