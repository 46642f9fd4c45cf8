//! The events of an answer as they are written: each with its number, and the items that are
//! complete, since the last event tells all of them again.

use super::write_output::{Code, OPEN, WHOLE, ended, id, interpreted, picture, search};
use super::write_response::{Answer, State, owned};
use super::{failure, send, write_broken};
use crate::dialects::Reply;
use crate::dialects::json::{Fields, Json};
use crate::models::chat::Media;
use crate::models::refusal::Refusal;
use crate::models::streaming::Start;

/// What was told of an answer.
pub(super) struct Events {
    pub(super) reply: Reply,
    answer: Answer,
    started: bool,
    /// The number of the next event.
    number: u64,
    /// Items that are complete, as they were written.
    output: Vec<String>,
    /// The bytes of `output`.
    kept: usize,
}

impl Events {
    pub(super) fn new(reply: Reply) -> Self {
        Self {
            answer: Answer::new(&reply, None, None, None),
            reply,
            started: false,
            number: 0,
            output: Vec::new(),
            kept: 0,
        }
    }

    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// Whether the answer has begun.
    pub(super) fn started(&self) -> bool {
        self.started
    }

    /// Begins the answer.
    pub(super) fn start(&mut self, start: &Start, out: &mut Vec<u8>) {
        self.started = true;
        self.answer = Answer::new(
            &self.reply,
            start.id.as_deref(),
            start.model.as_deref(),
            start.created,
        );
        self.tell_all("response.created", out);
        self.alive(out);
    }

    /// Says that the answer is being made.
    pub(super) fn alive(&mut self, out: &mut Vec<u8>) {
        self.tell_all("response.in_progress", out);
    }

    /// Writes one event with the next number.
    pub(super) fn tell(&mut self, name: &'static str, fields: Fields<'_>, out: &mut Vec<u8>) {
        let mut event = Fields::new()
            .with("type", name)
            .with("sequence_number", self.number);
        event.0.extend(fields.0);
        send(name, &Json::Object(event), out);
        self.number += 1;
    }

    /// Writes an event with the answer before anything was said.
    fn tell_all(&mut self, name: &'static str, out: &mut Vec<u8>) {
        let state = State {
            status: OPEN,
            ..State::default()
        };
        let response = self.answer.fields(&self.reply, &state, Vec::new());
        let response = owned(&response);
        self.tell(name, Fields::new().with("response", response), out);
    }

    /// Ends the answer.
    pub(super) fn finish(&mut self, state: &State<'_>, out: &mut Vec<u8>) {
        let name = if state.reason.is_some() {
            "response.incomplete"
        } else {
            "response.completed"
        };
        let output = self.output.iter().map(|item| raw(item)).collect();
        let response = owned(&self.answer.fields(&self.reply, state, output));
        self.tell(name, Fields::new().with("response", response), out);
    }

    /// The events that say that the answer broke off.
    pub(super) fn broken(&self, refusal: &Refusal) -> Vec<u8> {
        let state = State {
            status: "failed",
            ..State::default()
        };
        let output = self.output.iter().map(|item| raw(item)).collect();
        let mut response = self.answer.fields(&self.reply, &state, output);
        if let Some((_, error)) = response.0.iter_mut().find(|(name, _)| name == "error") {
            *error = failure(refusal).into();
        }
        let mut events = Vec::new();
        write_broken(refusal, response, self.number, &mut events);
        events
    }

    /// The id of the next item.
    pub(super) fn id(&self, prefix: &str) -> String {
        id(prefix, &self.answer.id, self.output.len())
    }

    /// Where the item is that is open.
    pub(super) fn place(&self, id: &str) -> Fields<'static> {
        Fields::new()
            .with("item_id", id.to_owned())
            .with("output_index", self.output.len() as u64)
    }

    pub(super) fn begin_item(&mut self, item: Fields<'_>, out: &mut Vec<u8>) {
        let fields = Fields::new()
            .with("output_index", self.output.len() as u64)
            .with("item", item);
        self.tell("response.output_item.added", fields, out);
    }

    pub(super) fn end_item(&mut self, item: Fields<'_>, out: &mut Vec<u8>) {
        self.end_written(Json::Object(item).to_text(), out);
    }

    fn end_written(&mut self, item: String, out: &mut Vec<u8>) {
        let fields = Fields::new()
            .with("output_index", self.output.len() as u64)
            .with("item", raw(&item));
        self.tell("response.output_item.done", fields, out);
        self.kept += item.len();
        self.output.push(item);
    }

    /// An item that begins and ends as it is.
    pub(super) fn whole_item(&mut self, item: &str, out: &mut Vec<u8>) {
        let fields = Fields::new()
            .with("output_index", self.output.len() as u64)
            .with("item", raw(item));
        self.tell("response.output_item.added", fields, out);
        self.end_written(item.to_owned(), out);
    }

    /// A picture, from its start to its end.
    pub(super) fn pictured(&mut self, media: &Media, out: &mut Vec<u8>) {
        let id = self.id("ig");
        self.begin_item(picture(&id, OPEN, None), out);
        for name in [
            "response.image_generation_call.in_progress",
            "response.image_generation_call.generating",
            "response.image_generation_call.completed",
        ] {
            let fields = self.place(&id);
            self.tell(name, fields, out);
        }
        self.end_item(picture(&id, WHOLE, Some(media)), out);
    }

    /// Code, from its start to what it printed.
    pub(super) fn interpreted(&mut self, ran: &Code, out: &mut Vec<u8>) {
        let id = self.id("ci");
        self.begin_item(interpreted(&id, OPEN, ran), out);
        for (name, field) in [
            ("response.code_interpreter_call.in_progress", None),
            ("response.code_interpreter_call_code.delta", Some("delta")),
            ("response.code_interpreter_call_code.done", Some("code")),
            ("response.code_interpreter_call.interpreting", None),
            ("response.code_interpreter_call.completed", None),
        ] {
            let place = self.place(&id);
            let fields = match field {
                Some(field) => place.with(field, ran.code.as_deref().unwrap_or_default()),
                None => place,
            };
            self.tell(name, fields, out);
        }
        self.end_item(interpreted(&id, ended(ran), ran), out);
    }

    /// A search of the web, from its start to its end.
    pub(super) fn searched(&mut self, query: &str, out: &mut Vec<u8>) {
        let id = self.id("ws");
        self.begin_item(search(&id, OPEN, query), out);
        for name in [
            "response.web_search_call.in_progress",
            "response.web_search_call.searching",
            "response.web_search_call.completed",
        ] {
            let fields = self.place(&id);
            self.tell(name, fields, out);
        }
        self.end_item(search(&id, WHOLE, query), out);
    }
}

/// Something that was written before.
pub(super) fn raw(text: &str) -> Json<'_> {
    Json::Raw(text.into())
}
