//! Requests, written: everything beside the messages.

use super::write_messages;
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, Written, choices, effort, functions, stored, unsaid};
use crate::models::abilities::{Abilities, Thinking};
use crate::models::chat::{Format, Request, ToolChoice};

/// What of sampling its options have.
const SAMPLING: &[&str] = &[
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "frequency_penalty",
    "presence_penalty",
];

pub(super) fn write(
    request: &Request,
    target: &Abilities,
    model: &str,
) -> Result<Written, Unsupported> {
    stored::refuse(request)?;
    let mut report = Report::default();
    let messages = write_messages::write(request, target, &mut report)?;
    let tools = tools(request, target, &mut report)?;
    let mut body = Fields::new()
        .with("model", model)
        .with("messages", messages);
    if !tools.is_empty() {
        body.put("tools", tools);
    }
    match &request.format {
        None | Some(Format::Text) => {}
        Some(Format::Json) => body.put("format", "json"),
        Some(Format::Schema {
            schema,
            description,
            ..
        }) => {
            if description.is_some() {
                let path = request.paths.format.1.trim_end_matches("schema");
                report.dropped(format!("{path}description"));
            }
            body.put("format", schema);
        }
    }
    think(request, target, &mut body, &mut report);
    let options = options(request, target, &mut report);
    if !options.is_empty() {
        body.put("options", options);
    }
    if request.cache.is_some() {
        report.hint("cache_control");
    }
    unsaid::report(request, SAMPLING, &[], &mut report);
    // Left out it means a stream.
    body.put("stream", request.stream);
    Ok(Written {
        body: body.bytes(),
        dropped: report.dropped,
        clamped: report.clamped,
        hints: report.hints,
        memory: functions::memory(request, target),
    })
}

/// The tools; which of them are called is the model's choice alone.
fn tools<'a>(
    request: &'a Request,
    target: &Abilities,
    report: &mut Report,
) -> Result<Vec<Json<'a>>, Unsupported> {
    let functions = functions::of(request, target, report)?;
    if request.choice == Some(ToolChoice::None) {
        // A model that is shown no tools calls none.
        return Ok(Vec::new());
    }
    choices::impossible(request, report);
    Ok(functions
        .into_iter()
        .map(|tool| {
            if tool.strict {
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
        .collect())
}

fn think(request: &Request, target: &Abilities, body: &mut Fields<'_>, report: &mut Report) {
    let reasoning = &request.reasoning;
    if target.thinking == Thinking::None {
        if reasoning.wanted() {
            report.dropped(request.paths.reasoning);
        }
    } else if reasoning.off {
        if target.thinking == Thinking::Effort {
            // Its models think always.
            report.clamped(request.paths.reasoning);
            body.put("think", "low");
        } else {
            body.put("think", false);
        }
    } else if reasoning.wanted() {
        match effort::asked(reasoning).filter(|_| target.thinking == Thinking::Effort) {
            Some(word) => {
                let nearest = effort::nearest(word, target.efforts);
                if nearest != word && word != "minimal" {
                    report.clamped(request.paths.reasoning);
                }
                body.put("think", nearest.to_owned());
            }
            None => body.put("think", true),
        }
    }
}

fn options<'a>(request: &'a Request, target: &Abilities, report: &mut Report) -> Fields<'a> {
    let sampling = &request.sampling;
    let mut options = Fields::new();
    if let Some(asked) = request.max_output {
        let most = target.max_output.unwrap_or(u64::MAX);
        if asked > most {
            report.clamped(request.paths.max_output);
        }
        options.put("num_predict", asked.min(most));
    }
    for (name, value) in [
        ("temperature", &sampling.temperature),
        ("top_p", &sampling.top_p),
        ("top_k", &sampling.top_k),
        ("seed", &sampling.seed),
        ("frequency_penalty", &sampling.frequency_penalty),
        ("presence_penalty", &sampling.presence_penalty),
    ] {
        if let Some(value) = value {
            options.put(name, value);
        }
    }
    if !request.stop.is_empty() {
        let stops: Vec<Json<'a>> = request.stop.iter().map(Into::into).collect();
        options.put("stop", stops);
    }
    options
}
