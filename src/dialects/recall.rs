//! What a request's translation did, undone in its answer.
//!
//! Tools that were sent under another name or in another form, the hidden tool that stands for a
//! form of the answer, and thinking that the client did not want to see.

use std::borrow::Cow;
use std::collections::HashMap;

use super::json::Value;
use super::{Memory, Shown};
use crate::models::chat::{
    Block, CallKind, Choice, Content, Reasoning, Request, Response, Stop, ToolKind,
};
use crate::models::streaming::{Delta, Event, Opening};

/// What of a request its answer depends on.
pub(super) fn memory(request: &Request) -> Memory {
    Memory {
        thinking: shown(&request.reasoning),
        sealed: request.reasoning.sealed,
        echo: request.echo.clone(),
        legacy_functions: request
            .tools
            .iter()
            .any(|tool| tool.at.starts_with("functions[")),
        ..Memory::default()
    }
}

fn shown(reasoning: &Reasoning) -> Shown {
    match (reasoning.off, reasoning.visible) {
        (true, _) => Shown::Nothing,
        (false, Some(false)) => Shown::Proof,
        (false, _) => Shown::Whole,
    }
}

/// The text in the one property of a free-form tool that was sent as a function.
fn input_of(arguments: &str) -> Option<String> {
    let value = Value::parse(arguments).ok()?;
    value.object()?.string("input")
}

impl Memory {
    /// Whether answers go on as they come.
    fn is_idle(&self) -> bool {
        self.custom_tools.is_empty()
            && self.answer_tool.is_none()
            && self.tool_names.is_empty()
            && self.thinking == Shown::Whole
    }

    fn original(&self, name: &str) -> Option<&str> {
        self.tool_names
            .iter()
            .find(|(sent, _)| sent == name)
            .map(|(_, original)| original.as_str())
    }

    fn is_custom(&self, name: &str) -> bool {
        self.custom_tools.iter().any(|custom| custom == name)
    }

    fn is_answer(&self, name: &str) -> bool {
        self.answer_tool.as_deref() == Some(name)
    }
}

/// An answer as the client expects it.
pub(super) fn response<'a>(response: &'a Response, memory: &Memory) -> Cow<'a, Response> {
    if memory.is_idle() {
        return Cow::Borrowed(response);
    }
    let mut response = response.clone();
    for choice in &mut response.choices {
        restore(choice, memory);
    }
    Cow::Owned(response)
}

fn restore(choice: &mut Choice, memory: &Memory) {
    let answered = choice
        .blocks
        .iter()
        .any(|block| matches!(&block.content, Content::Call(call) if memory.is_answer(&call.name)));
    let blocks = std::mem::take(&mut choice.blocks);
    choice.blocks = blocks
        .into_iter()
        .filter_map(|block| restore_block(block, memory, answered))
        .collect();
    let calls = choice
        .blocks
        .iter()
        .any(|block| matches!(block.content, Content::Call(_)));
    if answered && !calls && choice.stop == Some(Stop::Calls) {
        choice.stop = Some(Stop::End);
    }
}

fn restore_block(mut block: Block, memory: &Memory, answered: bool) -> Option<Block> {
    match &mut block.content {
        Content::Thinking(_) if memory.thinking == Shown::Nothing => return None,
        Content::Text { .. } if answered => return None,
        Content::Call(call) => {
            if memory.is_answer(&call.name) {
                block.content = Content::text(std::mem::take(&mut call.arguments));
                return Some(block);
            }
            if let Some(original) = memory.original(&call.name) {
                call.name = original.to_owned();
            }
            if memory.is_custom(&call.name) {
                call.kind = CallKind::Custom;
                if let Some(input) = input_of(&call.arguments) {
                    call.arguments = input;
                }
            }
        }
        _ => {}
    }
    Some(block)
}

/// The same for a stream.
#[derive(Debug, Default)]
pub(super) struct Recall {
    memory: Memory,
    idle: bool,
    blocks: HashMap<(u32, u32), Form>,
    /// Choices with a call of the client's own tools.
    called: Vec<u32>,
    /// Choices answered by the hidden tool.
    answered: Vec<u32>,
    kept: usize,
}

#[derive(Debug)]
enum Form {
    Hidden,
    Answer,
    Custom(String),
}

impl Recall {
    pub(super) fn new(memory: Memory) -> Self {
        Self {
            idle: memory.is_idle(),
            memory,
            ..Self::default()
        }
    }

    /// How many bytes wait for the end of their block.
    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// Hands on what the client expects in an event's place.
    pub(super) fn pass(&mut self, event: &Event, next: &mut dyn FnMut(&Event)) {
        if self.idle {
            next(event);
            return;
        }
        match event {
            Event::Open {
                choice,
                block,
                opening,
            } => {
                if let Some(opening) = self.open(*choice, *block, opening) {
                    next(&Event::Open {
                        choice: *choice,
                        block: *block,
                        opening,
                    });
                }
            }
            Event::Delta {
                choice,
                block,
                delta,
            } => match (self.blocks.get_mut(&(*choice, *block)), delta) {
                (Some(Form::Hidden), _) => {}
                (Some(Form::Custom(held)), Delta::Arguments(text)) => {
                    self.kept += text.len();
                    held.push_str(text);
                }
                (Some(Form::Answer), Delta::Arguments(text)) => next(&Event::Delta {
                    choice: *choice,
                    block: *block,
                    delta: Delta::Text(text.clone()),
                }),
                _ => next(event),
            },
            Event::Close { choice, block } => {
                match self.blocks.remove(&(*choice, *block)) {
                    Some(Form::Hidden) => return,
                    Some(Form::Custom(held)) => {
                        self.kept -= held.len();
                        next(&Event::Delta {
                            choice: *choice,
                            block: *block,
                            delta: Delta::Arguments(input_of(&held).unwrap_or(held)),
                        });
                    }
                    Some(Form::Answer) | None => {}
                }
                next(event);
            }
            Event::Stop {
                choice,
                stop: Stop::Calls,
            } if self.answered.contains(choice) && !self.called.contains(choice) => {
                next(&Event::Stop {
                    choice: *choice,
                    stop: Stop::End,
                });
            }
            _ => next(event),
        }
    }

    fn open(&mut self, choice: u32, block: u32, opening: &Opening) -> Option<Opening> {
        let key = (choice, block);
        match opening {
            Opening::Thinking(_) | Opening::Redacted(_)
                if self.memory.thinking == Shown::Nothing =>
            {
                self.blocks.insert(key, Form::Hidden);
                None
            }
            Opening::Call(call) if self.memory.is_answer(&call.name) => {
                self.blocks.insert(key, Form::Answer);
                self.answered.push(choice);
                Some(Opening::Text)
            }
            Opening::Call(call) => {
                self.called.push(choice);
                let mut call = call.clone();
                if let Some(original) = self.memory.original(&call.name) {
                    call.name = original.to_owned();
                }
                if self.memory.is_custom(&call.name) {
                    call.kind = CallKind::Custom;
                    self.blocks.insert(key, Form::Custom(String::new()));
                }
                Some(Opening::Call(call))
            }
            other => Some(other.clone()),
        }
    }
}

/// The free-form tools of a request, by name.
pub(super) fn custom_tools(request: &Request) -> Vec<String> {
    request
        .tools
        .iter()
        .filter(|tool| matches!(tool.kind, ToolKind::Custom { .. }))
        .map(|tool| tool.name.clone())
        .collect()
}
