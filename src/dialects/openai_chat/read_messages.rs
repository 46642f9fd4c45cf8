//! Messages of a request, read.

use std::borrow::Cow;
use std::collections::HashMap;

use super::attached;
use super::details;
use super::read_request::{cache_mark, wrong};
use super::read_tools::arguments;
use crate::dialects::json::{Object, Value};
use crate::dialects::unread::Unread;
use crate::dialects::{Malformed, exchange, ids, media};
use crate::models::chat::{
    Block, Call, CallKind, Content, Family, Media, Role, Source, ToolResult, Turn,
};

/// Fields of a message that mean nothing to others: copies of what it says, made by libraries and
/// by servers that tell thoughts in several fields.
const ASIDE: &[&str] = &[
    "parsed",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
];

/// The same of a part: whether a thought was finished.
const ASIDE_OF_PART: &[&str] = &["closed"];

/// The messages: the operator's first words, then the turns.
#[derive(Default)]
pub(super) struct Conversation {
    pub(super) system: Vec<Block>,
    pub(super) turns: Vec<Turn>,
    pub(super) unread: Unread,
    /// Calls of the old kind that have no result yet: the ids we gave them, by name.
    functions: HashMap<String, Vec<String>>,
}

pub(super) fn read(root: &Object<'_>) -> Result<Conversation, Malformed> {
    let Some(value) = root.get("messages") else {
        let message = if root.get("input").is_some() {
            "this is the chat completions route: send \"messages\", not \"input\""
        } else {
            "messages is missing"
        };
        return Err(Malformed::at("messages", message));
    };
    let items = value.list().ok_or_else(|| wrong("messages", "a list"))?;
    if items.is_empty() {
        return Err(wrong("messages", "a list of at least one message"));
    }
    let mut conversation = Conversation::default();
    for (place, item) in items.into_iter().enumerate() {
        let at = format!("messages[{place}]");
        let fields = item.object().ok_or_else(|| wrong(&at, "an object"))?;
        conversation.message(&fields, at)?;
    }
    Ok(conversation)
}

impl Conversation {
    fn message(&mut self, fields: &Object<'_>, at: String) -> Result<(), Malformed> {
        let role = fields
            .text("role")
            .ok_or_else(|| wrong(format!("{at}.role"), "a string"))?;
        let (role, mut blocks) = match &*role {
            "system" | "developer" => (Role::System, content(fields, &at, &mut self.unread)?),
            "user" => (Role::User, content(fields, &at, &mut self.unread)?),
            "assistant" => (Role::Assistant, self.assistant(fields, &at)?),
            "tool" => (Role::User, vec![self.result(fields, &at, "tool_call_id")?]),
            "function" => (Role::User, vec![self.result(fields, &at, "name")?]),
            _ => {
                return Err(wrong(
                    format!("{at}.role"),
                    "\"system\", \"developer\", \"user\", \"assistant\" or \"tool\"",
                ));
            }
        };
        if let Some(mark) = cache_mark(fields)
            && let Some(last) = blocks.last_mut()
        {
            last.cache.get_or_insert(mark);
        }
        if role == Role::System && self.turns.is_empty() {
            // Blocks have no speaker: a name is left unread.
            self.system.extend(blocks);
            self.unread.rest(fields, &at, ASIDE);
            return Ok(());
        }
        let speaks = fields
            .text("role")
            .is_some_and(|role| role != "function" && role != "tool");
        let name = fields.word("name").filter(|_| speaks);
        let prefix = fields.get("prefix").and_then(Value::truth);
        self.unread.rest(fields, &at, ASIDE);
        let turn = Turn {
            role,
            blocks,
            name,
            at,
            prefix: prefix.unwrap_or(false),
        };
        exchange::add(&mut self.turns, turn);
        Ok(())
    }

    fn assistant(&mut self, fields: &Object<'_>, at: &str) -> Result<Vec<Block>, Malformed> {
        let mut blocks = details::read(fields, at);
        blocks.extend(content(fields, at, &mut self.unread)?);
        // What earlier answers said in sound is told in words; the sound is kept by nobody.
        if let Some(text) = attached::sound(fields).transcript {
            let at = format!("{at}.audio.transcript");
            blocks.push(Block::new(Content::text(text), at));
        }
        blocks.extend(attached::images(fields, at));
        if let Some(refusal) = fields.word("refusal") {
            blocks.push(Block::new(
                Content::Refusal(refusal),
                format!("{at}.refusal"),
            ));
        }
        if fields.get("audio").is_some() {
            blocks.push(Block::new(
                Content::Audio(Media {
                    kind: String::new(),
                    data: String::new(),
                }),
                format!("{at}.audio"),
            ));
        }
        for (place, item) in fields.list("tool_calls").into_iter().enumerate() {
            let at = format!("{at}.tool_calls[{place}]");
            let call = item.object().ok_or_else(|| wrong(&at, "an object"))?;
            let read = read_call(&call, &at, &mut self.unread)?;
            details::sign(&call, &read.id, &at, &mut blocks);
            let cache = cache_mark(&call);
            self.unread.rest(&call, &at, &["type", "index"]);
            let mut block = Block::new(Content::Call(read), at);
            block.cache = cache;
            blocks.push(block);
        }
        if let Some(old) = fields.object("function_call") {
            let at = format!("{at}.function_call");
            let name = old
                .word("name")
                .ok_or_else(|| wrong(format!("{at}.name"), "a string"))?;
            let id = ids::minted("call_", &at);
            self.functions
                .entry(name.clone())
                .or_default()
                .push(id.clone());
            let arguments = arguments(old.get("arguments"));
            self.unread.rest(&old, &at, &[]);
            blocks.push(Block::new(
                Content::Call(Call {
                    id,
                    name,
                    arguments,
                    kind: CallKind::Function,
                }),
                at,
            ));
        }
        Ok(blocks)
    }

    fn result(&mut self, fields: &Object<'_>, at: &str, key: &str) -> Result<Block, Malformed> {
        let key_at = format!("{at}.{key}");
        let named = fields.word(key).ok_or_else(|| wrong(&key_at, "a string"))?;
        let call = if key == "name" {
            let open = self.functions.get_mut(&named).and_then(Vec::pop);
            open.ok_or_else(|| {
                let message = format!("the result of \"{named}\" has no function_call before it");
                Malformed::at(key_at, message)
            })?
        } else {
            named
        };
        Ok(Block::new(
            Content::Result(ToolResult {
                call,
                name: fields.word("name"),
                blocks: content(fields, at, &mut self.unread)?,
                is_error: false,
            }),
            at,
        ))
    }
}

fn read_call(call: &Object<'_>, at: &str, unread: &mut Unread) -> Result<Call, Malformed> {
    let id = call
        .word("id")
        .ok_or_else(|| wrong(format!("{at}.id"), "a string"))?;
    if let Some(custom) = call.object("custom") {
        let read = Call {
            id,
            name: custom
                .word("name")
                .ok_or_else(|| wrong(format!("{at}.custom.name"), "a string"))?,
            arguments: custom.string("input").unwrap_or_default(),
            kind: CallKind::Custom,
        };
        unread.rest(&custom, format_args!("{at}.custom"), &[]);
        return Ok(read);
    }
    let function = call
        .object("function")
        .ok_or_else(|| wrong(format!("{at}.function"), "an object"))?;
    let read = Call {
        id,
        name: function
            .word("name")
            .ok_or_else(|| wrong(format!("{at}.function.name"), "a string"))?,
        arguments: arguments(function.get("arguments")),
        kind: CallKind::Function,
    };
    unread.rest(
        &function,
        format_args!("{at}.function"),
        &["parsed_arguments"],
    );
    Ok(read)
}

fn content(fields: &Object<'_>, at: &str, unread: &mut Unread) -> Result<Vec<Block>, Malformed> {
    let Some(value) = fields.get("content") else {
        return Ok(Vec::new());
    };
    if let Some(text) = value.text() {
        let block = Block::new(Content::text(text), format!("{at}.content"));
        return Ok(vec![block]);
    }
    let Some(items) = value.list() else {
        return Err(wrong(
            format!("{at}.content"),
            "a string or a list of parts",
        ));
    };
    let mut blocks = Vec::with_capacity(items.len());
    for (place, item) in items.into_iter().enumerate() {
        let at = format!("{at}.content[{place}]");
        if let Some(text) = item.text() {
            blocks.push(Block::new(Content::text(text), at));
            continue;
        }
        let part = item.object().ok_or_else(|| wrong(&at, "an object"))?;
        let content = read_part(&part, item, &at, unread)?;
        let cache = cache_mark(&part);
        if !matches!(content, Content::Server { .. }) {
            unread.rest(&part, &at, ASIDE_OF_PART);
        }
        let mut block = Block::new(content, at);
        block.cache = cache;
        blocks.push(block);
    }
    Ok(blocks)
}

fn read_part(
    part: &Object<'_>,
    item: Value<'_>,
    at: &str,
    unread: &mut Unread,
) -> Result<Content, Malformed> {
    let missing = |field: &str| wrong(format!("{at}.{field}"), "given");
    let kind = part.text("type").unwrap_or(Cow::Borrowed(""));
    let content = match &*kind {
        "text" | "input_text" | "output_text" => {
            Content::text(part.text("text").ok_or_else(|| missing("text"))?)
        }
        "refusal" => Content::Refusal(part.string("refusal").ok_or_else(|| missing("refusal"))?),
        "image_url" => {
            let (url, inner) = addressed(part, &kind).ok_or_else(|| missing("image_url.url"))?;
            let detail = inner.string("detail");
            unread.rest(&inner, format_args!("{at}.image_url"), &[]);
            Content::Image {
                source: media::from_url(url),
                detail,
            }
        }
        "document_url" => {
            let (url, inner) = addressed(part, &kind).ok_or_else(|| missing("document_url"))?;
            unread.rest(&inner, format_args!("{at}.document_url"), &[]);
            Content::File {
                source: media::from_url(url),
                name: part.string("document_name"),
                context: None,
                citations: false,
            }
        }
        "video_url" => {
            let (url, inner) = addressed(part, &kind).ok_or_else(|| missing("video_url.url"))?;
            unread.rest(&inner, format_args!("{at}.video_url"), &[]);
            Content::Video(media::from_url(url))
        }
        "input_audio" => {
            let value = part.get(&kind).ok_or_else(|| missing("input_audio"))?;
            let inner = value.object();
            let data = match &inner {
                Some(inner) => inner.string("data"),
                None => value.text().map(Cow::into_owned),
            };
            let inner = inner.unwrap_or_default();
            let data = data.ok_or_else(|| missing("input_audio.data"))?;
            let shown = || media::sound(&data).unwrap_or_default().to_owned();
            let sound = Media {
                kind: inner.string("format").unwrap_or_else(shown),
                data,
            };
            unread.rest(&inner, format_args!("{at}.input_audio"), &[]);
            Content::Audio(sound)
        }
        "file" => {
            let inner = part.object(&kind).ok_or_else(|| missing("file"))?;
            let source = match (inner.string("file_data"), inner.string("file_id")) {
                (Some(data), _) => media::from_data(data),
                (None, Some(id)) => Source::Stored {
                    family: Family::OpenAi,
                    id,
                },
                (None, None) => return Err(missing("file.file_data")),
            };
            let name = inner.string("filename");
            unread.rest(&inner, format_args!("{at}.file"), &[]);
            Content::File {
                source,
                name,
                context: None,
                citations: false,
            }
        }
        "thinking" => details::thinking_part(part),
        _ => Content::Server {
            family: Family::OpenAi,
            raw: item.raw(),
        },
    };
    Ok(content)
}

/// An address, bare or in an object, and the object.
fn addressed<'a>(part: &Object<'a>, name: &str) -> Option<(String, Object<'a>)> {
    let value = part.get(name)?;
    match value.object() {
        Some(inner) => Some((inner.string("url")?, inner)),
        None => Some((value.text()?.into_owned(), Object::default())),
    }
}
