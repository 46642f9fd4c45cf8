//! Results of tools, written: each an object, whatever the tool answered.

use std::borrow::Cow;

use super::write_media;
use super::write_parts::Parts;
use super::write_tools::named;
use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::{Unsupported, media, server_text};
use crate::models::abilities::Ids;
use crate::models::chat::{Content, Source, ToolResult};

/// A result; pictures that its model takes only beside it are moved behind all results.
pub(super) fn write<'a>(
    parts: &mut Parts<'a, '_>,
    result: &'a ToolResult,
    moved: &mut Vec<Json<'a>>,
) -> Result<Json<'a>, Unsupported> {
    let known = parts.called.get(result.call.as_str());
    let name = known
        .map(|(name, _)| *name)
        .or(result.name.as_deref())
        .unwrap_or("tool");
    let mut texts: Vec<Cow<'a, str>> = Vec::new();
    let mut beside: Vec<Json<'a>> = Vec::new();
    for block in &result.blocks {
        media::unmarked(block, parts.report);
        match &block.content {
            Content::Text { text, .. } | Content::Refusal(text) => {
                media::unsupported(block, parts.report);
                texts.push(Cow::Borrowed(text));
            }
            Content::File {
                source: Source::Text(text),
                ..
            } => {
                media::unnamed(block, parts.report);
                texts.push(Cow::Borrowed(text));
            }
            Content::Server { raw, .. } => {
                parts.report.dropped(&block.at);
                texts.extend(server_text::of(raw).map(Cow::Owned));
            }
            _ => {
                if let Some(part) = write_media::write(parts.report, parts.spelling, block)? {
                    beside.push(part.into());
                }
            }
        }
    }
    let late = parts.target.ids != Ids::None;
    let id = late.then(|| parts.ids.result(&result.call));
    let mut inner = Fields::new()
        .maybe("id", id)
        .with("name", named(name, parts.target))
        .with("response", response(&texts, result.is_error));
    if !beside.is_empty() {
        if late {
            inner.put("parts", beside);
        } else {
            let line = format!("From the result of {name}:");
            moved.push(Fields::new().with("text", line).into());
            moved.extend(beside);
        }
    }
    Ok(Fields::new().with("functionResponse", inner).into())
}

/// An object goes as it is, a list or a text as `result`.
fn response<'a>(texts: &[Cow<'a, str>], is_error: bool) -> Json<'a> {
    let text = match texts {
        [one] => one.clone(),
        several => Cow::Owned(several.concat()),
    };
    let name = if is_error { "error" } else { "result" };
    let trimmed = text.trim();
    let first = trimmed.as_bytes().first();
    let structured = matches!(first, Some(b'{' | b'[')) && Value::parse(trimmed).is_ok();
    if structured && first == Some(&b'{') && !is_error {
        return Json::Raw(trimmed.to_owned().into());
    }
    if structured {
        return Fields::new()
            .with(name, Json::Raw(trimmed.to_owned().into()))
            .into();
    }
    Fields::new().with(name, text).into()
}
