//! Blocks of a request and of an answer, read.

use std::borrow::Cow;

use super::tools_made;
use crate::dialects::json::{Object, Value, compact};
use crate::dialects::openai_chat::cache as mark_of;
use crate::dialects::unread::Unread;
use crate::dialects::{Malformed, ids, media, secrets};
use crate::models::chat::{
    Block, Cache, Call, CallKind, Citation, Content, Family, Media, Source, ToolResult,
};

pub(super) fn wrong(param: impl Into<String>, what: &str) -> Malformed {
    let param = param.into();
    let message = format!("{param} must be {what}");
    Malformed::at(param, message)
}

/// Where blocks stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Turn,
    /// Inside the result of a tool: no calls and no results are in there, so that each text is
    /// read only once however deep somebody nests it.
    Result,
}

/// Content: a string, or a list of blocks.
pub(super) fn content(
    value: Value<'_>,
    at: &str,
    unread: &mut Unread,
) -> Result<Vec<Block>, Malformed> {
    blocks(value, at, Place::Turn, unread)
}

fn blocks(
    value: Value<'_>,
    at: &str,
    within: Place,
    unread: &mut Unread,
) -> Result<Vec<Block>, Malformed> {
    if let Some(text) = value.text() {
        return Ok(vec![Block::new(Content::text(text), at)]);
    }
    let items = value
        .list()
        .ok_or_else(|| wrong(at, "a string or a list of blocks"))?;
    items
        .into_iter()
        .enumerate()
        .map(|(place, item)| block(item, format!("{at}[{place}]"), within, unread))
        .collect()
}

/// A mark that the prompt may be cached up to here.
pub(super) fn cache(fields: &Object<'_>) -> Option<Cache> {
    fields.object("cache_control").map(|mark| mark_of(&mark))
}

fn block(
    item: Value<'_>,
    at: String,
    within: Place,
    unread: &mut Unread,
) -> Result<Block, Malformed> {
    let fields = item.object().ok_or_else(|| wrong(&at, "an object"))?;
    let missing = |field: &str, what: &str| wrong(format!("{at}.{field}"), what);
    let kind = fields
        .text("type")
        .ok_or_else(|| missing("type", "a string"))?;
    let content = match &*kind {
        "tool_use" | "tool_result" if within == Place::Result => {
            return Err(missing("type", "a block that a result may hold"));
        }
        "text" => Content::Text {
            text: fields
                .string("text")
                .ok_or_else(|| missing("text", "a string"))?,
            citations: citations(&fields),
        },
        "image" => Content::Image {
            source: source(&fields, &at, unread).ok_or_else(|| missing("source", "an object"))?,
            detail: None,
        },
        "document" => Content::File {
            source: source(&fields, &at, unread).ok_or_else(|| missing("source", "an object"))?,
            name: fields.word("title"),
            context: fields.word("context"),
            citations: cites(&fields, &at, unread),
        },
        "tool_result" => {
            let call = fields
                .text("tool_use_id")
                .ok_or_else(|| missing("tool_use_id", "a string"))?;
            let blocks = match fields.get("content") {
                Some(value) => blocks(value, &format!("{at}.content"), Place::Result, unread)?,
                None => Vec::new(),
            };
            Content::Result(ToolResult {
                call: ids::unspelled(call),
                name: None,
                blocks,
                is_error: fields
                    .get("is_error")
                    .and_then(Value::truth)
                    .unwrap_or(false),
            })
        }
        "tool_use" => {
            let id = fields.text("id").ok_or_else(|| missing("id", "a string"))?;
            let name = fields
                .word("name")
                .ok_or_else(|| missing("name", "a string"))?;
            // Anybody else takes the model itself for the caller.
            if let Some(caller) = fields.object("caller")
                && caller.text("type").is_none_or(|kind| kind != "direct")
            {
                unread.note(format!("{at}.caller"));
            }
            Content::Call(called(id, name, fields.get("input")))
        }
        _ if tools_made::is_ours(&fields) => tools_made::told_again(&item.raw()),
        _ => spoken(&kind, &fields, Family::Anthropic).unwrap_or_else(|| Content::Server {
            family: Family::Anthropic,
            raw: item.raw(),
        }),
    };
    let cache = cache(&fields);
    // What only Anthropic understands is kept as it was written.
    if !matches!(content, Content::Server { .. }) && !tools_made::is_ours(&fields) {
        unread.rest(&fields, &at, &[]);
    }
    Ok(Block { content, cache, at })
}

/// Whether a document's words are to be cited.
fn cites(fields: &Object<'_>, at: &str, unread: &mut Unread) -> bool {
    let Some(citations) = fields.object("citations") else {
        return false;
    };
    let enabled = citations.get("enabled").and_then(Value::truth);
    unread.rest(&citations, format_args!("{at}.citations"), &[]);
    enabled.unwrap_or(false)
}

/// Blocks that only a model makes.
pub(super) fn spoken(kind: &str, fields: &Object<'_>, family: Family) -> Option<Content> {
    let text = |name: &str| fields.string(name).unwrap_or_default();
    match kind {
        "thinking" => Some(Content::Thinking(secrets::restore(
            text("thinking"),
            &text("signature"),
            family,
            "signature",
        ))),
        "redacted_thinking" => Some(Content::Thinking(secrets::restore(
            String::new(),
            &text("data"),
            family,
            "redacted",
        ))),
        _ => None,
    }
}

/// A call; nothing in its input is an empty object.
pub(super) fn called(id: Cow<'_, str>, name: String, input: Option<Value<'_>>) -> Call {
    Call {
        id: ids::unspelled(id),
        name,
        arguments: compact(input.map_or("{}", Value::source)).into_owned(),
        kind: CallKind::Function,
    }
}

/// What supports a text.
pub(super) fn citations(fields: &Object<'_>) -> Vec<Citation> {
    fields.list("citations").into_iter().map(citation).collect()
}

/// One citation.
pub(super) fn citation(value: Value<'_>) -> Citation {
    let fields = value.object().unwrap_or_default();
    match fields.word("url") {
        Some(url) => Citation::Url {
            url,
            title: fields.word("title"),
            cited: fields.word("cited_text"),
            start: None,
            end: None,
            raw: Some(value.raw()),
        },
        None => Citation::Other(value.raw()),
    }
}

fn source(fields: &Object<'_>, at: &str, unread: &mut Unread) -> Option<Source> {
    let value = fields.get("source")?;
    let source = value.object()?;
    let other = || Source::Other {
        family: Family::Anthropic,
        raw: value.raw(),
    };
    let read = match source.text("type").as_deref() {
        Some("base64") => Source::Inline(Media {
            kind: source.string("media_type")?,
            data: source.string("data")?,
        }),
        Some("url") => media::address(source.string("url")?),
        Some("text") => Source::Text(source.string("data")?),
        Some("file") => Source::Stored {
            family: Family::Anthropic,
            id: source.string("file_id")?,
        },
        Some("content") => source
            .string("content")
            .or_else(|| texts(&source, at, unread))
            .map_or_else(other, Source::Text),
        _ => other(),
    };
    if !matches!(read, Source::Other { .. }) {
        // Plain text has but one type.
        unread.rest(&source, format_args!("{at}.source"), &["media_type"]);
    }
    Some(read)
}

/// The texts of a document that is a list of blocks; `None` where some are none.
fn texts(source: &Object<'_>, at: &str, unread: &mut Unread) -> Option<String> {
    let mut texts = Vec::new();
    let mut more = Unread::default();
    for (place, block) in source.get("content")?.list()?.into_iter().enumerate() {
        let block = block.object()?;
        texts.push(block.string("text")?);
        more.rest(
            &block,
            format_args!("{at}.source.content[{place}]"),
            &["type"],
        );
    }
    unread.also(more);
    Some(texts.join("\n"))
}
