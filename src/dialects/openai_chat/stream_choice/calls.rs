//! The calls of an answer that is read in pieces.

use super::{Choice, Words};
use crate::dialects::ids;
use crate::dialects::json::{Halves, Object, Value};
use crate::dialects::openai_chat::balance::Balance;
use crate::dialects::openai_chat::details;
use crate::models::chat::{Call, CallKind};
use crate::models::streaming::{Delta, Event, Opening};

/// The most calls of an answer: each piece of one is looked for among all.
const MOST_CALLS: usize = 1024;

/// A call that is read.
#[derive(Debug)]
pub(super) struct Open {
    index: u64,
    id: String,
    /// The name so far: it may come in pieces, so the block is opened when something else comes.
    name: String,
    block: Option<u32>,
    halves: Halves,
    kind: CallKind,
    /// How far its arguments are.
    arguments: Balance,
    closed: bool,
}

impl Choice {
    pub(super) fn close_call(&mut self, place: usize, out: &mut Vec<Event>) {
        if std::mem::replace(&mut self.calls[place].closed, true) {
            return;
        }
        let block = self.begin_call(place, out);
        if let Some(half) = self.calls[place].halves.rest() {
            self.push(block, Delta::Arguments(half.into()), out);
        }
        out.push(Event::Close {
            choice: self.index,
            block,
        });
    }

    /// Opens the calls whose names are whole, since something else comes.
    pub(super) fn begin_calls(&mut self, out: &mut Vec<Event>) {
        for place in 0..self.calls.len() {
            self.begin_call(place, out);
        }
    }

    fn begin_call(&mut self, place: usize, out: &mut Vec<Event>) -> u32 {
        if let Some(block) = self.calls[place].block {
            return block;
        }
        let block = self.next();
        let call = &mut self.calls[place];
        call.block = Some(block);
        out.push(Event::Open {
            choice: self.index,
            block,
            opening: Opening::Call(Call {
                id: call.id.clone(),
                name: call.name.clone(),
                arguments: String::new(),
                kind: call.kind,
            }),
        });
        block
    }

    /// Adds to the name of a call; some servers say the whole name with every piece.
    fn name(&mut self, place: usize, piece: &str) {
        let call = &mut self.calls[place];
        if call.block.is_none() && call.name != piece {
            call.name.push_str(piece);
            self.kept += piece.len();
        }
    }

    pub(super) fn call(&mut self, call: &Object<'_>, out: &mut Vec<Event>) {
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
            (Some(found), Some(name)) => {
                self.name(found, &name);
                found
            }
            (Some(found), None) => found,
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
        let value = function.get("arguments");
        if let Some(value) = value.or_else(|| function.get("input")) {
            let text = self.calls[found].halves.text(value);
            let text = text.unwrap_or_else(|| value.source().to_owned());
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
        self.begin_calls(out);
        self.kept += id.len() + name.len();
        self.calls.push(Open {
            index,
            id,
            name,
            block: None,
            halves: Halves::default(),
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
        let block = self.begin_call(place, out);
        self.push(block, Delta::Arguments(text.to_owned()), out);
    }

    pub(super) fn old_call(&mut self, old: &Object<'_>, out: &mut Vec<Event>) {
        match (old.word("name"), self.calls.len().checked_sub(1)) {
            (Some(name), Some(last)) => self.name(last, &name),
            (Some(name), None) => {
                let id = ids::minted("call_", &format!("{}/{}/function", self.seed, self.index));
                self.open_call(0, id, name, CallKind::Function, out);
            }
            (None, Some(_)) => {}
            (None, None) => return,
        }
        if let Some(text) = old.text("arguments") {
            self.argue(self.calls.len() - 1, &text, out);
        }
    }
}

impl Open {
    pub(super) fn is_whole(&self) -> bool {
        self.kind == CallKind::Function && self.arguments.is_whole()
    }
}
