//! Streams, read: each object carries a piece of thinking, of text, or whole calls.

use super::read_response::{calls, created, seed, stop, tokens};
use crate::dialects::json::{Object, Value};
use crate::dialects::{EventReader, errors, sse};
use crate::models::streaming::{Delta, Event, Failure, Opening, Start};

/// Reads objects.
#[derive(Debug, Default)]
pub(super) struct Reader {
    started: bool,
    over: bool,
    /// What the calls without ids get theirs from.
    seed: String,
    /// The block that is open.
    open: Option<(Shape, u32)>,
    next: u32,
    calls: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Thinking,
    Text,
}

impl EventReader for Reader {
    fn read(&mut self, event: &sse::Event<'_>, out: &mut Vec<Event>) {
        if self.over {
            return;
        }
        let text = String::from_utf8_lossy(&event.data);
        let data = text.trim();
        if data.is_empty() {
            return;
        }
        let Some(root) = Value::parse(data).ok().and_then(Value::object) else {
            self.fail("the provider sent something that is no event", out);
            return;
        };
        if root.get("error").is_some_and(Value::says_something) {
            let error = errors::read(data.as_bytes());
            self.over = true;
            out.push(Event::Error(Failure {
                message: error.message,
                kind: error.kind,
                code: error.code,
            }));
            return;
        }
        self.object(&root, data, out);
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        if !self.over {
            self.fail("the provider's stream ended before its answer", out);
        }
    }
}

impl Reader {
    fn object(&mut self, root: &Object<'_>, data: &str, out: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            self.seed = seed(root);
            out.push(Event::Start(Start {
                id: None,
                model: root.word("model"),
                created: created(root),
                usage: None,
            }));
        }
        if let Some(message) = root.object("message") {
            self.grow(Shape::Thinking, message.word("thinking"), out);
            self.grow(Shape::Text, message.word("content"), out);
            let seed = std::mem::take(&mut self.seed);
            for call in calls(&message, &seed, self.calls) {
                self.calls += 1;
                self.call(call, out);
            }
            self.seed = seed;
        }
        if let Some(stop) = stop(root, self.calls > 0) {
            self.close(out);
            self.over = true;
            out.push(Event::Stop { choice: 0, stop });
            out.extend(tokens(data).map(Event::Usage));
            out.push(Event::End);
        }
    }

    fn grow(&mut self, shape: Shape, text: Option<String>, out: &mut Vec<Event>) {
        let Some(text) = text else { return };
        let block = match self.open {
            Some((open, block)) if open == shape => block,
            _ => {
                self.close(out);
                let opening = match shape {
                    Shape::Thinking => Opening::Thinking(None),
                    Shape::Text => Opening::Text,
                };
                let block = self.begin(opening, out);
                self.open = Some((shape, block));
                block
            }
        };
        out.push(Event::Delta {
            choice: 0,
            block,
            delta: Delta::Text(text),
        });
    }

    fn call(&mut self, mut call: crate::models::chat::Call, out: &mut Vec<Event>) {
        self.close(out);
        let arguments = std::mem::take(&mut call.arguments);
        let block = self.begin(Opening::Call(call), out);
        out.push(Event::Delta {
            choice: 0,
            block,
            delta: Delta::Arguments(arguments),
        });
        out.push(Event::Close { choice: 0, block });
    }

    fn begin(&mut self, opening: Opening, out: &mut Vec<Event>) -> u32 {
        let block = self.next;
        self.next = self.next.saturating_add(1);
        out.push(Event::Open {
            choice: 0,
            block,
            opening,
        });
        block
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some((_, block)) = self.open.take() {
            out.push(Event::Close { choice: 0, block });
        }
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
