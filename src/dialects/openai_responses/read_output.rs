//! Items of an answer, read.

use super::read_parts::citations;
use super::thoughts;
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::openai_chat::arguments;
use crate::dialects::{ids, media};
use crate::models::chat::{Block, Call, CallKind, Content, Family, Raw, Source};

/// Whose answer it is, and which.
pub(super) struct Origin<'a> {
    /// Who verifies its secrets.
    pub(super) family: Family,
    pub(super) model: Option<&'a str>,
    /// What ids are made from where a server gives none.
    pub(super) seed: &'a str,
}

/// What an item says, in order, and where in the output.
pub(super) fn item(
    value: Value<'_>,
    fields: &Object<'_>,
    place: usize,
    origin: &Origin<'_>,
) -> Vec<Block> {
    let at = format!("output[{place}]");
    let kind = fields.text("type");
    let content = match kind.as_deref().unwrap_or("message") {
        "message" => {
            let parts = fields.list("content").into_iter().enumerate();
            let read = parts.filter_map(|(place, part)| {
                Some(Block::new(
                    read_part(part)?,
                    format!("{at}.content[{place}]"),
                ))
            });
            return read.collect();
        }
        "reasoning" => thoughts::read(fields, origin.family, origin.model).map(Content::Thinking),
        kind @ ("function_call" | "custom_tool_call") => {
            call(kind, fields, place, origin.seed, true).map(Content::Call)
        }
        kind => Some(generated(kind, fields).unwrap_or_else(|| Content::Server {
            family: Family::OpenAi,
            raw: value.raw(),
        })),
    };
    let block = content.map(|content| Block::new(content, at));
    block.into_iter().collect()
}

/// A picture that the provider's own tool made.
fn generated(kind: &str, fields: &Object<'_>) -> Option<Content> {
    let media = (kind == "image_generation_call").then(|| media::picture(fields))??;
    Some(Content::Image {
        source: Source::Inline(media),
        detail: None,
    })
}

/// A part of a message; one without words is none.
fn read_part(part: Value<'_>) -> Option<Content> {
    let fields = part.object()?;
    match fields.text("type").as_deref() {
        Some("refusal") => Some(Content::Refusal(fields.word("refusal")?)),
        _ => Some(Content::Text {
            text: fields.word("text")?,
            citations: citations(&fields),
        }),
    }
}

/// A call; `whole`: its arguments are there.
pub(super) fn call(
    kind: &str,
    fields: &Object<'_>,
    place: usize,
    seed: &str,
    whole: bool,
) -> Option<Call> {
    let custom = kind == "custom_tool_call";
    let id = ["call_id", "id"]
        .into_iter()
        .find_map(|name| fields.word(name))
        .unwrap_or_else(|| ids::minted("call_", &format!("{seed}/{place}")));
    Some(Call {
        id,
        name: fields.word("name")?,
        arguments: match (custom, whole) {
            (_, false) => String::new(),
            (true, true) => fields.string("input").unwrap_or_default(),
            (false, true) => arguments(fields.get("arguments")),
        },
        kind: if custom {
            CallKind::Custom
        } else {
            CallKind::Function
        },
    })
}

/// Probabilities in the form of chat completions; `None` where there are none.
pub(super) fn logprobs(entries: Vec<Value<'_>>) -> Option<Raw> {
    if entries.is_empty() {
        return None;
    }
    let entries: Vec<Json<'_>> = entries
        .into_iter()
        .map(|entry| entry.raw().into())
        .collect();
    let whole = Fields::new()
        .with("content", entries)
        .with("refusal", Json::Null);
    Raw::parse(&Json::Object(whole).to_text())
}
