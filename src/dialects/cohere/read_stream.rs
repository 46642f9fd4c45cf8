//! Streams, read: a plan, which is thinking, then numbered contents and calls.

use std::collections::BTreeMap;

use super::read_response::{called, citation, stop, tokens};
use crate::dialects::json::{Object, Value};
use crate::dialects::{EventReader, errors, sse};
use crate::models::chat::Stop;
use crate::models::streaming::{Delta, Event, Failure, Opening, Start};

/// The most blocks an answer may have open at once.
const MOST: usize = 4096;

/// Reads events.
#[derive(Debug, Default)]
pub(super) struct Reader {
    started: bool,
    over: bool,
    id: String,
    next: u32,
    called: bool,
    open: BTreeMap<Key, Block>,
}

/// What a provider calls a block: its kind and its number among those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Plan,
    Content(u64),
    Call(u64),
}

#[derive(Debug, Clone, Copy)]
struct Block {
    number: u32,
    is_text: bool,
    /// Whether a call has arguments yet.
    spoke: bool,
}

impl EventReader for Reader {
    fn read(&mut self, event: &sse::Event<'_>, out: &mut Vec<Event>) {
        if self.over {
            return;
        }
        let text = String::from_utf8_lossy(&event.data);
        let data = text.trim();
        if data.is_empty() || data == "[DONE]" {
            return;
        }
        let Some(root) = Value::parse(data).ok().and_then(Value::object) else {
            self.fail("the provider sent something that is no event", out);
            return;
        };
        let kind = root.string("type").unwrap_or_default();
        let delta = root.object("delta").unwrap_or_default();
        let message = delta.object("message").unwrap_or_default();
        let index = root.get("index").and_then(Value::count).unwrap_or(0);
        match kind.as_str() {
            "message-start" => self.start(root.word("id"), out),
            "tool-plan-delta" => {
                let text = message.word("tool_plan");
                self.grow(Key::Plan, false, text, out);
            }
            "content-start" | "content-delta" => {
                self.end_of(Key::Plan, out);
                let content = message.object("content").unwrap_or_default();
                let thinks = content.get("thinking").is_some()
                    || content.text("type").as_deref() == Some("thinking");
                let text = content.word("thinking").or_else(|| content.word("text"));
                self.grow(Key::Content(index), !thinks, text, out);
            }
            "content-end" => self.end_of(Key::Content(index), out),
            "tool-call-start" => self.call(index, &message, out),
            "tool-call-delta" => {
                let function = message
                    .object("tool_calls")
                    .and_then(|call| call.object("function"));
                let text = function.and_then(|function| function.word("arguments"));
                self.arguments(index, text, out);
            }
            "tool-call-end" => self.end_of(Key::Call(index), out),
            "citation-start" => self.cite(&message, out),
            "message-end" => self.end(&delta, data, out),
            "citation-end" | "debug" => {}
            _ => {
                let failed = event.name == Some("error")
                    || root.get("error").is_some_and(Value::says_something)
                    || (kind.is_empty() && root.get("message").is_some());
                if failed {
                    self.broken(data, out);
                }
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        if !self.over {
            self.fail("the provider's stream ended before its answer", out);
        }
    }
}

impl Reader {
    fn start(&mut self, id: Option<String>, out: &mut Vec<Event>) {
        if self.started {
            return;
        }
        self.started = true;
        self.id = id.clone().unwrap_or_default();
        out.push(Event::Start(Start {
            id,
            ..Start::default()
        }));
    }

    fn begin(&mut self, key: Key, is_text: bool, opening: Opening, out: &mut Vec<Event>) -> u32 {
        self.start(None, out);
        let number = self.next;
        self.next = self.next.saturating_add(1);
        let block = Block {
            number,
            is_text,
            spoke: false,
        };
        self.open.insert(key, block);
        out.push(Event::Open {
            choice: 0,
            block: number,
            opening,
        });
        number
    }

    fn grow(&mut self, key: Key, is_text: bool, text: Option<String>, out: &mut Vec<Event>) {
        if self.open.len() >= MOST {
            self.fail("the provider has more open at once than an answer may", out);
            return;
        }
        let known = self.open.get(&key).map(|block| block.number);
        let block = known.unwrap_or_else(|| {
            let opening = if is_text {
                Opening::Text
            } else {
                Opening::Thinking(None)
            };
            self.begin(key, is_text, opening, out)
        });
        out.extend(text.map(|text| Event::Delta {
            choice: 0,
            block,
            delta: Delta::Text(text),
        }));
    }

    fn call(&mut self, index: u64, message: &Object<'_>, out: &mut Vec<Event>) {
        self.end_of(Key::Plan, out);
        self.end_of(Key::Call(index), out);
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        let fields = message.object("tool_calls").unwrap_or_default();
        let Some(mut call) = called(&fields, &self.id, place) else {
            return;
        };
        if self.open.len() >= MOST {
            self.fail("the provider has more open at once than an answer may", out);
            return;
        }
        let arguments = std::mem::take(&mut call.arguments);
        self.called = true;
        self.begin(Key::Call(index), false, Opening::Call(call), out);
        if arguments != "{}" {
            self.arguments(index, Some(arguments), out);
        }
    }

    fn arguments(&mut self, index: u64, text: Option<String>, out: &mut Vec<Event>) {
        let (Some(block), Some(text)) = (self.open.get_mut(&Key::Call(index)), text) else {
            return;
        };
        block.spoke = true;
        out.push(Event::Delta {
            choice: 0,
            block: block.number,
            delta: Delta::Arguments(text),
        });
    }

    /// What supports the text that was said last.
    fn cite(&mut self, message: &Object<'_>, out: &mut Vec<Event>) {
        let text = self.open.values().rev().find(|block| block.is_text);
        let (Some(block), Some(value)) = (text, message.get("citations")) else {
            return;
        };
        out.push(Event::Delta {
            choice: 0,
            block: block.number,
            delta: Delta::Citation(citation(value)),
        });
    }

    fn end_of(&mut self, key: Key, out: &mut Vec<Event>) {
        let Some(block) = self.open.remove(&key) else {
            return;
        };
        if matches!(key, Key::Call(_)) && !block.spoke {
            out.push(Event::Delta {
                choice: 0,
                block: block.number,
                delta: Delta::Arguments("{}".to_owned()),
            });
        }
        out.push(Event::Close {
            choice: 0,
            block: block.number,
        });
    }

    fn end(&mut self, delta: &Object<'_>, data: &str, out: &mut Vec<Event>) {
        let word = delta.string("finish_reason").unwrap_or_default();
        let stop = stop(&word, self.called);
        if stop == Stop::Failure || delta.get("error").is_some_and(Value::says_something) {
            self.broken(data, out);
            return;
        }
        self.start(None, out);
        let open: Vec<Key> = self.open.keys().copied().collect();
        for key in open {
            self.end_of(key, out);
        }
        self.over = true;
        out.push(Event::Stop { choice: 0, stop });
        out.extend(tokens(delta).map(Event::Usage));
        out.push(Event::End);
    }

    /// The provider says that it failed.
    fn broken(&mut self, data: &str, out: &mut Vec<Event>) {
        let inner = Value::parse(data).ok().and_then(Value::object);
        let inner = inner.and_then(|root| root.get("delta").map(Value::source));
        let error = errors::read(inner.unwrap_or(data).as_bytes());
        self.over = true;
        out.push(Event::Error(Failure {
            message: if error.message.is_empty() {
                "the provider failed while it answered".to_owned()
            } else {
                error.message
            },
            kind: error.kind,
            code: error.code,
        }));
    }

    fn fail(&mut self, message: &str, out: &mut Vec<Event>) {
        self.over = true;
        out.push(Event::Error(Failure {
            message: message.to_owned(),
            kind: None,
            code: None,
        }));
    }
}
