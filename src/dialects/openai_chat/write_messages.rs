//! Messages of a request, written.

use std::borrow::Cow;

use super::details;
use super::write_parts::{joined, prefix, simplest};
use super::write_tools::knows_openais_own;
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, exchange, ids, media, names, schema, secrets, server_text};
use crate::models::abilities::{Abilities, Carriage};
use crate::models::chat::{
    Block, CallKind, Content, Format, Request, Role, Secret, Spelling, ToolResult, Turn,
};

/// What messages are written with.
pub(super) struct Messages<'a, 'r> {
    pub(super) target: &'a Abilities,
    /// Whether the client speaks of chat completions too.
    pub(super) own: bool,
    /// Whether calls of free text go on as they are.
    free_text: bool,
    model: &'a str,
    pub(super) report: &'r mut Report,
    ids: ids::Written,
    out: Vec<Json<'a>>,
}

/// Pictures and documents out of results: a tool's message holds text only.
struct Moved<'a> {
    call: String,
    parts: Vec<Json<'a>>,
}

pub(super) fn write<'a>(
    request: &'a Request,
    target: &'a Abilities,
    model: &'a str,
    report: &mut Report,
) -> Result<Vec<Json<'a>>, Unsupported> {
    let mut messages = Messages {
        target,
        own: request.spelling == Spelling::Chat,
        free_text: knows_openais_own(request, target),
        model,
        report,
        ids: ids::Written::new(target.ids, false),
        out: Vec::with_capacity(request.turns.len() + 1),
    };
    messages.system(request);
    messages.form(request);
    for turn in &request.turns {
        match turn.role {
            Role::System => messages.operator(&turn.blocks.iter().collect::<Vec<_>>()),
            Role::User => messages.user(turn)?,
            Role::Assistant => messages.assistant(turn),
        }
    }
    messages.prefill(request);
    Ok(messages.out)
}

impl<'a> Messages<'a, '_> {
    fn system(&mut self, request: &'a Request) {
        let blocks: Vec<&Block> = exchange::operators_words(request).iter().collect();
        self.operator(&blocks);
    }

    /// The form of the answer in words, where a model cannot be bound to it. Servers want the word
    /// JSON in the prompt before they bind an answer to be any.
    fn form(&mut self, request: &Request) {
        if let Some(Format::Schema { schema, .. }) = &request.format
            && !schema::binds(schema, self.target)
        {
            let part = Fields::new().with("type", "text");
            let part = part.with("text", schema::in_words(schema));
            self.said_by_the_operator(vec![part.into()]);
        }
    }

    fn operator(&mut self, blocks: &[&'a Block]) {
        let parts = self.texts(blocks);
        if !parts.is_empty() {
            self.said_by_the_operator(parts);
        }
    }

    fn said_by_the_operator(&mut self, parts: Vec<Json<'a>>) {
        let role = if self.target.openai_reasoning {
            "developer"
        } else {
            "system"
        };
        let message = Fields::new()
            .with("role", role)
            .with("content", simplest(parts));
        self.out.push(message.into());
    }

    fn texts(&mut self, blocks: &[&'a Block]) -> Vec<Json<'a>> {
        let mut parts = Vec::new();
        for block in blocks {
            media::unsupported(block, self.report);
            match &block.content {
                Content::Text { text, .. } | Content::Refusal(text) => {
                    if !text.is_empty() || blocks.len() == 1 {
                        parts.push(
                            self.part(block, Fields::new().with("type", "text").with("text", text)),
                        );
                    }
                }
                _ => self.report.dropped(&block.at),
            }
        }
        parts
    }

    fn user(&mut self, turn: &'a Turn) -> Result<(), Unsupported> {
        let mut moved = Vec::new();
        let mut parts = Vec::new();
        for block in &turn.blocks {
            if let Content::Result(result) = &block.content {
                self.result(block, result, &mut moved)?;
            }
        }
        for one in moved {
            let line = format!("From the result of tool call {}:", one.call);
            parts.push(Fields::new().with("type", "text").with("text", line).into());
            parts.extend(one.parts);
        }
        let mut lost = 0;
        for block in &turn.blocks {
            if matches!(block.content, Content::Result(_)) {
                continue;
            }
            match self.user_part(block)? {
                Some(part) => parts.push(part),
                None => lost += 1,
            }
        }
        let results = turn
            .blocks
            .iter()
            .any(|block| matches!(block.content, Content::Result(_)));
        if parts.is_empty() {
            if results {
                return Ok(());
            }
            if lost > 0 {
                return Err(Unsupported {
                    message: "nothing of this message can be told to the model".into(),
                    param: turn.at.clone(),
                });
            }
            parts.push(Fields::new().with("type", "text").with("text", "").into());
        }
        let message = Fields::new()
            .with("role", "user")
            .with("content", simplest(parts))
            .maybe("name", self.name(turn));
        self.out.push(message.into());
        Ok(())
    }

    fn name(&mut self, turn: &'a Turn) -> Option<&'a str> {
        let name = turn.name.as_deref()?;
        if !self.target.takes_names(turn.role) {
            self.report.dropped(format!("{}.name", turn.at));
            return None;
        }
        Some(name)
    }

    fn result(
        &mut self,
        block: &'a Block,
        result: &'a ToolResult,
        moved: &mut Vec<Moved<'a>>,
    ) -> Result<(), Unsupported> {
        let id = self.ids.result(&result.call);
        let mut texts = Vec::new();
        let mut others = Vec::new();
        for inner in &result.blocks {
            match &inner.content {
                Content::Text { text, .. } => {
                    media::unsupported(inner, self.report);
                    let part = Fields::new().with("type", "text").with("text", text);
                    texts.push(self.part(inner, part));
                }
                _ => others.extend(self.user_part(inner)?),
            }
        }
        if result.is_error {
            self.report.dropped(format!("{}.is_error", block.at));
            let first = Fields::new().with("type", "text").with("text", "Error: ");
            match texts.first_mut() {
                Some(Json::Object(part)) => prefix(part, "Error: "),
                _ => texts.insert(0, first.into()),
            }
        }
        if texts.is_empty() {
            texts.push(Fields::new().with("type", "text").with("text", "").into());
        }
        if block.cache.is_some()
            && let Some(Json::Object(last)) = texts.pop()
        {
            let marked = self.part(block, last);
            texts.push(marked);
        }
        let message = Fields::new()
            .with("role", "tool")
            .with("tool_call_id", id.clone())
            .with(
                "content",
                if self.target.refuses.contains(&"content=list") {
                    joined(texts)
                } else {
                    simplest(texts)
                },
            );
        self.out.push(message.into());
        if !others.is_empty() {
            moved.push(Moved {
                call: id,
                parts: others,
            });
        }
        Ok(())
    }

    fn assistant(&mut self, turn: &'a Turn) {
        let mut parts: Vec<Json<'a>> = Vec::new();
        let mut calls = Vec::new();
        let mut refusal = String::new();
        let mut thinking = String::new();
        let mut entries = Vec::new();
        let mut proofs: Vec<&'a Secret> = Vec::new();
        for block in &turn.blocks {
            if !matches!(&block.content, Content::Text { .. }) {
                media::unmarked(block, self.report);
            }
            match &block.content {
                Content::Text { text, .. } => {
                    media::unsupported(block, self.report);
                    if !text.is_empty() {
                        let part = Fields::new().with("type", "text").with("text", text);
                        parts.push(self.part(block, part));
                    }
                }
                Content::Refusal(text) => refusal.push_str(text),
                Content::Thinking(thought) => {
                    let own = self.target.carriage == Carriage::Details
                        && thought.secret.as_ref().is_some_and(|secret| {
                            secrets::verifies(self.target, self.model, secret)
                        });
                    let shown = self.target.carriage != Carriage::None
                        && !thought.redacted
                        && !thought.text.is_empty();
                    if shown {
                        thinking.push_str(&thought.text);
                    }
                    // Google's own layer wants the proof on the call it led to.
                    if self.target.carriage != Carriage::Details {
                        let proof = thought.secret.as_ref();
                        proofs.extend(
                            proof.filter(|secret| {
                                secrets::verifies(self.target, self.model, secret)
                            }),
                        );
                    }
                    if own {
                        let index = u32::try_from(entries.len()).unwrap_or(u32::MAX);
                        details::write(thought, index, true, &mut entries);
                    }
                    if !own && !shown {
                        self.report.hint(&block.at);
                    }
                }
                Content::Call(call) => {
                    let id = self.ids.call(&call.id);
                    let name = names::fitting(&call.name, self.target.tool_name);
                    let written = if call.kind == CallKind::Custom && !self.free_text {
                        as_function(id, name, &call.arguments)
                    } else {
                        write_call(id, name, &call.arguments, call.kind)
                    };
                    let proof = proofs
                        .iter()
                        .find(|proof| details::is_of_call(proof, &call.id));
                    let extra = proof.map(|proof| details::extra_content(proof));
                    calls.push(written.maybe("extra_content", extra).into());
                }
                Content::Server { raw, .. } => {
                    self.report.dropped(&block.at);
                    if let Some(text) = server_text::of(raw) {
                        parts.push(Fields::new().with("type", "text").with("text", text).into());
                    }
                }
                _ => self.report.dropped(&block.at),
            }
        }
        if parts.is_empty() && calls.is_empty() && refusal.is_empty() {
            // A turn without words is no turn.
            return;
        }
        let content = if parts.is_empty() {
            Json::Null
        } else {
            joined(parts)
        };
        let mut message = Fields::new()
            .with("role", "assistant")
            .with("content", content)
            .maybe("refusal", (!refusal.is_empty()).then_some(refusal))
            .maybe("name", self.name(turn))
            .maybe(
                "reasoning_content",
                (!thinking.is_empty()).then_some(thinking),
            )
            .maybe(
                "reasoning_details",
                (!entries.is_empty()).then_some(entries),
            );
        if !calls.is_empty() {
            message.put("tool_calls", calls);
        }
        self.out.push(message.into());
    }

    /// A last turn of the model's own, which most chat servers take for an earlier answer.
    fn prefill(&mut self, request: &Request) {
        let Some(last) = request.turns.last() else {
            return;
        };
        if last.role != Role::Assistant {
            return;
        }
        if !self.target.prefix {
            self.report.dropped(&last.at);
        } else if let Some(Json::Object(message)) = self.out.last_mut() {
            message.put("prefix", true);
        }
    }
}

/// A call of free text where its tool is a function.
fn as_function<'a>(id: String, name: Cow<'a, str>, input: &str) -> Fields<'a> {
    let arguments = Json::Object(Fields::new().with("input", input)).to_text();
    let function = Fields::new()
        .with("name", name)
        .with("arguments", arguments);
    let call = Fields::new().with("id", id).with("type", "function");
    call.with("function", function)
}

/// A call as messages of both directions have it.
pub(super) fn write_call<'a>(
    id: String,
    name: Cow<'a, str>,
    arguments: &'a str,
    kind: CallKind,
) -> Fields<'a> {
    let call = Fields::new().with("id", id);
    match kind {
        CallKind::Function => call.with("type", "function").with(
            "function",
            Fields::new()
                .with("name", name)
                .with("arguments", arguments),
        ),
        CallKind::Custom => call.with("type", "custom").with(
            "custom",
            Fields::new().with("name", name).with("input", arguments),
        ),
    }
}
