//! Requests, written: everything beside the conversation and the tools.

use super::{write_contents, write_thinking, write_tools};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, Written, defaults, recall, schema, stored, tier};
use crate::models::abilities::{Abilities, Ids};
use crate::models::chat::{Family, Format, Raw, Request};

/// The most stop sequences that are taken.
const STOPS: usize = 5;

struct Writer<'a, 'r> {
    request: &'a Request,
    target: &'a Abilities,
    report: &'r mut Report,
    config: Fields<'a>,
}

pub(super) fn write(
    request: &Request,
    target: &Abilities,
    model: &str,
) -> Result<Written, Unsupported> {
    if request.family != Family::Google {
        stored::refuse(request)?;
    }
    let mut report = Report::default();
    for path in &request.unsaid {
        report.dropped(path);
    }
    let mut memory = recall::memory(request);
    memory.custom_tools = recall::custom_tools(request);
    memory.tool_names = write_tools::renamed(request, target);

    let conversation = write_contents::write(request, target, model, &mut report)?;
    let tools = write_tools::write(request, target, &mut report)?;
    let callable = !tools.functions.is_empty();
    let choice = write_tools::choice(request, target, callable, &mut report);
    let mut writer = Writer {
        request,
        target,
        report: &mut report,
        config: Fields::new(),
    };
    writer.limits();
    writer.sampling();
    writer.format(callable);
    if let Some(thinking) = write_thinking::ask(request, target, writer.report) {
        writer.config.put("thinkingConfig", thinking);
    }
    let (own, tool_config) = writer.rest(choice);
    let config = writer.config;

    let mut body = Fields::new()
        .maybe("systemInstruction", conversation.system)
        .with("contents", conversation.contents);
    let tools = tools.listed();
    if !tools.is_empty() {
        body.put("tools", tools);
    }
    if !tool_config.is_empty() {
        body.put("toolConfig", tool_config);
    }
    if !config.is_empty() {
        body.put("generationConfig", config);
    }
    body.0.extend(own.0);
    Ok(Written {
        body: body.bytes(),
        dropped: report.dropped,
        clamped: report.clamped,
        hints: report.hints,
        memory,
    })
}

impl<'a> Writer<'a, '_> {
    fn limits(&mut self) {
        let request = self.request;
        if let Some(asked) = request.max_output {
            let most = self.target.max_output.unwrap_or(u64::MAX);
            if asked > most {
                self.report.clamped(request.paths.max_output);
            }
            self.config.put("maxOutputTokens", asked.min(most));
        }
        let mut stops: Vec<Json<'a>> = Vec::new();
        for (place, stop) in request.stop.iter().enumerate() {
            if stops.len() == STOPS || stop.is_empty() {
                self.report
                    .dropped(format!("{}[{place}]", request.paths.stop));
            } else {
                stops.push(stop.into());
            }
        }
        if !stops.is_empty() {
            self.config.put("stopSequences", stops);
        }
        if let Some(answers) = request.answers.filter(|answers| *answers > 1) {
            self.config.put("candidateCount", answers);
        }
    }

    fn sampling(&mut self) {
        let sampling = &self.request.sampling;
        if let Some(raw) = &sampling.temperature {
            let value = raw.text().parse::<f64>().unwrap_or(1.0);
            if (0.0..=2.0).contains(&value) {
                self.config.put("temperature", raw);
            } else {
                self.report.clamped("temperature");
                self.config
                    .put("temperature", if value > 0.0 { 2_u64 } else { 0 });
            }
        }
        for (name, path, value) in [
            ("topP", "top_p", &sampling.top_p),
            ("topK", "top_k", &sampling.top_k),
            (
                "frequencyPenalty",
                "frequency_penalty",
                &sampling.frequency_penalty,
            ),
            (
                "presencePenalty",
                "presence_penalty",
                &sampling.presence_penalty,
            ),
            ("seed", "seed", &sampling.seed),
        ] {
            let Some(value) = value else { continue };
            if name == "seed" && value.text().parse::<i32>().is_err() {
                // Their seeds have thirty-two bits.
                self.report.dropped(path);
            } else {
                self.config.put(name, value);
            }
        }
        self.logprobs();
    }

    fn logprobs(&mut self) {
        let sampling = &self.request.sampling;
        let wanted = sampling.logprobs.as_ref().map(Raw::text);
        if wanted == Some("true") {
            self.config.put("responseLogprobs", true);
        }
        let Some(top) = &sampling.top_logprobs else {
            return;
        };
        let counted = top.text().parse::<u64>().is_ok();
        match (wanted, counted) {
            (Some("true"), true) if top.text() != "0" => self.config.put("logprobs", top),
            (_, true) if top.text() == "0" => {}
            _ => self.report.dropped("top_logprobs"),
        }
    }

    /// `callable`: the model has functions.
    fn format(&mut self, callable: bool) {
        let (path, schema_path) = self.request.paths.format;
        let early = self.target.ids == Ids::None;
        let Some(format) = &self.request.format else {
            return;
        };
        if *format == Format::Text {
            return;
        }
        if callable && early && self.request.family != Family::Google {
            // Before Gemini 3 an answer is either bound to a form or may call functions.
            self.report.dropped(path);
            return;
        }
        self.config.put("responseMimeType", "application/json");
        if let Format::Schema {
            schema,
            description,
            ..
        } = format
        {
            let written = if self.request.family == Family::Google {
                schema.into()
            } else {
                let written = schema::for_gemini(schema, schema_path, self.report);
                schema::described(written, description.as_deref())
            };
            self.config.put("responseJsonSchema", written);
        }
    }

    /// Fields of the client's own: those at the top, and those beside the choice of tools.
    fn rest(&mut self, choice: Option<Fields<'a>>) -> (Fields<'a>, Fields<'a>) {
        let request = self.request;
        let mut top = Fields::new().maybe("serviceTier", tier::for_google(request, self.report));
        let mut tools = Fields::new().maybe("functionCallingConfig", choice);
        if request.end_user.is_some() {
            self.report.hint(request.end_user_at());
        }
        if request.cache.is_some() {
            self.report.hint("cache_control");
        }
        if request.parallel == Some(false) && !request.tools.is_empty() {
            self.report.dropped(request.paths.parallel);
        }
        for extra in &request.extras {
            if request.family != Family::Google {
                defaults::left_out(extra, self.report);
                continue;
            }
            match extra.name.split_once('.') {
                Some(("generationConfig", name)) => self.config.put(name, &extra.value),
                Some(("toolConfig", name)) => tools.put(name, &extra.value),
                _ => top.put(extra.name.as_str(), &extra.value),
            }
        }
        (top, tools)
    }
}
