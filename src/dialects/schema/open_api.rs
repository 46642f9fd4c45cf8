//! Schemas for those models of Google's that take the part of JSON Schema which `OpenAPI` 3.0 has:
//! no references, no alternatives of types, numbers in no list.

use std::borrow::Cow;

use super::{DEEPEST, Node, Parser, Path, describe};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::models::chat::Raw;

/// How many pieces a schema may have once its references are written out.
const LARGEST: usize = 10_000;

/// Keywords that are taken as they are.
const PLAIN: &[&str] = &[
    "title",
    "description",
    "default",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
    "pattern",
    "required",
    "nullable",
    "propertyOrdering",
];

/// Keywords that say nothing of the value.
const SILENT: &[&str] = &[
    "$schema",
    "$id",
    "$anchor",
    "$comment",
    "$defs",
    "definitions",
];

/// Formats that are checked.
const FORMATS: &[&str] = &["enum", "date-time", "float", "double", "int32", "int64"];

/// A schema in `OpenAPI`'s form; what was moved, widened or dropped is reported.
pub(in crate::dialects) fn to_open_api<'a>(
    schema: &'a Raw,
    path: &str,
    report: &mut Report,
) -> Json<'a> {
    let root = Parser::new(schema.text()).value(0);
    let mut writer = Writer {
        root: &root,
        report,
        left: LARGEST,
        depth: 0,
        within: Vec::new(),
    };
    writer.schema(&root, Path::Root(path))
}

type Members<'a> = Vec<(Cow<'a, str>, Node<'a>)>;

struct Writer<'n, 'a, 'r> {
    root: &'n Node<'a>,
    report: &'r mut Report,
    left: usize,
    depth: usize,
    /// The references that are being written out.
    within: Vec<String>,
}

impl<'a> Writer<'_, 'a, '_> {
    fn schema(&mut self, node: &Node<'a>, path: Path<'_>) -> Json<'a> {
        let Node::Object(fields) = node else {
            // `true` is any value.
            return Fields::new().into();
        };
        if self.depth == DEEPEST {
            self.report.dropped_at(|| path.told());
            return Fields::new().with("type", "OBJECT").into();
        }
        self.depth += 1;
        let written = self.object(fields, path);
        self.depth -= 1;
        written
    }

    fn object(&mut self, fields: &Members<'a>, path: Path<'_>) -> Json<'a> {
        self.left = self.left.saturating_sub(1);
        let reference = fields
            .iter()
            .find_map(|(name, node)| (name == "$ref").then(|| node.text().unwrap_or_default()));
        if let Some(reference) = reference {
            return self.referred(reference, fields, path);
        }
        let mut merged: Members<'a> = Vec::new();
        self.merge(fields, path, &mut merged);
        self.members(&merged, path)
    }

    /// What a reference stands for, with what is said beside it.
    fn referred(&mut self, reference: String, beside: &Members<'a>, path: Path<'_>) -> Json<'a> {
        let found = self.find(&reference);
        let (Some(found), false, true) = (found, self.within.contains(&reference), self.left > 0)
        else {
            // What refers to itself has no end written out.
            self.report.dropped_at(|| Path::Name(&path, "$ref").told());
            return Fields::new().with("type", "OBJECT").into();
        };
        let mut whole = found;
        if let Node::Object(members) = &mut whole {
            for (name, node) in beside {
                if name != "$ref" {
                    members.retain(|(known, _)| known != name);
                    members.push((name.clone(), node.clone()));
                }
            }
        }
        self.within.push(reference);
        let written = self.schema(&whole, path);
        self.within.pop();
        written
    }

    /// The schema at a pointer such as `#/$defs/x`.
    fn find(&self, reference: &str) -> Option<Node<'a>> {
        let mut at = self.root;
        for name in reference.strip_prefix('#')?.split('/').skip(1) {
            let name = name.replace("~1", "/").replace("~0", "~");
            let Node::Object(fields) = at else {
                return None;
            };
            at = fields
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, node)| node)?;
        }
        Some(at.clone())
    }

    /// The members of a schema and of all that must hold together with it.
    fn merge(&mut self, fields: &Members<'a>, path: Path<'_>, into: &mut Members<'a>) {
        for member in fields {
            let (name, node) = member;
            match (&**name, node) {
                ("allOf", Node::List(all)) => {
                    self.report.dropped_at(|| Path::Name(&path, "allOf").told());
                    for one in all {
                        let one = self.dereferenced(one);
                        if let Node::Object(inner) = &one
                            && self.left > 0
                            && self.depth < DEEPEST
                        {
                            self.left -= 1;
                            self.depth += 1;
                            self.merge(inner, path, into);
                            self.depth -= 1;
                        }
                    }
                }
                _ => add(into, member),
            }
        }
    }

    /// A reference as what it stands for, where that is not being written out already.
    fn dereferenced(&self, node: &Node<'a>) -> Node<'a> {
        let Node::Object(fields) = node else {
            return node.clone();
        };
        fields
            .iter()
            .find(|(name, _)| name == "$ref")
            .and_then(|(_, node)| node.text())
            .filter(|reference| !self.within.contains(reference))
            .and_then(|reference| self.find(&reference))
            .unwrap_or_else(|| node.clone())
    }

    fn members(&mut self, fields: &Members<'a>, path: Path<'_>) -> Json<'a> {
        let mut out = Fields::new();
        let mut moved: Vec<String> = Vec::new();
        for (name, node) in fields {
            let here = Path::Name(&path, name);
            match (&**name, node) {
                ("type", node) => self.kind(node, &mut out, here),
                ("enum", Node::List(values)) => {
                    if !texts(values, &mut out) {
                        self.report.dropped_at(|| here.told());
                        moved.push(format!("enum: {}", node.clone().json().to_text()));
                    }
                }
                ("const", value) => {
                    if !texts(std::slice::from_ref(value), &mut out) {
                        self.report.dropped_at(|| here.told());
                        moved.push(format!("const: {}", value.clone().json().to_text()));
                    }
                }
                ("properties", Node::Object(inner)) => {
                    let inner = inner
                        .iter()
                        .map(|(name, node)| {
                            let node = self.schema(node, Path::Name(&here, name));
                            (name.clone(), node)
                        })
                        .collect();
                    out.put("properties", Fields(inner));
                }
                ("items", node @ Node::Object(_)) => out.put("items", self.schema(node, here)),
                ("anyOf" | "oneOf", Node::List(inner)) => {
                    if name == "oneOf" {
                        self.report.dropped_at(|| here.told());
                    }
                    self.any(inner, &mut out, here);
                }
                ("additionalProperties", Node::Leaf(_)) => {}
                ("format", node) if node.text().is_some_and(|word| FORMATS.contains(&&*word)) => {
                    out.put("format", node.clone().json());
                }
                (plain, node) if PLAIN.contains(&plain) => {
                    out.put(name.clone(), node.clone().json());
                }
                (silent, _) if SILENT.contains(&silent) => {}
                (_, node) => {
                    self.report.dropped_at(|| here.told());
                    moved.push(format!("{name}: {}", node.clone().json().to_text()));
                }
            }
        }
        if !moved.is_empty() {
            describe(&mut out, &format!("{{{}}}", moved.join(", ")));
        }
        Json::Object(out)
    }

    /// Types in capitals; of several each becomes an alternative.
    fn kind(&mut self, node: &Node<'a>, out: &mut Fields<'a>, path: Path<'_>) {
        let mut words: Vec<String> = match node {
            Node::List(words) => words.iter().filter_map(Node::text).collect(),
            node => node.text().into_iter().collect(),
        };
        let before = words.len();
        words.retain(|word| word != "null");
        if words.len() < before && !words.is_empty() {
            out.put("nullable", true);
        }
        match words.as_slice() {
            [] => out.put("type", "NULL"),
            [one] => out.put("type", one.to_uppercase()),
            several => {
                self.report.dropped_at(|| path.told());
                let several: Vec<Json<'a>> = several
                    .iter()
                    .map(|word| Fields::new().with("type", word.to_uppercase()).into())
                    .collect();
                out.put("anyOf", several);
            }
        }
    }

    /// Alternatives; that of `null` is said otherwise.
    fn any(&mut self, nodes: &[Node<'a>], out: &mut Fields<'a>, path: Path<'_>) {
        let is_null = |node: &Node<'_>| {
            matches!(node, Node::Object(fields)
                if matches!(fields.as_slice(), [(name, Node::Leaf("\"null\""))] if name == "type"))
        };
        let mut written = Vec::new();
        for (place, node) in nodes.iter().enumerate() {
            if is_null(node) {
                out.put("nullable", true);
            } else {
                written.push(self.schema(node, Path::Place(&path, place)));
            }
        }
        out.put("anyOf", written);
    }
}

/// Values in a list, which only strings may be; whether they all are.
fn texts<'a>(values: &[Node<'a>], out: &mut Fields<'a>) -> bool {
    let all = values
        .iter()
        .all(|value| matches!(value, Node::Leaf(text) if text.starts_with('"') || *text == "null"));
    if all {
        let words: Vec<Json<'a>> = values
            .iter()
            .filter(|value| !matches!(value, Node::Leaf("null")))
            .map(|value| value.clone().json())
            .collect();
        if !words.is_empty() {
            out.put("enum", words);
        }
    }
    all
}

/// Adds a member to others that hold too: names and properties are joined, the first of the rest
/// counts.
fn add<'a>(into: &mut Members<'a>, (name, node): &(Cow<'a, str>, Node<'a>)) {
    let known = into.iter_mut().find(|(known, _)| known == name);
    match (known, node) {
        (None, node) => into.push((name.clone(), node.clone())),
        (Some((_, Node::Object(mine))), Node::Object(theirs)) if name == "properties" => {
            mine.extend(theirs.iter().cloned());
        }
        (Some((_, Node::List(mine))), Node::List(theirs)) if name == "required" => {
            mine.extend(theirs.iter().cloned());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(schema: &str) -> (String, Vec<String>) {
        let raw = Raw::parse(schema).unwrap();
        let mut report = Report::default();
        let text = to_open_api(&raw, "s", &mut report).to_text();
        (text, report.dropped)
    }

    #[test]
    fn references_are_written_out_and_end_where_they_refer_to_themselves() {
        let (text, lost) = written(
            r##"{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"left":{"$ref":"#/$defs/tree"},"name":{"$ref":"#/$defs/name"}}},"name":{"type":["string","null"]}}}"##,
        );
        assert_eq!(
            text,
            r#"{"type":"OBJECT","properties":{"left":{"type":"OBJECT"},"name":{"nullable":true,"type":"STRING"}}}"#
        );
        assert_eq!(lost, ["s#/properties/left/$ref"]);
    }

    #[test]
    fn what_the_older_form_lacks_is_widened_moved_or_left_out_and_told() {
        let (text, lost) = written(
            r#"{"type":"object","allOf":[{"properties":{"a":{"const":"x"}},"required":["a"]}],"properties":{"b":{"oneOf":[{"type":"integer","multipleOf":2},{"type":"null"}]},"c":{"enum":[1,2]}},"additionalProperties":false}"#,
        );
        assert_eq!(
            text,
            r#"{"type":"OBJECT","properties":{"a":{"enum":["x"]},"b":{"nullable":true,"anyOf":[{"type":"INTEGER","description":"{multipleOf: 2}"}]},"c":{"description":"{enum: [1,2]}"}},"required":["a"]}"#
        );
        assert_eq!(
            lost,
            [
                "s#/allOf",
                "s#/properties/b/oneOf",
                "s#/properties/b/oneOf/0/multipleOf",
                "s#/properties/c/enum"
            ]
        );
    }

    #[test]
    fn a_schema_that_doubles_at_each_step_stays_small() {
        let mut defs = vec![r#""d0":{"type":"string"}"#.to_owned()];
        for step in 1..40 {
            let before = format!("{{\"$ref\":\"#/$defs/d{}\"}}", step - 1);
            defs.push(format!(r#""d{step}":{{"anyOf":[{before},{before}]}}"#));
        }
        let schema = format!(
            r##"{{"$ref":"#/$defs/d39","$defs":{{{}}}}}"##,
            defs.join(",")
        );
        assert!(written(&schema).0.len() < 2_000_000);
    }
}
