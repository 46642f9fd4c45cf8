//! JSON schemas as Cohere binds a model to them.
//!
//! See <https://docs.cohere.com/docs/structured-outputs>: no alternatives, no ranges and lengths,
//! few formats, and at least one property of each object is required.

use std::borrow::Cow;

use super::{Node, Path, describe, named, whole};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::models::chat::Raw;

/// Keywords that are not taken: they move into words.
const UNKNOWN: &[&str] = &[
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
];

/// Formats of strings that are taken.
const FORMATS: &[&str] = &["date-time", "uuid", "date", "time"];

/// What no pattern may have.
const PATTERNS: &[&str] = &["^", "$", "?=", "?!"];

/// A schema as Cohere binds a model to it; what was moved or dropped is reported.
pub(in crate::dialects) fn for_cohere<'a>(
    schema: &'a Raw,
    path: &str,
    report: &mut Report,
) -> Json<'a> {
    let node = Node::read(schema);
    bound(node, Path::Root(path), report)
}

fn bound<'a>(node: Node<'a>, path: Path<'_>, report: &mut Report) -> Json<'a> {
    let fields = match whole(node, &path, report) {
        Node::Object(fields) => fields,
        node => return node.json(),
    };
    let mut out = Fields::new();
    let mut moved: Vec<String> = Vec::new();
    for (name, node) in fields {
        let kept = name.clone();
        let here = Path::Name(&path, &kept);
        match (&*kept, node) {
            ("properties" | "$defs" | "definitions", Node::Object(inner)) => {
                let inner = named(inner, here, |node, at| bound(node, at, report));
                out.put(name, inner);
            }
            ("items", node @ (Node::Object(_) | Node::Leaf(_))) => {
                out.put(name, bound(node, here, report));
            }
            ("anyOf" | "oneOf", Node::List(inner)) => {
                report.dropped_at(|| here.told());
                let others = first(inner, here, report, &mut out);
                if !others.is_empty() {
                    moved.push(format!("or: {}", Json::List(others).to_text()));
                }
            }
            // Nothing is made that has no property.
            ("additionalProperties", Node::Leaf("false")) => {}
            ("additionalProperties", _) => report.dropped_at(|| here.told()),
            (keyword, node) if !is_taken(keyword, &node) => {
                report.dropped_at(|| here.told());
                moved.push(format!("{name}: {}", node.json().to_text()));
            }
            (_, node) => out.put(name, node.json()),
        }
    }
    require(&mut out, path, report);
    if !moved.is_empty() {
        describe(&mut out, &format!("{{{}}}", moved.join(", ")));
    }
    Json::Object(out)
}

fn is_taken(keyword: &str, node: &Node<'_>) -> bool {
    let text = node.text();
    match keyword {
        "format" => text.is_some_and(|word| FORMATS.contains(&&*word)),
        "pattern" => text.is_some_and(|text| !PATTERNS.iter().any(|part| text.contains(part))),
        keyword => !UNKNOWN.contains(&keyword),
    }
}

/// Of alternatives the first that is more than nothing: what fits it fits all of them. The others
/// come back.
fn first<'a>(
    mut alternatives: Vec<Node<'a>>,
    path: Path<'_>,
    report: &mut Report,
    out: &mut Fields<'a>,
) -> Vec<Json<'a>> {
    let chosen = alternatives.iter().position(is_more_than_nothing);
    if let Some(place) = chosen
        && let Json::Object(fields) = bound(
            alternatives.remove(place),
            Path::Place(&path, place),
            report,
        )
    {
        for (name, value) in fields.0 {
            if !out.0.iter().any(|(known, _)| *known == name) {
                out.put(name, value);
            }
        }
    }
    alternatives.into_iter().map(Node::json).collect()
}

fn is_more_than_nothing(node: &Node<'_>) -> bool {
    let null = |(name, node): &(Cow<'_, str>, Node<'_>)| {
        name == "type" && matches!(node, Node::Leaf("\"null\""))
    };
    matches!(node, Node::Object(fields) if !fields.iter().any(null))
}

/// Requires the first property of an object that requires none.
fn require(out: &mut Fields<'_>, path: Path<'_>, report: &mut Report) {
    let get = |name: &str| out.0.iter().position(|(known, _)| known == name);
    let Some(Json::Object(properties)) = get("properties").map(|place| &out.0[place].1) else {
        return;
    };
    let Some((name, _)) = properties.0.first() else {
        return;
    };
    let required = Json::List(vec![Json::from(name.clone().into_owned())]);
    match get("required") {
        Some(place) if matches!(&out.0[place].1, Json::List(names) if names.is_empty()) => {
            out.0[place].1 = required;
        }
        Some(_) => return,
        None => out.put("required", required),
    }
    report.clamped(Path::Name(&path, "required").told());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(schema: &str) -> (String, Report) {
        let mut report = Report::default();
        let raw = Raw::parse(schema).unwrap();
        let text = for_cohere(&raw, "s", &mut report).to_text();
        (text, report)
    }

    #[test]
    fn what_cohere_takes_stays_as_it_is() {
        let schema = r#"{"type":"object","properties":{"a":{"type":"string","format":"date","description":"d"},"b":{"type":"array","items":{"enum":[1.0,2]}},"c":{"pattern":"[a-z]+"}},"required":["a"]}"#;
        let (text, report) = written(schema);
        assert_eq!(text, schema);
        assert!(report.dropped.is_empty() && report.clamped.is_empty());
    }

    #[test]
    fn what_cohere_does_not_know_moves_into_words() {
        let (text, report) = written(
            r#"{"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer","minimum":1},"b":{"pattern":"^x$","format":"email"}},"required":["a"]}"#,
        );
        assert_eq!(
            text,
            r#"{"type":"object","properties":{"a":{"type":"integer","description":"{minimum: 1}"},"b":{"description":"{pattern: \"^x$\", format: \"email\"}"}},"required":["a"]}"#
        );
        let lost = ["a/minimum", "b/pattern", "b/format"];
        assert_eq!(report.dropped, lost.map(|at| format!("s#/properties/{at}")));
    }

    #[test]
    fn of_alternatives_the_first_is_bound() {
        let (text, report) = written(
            r#"{"properties":{"a":{"anyOf":[{"type":"null"},{"type":"string"}]}},"required":[]}"#,
        );
        assert_eq!(
            text,
            r#"{"properties":{"a":{"type":"string","description":"{or: [{\"type\":\"null\"}]}"}},"required":["a"]}"#
        );
        assert_eq!(report.dropped, ["s#/properties/a/anyOf"]);
        assert_eq!(report.clamped, ["s#/required"]);
    }
}
