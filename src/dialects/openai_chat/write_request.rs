//! Requests, written: everything beside the messages and the tools.

use super::{write_messages, write_tools};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{
    Unsupported, Written, choices, defaults, effort, names, recall, schema, stored, tier,
};
use crate::models::abilities::{Abilities, Thinking};
use crate::models::chat::{Extra, Family, Format, Request, Spelling};

/// The most stop sequences that are taken.
const STOPS: usize = 4;

struct Writer<'a, 'r> {
    request: &'a Request,
    target: &'a Abilities,
    report: &'r mut Report,
    body: Fields<'a>,
    /// Whether a tool must be called.
    forced: bool,
}

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
    let mut memory = recall::memory(request);
    if !write_tools::knows_openais_own(request, target) {
        memory.custom_tools = recall::custom_tools(request);
    }
    let messages = write_messages::write(request, target, model, &mut report)?;
    let mut writer = Writer {
        request,
        target,
        report: &mut report,
        body: Fields::new()
            .with("model", model)
            .with("messages", messages),
        forced: false,
    };
    let tools = write_tools::write(request, target, writer.report)?;
    memory.tool_names = names::changed(&request.tools, target.tool_name);
    let callable = !tools.is_empty();
    if callable {
        writer.body.put("tools", tools);
    }
    writer.web_search();
    if callable {
        writer.choice();
    } else {
        choices::impossible(request, writer.report);
    }
    writer.format(callable);
    writer.limits();
    writer.sampling();
    writer.reasoning();
    writer.rest();
    let body = writer.body.bytes();
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
            let renamed = self.target.renames.iter().find(|(from, _)| *from == name);
            self.body.put(renamed.map_or(name, |(_, to)| to), value);
        }
    }

    fn web_search(&mut self) {
        if let Some(options) = write_tools::web_search(self.request, self.target) {
            self.body.put("web_search_options", options);
        }
    }

    fn choice(&mut self) {
        if let Some(choice) = &self.request.choice {
            let forced = choice.forces();
            let switch = self.target.thinking == Thinking::Switch;
            self.forced = forced;
            if forced && !self.target.forced_tool && !switch {
                self.report.dropped("tool_choice");
                self.body.put("tool_choice", "auto");
            } else {
                let choice = write_tools::choice(choice, self.request, self.target);
                self.body.put("tool_choice", choice);
            }
        }
        if let Some(parallel) = self.request.parallel {
            self.put("parallel_tool_calls", self.request.paths.parallel, parallel);
        }
    }

    /// `callable`: the model has tools.
    fn format(&mut self, callable: bool) {
        let path = self.request.paths.format;
        let form = !matches!(self.request.format, None | Some(Format::Text));
        if form && callable && self.target.refuses.contains(&"response_format=alone") {
            self.report.dropped(path.0);
            return;
        }
        match &self.request.format {
            None | Some(Format::Text) => {}
            Some(Format::Json) => {
                let format = Fields::new().with("type", "json_object");
                self.put("response_format", path.0, format);
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
                        self.body
                            .put("response_format", Fields::new().with("type", "json_object"));
                    }
                    return;
                }
                // Anthropic's schemas bind always; OpenAI's only in a form it may not have.
                let strict =
                    strict.unwrap_or_else(|| schema::is_strict(schema, path.1, self.report));
                let inner = Fields::new()
                    .with("name", name.as_deref().unwrap_or("answer"))
                    .maybe("description", description.as_deref())
                    .with("schema", schema)
                    .with("strict", strict);
                let format = Fields::new()
                    .with("type", "json_schema")
                    .with("json_schema", inner);
                self.put("response_format", path.0, format);
            }
        }
    }

    fn limits(&mut self) {
        let request = self.request;
        if let Some(asked) = request.max_output {
            let most = self.target.max_output.unwrap_or(u64::MAX);
            if asked > most {
                self.report.clamped(request.paths.max_output);
            }
            let name = if self.target.max_completion_tokens {
                "max_completion_tokens"
            } else {
                "max_tokens"
            };
            self.body.put(name, asked.min(most));
        }
        let (kept, lost): (Vec<_>, Vec<_>) = request
            .stop
            .iter()
            .enumerate()
            .partition(|(place, _)| *place < STOPS);
        for (place, _) in lost {
            self.report
                .dropped(format!("{}[{place}]", request.paths.stop));
        }
        if !kept.is_empty() {
            let stops: Vec<Json<'a>> = kept.into_iter().map(|(_, stop)| stop.into()).collect();
            self.put("stop", request.paths.stop, stops);
        }
        if let Some(answers) = request.answers.filter(|answers| *answers > 1) {
            self.put("n", "n", answers);
        }
    }

    fn sampling(&mut self) {
        let sampling = &self.request.sampling;
        for (name, value) in [
            ("temperature", &sampling.temperature),
            ("top_p", &sampling.top_p),
            ("top_k", &sampling.top_k),
            ("seed", &sampling.seed),
            ("frequency_penalty", &sampling.frequency_penalty),
            ("presence_penalty", &sampling.presence_penalty),
            ("logprobs", &sampling.logprobs),
            ("top_logprobs", &sampling.top_logprobs),
        ] {
            let Some(value) = value else { continue };
            let path = match name {
                "logprobs" => self.request.paths.logprobs,
                name => name,
            };
            let thinks = self.target.openai_reasoning && !self.thinking_is_off();
            let free = matches!(name, "temperature" | "top_p" | "logprobs" | "top_logprobs");
            let penalty = name.ends_with("_penalty");
            if (free && (thinks || !self.target.sampling))
                || (penalty && self.target.openai_reasoning)
            {
                defaults::lost(name, path, value.text(), self.report);
            } else {
                self.put(name, path, value);
            }
        }
    }

    fn thinking_is_off(&self) -> bool {
        self.request.reasoning.off && self.target.efforts.contains(&"none")
    }

    fn reasoning(&mut self) {
        let reasoning = &self.request.reasoning;
        let path = self.request.paths.reasoning;
        // The explicit choice of a tool wins over thinking where both cannot be.
        let impossible =
            self.forced && !self.target.forced_tool && self.target.thinking == Thinking::Switch;
        if !reasoning.off && !reasoning.wanted() && !impossible {
            return;
        }
        match self.target.thinking {
            Thinking::None => {
                if reasoning.wanted() {
                    self.report.dropped(path);
                }
            }
            Thinking::Switch => {
                if impossible && reasoning.wanted() {
                    self.report.dropped(path);
                }
                let off = reasoning.off || impossible;
                if self.target.refuses.contains(&"thinking=enable_thinking") {
                    self.body.put("enable_thinking", !off);
                    return;
                }
                let word = if off { "disabled" } else { "enabled" };
                self.body.put("thinking", Fields::new().with("type", word));
            }
            _ if reasoning.off => {
                let known = self.target.efforts;
                if known.contains(&"none") {
                    self.put("reasoning_effort", path, "none");
                } else if let Some(least) = known.first() {
                    self.report.clamped(path);
                    self.put("reasoning_effort", path, *least);
                } else if self.target.family != Family::Anthropic {
                    // Claude does not think unless it is asked to.
                    self.report.dropped(path);
                }
            }
            _ => {
                if let Some(asked) = effort::asked(reasoning) {
                    let word = effort::nearest(asked, self.target.efforts);
                    if word != asked {
                        self.report.clamped(path);
                    }
                    self.put("reasoning_effort", path, word);
                }
            }
        }
    }

    /// A field of responses, of which OpenAI's own servers know some here too.
    fn of_responses(&mut self, extra: &'a Extra) {
        let name = extra.name.as_str();
        let known = match name {
            "text.verbosity" => Some("verbosity"),
            "metadata" | "store" => Some(name),
            name if defaults::is_of_caching(name) => Some(name),
            _ => None,
        };
        match known {
            Some(known) if self.target.family == Family::OpenAi => {
                self.body.put(known, &extra.value);
            }
            _ => defaults::left_out(extra, self.report),
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
        for name in self.target.always {
            self.body.put(*name, true);
        }
        for extra in &request.extras {
            match request.spelling {
                Spelling::Chat => self.body.put(extra.name.as_str(), &extra.value),
                Spelling::Responses => self.of_responses(extra),
                Spelling::Own => defaults::left_out(extra, self.report),
            }
        }
        if request.stream {
            self.body.put("stream", true);
            if !self.target.refuses.contains(&"stream_options") {
                self.body
                    .put("stream_options", Fields::new().with("include_usage", true));
            }
        }
    }
}
