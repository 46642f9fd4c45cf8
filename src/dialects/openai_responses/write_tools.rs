//! Tools and the choice among them, written.

use super::read_tools::SEARCH;
use crate::dialects::functions::NO_ARGUMENTS;
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, choices, media, names, schema};
use crate::models::abilities::{Abilities, CacheMarks};
use crate::models::chat::{Family, Raw, Request, ServerTool, Spelling, Tool, ToolChoice, ToolKind};

/// The longest name of a tool, whatever it is in other formats.
pub(super) const LONGEST_NAME: usize = 128;

/// Whether a choice of some tools goes on as it is: clients of responses ask for it where it is
/// known, for others only OpenAI's own servers are sure to know it.
fn says_some(request: &Request, target: &Abilities) -> bool {
    request.spelling == Spelling::Responses || target.family == Family::OpenAi
}

pub(super) fn write<'a>(
    request: &'a Request,
    target: &Abilities,
    report: &mut Report,
) -> Result<Vec<Json<'a>>, Unsupported> {
    let mut tools = Vec::with_capacity(request.tools.len());
    for tool in choices::callable(request, says_some(request, target)) {
        if !target.tools && !matches!(tool.kind, ToolKind::Server(_)) {
            report.dropped(&tool.at);
            continue;
        }
        if let Some(written) = write_tool(tool, request, target, report)? {
            tools.push(written);
        }
    }
    Ok(tools)
}

/// Whether a target searches the web by itself: OpenAI's and xAI's models do so in this format,
/// whatever they can in another.
fn searches(target: &Abilities) -> bool {
    target.web_search || matches!(target.family, Family::OpenAi | Family::XAi)
}

fn write_tool<'a>(
    tool: &'a Tool,
    request: &'a Request,
    target: &Abilities,
    report: &mut Report,
) -> Result<Option<Json<'a>>, Unsupported> {
    let own = request.spelling == Spelling::Responses;
    let name = names::fitting(&tool.name, LONGEST_NAME);
    let mut written = match &tool.kind {
        ToolKind::Function { schema, strict } => {
            let parameters: Json<'_> = match schema {
                Some(schema) => schema.into(),
                None => Json::Raw(NO_ARGUMENTS.into()),
            };
            Fields::new()
                .with("type", "function")
                .with("name", name)
                .maybe("description", tool.description.as_deref())
                .with("parameters", parameters)
                .maybe(
                    "strict",
                    binds(tool, schema.as_ref(), *strict, request, target, report),
                )
        }
        ToolKind::Custom { format } => Fields::new()
            .with("type", "custom")
            .with("name", name)
            .maybe("description", tool.description.as_deref())
            .maybe("format", format.as_ref().map(flat)),
        ToolKind::Server(
            ServerTool::WebSearch {
                family: Family::OpenAi,
                raw,
                ..
            }
            | ServerTool::Other {
                family: Family::OpenAi,
                raw,
            },
        ) if own => return Ok(Some(raw.into())),
        ToolKind::Server(ServerTool::WebSearch {
            allowed,
            blocked,
            location,
            context,
            max_uses,
            ..
        }) if searches(target) => {
            if !blocked.is_empty() {
                report.dropped(format!("{}.blocked_domains", tool.at));
            }
            if max_uses.is_some() {
                report.dropped(format!("{}.max_uses", tool.at));
            }
            let domains: Vec<Json<'_>> = allowed.iter().map(Json::from).collect();
            let filters = Fields::new().with("allowed_domains", domains);
            Fields::new()
                .with("type", SEARCH)
                .maybe("filters", (!allowed.is_empty()).then_some(filters))
                .maybe("user_location", location.as_ref().map(placed))
                .maybe("search_context_size", context.as_deref())
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
    for (path, value) in &tool.extras {
        match path.strip_prefix(tool.at.as_str()) {
            Some(field) if own => written.put(field.trim_start_matches('.'), value),
            _ => report.dropped(path),
        }
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

/// Whether a schema binds the model. Where nothing is said this format tries to bind it, which
/// others do not, so it is always said for them.
fn binds(
    tool: &Tool,
    schema: Option<&Raw>,
    strict: Option<bool>,
    request: &Request,
    target: &Abilities,
    report: &mut Report,
) -> Option<bool> {
    if target.refuses.contains(&"strict") {
        if strict == Some(true) {
            report.dropped(format!("{}.strict", tool.at));
        }
        return None;
    }
    match (strict, schema) {
        (None, _) if request.spelling == Spelling::Responses => None,
        (Some(true), Some(schema)) if request.family != Family::OpenAi => {
            let at = format!("{}.parameters", tool.at);
            Some(schema::is_strict(schema, &at, report))
        }
        (strict, _) => Some(strict.unwrap_or(false)),
    }
}

/// A grammar, which chat completions have one level deeper.
fn flat(format: &Raw) -> Json<'_> {
    let nested = || -> Option<(Object<'_>, Object<'_>)> {
        let outer = Value::parse(format.text()).ok()?.object()?;
        let grammar = outer.object("grammar")?;
        Some((outer, grammar))
    };
    let Some((outer, grammar)) = nested() else {
        return format.into();
    };
    let mut fields = Fields::new();
    let beside = outer.fields().filter(|(name, _)| *name != "grammar");
    for (name, value) in beside.chain(grammar.fields()) {
        fields.put(name.to_owned(), value.raw());
    }
    fields.into()
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

/// The choice, in which each tool is named by its kind.
pub(super) fn choice<'a>(
    choice: &'a ToolChoice,
    request: &'a Request,
    target: &Abilities,
) -> Json<'a> {
    let named = |name: &'a str| {
        let tool = request.tools.iter().find(|tool| tool.name == name);
        let kind = tool.map_or("function", |tool| match &tool.kind {
            ToolKind::Function { .. } => "function",
            ToolKind::Custom { .. } => "custom",
            ToolKind::Server(_) => "",
        });
        let named = names::fitting(name, LONGEST_NAME);
        let fields = Fields::new();
        match kind {
            "" => fields.with("type", provided(tool, name)),
            kind => fields.with("type", kind).with("name", named),
        }
    };
    match choice {
        ToolChoice::None => "none".into(),
        ToolChoice::Auto => "auto".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Allowed { required, .. } if !says_some(request, target) => {
            if *required { "required" } else { "auto" }.into()
        }
        ToolChoice::Tool(name) => named(name).into(),
        ToolChoice::Allowed { names, required } => {
            let tools: Vec<Json<'_>> = names.iter().map(|name| named(name).into()).collect();
            Fields::new()
                .with("type", "allowed_tools")
                .with("mode", if *required { "required" } else { "auto" })
                .with("tools", tools)
                .into()
        }
    }
}

/// The type of a provider's own tool, as it is written among the tools.
fn provided(tool: Option<&Tool>, name: &str) -> String {
    let written = tool.and_then(|tool| match &tool.kind {
        ToolKind::Server(
            ServerTool::WebSearch {
                family: Family::OpenAi,
                raw,
                ..
            }
            | ServerTool::Other { raw, .. },
        ) => Value::parse(raw.text()).ok()?.object()?.word("type"),
        _ => None,
    });
    written.unwrap_or_else(|| name.to_owned())
}
