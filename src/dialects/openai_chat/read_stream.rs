//! Streams, read: chunks of many servers' making into blocks that open, grow and close.
//!
//! The finish reason is held until the stream is over, since some servers send content or a
//! second finish after the first; usage likewise, of which the last counts.

use std::collections::BTreeMap;

use super::annotations;
use super::read_response::reading;
use super::stream_choice::Choice;
use crate::dialects::json::{Object, Value};
use crate::dialects::usage::Reading;
use crate::dialects::{EventReader, errors, sse};
use crate::models::chat::Citation;
use crate::models::streaming::{Event, Failure, Start};

/// Reads chunks.
#[derive(Debug, Default)]
pub(super) struct Reader {
    id: Option<String>,
    /// Names the call, where the answer has no id.
    call: String,
    started: bool,
    over: bool,
    choices: BTreeMap<u32, Choice>,
    usage: Option<Reading>,
    tier: Option<String>,
    /// Sources beside the answer, of which each chunk tells all that are known.
    beside: Vec<Citation>,
}

impl EventReader for Reader {
    fn read(&mut self, event: &sse::Event<'_>, out: &mut Vec<Event>) {
        if self.over {
            return;
        }
        let text = String::from_utf8_lossy(&event.data);
        let data = text.trim();
        if data == "[DONE]" {
            self.end(out, true);
            return;
        }
        if data.is_empty() {
            return;
        }
        let Some(root) = Value::parse(data).ok().and_then(Value::object) else {
            self.fail(
                Failure {
                    message: "the provider sent something that is no event".to_owned(),
                    kind: None,
                    code: None,
                },
                out,
            );
            return;
        };
        // Some servers put the error's fields at the top.
        let named = event.name == Some("error") || root.text("object").as_deref() == Some("error");
        if named || root.get("error").is_some_and(Value::says_something) {
            self.fail(failure(data.as_bytes()), out);
            return;
        }
        self.chunk(&root, out);
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        if !self.over {
            self.end(out, false);
        }
    }

    fn kept(&self) -> usize {
        self.choices.values().map(Choice::kept).sum()
    }
}

/// What an error object in a stream says.
pub(super) fn failure(data: &[u8]) -> Failure {
    let error = errors::read(data);
    Failure {
        message: error.message,
        kind: error.kind,
        code: error.code,
    }
}

impl Reader {
    pub(super) fn new(call: &str) -> Self {
        Self {
            call: call.to_owned(),
            ..Self::default()
        }
    }

    fn chunk(&mut self, root: &Object<'_>, out: &mut Vec<Event>) {
        let choices = root.list("choices");
        let id = root.word("id");
        if !self.started && (id.is_some() || !choices.is_empty()) {
            self.started = true;
            self.id.clone_from(&id);
            out.push(Event::Start(Start {
                id,
                model: root.word("model"),
                created: root
                    .get("created")
                    .and_then(Value::count)
                    .and_then(|seconds| i64::try_from(seconds).ok()),
                usage: None,
            }));
        }
        if let Some(later) = reading(root) {
            match &mut self.usage {
                Some(usage) => usage.replace(later),
                None => self.usage = Some(later),
            }
        }
        if let Some(tier) = root.word("service_tier") {
            self.tier = Some(tier);
        }
        let beside = annotations::beside(root);
        if !beside.is_empty() {
            self.beside = beside;
        }
        let seed = self.id.as_deref().unwrap_or(&self.call);
        let mut broken = None;
        for (place, value) in choices.into_iter().enumerate() {
            let Some(fields) = value.object() else {
                continue;
            };
            let index = fields
                .get("index")
                .and_then(Value::count)
                .and_then(|index| u32::try_from(index).ok())
                .or_else(|| u32::try_from(place).ok())
                .unwrap_or(0);
            // A provider cannot make us keep more answers than anyone may ask for.
            if index >= 128 {
                continue;
            }
            let choice = self
                .choices
                .entry(index)
                .or_insert_with(|| Choice::new(index, seed));
            choice.supported(std::mem::take(&mut self.beside));
            // The last object of Perplexity repeats the whole message beside the delta.
            let delta = fields.object("delta").or_else(|| {
                choice
                    .is_fresh()
                    .then(|| fields.object("message"))
                    .flatten()
            });
            if let Some(delta) = delta {
                choice.delta(&delta, out);
            }
            if choice.is_overfull() {
                broken = Some(Failure {
                    message: "the provider made more calls than an answer may have".to_owned(),
                    kind: None,
                    code: None,
                });
                break;
            }
            if let Some(raw) = fields
                .get("logprobs")
                .filter(|probabilities| probabilities.raw().is_object())
            {
                out.push(Event::Logprobs {
                    choice: index,
                    raw: raw.raw(),
                });
            }
            if let Some(word) = fields.word("finish_reason") {
                if word == "error" {
                    broken = Some(fields.get("error").map_or_else(
                        || Failure {
                            message: "the provider failed while it answered".to_owned(),
                            kind: None,
                            code: None,
                        },
                        |error| failure(format!("{{\"error\":{}}}", error.source()).as_bytes()),
                    ));
                }
                choice.finished(word);
            }
        }
        if let Some(failure) = broken {
            self.fail(failure, out);
        }
    }

    fn fail(&mut self, failure: Failure, out: &mut Vec<Event>) {
        self.over = true;
        out.push(Event::Error(failure));
    }

    /// `done`: the provider said itself that this is all.
    fn end(&mut self, out: &mut Vec<Event>, done: bool) {
        let whole = !self.choices.is_empty() && self.choices.values().all(Choice::is_finished);
        let believed = done && self.started;
        if !whole && !believed {
            let message = "the provider's stream ended before its answer".to_owned();
            self.fail(
                Failure {
                    message,
                    kind: None,
                    code: None,
                },
                out,
            );
            return;
        }
        self.over = true;
        for choice in self.choices.values_mut() {
            choice.supported(std::mem::take(&mut self.beside));
            choice.end(out);
        }
        if let Some(tier) = self.tier.take() {
            out.push(Event::Tier(tier));
        }
        if let Some(usage) = self.usage.take() {
            out.push(Event::Usage(usage.tokens));
        }
        out.push(Event::End);
    }
}
