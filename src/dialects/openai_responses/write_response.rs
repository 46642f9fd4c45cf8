//! Whole answers, written.

use super::write_output::{
    CUT, Code, Provided, WHOLE, annotation, call, ended, id, interpreted, logprobs, made, message,
    picture, provided, reasoning, reasoning_id, refusal_part, search, state, text_part, words,
};
use crate::dialects::json::{Fields, Json};
use crate::dialects::openai_chat::served;
use crate::dialects::{Reply, recall, stops};
use crate::models::chat::{Block, Content, Raw, Response};
use crate::models::usage::Tokens;

pub(super) fn write(response: &Response, reply: &Reply) -> Vec<u8> {
    let response = recall::response(response, &reply.memory);
    let answer = Answer::new(
        reply,
        response.id.as_deref(),
        response.model.as_deref(),
        response.created,
    );
    let choice = response.choices.iter().min_by_key(|choice| choice.index);
    let mut items = Items {
        answer: &answer,
        reply,
        provider: response.model.as_deref(),
        probabilities: choice.and_then(|choice| choice.logprobs.as_ref()),
        parts: Vec::new(),
        ran: None,
        out: Vec::new(),
    };
    let blocks = choice.map(|choice| choice.blocks.as_slice());
    let refused = blocks.is_some_and(|blocks| stops::said(blocks).1);
    let stop = choice.and_then(|choice| choice.stop.as_ref());
    for block in blocks.unwrap_or_default() {
        items.add(block);
    }
    items.run();
    let reason = stops::to_responses(stop, refused);
    items.said(if reason.is_some() { CUT } else { WHOLE });
    let output = items.out;
    let state = State {
        status: WHOLE,
        reason,
        usage: response.usage.as_ref(),
        tier: response.tier.as_deref(),
    };
    answer.fields(reply, &state, output).bytes()
}

/// Blocks on their way to be items.
struct Items<'a> {
    answer: &'a Answer,
    reply: &'a Reply,
    provider: Option<&'a str>,
    /// Of the words of all texts; they go to the first.
    probabilities: Option<&'a Raw>,
    /// Parts of the message that is being written.
    parts: Vec<Json<'a>>,
    /// Code whose output may follow.
    ran: Option<Code>,
    out: Vec<Json<'a>>,
}

impl<'a> Items<'a> {
    fn add(&mut self, block: &'a Block) {
        if !matches!(block.content, Content::Server { .. }) {
            self.run();
        }
        let item = match &block.content {
            Content::Text { text, citations } => {
                let length = text.chars().count() as u64;
                let notes = citations
                    .iter()
                    .filter_map(|citation| annotation(citation, length))
                    .collect();
                let words = self.probabilities.take().map(logprobs);
                let part = text_part(text, notes, words.unwrap_or_default());
                return self.parts.push(part.into());
            }
            Content::Refusal(text) => return self.parts.push(refusal_part(text).into()),
            Content::Thinking(thought) => {
                self.said(WHOLE);
                let id = reasoning_id(thought.secret.as_ref())
                    .unwrap_or_else(|| id("rs", &self.answer.id, self.out.len()));
                owned(&reasoning(&id, thought, self.provider, &self.reply.memory))
            }
            Content::Call(called) => {
                self.said(WHOLE);
                let id = id(words(called.kind).1, &self.answer.id, self.out.len());
                let state = state(called.kind, &called.arguments);
                owned(&call(&id, state, called, &called.arguments))
            }
            Content::Server { family, raw } => return self.provided(&provided(*family, raw)),
            other => return self.provided(&made(other)),
        };
        self.out.push(item);
    }

    /// Writes code that has nothing more to say.
    fn run(&mut self) {
        if let Some(ran) = self.ran.take() {
            self.said(WHOLE);
            let id = id("ci", &self.answer.id, self.out.len());
            self.out.push(owned(&interpreted(&id, ended(&ran), &ran)));
        }
    }

    fn provided(&mut self, provided: &Provided) {
        if let Provided::Printed(text, failed) = provided {
            let open = self.ran.take_if(|ran| ran.output.is_none());
            self.run();
            let code = open.and_then(|ran| ran.code);
            let output = Some((text.clone(), *failed));
            self.ran = Some(Code { code, output });
            return;
        }
        self.run();
        match provided {
            Provided::Words(words) => {
                let part = owned(&text_part(words, Vec::new(), Vec::new()));
                return self.parts.push(part);
            }
            Provided::Code(code) => {
                self.ran = Some(code.clone());
                return;
            }
            Provided::Printed(..) | Provided::Nothing => return,
            _ => self.said(WHOLE),
        }
        let id = |prefix| id(prefix, &self.answer.id, self.out.len());
        let item = match provided {
            Provided::Item(raw) => Json::Raw(raw.text().to_owned().into()),
            Provided::Search(query) => owned(&search(&id("ws"), WHOLE, query)),
            Provided::Picture(media) => owned(&picture(&id("ig"), WHOLE, Some(media))),
            Provided::Code(_) | Provided::Printed(..) | Provided::Words(_) | Provided::Nothing => {
                return;
            }
        };
        self.out.push(item);
    }

    /// Writes what was said so far as a message.
    fn said(&mut self, status: &'static str) {
        if self.parts.is_empty() {
            return;
        }
        let id = id("msg", &self.answer.id, self.out.len());
        let parts = std::mem::take(&mut self.parts);
        let item = owned(&message(&id, status, parts));
        self.out.push(item);
    }
}

/// An item that borrows nothing any more.
pub(super) fn owned(fields: &Fields<'_>) -> Json<'static> {
    Json::Raw(Json::Object(fields.clone()).to_text().into())
}

/// What is the same in all that is told of an answer.
pub(super) struct Answer {
    pub(super) id: String,
    created: i64,
    model: String,
}

/// How far an answer is.
#[derive(Default)]
pub(super) struct State<'a> {
    /// Its state, unless there is a reason why it is not complete.
    pub(super) status: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) usage: Option<&'a Tokens>,
    pub(super) tier: Option<&'a str>,
}

impl Answer {
    pub(super) fn new(
        reply: &Reply,
        id: Option<&str>,
        model: Option<&str>,
        created: Option<i64>,
    ) -> Self {
        let id = if reply.id.is_empty() {
            let own = id.unwrap_or("0");
            let known = ["resp_", "chatcmpl-", "msg_"];
            known
                .into_iter()
                .find_map(|known| own.strip_prefix(known))
                .unwrap_or(own)
        } else {
            &reply.id
        };
        let model = if reply.model.is_empty() {
            model.unwrap_or_default()
        } else {
            &reply.model
        };
        Self {
            id: format!("resp_{id}"),
            created: created.unwrap_or(reply.created),
            model: model.to_owned(),
        }
    }

    /// The whole answer as it is now, with what the request said.
    pub(super) fn fields<'a>(
        &'a self,
        reply: &'a Reply,
        state: &State<'a>,
        output: Vec<Json<'a>>,
    ) -> Fields<'a> {
        let echo = |name: &str, otherwise: Json<'a>| {
            let said = reply.memory.echo.iter().find(|extra| extra.name == name);
            said.map_or(otherwise, |extra| (&extra.value).into())
        };
        let raw = |text: &'static str| Json::Raw(text.into());
        let details = state
            .reason
            .map(|reason| Fields::new().with("reason", reason));
        let status = if details.is_some() { CUT } else { state.status };
        let searches = state.usage.and_then(|usage| usage.units.get("searches"));
        let fields = Fields::new()
            .with("id", &self.id)
            .with("object", "response")
            .with("created_at", self.created)
            .with("status", status)
            .with("background", false)
            .with("error", Json::Null)
            .with("incomplete_details", details)
            .with("instructions", echo("instructions", Json::Null))
            .with("max_output_tokens", echo("max_output_tokens", Json::Null))
            .with("max_tool_calls", echo("max_tool_calls", Json::Null))
            .with("model", &self.model)
            .with("output", output)
            .with(
                "parallel_tool_calls",
                echo("parallel_tool_calls", true.into()),
            )
            .with("previous_response_id", Json::Null)
            .with("prompt_cache_key", echo("prompt_cache_key", Json::Null))
            .with(
                "reasoning",
                echo("reasoning", raw(r#"{"effort":null,"summary":null}"#)),
            )
            .with("safety_identifier", echo("safety_identifier", Json::Null))
            .with("service_tier", state.tier.map(served))
            .with("store", false)
            .with("temperature", echo("temperature", raw("1.0")))
            .with("text", echo("text", raw(r#"{"format":{"type":"text"}}"#)))
            .with("tool_choice", echo("tool_choice", "auto".into()))
            .with("tools", echo("tools", Json::List(Vec::new())))
            .with("top_logprobs", echo("top_logprobs", 0_u64.into()))
            .with("top_p", echo("top_p", raw("1.0")))
            .with("truncation", echo("truncation", "disabled".into()));
        let fields = match searches.filter(|count| **count > 0) {
            Some(count) => {
                let search = Fields::new().with("num_requests", *count);
                fields.with("tool_usage", Fields::new().with("web_search", search))
            }
            None => fields,
        };
        fields
            .with("usage", state.usage.map(usage))
            .with("user", echo("user", Json::Null))
            .with("metadata", echo("metadata", raw("{}")))
    }
}

/// What was used, in OpenAI's convention.
fn usage(tokens: &Tokens) -> Fields<'static> {
    let writes = tokens.cache_write_5m.saturating_add(tokens.cache_write_1h);
    let input = Fields::new()
        .with("cached_tokens", tokens.cached_input)
        .maybe("cache_write_tokens", (writes > 0).then_some(writes));
    let output = Fields::new().with("reasoning_tokens", tokens.reasoning);
    let split = Fields::new()
        .with("ephemeral_5m_input_tokens", tokens.cache_write_5m)
        .with("ephemeral_1h_input_tokens", tokens.cache_write_1h);
    Fields::new()
        .with("input_tokens", tokens.input)
        .with("input_tokens_details", input)
        .with("output_tokens", tokens.output)
        .with("output_tokens_details", output)
        .with("total_tokens", tokens.total())
        // What an hour's writes cost is not what five minutes' do, and OpenAI has one word.
        .maybe(
            "cache_creation",
            (tokens.cache_write_1h > 0).then_some(split),
        )
}
