//! Tools and the choice among them, written.

use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, choices, functions, media, names, schema};
use crate::models::abilities::{Abilities, CacheMarks};
use crate::models::chat::{Family, Raw, Request, ServerTool, Spelling, Tool, ToolChoice, ToolKind};

/// Whether tools of free text and a choice of some tools go on as they are: chat clients ask for
/// them where they are known, for others only OpenAI's own servers are sure to know them.
pub(super) fn knows_openais_own(request: &Request, target: &Abilities) -> bool {
    request.spelling == Spelling::Chat || target.family == Family::OpenAi
}

pub(super) fn write<'a>(
    request: &'a Request,
    target: &Abilities,
    report: &mut Report,
) -> Result<Vec<Json<'a>>, Unsupported> {
    let mut tools = Vec::with_capacity(request.tools.len());
    for tool in choices::callable(request, knows_openais_own(request, target)) {
        if !target.tools && !matches!(tool.kind, ToolKind::Server(ServerTool::WebSearch { .. })) {
            report.dropped(&tool.at);
            continue;
        }
        if let Some(written) = write_tool(tool, request, target, report)? {
            tools.push(written);
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
    let mut written = match &tool.kind {
        ToolKind::Function { schema, strict } => {
            let mut strict = *strict;
            if let (Some(true), Some(schema)) = (strict, schema)
                && request.family != Family::OpenAi
            {
                let at = format!("{}.parameters", tool.at);
                strict = Some(schema::is_strict(schema, &at, report));
            }
            if strict.is_some() && target.refuses.contains(&"strict") {
                if strict == Some(true) {
                    report.dropped(format!("{}.strict", tool.at));
                }
                strict = None;
            }
            let parameters: Json<'_> = match schema {
                Some(schema) => schema.into(),
                None => Json::Raw(functions::NO_ARGUMENTS.into()),
            };
            let function = Fields::new()
                .with("name", name)
                .maybe("description", tool.description.as_deref())
                .with("parameters", parameters)
                .maybe("strict", strict);
            Fields::new()
                .with("type", "function")
                .with("function", function)
        }
        ToolKind::Custom { format } if !knows_openais_own(request, target) => {
            if functions::is_grammar(format.as_ref()) {
                report.dropped(functions::format_at(tool, request));
            }
            let function = Fields::new()
                .with("name", name)
                .maybe("description", tool.description.as_deref())
                .with("parameters", Json::Raw(functions::FREE_FORM.into()));
            Fields::new()
                .with("type", "function")
                .with("function", function)
        }
        ToolKind::Custom { format } => {
            let custom = Fields::new()
                .with("name", name)
                .maybe("description", tool.description.as_deref())
                .maybe("format", format.as_ref());
            Fields::new().with("type", "custom").with("custom", custom)
        }
        ToolKind::Server(ServerTool::WebSearch { .. }) if target.web_search => {
            search_losses(tool, request, report);
            return Ok(None);
        }
        ToolKind::Server(ServerTool::Other {
            family: Family::OpenAi,
            raw,
        }) if request.spelling == Spelling::Chat => return Ok(Some(raw.into())),
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
    for (path, _) in &tool.extras {
        report.dropped(path);
    }
    if let Some(cache) = &tool.cache {
        if target.cache_marks == CacheMarks::CacheControl {
            media::marked(cache, &tool.at, report);
            let mark = Fields::new()
                .with("type", "ephemeral")
                .maybe("ttl", cache.ttl.clone());
            written.put("cache_control", mark);
        } else {
            report.hint(format!("{}.cache_control", tool.at));
        }
    }
    Ok(Some(written.into()))
}

fn search_losses(tool: &Tool, request: &Request, report: &mut Report) {
    if let ToolKind::Server(ServerTool::WebSearch {
        allowed,
        blocked,
        max_uses,
        ..
    }) = &tool.kind
    {
        // Responses have the domains one level deeper.
        let names = match request.spelling {
            Spelling::Responses => ["filters.allowed_domains", "filters.blocked_domains"],
            Spelling::Chat | Spelling::Own => ["allowed_domains", "blocked_domains"],
        };
        for (name, lost) in [
            (names[0], !allowed.is_empty()),
            (names[1], !blocked.is_empty()),
            ("max_uses", max_uses.is_some()),
        ] {
            if lost {
                report.dropped(format!("{}.{name}", tool.at));
            }
        }
    }
}

/// The search of the web as a field of the request.
pub(super) fn web_search<'a>(request: &'a Request, target: &Abilities) -> Option<Fields<'a>> {
    if !target.web_search {
        return None;
    }
    request.tools.iter().find_map(|tool| match &tool.kind {
        ToolKind::Server(ServerTool::WebSearch {
            location, context, ..
        }) => Some(
            Fields::new()
                .maybe("search_context_size", context.as_deref())
                .maybe(
                    "user_location",
                    location.as_ref().map(|place| {
                        Fields::new()
                            .with("type", "approximate")
                            .with("approximate", placed(place))
                    }),
                ),
        ),
        _ => None,
    })
}

/// A place without its kind.
fn placed(location: &Raw) -> Fields<'_> {
    let mut fields = Fields::new();
    if let Some(place) = Value::parse(location.text()).ok().and_then(Value::object) {
        for (name, value) in place.fields().filter(|(name, _)| *name != "type") {
            fields.put(name.to_owned(), value.raw());
        }
    }
    fields
}

/// The choice, in the server's words.
pub(super) fn choice<'a>(
    choice: &'a ToolChoice,
    request: &Request,
    target: &Abilities,
) -> Json<'a> {
    let any = target.refuses.contains(&"tool_choice=required");
    let required = if any { "any" } else { "required" };
    let free = |name: &str| {
        let custom = |tool: &Tool| matches!(tool.kind, ToolKind::Custom { .. });
        let tool = request.tools.iter().find(|tool| tool.name == name);
        tool.is_some_and(custom) && knows_openais_own(request, target)
    };
    let function = |name: &'a String| {
        let kind = if free(name) { "custom" } else { "function" };
        let name = names::fitting(name, target.tool_name);
        Fields::new()
            .with("type", kind)
            .with(kind, Fields::new().with("name", name))
    };
    match choice {
        ToolChoice::None => "none".into(),
        ToolChoice::Auto => "auto".into(),
        ToolChoice::Required => required.into(),
        ToolChoice::Allowed { required: must, .. } if !knows_openais_own(request, target) => {
            if *must { required } else { "auto" }.into()
        }
        ToolChoice::Tool(name) => function(name).into(),
        ToolChoice::Allowed {
            names,
            required: must,
        } => {
            let tools: Vec<Json<'_>> = names.iter().map(|name| function(name).into()).collect();
            let allowed = Fields::new()
                .with("mode", if *must { "required" } else { "auto" })
                .with("tools", tools);
            Fields::new()
                .with("type", "allowed_tools")
                .with("allowed_tools", allowed)
                .into()
        }
    }
}
