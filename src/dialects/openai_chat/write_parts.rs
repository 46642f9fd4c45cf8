//! Parts of messages, written: text, pictures, documents, and the marks on them.

use std::borrow::Cow;

use super::write_messages::Messages;
use crate::dialects::json::{Fields, Json};
use crate::dialects::{Unsupported, media, server_text};
use crate::models::abilities::{Attachments, CacheMarks};
use crate::models::chat::{Block, Content, Family, Media, Source};

impl<'a> Messages<'a, '_> {
    /// A part with the block's mark, where the target has marks.
    pub(super) fn part(&mut self, block: &'a Block, mut part: Fields<'a>) -> Json<'a> {
        if let Some(cache) = &block.cache {
            match self.target.cache_marks {
                CacheMarks::None => self.report.hint(format!("{}.cache_control", block.at)),
                CacheMarks::Breakpoint => {
                    part.put(
                        "prompt_cache_breakpoint",
                        Fields::new().with("mode", "explicit"),
                    );
                    if cache.ttl.is_some() {
                        self.report.hint(format!("{}.cache_control.ttl", block.at));
                    }
                    media::marked(cache, &block.at, self.report);
                }
                CacheMarks::CacheControl => {
                    media::marked(cache, &block.at, self.report);
                    let mark = Fields::new()
                        .with("type", "ephemeral")
                        .maybe("ttl", cache.ttl.as_deref());
                    part.put("cache_control", mark);
                }
            }
        }
        part.into()
    }

    /// A part of a user's message; `None` when it cannot be said.
    pub(super) fn user_part(&mut self, block: &'a Block) -> Result<Option<Json<'a>>, Unsupported> {
        media::unsupported(block, self.report);
        let part = match &block.content {
            Content::Text { text, .. } | Content::Refusal(text) => {
                if text.is_empty() {
                    return Ok(None);
                }
                Fields::new().with("type", "text").with("text", text)
            }
            Content::Image { source, detail } if self.target.images => {
                let Some(url) = self.address(source, block)? else {
                    return Ok(None);
                };
                let image = Fields::new()
                    .with("url", url)
                    .maybe("detail", detail.as_deref());
                Fields::new()
                    .with("type", "image_url")
                    .with("image_url", image)
            }
            Content::File { source, name, .. } => {
                media::unread(block, self.report);
                return self.file(block, source, name.as_deref());
            }
            Content::Audio(media) if self.hears(media) => {
                let part = Fields::new().with("type", "input_audio");
                match self.target.attachments {
                    Attachments::OpenAi => part.with(
                        "input_audio",
                        Fields::new()
                            .with("data", &media.data)
                            .with("format", &media.kind),
                    ),
                    Attachments::Mistral => part.with("input_audio", &media.data),
                }
            }
            // OpenAI's own models see no films.
            Content::Video(source)
                if self.target.images && self.target.family != Family::OpenAi =>
            {
                let Some(url) = self.address(source, block)? else {
                    return Ok(None);
                };
                Fields::new()
                    .with("type", "video_url")
                    .with("video_url", Fields::new().with("url", url))
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
                Fields::new().with("type", "text").with("text", text)
            }
            _ => {
                self.report.dropped(&block.at);
                return Ok(None);
            }
        };
        Ok(Some(self.part(block, part)))
    }

    /// Whether sound can be told: to OpenAI's own models of two kinds alone.
    fn hears(&self, media: &Media) -> bool {
        let known = match (self.target.attachments, self.target.family) {
            (Attachments::Mistral, _) => true,
            (Attachments::OpenAi, Family::OpenAi) => matches!(media.kind.as_str(), "wav" | "mp3"),
            (Attachments::OpenAi, _) => !media.kind.is_empty(),
        };
        known && self.target.images && !media.data.is_empty()
    }

    fn file(
        &mut self,
        block: &'a Block,
        source: &'a Source,
        name: Option<&'a str>,
    ) -> Result<Option<Json<'a>>, Unsupported> {
        if let Some(text) = media::text_of(source, name) {
            let part = Fields::new().with("type", "text").with("text", text);
            return Ok(Some(self.part(block, part)));
        }
        let part = match source {
            _ if !self.target.documents => {
                self.report.dropped(&block.at);
                return Ok(None);
            }
            Source::Inline(_) | Source::Url(_)
                if self.target.attachments == Attachments::Mistral =>
            {
                let Some(url) = self.address(source, block)? else {
                    return Ok(None);
                };
                Fields::new()
                    .with("type", "document_url")
                    .with("document_url", url)
                    .maybe("document_name", name)
            }
            Source::Inline(media) => {
                let file = Fields::new()
                    .with(
                        "filename",
                        name.map_or_else(|| media::file_name(media), str::to_owned),
                    )
                    .with("file_data", media::to_url(media));
                Fields::new().with("type", "file").with("file", file)
            }
            Source::Stored {
                family: Family::OpenAi,
                id,
            } => {
                let file = Fields::new().with("file_id", id).maybe("filename", name);
                Fields::new().with("type", "file").with("file", file)
            }
            Source::Stored { .. } => return Err(media::stored(block)),
            Source::Text(_) | Source::Url(_) | Source::Other { .. } => {
                self.report.dropped(&block.at);
                return Ok(None);
            }
        };
        Ok(Some(self.part(block, part)))
    }

    fn address(
        &mut self,
        source: &'a Source,
        block: &Block,
    ) -> Result<Option<Cow<'a, str>>, Unsupported> {
        match source {
            Source::Inline(media) => Ok(Some(Cow::Owned(media::to_url(media)))),
            Source::Url(url) => Ok(Some(Cow::Borrowed(url))),
            Source::Stored { .. } => Err(media::stored(block)),
            Source::Text(_) | Source::Other { .. } => {
                self.report.dropped(&block.at);
                Ok(None)
            }
        }
    }
}

/// One text without a mark is a string; everything else a list of parts.
pub(super) fn simplest(mut parts: Vec<Json<'_>>) -> Json<'_> {
    if let [Json::Object(part)] = parts.as_mut_slice()
        && let [(_, Json::Text(kind)), (_, Json::Text(text))] = part.0.as_mut_slice()
        && kind == "text"
    {
        return Json::Text(std::mem::take(text));
    }
    Json::List(parts)
}

/// Texts without marks are one string.
pub(super) fn joined(parts: Vec<Json<'_>>) -> Json<'_> {
    let plain = parts.len() > 1
        && parts
            .iter()
            .all(|part| matches!(part, Json::Object(fields) if fields.0.len() == 2));
    if !plain {
        return simplest(parts);
    }
    let mut text = String::new();
    for part in &parts {
        if let Json::Object(fields) = part
            && let Some((_, Json::Text(piece))) = fields.0.get(1)
        {
            text.push_str(piece);
        }
    }
    text.into()
}

pub(super) fn prefix(part: &mut Fields<'_>, words: &str) {
    if let Some((_, Json::Text(text))) = part.0.get_mut(1) {
        *text = Cow::Owned(format!("{words}{text}"));
    }
}
