//! Requests, written: everything beside the messages and the tools.

use super::write_blocks::{Blocks, Points};
use super::write_tools;
use crate::dialects::anthropic_messages::write_thinking;
use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, Written, effort, exchange, functions, ids, stored, unsaid};
use crate::models::abilities::{Abilities, Beside, Thinking};
use crate::models::chat::{Extra, Request};

/// The most output of a thinking model where neither the client nor the catalogue says.
const DEFAULT_OUTPUT: u64 = 4096;

/// What of sampling it has, at least for some models.
const SAMPLING: &[&str] = &["temperature", "top_p", "top_k"];

pub(super) fn write(
    request: &Request,
    target: &Abilities,
    model: &str,
) -> Result<Written, Unsupported> {
    stored::refuse(request)?;
    let mut report = Report::default();
    let groups = exchange::group(&request.turns, &mut report);
    let mut memory = functions::memory(request, target);
    let mut points = Points::of(request);
    let (mut more, thinks) = thought(request, target, model, &groups, &mut report);
    let tools = write_tools::write(
        request,
        target,
        thinks,
        &mut points,
        &mut memory,
        &mut report,
    )?;
    let mut blocks = Blocks {
        target,
        model,
        spelling: request.spelling,
        report: &mut report,
        points,
        ids: ids::Written::new(target.ids, true),
        documents: 0,
    };
    let mut system = blocks.system(request);
    let mut messages = blocks.messages(&groups, thinks)?;
    if messages.is_empty() && !system.is_empty() {
        // Only the operator speaks: somebody has to be answered.
        let last = request.system.last();
        report.dropped(
            last.map_or("system", |block| &block.at)
                .replace(".content", ".role"),
        );
        let content = std::mem::take(&mut system);
        let message = Fields::new().with("role", "user").with("content", content);
        messages.push(message.into());
    }
    let mut body = Fields::new();
    if !system.is_empty() {
        body.put("system", system);
    }
    body.put("messages", messages);
    let config = inference(request, target, thinks, &mut more, &mut report);
    if !config.is_empty() {
        body.put("inferenceConfig", config);
    }
    if let Some(tools) = tools {
        body.put("toolConfig", tools);
    }
    if !more.is_empty() {
        body.put("additionalModelRequestFields", more);
    }
    if request.cache.is_some() {
        report.hint("cache_control");
    }
    let metadata = request.extras.iter().find(|extra| extra.name == "metadata");
    let metadata = metadata.filter(|extra| is_metadata(extra));
    if let Some(extra) = metadata {
        body.put("requestMetadata", &extra.value);
    }
    let own = metadata.map(|extra| extra.name.as_str());
    unsaid::report(request, SAMPLING, own.as_slice(), &mut report);
    Ok(Written {
        body: body.bytes(),
        dropped: report.dropped,
        clamped: report.clamped,
        hints: report.hints,
        memory,
    })
}

/// Fields of the model's own that ask for thinking, and whether it thinks.
fn thought(
    request: &Request,
    target: &Abilities,
    model: &str,
    groups: &[exchange::Exchange<'_>],
    report: &mut Report,
) -> (Fields<'static>, bool) {
    let reasoning = &request.reasoning;
    let path = request.paths.reasoning;
    let mut more = Fields::new();
    if target.beside == Beside::Claude {
        let most = request.max_output.or(target.max_output);
        let unproven = write_thinking::unproven(groups, target, model);
        let most = most.unwrap_or(DEFAULT_OUTPUT);
        let asked = write_thinking::ask(request, target, most, unproven, report);
        if let Some(field) = asked.field {
            more.put("thinking", field);
        }
        if let Some(effort) = asked.effort {
            more.put("output_config", Fields::new().with("effort", effort));
        }
        return (more, asked.on);
    }
    let asked = effort::asked(reasoning);
    let word = asked.map(|asked| effort::nearest(asked, target.efforts));
    let field = match (target.beside, target.thinking) {
        (Beside::GptOss, _) if reasoning.off => {
            // Its models think always.
            report.clamped(path);
            more.put("reasoning_effort", "low");
            return (more, false);
        }
        (Beside::GptOss, _) => word.map(|word| ("reasoning_effort", word.to_owned().into())),
        (Beside::Nova, Thinking::Effort) if reasoning.wanted() => {
            let config = Fields::new()
                .with("type", "enabled")
                .with("maxReasoningEffort", word.unwrap_or("medium").to_owned());
            Some(("reasoningConfig", Json::from(config)))
        }
        _ => {
            if reasoning.wanted() {
                report.dropped(path);
            }
            return (more, false);
        }
    };
    if field.is_some() && word != asked {
        report.clamped(path);
    }
    let thinks = field.is_some() && target.beside == Beside::Nova;
    if let Some((name, value)) = field {
        more.put(name, value);
    }
    (more, thinks)
}

fn inference<'a>(
    request: &'a Request,
    target: &Abilities,
    thinks: bool,
    more: &mut Fields<'a>,
    report: &mut Report,
) -> Fields<'a> {
    let mut config = Fields::new();
    if let Some(asked) = request.max_output {
        let most = target.max_output.unwrap_or(u64::MAX);
        if asked > most {
            report.clamped(request.paths.max_output);
        }
        config.put("maxTokens", asked.min(most));
    }
    let sampling = &request.sampling;
    let claude = target.beside == Beside::Claude;
    let taken = target.sampling && !(claude && thinks);
    let mut heated = false;
    if let Some(raw) = &sampling.temperature {
        let value = raw.text().parse::<f64>().unwrap_or(1.0);
        heated = taken;
        if !taken {
            report.dropped("temperature");
        } else if (0.0..=1.0).contains(&value) {
            config.put("temperature", raw);
        } else {
            report.clamped("temperature");
            config.put("temperature", u64::from(value > 0.0));
        }
    }
    if let Some(raw) = &sampling.top_p {
        if !taken || (heated && !target.temperature_with_top_p) {
            report.dropped("top_p");
        } else {
            config.put("topP", raw);
        }
    }
    if let Some(raw) = &sampling.top_k {
        if claude && taken {
            more.put("top_k", raw);
        } else if target.beside == Beside::Nova {
            let inside = Fields::new().with("topK", raw);
            more.put("inferenceConfig", inside);
        } else {
            report.dropped("top_k");
        }
    }
    let mut stops: Vec<Json<'a>> = Vec::with_capacity(request.stop.len());
    for (place, stop) in request.stop.iter().enumerate() {
        if stop.trim().is_empty() {
            report.dropped(format!("{}[{place}]", request.paths.stop));
        } else {
            stops.push(stop.into());
        }
    }
    if !stops.is_empty() {
        config.put("stopSequences", stops);
    }
    config
}

/// Whether tags may stand in Bedrock's log of calls: few, short, and of plain characters.
fn is_metadata(extra: &Extra) -> bool {
    let plain = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || " :_@$#=/+,-.".contains(c);
        text.len() <= 256 && text.chars().all(fits)
    };
    let fields = Value::parse(extra.value.text())
        .ok()
        .and_then(Value::object);
    fields.is_some_and(|fields| {
        let count = fields.fields().count();
        (1..=16).contains(&count)
            && fields.fields().all(|(name, value)| {
                !name.is_empty() && plain(name) && value.text().is_some_and(|text| plain(&text))
            })
    })
}
