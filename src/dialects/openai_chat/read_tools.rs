//! Tools and the choice among them, read.

use super::read_request::{cache_mark, wrong};
use crate::dialects::json::{Object, Value};
use crate::dialects::unread::Unread;
use crate::dialects::{MOST_TOOLS, Malformed};
use crate::models::chat::{Family, ServerTool, Tool, ToolChoice, ToolKind};

/// Tools, old functions and the search of the web, in this order.
pub(super) fn tools(root: &Object<'_>, unread: &mut Unread) -> Result<Vec<Tool>, Malformed> {
    let mut tools = Vec::new();
    if let Some(value) = root.get("tools") {
        let items = value.list().ok_or_else(|| wrong("tools", "a list"))?;
        few("tools", &items)?;
        for (place, item) in items.into_iter().enumerate() {
            tools.push(tool(item, format!("tools[{place}]"), unread)?);
        }
    }
    if let Some(value) = root.get("functions") {
        let items = value.list().ok_or_else(|| wrong("functions", "a list"))?;
        few("functions", &items)?;
        for (place, item) in items.into_iter().enumerate() {
            let at = format!("functions[{place}]");
            let fields = item.object().ok_or_else(|| wrong(&at, "an object"))?;
            tools.push(function(&fields, &fields, &at, &at)?);
        }
    }
    if let Some(value) = root.get("web_search_options") {
        let fields = value
            .object()
            .ok_or_else(|| wrong("web_search_options", "an object"))?;
        let location = fields.object("user_location").and_then(|outer| {
            let place = outer.get("approximate");
            unread.rest(&outer, "web_search_options.user_location", &["type"]);
            place
                .filter(|place| place.raw().is_object())
                .map(Value::raw)
        });
        let context = fields.string("search_context_size");
        unread.rest(&fields, "web_search_options", &[]);
        tools.push(Tool {
            name: "web_search".to_owned(),
            description: None,
            kind: ToolKind::Server(ServerTool::WebSearch {
                family: Family::OpenAi,
                allowed: Vec::new(),
                blocked: Vec::new(),
                location,
                context,
                max_uses: None,
                raw: value.raw(),
            }),
            cache: None,
            at: "web_search_options".to_owned(),
            extras: Vec::new(),
        });
    }
    Ok(tools)
}

fn few(at: &str, items: &[Value<'_>]) -> Result<(), Malformed> {
    if items.len() > MOST_TOOLS {
        return Err(wrong(at, "a list of at most 1024 tools"));
    }
    Ok(())
}

fn tool(item: Value<'_>, at: String, unread: &mut Unread) -> Result<Tool, Malformed> {
    let fields = item.object().ok_or_else(|| wrong(&at, "an object"))?;
    match fields.text("type").as_deref().unwrap_or("function") {
        "function" => match fields.object("function") {
            Some(inner) => {
                let tool = function(&inner, &fields, &at, &format!("{at}.function"))?;
                unread.rest(&fields, &at, &[]);
                Ok(tool)
            }
            None => Err(wrong(format!("{at}.function"), "an object")),
        },
        "custom" if fields.get("custom").is_some() => {
            let inner = fields
                .object("custom")
                .ok_or_else(|| wrong(format!("{at}.custom"), "an object"))?;
            let tool = Tool {
                name: name(&inner, &format!("{at}.custom"))?,
                description: inner.string("description"),
                kind: ToolKind::Custom {
                    format: inner.get("format").map(Value::raw),
                },
                cache: cache_mark(&fields),
                at,
                extras: Vec::new(),
            };
            unread.rest(&inner, format_args!("{}.custom", tool.at), &[]);
            unread.rest(&fields, &tool.at, &[]);
            Ok(tool)
        }
        kind => Ok(Tool {
            name: fields.string("name").unwrap_or_else(|| kind.to_owned()),
            description: None,
            kind: ToolKind::Server(ServerTool::Other {
                family: Family::OpenAi,
                raw: item.raw(),
            }),
            cache: None,
            at,
            extras: Vec::new(),
        }),
    }
}

fn function(
    inner: &Object<'_>,
    outer: &Object<'_>,
    at: &str,
    inside: &str,
) -> Result<Tool, Malformed> {
    let schema = inner.get("parameters").map(Value::raw);
    if schema.as_ref().is_some_and(|schema| !schema.is_object()) {
        return Err(wrong(format!("{inside}.parameters"), "an object"));
    }
    let extras = inner
        .fields()
        .filter(|(field, value)| {
            !matches!(
                *field,
                "name" | "description" | "parameters" | "strict" | "cache_control"
            ) && !value.is_null()
        })
        .map(|(field, value)| (format!("{inside}.{field}"), value.raw()))
        .collect();
    Ok(Tool {
        name: name(inner, inside)?,
        description: inner.string("description"),
        kind: ToolKind::Function {
            schema,
            strict: inner.get("strict").and_then(Value::truth),
        },
        cache: cache_mark(outer).or_else(|| cache_mark(inner)),
        at: at.to_owned(),
        extras,
    })
}

fn name(fields: &Object<'_>, at: &str) -> Result<String, Malformed> {
    fields
        .word("name")
        .ok_or_else(|| wrong(format!("{at}.name"), "a string"))
}

/// The choice and the field it is in, the new or the old one; also in Anthropic's words.
pub(super) fn choice(
    root: &Object<'_>,
    unread: &mut Unread,
) -> Result<(Option<ToolChoice>, &'static str), Malformed> {
    let (field, value) = match (root.get("tool_choice"), root.get("function_call")) {
        (Some(value), _) => ("tool_choice", value),
        (None, Some(value)) => ("function_call", value),
        (None, None) => return Ok((None, "tool_choice")),
    };
    let unclear = || wrong(field, "\"none\", \"auto\", \"required\" or a tool's name");
    if let Some(word) = value.text() {
        let choice = match &*word {
            "none" => ToolChoice::None,
            "auto" => ToolChoice::Auto,
            "required" | "any" => ToolChoice::Required,
            _ => return Err(unclear()),
        };
        return Ok((Some(choice), field));
    }
    let fields = value.object().ok_or_else(unclear)?;
    let kind = fields
        .string("type")
        .unwrap_or_else(|| "function".to_owned());
    let choice = match kind.as_str() {
        "none" => ToolChoice::None,
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "allowed_tools" => {
            let inner = fields.object("allowed_tools").ok_or_else(unclear)?;
            let mut names = Vec::new();
            for (place, tool) in inner.list("tools").into_iter().enumerate() {
                let at = format!("{field}.allowed_tools.tools[{place}]");
                let Some(tool) = tool.object() else { continue };
                names.extend(named(&tool, &at, unread));
                unread.rest(&tool, &at, &["type"]);
            }
            let required = inner.text("mode").as_deref() == Some("required");
            unread.rest(&inner, format_args!("{field}.allowed_tools"), &[]);
            ToolChoice::Allowed { names, required }
        }
        _ => ToolChoice::Tool(named(&fields, field, unread).ok_or_else(unclear)?),
    };
    unread.rest(&fields, field, &[]);
    Ok((Some(choice), field))
}

fn named(fields: &Object<'_>, at: &str, unread: &mut Unread) -> Option<String> {
    for kind in ["function", "custom"] {
        if let Some(inner) = fields.object(kind)
            && let Some(name) = inner.word("name")
        {
            unread.rest(&inner, format_args!("{at}.{kind}"), &[]);
            return Some(name);
        }
    }
    fields.word("name")
}

/// The arguments of a call as they are kept: JSON that says nothing is no arguments.
pub(in crate::dialects) fn arguments(value: Option<Value<'_>>) -> String {
    let text = match value {
        None => return String::from("{}"),
        Some(value) => match value.text() {
            Some(text) => text.into_owned(),
            // Some servers write the object itself.
            None => value.raw().text().to_owned(),
        },
    };
    let says = text.trim();
    if says.is_empty() || says == "null" {
        String::from("{}")
    } else {
        text
    }
}
