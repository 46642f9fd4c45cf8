//! Tools and the choice among them, read.

use super::read_blocks::{cache, wrong};
use crate::dialects::json::{Object, Value};
use crate::dialects::unread::Unread;
use crate::dialects::{MOST_TOOLS, Malformed};
use crate::models::chat::{Family, ServerTool, Tool, ToolChoice, ToolKind};

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
    let kind = fields.string("type").unwrap_or_else(|| "custom".to_owned());
    let name = fields
        .word("name")
        .or_else(|| (kind != "custom").then(|| kind.clone()))
        .ok_or_else(|| wrong(format!("{at}.name"), "a string"))?;
    let own = kind == "custom";
    let schema = fields.get("input_schema").map(Value::raw);
    if schema.as_ref().is_some_and(|schema| !schema.is_object()) {
        return Err(wrong(format!("{at}.input_schema"), "an object"));
    }
    let extras = fields
        .fields()
        .filter(|(field, value)| {
            own && !value.is_null()
                && !matches!(
                    *field,
                    "type" | "name" | "description" | "input_schema" | "strict" | "cache_control"
                )
        })
        .map(|(field, value)| (format!("{at}.{field}"), value.raw()))
        .collect();
    let tool_kind = if own {
        ToolKind::Function {
            schema,
            strict: fields.get("strict").and_then(Value::truth),
        }
    } else {
        ToolKind::Server(server(&kind, &fields, item))
    };
    let tool = Tool {
        name,
        description: fields.string("description"),
        kind: tool_kind,
        cache: cache(&fields),
        at,
        extras,
    };
    if matches!(tool.kind, ToolKind::Server(ServerTool::WebSearch { .. })) {
        unread.rest(&fields, &tool.at, &[]);
    }
    Ok(tool)
}

fn server(kind: &str, fields: &Object<'_>, item: Value<'_>) -> ServerTool {
    if !kind.starts_with("web_search") {
        return ServerTool::Other {
            family: Family::Anthropic,
            raw: item.raw(),
        };
    }
    let domains = |name: &str| {
        fields
            .list(name)
            .into_iter()
            .filter_map(Value::text)
            .map(std::borrow::Cow::into_owned)
            .collect()
    };
    ServerTool::WebSearch {
        family: Family::Anthropic,
        allowed: domains("allowed_domains"),
        blocked: domains("blocked_domains"),
        location: fields
            .get("user_location")
            .filter(|place| place.raw().is_object())
            .map(Value::raw),
        context: None,
        max_uses: fields.get("max_uses").and_then(Value::count),
        raw: item.raw(),
    }
}

/// The choice, and whether several calls may be made at once.
pub(super) fn choice(
    root: &Object<'_>,
    unread: &mut Unread,
) -> Result<(Option<ToolChoice>, Option<bool>), Malformed> {
    let Some(value) = root.get("tool_choice") else {
        return Ok((None, None));
    };
    let fields = value
        .object()
        .ok_or_else(|| wrong("tool_choice", "an object"))?;
    let choice = match fields.text("type").as_deref() {
        Some("auto") => ToolChoice::Auto,
        Some("any") => ToolChoice::Required,
        Some("none") => ToolChoice::None,
        Some("tool") => ToolChoice::Tool(
            fields
                .word("name")
                .ok_or_else(|| wrong("tool_choice.name", "a string"))?,
        ),
        _ => {
            return Err(wrong(
                "tool_choice.type",
                "\"auto\", \"any\", \"tool\" or \"none\"",
            ));
        }
    };
    let parallel = fields
        .get("disable_parallel_tool_use")
        .and_then(Value::truth)
        .map(|disabled| !disabled);
    unread.rest(&fields, "tool_choice", &[]);
    Ok((Some(choice), parallel))
}
