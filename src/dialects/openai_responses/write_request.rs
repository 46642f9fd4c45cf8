//! Requests, written: everything beside the input and the tools.

use std::borrow::Cow;

use super::read_request::{LOGPROBS, SECRETS};
use super::{write_input, write_tools};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{
    Unsupported, Written, choices, defaults, effort, names, recall, schema, tier,
};
use crate::models::abilities::{Abilities, Thinking};
use crate::models::chat::{Family, Format, Request, Spelling};

/// The least output that OpenAI takes.
const LEAST_OUTPUT: u64 = 16;

struct Writer<'a, 'r> {
    request: &'a Request,
    target: &'a Abilities,
    report: &'r mut Report,
    body: Fields<'a>,
    /// What the answer is to bring along.
    include: Vec<Json<'a>>,
    text: Fields<'a>,
    reasoning: Fields<'a>,
    own: bool,
}

pub(super) fn write(
    request: &Request,
    target: &Abilities,
    model: &str,
) -> Result<Written, Unsupported> {
    let mut report = Report::default();
    for path in &request.unsaid {
        report.dropped(path);
    }
    let mut memory = recall::memory(request);
    memory.tool_names = names::changed(&request.tools, write_tools::LONGEST_NAME);
    let conversation = write_input::write(request, target, model, &mut report)?;
    let mut instructions = conversation.instructions.map(Cow::Borrowed);
    if let Some(Format::Schema { schema, .. }) = &request.format
        && !schema::binds(schema, target)
    {
        let said = conversation.instructions.map(|said| format!("{said}\n\n"));
        let words = said.unwrap_or_default() + &schema::in_words(schema);
        instructions = Some(Cow::Owned(words));
    }
    let tools = write_tools::write(request, target, &mut report)?;
    let mut writer = Writer {
        request,
        target,
        report: &mut report,
        body: Fields::new()
            .with("model", model)
            .maybe("instructions", instructions)
            .with("input", conversation.input),
        include: Vec::new(),
        text: Fields::new(),
        reasoning: Fields::new(),
        own: request.spelling == Spelling::Responses,
    };
    if tools.is_empty() {
        choices::impossible(request, writer.report);
    } else {
        writer.body.put("tools", tools);
        writer.choice();
    }
    writer.format();
    writer.limits();
    writer.sampling();
    writer.thinking();
    writer.rest();
    let body = writer.finish();
    Ok(Written {
        body,
        dropped: report.dropped,
        clamped: report.clamped,
        hints: report.hints,
        memory,
    })
}

impl<'a> Writer<'a, '_> {
    /// Adds a field unless the server refuses it.
    fn put(&mut self, name: &'static str, path: &str, value: impl Into<Json<'a>>) {
        let value = value.into();
        if self.target.refuses.contains(&name) {
            defaults::lost(name, path, &value.to_text(), self.report);
        } else {
            self.body.put(name, value);
        }
    }

    fn choice(&mut self) {
        let request = self.request;
        if let Some(choice) = &request.choice {
            let forced = choice.forces();
            if forced && !self.target.forced_tool {
                self.report.dropped("tool_choice");
                self.body.put("tool_choice", "auto");
            } else {
                let choice = write_tools::choice(choice, request, self.target);
                self.body.put("tool_choice", choice);
            }
        }
        if let Some(parallel) = request.parallel {
            self.put("parallel_tool_calls", request.paths.parallel, parallel);
        }
    }

    fn format(&mut self) {
        let path = self.request.paths.format;
        match &self.request.format {
            Some(Format::Text) if self.own => {
                self.text.put("format", Fields::new().with("type", "text"));
            }
            None | Some(Format::Text) => {}
            Some(Format::Json) => {
                let format = Fields::new().with("type", "json_object");
                self.text.put("format", format);
            }
            Some(Format::Schema {
                name,
                description,
                strict,
                schema,
            }) => {
                if !schema::binds(schema, self.target) {
                    self.report.dropped(path.1);
                    if schema::is_of_object(schema) {
                        let format = Fields::new().with("type", "json_object");
                        self.text.put("format", format);
                    }
                    return;
                }
                // Anthropic's schemas bind always; OpenAI's only in a form it may not have.
                let strict = match (strict, self.request.family) {
                    (Some(strict), _) => Some(*strict),
                    (None, Family::OpenAi) => (!self.own).then_some(false),
                    (None, _) => Some(schema::is_strict(schema, path.1, self.report)),
                };
                let format = Fields::new()
                    .with("type", "json_schema")
                    .with("name", name.as_deref().unwrap_or("answer"))
                    .maybe("description", description.as_deref())
                    .with("schema", schema)
                    .maybe("strict", strict);
                self.text.put("format", format);
            }
        }
    }

    fn limits(&mut self) {
        let request = self.request;
        if let Some(asked) = request.max_output {
            let most = self.target.max_output.unwrap_or(u64::MAX);
            let limit = asked.min(most).max(LEAST_OUTPUT);
            if limit != asked {
                self.report.clamped(request.paths.max_output);
            }
            self.body.put("max_output_tokens", limit);
        }
        if !request.stop.is_empty() {
            self.report.dropped(request.paths.stop);
        }
        if request.answers.is_some_and(|answers| answers > 1) {
            self.report.dropped("n");
        }
    }

    fn sampling(&mut self) {
        let sampling = &self.request.sampling;
        let off = self.request.reasoning.off && self.target.efforts.contains(&"none");
        let free = self.target.sampling && (!self.target.openai_reasoning || off);
        for (name, value) in [
            ("temperature", &sampling.temperature),
            ("top_p", &sampling.top_p),
        ] {
            match value {
                Some(value) if free => self.put(name, name, value),
                Some(_) => self.report.dropped(name),
                None => {}
            }
        }
        let wanted = sampling.logprobs.as_ref();
        let wanted = wanted.is_some_and(|raw| !defaults::says_nothing("logprobs", raw.text()));
        match (wanted, free) {
            (true, true) => {
                self.include.push(LOGPROBS.into());
                if let Some(most) = &sampling.top_logprobs {
                    self.put("top_logprobs", "top_logprobs", most);
                }
            }
            (true, false) => self.report.dropped(self.request.paths.logprobs),
            (false, _) => {}
        }
        for (name, raw) in [
            ("top_k", &sampling.top_k),
            ("seed", &sampling.seed),
            ("frequency_penalty", &sampling.frequency_penalty),
            ("presence_penalty", &sampling.presence_penalty),
        ] {
            if let Some(raw) = raw {
                defaults::lost(name, name, raw.text(), self.report);
            }
        }
    }

    fn thinking(&mut self) {
        let reasoning = &self.request.reasoning;
        let path = self.request.paths.reasoning;
        let thinks = self.target.thinking != Thinking::None;
        let asked = !self.own || reasoning.sealed;
        let seals = self.target.openai_reasoning || self.target.family == Family::XAi;
        if thinks && asked && seals {
            // Nothing is stored with the provider: thoughts go back with the conversation.
            self.include.push(SECRETS.into());
        }
        let measured = !self.target.refuses.contains(&"reasoning_effort");
        if !thinks || !measured {
            if reasoning.wanted() || (thinks && reasoning.off) {
                self.report.dropped(path);
            }
            return;
        }
        if reasoning.off {
            // Whether a model that is not known takes "none" is not known either.
            let known = self.target.efforts;
            if known.contains(&"none") {
                self.reasoning.put("effort", "none");
            } else if let Some(least) = known.first() {
                self.report.clamped(path);
                self.reasoning.put("effort", *least);
            } else {
                self.report.dropped(path);
            }
            return;
        }
        if let Some(asked) = effort::asked(reasoning) {
            let word = effort::nearest(asked, self.target.efforts);
            if word != asked {
                self.report.clamped(path);
            }
            self.reasoning.put("effort", word);
        }
        // Anthropic's clients are shown what was thought unless they say otherwise.
        let shown = reasoning
            .visible
            .unwrap_or(self.request.family == Family::Anthropic && reasoning.wanted());
        if shown && self.target.openai_reasoning {
            self.reasoning.put("summary", "auto");
        }
    }

    fn rest(&mut self) {
        let request = self.request;
        if let Some(tier) = tier::for_openai(request, self.target, self.report) {
            self.body.put("service_tier", tier);
        }
        if let Some(user) = &request.end_user {
            self.put("user", request.end_user_at(), user);
        }
        if request.cache.is_some() {
            self.report.hint("cache_control");
        }
        let mut stored = None;
        for extra in &request.extras {
            let name = extra.name.as_str();
            if self.own {
                self.extra(name, (&extra.value).into());
                continue;
            }
            let chat = request.spelling == Spelling::Chat;
            match name {
                "store" if chat => stored = Some(&extra.value),
                "verbosity" if chat => self.text.put("verbosity", &extra.value),
                "metadata" if chat => self.body.put(name, &extra.value),
                name if chat && defaults::is_of_caching(name) => self.body.put(name, &extra.value),
                _ => defaults::left_out(extra, self.report),
            }
        }
        if !self.own {
            match stored {
                Some(stored) => self.body.put("store", stored),
                // Others do not store a conversation unless they are told to.
                None => self.body.put("store", false),
            }
        }
        if request.stream {
            self.body.put("stream", true);
        }
    }

    /// A field of this format's own, where it was.
    fn extra(&mut self, name: &'a str, value: Json<'a>) {
        match name.split_once('.') {
            Some(("text", field)) => self.text.put(field, value),
            Some(("reasoning", field)) => self.reasoning.put(field, value),
            _ if name.starts_with("include[") => self.include.push(value),
            _ => self.body.put(name, value),
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if !self.text.is_empty() {
            self.body.put("text", self.text);
        }
        if !self.reasoning.is_empty() {
            self.body.put("reasoning", self.reasoning);
        }
        if !self.include.is_empty() {
            self.body.put("include", self.include);
        }
        self.body.bytes()
    }
}
