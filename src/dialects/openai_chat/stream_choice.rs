//! One answer of a stream that is read: its open blocks and its calls.

mod calls;

use super::read_response::content_part;
use super::{annotations, attached, details};
use crate::dialects::json::{Halves, Object, Value};
use crate::dialects::stops;
use crate::models::chat::{Citation, Content, Family, Secret};
use crate::models::streaming::{Delta, Event, Opening};

use calls::Open;

/// The kind of a block that is not a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Text,
    Thinking(Option<u64>),
    Refusal,
}

/// One answer of a stream.
#[derive(Debug)]
pub(super) struct Choice {
    index: u32,
    seed: String,
    blocks: u32,
    words: Option<(Words, u32, bool)>,
    /// Sources beside the answer, which its first text is told with.
    beside: Vec<Citation>,
    cited: bool,
    /// The block of the first text.
    text: Option<u32>,
    /// Characters of the text and of thoughts of which one half has come.
    halves: Halves,
    thought: Halves,
    calls: Vec<Open>,
    refused: bool,
    /// What the last secret belongs to, where it says so.
    proof_of: Option<String>,
    finish: Option<String>,
    overfull: bool,
    kept: usize,
}

impl Choice {
    pub(super) fn new(index: u32, seed: &str) -> Self {
        Self {
            index,
            seed: seed.to_owned(),
            blocks: 0,
            words: None,
            beside: Vec::new(),
            cited: false,
            text: None,
            halves: Halves::default(),
            thought: Halves::default(),
            calls: Vec::new(),
            refused: false,
            proof_of: None,
            finish: None,
            overfull: false,
            kept: 0,
        }
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.blocks == 0
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether there are more calls than an answer may have.
    pub(super) fn is_overfull(&self) -> bool {
        self.overfull
    }

    /// The bytes of the ids its calls are known by.
    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// The first finish counts: some servers send a second with the usage.
    pub(super) fn finished(&mut self, word: String) {
        self.finish.get_or_insert(word);
    }

    pub(super) fn delta(&mut self, delta: &Object<'_>, out: &mut Vec<Event>) {
        self.thinking(delta, out);
        if let Some(content) = delta.get("content") {
            match self.halves.text(content) {
                Some(text) => self.text(&text, out),
                None => self.parts(content, out),
            }
        }
        let said = attached::sound(delta);
        if let Some(text) = said.transcript {
            self.text(&text, out);
        }
        // Its words go on beside it.
        if let Some(sound) = said.sound {
            self.whole(Opening::Media(Box::new(sound)), out);
        }
        for picture in attached::images(delta, "delta") {
            self.media(picture.content, out);
        }
        if let Some(text) = delta.word("refusal") {
            self.refused = true;
            self.say(Words::Refusal, &text, out);
        }
        for note in delta.list("annotations") {
            if let Some(citation) = annotations::one(note) {
                let block = self.open(Words::Text, None, out);
                self.push(block, Delta::Citation(citation), out);
            }
        }
        for call in delta
            .list("tool_calls")
            .into_iter()
            .filter_map(Value::object)
        {
            self.call(&call, out);
        }
        if let Some(old) = delta.object("function_call") {
            self.old_call(&old, out);
        }
    }

    /// Notes all sources that are known so far, unless they were told.
    pub(super) fn supported(&mut self, sources: Vec<Citation>) {
        if !self.cited && !sources.is_empty() {
            self.beside = sources;
        }
    }

    /// Closes everything and says why the answer ended.
    pub(super) fn end(&mut self, out: &mut Vec<Event>) {
        if let Some(half) = self.halves.rest() {
            self.text(half.encode_utf8(&mut [0; 4]), out);
        }
        // The text they belong to was closed before they came.
        if self.text.is_some() && !self.beside.is_empty() {
            self.open(Words::Text, None, out);
        }
        self.close_words(out);
        for place in 0..self.calls.len() {
            self.close_call(place, out);
        }
        let word = self.finish.as_deref().unwrap_or("stop");
        out.push(Event::Stop {
            choice: self.index,
            stop: stops::from_chat(word, !self.calls.is_empty(), self.refused),
        });
    }

    fn thinking(&mut self, delta: &Object<'_>, out: &mut Vec<Event>) {
        let pieces: Vec<details::Detail> = delta
            .list("reasoning_details")
            .into_iter()
            .filter_map(details::Detail::read)
            .collect();
        let visible = ["reasoning_content", "reasoning"]
            .into_iter()
            .find_map(|name| delta.get(name).filter(|value| value.says_something()));
        if pieces.iter().all(|piece| piece.text.is_empty())
            && let Some(text) = self.thought.word(visible)
        {
            let words = self.current_thought();
            self.say(words, &text, out);
        }
        for piece in pieces {
            self.detail(&piece, out);
        }
    }

    fn current_thought(&self) -> Words {
        match self.words {
            Some((words @ Words::Thinking(_), _, false)) => words,
            _ => Words::Thinking(None),
        }
    }

    fn detail(&mut self, piece: &details::Detail, out: &mut Vec<Event>) {
        if !piece.text.is_empty() {
            let mut words = Words::Thinking(piece.index);
            // A thought that began without a number goes on.
            if let Some((current @ Words::Thinking(None), _, false)) = self.words {
                words = current;
            }
            let block = self.open(words, piece.family, out);
            self.push(block, Delta::Text(piece.text.clone()), out);
        }
        let Some((secret, exact)) = piece.unwrapped() else {
            return;
        };
        self.proof_of.clone_from(&secret.id);
        match self.words {
            Some((Words::Thinking(_), block, false)) if secret.kind != "redacted" => {
                self.push(block, Delta::Secret(secret), out);
                if let Some((_, _, sealed)) = &mut self.words {
                    *sealed = true;
                }
            }
            _ => self.sealed(secret, exact, out),
        }
    }

    /// A secret without a thought before it.
    fn sealed(&mut self, secret: Secret, exact: Option<String>, out: &mut Vec<Event>) {
        self.close_words(out);
        self.close_complete(out);
        self.begin_calls(out);
        let block = self.next();
        let choice = self.index;
        if secret.kind == "signature" {
            out.push(Event::Open {
                choice,
                block,
                opening: Opening::Thinking(Some(secret.family)),
            });
            if let Some(text) = exact {
                self.push(block, Delta::Text(text), out);
            }
            self.push(block, Delta::Secret(secret), out);
        } else {
            out.push(Event::Open {
                choice,
                block,
                opening: Opening::Redacted(secret),
            });
        }
        out.push(Event::Close { choice, block });
    }

    fn parts(&mut self, content: Value<'_>, out: &mut Vec<Event>) {
        for part in content
            .list()
            .unwrap_or_default()
            .into_iter()
            .filter_map(content_part)
        {
            match part {
                Content::Thinking(thought) => {
                    let words = self.current_thought();
                    self.say(words, &thought.text, out);
                }
                Content::Refusal(text) => {
                    self.refused = true;
                    self.say(Words::Refusal, &text, out);
                }
                Content::Text { text, .. } => self.text(&text, out),
                picture => self.media(picture, out),
            }
        }
    }

    fn media(&mut self, content: Content, out: &mut Vec<Event>) {
        self.close_words(out);
        self.close_complete(out);
        self.whole(Opening::Media(Box::new(content)), out);
    }

    /// A block that is complete at once.
    fn whole(&mut self, opening: Opening, out: &mut Vec<Event>) {
        self.begin_calls(out);
        let (choice, block) = (self.index, self.next());
        out.push(Event::Open {
            choice,
            block,
            opening,
        });
        out.push(Event::Close { choice, block });
    }

    fn text(&mut self, text: &str, out: &mut Vec<Event>) {
        self.say(Words::Text, text, out);
    }

    fn say(&mut self, words: Words, text: &str, out: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        let block = self.open(words, None, out);
        self.push(block, Delta::Text(text.to_owned()), out);
    }

    fn push(&self, block: u32, delta: Delta, out: &mut Vec<Event>) {
        out.push(Event::Delta {
            choice: self.index,
            block,
            delta,
        });
    }

    fn next(&mut self) -> u32 {
        let block = self.blocks;
        self.blocks = self.blocks.saturating_add(1);
        block
    }

    /// The block for words of a kind, opened when it is not.
    fn open(&mut self, words: Words, family: Option<Family>, out: &mut Vec<Event>) -> u32 {
        if let Some((current, block, sealed)) = self.words
            && current == words
            && !sealed
        {
            return block;
        }
        self.close_words(out);
        self.close_complete(out);
        self.begin_calls(out);
        let block = self.next();
        self.words = Some((words, block, false));
        if words == Words::Text {
            self.text.get_or_insert(block);
        }
        out.push(Event::Open {
            choice: self.index,
            block,
            opening: match words {
                Words::Text => Opening::Text,
                Words::Thinking(_) => Opening::Thinking(family),
                Words::Refusal => Opening::Refusal,
            },
        });
        block
    }

    fn close_words(&mut self, out: &mut Vec<Event>) {
        if let Some((words, block, _)) = self.words.take() {
            let half = match words {
                Words::Text => self.halves.rest(),
                Words::Thinking(_) => self.thought.rest(),
                Words::Refusal => None,
            };
            if let Some(half) = half {
                self.push(block, Delta::Text(half.into()), out);
            }
            if words == Words::Text {
                self.cite(block, out);
            }
            out.push(Event::Close {
                choice: self.index,
                block,
            });
        }
    }

    /// Tells the sources beside the answer.
    fn cite(&mut self, block: u32, out: &mut Vec<Event>) {
        for source in std::mem::take(&mut self.beside) {
            self.cited = true;
            self.push(block, Delta::Citation(source), out);
        }
    }

    /// Closes calls whose arguments are whole, so that what follows need not wait.
    fn close_complete(&mut self, out: &mut Vec<Event>) {
        for place in 0..self.calls.len() {
            if self.calls[place].is_whole() {
                self.close_call(place, out);
            }
        }
    }
}
