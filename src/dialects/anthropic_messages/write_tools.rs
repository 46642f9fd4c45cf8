//! Tools and the choice among them, written.

use super::write_blocks::Marks;
use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, choices, functions, names, schema};
use crate::models::abilities::Abilities;
use crate::models::chat::{Family, Raw, Request, ServerTool, Tool, ToolChoice, ToolKind};

pub(super) fn write<'a>(
    request: &'a Request,
    target: &Abilities,
    marks: &mut Marks,
    report: &mut Report,
) -> Result<Vec<Json<'a>>, Unsupported> {
    let mut tools = Vec::with_capacity(request.tools.len());
    for tool in choices::callable(request, false) {
        let mark = marks.next(tool.cache.as_ref(), &tool.at, report);
        match write_tool(tool, request, target, report)? {
            Some(Json::Object(mut fields)) => {
                if let Some(mark) = mark {
                    fields.put("cache_control", mark);
                }
                tools.push(fields.into());
            }
            Some(other) => tools.push(other),
            None => {}
        }
    }
    Ok(tools)
}

fn write_tool<'a>(
    tool: &'a Tool,
    request: &Request,
    target: &Abilities,
    report: &mut Report,
) -> Result<Option<Json<'a>>, Unsupported> {
    let name = names::fitting(&tool.name, target.tool_name);
    let own = request.family == Family::Anthropic;
    let fields = match &tool.kind {
        ToolKind::Function { schema, strict } => {
            let schema_at = format!("{}.parameters", tool.at);
            let binding = *strict == Some(true) && target.structured_output;
            if *strict == Some(true) && !binding {
                report.dropped(format!("{}.strict", tool.at));
            }
            let input: Json<'a> = match schema {
                None => Json::Raw(functions::NO_ARGUMENTS.into()),
                Some(schema) if binding && !own => schema::for_messages(schema, &schema_at, report),
                Some(schema) if own => schema.into(),
                Some(schema) => schema::of_tool(schema),
            };
            let mut fields = Fields::new()
                .with("name", name)
                .maybe("description", tool.description.as_deref())
                .with("input_schema", input)
                .maybe("strict", binding.then_some(true));
            for (path, value) in &tool.extras {
                match path.strip_prefix(tool.at.as_str()) {
                    Some(field) if own => fields.put(field.trim_start_matches('.'), value),
                    _ => report.dropped(path),
                }
            }
            fields
        }
        ToolKind::Custom { format } => {
            if functions::is_grammar(format.as_ref()) {
                report.dropped(functions::format_at(tool, request));
            }
            Fields::new()
                .with("name", name)
                .maybe("description", tool.description.as_deref())
                .with("input_schema", Json::Raw(functions::FREE_FORM.into()))
        }
        ToolKind::Server(
            ServerTool::WebSearch {
                family: Family::Anthropic,
                raw,
                ..
            }
            | ServerTool::Other {
                family: Family::Anthropic,
                raw,
            },
        ) => return Ok(Some(raw.into())),
        ToolKind::Server(ServerTool::WebSearch {
            allowed,
            blocked,
            location,
            context,
            max_uses,
            ..
        }) if target.web_search => {
            if context.is_some() {
                report.dropped(format!("{}.search_context_size", tool.at));
            }
            let domains = |names: &'a [String]| -> Option<Vec<Json<'a>>> {
                (!names.is_empty()).then(|| names.iter().map(Json::from).collect())
            };
            Fields::new()
                .with("type", "web_search_20250305")
                .with("name", "web_search")
                .maybe("allowed_domains", domains(allowed))
                .maybe("blocked_domains", domains(blocked))
                .maybe("user_location", location.as_ref().map(placed))
                .maybe("max_uses", *max_uses)
        }
        ToolKind::Server(_) => {
            if matches!(&request.choice, Some(ToolChoice::Tool(chosen)) if *chosen == tool.name) {
                return Err(Unsupported {
                    message: format!("the model has no tool like \"{}\"", tool.name),
                    param: "tool_choice".into(),
                });
            }
            report.dropped(&tool.at);
            return Ok(None);
        }
    };
    Ok(Some(fields.into()))
}

/// A place with its kind in it.
fn placed(location: &Raw) -> Fields<'_> {
    let mut fields = Fields::new().with("type", "approximate");
    if let Some(place) = Value::parse(location.text()).ok().and_then(Value::object) {
        for (name, value) in place.fields().filter(|(name, _)| *name != "type") {
            fields.put(name.to_owned(), value.raw());
        }
    }
    fields
}

/// The choice, with the switch for several calls at once in it.
pub(super) fn choice<'a>(
    request: &'a Request,
    target: &Abilities,
    report: &mut Report,
) -> Option<Fields<'a>> {
    let forced = |fields: Fields<'a>, report: &mut Report| {
        if target.forced_tool {
            fields
        } else {
            report.dropped("tool_choice");
            Fields::new().with("type", "auto")
        }
    };
    let choice = match &request.choice {
        None => None,
        Some(ToolChoice::None) => return Some(Fields::new().with("type", "none")),
        Some(
            ToolChoice::Auto
            | ToolChoice::Allowed {
                required: false, ..
            },
        ) => Some(Fields::new().with("type", "auto")),
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => {
            Some(forced(Fields::new().with("type", "any"), report))
        }
        Some(ToolChoice::Tool(name)) => {
            let name = names::fitting(name, target.tool_name);
            let one = Fields::new().with("type", "tool").with("name", name);
            Some(forced(one, report))
        }
    };
    match request.parallel {
        Some(false) => Some(
            choice
                .unwrap_or_else(|| Fields::new().with("type", "auto"))
                .with("disable_parallel_tool_use", true),
        ),
        _ => choice,
    }
}
