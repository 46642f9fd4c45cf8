//! Tools and the choice among them, read.

use super::fields::{Google, camel, wrong};
use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::unread::Unread;
use crate::dialects::{MOST_TOOLS, Malformed, schema};
use crate::models::chat::{Extra, Family, Raw, ServerTool, Tool, ToolChoice, ToolKind};

pub(super) fn tools(root: &Google<'_>, unread: &mut Unread) -> Result<Vec<Tool>, Malformed> {
    let Some(value) = root.get("tools") else {
        return Ok(Vec::new());
    };
    let items = value.list().unwrap_or_else(|| vec![value]);
    let mut tools = Vec::new();
    for (place, item) in items.into_iter().enumerate() {
        let at = format!("tools[{place}]");
        let fields = Google::of(item).ok_or_else(|| wrong(&at, "an object"))?;
        for (written, value) in fields.0.fields().filter(|(_, value)| !value.is_null()) {
            let name = camel(written);
            let at = format!("{at}.{name}");
            if name == "functionDeclarations" {
                let items = value.list().ok_or_else(|| wrong(&at, "a list"))?;
                if tools.len() + items.len() > MOST_TOOLS {
                    return Err(wrong("tools", "a list of at most 1024 tools"));
                }
                for (place, item) in items.into_iter().enumerate() {
                    tools.push(function(item, format!("{at}[{place}]"))?);
                }
            } else {
                tools.push(server(name, value, at, unread));
            }
        }
    }
    if tools.len() > MOST_TOOLS {
        return Err(wrong("tools", "a list of at most 1024 tools"));
    }
    Ok(tools)
}

fn function(item: Value<'_>, at: String) -> Result<Tool, Malformed> {
    let fields = Google::of(item).ok_or_else(|| wrong(&at, "an object"))?;
    let name = fields
        .word("name")
        .ok_or_else(|| wrong(format!("{at}.name"), "a string"))?;
    let json = fields.get("parametersJsonSchema").map(Value::raw);
    let open_api = fields.get("parameters").map(Value::raw);
    let said = json.as_ref().or(open_api.as_ref());
    if said.is_some_and(|schema| !schema.is_object()) {
        return Err(wrong(format!("{at}.parameters"), "an object"));
    }
    let extras = fields
        .said()
        .filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "name" | "description" | "parameters" | "parametersJsonSchema"
            )
        })
        .map(|(name, value)| (format!("{at}.{name}"), value))
        .collect();
    Ok(Tool {
        name,
        description: fields.string("description"),
        kind: ToolKind::Function {
            schema: json.or_else(|| open_api.as_ref().map(schema::from_open_api)),
            strict: None,
        },
        cache: None,
        at,
        extras,
    })
}

/// A tool of Google's own, with its name around what it is set to.
fn server(name: String, value: Value<'_>, at: String, unread: &mut Unread) -> Tool {
    let whole = Json::Object(Fields::new().with(name.as_str(), value.raw())).to_text();
    let raw = Raw::parse(&whole).unwrap_or_else(|| value.raw());
    let family = Family::Google;
    let kind = if name == "googleSearch" {
        let fields = Google::of(value).unwrap_or_default();
        let blocked = fields.strings("excludeDomains");
        unread.rest(&fields.0, &at, &[]);
        ServerTool::WebSearch {
            family,
            allowed: Vec::new(),
            blocked,
            location: None,
            context: None,
            max_uses: None,
            raw,
        }
    } else {
        ServerTool::Other { family, raw }
    };
    Tool {
        name,
        description: None,
        kind: ToolKind::Server(kind),
        cache: None,
        at,
        extras: Vec::new(),
    }
}

/// Where a choice names tools.
pub(super) const NAMES: &str = "toolConfig.functionCallingConfig.allowedFunctionNames";

/// The choice, and what of its configuration is Google's own.
pub(super) fn choice(
    root: &Google<'_>,
    unread: &mut Unread,
) -> Result<(Option<ToolChoice>, Vec<Extra>), Malformed> {
    const AT: &str = "toolConfig";
    let Some(value) = root.get(AT) else {
        return Ok((None, Vec::new()));
    };
    let fields = Google::of(value).ok_or_else(|| wrong(AT, "an object"))?;
    let extras = fields
        .said()
        .filter(|(name, _)| name != "functionCallingConfig")
        .map(|(name, value)| Extra {
            name: format!("{AT}.{name}"),
            value,
        })
        .collect();
    let Some(config) = fields.object("functionCallingConfig") else {
        return Ok((None, extras));
    };
    let mut names = config.strings("allowedFunctionNames");
    let mode = config.string("mode").unwrap_or_default().to_uppercase();
    unread.rest(&config.0, format_args!("{AT}.functionCallingConfig"), &[]);
    let choice = match mode.as_str() {
        "NONE" => Some(ToolChoice::None),
        "ANY" if names.len() == 1 => Some(ToolChoice::Tool(names.remove(0))),
        "ANY" if names.is_empty() => Some(ToolChoice::Required),
        "ANY" => Some(ToolChoice::Allowed {
            names,
            required: true,
        }),
        "AUTO" | "VALIDATED" if !names.is_empty() => Some(ToolChoice::Allowed {
            names,
            required: false,
        }),
        "AUTO" | "VALIDATED" => Some(ToolChoice::Auto),
        "" | "MODE_UNSPECIFIED" => None,
        _ => {
            return Err(wrong(
                "toolConfig.functionCallingConfig.mode",
                "\"AUTO\", \"ANY\", \"NONE\" or \"VALIDATED\"",
            ));
        }
    };
    Ok((choice, extras))
}
