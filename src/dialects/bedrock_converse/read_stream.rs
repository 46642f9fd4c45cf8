//! Streams, read: blocks by their numbers, of which only calls are announced. The reason for the
//! end is held until the usage has come, which is told last.

use std::collections::BTreeMap;

use super::read_response::{called, citation, secret, stop, tokens};
use crate::dialects::json::{Object, Value};
use crate::dialects::{EventReader, errors, sse};
use crate::models::chat::{Family, Stop};
use crate::models::streaming::{Delta, Event, Failure, Opening, Start};
use crate::models::usage::Tokens;

/// The most blocks an answer may have open at once.
const MOST: usize = 4096;

/// Reads events.
#[derive(Debug)]
pub(super) struct Reader {
    /// Who verifies the secrets.
    family: Family,
    started: bool,
    over: bool,
    next: u32,
    /// How many blocks were thoughts.
    thoughts: u32,
    called: bool,
    open: BTreeMap<u64, Block>,
    stop: Option<Stop>,
    usage: Option<Tokens>,
    /// The bytes of what is told when its block ends.
    kept: usize,
}

/// A block that is open.
#[derive(Debug)]
struct Block {
    number: u32,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Text,
    Thinking { signature: String },
    Redacted,
    Call { spoke: bool },
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
        let index = root.get("contentBlockIndex").and_then(Value::count);
        match (event.name.unwrap_or_default(), index) {
            ("messageStart", _) => self.start(out),
            ("contentBlockStart", Some(index)) => {
                let call = root
                    .object("start")
                    .and_then(|start| start.object("toolUse"));
                if let Some(call) = call {
                    self.close(index, out);
                    self.called = true;
                    let opening = Opening::Call(called(&call, String::new()));
                    self.begin(index, Shape::Call { spoke: false }, opening, out);
                }
            }
            ("contentBlockDelta", Some(index)) => {
                if let Some(delta) = root.object("delta") {
                    self.delta(index, &delta, out);
                }
            }
            ("contentBlockStop", Some(index)) => self.close(index, out),
            ("messageStop", _) => {
                let word = root.string("stopReason").unwrap_or_default();
                self.stop = Some(stop(&word, self.called));
                if self.usage.is_some() {
                    self.end(out);
                }
            }
            ("metadata", _) => {
                self.usage = tokens(&root);
                if self.stop.is_some() {
                    self.end(out);
                }
            }
            (name, _)
                if name == "error" || root.get("error").is_some_and(Value::says_something) =>
            {
                let error = errors::read(data.as_bytes());
                self.over = true;
                out.push(Event::Error(Failure {
                    message: error.message,
                    kind: error.kind,
                    code: error.code,
                }));
            }
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        if !self.over {
            self.end(out);
        }
    }

    fn kept(&self) -> usize {
        self.kept
    }
}

impl Reader {
    pub(super) fn new(family: Family) -> Self {
        Self {
            family,
            started: false,
            over: false,
            next: 0,
            thoughts: 0,
            called: false,
            open: BTreeMap::new(),
            stop: None,
            usage: None,
            kept: 0,
        }
    }

    fn start(&mut self, out: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            out.push(Event::Start(Start::default()));
        }
    }

    fn begin(&mut self, index: u64, shape: Shape, opening: Opening, out: &mut Vec<Event>) {
        if self.open.len() >= MOST {
            self.fail("the provider has more open at once than an answer may", out);
            return;
        }
        self.start(out);
        let number = self.next;
        self.next = self.next.saturating_add(1);
        self.thoughts += u32::from(!opening.answers());
        self.open.insert(index, Block { number, shape });
        out.push(Event::Open {
            choice: 0,
            block: number,
            opening,
        });
    }

    fn delta(&mut self, index: u64, delta: &Object<'_>, out: &mut Vec<Event>) {
        if let Some(text) = delta.word("text") {
            self.text(index, out);
            self.grow(index, Delta::Text(text), out);
        } else if let Some(call) = delta.object("toolUse") {
            if let Some(Block {
                shape: Shape::Call { spoke },
                ..
            }) = self.open.get_mut(&index)
                && let Some(input) = call.word("input")
            {
                *spoke = true;
                self.grow(index, Delta::Arguments(input), out);
            }
        } else if let Some(thought) = delta.object("reasoningContent") {
            self.thought(index, &thought, out);
        } else if let Some(cited) = delta.get("citation") {
            self.text(index, out);
            self.grow(index, Delta::Citation(citation(cited)), out);
        }
    }

    /// Opens a text where nothing is open.
    fn text(&mut self, index: u64, out: &mut Vec<Event>) {
        if !self.open.contains_key(&index) {
            self.begin(index, Shape::Text, Opening::Text, out);
        }
    }

    fn thought(&mut self, index: u64, thought: &Object<'_>, out: &mut Vec<Event>) {
        if let Some(data) = thought.word("redactedContent") {
            if !self.open.contains_key(&index) {
                let opening = Opening::Redacted(secret(data, "redacted", self.family));
                self.begin(index, Shape::Redacted, opening, out);
            }
            return;
        }
        if !self.open.contains_key(&index) {
            let shape = Shape::Thinking {
                signature: String::new(),
            };
            self.begin(index, shape, Opening::Thinking(Some(self.family)), out);
        }
        if let Some(text) = thought.word("text") {
            self.grow(index, Delta::Text(text), out);
        }
        if let Some(Block {
            shape: Shape::Thinking { signature },
            ..
        }) = self.open.get_mut(&index)
            && let Some(piece) = thought.text("signature")
        {
            self.kept += piece.len();
            signature.push_str(&piece);
        }
    }

    fn grow(&self, index: u64, delta: Delta, out: &mut Vec<Event>) {
        let Some(block) = self.open.get(&index) else {
            return;
        };
        let fits = matches!(
            (&block.shape, &delta),
            (Shape::Text, Delta::Text(_) | Delta::Citation(_))
                | (Shape::Thinking { .. }, Delta::Text(_))
                | (Shape::Call { .. }, Delta::Arguments(_))
        );
        if fits {
            out.push(Event::Delta {
                choice: 0,
                block: block.number,
                delta,
            });
        }
    }

    fn close(&mut self, index: u64, out: &mut Vec<Event>) {
        let Some(Block { number, shape }) = self.open.remove(&index) else {
            return;
        };
        let delta = match shape {
            Shape::Thinking { signature } if !signature.is_empty() => {
                self.kept -= signature.len();
                Some(Delta::Secret(secret(signature, "signature", self.family)))
            }
            Shape::Call { spoke: false } => Some(Delta::Arguments("{}".to_owned())),
            _ => None,
        };
        out.extend(delta.map(|delta| Event::Delta {
            choice: 0,
            block: number,
            delta,
        }));
        out.push(Event::Close {
            choice: 0,
            block: number,
        });
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        let Some(stop) = self.stop.take() else {
            self.fail("the provider's stream ended before its answer", out);
            return;
        };
        if stop == Stop::Failure && self.next == self.thoughts {
            self.fail("the model failed at its answer", out);
            return;
        }
        self.start(out);
        let open: Vec<u64> = self.open.keys().copied().collect();
        for index in open {
            self.close(index, out);
        }
        self.over = true;
        out.push(Event::Stop { choice: 0, stop });
        out.extend(self.usage.take().map(Event::Usage));
        out.push(Event::End);
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
