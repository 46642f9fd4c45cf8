//! Messages of a request, written: lists of parts, a plan beside calls.

use std::borrow::Cow;

use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, exchange, ids, media, names, server_text};
use crate::models::abilities::{Abilities, Thinking};
use crate::models::chat::{Block, CallKind, Content, Request, Role, Source, ToolResult, Turn};

/// What messages are written with.
struct Messages<'a, 'r> {
    target: &'a Abilities,
    report: &'r mut Report,
    ids: ids::Written,
    out: Vec<Json<'a>>,
}

/// What one message says.
#[derive(Default)]
struct Said<'a> {
    parts: Vec<Json<'a>>,
    /// Blocks that cannot be said.
    lost: usize,
}

pub(super) fn write<'a>(
    request: &'a Request,
    target: &'a Abilities,
    report: &mut Report,
) -> Result<Vec<Json<'a>>, Unsupported> {
    let mut messages = Messages {
        target,
        report,
        ids: ids::Written::new(target.ids, true),
        out: Vec::with_capacity(request.turns.len() + 1),
    };
    for block in exchange::operators_words(request) {
        messages.operator(block)?;
    }
    for turn in &request.turns {
        if turn.name.is_some() {
            messages.report.dropped(format!("{}.name", turn.at));
        }
        match turn.role {
            Role::System => {
                for block in &turn.blocks {
                    messages.operator(block)?;
                }
            }
            Role::User => messages.user(turn)?,
            Role::Assistant => messages.assistant(turn),
        }
    }
    Ok(messages.out)
}

impl<'a> Messages<'a, '_> {
    fn say(&mut self, role: &'static str, parts: Vec<Json<'a>>) {
        let message = Fields::new()
            .with("role", role)
            .with("content", simplest(parts));
        self.out.push(message.into());
    }

    fn operator(&mut self, block: &'a Block) -> Result<(), Unsupported> {
        let said = self.said(std::iter::once(block))?;
        if !said.parts.is_empty() {
            self.say("system", said.parts);
        }
        Ok(())
    }

    fn user(&mut self, turn: &'a Turn) -> Result<(), Unsupported> {
        let mut parts = Vec::new();
        for block in &turn.blocks {
            if let Content::Result(result) = &block.content {
                self.result(block, result, &mut parts)?;
            }
        }
        let own = turn
            .blocks
            .iter()
            .filter(|block| !matches!(block.content, Content::Result(_)));
        let answers = own.clone().count() < turn.blocks.len();
        let said = self.said(own)?;
        parts.extend(said.parts);
        if parts.is_empty() {
            if answers {
                return Ok(());
            }
            if said.lost > 0 {
                return Err(Unsupported {
                    message: "nothing of this message can be told to the model".into(),
                    param: turn.at.clone(),
                });
            }
            parts.push(text(Cow::Borrowed("")));
        }
        self.say("user", parts);
        Ok(())
    }

    /// A tool's answer; its pictures go into the message of the person after it.
    fn result(
        &mut self,
        block: &'a Block,
        result: &'a ToolResult,
        moved: &mut Vec<Json<'a>>,
    ) -> Result<(), Unsupported> {
        let said = self.said(result.blocks.iter())?;
        let (mut texts, pictures): (Vec<_>, Vec<_>) =
            said.parts.into_iter().partition(|part| is_text(part));
        if result.is_error {
            self.report.dropped(format!("{}.is_error", block.at));
            texts.insert(0, text(Cow::Borrowed("Error: ")));
        }
        media::unmarked(block, self.report);
        let id = self.ids.result(&result.call);
        if !pictures.is_empty() {
            let line = format!("From the result of tool call {id}:");
            moved.push(text(Cow::Owned(line)));
            moved.extend(pictures);
        }
        if texts.is_empty() {
            texts.push(text(Cow::Borrowed("")));
        }
        let message = Fields::new()
            .with("role", "tool")
            .with("tool_call_id", id)
            .with("content", simplest(texts));
        self.out.push(message.into());
        Ok(())
    }

    fn assistant(&mut self, turn: &'a Turn) {
        let mut parts: Vec<Json<'a>> = Vec::new();
        let mut calls: Vec<Json<'a>> = Vec::new();
        let mut plan = String::new();
        let thinks = self.target.thinking != Thinking::None;
        for block in &turn.blocks {
            match &block.content {
                Content::Text { text: words, .. } | Content::Refusal(words) => {
                    media::unsupported(block, self.report);
                    if !words.is_empty() {
                        parts.push(text(Cow::Borrowed(words)));
                    }
                }
                Content::Thinking(thought) if thought.redacted || thought.text.is_empty() => {
                    self.report.hint(&block.at);
                }
                Content::Thinking(thought) if thinks => {
                    let part = Fields::new()
                        .with("type", "thinking")
                        .with("thinking", &thought.text);
                    parts.push(part.into());
                }
                // A model that does not think plans its calls.
                Content::Thinking(thought) => plan.push_str(&thought.text),
                Content::Call(call) => {
                    let arguments: Cow<'a, str> = match call.kind {
                        CallKind::Custom => Cow::Owned(
                            Json::from(Fields::new().with("input", &call.arguments)).to_text(),
                        ),
                        CallKind::Function if call.arguments.trim().is_empty() => "{}".into(),
                        CallKind::Function => Cow::Borrowed(&call.arguments),
                    };
                    let function = Fields::new()
                        .with("name", names::fitting(&call.name, self.target.tool_name))
                        .with("arguments", arguments);
                    let call = Fields::new()
                        .with("id", self.ids.call(&call.id))
                        .with("type", "function")
                        .with("function", function);
                    calls.push(call.into());
                }
                Content::Server { raw, .. } => {
                    self.report.dropped(&block.at);
                    parts.extend(server_text::of(raw).map(|words| text(Cow::Owned(words))));
                }
                _ => self.report.dropped(&block.at),
            }
            media::unmarked(block, self.report);
        }
        if calls.is_empty() && !parts.iter().any(is_text) {
            // A turn without words is no turn.
            return;
        }
        let mut message = Fields::new().with("role", "assistant");
        if !parts.is_empty() {
            message.put("content", simplest(parts));
        }
        if !calls.is_empty() {
            if !plan.is_empty() {
                message.put("tool_plan", plan);
            }
            message.put("tool_calls", calls);
        } else if !plan.is_empty() {
            self.report.hint(&turn.at);
        }
        self.out.push(message.into());
    }

    fn said(&mut self, blocks: impl Iterator<Item = &'a Block>) -> Result<Said<'a>, Unsupported> {
        let mut said = Said::default();
        for block in blocks {
            media::unmarked(block, self.report);
            media::unsupported(block, self.report);
            let part = match &block.content {
                Content::Text { text: words, .. } | Content::Refusal(words) => {
                    if words.is_empty() {
                        continue;
                    }
                    Some(text(Cow::Borrowed(words)))
                }
                Content::Image { source, detail } => {
                    self.picture(source, detail.as_deref(), block)?
                }
                Content::File { source, name, .. } => {
                    media::unread(block, self.report);
                    match (source, media::text_of(source, name.as_deref())) {
                        (_, Some(words)) => Some(text(words)),
                        (Source::Inline(inline), None) if inline.kind.starts_with("image/") => {
                            media::unnamed(block, self.report);
                            self.picture(source, None, block)?
                        }
                        (Source::Stored { .. }, None) => return Err(media::stored(block)),
                        _ => None,
                    }
                }
                Content::Server { raw, .. } => {
                    self.report.dropped(&block.at);
                    server_text::of(raw).map(|words| text(Cow::Owned(words)))
                }
                _ => None,
            };
            if let Some(part) = part {
                said.parts.push(part);
            } else {
                self.report.dropped(&block.at);
                said.lost += 1;
            }
        }
        Ok(said)
    }

    fn picture(
        &self,
        source: &'a Source,
        detail: Option<&'a str>,
        block: &Block,
    ) -> Result<Option<Json<'a>>, Unsupported> {
        let url: Cow<'a, str> = match source {
            Source::Stored { .. } => return Err(media::stored(block)),
            _ if !self.target.images => return Ok(None),
            Source::Inline(media) if media.kind.starts_with("image/") => {
                media::to_url(media).into()
            }
            Source::Url(url) => url.as_str().into(),
            _ => return Ok(None),
        };
        let image = Fields::new().with("url", url).maybe("detail", detail);
        let part = Fields::new()
            .with("type", "image_url")
            .with("image_url", image);
        Ok(Some(part.into()))
    }
}

fn text(words: Cow<'_, str>) -> Json<'_> {
    Fields::new()
        .with("type", "text")
        .with("text", words)
        .into()
}

fn is_text(part: &Json<'_>) -> bool {
    matches!(part, Json::Object(fields) if fields.0.first().is_some_and(|(_, kind)| *kind == Json::Text("text".into())))
}

/// One text is a string.
fn simplest(mut parts: Vec<Json<'_>>) -> Json<'_> {
    if let [part @ Json::Object(_)] = parts.as_mut_slice()
        && is_text(part)
        && let Json::Object(fields) = part
        && let Some((_, Json::Text(words))) = fields.0.get_mut(1)
    {
        return Json::Text(std::mem::take(words));
    }
    Json::List(parts)
}
