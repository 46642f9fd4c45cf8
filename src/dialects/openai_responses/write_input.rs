//! The input of a request, written: turns become items.

use std::collections::HashMap;

use super::thoughts;
use super::write_parts::simplest;
use super::write_tools::LONGEST_NAME;
use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, exchange, ids, media, names, secrets, server_text};
use crate::models::abilities::{Abilities, Ids};
use crate::models::chat::{
    Block, Call, CallKind, Content, Family, Request, Role, Spelling, Thinking, ToolResult, Turn,
};

/// The longest id of a call.
const LONGEST_ID: usize = 64;

/// What items are written with.
pub(super) struct Input<'a, 'r> {
    pub(super) target: &'a Abilities,
    pub(super) own: bool,
    pub(super) report: &'r mut Report,
    model: &'a str,
    ids: ids::Written,
    /// How each call is made, by its id: results are told apart by it.
    kinds: HashMap<&'a str, CallKind>,
    out: Vec<Json<'a>>,
}

/// What is written of a conversation.
pub(super) struct Conversation<'a> {
    pub(super) instructions: Option<&'a str>,
    pub(super) input: Vec<Json<'a>>,
}

pub(super) fn write<'a>(
    request: &'a Request,
    target: &'a Abilities,
    model: &'a str,
    report: &mut Report,
) -> Result<Conversation<'a>, Unsupported> {
    let mut input = Input {
        target,
        own: request.spelling == Spelling::Responses,
        report,
        model,
        ids: ids::Written::new(Ids::AtMost(LONGEST_ID), false),
        kinds: HashMap::new(),
        out: Vec::with_capacity(request.turns.len() + 1),
    };
    let instructions = input.system(request);
    for turn in &request.turns {
        match turn.role {
            Role::System => input.operator(&turn.blocks.iter().collect::<Vec<_>>()),
            Role::User => input.user(turn)?,
            Role::Assistant => input.assistant(turn),
        }
        if turn.name.is_some() {
            input.report.dropped(format!("{}.name", turn.at));
        }
    }
    if let Some(last) = request.turns.last()
        && last.role == Role::Assistant
        && !input.own
    {
        // It is taken for an earlier answer.
        input.report.dropped(&last.at);
    }
    Ok(Conversation {
        instructions,
        input: input.out,
    })
}

impl<'a> Input<'a, '_> {
    /// The operator's first words: one text as instructions, several as parts of one message.
    fn system(&mut self, request: &'a Request) -> Option<&'a str> {
        let blocks: Vec<&Block> = exchange::operators_words(request).iter().collect();
        // Somebody must speak: alone, the operator's words are the input.
        if let [block] = blocks.as_slice()
            && let Content::Text { text, .. } = &block.content
            && block.cache.is_none()
            && !request.turns.is_empty()
        {
            media::unsupported(block, self.report);
            return (!text.is_empty()).then_some(text);
        }
        self.operator(&blocks);
        None
    }

    fn operator(&mut self, blocks: &[&'a Block]) {
        let mut parts = Vec::new();
        for block in blocks {
            media::unsupported(block, self.report);
            match &block.content {
                Content::Text { text, .. } | Content::Refusal(text) => {
                    if !text.is_empty() || blocks.len() == 1 {
                        parts.push(self.input_text(block, text));
                    }
                }
                _ => self.report.dropped(&block.at),
            }
        }
        if !parts.is_empty() {
            let role = if self.target.openai_reasoning {
                "developer"
            } else {
                "system"
            };
            self.message(role, simplest(parts));
        }
    }

    fn message(&mut self, role: &'static str, content: Json<'a>) {
        let item = Fields::new()
            .with("type", "message")
            .with("role", role)
            .with("content", content);
        self.out.push(item.into());
    }

    fn user(&mut self, turn: &'a Turn) -> Result<(), Unsupported> {
        let mut parts = Vec::new();
        let (mut lost, mut answers) = (false, false);
        for block in &turn.blocks {
            if let Content::Result(result) = &block.content {
                self.result(block, result)?;
                answers = true;
            }
        }
        for block in &turn.blocks {
            match &block.content {
                Content::Result(_) => {}
                Content::Server {
                    family: Family::OpenAi,
                    raw,
                } if self.own && is_item(raw.text()) => {
                    self.out.push(raw.into());
                    answers = true;
                }
                _ => match self.user_part(block)? {
                    Some(part) => parts.push(part),
                    None => lost = true,
                },
            }
        }
        if parts.is_empty() {
            if answers {
                return Ok(());
            }
            if lost && turn.blocks.iter().any(|block| !is_empty(block)) {
                return Err(Unsupported {
                    message: "nothing of this message can be told to the model".into(),
                    param: turn.at.clone(),
                });
            }
            self.message("user", "".into());
            return Ok(());
        }
        self.message("user", simplest(parts));
        Ok(())
    }

    fn result(&mut self, block: &'a Block, result: &'a ToolResult) -> Result<(), Unsupported> {
        let id = self.ids.result(&result.call);
        let mut parts = Vec::new();
        if result.is_error {
            self.report.dropped(format!("{}.is_error", block.at));
        }
        let mut failed = result.is_error;
        for inner in &result.blocks {
            media::unsupported(inner, self.report);
            match &inner.content {
                Content::Text { text, .. } if std::mem::take(&mut failed) => {
                    parts.push(self.input_text(inner, format!("Error: {text}")));
                }
                Content::Text { text, .. } => parts.push(self.input_text(inner, text)),
                _ => parts.extend(self.user_part(inner)?),
            }
        }
        if failed {
            let said = Fields::new()
                .with("type", "input_text")
                .with("text", "Error: ");
            parts.insert(0, said.into());
        }
        media::unmarked(block, self.report);
        let output = if parts.is_empty() {
            "".into()
        } else {
            simplest(parts)
        };
        let kind = match self.kinds.get(result.call.as_str()) {
            Some(CallKind::Custom) => "custom_tool_call_output",
            _ => "function_call_output",
        };
        let item = Fields::new()
            .with("type", kind)
            .with("call_id", id)
            .with("output", output);
        self.out.push(item.into());
        Ok(())
    }

    fn assistant(&mut self, turn: &'a Turn) {
        let mut parts = Vec::new();
        // A thought without what it led to is refused.
        let mut thoughts = Vec::new();
        let start = self.out.len();
        for block in &turn.blocks {
            let part = match &block.content {
                Content::Text { text, .. } if text.is_empty() => continue,
                Content::Text { text, .. } => {
                    media::unsupported(block, self.report);
                    Fields::new().with("type", "output_text").with("text", text)
                }
                Content::Refusal(text) => {
                    Fields::new().with("type", "refusal").with("refusal", text)
                }
                Content::Thinking(thought) => {
                    self.said(&mut parts);
                    if let Some(item) = self.thought(thought, block) {
                        thoughts.push((item, block));
                    }
                    continue;
                }
                Content::Call(call) => {
                    self.said(&mut parts);
                    self.out.extend(thoughts.drain(..).map(|(item, _)| item));
                    let item = self.call(call, block);
                    self.out.push(item);
                    continue;
                }
                Content::Server {
                    family: Family::OpenAi,
                    raw,
                } if self.own => {
                    self.said(&mut parts);
                    self.out.extend(thoughts.drain(..).map(|(item, _)| item));
                    self.out.push(raw.into());
                    continue;
                }
                Content::Server { raw, .. } => {
                    self.report.dropped(&block.at);
                    let Some(text) = server_text::of(raw) else {
                        continue;
                    };
                    Fields::new().with("type", "output_text").with("text", text)
                }
                _ => {
                    self.report.dropped(&block.at);
                    continue;
                }
            };
            media::unmarked(block, self.report);
            self.out.extend(thoughts.drain(..).map(|(item, _)| item));
            parts.push(part.into());
        }
        self.said(&mut parts);
        if self.out.len() > start {
            // Some servers tell it after what it led to.
            let items = thoughts.into_iter().map(|(item, _)| item);
            self.out.splice(start..start, items.collect::<Vec<_>>());
        } else {
            for (_, block) in thoughts {
                self.report.hint(&block.at);
            }
        }
    }

    /// Writes what was said so far as a message.
    fn said(&mut self, parts: &mut Vec<Json<'a>>) {
        if !parts.is_empty() {
            let content = Json::List(std::mem::take(parts));
            self.message("assistant", content);
        }
    }

    /// A thought goes back only with a secret that the target can read.
    fn thought(&mut self, thought: &'a Thinking, block: &'a Block) -> Option<Json<'a>> {
        let readable = thought.secret.as_ref().filter(|secret| {
            secret.kind == thoughts::ENCRYPTED && secrets::verifies(self.target, self.model, secret)
        });
        let Some(secret) = readable else {
            self.report.hint(&block.at);
            return None;
        };
        let item = Fields::new()
            .with("type", "reasoning")
            .maybe("id", secret.id.as_deref())
            .with("summary", thoughts::summary(&thought.text))
            .with("encrypted_content", &secret.data);
        Some(item.into())
    }

    fn call(&mut self, call: &'a Call, block: &'a Block) -> Json<'a> {
        media::unmarked(block, self.report);
        self.kinds.insert(&call.id, call.kind);
        let (kind, field) = match call.kind {
            CallKind::Function => ("function_call", "arguments"),
            CallKind::Custom => ("custom_tool_call", "input"),
        };
        Fields::new()
            .with("type", kind)
            .with("call_id", self.ids.call(&call.id))
            .with("name", names::fitting(&call.name, LONGEST_NAME))
            .with(field, &call.arguments)
            .into()
    }
}

fn is_empty(block: &Block) -> bool {
    matches!(&block.content, Content::Text { text, .. } if text.is_empty())
}

/// Whether something of OpenAI's own stands beside messages, not in one.
fn is_item(raw: &str) -> bool {
    let fields = Value::parse(raw).ok().and_then(Value::object);
    fields
        .and_then(|fields| fields.word("type"))
        .is_some_and(|kind| kind.ends_with("_output") || kind.ends_with("_response"))
}
