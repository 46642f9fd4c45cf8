//! Pictures, documents, sound and films of a request, written.

use crate::dialects::json::Fields;
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, media};
use crate::models::chat::{Block, Content, Family, Media, Source, Spelling};

/// A part; `None`, and reported, where Google has nothing like it.
pub(super) fn write<'a>(
    report: &mut Report,
    spelling: Spelling,
    block: &'a Block,
) -> Result<Option<Fields<'a>>, Unsupported> {
    let part = match &block.content {
        Content::Image { source, detail } => {
            if detail.as_deref().is_some_and(|detail| detail != "auto") {
                report.dropped(media::detail_at(block, spelling));
            }
            from(source, block)?
        }
        Content::File { source, .. } => {
            media::unnamed(block, report);
            from(source, block)?
        }
        Content::Video(source) => from(source, block)?,
        Content::Audio(media) => sound(media),
        _ => None,
    };
    if part.is_none() {
        report.dropped(&block.at);
    }
    Ok(part)
}

/// A part of an answer; `None` where Google has nothing like it.
pub(super) fn made(content: &Content) -> Option<Fields<'_>> {
    match content {
        Content::Image { source, .. } | Content::File { source, .. } | Content::Video(source) => {
            of(source, content)
        }
        Content::Audio(media) => sound(media),
        _ => None,
    }
}

fn sound(media: &Media) -> Option<Fields<'_>> {
    let kind = match media.kind.as_str() {
        kind if kind.is_empty() || media.data.is_empty() => return None,
        kind if kind.contains('/') => kind.to_owned(),
        // Samples alone, as OpenAI's models make them: Google's own words for the same.
        "pcm" => "audio/L16;codec=pcm;rate=24000".to_owned(),
        kind => format!("audio/{kind}"),
    };
    Some(inline(kind, &media.data))
}

/// A picture whose bytes stand nowhere else.
pub(super) fn inline_owned(media: Media) -> Fields<'static> {
    let inner = Fields::new()
        .with("mimeType", media.kind)
        .with("data", media.data);
    Fields::new().with("inlineData", inner)
}

fn inline(kind: String, data: &str) -> Fields<'_> {
    let inner = Fields::new().with("mimeType", kind).with("data", data);
    Fields::new().with("inlineData", inner)
}

fn from<'a>(source: &'a Source, block: &Block) -> Result<Option<Fields<'a>>, Unsupported> {
    match (source, of(source, &block.content)) {
        (Source::Stored { .. }, None) => Err(media::stored(block)),
        (_, part) => Ok(part),
    }
}

fn of<'a>(source: &'a Source, content: &Content) -> Option<Fields<'a>> {
    match source {
        Source::Inline(Media { kind, data }) => Some(inline(kind.clone(), data)),
        Source::Text(text) => Some(Fields::new().with("text", text)),
        Source::Url(url) if url.starts_with("https://") => Some(stored(url, content)),
        Source::Stored {
            family: Family::Google,
            id,
        } => Some(stored(id, content)),
        Source::Stored { .. } | Source::Url(_) | Source::Other { .. } => None,
    }
}

/// A file at an address, with its type where the address tells it: a document whose address
/// tells nothing is usually a PDF.
fn stored<'a>(uri: &'a str, content: &Content) -> Fields<'a> {
    let path = uri.split(['?', '#']).next().unwrap_or(uri);
    let end = path
        .rsplit('/')
        .next()
        .and_then(|name| name.rsplit_once('.'));
    let kind = end.and_then(|(_, end)| match end.to_ascii_lowercase().as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "webp" => Some("image/webp"),
        "gif" => Some("image/gif"),
        "heic" => Some("image/heic"),
        "pdf" => Some("application/pdf"),
        "txt" => Some("text/plain"),
        "html" | "htm" => Some("text/html"),
        "csv" => Some("text/csv"),
        "mp3" => Some("audio/mp3"),
        "wav" => Some("audio/wav"),
        "mp4" => Some("video/mp4"),
        "mov" => Some("video/mov"),
        "webm" => Some("video/webm"),
        _ => None,
    });
    let document = end.is_none() && matches!(content, Content::File { .. });
    let kind = kind.or(document.then_some("application/pdf"));
    let inner = Fields::new().maybe("mimeType", kind).with("fileUri", uri);
    Fields::new().with("fileData", inner)
}
