//! Results of tools, read: found to their calls, and taken out of the object they came in.

use std::collections::VecDeque;

use super::fields::{Google, wrong};
use super::read_parts::{Part, read_noted as read_part};
use crate::dialects::Malformed;
use crate::dialects::json::{Value, compact};
use crate::dialects::unread::Unread;
use crate::models::chat::{Block, Content, ToolResult};

/// The calls of the last turn that have no result yet: ids and names, in order.
#[derive(Debug, Default)]
pub(super) struct Open(VecDeque<(String, String)>);

impl Open {
    pub(super) fn called(&mut self, id: &str, name: &str) {
        self.0.push_back((id.to_owned(), name.to_owned()));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The call that a result answers: that of its id, else the first of its name.
    fn answered(&mut self, id: Option<&str>, name: &str) -> Option<String> {
        let place = match id {
            Some(id) => self.0.iter().position(|(open, _)| open == id),
            None => self.0.iter().position(|(_, open)| open == name),
        }?;
        self.0.remove(place).map(|(id, _)| id)
    }
}

/// What a tool answered.
pub(super) fn result(
    fields: &Google<'_>,
    open: &mut Open,
    at: &str,
    unread: &mut Unread,
) -> Result<ToolResult, Malformed> {
    let id = fields.word("id");
    let name = fields
        .word("name")
        .ok_or_else(|| wrong(format!("{at}.name"), "a string"))?;
    let call = match open.answered(id.as_deref(), &name) {
        Some(call) => call,
        None => id.ok_or_else(|| {
            let message = format!("no call of \"{name}\" before it waits for a result");
            Malformed::at(at, message)
        })?,
    };
    let (text, is_error) = match fields.get("response") {
        Some(value) => unwrapped(value, at)?,
        None => (String::new(), false),
    };
    let mut blocks = Vec::new();
    if !text.is_empty() {
        blocks.push(Block::new(Content::text(text), format!("{at}.response")));
    }
    for (place, item) in fields.list("parts").into_iter().enumerate() {
        let at = format!("{at}.parts[{place}]");
        match read_part(item, &at, unread) {
            Some((Part::Media(content), _)) => blocks.push(Block::new(content, at)),
            Some(_) => unread.note(at),
            None => {}
        }
    }
    unread.rest(&fields.0, at, &[]);
    Ok(ToolResult {
        call,
        name: Some(name),
        blocks,
        is_error,
    })
}

/// The text of a response, which must be an object: a sole `result` is what was meant.
fn unwrapped(value: Value<'_>, at: &str) -> Result<(String, bool), Malformed> {
    let fields = value
        .object()
        .ok_or_else(|| wrong(format!("{at}.response"), "an object"))?;
    let mut all = fields.fields();
    let sole = match (all.next(), all.next()) {
        (Some((name @ ("result" | "output" | "error"), value)), None) => Some((name, value)),
        _ => None,
    };
    let Some((name, inner)) = sole else {
        return Ok((compact(value.source()).into_owned(), false));
    };
    let text = match inner.text() {
        Some(text) => text.into_owned(),
        None => compact(inner.source()).into_owned(),
    };
    Ok((text, name == "error"))
}
