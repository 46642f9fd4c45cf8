//! Schemas from Google's clients in the form of `OpenAPI`, and JSON schemas for Gemini.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Named, Node, Path, describe, listed, named, whole};
use crate::dialects::gemini::camel;
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::models::chat::Raw;

/// A schema of Google's older form as a JSON schema: types in small letters, `nullable` a type.
pub(in crate::dialects) fn from_open_api(schema: &Raw) -> Raw {
    let node = Node::read(schema);
    Raw::parse(&plain(node).to_text()).unwrap_or_else(|| schema.clone())
}

fn plain(node: Node<'_>) -> Json<'_> {
    let Node::Object(fields) = node else {
        return node.json();
    };
    let nullable = fields
        .iter()
        .any(|(name, node)| name == "nullable" && matches!(node, Node::Leaf("true")));
    let order = order(&fields);
    let mut out = Fields::new();
    for (name, node) in fields {
        let name = camel(&name);
        match (name.as_str(), node) {
            ("nullable" | "propertyOrdering", _) | ("format", Node::Leaf("\"enum\"")) => {}
            ("example", node) => out.put("examples", vec![node.json()]),
            ("type", node @ Node::Leaf(_)) => {
                let word = node.text().unwrap_or_default().to_lowercase();
                if word != "type_unspecified" {
                    out.put(name, typed(word, nullable));
                }
            }
            ("properties" | "$defs" | "definitions" | "defs", Node::Object(mut inner)) => {
                if name == "properties" {
                    inner
                        .sort_by_key(|(name, _)| order.get(&**name).copied().unwrap_or(usize::MAX));
                }
                let inner = inner
                    .into_iter()
                    .map(|(name, node)| (name, plain(node)))
                    .collect();
                out.put(name, Fields(inner));
            }
            ("anyOf" | "oneOf" | "allOf", Node::List(inner)) => {
                let mut inner: Vec<Json<'_>> = inner.into_iter().map(plain).collect();
                if nullable && name == "anyOf" {
                    inner.push(Fields::new().with("type", "null").into());
                }
                out.put(name, inner);
            }
            ("enum", Node::List(inner)) => {
                let mut inner: Vec<Json<'_>> = inner.into_iter().map(Node::json).collect();
                if nullable {
                    inner.push(Json::Null);
                }
                out.put(name, inner);
            }
            ("items" | "additionalProperties", node @ Node::Object(_)) => {
                out.put(name, plain(node));
            }
            (counted, node @ Node::Leaf(_)) if is_count(counted) => {
                // Google spells whole numbers of 64 bits as strings.
                match node.text() {
                    Some(digits) if !digits.is_empty() && is_whole(&digits) => {
                        out.put(name, Json::Raw(Cow::Owned(digits)));
                    }
                    _ => out.put(name, node.json()),
                }
            }
            (_, node) => out.put(name, node.json()),
        }
    }
    Json::Object(out)
}

/// The places of properties that are to come in an order of their own.
fn order(fields: &Named<'_>) -> HashMap<String, usize> {
    let stated = fields.iter().find_map(|(name, node)| match node {
        Node::List(names) if camel(name) == "propertyOrdering" => Some(names),
        _ => None,
    });
    let names = stated.into_iter().flatten().filter_map(Node::text);
    names.zip(0..).collect()
}

fn typed(word: String, nullable: bool) -> Json<'static> {
    if nullable {
        Json::List(vec![word.into(), "null".into()])
    } else {
        word.into()
    }
}

fn is_whole(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_count(name: &str) -> bool {
    matches!(
        name,
        "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties"
    )
}

/// A JSON schema as Gemini takes it; what was moved into words is reported.
pub(in crate::dialects) fn for_gemini<'a>(
    schema: &'a Raw,
    path: &str,
    report: &mut Report,
) -> Json<'a> {
    let node = Node::read(schema);
    told(node, Path::Root(path), report)
}

fn told<'a>(node: Node<'a>, path: Path<'_>, report: &mut Report) -> Json<'a> {
    let fields = match whole(node, &path, report) {
        Node::Object(fields) => fields,
        node => return node.json(),
    };
    let has_values = fields.iter().any(|(name, _)| name == "enum");
    let mut out = Fields::new();
    let mut moved: Vec<String> = Vec::new();
    for (name, node) in fields {
        let kept = name.clone();
        let here = Path::Name(&path, &kept);
        match (&*kept, node) {
            ("not" | "if" | "then" | "else", node) => {
                report.dropped_at(|| here.told());
                moved.push(format!("{name}: {}", node.json().to_text()));
            }
            // One value of a list says the same, and is known to be understood.
            ("const", node) if !has_values => out.put("enum", vec![node.json()]),
            ("properties" | "$defs" | "definitions", Node::Object(inner)) => {
                let inner = named(inner, here, |node, at| told(node, at, report));
                out.put(name, inner);
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Node::List(inner)) => {
                let inner = listed(inner, here, |node, at| told(node, at, report));
                out.put(name, inner);
            }
            ("items", node @ Node::Leaf(_))
            | ("items" | "additionalProperties", node @ Node::Object(_)) => {
                out.put(name, told(node, here, report));
            }
            (_, node) => out.put(name, node.json()),
        }
    }
    if !moved.is_empty() {
        describe(&mut out, &format!("{{{}}}", moved.join(", ")));
    }
    Json::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn googles_older_form_becomes_a_json_schema() {
        let raw = Raw::parse(
            r#"{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true,"format":"enum","enum":["x"]},
            "b":{"type":"ARRAY","min_items":"2","items":{"any_of":[{"type":"INTEGER"}],"nullable":true}}},"propertyOrdering":["b","a"],"required":["a"],"example":{"a":"x"}}"#,
        )
        .unwrap();
        assert_eq!(
            from_open_api(&raw).text(),
            r#"{"type":"object","properties":{"b":{"type":"array","minItems":2,"items":{"anyOf":[{"type":"integer"},{"type":"null"}]}},"a":{"type":["string","null"],"enum":["x",null]}},"required":["a"],"examples":[{"a":"x"}]}"#
        );
    }

    #[test]
    fn what_gemini_does_not_know_moves_into_words() {
        let raw =
            Raw::parse(r#"{"properties":{"a":{"const":1.0,"not":{"type":"string"}}}}"#).unwrap();
        let mut report = Report::default();
        let text = for_gemini(&raw, "s", &mut report).to_text();
        assert_eq!(
            text,
            r#"{"properties":{"a":{"enum":[1.0],"description":"{not: {\"type\":\"string\"}}"}}}"#
        );
        assert_eq!(report.dropped, ["s#/properties/a/not"]);
    }
}
