//! Tools and the choice among them, written.

use std::borrow::Cow;

use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, choices, functions, names, schema};
use crate::models::abilities::Abilities;
use crate::models::chat::{Family, Raw, Request, ServerTool, Tool, ToolChoice, ToolKind};

/// What a model may call: functions, and tools of Google's own.
#[derive(Debug, Default)]
pub(super) struct Tools<'a> {
    pub(super) functions: Vec<Json<'a>>,
    own: Vec<Json<'a>>,
}

impl<'a> Tools<'a> {
    /// As they are written: all functions in one entry.
    pub(super) fn listed(self) -> Vec<Json<'a>> {
        let mut all = Vec::new();
        if !self.functions.is_empty() {
            let entry = Fields::new().with("functionDeclarations", self.functions);
            all.push(entry.into());
        }
        all.extend(self.own);
        all
    }
}

/// A name as Google takes it: it begins with a letter or `_`.
pub(super) fn named<'a>(name: &'a str, target: &Abilities) -> Cow<'a, str> {
    let begins = |first: char| first.is_ascii_alphabetic() || first == '_';
    if name.starts_with(begins) {
        return names::fitting_google(name, target.tool_name);
    }
    let name = format!("_{name}");
    Cow::Owned(names::fitting_google(&name, target.tool_name).into_owned())
}

/// The tools that are sent under another name, and their own.
pub(super) fn renamed(request: &Request, target: &Abilities) -> Vec<(String, String)> {
    request
        .tools
        .iter()
        .filter_map(|tool| match named(&tool.name, target) {
            Cow::Owned(sent) if sent != tool.name => Some((sent, tool.name.clone())),
            _ => None,
        })
        .collect()
}

pub(super) fn write<'a>(
    request: &'a Request,
    target: &Abilities,
    report: &mut Report,
) -> Result<Tools<'a>, Unsupported> {
    // Some of the functions can be named only where one of them has to be called.
    let told = matches!(request.choice, Some(ToolChoice::Allowed { required, .. }) if required);
    let mut tools = Tools::default();
    for tool in choices::callable(request, told) {
        if tool.cache.is_some() {
            report.hint(format!("{}.cache_control", tool.at));
        }
        match &tool.kind {
            ToolKind::Server(server) => {
                if let Some(written) = provided(tool, server, request, report)? {
                    tools.own.push(written);
                }
            }
            kind => {
                let function = function(tool, kind, request, target, report);
                tools.functions.push(function.into());
            }
        }
    }
    Ok(tools)
}

fn function<'a>(
    tool: &'a Tool,
    kind: &'a ToolKind,
    request: &Request,
    target: &Abilities,
    report: &mut Report,
) -> Fields<'a> {
    let own = request.family == Family::Google;
    let mut fields = Fields::new()
        .with("name", named(&tool.name, target))
        .maybe("description", tool.description.as_deref());
    if let ToolKind::Function {
        strict: Some(true), ..
    } = kind
    {
        report.dropped(format!("{}.strict", tool.at));
    }
    match kind {
        ToolKind::Function {
            schema: Some(schema),
            ..
        } => {
            let at = format!("{}.parameters", tool.at);
            let written = if own {
                schema.into()
            } else {
                schema::for_gemini(schema, &at, report)
            };
            fields.put("parametersJsonSchema", written);
        }
        ToolKind::Custom { format } => {
            if functions::is_grammar(format.as_ref()) {
                report.dropped(functions::format_at(tool, request));
            }
            fields.put(
                "parametersJsonSchema",
                Json::Raw(functions::FREE_FORM.into()),
            );
        }
        // A function without arguments has no schema here.
        ToolKind::Function { schema: None, .. } | ToolKind::Server(_) => {}
    }
    for (path, value) in &tool.extras {
        match path.strip_prefix(tool.at.as_str()) {
            Some(field) if own => fields.put(field.trim_start_matches('.'), value),
            _ => report.dropped(path),
        }
    }
    fields
}

/// A tool of the provider's own: searching and running code are there too.
fn provided<'a>(
    tool: &'a Tool,
    server: &'a ServerTool,
    request: &Request,
    report: &mut Report,
) -> Result<Option<Json<'a>>, Unsupported> {
    let functions = request
        .tools
        .iter()
        .any(|tool| !matches!(tool.kind, ToolKind::Server(_)));
    let empty = |name: &'static str| Fields::new().with(name, Fields::new());
    let written = match server {
        ServerTool::WebSearch {
            family: Family::Google,
            raw,
            ..
        }
        | ServerTool::Other {
            family: Family::Google,
            raw,
        } => return Ok(Some(raw.into())),
        // They do not go with functions.
        _ if functions => None,
        ServerTool::WebSearch {
            allowed,
            blocked,
            location,
            context,
            max_uses,
            ..
        } => {
            for (name, said) in [
                ("allowed_domains", !allowed.is_empty()),
                ("blocked_domains", !blocked.is_empty()),
                ("user_location", location.is_some()),
                ("search_context_size", context.is_some()),
                ("max_uses", max_uses.is_some()),
            ] {
                if said {
                    report.dropped(format!("{}.{name}", tool.at));
                }
            }
            Some(empty("googleSearch"))
        }
        ServerTool::Other { raw, .. } if runs_code(raw) => Some(empty("codeExecution")),
        ServerTool::Other { .. } => None,
    };
    if written.is_none() {
        if matches!(&request.choice, Some(ToolChoice::Tool(chosen)) if *chosen == tool.name) {
            return Err(Unsupported {
                message: format!("the model has no tool like \"{}\"", tool.name),
                param: "tool_choice".into(),
            });
        }
        report.dropped(&tool.at);
    }
    Ok(written.map(Json::from))
}

fn runs_code(raw: &Raw) -> bool {
    Value::parse(raw.text())
        .ok()
        .and_then(|tool| tool.object()?.word("type"))
        .is_some_and(|kind| kind.starts_with("code_execution") || kind == "code_interpreter")
}

/// The choice. `callable`: the model has functions.
pub(super) fn choice<'a>(
    request: &'a Request,
    target: &Abilities,
    callable: bool,
    report: &mut Report,
) -> Option<Fields<'a>> {
    let choice = request.choice.as_ref()?;
    if !callable && request.family != Family::Google {
        choices::impossible(request, report);
        return None;
    }
    let names = |names: &[String]| -> Vec<Json<'a>> {
        names
            .iter()
            .map(|name| Json::from(named(name, target).into_owned()))
            .collect()
    };
    if choice.forces() && !target.forced_tool {
        report.dropped("tool_choice");
        return Some(Fields::new().with("mode", "AUTO"));
    }
    Some(match choice {
        ToolChoice::None => Fields::new().with("mode", "NONE"),
        ToolChoice::Auto
        | ToolChoice::Allowed {
            required: false, ..
        } => Fields::new().with("mode", "AUTO"),
        ToolChoice::Required => Fields::new().with("mode", "ANY"),
        ToolChoice::Tool(name) => Fields::new()
            .with("mode", "ANY")
            .with("allowedFunctionNames", names(std::slice::from_ref(name))),
        ToolChoice::Allowed {
            names: several,
            required: true,
        } => Fields::new()
            .with("mode", "ANY")
            .with("allowedFunctionNames", names(several)),
    })
}
