//! Requests, written: everything beside the messages.

use super::write_messages;
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, Written, choices, effort, functions, schema, stored, unsaid};
use crate::models::abilities::{Abilities, Thinking};
use crate::models::chat::{Format, Raw, Request, ToolChoice};

/// What of sampling it has, under whichever name.
const SAMPLING: &[&str] = &[
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "frequency_penalty",
    "presence_penalty",
];

/// The most stop sequences that are taken.
const STOPS: usize = 5;

pub(super) fn write(
    request: &Request,
    target: &Abilities,
    model: &str,
) -> Result<Written, Unsupported> {
    stored::refuse(request)?;
    let mut report = Report::default();
    let messages = write_messages::write(request, target, &mut report)?;
    let mut body = Fields::new()
        .with("model", model)
        .with("messages", messages);
    let callable = tools(request, target, &mut body, &mut report)?;
    format(request, callable, &mut body, &mut report);
    limits(request, target, &mut body, &mut report);
    sampling(request, &mut body, &mut report);
    think(request, target, &mut body, &mut report);
    if request.cache.is_some() {
        report.hint("cache_control");
    }
    unsaid::report(request, SAMPLING, &[], &mut report);
    if request.stream {
        body.put("stream", true);
    }
    Ok(Written {
        body: body.bytes(),
        dropped: report.dropped,
        clamped: report.clamped,
        hints: report.hints,
        memory: functions::memory(request, target),
    })
}

/// The tools and the choice among them; whether there are any.
fn tools<'a>(
    request: &'a Request,
    target: &Abilities,
    body: &mut Fields<'a>,
    report: &mut Report,
) -> Result<bool, Unsupported> {
    let mut functions = functions::of(request, target, report)?;
    let choice = match &request.choice {
        Some(ToolChoice::None) => Some("NONE"),
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => Some("REQUIRED"),
        // One tool alone is shown to a model that must call it.
        Some(ToolChoice::Tool(name)) => {
            let wanted = crate::dialects::names::fitting(name, target.tool_name);
            functions.retain(|tool| tool.name == wanted);
            Some("REQUIRED")
        }
        _ => None,
    };
    if functions.is_empty() {
        choices::impossible(request, report);
        return Ok(false);
    }
    // It binds all tools or none.
    let strict = functions.iter().all(|tool| tool.strict);
    let tools: Vec<Json<'a>> = functions
        .into_iter()
        .map(|tool| {
            if tool.strict && !strict {
                report.dropped(format!("{}.strict", tool.at));
            }
            if tool.cache.is_some() {
                report.hint(format!("{}.cache_control", tool.at));
            }
            let function = Fields::new()
                .with("name", tool.name)
                .maybe("description", tool.description)
                .with("parameters", tool.schema);
            Fields::new()
                .with("type", "function")
                .with("function", function)
                .into()
        })
        .collect();
    body.put("tools", tools);
    if strict {
        body.put("strict_tools", true);
    }
    if let Some(choice) = choice {
        body.put("tool_choice", choice);
    }
    Ok(true)
}

/// The form of the answer, which is not taken beside tools.
fn format<'a>(request: &'a Request, callable: bool, body: &mut Fields<'a>, report: &mut Report) {
    let format = Fields::new().with("type", "json_object");
    let format = match &request.format {
        None | Some(Format::Text) => return,
        Some(_) if callable => {
            report.dropped(request.paths.format.0);
            return;
        }
        Some(Format::Json) => format,
        Some(Format::Schema {
            schema,
            description,
            ..
        }) => {
            let schema = schema::for_cohere(schema, request.paths.format.1, report);
            let schema = schema::described(schema, description.as_deref());
            format.with("json_schema", schema)
        }
    };
    body.put("response_format", format);
}

fn limits<'a>(
    request: &'a Request,
    target: &Abilities,
    body: &mut Fields<'a>,
    report: &mut Report,
) {
    if let Some(asked) = request.max_output {
        let most = target.max_output.unwrap_or(u64::MAX);
        if asked > most {
            report.clamped(request.paths.max_output);
        }
        body.put("max_tokens", asked.min(most));
    }
    let stops: Vec<Json<'a>> = request.stop.iter().take(STOPS).map(Into::into).collect();
    for place in STOPS..request.stop.len() {
        report.dropped(format!("{}[{place}]", request.paths.stop));
    }
    if !stops.is_empty() {
        body.put("stop_sequences", stops);
    }
}

fn sampling<'a>(request: &'a Request, body: &mut Fields<'a>, report: &mut Report) {
    let sampling = &request.sampling;
    for (path, name, value, least, most) in [
        (
            "temperature",
            "temperature",
            &sampling.temperature,
            "0",
            "1",
        ),
        ("top_p", "p", &sampling.top_p, "0.01", "0.99"),
        ("top_k", "k", &sampling.top_k, "0", "500"),
        (
            "frequency_penalty",
            "frequency_penalty",
            &sampling.frequency_penalty,
            "0",
            "1",
        ),
        (
            "presence_penalty",
            "presence_penalty",
            &sampling.presence_penalty,
            "0",
            "1",
        ),
    ] {
        if let Some(value) = value {
            body.put(name, bounded(value, path, least, most, report));
        }
    }
    if let Some(seed) = &sampling.seed {
        body.put("seed", seed);
    }
}

/// A number within bounds, as it was written where it is.
fn bounded<'a>(
    value: &'a Raw,
    path: &str,
    least: &'static str,
    most: &'static str,
    report: &mut Report,
) -> Json<'a> {
    let number = |text: &str| text.parse::<f64>().unwrap_or(0.0);
    let asked = number(value.text());
    let bound = if asked < number(least) {
        least
    } else if asked > number(most) {
        most
    } else {
        return value.into();
    };
    report.clamped(path);
    Json::Raw(bound.into())
}

fn think(request: &Request, target: &Abilities, body: &mut Fields<'_>, report: &mut Report) {
    let reasoning = &request.reasoning;
    let field = if target.thinking == Thinking::None {
        if reasoning.wanted() {
            report.dropped(request.paths.reasoning);
        }
        return;
    } else if reasoning.off {
        Fields::new().with("type", "disabled")
    } else if reasoning.wanted() {
        let asked = reasoning.effort.as_deref();
        let budget = reasoning
            .budget
            .or_else(|| asked.map(|word| effort::budget(word, target.max_output)));
        // The answer needs room beside the thinking.
        let room = request.max_output.map(|most| most.saturating_sub(1));
        let fits = budget.map(|budget| budget.min(room.unwrap_or(budget)));
        if fits != budget && reasoning.budget.is_some() {
            report.clamped(request.paths.reasoning);
        }
        Fields::new()
            .with("type", "enabled")
            .maybe("token_budget", fits)
    } else {
        return;
    };
    body.put("thinking", field);
}
