//! Requests, written.

use super::write_blocks::{Blocks, Marks, mark};
use super::{write_thinking, write_tools};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{
    Unsupported, Written, choices, defaults, exchange, functions, ids, schema, stored, tier,
};
use crate::models::abilities::{Abilities, Ids};
use crate::models::chat::{Family, Format, Request, Role, Turn};

/// What an answer may have when neither the client nor the catalogue says.
const DEFAULT_OUTPUT: u64 = 4096;

/// The hidden tool whose input is the answer.
const ANSWER: &str = "json";

pub(super) fn write(
    request: &Request,
    target: &Abilities,
    model: &str,
) -> Result<Written, Unsupported> {
    stored::refuse(request)?;
    let mut report = Report::default();
    for path in &request.unsaid {
        report.dropped(path);
    }
    let mut memory = functions::memory(request, target);
    let alone = alone(request, &mut report);
    let groups = exchange::group(alone.as_deref().unwrap_or(&request.turns), &mut report);
    let max_tokens = limit(request, target, &mut report);
    let unproven = write_thinking::unproven(&groups, target, model);
    let thought = write_thinking::ask(request, target, max_tokens, unproven, &mut report);

    let mut marks = Marks::of(request);
    let mut tools = write_tools::write(request, target, &mut marks, &mut report)?;
    let mut choice = if tools.is_empty() {
        choices::impossible(request, &mut report);
        None
    } else {
        write_tools::choice(request, target, &mut report)
    };
    let mut config = Fields::new();
    if let Some(effort) = thought.effort.clone() {
        config.put("effort", effort);
    }
    let answer = format(
        request,
        target,
        thought.on,
        &tools,
        &mut config,
        &mut report,
    );
    if let Some(tool) = answer {
        tools.push(tool);
        choice = Some(Fields::new().with("type", "tool").with("name", ANSWER));
        memory.answer_tool = Some(ANSWER.to_owned());
    }

    let mut blocks = Blocks {
        target,
        model,
        spelling: request.spelling,
        report: &mut report,
        marks,
        ids: ids::Written::new(Ids::Word, true),
    };
    let system = if alone.is_some() {
        None
    } else {
        blocks.system(request)
    };
    let messages = blocks.messages(&groups, thought.on)?;

    let mut body = Fields::new()
        .with("model", model)
        .with("max_tokens", max_tokens)
        .maybe("system", system)
        .with("messages", messages);
    if !tools.is_empty() {
        body.put("tools", tools);
    }
    if let Some(choice) = choice {
        body.put("tool_choice", choice);
    }
    let thinks = thought.on;
    if let Some(field) = thought.field {
        body.put("thinking", field);
    }
    sampling(request, target, thinks, &mut body, &mut report);
    rest(request, &mut body, &mut config, &mut report);
    if !config.is_empty() {
        body.put("output_config", config);
    }
    let body = body.bytes();
    Ok(Written {
        body,
        dropped: report.dropped,
        clamped: report.clamped,
        hints: report.hints,
        memory,
    })
}

/// The last of the operator's words as a person's, where there are no others.
fn alone(request: &Request, report: &mut Report) -> Option<Vec<Turn>> {
    if !request.turns.is_empty() {
        return None;
    }
    let last = request.system.last()?;
    report.dropped(last.at.replace(".content", ".role"));
    Some(vec![Turn {
        role: Role::User,
        blocks: request.system.clone(),
        name: None,
        at: last.at.clone(),
        prefix: false,
    }])
}

fn limit(request: &Request, target: &Abilities, report: &mut Report) -> u64 {
    let most = target.max_output;
    match (request.max_output, most) {
        (None, most) => most.unwrap_or(DEFAULT_OUTPUT),
        (Some(asked), Some(most)) if asked > most => {
            report.clamped(request.paths.max_output);
            most
        }
        (Some(asked), _) => asked,
    }
}

/// The form of the answer; a tool, where the model can be bound in no other way.
fn format<'a>(
    request: &'a Request,
    target: &Abilities,
    thinks: bool,
    tools: &[Json<'_>],
    config: &mut Fields<'a>,
    report: &mut Report,
) -> Option<Json<'a>> {
    let (path, schema_path) = request.paths.format;
    match request.format.as_ref()? {
        Format::Text => None,
        Format::Json => {
            report.dropped(path);
            None
        }
        Format::Schema {
            schema,
            description,
            ..
        } => {
            if !target.structured_output && (thinks || !tools.is_empty() || !target.forced_tool) {
                report.dropped(path);
                return None;
            }
            if target.structured_output {
                let narrowed = schema::for_messages(schema, schema_path, report);
                let narrowed = schema::described(narrowed, description.as_deref());
                let format = Fields::new()
                    .with("type", "json_schema")
                    .with("schema", narrowed);
                config.put("format", format);
                return None;
            }
            let words = description
                .as_deref()
                .unwrap_or("The answer, in this form.");
            Some(
                Fields::new()
                    .with("name", ANSWER)
                    .with("description", words)
                    .with("input_schema", schema::of_tool(schema))
                    .into(),
            )
        }
    }
}

fn sampling<'a>(
    request: &'a Request,
    target: &Abilities,
    thinks: bool,
    body: &mut Fields<'a>,
    report: &mut Report,
) {
    let sampling = &request.sampling;
    let number = |raw: &crate::models::chat::Raw| raw.text().parse::<f64>().unwrap_or(1.0);
    let mut heated = false;
    if let Some(raw) = &sampling.temperature {
        let value = number(raw);
        if !target.sampling || (thinks && (value - 1.0).abs() > f64::EPSILON) {
            report.dropped("temperature");
        } else if (0.0..=1.0).contains(&value) {
            heated = true;
            body.put("temperature", raw);
        } else {
            heated = true;
            report.clamped("temperature");
            body.put("temperature", u64::from(value > 0.0));
        }
    }
    if let Some(raw) = &sampling.top_p {
        let beside = heated && !target.temperature_with_top_p;
        if !target.sampling || beside || (thinks && number(raw) < 0.95) {
            report.dropped("top_p");
        } else {
            body.put("top_p", raw);
        }
    }
    if let Some(raw) = &sampling.top_k {
        if !target.sampling || thinks {
            report.dropped("top_k");
        } else {
            body.put("top_k", raw);
        }
    }
    let logprobs = request.paths.logprobs;
    for (name, path, raw) in [
        ("seed", "seed", &sampling.seed),
        (
            "frequency_penalty",
            "frequency_penalty",
            &sampling.frequency_penalty,
        ),
        (
            "presence_penalty",
            "presence_penalty",
            &sampling.presence_penalty,
        ),
        ("logprobs", logprobs, &sampling.logprobs),
        ("top_logprobs", "top_logprobs", &sampling.top_logprobs),
    ] {
        if let Some(raw) = raw {
            defaults::lost(name, path, raw.text(), report);
        }
    }
    if request.answers.is_some_and(|answers| answers > 1) {
        report.dropped("n");
    }
}

fn rest<'a>(
    request: &'a Request,
    body: &mut Fields<'a>,
    config: &mut Fields<'a>,
    report: &mut Report,
) {
    let own = request.family == Family::Anthropic;
    let mut stops = Vec::with_capacity(request.stop.len());
    for (place, stop) in request.stop.iter().enumerate() {
        if stop.trim().is_empty() {
            report.dropped(format!("{}[{place}]", request.paths.stop));
        } else {
            stops.push(stop.into());
        }
    }
    if !stops.is_empty() {
        body.put("stop_sequences", Json::List(stops));
    }
    let mut metadata = Fields::new().maybe("user_id", request.end_user.as_deref());
    if let Some(tier) = tier::for_anthropic(request, report) {
        body.put("service_tier", tier);
    }
    if let Some(cache) = &request.cache {
        body.put("cache_control", mark(cache, "", report));
    }
    for extra in &request.extras {
        let name = extra.name.as_str();
        if own {
            match name.split_once('.') {
                Some(("output_config", field)) => config.put(field, &extra.value),
                Some(("metadata", field)) => metadata.put(field, &extra.value),
                _ => body.put(name, &extra.value),
            }
        } else {
            defaults::left_out(extra, report);
        }
    }
    if !metadata.is_empty() {
        body.put("metadata", metadata);
    }
    if request.stream {
        body.put("stream", true);
    }
}
