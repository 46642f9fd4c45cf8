//! The conversation of a request, read.

use super::fields::{Google, wrong};
use super::read_parts::{Blocks, Part, called, read_noted as read_part};
use super::read_results::{Open, result};
use crate::dialects::json::Value;
use crate::dialects::unread::Unread;
use crate::dialects::{Malformed, ids};
use crate::models::chat::{Block, Content, Family, Role, Turn};

/// The turns, and the operator's words before them.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) system: Vec<Block>,
    pub(super) turns: Vec<Turn>,
    pub(super) unread: Unread,
    /// The calls that have no result yet.
    open: Open,
}

pub(super) fn read(root: &Google<'_>) -> Result<Conversation, Malformed> {
    let mut conversation = Conversation::default();
    if let Some(value) = root.get("systemInstruction") {
        conversation.operator(value)?;
    }
    let items = root
        .get("contents")
        .ok_or_else(|| Malformed::at("contents", "contents is missing"))?;
    // Their parser takes one where a list is meant.
    let items = items.list().unwrap_or_else(|| vec![items]);
    if items.is_empty() {
        return Err(wrong("contents", "a list of at least one content"));
    }
    for (place, item) in items.into_iter().enumerate() {
        conversation.content(item, format!("contents[{place}]"))?;
    }
    Ok(conversation)
}

impl Conversation {
    fn operator(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        const AT: &str = "systemInstruction";
        if let Some(text) = value.text() {
            self.system.push(Block::new(Content::text(text), AT));
            return Ok(());
        }
        let fields = Google::of(value).ok_or_else(|| wrong(AT, "an object"))?;
        for (place, item) in parts(&fields).into_iter().enumerate() {
            let at = format!("{AT}.parts[{place}]");
            match read_part(item, &at, &mut self.unread) {
                Some((Part::Text { text, .. }, _)) => {
                    self.system.push(Block::new(Content::text(text), at));
                }
                Some((Part::Media(media), _)) => self.system.push(Block::new(media, at)),
                Some(_) => self.unread.note(at),
                None => {}
            }
        }
        self.unread.rest(&fields.0, AT, &["role"]);
        Ok(())
    }

    fn content(&mut self, item: Value<'_>, at: String) -> Result<(), Malformed> {
        if let Some(text) = item.text() {
            self.add(Role::User, vec![Block::new(Content::text(text), &*at)], at);
            return Ok(());
        }
        let fields = Google::of(item).ok_or_else(|| wrong(&at, "an object"))?;
        let role = match fields.string("role").as_deref() {
            None | Some("" | "user" | "function" | "tool") => Role::User,
            Some("model" | "assistant") => Role::Assistant,
            Some("system") => Role::System,
            Some(_) => return Err(wrong(format!("{at}.role"), "\"user\" or \"model\"")),
        };
        let items = parts(&fields);
        self.unread.rest(&fields.0, &at, &[]);
        if role == Role::Assistant {
            self.spoken(items, at)
        } else {
            self.heard(role, items, at)
        }
    }

    /// A turn of the model's. Clients that kept the pieces of a stream send one after the other.
    fn spoken(&mut self, items: Vec<Value<'_>>, at: String) -> Result<(), Malformed> {
        let continues = self
            .turns
            .last()
            .is_some_and(|last| last.role == Role::Assistant);
        let mut blocks = Blocks::default();
        if continues && let Some(last) = self.turns.last_mut() {
            blocks.all = std::mem::take(&mut last.blocks);
        } else {
            self.open.clear();
        }
        for (place, item) in items.into_iter().enumerate() {
            let at = format!("{at}.parts[{place}]");
            let Some((part, signature)) = read_part(item, &at, &mut self.unread) else {
                continue;
            };
            let signature = signature.as_deref();
            match part {
                Part::Text { text, thought, .. } => blocks.text(&text, thought, signature, &at),
                Part::Call {
                    id,
                    name,
                    arguments,
                } => {
                    if name.is_empty() {
                        return Err(wrong(format!("{at}.functionCall.name"), "a string"));
                    }
                    let id = id.unwrap_or_else(|| ids::minted("call_", &at));
                    self.open.called(&id, &name);
                    blocks.call(called(id, name, arguments), signature, &at);
                }
                Part::Media(content) => blocks.media(content, signature, &at),
                Part::Server(raw) => blocks.push(
                    Content::Server {
                        family: Family::Google,
                        raw,
                    },
                    &at,
                ),
                Part::Result(_) => return Err(wrong(at, "something that a model says")),
            }
        }
        if continues && let Some(last) = self.turns.last_mut() {
            last.blocks = blocks.all;
        } else {
            self.add(Role::Assistant, blocks.all, at);
        }
        Ok(())
    }

    /// A turn of the user's: words, pictures and the results of tools.
    fn heard(&mut self, role: Role, items: Vec<Value<'_>>, at: String) -> Result<(), Malformed> {
        let mut blocks = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            let at = format!("{at}.parts[{place}]");
            let Some((part, _)) = read_part(item, &at, &mut self.unread) else {
                continue;
            };
            let content = match part {
                Part::Text { text, .. } => Content::text(text),
                Part::Media(content) => content,
                Part::Result(fields) => {
                    let at = format!("{at}.functionResponse");
                    Content::Result(result(&fields, &mut self.open, &at, &mut self.unread)?)
                }
                Part::Server(raw) => Content::Server {
                    family: Family::Google,
                    raw,
                },
                Part::Call { .. } => return Err(wrong(at, "something that a user says")),
            };
            blocks.push(Block::new(content, at));
        }
        self.add(role, blocks, at);
        Ok(())
    }

    fn add(&mut self, role: Role, blocks: Vec<Block>, at: String) {
        self.turns.push(Turn {
            role,
            blocks,
            name: None,
            at,
            prefix: false,
        });
    }
}

/// The parts of a content, of which there may be none.
fn parts<'a>(fields: &Google<'a>) -> Vec<Value<'a>> {
    match fields.get("parts") {
        Some(value) => value.list().unwrap_or_else(|| vec![value]),
        None => Vec::new(),
    }
}
