//! Tools for wire formats that know functions and nothing else.

use std::borrow::Cow;

use super::json::{Fields, Json, Value};
use super::report::Report;
use super::{Memory, Unsupported, choices, names, recall, schema};
use crate::models::abilities::Abilities;
use crate::models::chat::{
    Cache, Call, CallKind, Raw, Request, Spelling, Tool, ToolChoice, ToolKind,
};

/// A schema for a tool without arguments.
pub(super) const NO_ARGUMENTS: &str = r#"{"type":"object","properties":{}}"#;

/// A free-form tool as a function.
pub(super) const FREE_FORM: &str =
    r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}"#;

/// A tool as a function.
pub(super) struct Function<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) description: Option<&'a str>,
    pub(super) schema: Json<'a>,
    /// Whether the schema is to bind the model.
    pub(super) strict: bool,
    pub(super) cache: Option<&'a Cache>,
    /// Where the client wrote it.
    pub(super) at: &'a str,
}

/// The tools a model may call, as functions; what is none is reported.
pub(super) fn of<'a>(
    request: &'a Request,
    target: &Abilities,
    report: &mut Report,
) -> Result<Vec<Function<'a>>, Unsupported> {
    let mut functions = Vec::with_capacity(request.tools.len());
    for tool in choices::callable(request, false) {
        if target.tools {
            functions.extend(function(tool, request, target, report)?);
        } else {
            report.dropped(&tool.at);
        }
    }
    Ok(functions)
}

fn function<'a>(
    tool: &'a Tool,
    request: &Request,
    target: &Abilities,
    report: &mut Report,
) -> Result<Option<Function<'a>>, Unsupported> {
    let (schema, strict) = match &tool.kind {
        ToolKind::Function { schema, strict } => {
            for (path, _) in &tool.extras {
                report.dropped(path);
            }
            let schema = schema.as_ref().map(schema::of_tool);
            let none = || Json::Raw(NO_ARGUMENTS.into());
            (schema.unwrap_or_else(none), *strict == Some(true))
        }
        ToolKind::Custom { format } => {
            if is_grammar(format.as_ref()) {
                report.dropped(format_at(tool, request));
            }
            (Json::Raw(FREE_FORM.into()), false)
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
    Ok(Some(Function {
        name: names::fitting(&tool.name, target.tool_name),
        description: tool.description.as_deref(),
        schema,
        strict,
        cache: tool.cache.as_ref(),
        at: &tool.at,
    }))
}

/// Whether a format of free text says more than that it is text.
pub(super) fn is_grammar(format: Option<&Raw>) -> bool {
    let fields = format.and_then(|format| Value::parse(format.text()).ok()?.object());
    fields.is_some_and(|fields| {
        fields.word("type").is_some_and(|kind| kind != "text") || fields.unasked().next().is_some()
    })
}

/// Where a client wrote the format of a free-form tool.
pub(super) fn format_at(tool: &Tool, request: &Request) -> String {
    match request.spelling {
        Spelling::Chat => format!("{}.custom.format", tool.at),
        Spelling::Responses | Spelling::Own => format!("{}.format", tool.at),
    }
}

/// What of a request the writer of its answer must know, where tools became functions.
pub(super) fn memory(request: &Request, target: &Abilities) -> Memory {
    let mut memory = recall::memory(request);
    memory.custom_tools = recall::custom_tools(request);
    memory.tool_names = names::changed(&request.tools, target.tool_name);
    memory
}

/// A call's arguments as an object.
pub(super) fn input<'a>(
    call: &'a Call,
    at: &str,
    spelling: Spelling,
    report: &mut Report,
) -> Json<'a> {
    let text = call.arguments.as_str();
    match (call.kind, Value::parse(text)) {
        (CallKind::Custom, _) => Fields::new().with("input", text).into(),
        (_, Ok(value)) if value.raw().is_object() => Json::Raw(text.trim().into()),
        (_, read) => {
            // Arguments that are no object can be shown to the model, not replayed to it.
            let field = match spelling {
                Spelling::Chat => "function.arguments",
                Spelling::Responses | Spelling::Own => "arguments",
            };
            report.dropped(format!("{at}.{field}"));
            let shown = match read {
                Ok(_) => Json::Raw(text.trim().into()),
                Err(_) => text.into(),
            };
            Fields::new().with("input", shown).into()
        }
    }
}
