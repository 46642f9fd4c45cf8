//! Tools and the choice among them, read.

use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::openai_chat::{cache_mark, wrong};
use crate::dialects::unread::Unread;
use crate::dialects::{MOST_TOOLS, Malformed};
use crate::models::chat::{Family, Raw, ServerTool, Tool, ToolChoice, ToolKind};

/// What the search of the web is called, whatever its version.
pub(super) const SEARCH: &str = "web_search";

pub(super) fn tools(root: &Object<'_>, unread: &mut Unread) -> Result<Vec<Tool>, Malformed> {
    let Some(value) = root.get("tools") else {
        return Ok(Vec::new());
    };
    let items = value.list().ok_or_else(|| wrong("tools", "a list"))?;
    if items.len() > MOST_TOOLS {
        return Err(wrong("tools", "a list of at most 1024 tools"));
    }
    items
        .into_iter()
        .enumerate()
        .map(|(place, item)| tool(item, format!("tools[{place}]"), unread))
        .collect()
}

fn tool(item: Value<'_>, at: String, unread: &mut Unread) -> Result<Tool, Malformed> {
    let fields = item.object().ok_or_else(|| wrong(&at, "an object"))?;
    let kind = fields.string("type").unwrap_or_else(|| "function".into());
    let name = || {
        fields
            .word("name")
            .ok_or_else(|| wrong(format!("{at}.name"), "a string"))
    };
    let (name, kind, known): (String, ToolKind, &[&str]) = match kind.as_str() {
        "function" => {
            let schema = fields.get("parameters").map(Value::raw);
            if schema.as_ref().is_some_and(|schema| !schema.is_object()) {
                return Err(wrong(format!("{at}.parameters"), "an object"));
            }
            let strict = fields.get("strict").and_then(Value::truth);
            let known = &["type", "name", "description", "parameters", "strict"];
            (name()?, ToolKind::Function { schema, strict }, known)
        }
        "custom" => {
            let format = fields.get("format").map(nested);
            let known = &["type", "name", "description", "format"];
            (name()?, ToolKind::Custom { format }, known)
        }
        kind => {
            let named = if kind.starts_with(SEARCH) {
                SEARCH
            } else {
                kind
            };
            let tool = if kind.starts_with(SEARCH) {
                search(&fields, item, &at, unread)
            } else {
                ServerTool::Other {
                    family: Family::OpenAi,
                    raw: item.raw(),
                }
            };
            (named.to_owned(), ToolKind::Server(tool), &[])
        }
    };
    let extras = fields
        .fields()
        .filter(|(field, value)| {
            !known.is_empty()
                && !known.contains(field)
                && !matches!(*field, "cache_control" | "prompt_cache_breakpoint")
                && !value.is_null()
        })
        .map(|(field, value)| (format!("{at}.{field}"), value.raw()))
        .collect();
    Ok(Tool {
        name,
        description: fields.string("description"),
        kind,
        cache: cache_mark(&fields),
        at,
        extras,
    })
}

/// A grammar in the form of chat completions, where it is one level deeper.
fn nested(format: Value<'_>) -> Raw {
    let Some(fields) = format.object() else {
        return format.raw();
    };
    if fields.text("type").as_deref() != Some("grammar") || fields.get("grammar").is_some() {
        return format.raw();
    }
    let mut grammar = Fields::new();
    for (name, value) in fields.fields().filter(|(name, _)| *name != "type") {
        grammar.put(name.to_owned(), value.raw());
    }
    let whole = Fields::new()
        .with("type", "grammar")
        .with("grammar", grammar);
    Raw::parse(&Json::Object(whole).to_text()).unwrap_or_else(|| format.raw())
}

fn search(fields: &Object<'_>, item: Value<'_>, at: &str, unread: &mut Unread) -> ServerTool {
    let filters = fields.object("filters").unwrap_or_default();
    let domains = |name: &str| {
        filters
            .list(name)
            .into_iter()
            .filter_map(Value::text)
            .map(std::borrow::Cow::into_owned)
            .collect()
    };
    let search = ServerTool::WebSearch {
        family: Family::OpenAi,
        allowed: domains("allowed_domains"),
        blocked: domains("blocked_domains"),
        location: fields
            .get("user_location")
            .filter(|place| place.raw().is_object())
            .map(Value::raw),
        context: fields.string("search_context_size"),
        max_uses: None,
        raw: item.raw(),
    };
    // Whoever searches does it in the living web, unless told otherwise.
    if fields.get("external_web_access").and_then(Value::truth) == Some(false) {
        unread.note(format!("{at}.external_web_access"));
    }
    unread.rest(&filters, format_args!("{at}.filters"), &[]);
    unread.rest(fields, at, &[]);
    search
}

/// The choice, in which a provider's own tool is named by its type.
pub(super) fn choice(
    root: &Object<'_>,
    unread: &mut Unread,
) -> Result<Option<ToolChoice>, Malformed> {
    let Some(value) = root.get("tool_choice") else {
        return Ok(None);
    };
    let unclear = || wrong("tool_choice", "\"none\", \"auto\", \"required\" or a tool");
    if let Some(word) = value.text() {
        return match &*word {
            "none" => Ok(Some(ToolChoice::None)),
            "auto" => Ok(Some(ToolChoice::Auto)),
            "required" => Ok(Some(ToolChoice::Required)),
            _ => Err(unclear()),
        };
    }
    let fields = value.object().ok_or_else(unclear)?;
    if fields.text("type").as_deref() == Some("allowed_tools") {
        let mut names = Vec::new();
        for (place, tool) in fields.list("tools").into_iter().enumerate() {
            let Some(tool) = tool.object() else { continue };
            names.extend(named(&tool));
            unread.rest(&tool, format_args!("tool_choice.tools[{place}]"), &["name"]);
        }
        let required = fields.text("mode").as_deref() == Some("required");
        unread.rest(&fields, "tool_choice", &[]);
        return Ok(Some(ToolChoice::Allowed { names, required }));
    }
    let named = named(&fields).ok_or_else(unclear)?;
    unread.rest(&fields, "tool_choice", &[]);
    Ok(Some(ToolChoice::Tool(named)))
}

fn named(fields: &Object<'_>) -> Option<String> {
    let kind = fields.word("type")?;
    match kind.as_str() {
        "function" | "custom" => fields.word("name"),
        kind if kind.starts_with(SEARCH) => Some(SEARCH.to_owned()),
        _ => Some(kind),
    }
}
