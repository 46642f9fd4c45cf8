//! One candidate of a stream that is read: its open block, and what waits for its end.

use super::citations::{self, Found, Ruler};
use super::fields::Google;
use super::logprobs;
use super::read_parts::{Part, called, read as read_part};
use super::read_response::{failure, minted, word};
use super::signatures;
use crate::dialects::json::Halves;
use crate::dialects::stops;
use crate::models::chat::{Call, Citation, Family, Secret, Stop};
use crate::models::streaming::{Delta, Event, Failure, Opening};

/// The most text that is kept to find in it what is cited.
const MOST_TEXT: usize = 1024 * 1024;

/// The kind of the block that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Text,
    Thinking,
}

/// One candidate.
#[derive(Debug, Default)]
pub(super) struct Choice {
    index: u32,
    /// What ids are made of.
    answer: String,
    /// The answer's model, where it is known.
    model: Option<String>,
    next: u32,
    /// Something was said beside thoughts.
    answers: bool,
    open: Option<(Words, u32)>,
    /// A text that something else followed: it stays open for what supports it, which comes last.
    aside: Option<u32>,
    calls: usize,
    /// What was said so far, how long that is where it is too long to be kept, and the byte the
    /// last text begins with.
    text: String,
    length: usize,
    from: usize,
    /// Secrets of the text that is open: told when it is closed.
    sealed: Vec<(Secret, Option<String>)>,
    finish: Option<Finish>,
    /// Characters of the text and of thoughts of which one half has come.
    halves: Halves,
    thought: Halves,
}

/// Why the model says it ended; of several the last counts.
#[derive(Debug)]
struct Finish {
    word: String,
    failure: Failure,
}

impl Choice {
    pub(super) fn new(index: u32, answer: &str, model: Option<&str>) -> Self {
        Self {
            index,
            answer: answer.to_owned(),
            model: model.map(str::to_owned),
            ..Self::default()
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// The bytes that are kept until they can be told, or found in.
    pub(super) fn kept(&self) -> usize {
        let sealed: usize = self
            .sealed
            .iter()
            .map(|(secret, _)| secret.data.len())
            .sum();
        self.text.len() + sealed
    }

    pub(super) fn read(&mut self, candidate: &Google<'_>, out: &mut Vec<Event>) {
        let content = candidate.object("content").unwrap_or_default();
        for item in content.list("parts") {
            if let Some((part, signature)) = read_part(item) {
                self.part(part, signature.as_deref(), out);
            }
        }
        self.cite(citations::read(candidate), out);
        if let Some(raw) = logprobs::read(candidate) {
            out.push(Event::Logprobs {
                choice: self.index,
                raw,
            });
        }
        if let Some(word) = word(candidate, "finishReason") {
            let error = failure(candidate, &word);
            self.finish = Some(Finish {
                word,
                failure: Failure {
                    message: error.message,
                    kind: error.kind,
                    code: error.code,
                },
            });
        }
    }

    /// Closes everything and says why the answer ended, or what the model failed at without a
    /// word.
    pub(super) fn end(&mut self, out: &mut Vec<Event>) -> Option<Failure> {
        self.flush(out);
        self.close(out);
        self.close_aside(out);
        let finish = self.finish.take();
        let stop = finish.as_ref().map_or(Stop::End, |finish| {
            stops::from_gemini(&finish.word, self.calls > 0)
        });
        if stop == Stop::Failure && !self.answers {
            return finish.map(|finish| finish.failure);
        }
        out.push(Event::Stop {
            choice: self.index,
            stop,
        });
        None
    }

    fn part(&mut self, part: Part<'_>, signature: Option<&str>, out: &mut Vec<Event>) {
        match part {
            Part::Text {
                text,
                came,
                thought: true,
            } => {
                let whole = came.and_then(|came| self.thought.text(came));
                self.thought(&whole.unwrap_or(text), signature, out);
            }
            Part::Text { text, came, .. } => {
                let whole = came.and_then(|came| self.halves.text(came));
                self.text(&whole.unwrap_or(text), signature, out);
            }
            Part::Call {
                id,
                name,
                arguments,
            } => {
                let id = id.unwrap_or_else(|| minted(&self.answer, self.index, self.calls));
                self.call(called(id, name, arguments), signature, out);
            }
            Part::Server(raw) => {
                self.set_aside(out);
                let family = Family::Google;
                self.whole(Opening::Server { family, raw }, out);
            }
            Part::Media(content) => {
                let read = signature
                    .and_then(|data| signatures::read(data, Family::Google, signatures::MEDIA));
                self.prove(read, out);
                self.set_aside(out);
                self.whole(Opening::Media(Box::new(content)), out);
            }
            Part::Result(_) => {}
        }
    }

    fn thought(&mut self, text: &str, signature: Option<&str>, out: &mut Vec<Event>) {
        if !text.is_empty() {
            let block = self.opened(Words::Thinking, out);
            self.push(block, Delta::Text(text.to_owned()), out);
        }
        let read =
            signature.and_then(|data| signatures::read(data, Family::Google, signatures::THOUGHT));
        self.prove(read, out);
    }

    fn text(&mut self, text: &str, signature: Option<&str>, out: &mut Vec<Event>) {
        let kind = if text.is_empty() {
            signatures::END
        } else {
            signatures::TEXT
        };
        let read = signature.and_then(|data| signatures::read(data, Family::Google, kind));
        if read.as_ref().is_some_and(|(_, exact)| exact.is_some()) {
            self.prove(read, out);
            return self.say(text, out);
        }
        if read.is_some() && !text.is_empty() {
            // Words under a secret stand alone.
            self.close(out);
        }
        self.say(text, out);
        self.sealed.extend(read);
    }

    fn say(&mut self, text: &str, out: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        if !self.sealed.is_empty() {
            self.close(out);
        }
        let block = self.opened(Words::Text, out);
        self.length += text.len();
        if self.length <= MOST_TEXT {
            self.text.push_str(text);
        }
        self.push(block, Delta::Text(text.to_owned()), out);
    }

    fn call(&mut self, call: Call, signature: Option<&str>, out: &mut Vec<Event>) {
        let read = signature
            .and_then(|data| signatures::read(data, Family::Google, signatures::CALL))
            .map(|(mut secret, exact)| {
                if exact.is_none() {
                    secret.id = Some(call.id.clone());
                }
                (secret, exact)
            });
        self.prove(read, out);
        self.set_aside(out);
        self.calls += 1;
        let arguments = call.arguments.clone();
        let opening = Opening::Call(Call {
            arguments: String::new(),
            ..call
        });
        let block = self.begin(opening, out);
        self.push(block, Delta::Arguments(arguments), out);
        self.finish_block(block, out);
    }

    /// A secret goes to the thought that is open, else it is a thought of its own.
    fn prove(&mut self, read: Option<(Secret, Option<String>)>, out: &mut Vec<Event>) {
        let Some((secret, exact)) = read else { return };
        let nothing = secret.kind == crate::dialects::secrets::NOTHING;
        if let Some((Words::Thinking, block)) = self.open {
            self.flush(out);
            if !nothing {
                let secret = self.signed(secret);
                self.push(block, Delta::Secret(secret), out);
            }
            self.close(out);
            return;
        }
        self.set_aside(out);
        self.alone(secret, exact, out);
    }

    fn alone(&mut self, secret: Secret, exact: Option<String>, out: &mut Vec<Event>) {
        let nothing = secret.kind == crate::dialects::secrets::NOTHING;
        let exact = exact.filter(|text| !text.is_empty());
        if nothing && exact.is_none() {
            return;
        }
        let secret = self.signed(secret);
        if secret.kind == "redacted" {
            return self.whole(Opening::Redacted(secret), out);
        }
        let block = self.begin(Opening::Thinking(Some(secret.family)), out);
        if let Some(text) = exact {
            self.push(block, Delta::Text(text), out);
        }
        if !nothing {
            self.push(block, Delta::Secret(secret), out);
        }
        self.finish_block(block, out);
    }

    /// A secret with the model that made it.
    fn signed(&self, mut secret: Secret) -> Secret {
        if secret.family == Family::Google {
            secret.model = secret.model.or_else(|| self.model.clone());
        }
        secret
    }

    /// Tells what supports the last text.
    fn cite(&self, sources: Vec<Found>, out: &mut Vec<Event>) {
        let block = match self.open {
            Some((Words::Text, block)) => Some(block),
            _ => self.aside,
        };
        let Some(block) = block.filter(|_| !sources.is_empty()) else {
            return;
        };
        let ruler = Ruler::new(&self.text);
        let before = ruler.characters(self.from);
        for source in sources {
            let mut citation = source.within(&ruler, 0);
            if let Citation::Url { start, end, .. } = &mut citation {
                // What supports a text before this one supports no span of it.
                let here = end.is_some_and(|end| end > before);
                *start = start.filter(|_| here).map(|at| at.saturating_sub(before));
                *end = end.filter(|_| here).map(|at| at - before);
            }
            self.push(block, Delta::Citation(citation), out);
        }
    }

    fn opened(&mut self, words: Words, out: &mut Vec<Event>) -> u32 {
        if let Some((open, block)) = self.open
            && open == words
        {
            return block;
        }
        if self.open.is_some() {
            self.flush(out);
        }
        self.close(out);
        self.close_aside(out);
        let opening = match words {
            Words::Text => Opening::Text,
            Words::Thinking => Opening::Thinking(Some(Family::Google)),
        };
        let block = self.begin(opening, out);
        self.open = Some((words, block));
        self.from = self.length;
        block
    }

    /// Lets something follow the open text, which is closed when the next one begins.
    fn set_aside(&mut self, out: &mut Vec<Event>) {
        self.flush(out);
        if let Some((Words::Text, block)) = self.open {
            self.open = None;
            self.aside = Some(block);
        }
        self.close(out);
    }

    /// Tells what stands for the half of a character that nothing followed.
    fn flush(&mut self, out: &mut Vec<Event>) {
        if let Some((Words::Thinking, block)) = self.open {
            if let Some(half) = self.thought.rest() {
                self.push(block, Delta::Text(half.into()), out);
            }
        } else if let Some(half) = self.halves.rest() {
            self.say(half.encode_utf8(&mut [0; 4]), out);
        }
    }

    fn close_aside(&mut self, out: &mut Vec<Event>) {
        if let Some(block) = self.aside.take() {
            self.finish_block(block, out);
        }
    }

    /// Closes the open block, and tells the secrets of its text.
    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some((_, block)) = self.open.take() {
            self.finish_block(block, out);
        }
        for (secret, exact) in std::mem::take(&mut self.sealed) {
            self.alone(secret, exact, out);
        }
    }

    /// A block that is complete at once.
    fn whole(&mut self, opening: Opening, out: &mut Vec<Event>) {
        let block = self.begin(opening, out);
        self.finish_block(block, out);
    }

    fn begin(&mut self, opening: Opening, out: &mut Vec<Event>) -> u32 {
        let block = self.next;
        self.next = self.next.saturating_add(1);
        self.answers |= opening.answers();
        out.push(Event::Open {
            choice: self.index,
            block,
            opening,
        });
        block
    }

    fn finish_block(&self, block: u32, out: &mut Vec<Event>) {
        out.push(Event::Close {
            choice: self.index,
            block,
        });
    }

    fn push(&self, block: u32, delta: Delta, out: &mut Vec<Event>) {
        out.push(Event::Delta {
            choice: self.index,
            block,
            delta,
        });
    }
}
