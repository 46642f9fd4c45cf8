//! The model's name within a body of Google's, where the address names it already.

use crate::dialects::scan::{self, Fields, Items};

/// The objects within a request that name its model once more.
const NAMING: [&str; 3] = [
    "requests",
    "generateContentRequest",
    "generate_content_request",
];

/// A body with `model` wherever the client named one: Google refuses a body that names another
/// model than its address. `None` when nothing is to be changed.
pub fn named(body: &[u8], model: &str) -> Option<Vec<u8>> {
    let mut names = Vec::new();
    let mut fields = Fields::of(body).ok()??;
    while let Some(field) = fields.next().ok()? {
        if scan::is_named(field.name, "model") {
            names.push(field.value);
        } else if NAMING.iter().any(|name| scan::is_named(field.name, name)) {
            let one = scan::field(field.value, "model");
            let several = Items::of(field.value).filter_map(|item| scan::field(item, "model"));
            names.extend(one.into_iter().chain(several));
        }
    }
    if names.is_empty() {
        return None;
    }
    let name = serde_json::to_vec(&resource(model)).ok()?;
    let mut out = Vec::with_capacity(body.len() + names.len() * name.len());
    let mut kept = 0;
    for value in names {
        let start = value.as_ptr() as usize - body.as_ptr() as usize;
        out.extend_from_slice(body.get(kept..start)?);
        out.extend_from_slice(&name);
        kept = start + value.len();
    }
    out.extend_from_slice(body.get(kept..)?);
    Some(out)
}

/// A model as the path of a resource.
fn resource(model: &str) -> String {
    if model.starts_with("models/") || model.starts_with("tunedModels/") {
        model.to_owned()
    } else {
        format!("models/{model}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(body: &str, model: &str) -> Option<String> {
        named(body.as_bytes(), model).map(|body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn a_model_is_named_wherever_the_client_named_one() {
        for (body, expected) in [
            (
                r#"{"model": "models/shown", "content":{"parts":[{"text":"model"}]}}"#,
                r#"{"model": "models/real", "content":{"parts":[{"text":"model"}]}}"#,
            ),
            (
                r#"{"requests":[{"model":"models/shown","content":{"model":1.0}}, {"content":{}},{"\u006dodel":"m"}]}"#,
                r#"{"requests":[{"model":"models/real","content":{"model":1.0}}, {"content":{}},{"\u006dodel":"models/real"}]}"#,
            ),
            (
                r#"{"generateContentRequest":{"contents":[],"model":"shown"}}"#,
                r#"{"generateContentRequest":{"contents":[],"model":"models/real"}}"#,
            ),
        ] {
            assert_eq!(written(body, "real").unwrap(), expected);
            assert_eq!(written(body, "models/real").unwrap(), expected);
        }
    }

    #[test]
    fn a_body_without_a_name_stays_as_it_is() {
        for body in [
            r#"{"content":{"model":"m"}}"#,
            r#"{"requests":7}"#,
            "[]",
            "{",
            "",
        ] {
            assert_eq!(written(body, "real"), None, "{body}");
        }
        let tuned = written(r#"{"model":""}"#, "tunedModels/a").unwrap();
        assert_eq!(tuned, r#"{"model":"tunedModels/a"}"#);
    }
}
