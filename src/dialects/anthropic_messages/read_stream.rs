//! Streams, read.
//!
//! The reason for the end is held until the message stops, and usage likewise: later figures
//! replace earlier ones field by field.

use std::collections::HashMap;

use super::read_blocks::citation;
use super::read_response::{stop, tier};
use crate::dialects::json::{Fields, Halves, Json, Object, Value, compact};
use crate::dialects::usage::{self, Reading};
use crate::dialects::{Dialect, EventReader, errors, ids, secrets, sse};
use crate::models::chat::{Call, CallKind, Family, Raw, Secret, Stop};
use crate::models::streaming::{Delta, Event, Failure, Opening, Start};

/// The most blocks an answer may have open at once.
const MOST: usize = 4096;

/// Reads events.
#[derive(Debug)]
pub(super) struct Reader {
    /// Who verifies the secrets.
    family: Family,
    model: Option<String>,
    started: bool,
    over: bool,
    next: u32,
    blocks: HashMap<u64, Block>,
    stop: Option<Stop>,
    usage: Option<Reading>,
    /// Whether the usage is of the whole answer, not of its start.
    counted: bool,
    tier: Option<String>,
    /// The bytes of what is told when its block ends.
    kept: usize,
}

/// A block that is open.
#[derive(Debug)]
struct Block {
    number: u32,
    shape: Shape,
    halves: Halves,
}

#[derive(Debug)]
enum Shape {
    Text,
    Thinking { signature: String },
    Call { input: Raw, spoke: bool },
    Server { raw: Raw, input: String },
    Redacted,
}

impl Shape {
    /// The bytes that are told when the block ends.
    fn kept(&self) -> usize {
        match self {
            Self::Thinking { signature } => signature.len(),
            Self::Call { input, .. } => input.text().len(),
            Self::Server { raw, input } => raw.text().len() + input.len(),
            Self::Text | Self::Redacted => 0,
        }
    }
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
        match kind.as_str() {
            "message_start" => self.start(&root, out),
            "content_block_start" => self.open(&root, out),
            "content_block_delta" => self.delta(&root, out),
            "content_block_stop" => {
                if let Some(index) = root.get("index").and_then(Value::count) {
                    self.close(index, out);
                }
            }
            "message_delta" => self.message_delta(&root),
            "message_stop" => {
                if !self.counted {
                    // Bedrock counts once more, for models that told nothing.
                    self.count_as(&root, "amazon-bedrock-invocationMetrics");
                }
                self.end(out, true);
            }
            "ping" => out.push(Event::Ping),
            _ if kind == "error"
                || event.name == Some("error")
                || root.get("error").is_some_and(Value::says_something) =>
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
            self.end(out, false);
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
            model: None,
            started: false,
            over: false,
            next: 0,
            blocks: HashMap::new(),
            stop: None,
            usage: None,
            counted: false,
            tier: None,
            kept: 0,
        }
    }

    fn start(&mut self, root: &Object<'_>, out: &mut Vec<Event>) {
        let message = root.object("message").unwrap_or_default();
        self.model = message.word("model");
        self.count(&message);
        if self.started {
            return;
        }
        self.started = true;
        out.push(Event::Start(Start {
            id: message.word("id"),
            model: self.model.clone(),
            created: None,
            usage: self.usage.as_ref().map(|usage| usage.tokens.clone()),
        }));
    }

    fn count(&mut self, fields: &Object<'_>) {
        self.count_as(fields, "usage");
        self.tier = tier(fields).or(self.tier.take());
    }

    fn count_as(&mut self, fields: &Object<'_>, name: &str) {
        let Some(stated) = fields.get(name).filter(|stated| stated.raw().is_object()) else {
            return;
        };
        let reading = usage::read(Dialect::Messages, stated.source().as_bytes());
        match &mut self.usage {
            Some(known) => known.replace(reading),
            None => self.usage = Some(reading),
        }
    }

    fn open(&mut self, root: &Object<'_>, out: &mut Vec<Event>) {
        let Some(index) = root.get("index").and_then(Value::count) else {
            return;
        };
        let Some(value) = root.get("content_block") else {
            return;
        };
        let Some(fields) = value.object() else {
            return;
        };
        self.close(index, out);
        if self.blocks.len() >= MOST {
            self.fail("the provider has more open at once than an answer may", out);
            return;
        }
        let block = self.next;
        let kind = fields.string("type").unwrap_or_default();
        let mut first = Vec::new();
        let (opening, shape) = match kind.as_str() {
            "text" => {
                first.extend(
                    fields
                        .list("citations")
                        .into_iter()
                        .map(citation)
                        .map(Delta::Citation),
                );
                first.extend(fields.word("text").map(Delta::Text));
                (Opening::Text, Shape::Text)
            }
            "thinking" => {
                first.extend(fields.word("thinking").map(Delta::Text));
                let signature = fields.string("signature").unwrap_or_default();
                (
                    Opening::Thinking(Some(self.family)),
                    Shape::Thinking { signature },
                )
            }
            "redacted_thinking" => {
                let data = fields.string("data").unwrap_or_default();
                let secret = self.secret(&data, "redacted");
                (Opening::Redacted(secret), Shape::Redacted)
            }
            "tool_use" => {
                let id = fields.text("id").unwrap_or_default();
                let input = fields.get("input").map_or(Raw::string(""), Value::raw);
                let call = Call {
                    id: ids::unspelled(id),
                    name: fields.string("name").unwrap_or_default(),
                    arguments: String::new(),
                    kind: CallKind::Function,
                };
                (
                    Opening::Call(call),
                    Shape::Call {
                        input,
                        spoke: false,
                    },
                )
            }
            // A provider's own tool is told, and numbered, when it is complete.
            _ => {
                let shape = Shape::Server {
                    raw: value.raw(),
                    input: String::new(),
                };
                self.keep(index, block, shape);
                return;
            }
        };
        self.next = self.next.saturating_add(1);
        self.keep(index, block, shape);
        out.push(Event::Open {
            choice: 0,
            block,
            opening,
        });
        out.extend(first.into_iter().map(|delta| Event::Delta {
            choice: 0,
            block,
            delta,
        }));
    }

    fn keep(&mut self, index: u64, number: u32, shape: Shape) {
        self.kept += shape.kept();
        let halves = Halves::default();
        let block = Block {
            number,
            shape,
            halves,
        };
        self.blocks.insert(index, block);
    }

    fn secret(&self, data: &str, kind: &str) -> Secret {
        let wrapped = secrets::unwrap(data).map(|(secret, _)| secret);
        let mut secret = wrapped.unwrap_or_else(|| Secret {
            family: self.family,
            model: None,
            kind: kind.to_owned(),
            id: None,
            data: data.to_owned(),
        });
        secret.model = secret.model.or_else(|| self.model.clone());
        secret
    }

    fn delta(&mut self, root: &Object<'_>, out: &mut Vec<Event>) {
        let Some(block) = root
            .get("index")
            .and_then(Value::count)
            .and_then(|index| self.blocks.get_mut(&index))
        else {
            return;
        };
        let Some(fields) = root.object("delta") else {
            return;
        };
        let number = block.number;
        let kind = fields.string("type").unwrap_or_default();
        let delta = match (kind.as_str(), &mut block.shape) {
            ("text_delta", Shape::Text) => block.halves.word(fields.get("text")).map(Delta::Text),
            ("thinking_delta", Shape::Thinking { .. }) => {
                block.halves.word(fields.get("thinking")).map(Delta::Text)
            }
            ("signature_delta", Shape::Thinking { signature }) => {
                let piece = fields.text("signature").unwrap_or_default();
                self.kept += piece.len();
                signature.push_str(&piece);
                None
            }
            ("citations_delta", Shape::Text) => fields
                .get("citation")
                .map(|value| Delta::Citation(citation(value))),
            ("input_json_delta", Shape::Call { spoke, .. }) => {
                let text = block.halves.word(fields.get("partial_json"));
                *spoke |= text.is_some();
                text.map(Delta::Arguments)
            }
            ("input_json_delta", Shape::Server { input, .. }) => {
                let piece = fields.text("partial_json").unwrap_or_default();
                self.kept += piece.len();
                input.push_str(&piece);
                None
            }
            _ => None,
        };
        if let Some(delta) = delta {
            out.push(Event::Delta {
                choice: 0,
                block: number,
                delta,
            });
        }
    }

    fn close(&mut self, index: u64, out: &mut Vec<Event>) {
        let Some(mut block) = self.blocks.remove(&index) else {
            return;
        };
        let mut number = block.number;
        if let Some(half) = block.halves.rest() {
            let delta = match block.shape {
                Shape::Call { .. } => Delta::Arguments(half.into()),
                _ => Delta::Text(half.into()),
            };
            out.push(Event::Delta {
                choice: 0,
                block: number,
                delta,
            });
        }
        self.kept -= block.shape.kept();
        let delta = match block.shape {
            Shape::Thinking { signature } if !signature.is_empty() => {
                let secret = self.secret(&signature, "signature");
                (secret.kind != secrets::NOTHING).then_some(Delta::Secret(secret))
            }
            // Some servers send the whole input with the start.
            Shape::Call {
                input,
                spoke: false,
            } if said(&input) => Some(Delta::Arguments(compact(input.text()).into_owned())),
            Shape::Server { raw, input } => {
                number = self.next;
                self.next = self.next.saturating_add(1);
                out.push(Event::Open {
                    choice: 0,
                    block: number,
                    opening: Opening::Server {
                        family: Family::Anthropic,
                        raw: with_input(raw, &input),
                    },
                });
                None
            }
            _ => None,
        };
        if let Some(delta) = delta {
            out.push(Event::Delta {
                choice: 0,
                block: number,
                delta,
            });
        }
        out.push(Event::Close {
            choice: 0,
            block: number,
        });
    }

    fn message_delta(&mut self, root: &Object<'_>) {
        self.counted |= root.object("usage").is_some();
        self.count(root);
        if let Some(delta) = root.object("delta")
            && let Some(stop) = stop(&delta)
        {
            self.stop = Some(stop);
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

    /// `stopped`: the provider said itself that this is all.
    fn end(&mut self, out: &mut Vec<Event>, stopped: bool) {
        if !self.started || (self.stop.is_none() && !stopped) {
            self.fail("the provider's stream ended before its answer", out);
            return;
        }
        let mut open: Vec<u64> = self.blocks.keys().copied().collect();
        open.sort_unstable();
        for index in open {
            self.close(index, out);
        }
        self.over = true;
        out.push(Event::Stop {
            choice: 0,
            stop: self.stop.take().unwrap_or(Stop::End),
        });
        if let Some(tier) = self.tier.take() {
            out.push(Event::Tier(tier));
        }
        if let Some(usage) = self.usage.take() {
            out.push(Event::Usage(usage.tokens));
        }
        out.push(Event::End);
    }
}

/// Whether an input at the start of a call says anything.
fn said(input: &Raw) -> bool {
    Value::parse(input.text())
        .ok()
        .and_then(Value::object)
        .is_some_and(|fields| fields.fields().next().is_some())
}

/// A block with the input that came in pieces.
fn with_input(raw: Raw, input: &str) -> Raw {
    if input.is_empty() || Value::parse(input).is_err() {
        return raw;
    }
    let Some(fields) = Value::parse(raw.text()).ok().and_then(Value::object) else {
        return raw;
    };
    let mut whole = Fields::new();
    for (name, value) in fields.fields() {
        if name == "input" {
            whole.put("input", Json::Raw(input.into()));
        } else {
            whole.put(name.to_owned(), value.raw());
        }
    }
    let text = Json::Object(whole).to_text();
    Raw::parse(&text).unwrap_or(raw)
}
