//! Streams, read. They end with the connection: the last reason for the end counts, which may
//! come before the last parts do.

use std::collections::BTreeMap;

use super::fields::Google;
use super::read_response::{blocked, index, reading};
use super::stream_choice::Choice;
use crate::dialects::json::Value;
use crate::dialects::usage::Reading;
use crate::dialects::{EventReader, errors, sse};
use crate::models::chat::Stop;
use crate::models::streaming::{Event, Failure, Start};

/// A provider cannot make us keep more answers than anyone may ask for.
const MOST: u32 = 128;

/// Reads chunks.
#[derive(Debug, Default)]
pub(super) struct Reader {
    started: bool,
    over: bool,
    id: Option<String>,
    /// Names the call, where the answer has no id.
    call: String,
    model: Option<String>,
    choices: BTreeMap<u32, Choice>,
    /// The prompt was not answered.
    blocked: bool,
    usage: Option<Reading>,
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
        let Some(root) = Value::parse(data).ok().and_then(Google::of) else {
            let message = "the provider sent something that is no event".to_owned();
            return self.fail(plain(message), out);
        };
        let named = event.name == Some("error");
        if named || root.get("error").is_some_and(Value::says_something) {
            let error = errors::read(data.as_bytes());
            let failure = Failure {
                message: error.message,
                kind: error.kind,
                code: error.code,
            };
            return self.fail(failure, out);
        }
        self.chunk(&root, out);
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        if !self.over {
            self.end(out);
        }
    }

    fn kept(&self) -> usize {
        self.choices.values().map(Choice::kept).sum()
    }
}

fn plain(message: String) -> Failure {
    Failure {
        message,
        kind: None,
        code: None,
    }
}

impl Reader {
    pub(super) fn new(call: &str) -> Self {
        Self {
            call: call.to_owned(),
            ..Self::default()
        }
    }

    fn chunk(&mut self, root: &Google<'_>, out: &mut Vec<Event>) {
        let candidates = root.list("candidates");
        self.id = self.id.take().or_else(|| root.word("responseId"));
        self.model = self.model.take().or_else(|| root.word("modelVersion"));
        self.blocked |= blocked(root).is_some();
        if let Some(later) = reading(root) {
            match &mut self.usage {
                Some(usage) => usage.replace(later),
                None => self.usage = Some(later),
            }
        }
        if !self.started && (!candidates.is_empty() || self.blocked) {
            self.started = true;
            out.push(Event::Start(Start {
                id: self.id.clone(),
                model: self.model.clone(),
                created: None,
                usage: self.usage.as_ref().map(|usage| usage.tokens.clone()),
            }));
        }
        for (place, candidate) in candidates.into_iter().enumerate() {
            let Some(fields) = Google::of(candidate) else {
                continue;
            };
            let index = index(&fields, place);
            if index >= MOST {
                continue;
            }
            let answer = self.id.as_deref().unwrap_or(&self.call);
            let model = self.model.as_deref();
            self.choices
                .entry(index)
                .or_insert_with(|| Choice::new(index, answer, model))
                .read(&fields, out);
        }
    }

    fn fail(&mut self, failure: Failure, out: &mut Vec<Event>) {
        self.over = true;
        out.push(Event::Error(failure));
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        let whole = !self.choices.is_empty() && self.choices.values().all(Choice::is_finished);
        let refused = self.blocked && self.choices.is_empty();
        if !whole && !refused {
            let message = "the provider's stream ended before its answer".to_owned();
            return self.fail(plain(message), out);
        }
        let mut failed = None;
        for choice in self.choices.values_mut() {
            failed = failed.or(choice.end(out));
        }
        if let Some(failure) = failed {
            return self.fail(failure, out);
        }
        if self.choices.is_empty() {
            out.push(Event::Stop {
                choice: 0,
                stop: Stop::Filter,
            });
        }
        self.over = true;
        if let Some(usage) = self.usage.take() {
            out.extend(usage.service_tier.map(Event::Tier));
            out.push(Event::Usage(usage.tokens));
        }
        out.push(Event::End);
    }
}
