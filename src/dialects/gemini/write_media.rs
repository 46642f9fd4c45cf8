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
        Content::Audio(media) if !media.data.is_empty() && !media.kind.is_empty() => {
            let kind = if media.kind.contains('/') {
                media.kind.clone()
            } else {
                format!("audio/{}", media.kind)
            };
            Some(inline(kind, &media.data))
        }
        _ => None,
    };
    if part.is_none() {
        report.dropped(&block.at);
    }
    Ok(part)
}

fn inline(kind: String, data: &str) -> Fields<'_> {
    let inner = Fields::new().with("mimeType", kind).with("data", data);
    Fields::new().with("inlineData", inner)
}

fn from<'a>(source: &'a Source, block: &Block) -> Result<Option<Fields<'a>>, Unsupported> {
    Ok(match source {
        Source::Inline(Media { kind, data }) => Some(inline(kind.clone(), data)),
        Source::Text(text) => Some(Fields::new().with("text", text)),
        Source::Url(url) if url.starts_with("https://") => Some(stored(url)),
        Source::Stored {
            family: Family::Google,
            id,
        } => Some(stored(id)),
        Source::Stored { .. } => return Err(media::stored(block)),
        Source::Url(_) | Source::Other { .. } => None,
    })
}

/// A file at an address, with its type where the address tells it.
fn stored(uri: &str) -> Fields<'_> {
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
    let inner = Fields::new().maybe("mimeType", kind).with("fileUri", uri);
    Fields::new().with("fileData", inner)
}
