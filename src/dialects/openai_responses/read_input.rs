//! The input of a request, read: items become turns.
//!
//! What a model said is several items, and one turn: its thoughts, its words and its calls.

use super::read_parts::{content, parts};
use super::thoughts;
use crate::dialects::json::{Object, Value};
use crate::dialects::openai_chat::{arguments, cache_mark, wrong};
use crate::dialects::unread::Unread;
use crate::dialects::{Malformed, exchange};
use crate::models::chat::{Block, Call, CallKind, Content, Family, Role, ToolResult, Turn};

/// Fields that stand for an input, or for a part of it.
const INSTEAD: &[&str] = &["prompt", "previous_response_id", "conversation"];

/// Fields of an item that mean nothing to others: its own id, how far it had come, which part of an
/// answer it was, and a copy of its arguments that libraries make.
const ASIDE: &[&str] = &["type", "id", "status", "phase", "parsed_arguments"];

/// The conversation: the operator's first words, then the turns.
#[derive(Default)]
pub(super) struct Conversation {
    pub(super) system: Vec<Block>,
    pub(super) turns: Vec<Turn>,
    pub(super) unread: Unread,
}

pub(super) fn read(root: &Object<'_>) -> Result<Conversation, Malformed> {
    let mut conversation = Conversation::default();
    if let Some(value) = root.get("instructions") {
        let text = value
            .text()
            .ok_or_else(|| wrong("instructions", "a string"))?;
        let block = Block::new(Content::text(text), "instructions");
        conversation.system.push(block);
    }
    let instead = || INSTEAD.iter().any(|name| root.get(name).is_some());
    let Some(value) = root.get("input") else {
        if instead() {
            return Ok(conversation);
        }
        let message = if root.get("messages").is_some() {
            "this is the responses route: send \"input\", not \"messages\""
        } else {
            "input is missing"
        };
        return Err(Malformed::at("input", message));
    };
    if let Some(text) = value.text() {
        let block = Block::new(Content::text(text), "input");
        conversation.turn(Role::User, vec![block], "input".to_owned());
        return Ok(conversation);
    }
    let items = value
        .list()
        .ok_or_else(|| wrong("input", "a string or a list of items"))?;
    if items.is_empty() && !instead() {
        return Err(wrong("input", "a list of at least one item"));
    }
    for (place, item) in items.into_iter().enumerate() {
        let at = format!("input[{place}]");
        let fields = item.object().ok_or_else(|| wrong(&at, "an object"))?;
        conversation.item(item, &fields, at)?;
    }
    Ok(conversation)
}

impl Conversation {
    fn item(&mut self, item: Value<'_>, fields: &Object<'_>, at: String) -> Result<(), Malformed> {
        let kind = fields.text("type");
        match kind.as_deref().unwrap_or("message") {
            "message" => self.message(fields, at.clone())?,
            "reasoning" => {
                let thought = thoughts::read(fields, Family::OpenAi, None);
                for name in ["summary", "content"] {
                    for (place, part) in fields.list(name).into_iter().enumerate() {
                        let part = part.object().unwrap_or_default();
                        let at = format_args!("{at}.{name}[{place}]");
                        self.unread.rest(&part, at, &["type", "text"]);
                    }
                }
                // A thought belongs to what comes after it.
                if self.said_something() {
                    self.turn(Role::Assistant, Vec::new(), at.clone());
                }
                if let Some(thought) = thought {
                    self.assistant(Content::Thinking(thought), &at);
                }
            }
            "function_call" => {
                let arguments = arguments(fields.get("arguments"));
                let call = call(fields, &at, CallKind::Function, arguments)?;
                self.assistant(Content::Call(call), &at);
            }
            "custom_tool_call" => {
                let input = fields.string("input").unwrap_or_default();
                let call = call(fields, &at, CallKind::Custom, input)?;
                self.assistant(Content::Call(call), &at);
            }
            "function_call_output" | "custom_tool_call_output" => {
                self.result(fields, at.clone())?;
            }
            kind => {
                self.server(kind, item, at);
                return Ok(());
            }
        }
        self.unread.rest(fields, &at, ASIDE);
        Ok(())
    }

    /// An item that only OpenAI understands, kept as it was written.
    fn server(&mut self, kind: &str, item: Value<'_>, at: String) {
        let content = Content::Server {
            family: Family::OpenAi,
            raw: item.raw(),
        };
        // What a client answers to a call of a provider's own.
        if kind.ends_with("_output") || kind.ends_with("_response") {
            let block = Block::new(content, at.clone());
            self.turn(Role::User, vec![block], at);
        } else {
            self.assistant(content, &at);
        }
    }

    fn message(&mut self, fields: &Object<'_>, at: String) -> Result<(), Malformed> {
        let role = fields.text("role").unwrap_or_default();
        let role = match &*role {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => {
                return Err(wrong(
                    format!("{at}.role"),
                    "\"system\", \"developer\", \"user\" or \"assistant\"",
                ));
            }
        };
        let blocks = content(fields, &at, &mut self.unread)?;
        if role == Role::System && self.turns.is_empty() {
            self.system.extend(blocks);
        } else if role == Role::Assistant && !self.said_something() {
            for block in blocks {
                self.last(&at).push(block);
            }
        } else {
            self.turn(role, blocks, at);
        }
        Ok(())
    }

    fn result(&mut self, fields: &Object<'_>, at: String) -> Result<(), Malformed> {
        let call = fields
            .word("call_id")
            .ok_or_else(|| wrong(format!("{at}.call_id"), "a string"))?;
        let blocks = match fields.get("output") {
            Some(value) => parts(value, &format!("{at}.output"), &mut self.unread)?,
            None => Vec::new(),
        };
        let mut block = Block::new(
            Content::Result(ToolResult {
                call,
                name: None,
                blocks,
                is_error: false,
            }),
            at.clone(),
        );
        block.cache = cache_mark(fields);
        self.turn(Role::User, vec![block], at);
        Ok(())
    }

    /// Adds to what the model says.
    fn assistant(&mut self, content: Content, at: &str) {
        self.last(at).push(Block::new(content, at));
    }

    /// The blocks of the model's turn, begun here where there is none.
    fn last(&mut self, at: &str) -> &mut Vec<Block> {
        let goes_on = |turn: &Turn| turn.role == Role::Assistant;
        if !self.turns.last().is_some_and(goes_on) {
            self.turn(Role::Assistant, Vec::new(), at.to_owned());
        }
        let place = self.turns.len() - 1;
        &mut self.turns[place].blocks
    }

    /// Whether the model's turn has words, and no calls that they would come between.
    fn said_something(&self) -> bool {
        let Some(turn) = self.turns.last() else {
            return false;
        };
        let words =
            |block: &Block| matches!(block.content, Content::Text { .. } | Content::Refusal(_));
        let calls = |block: &Block| matches!(block.content, Content::Call(_));
        turn.role == Role::Assistant
            && turn.blocks.iter().any(words)
            && !turn.blocks.iter().any(calls)
    }

    fn turn(&mut self, role: Role, blocks: Vec<Block>, at: String) {
        let turn = Turn {
            role,
            blocks,
            name: None,
            at,
            prefix: false,
        };
        exchange::add(&mut self.turns, turn);
    }
}

fn call(
    fields: &Object<'_>,
    at: &str,
    kind: CallKind,
    arguments: String,
) -> Result<Call, Malformed> {
    let word = |name: &str| {
        fields
            .word(name)
            .ok_or_else(|| wrong(format!("{at}.{name}"), "a string"))
    };
    Ok(Call {
        id: word("call_id")?,
        name: word("name")?,
        arguments,
        kind,
    })
}
