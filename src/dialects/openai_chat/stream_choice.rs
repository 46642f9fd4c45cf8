//! One answer of a stream that is read: its open blocks and its calls.

use super::balance::Balance;
use super::read_response::content_part;
use super::{annotations, details, media};
use crate::dialects::json::{Object, Value};
use crate::dialects::{ids, stops};
use crate::models::chat::{Call, CallKind, Content, Family, Secret};
use crate::models::streaming::{Delta, Event, Opening};

/// The most calls of an answer: each piece of one is looked for among all.
const MOST_CALLS: usize = 1024;

/// The kind of a block that is not a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Text,
    Thinking(Option<u64>),
    Refusal,
}

/// A call that is read.
#[derive(Debug)]
struct Open {
    index: u64,
    id: String,
    block: u32,
    kind: CallKind,
    /// How far its arguments are.
    arguments: Balance,
    closed: bool,
}

/// One answer of a stream.
#[derive(Debug)]
pub(super) struct Choice {
    index: u32,
    seed: String,
    blocks: u32,
    words: Option<(Words, u32, bool)>,
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
            match content.text() {
                Some(text) => self.text(&text, out),
                None => self.parts(content, out),
            }
        }
        let said = media::sound(delta);
        if let Some(text) = said.transcript {
            self.text(&text, out);
        }
        // Its words go on beside it.
        if let Some(sound) = said.sound {
            self.whole(Opening::Media(Box::new(sound)), out);
        }
        for picture in media::images(delta, "delta") {
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

    /// Closes everything and says why the answer ended.
    pub(super) fn end(&mut self, out: &mut Vec<Event>) {
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
            .find_map(|name| delta.word(name));
        if pieces.iter().all(|piece| piece.text.is_empty())
            && let Some(text) = visible
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
        for block in content
            .list()
            .unwrap_or_default()
            .into_iter()
            .filter_map(content_part)
        {
            match block.content {
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
        let block = self.next();
        self.words = Some((words, block, false));
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
        if let Some((_, block, _)) = self.words.take() {
            out.push(Event::Close {
                choice: self.index,
                block,
            });
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

    fn close_call(&mut self, place: usize, out: &mut Vec<Event>) {
        let call = &mut self.calls[place];
        if !call.closed {
            call.closed = true;
            out.push(Event::Close {
                choice: self.index,
                block: call.block,
            });
        }
    }

    fn call(&mut self, call: &Object<'_>, out: &mut Vec<Event>) {
        let custom = call.object("custom");
        let inner = custom
            .as_ref()
            .map(|_| CallKind::Custom)
            .unwrap_or_default();
        let Some(function) = custom.or_else(|| call.object("function")) else {
            return;
        };
        let id = call.word("id");
        let index = call.get("index").and_then(Value::count);
        let name = function.word("name");
        let known = self.known(index, id.as_deref(), name.is_some());
        let found = match (known, name) {
            (Some(found), _) => found,
            (None, Some(_)) if self.calls.len() >= MOST_CALLS => {
                self.overfull = true;
                return;
            }
            (None, Some(name)) => {
                let index = index.unwrap_or(self.calls.len() as u64);
                let seed = format!("{}/{}/{}", self.seed, self.index, self.calls.len());
                let id = id.unwrap_or_else(|| ids::minted("call_", &seed));
                self.sign(call, &id, out);
                self.open_call(index, id, name, inner, out)
            }
            (None, None) => return,
        };
        let text = function
            .get("arguments")
            .or_else(|| function.get("input"))
            .map(|value| match value.text() {
                Some(text) => text.into_owned(),
                None => value.source().to_owned(),
            });
        if let Some(text) = text {
            self.argue(found, &text, out);
        }
    }

    /// The secret on a call is told before it.
    fn sign(&mut self, call: &Object<'_>, id: &str, out: &mut Vec<Event>) {
        let Some(secret) = details::on_call(call, id) else {
            return;
        };
        if let Some((Words::Thinking(_), block, false)) = self.words {
            self.push(block, Delta::Secret(secret), out);
            return self.close_words(out);
        }
        if self.proof_of.as_deref() != Some(id) {
            self.sealed(secret, None, out);
        }
    }

    /// The call a piece belongs to: by its index, unless it carries another's id.
    fn known(&self, index: Option<u64>, id: Option<&str>, named: bool) -> Option<usize> {
        let found = match (index, id) {
            (Some(index), _) => self.calls.iter().rposition(|call| call.index == index)?,
            (None, Some(id)) => return self.calls.iter().rposition(|call| call.id == id),
            (None, None) if named => return None,
            (None, None) => return self.calls.len().checked_sub(1),
        };
        // Some servers number every call 0: another id, or a name after whole arguments, is a new
        // call all the same.
        let open = &self.calls[found];
        let another = match id {
            Some(id) => id != open.id,
            None => open.is_whole(),
        };
        (!(another && named)).then_some(found)
    }

    fn open_call(
        &mut self,
        index: u64,
        id: String,
        name: String,
        kind: CallKind,
        out: &mut Vec<Event>,
    ) -> usize {
        self.close_words(out);
        self.close_complete(out);
        let block = self.next();
        out.push(Event::Open {
            choice: self.index,
            block,
            opening: Opening::Call(Call {
                id: id.clone(),
                name,
                arguments: String::new(),
                kind,
            }),
        });
        self.kept += id.len();
        self.calls.push(Open {
            index,
            id,
            block,
            kind,
            arguments: Balance::default(),
            closed: false,
        });
        self.calls.len() - 1
    }

    fn argue(&mut self, place: usize, text: &str, out: &mut Vec<Event>) {
        let call = &mut self.calls[place];
        let nothing = text.is_empty()
            || (text == "null" && !call.arguments.has_begun() && call.kind == CallKind::Function);
        if call.closed || nothing {
            return;
        }
        call.arguments.feed(text);
        let block = call.block;
        self.push(block, Delta::Arguments(text.to_owned()), out);
    }

    fn old_call(&mut self, old: &Object<'_>, out: &mut Vec<Event>) {
        if self.calls.is_empty() {
            let Some(name) = old.word("name") else { return };
            let id = ids::minted("call_", &format!("{}/{}/function", self.seed, self.index));
            self.open_call(0, id, name, CallKind::Function, out);
        }
        if let Some(text) = old.text("arguments") {
            self.argue(self.calls.len() - 1, &text, out);
        }
    }
}

impl Open {
    fn is_whole(&self) -> bool {
        self.kind == CallKind::Function && self.arguments.is_whole()
    }
}
