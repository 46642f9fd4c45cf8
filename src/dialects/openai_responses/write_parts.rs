//! Parts of messages and of results, written.

use super::write_input::Input;
use crate::dialects::json::{Fields, Json};
use crate::dialects::{Unsupported, media, server_text};
use crate::models::abilities::CacheMarks;
use crate::models::chat::{Block, Content, Family, Source};

impl<'a> Input<'a, '_> {
    /// A part with the block's mark, where the target has marks.
    fn part(&mut self, block: &Block, mut part: Fields<'a>) -> Json<'a> {
        if let Some(cache) = &block.cache {
            if self.target.cache_marks == CacheMarks::Breakpoint {
                let mark = Fields::new().with("mode", "explicit");
                part.put("prompt_cache_breakpoint", mark);
                if cache.ttl.is_some() {
                    self.report.hint(format!("{}.cache_control.ttl", block.at));
                }
                media::marked(cache, &block.at, self.report);
            } else {
                self.report.hint(format!("{}.cache_control", block.at));
            }
        }
        part.into()
    }

    /// Text that somebody else than the model says.
    pub(super) fn input_text(&mut self, block: &Block, text: impl Into<Json<'a>>) -> Json<'a> {
        let part = Fields::new().with("type", "input_text").with("text", text);
        self.part(block, part)
    }

    /// A part of a user's message, or of a result; `None` when it cannot be said.
    pub(super) fn user_part(&mut self, block: &'a Block) -> Result<Option<Json<'a>>, Unsupported> {
        media::unsupported(block, self.report);
        let part = match &block.content {
            Content::Text { text, .. } | Content::Refusal(text) => {
                if text.is_empty() {
                    return Ok(None);
                }
                return Ok(Some(self.input_text(block, text)));
            }
            Content::Server {
                family: Family::OpenAi,
                raw,
            } if self.own => return Ok(Some(raw.into())),
            Content::Server { raw, .. } => {
                self.report.dropped(&block.at);
                let Some(text) = server_text::of(raw) else {
                    return Ok(None);
                };
                return Ok(Some(self.input_text(block, text)));
            }
            Content::Image { source, detail } if self.target.images => {
                Self::image(source, detail.as_deref(), block)?
            }
            Content::File { source, name, .. } => {
                // Only bytes have a name beside them.
                let named = match source {
                    Source::Inline(inline) => !inline.kind.starts_with("image/"),
                    Source::Text(_) => true,
                    _ => false,
                };
                if named {
                    media::unread(block, self.report);
                } else {
                    media::unnamed(block, self.report);
                }
                self.file(source, name.as_deref(), block)?
            }
            _ => None,
        };
        let Some(part) = part else {
            self.report.dropped(&block.at);
            return Ok(None);
        };
        Ok(Some(self.part(block, part)))
    }

    fn image(
        source: &'a Source,
        detail: Option<&'a str>,
        block: &Block,
    ) -> Result<Option<Fields<'a>>, Unsupported> {
        let part = Fields::new().with("type", "input_image");
        let part = match source {
            Source::Inline(media) => part.with("image_url", media::to_url(media)),
            Source::Url(url) => part.with("image_url", url),
            Source::Stored {
                family: Family::OpenAi,
                id,
            } => part.with("file_id", id),
            Source::Stored { .. } => return Err(media::stored(block)),
            Source::Text(_) | Source::Other { .. } => return Ok(None),
        };
        Ok(Some(part.with("detail", detail.unwrap_or("auto"))))
    }

    fn file(
        &self,
        source: &'a Source,
        name: Option<&'a str>,
        block: &Block,
    ) -> Result<Option<Fields<'a>>, Unsupported> {
        let part = Fields::new().with("type", "input_file");
        if let Some(text) = media::text_of(source, name) {
            let part = Fields::new().with("type", "input_text").with("text", text);
            return Ok(Some(part));
        }
        Ok(Some(match source {
            _ if !self.target.documents => return Ok(None),
            // Pictures may come as documents.
            Source::Inline(media) if media.kind.starts_with("image/") => Fields::new()
                .with("type", "input_image")
                .with("image_url", media::to_url(media))
                .with("detail", "auto"),
            Source::Inline(media) => part
                .with(
                    "filename",
                    name.map_or_else(|| media::file_name(media), str::to_owned),
                )
                .with("file_data", media::to_url(media)),
            Source::Url(url) => part.with("file_url", url),
            Source::Stored {
                family: Family::OpenAi,
                id,
            } => part.with("file_id", id),
            Source::Stored { .. } => return Err(media::stored(block)),
            Source::Text(_) | Source::Other { .. } => return Ok(None),
        }))
    }
}

/// One text without a mark is a string; everything else a list of parts.
pub(super) fn simplest(mut parts: Vec<Json<'_>>) -> Json<'_> {
    if let [Json::Object(part)] = parts.as_mut_slice()
        && let [(_, Json::Text(kind)), (_, Json::Text(text))] = part.0.as_mut_slice()
        && kind == "input_text"
    {
        return Json::Text(std::mem::take(text));
    }
    Json::List(parts)
}
