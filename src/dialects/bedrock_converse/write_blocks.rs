//! Messages of a request, written: merged turns of blocks, marks on the prompt behind them.

use std::borrow::Cow;

use crate::dialects::exchange::{self, Exchange, Piece};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, functions, ids, media, names, secrets, server_text};
use crate::models::abilities::{Abilities, Beside, CacheMarks};
use crate::models::chat::{Block, Cache, Content, Request, Source, Spelling, Thinking, ToolResult};

/// How many marks on the prompt are taken.
const POINTS: usize = 4;

/// What somebody says who says nothing.
const NO_WORDS: &str = "(no words)";

/// How many documents are taken in a request.
///
/// See <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-api-restrictions.html>.
const DOCUMENTS: usize = 5;

/// Marks on the prompt: of too many the last stay.
pub(super) struct Points {
    skip: usize,
}

impl Points {
    pub(super) fn of(request: &Request) -> Self {
        let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
        let marked = request.system.iter().chain(blocks);
        let marked = marked.filter(|block| block.cache.is_some()).count();
        let tools = request.tools.iter().filter(|tool| tool.cache.is_some());
        Self {
            skip: (marked + tools.count()).saturating_sub(POINTS),
        }
    }

    /// The mark behind a tool, where the model takes one there.
    pub(super) fn of_tool<'a>(
        &mut self,
        cache: Option<&Cache>,
        at: &str,
        target: &Abilities,
        report: &mut Report,
    ) -> Option<Json<'a>> {
        let claude = target.beside == Beside::Claude;
        self.next(cache, at, claude, claude, report)
    }

    /// `taken`: there are marks; `long`: some for an hour.
    fn next<'a>(
        &mut self,
        cache: Option<&Cache>,
        at: &str,
        taken: bool,
        long: bool,
        report: &mut Report,
    ) -> Option<Json<'a>> {
        let cache = cache?;
        if self.skip > 0 || !taken {
            self.skip = self.skip.saturating_sub(1);
            report.hint(format!("{at}.cache_control"));
            return None;
        }
        media::marked(cache, at, report);
        let mut point = Fields::new().with("type", "default");
        match cache.ttl.as_deref() {
            None | Some("5m") => {}
            Some("1h") if long => point.put("ttl", "1h"),
            Some(_) => report.hint(format!("{at}.cache_control.ttl")),
        }
        Some(Fields::new().with("cachePoint", point).into())
    }
}

/// What blocks are written with.
pub(super) struct Blocks<'a, 'r> {
    pub(super) target: &'a Abilities,
    pub(super) model: &'a str,
    /// The client's, for paths.
    pub(super) spelling: Spelling,
    pub(super) report: &'r mut Report,
    pub(super) points: Points,
    pub(super) ids: ids::Written,
    /// How many documents were written: each has a name of its own.
    pub(super) documents: usize,
}

impl<'a> Blocks<'a, '_> {
    /// The operator's words.
    pub(super) fn system(&mut self, request: &'a Request) -> Vec<Json<'a>> {
        let mut out = Vec::new();
        for block in exchange::operators_words(request) {
            media::unsupported(block, self.report);
            match &block.content {
                Content::Text { text, .. } | Content::Refusal(text) => {
                    if !text.trim().is_empty() {
                        out.push(Fields::new().with("text", text).into());
                        self.mark(block, &mut out);
                    }
                }
                _ => self.report.dropped(&block.at),
            }
        }
        out
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
            let blocks = self.group(group)?;
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
            .map(|(assistant, mut blocks)| {
                if has(&blocks, "document") && !has(&blocks, "text") {
                    // Documents alone are refused.
                    blocks.push(Fields::new().with("text", NO_WORDS).into());
                }
                Fields::new()
                    .with("role", if assistant { "assistant" } else { "user" })
                    .with("content", blocks)
                    .into()
            })
            .collect())
    }

    fn group(&mut self, group: &Exchange<'a>) -> Result<Vec<Json<'a>>, Unsupported> {
        let mut out = Vec::with_capacity(group.blocks.len());
        let mut lost = false;
        for piece in &group.blocks {
            let before = out.len();
            self.block(*piece, &mut out)?;
            let silent = matches!(&piece.block.content, Content::Text { text, .. } if text.trim().is_empty());
            lost |= out.len() == before && !silent;
        }
        if out.is_empty() && !group.assistant {
            if lost {
                return Err(Unsupported {
                    message: "nothing of this message can be told to the model".into(),
                    param: group.at.to_owned(),
                });
            }
            // A message that says nothing is refused.
            out.push(Fields::new().with("text", NO_WORDS).into());
        }
        Ok(out)
    }

    fn mark(&mut self, block: &Block, out: &mut Vec<Json<'a>>) {
        let taken = self.target.cache_marks != CacheMarks::None;
        let long = self.target.beside == Beside::Claude;
        let cache = block.cache.as_ref();
        let point = self.points.next(cache, &block.at, taken, long, self.report);
        out.extend(point);
    }

    /// A block with its mark.
    fn block(&mut self, piece: Piece<'a>, out: &mut Vec<Json<'a>>) -> Result<(), Unsupported> {
        if let Some(written) = self.written(piece)? {
            out.push(written);
            self.mark(piece.block, out);
        }
        Ok(())
    }

    fn written(&mut self, piece: Piece<'a>) -> Result<Option<Json<'a>>, Unsupported> {
        let block = piece.block;
        let written = match &block.content {
            Content::Text { text, .. } => {
                media::unsupported(block, self.report);
                if text.trim().is_empty() {
                    return Ok(None);
                }
                let text = if piece.reminder {
                    Cow::Owned(format!("<system-reminder>\n{text}\n</system-reminder>"))
                } else {
                    Cow::Borrowed(text.as_str())
                };
                Some(Fields::new().with("text", text))
            }
            Content::Refusal(text) => Some(Fields::new().with("text", text)),
            Content::Thinking(thought) => {
                return Ok(self.thinking(thought, &block.at));
            }
            Content::Call(call) => {
                let call = Fields::new()
                    .with("toolUseId", self.ids.call(&call.id))
                    .with("name", names::fitting(&call.name, self.target.tool_name))
                    .with(
                        "input",
                        functions::input(call, &block.at, self.spelling, self.report),
                    );
                Some(Fields::new().with("toolUse", call))
            }
            Content::Result(result) => Some(self.result(result)?),
            Content::Server { raw, .. } => {
                self.report.dropped(&block.at);
                server_text::of(raw).map(|text| Fields::new().with("text", text))
            }
            Content::Image { .. } | Content::File { .. } => {
                let written = self.media(block)?;
                if written.is_none() {
                    self.report.dropped(&block.at);
                }
                written
            }
            Content::Audio(_) | Content::Video(_) => {
                self.report.dropped(&block.at);
                None
            }
        };
        Ok(written.map(Into::into))
    }

    /// Thinking goes back only with a proof the target can verify.
    fn thinking(&mut self, thought: &'a Thinking, at: &str) -> Option<Json<'a>> {
        let secret = thought
            .secret
            .as_ref()
            .filter(|secret| secrets::verifies(self.target, self.model, secret));
        let Some(secret) = secret else {
            self.report.hint(at);
            return None;
        };
        let data = secrets::respelt(secret);
        let content = if thought.redacted {
            Fields::new().with("redactedContent", data)
        } else {
            let text = Fields::new()
                .with("text", &thought.text)
                .with("signature", data);
            Fields::new().with("reasoningText", text)
        };
        Some(Fields::new().with("reasoningContent", content).into())
    }

    fn result(&mut self, result: &'a ToolResult) -> Result<Fields<'a>, Unsupported> {
        let mut content: Vec<Json<'a>> = Vec::with_capacity(result.blocks.len());
        for block in &result.blocks {
            let piece = Piece {
                block,
                reminder: false,
            };
            content.extend(self.written(piece)?);
            // No mark may stand inside a result.
            media::unmarked(block, self.report);
        }
        if content.is_empty() {
            content.push(Fields::new().with("text", "(empty)").into());
        }
        let fields = Fields::new()
            .with("toolUseId", self.ids.result(&result.call))
            .with("content", content)
            .maybe("status", result.is_error.then_some("error"));
        Ok(Fields::new().with("toolResult", fields))
    }

    /// A picture or a document; `None` when the target has nothing like it.
    fn media(&mut self, block: &'a Block) -> Result<Option<Fields<'a>>, Unsupported> {
        let (source, file) = match &block.content {
            Content::Image { source, detail } => {
                if detail.as_deref().is_some_and(|detail| detail != "auto") {
                    self.report.dropped(media::detail_at(block, self.spelling));
                }
                (source, false)
            }
            Content::File { source, .. } => (source, true),
            _ => return Ok(None),
        };
        match source {
            Source::Stored { .. } => Err(media::stored(block)),
            Source::Url(_) => Err(media::only_bytes(block)),
            Source::Inline(media) if media.kind.starts_with("image/") => {
                let format = media.kind.trim_start_matches("image/");
                media::unnamed(block, self.report);
                let known = matches!(format, "png" | "jpeg" | "gif" | "webp");
                if !known || !self.target.images {
                    return Ok(None);
                }
                let image = Fields::new()
                    .with("format", format)
                    .with("source", Fields::new().with("bytes", &media.data));
                Ok(Some(Fields::new().with("image", image)))
            }
            _ if file => self.file(block, source),
            Source::Inline(_) | Source::Text(_) | Source::Other { .. } => Ok(None),
        }
    }

    /// A document; one that is none here is told as text where it is text.
    fn file(
        &mut self,
        block: &'a Block,
        source: &'a Source,
    ) -> Result<Option<Fields<'a>>, Unsupported> {
        let Content::File {
            name,
            context,
            citations,
            ..
        } = &block.content
        else {
            return Ok(None);
        };
        let document = match source {
            _ if !self.target.documents => None,
            Source::Inline(media) => media::ending(&media.kind)
                .map(|format| (format, Fields::new().with("bytes", &media.data))),
            Source::Text(text) => Some(("txt", Fields::new().with("text", text))),
            _ => None,
        };
        let Some((format, source)) = document else {
            let text = media::text_of(source, name.as_deref());
            if text.is_some() {
                media::unread(block, self.report);
            }
            return Ok(text.map(|text| Fields::new().with("text", text)));
        };
        if self.documents == DOCUMENTS {
            return Err(Unsupported {
                message: format!("the provider takes no more than {DOCUMENTS} documents"),
                param: block.at.clone(),
            });
        }
        self.documents += 1;
        let name = plain_name(name.as_deref().unwrap_or("document"), self.documents);
        let document = Fields::new()
            .with("format", format)
            .with("name", name)
            .with("source", source)
            .maybe("context", context.as_deref())
            .maybe(
                "citations",
                citations.then(|| Fields::new().with("enabled", true)),
            );
        Ok(Some(Fields::new().with("document", document)))
    }
}

fn has(blocks: &[Json<'_>], name: &str) -> bool {
    let named = |block: &Json<'_>| matches!(block, Json::Object(fields) if fields.0.iter().any(|(key, _)| key == name));
    blocks.iter().any(named)
}

/// A name of letters, digits, hyphens, brackets and single spaces, which no other document has.
fn plain_name(name: &str, number: usize) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-()[]".contains(c);
    let plain: String = name
        .chars()
        .map(|c| if fits(c) { c } else { ' ' })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let words: String = words.join(" ").chars().take(150).collect();
    let words = if words.is_empty() { "document" } else { &words };
    match number {
        0 | 1 => words.to_owned(),
        number => format!("{words} {number}"),
    }
}
