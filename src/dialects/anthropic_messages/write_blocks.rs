//! Messages of a request, written: merged turns of blocks.

use std::borrow::Cow;

use crate::dialects::exchange::{Exchange, Piece};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, functions, ids, media, names, secrets, server_text};
use crate::models::abilities::Abilities;
use crate::models::chat::{
    Block, Cache, Call, Content, Family, Request, Source, Spelling, Thinking, ToolResult,
};

/// How many marks on the prompt are taken.
const MARKS: usize = 4;

/// Marks on the prompt: of too many the last stay.
#[derive(Debug)]
pub(super) struct Marks {
    skip: usize,
}

impl Marks {
    pub(super) fn of(request: &Request) -> Self {
        let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
        let all = request.tools.iter().filter(|tool| tool.cache.is_some());
        let total = all.count()
            + request
                .system
                .iter()
                .chain(blocks)
                .map(marks_in)
                .sum::<usize>();
        let most = MARKS - usize::from(request.cache.is_some());
        Self {
            skip: total.saturating_sub(most),
        }
    }

    /// The mark to be written in a place.
    pub(super) fn next(
        &mut self,
        cache: Option<&Cache>,
        at: &str,
        report: &mut Report,
    ) -> Option<Fields<'static>> {
        let cache = cache?;
        if self.skip > 0 {
            self.skip -= 1;
            report.hint(format!("{at}.cache_control"));
            return None;
        }
        Some(mark(cache, at, report))
    }
}

fn marks_in(block: &Block) -> usize {
    let inner = match &block.content {
        Content::Result(result) => result.blocks.iter().map(marks_in).sum(),
        _ => 0,
    };
    inner + usize::from(block.cache.is_some())
}

/// A mark as it is written.
pub(super) fn mark(cache: &Cache, at: &str, report: &mut Report) -> Fields<'static> {
    media::marked(cache, at, report);
    let fields = Fields::new().with("type", "ephemeral");
    match cache.ttl.as_deref() {
        Some("1h") => fields.with("ttl", "1h"),
        Some("5m") => fields.with("ttl", "5m"),
        Some(_) => {
            report.hint(format!("{at}.cache_control.ttl"));
            fields
        }
        None => fields,
    }
}

/// What blocks are written with.
pub(super) struct Blocks<'a, 'r> {
    pub(super) target: &'a Abilities,
    pub(super) model: &'a str,
    pub(super) spelling: Spelling,
    pub(super) report: &'r mut Report,
    pub(super) marks: Marks,
    pub(super) ids: ids::Written,
}

impl<'a> Blocks<'a, '_> {
    /// The operator's words.
    pub(super) fn system(&mut self, request: &'a Request) -> Option<Json<'a>> {
        let mut blocks = Vec::new();
        for block in &request.system {
            media::unsupported(block, self.report);
            match &block.content {
                Content::Text { text, .. } | Content::Refusal(text) if !text.trim().is_empty() => {
                    let fields = Fields::new().with("type", "text").with("text", text);
                    blocks.push(self.marked(block, fields));
                }
                Content::Text { .. } | Content::Refusal(_) => {}
                _ => self.report.dropped(&block.at),
            }
        }
        (!blocks.is_empty()).then(|| simplest(blocks))
    }

    /// The messages of a conversation.
    pub(super) fn messages(
        &mut self,
        groups: &[Exchange<'a>],
        thinks: bool,
    ) -> Result<Vec<Json<'a>>, Unsupported> {
        let mut messages: Vec<(bool, Vec<Json<'a>>)> = Vec::with_capacity(groups.len());
        for (place, group) in groups.iter().enumerate() {
            let last = place + 1 == groups.len();
            if last && group.assistant && place > 0 && (!self.target.prefill || thinks) {
                self.report.dropped(group.at);
                continue;
            }
            let mut blocks = self.group(group)?;
            if last && group.assistant {
                trim_end(&mut blocks);
            }
            if blocks.is_empty() {
                continue;
            }
            match messages.last_mut() {
                Some((assistant, earlier)) if *assistant == group.assistant => {
                    earlier.extend(blocks);
                }
                _ => messages.push((group.assistant, blocks)),
            }
        }
        Ok(messages
            .into_iter()
            .map(|(assistant, blocks)| {
                Fields::new()
                    .with("role", if assistant { "assistant" } else { "user" })
                    .with("content", simplest(blocks))
                    .into()
            })
            .collect())
    }

    fn group(&mut self, group: &Exchange<'a>) -> Result<Vec<Json<'a>>, Unsupported> {
        let mut blocks = Vec::with_capacity(group.blocks.len());
        let mut lost = false;
        let mut silent = None;
        for piece in &group.blocks {
            if let Content::Text { text, .. } = &piece.block.content
                && text.trim().is_empty()
            {
                silent.get_or_insert(text);
                continue;
            }
            match self.block(*piece)? {
                Some(block) => blocks.push(block),
                None => lost = true,
            }
        }
        if blocks.is_empty() && !group.assistant {
            if lost {
                return Err(Unsupported {
                    message: "nothing of this message can be told to the model".into(),
                    param: group.at.to_owned(),
                });
            }
            let text = silent.map_or("", String::as_str);
            blocks.push(Fields::new().with("type", "text").with("text", text).into());
        }
        Ok(blocks)
    }

    fn marked(&mut self, block: &Block, mut fields: Fields<'a>) -> Json<'a> {
        if let Some(mark) = self
            .marks
            .next(block.cache.as_ref(), &block.at, self.report)
        {
            fields.put("cache_control", mark);
        }
        fields.into()
    }

    fn block(&mut self, piece: Piece<'a>) -> Result<Option<Json<'a>>, Unsupported> {
        let block = piece.block;
        let fields = match &block.content {
            Content::Text { text, .. } => {
                media::unsupported(block, self.report);
                let text = if piece.reminder {
                    Cow::Owned(format!("<system-reminder>\n{text}\n</system-reminder>"))
                } else {
                    Cow::Borrowed(text.as_str())
                };
                Fields::new().with("type", "text").with("text", text)
            }
            Content::Refusal(text) => Fields::new().with("type", "text").with("text", text),
            Content::Image { .. } | Content::File { .. } => match self.media(block)? {
                Some(fields) => fields,
                None => return Ok(None),
            },
            Content::Thinking(thought) => match self.thinking(thought, &block.at) {
                Some(fields) => return Ok(Some(fields.into())),
                None => return Ok(None),
            },
            Content::Call(call) => self.call(call, &block.at),
            Content::Result(result) => self.result(result)?,
            Content::Server {
                family: Family::Anthropic,
                raw,
            } => return Ok(Some(raw.into())),
            Content::Server { raw, .. } => {
                self.report.dropped(&block.at);
                let Some(text) = server_text::of(raw) else {
                    return Ok(None);
                };
                Fields::new().with("type", "text").with("text", text)
            }
            Content::Audio(_) | Content::Video(_) => {
                self.report.dropped(&block.at);
                return Ok(None);
            }
        };
        Ok(Some(self.marked(block, fields)))
    }

    fn media(&mut self, block: &'a Block) -> Result<Option<Fields<'a>>, Unsupported> {
        match &block.content {
            Content::Image { source, detail } => {
                if detail.as_deref().is_some_and(|detail| detail != "auto") {
                    self.report.dropped(media::detail_at(block, self.spelling));
                }
                let source = match source {
                    Source::Inline(media) if !media.kind.starts_with("image/") => None,
                    Source::Text(_) => None,
                    source => written(source, block, self.target)?,
                };
                let Some(source) = source else {
                    self.report.dropped(&block.at);
                    return Ok(None);
                };
                Ok(Some(
                    Fields::new().with("type", "image").with("source", source),
                ))
            }
            // Chat clients send pictures as files too, and a document may be none.
            Content::File {
                source: source @ Source::Inline(media),
                ..
            } if media.kind.starts_with("image/") => {
                media::unnamed(block, self.report);
                let Some(source) = written(source, block, self.target)? else {
                    self.report.dropped(&block.at);
                    return Ok(None);
                };
                Ok(Some(
                    Fields::new().with("type", "image").with("source", source),
                ))
            }
            Content::File {
                source,
                name,
                context,
                citations,
            } => {
                let Some(source) = written(source, block, self.target)? else {
                    self.report.dropped(&block.at);
                    return Ok(None);
                };
                Ok(Some(
                    Fields::new()
                        .with("type", "document")
                        .with("source", source)
                        .maybe("title", name.as_deref())
                        .maybe("context", context.as_deref())
                        .maybe(
                            "citations",
                            citations.then(|| Fields::new().with("enabled", true)),
                        ),
                ))
            }
            _ => Ok(None),
        }
    }

    /// Thinking goes back only with a proof the target can verify.
    fn thinking(&mut self, thought: &'a Thinking, at: &str) -> Option<Fields<'a>> {
        let secret = thought
            .secret
            .as_ref()
            .filter(|secret| secrets::verifies(self.target, self.model, secret));
        let Some(secret) = secret else {
            self.report.hint(at);
            return None;
        };
        let data = secrets::respelt(secret);
        Some(if thought.redacted {
            Fields::new()
                .with("type", "redacted_thinking")
                .with("data", data)
        } else {
            Fields::new()
                .with("type", "thinking")
                .with("thinking", &thought.text)
                .with("signature", data)
        })
    }

    fn call(&mut self, call: &'a Call, at: &str) -> Fields<'a> {
        let input = functions::input(call, at, self.spelling, self.report);
        Fields::new()
            .with("type", "tool_use")
            .with("id", self.ids.call(&call.id))
            .with("name", names::fitting(&call.name, self.target.tool_name))
            .with("input", input)
    }

    fn result(&mut self, result: &'a ToolResult) -> Result<Fields<'a>, Unsupported> {
        let mut inner = Vec::with_capacity(result.blocks.len());
        for block in &result.blocks {
            if matches!(&block.content, Content::Text { text, .. } if text.is_empty()) {
                continue;
            }
            let piece = Piece {
                block,
                reminder: false,
            };
            inner.extend(self.block(piece)?);
        }
        let fields = Fields::new()
            .with("type", "tool_result")
            .with("tool_use_id", self.ids.result(&result.call))
            .maybe("content", (!inner.is_empty()).then(|| simplest(inner)));
        Ok(fields.maybe("is_error", result.is_error.then_some(true)))
    }
}

/// A source as it is written; `None` when the target has nothing like it.
fn written<'a>(
    source: &'a Source,
    block: &Block,
    target: &Abilities,
) -> Result<Option<Json<'a>>, Unsupported> {
    let fields = match source {
        Source::Inline(media) => match media.kind.as_str() {
            "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "application/pdf" => {
                Fields::new()
                    .with("type", "base64")
                    .with("media_type", &media.kind)
                    .with("data", &media.data)
            }
            kind if kind.starts_with("text/") || kind == "application/json" => {
                let Some(text) =
                    secrets::decode(&media.data).and_then(|bytes| String::from_utf8(bytes).ok())
                else {
                    return Ok(None);
                };
                plain_text(Cow::Owned(text))
            }
            _ => return Ok(None),
        },
        Source::Url(_) if !target.addresses => return Err(media::only_bytes(block)),
        Source::Url(url) => Fields::new().with("type", "url").with("url", url),
        Source::Text(text) => plain_text(Cow::Borrowed(text)),
        Source::Stored {
            family: Family::Anthropic,
            id,
        } if target.addresses => Fields::new().with("type", "file").with("file_id", id),
        Source::Stored { .. } => return Err(media::stored(block)),
        Source::Other {
            family: Family::Anthropic,
            raw,
        } => return Ok(Some(raw.into())),
        Source::Other { .. } => return Ok(None),
    };
    Ok(Some(fields.into()))
}

fn plain_text(text: Cow<'_, str>) -> Fields<'_> {
    Fields::new()
        .with("type", "text")
        .with("media_type", "text/plain")
        .with("data", text)
}

/// One text without a mark is a string.
fn simplest(mut blocks: Vec<Json<'_>>) -> Json<'_> {
    if let [Json::Object(block)] = blocks.as_mut_slice()
        && let [(_, Json::Text(kind)), (_, Json::Text(text))] = block.0.as_mut_slice()
        && kind == "text"
    {
        return Json::Text(std::mem::take(text));
    }
    Json::List(blocks)
}

/// A last turn of the model's own may not end with white space.
fn trim_end(blocks: &mut [Json<'_>]) {
    if let Some(Json::Object(last)) = blocks.last_mut()
        && let Some((name, Json::Text(text))) = last.0.get_mut(1)
        && name == "text"
    {
        *text = Cow::Owned(text.trim_end().to_owned());
    }
}
