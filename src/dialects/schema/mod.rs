//! JSON schemas in the subsets that providers bind a model to.

mod cohere;
mod google;

use std::borrow::Cow;
use std::collections::HashSet;

use super::json::{Fields, Json, compact};
use super::report::{self, Report};
use super::scan::{self, Fault, Scan};
use crate::models::abilities::Abilities;
use crate::models::chat::{Family, Raw};

pub(super) use self::cohere::for_cohere;
pub(super) use self::google::{for_gemini, from_open_api};

/// Formats of strings that Anthropic checks.
const FORMATS: &[&str] = &[
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
    "uuid",
];

/// Keywords Anthropic takes whose values are no schemas.
const PLAIN: &[&str] = &[
    "type",
    "enum",
    "const",
    "$ref",
    "required",
    "title",
    "description",
    "default",
    "$schema",
    "$id",
    "$anchor",
    "$comment",
];

/// A piece of a schema whose leaves are as they were written.
#[derive(Debug, Clone)]
enum Node<'a> {
    Object(Named<'a>),
    List(Vec<Node<'a>>),
    Leaf(&'a str),
}

/// Pieces with their names, in order.
type Named<'a> = Vec<(Cow<'a, str>, Node<'a>)>;

/// Where in a schema something is; spelt out only where it is told.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root(&'p str),
    Name(&'p Path<'p>, &'p str),
    Place(&'p Path<'p>, usize),
}

impl Path<'_> {
    /// A pointer, such as `schema#/properties/age/minimum`.
    fn told(&self) -> String {
        let mut names: Vec<Cow<'_, str>> = Vec::new();
        let mut at = *self;
        let root = loop {
            match at {
                Path::Root(root) => break root,
                Path::Name(outer, name) => {
                    let name: String = name.chars().take(report::LONGEST).collect();
                    names.push(Cow::Owned(name.replace('~', "~0").replace('/', "~1")));
                    at = *outer;
                }
                Path::Place(outer, place) => {
                    names.push(Cow::Owned(place.to_string()));
                    at = *outer;
                }
            }
        };
        names.reverse();
        format!("{root}#/{}", names.join("/"))
    }
}

/// A schema that is `true` or `false` as an object that says it, for formats that have objects
/// alone: what nothing fits cannot be said, and is reported.
fn whole<'a>(node: Node<'a>, path: &Path<'_>, report: &mut Report) -> Node<'a> {
    match node {
        Node::Leaf("true") => Node::Object(Vec::new()),
        Node::Leaf("false") => {
            report.dropped_at(|| path.told());
            Node::Object(Vec::new())
        }
        node => node,
    }
}

/// A schema as Anthropic binds a model to it; what was moved, widened or dropped is reported.
pub(super) fn for_messages<'a>(schema: &'a Raw, path: &str, report: &mut Report) -> Json<'a> {
    let node = Node::read(schema);
    narrow(node, Path::Root(path), report)
}

/// A schema of a tool: an object, whatever the client left out.
pub(super) fn of_tool(schema: &Raw) -> Json<'_> {
    let Node::Object(fields) = Node::read(schema) else {
        return schema.into();
    };
    if fields.iter().any(|(name, _)| name == "type") {
        return schema.into();
    }
    let typed = Fields(vec![("type".into(), "object".into())]);
    let rest = fields.into_iter().map(|(name, node)| (name, node.json()));
    Json::Object(Fields(typed.0.into_iter().chain(rest).collect()))
}

/// A schema that says what it is for, where its format has no other place for that.
pub(super) fn described<'a>(schema: Json<'a>, words: Option<&str>) -> Json<'a> {
    match (schema, words) {
        (Json::Object(mut fields), Some(words)) => {
            let said = fields.0.iter().find(|(name, _)| name == "description");
            if said.is_none_or(|(_, said)| said.to_text() != Json::from(words).to_text()) {
                describe(&mut fields, words);
            }
            Json::Object(fields)
        }
        (schema, _) => schema,
    }
}

/// Whether a model can be bound to a schema: OpenAI's own only to one of an object.
pub(super) fn binds(schema: &Raw, target: &Abilities) -> bool {
    target.structured_output && (target.family != Family::OpenAi || is_of_object(schema))
}

/// Whether what a schema describes may be an object.
pub(super) fn is_of_object(schema: &Raw) -> bool {
    match Node::read(schema) {
        Node::Object(fields) => {
            is_object(&fields) || !fields.iter().any(|(name, _)| name == "type")
        }
        _ => false,
    }
}

/// A schema in words, for a model that cannot be bound to it.
pub(super) fn in_words(schema: &Raw) -> String {
    format!(
        "Answer with JSON alone, in the form of this JSON schema:\n{}",
        compact(schema.text())
    )
}

/// Whether a schema is in the form that OpenAI binds a model to; where it is not is reported.
pub(super) fn is_strict(schema: &Raw, path: &str, report: &mut Report) -> bool {
    let node = Node::read(schema);
    strict(&node, Path::Root(path), report)
}

fn strict(node: &Node<'_>, path: Path<'_>, report: &mut Report) -> bool {
    let Node::Object(fields) = node else {
        return true;
    };
    let get = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name);
        found.map(|(_, node)| node)
    };
    let mut fits = true;
    if is_object(fields) && !matches!(get("additionalProperties"), Some(Node::Leaf("false"))) {
        fits = false;
        report.dropped_at(|| Path::Name(&path, "additionalProperties").told());
    }
    let required: HashSet<String> = match get("required") {
        Some(Node::List(names)) => names.iter().filter_map(Node::text).collect(),
        _ => HashSet::new(),
    };
    for (name, node) in fields {
        let here = Path::Name(&path, name);
        match (&**name, node) {
            ("oneOf" | "allOf" | "not" | "if" | "then" | "else" | "default", _) => {
                fits = false;
                report.dropped_at(|| here.told());
            }
            ("properties", Node::Object(inner)) => {
                for (name, node) in inner {
                    let here = Path::Name(&here, name);
                    if !required.contains(&**name) {
                        fits = false;
                        report.dropped_at(|| here.told());
                    }
                    fits &= strict(node, here, report);
                }
            }
            ("$defs" | "definitions", Node::Object(inner)) => {
                for (name, node) in inner {
                    fits &= strict(node, Path::Name(&here, name), report);
                }
            }
            ("anyOf", Node::List(inner)) => {
                for (place, node) in inner.iter().enumerate() {
                    fits &= strict(node, Path::Place(&here, place), report);
                }
            }
            ("items", node) => fits &= strict(node, here, report),
            _ => {}
        }
    }
    fits
}

fn is_object(fields: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    fields.iter().any(|(name, node)| match (&**name, node) {
        ("properties", _) => true,
        ("type", Node::Leaf(word)) => *word == "\"object\"",
        ("type", Node::List(words)) => words
            .iter()
            .any(|word| matches!(word, Node::Leaf("\"object\""))),
        _ => false,
    })
}

/// Whether an object may have any properties and names none.
fn is_map(fields: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    fields.iter().all(|(name, node)| match (&**name, node) {
        ("properties", Node::Object(inner)) => inner.is_empty(),
        ("$ref" | "anyOf" | "oneOf" | "allOf" | "enum" | "const", _)
        | ("additionalProperties", Node::Leaf("false")) => false,
        _ => true,
    })
}

fn narrow<'a>(node: Node<'a>, path: Path<'_>, report: &mut Report) -> Json<'a> {
    let fields = match whole(node, &path, report) {
        Node::Object(fields) => fields,
        node => return node.json(),
    };
    let object = is_object(&fields);
    if object && is_map(&fields) {
        // Closed, it can have nothing in it.
        report.dropped_at(|| Path::Name(&path, "additionalProperties").told());
    }
    let alternatives = fields.iter().any(|(name, _)| name == "anyOf");
    let mut out = Fields::new();
    let mut moved: Vec<String> = Vec::new();
    for (name, node) in fields {
        let kept = name.clone();
        let here = Path::Name(&path, &kept);
        match (&*kept, node) {
            ("properties" | "$defs" | "definitions", Node::Object(inner)) => {
                let inner = named(inner, here, |node, at| narrow(node, at, report));
                out.put(name, inner);
            }
            ("anyOf" | "allOf", Node::List(inner)) => {
                out.put(
                    name,
                    listed(inner, here, |node, at| narrow(node, at, report)),
                );
            }
            ("oneOf", Node::List(inner)) if !alternatives => {
                report.dropped_at(|| here.told());
                let inner = listed(inner, here, |node, at| narrow(node, at, report));
                out.put("anyOf", inner);
            }
            ("items", node @ (Node::Object(_) | Node::Leaf(_))) => {
                out.put(name, narrow(node, here, report));
            }
            ("additionalProperties", node) if object => {
                if !matches!(node, Node::Leaf("false")) {
                    report.dropped_at(|| here.told());
                }
            }
            ("format", node) if node.text().is_some_and(|word| FORMATS.contains(&&*word)) => {
                out.put(name, node.json());
            }
            ("minItems", node @ Node::Leaf("0" | "1")) => out.put(name, node.json()),
            (known, node) if PLAIN.contains(&known) => out.put(name, node.json()),
            (_, node) => {
                report.dropped_at(|| here.told());
                moved.push(format!("{name}: {}", node.json().to_text()));
            }
        }
    }
    if object {
        out.put("additionalProperties", false);
    }
    if !moved.is_empty() {
        describe(&mut out, &format!("{{{}}}", moved.join(", ")));
    }
    Json::Object(out)
}

/// Schemas under names of the client's own, each as `write` has it.
fn named<'a>(
    nodes: Named<'a>,
    path: Path<'_>,
    mut write: impl FnMut(Node<'a>, Path<'_>) -> Json<'a>,
) -> Json<'a> {
    let nodes = nodes.into_iter().map(|(name, node)| {
        let node = write(node, Path::Name(&path, &name));
        (name, node)
    });
    Json::Object(Fields(nodes.collect()))
}

/// Schemas in a list, each as `write` has it.
fn listed<'a>(
    nodes: Vec<Node<'a>>,
    path: Path<'_>,
    mut write: impl FnMut(Node<'a>, Path<'_>) -> Json<'a>,
) -> Json<'a> {
    let nodes = nodes.into_iter().enumerate();
    let nodes = nodes.map(|(place, node)| write(node, Path::Place(&path, place)));
    Json::List(nodes.collect())
}

/// Says in words what the form cannot.
fn describe(out: &mut Fields<'_>, words: &str) {
    let place = out.0.iter().position(|(name, _)| name == "description");
    let said = place
        .map(|place| out.0.remove(place).1)
        .and_then(|said| match said {
            Json::Raw(text) => serde_json::from_str::<String>(&text).ok(),
            _ => None,
        });
    let words = match said {
        Some(said) if !said.is_empty() => format!("{said}\n\n{words}"),
        _ => words.to_owned(),
    };
    out.put("description", words);
}

impl<'a> Node<'a> {
    /// A schema, taken apart.
    fn read(schema: &'a Raw) -> Self {
        let mut scan = Scan::new(schema.text().as_bytes());
        // What is too deep to be a schema is kept as it is.
        Self::next(&mut scan, 0).unwrap_or(Self::Leaf(schema.text()))
    }

    fn next(scan: &mut Scan<'a>, depth: u32) -> Result<Self, Fault> {
        match scan.peek()? {
            b'{' => {
                let mut fields = Vec::new();
                scan.object(depth, |scan, name| {
                    let plain = scan::unescape(name);
                    let name = plain.unwrap_or_else(|| String::from_utf8_lossy(name));
                    fields.push((name, Self::next(scan, depth + 1)?));
                    Ok(())
                })?;
                Ok(Self::Object(fields))
            }
            b'[' => {
                let mut items = Vec::new();
                scan.array(depth, |scan| {
                    items.push(Self::next(scan, depth + 1)?);
                    Ok(())
                })?;
                Ok(Self::List(items))
            }
            _ => {
                let leaf = std::str::from_utf8(scan.take(depth)?);
                leaf.map(Self::Leaf).map_err(|_| Fault::Syntax)
            }
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Leaf(text) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }

    fn json(self) -> Json<'a> {
        match self {
            Self::Object(fields) => Json::Object(Fields(
                fields
                    .into_iter()
                    .map(|(name, node)| (name, node.json()))
                    .collect(),
            )),
            Self::List(items) => Json::List(items.into_iter().map(Self::json).collect()),
            Self::Leaf(text) => Json::Raw(Cow::Borrowed(text)),
        }
    }
}

#[cfg(test)]
mod tests;
