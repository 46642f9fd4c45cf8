//! Tools and the choice among them, written.

use std::collections::BTreeSet;

use super::write_blocks::Points;
use crate::dialects::functions::NO_ARGUMENTS;
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Memory, Unsupported, choices, functions, names, schema};
use crate::models::abilities::Abilities;
use crate::models::chat::{Content, Format, Request, ToolChoice};

/// The hidden tool whose input is the answer.
const ANSWER: &str = "json";

/// The field `toolConfig`.
pub(super) fn write<'a>(
    request: &'a Request,
    target: &'a Abilities,
    thinks: bool,
    points: &mut Points,
    memory: &mut Memory,
    report: &mut Report,
) -> Result<Option<Fields<'a>>, Unsupported> {
    let called = called(request);
    let functions = functions::of(request, target, report)?;
    let mut choice = (!functions.is_empty())
        .then(|| self::choice(request, target, report))
        .flatten();
    let none = matches!(request.choice, Some(ToolChoice::None));
    if none && !functions.is_empty() && !called.is_empty() {
        // What was called must be listed, and what is listed can be called.
        report.dropped("tool_choice");
    }
    let mut tools: Vec<Json<'a>> = Vec::new();
    if !none || !called.is_empty() {
        for tool in functions {
            if tool.strict {
                report.dropped(format!("{}.strict", tool.at));
            }
            let description = tool.description.filter(|text| !text.is_empty());
            tools.push(spec(tool.name.into(), description, tool.schema));
            tools.extend(points.of_tool(tool.cache, tool.at, target, report));
        }
    }
    if tools.is_empty() {
        // A conversation with calls is refused without any tool.
        let named = called.into_iter().map(|name| {
            let name = names::fitting(name, target.tool_name);
            spec(name.into(), None, Json::Raw(NO_ARGUMENTS.into()))
        });
        tools.extend(named);
        choices::impossible(request, report);
    }
    if let Some(answer) = form(request, target, thinks, tools.is_empty(), report) {
        tools.push(answer);
        choice = Some(Fields::new().with("tool", Fields::new().with("name", ANSWER)));
        memory.answer_tool = Some(ANSWER.to_owned());
    }
    if tools.is_empty() {
        return Ok(None);
    }
    let config = Fields::new().with("tools", tools);
    Ok(Some(config.maybe("toolChoice", choice)))
}

/// The tools that the conversation calls.
fn called(request: &Request) -> BTreeSet<&str> {
    let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
    blocks
        .filter_map(|block| match &block.content {
            Content::Call(call) => Some(call.name.as_str()),
            _ => None,
        })
        .collect()
}

fn spec<'a>(name: Json<'a>, description: Option<&'a str>, schema: Json<'a>) -> Json<'a> {
    let spec = Fields::new()
        .with("name", name)
        .maybe("description", description)
        .with("inputSchema", Fields::new().with("json", schema));
    Fields::new().with("toolSpec", spec).into()
}

fn choice<'a>(request: &'a Request, target: &Abilities, report: &mut Report) -> Option<Fields<'a>> {
    let nothing = Fields::new;
    let forced = match &request.choice {
        None | Some(ToolChoice::None) => return None,
        Some(
            ToolChoice::Auto
            | ToolChoice::Allowed {
                required: false, ..
            },
        ) => return Some(nothing().with("auto", nothing())),
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => {
            nothing().with("any", nothing())
        }
        Some(ToolChoice::Tool(name)) => {
            let name = names::fitting(name, target.tool_name);
            nothing().with("tool", nothing().with("name", name))
        }
    };
    if target.forced_tool {
        return Some(forced);
    }
    report.dropped("tool_choice");
    Some(nothing().with("auto", nothing()))
}

/// The form of the answer as a tool, where there are no others.
fn form<'a>(
    request: &'a Request,
    target: &Abilities,
    thinks: bool,
    alone: bool,
    report: &mut Report,
) -> Option<Json<'a>> {
    let path = request.paths.format.0;
    match request.format.as_ref()? {
        Format::Text => None,
        Format::Schema {
            schema,
            description,
            ..
        } if alone && !thinks && target.tools && target.forced_tool => {
            let words = description
                .as_deref()
                .unwrap_or("The answer, in this form.");
            Some(spec(ANSWER.into(), Some(words), schema::of_tool(schema)))
        }
        _ => {
            report.dropped(path);
            None
        }
    }
}
