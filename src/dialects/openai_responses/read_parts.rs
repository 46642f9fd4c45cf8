//! Parts of messages and of results, read; and what supports a text.

use crate::dialects::json::{Object, Value};
use crate::dialects::openai_chat::{cache_mark, wrong};
use crate::dialects::unread::Unread;
use crate::dialects::{Malformed, media};
use crate::models::chat::{Block, Citation, Content, Family, Media, Source};

/// Fields of a part that mean nothing to others: probabilities of what was said, and a copy of it
/// that libraries make.
const ASIDE: &[&str] = &["logprobs", "parsed"];

/// The content of a message.
pub(super) fn content(
    fields: &Object<'_>,
    at: &str,
    unread: &mut Unread,
) -> Result<Vec<Block>, Malformed> {
    match fields.get("content") {
        Some(value) => parts(value, &format!("{at}.content"), unread),
        None => Ok(Vec::new()),
    }
}

/// A string, or a list of parts.
pub(super) fn parts(
    value: Value<'_>,
    at: &str,
    unread: &mut Unread,
) -> Result<Vec<Block>, Malformed> {
    if let Some(text) = value.text() {
        return Ok(vec![Block::new(Content::text(text), at)]);
    }
    let items = value
        .list()
        .ok_or_else(|| wrong(at, "a string or a list of parts"))?;
    let mut blocks = Vec::with_capacity(items.len());
    for (place, item) in items.into_iter().enumerate() {
        let at = format!("{at}[{place}]");
        if let Some(text) = item.text() {
            blocks.push(Block::new(Content::text(text), at));
            continue;
        }
        let fields = item.object().ok_or_else(|| wrong(&at, "an object"))?;
        let content = part(&fields, item, &at, unread)?;
        let cache = cache_mark(&fields);
        if !matches!(content, Content::Server { .. }) {
            unread.rest(&fields, &at, ASIDE);
        }
        let mut block = Block::new(content, at);
        block.cache = cache;
        blocks.push(block);
    }
    Ok(blocks)
}

fn part(
    fields: &Object<'_>,
    item: Value<'_>,
    at: &str,
    unread: &mut Unread,
) -> Result<Content, Malformed> {
    let missing = |field: &str| wrong(format!("{at}.{field}"), "given");
    let kind = fields.text("type").unwrap_or_default();
    Ok(match &*kind {
        "input_text" | "output_text" | "text" | "summary_text" => Content::Text {
            text: fields.string("text").ok_or_else(|| missing("text"))?,
            citations: citations(fields),
        },
        "refusal" => Content::Refusal(fields.string("refusal").ok_or_else(|| missing("refusal"))?),
        "input_image" => {
            let source = match (address(fields), fields.string("file_id")) {
                (Some(url), _) => media::from_url(url),
                (None, Some(id)) => stored(id),
                (None, None) => return Err(missing("image_url")),
            };
            Content::Image {
                source,
                detail: fields.string("detail"),
            }
        }
        "input_file" => {
            let given = |name: &str| fields.word(name);
            let source = match (given("file_data"), given("file_url"), given("file_id")) {
                (Some(data), ..) => media::from_data(data),
                (None, Some(url), _) => media::from_url(url),
                (None, None, Some(id)) => stored(id),
                (None, None, None) => return Err(missing("file_data")),
            };
            Content::File {
                source,
                name: fields.string("filename"),
                context: None,
                citations: false,
            }
        }
        "input_audio" => {
            let inner = fields
                .object("input_audio")
                .ok_or_else(|| missing("input_audio"))?;
            let sound = Media {
                kind: inner.string("format").unwrap_or_default(),
                data: inner
                    .string("data")
                    .ok_or_else(|| missing("input_audio.data"))?,
            };
            unread.rest(&inner, format_args!("{at}.input_audio"), &[]);
            Content::Audio(sound)
        }
        _ => Content::Server {
            family: Family::OpenAi,
            raw: item.raw(),
        },
    })
}

/// The address of a picture, also in the object that chat completions have.
fn address(fields: &Object<'_>) -> Option<String> {
    let value = fields.get("image_url")?;
    match value.object() {
        Some(inner) => inner.string("url"),
        None => value.text().map(std::borrow::Cow::into_owned),
    }
}

fn stored(id: String) -> Source {
    Source::Stored {
        family: Family::OpenAi,
        id,
    }
}

/// What supports the text of a part.
pub(super) fn citations(part: &Object<'_>) -> Vec<Citation> {
    part.list("annotations")
        .into_iter()
        .filter_map(citation)
        .collect()
}

/// One annotation.
pub(super) fn citation(value: Value<'_>) -> Option<Citation> {
    let fields = value.object()?;
    let offset = |name: &str| fields.get(name).and_then(Value::count);
    Some(match (fields.text("type").as_deref(), fields.word("url")) {
        (Some("url_citation"), Some(url)) => Citation::Url {
            url,
            title: fields.word("title"),
            cited: None,
            start: offset("start_index"),
            end: offset("end_index"),
            raw: None,
        },
        _ => Citation::Other(value.raw()),
    })
}
