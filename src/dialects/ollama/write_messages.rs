//! Messages of a request, written: texts as one string, pictures beside them.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, exchange, functions, ids, media, names, server_text};
use crate::models::abilities::{Abilities, Carriage};
use crate::models::chat::{Block, Content, Request, Role, Source, Spelling, ToolResult, Turn};

/// What messages are written with.
struct Messages<'a, 'r> {
    target: &'a Abilities,
    /// The client's, for paths.
    spelling: Spelling,
    report: &'r mut Report,
    ids: ids::Written,
    /// The tools that were called, by the ids of their calls.
    called: HashMap<&'a str, &'a str>,
    out: Vec<Json<'a>>,
}

/// What one message says.
#[derive(Default)]
struct Said<'a> {
    texts: Vec<Cow<'a, str>>,
    pictures: Vec<Json<'a>>,
    /// Blocks that cannot be said.
    lost: usize,
}

impl<'a> Said<'a> {
    fn message(mut self, role: &'static str) -> Fields<'a> {
        let text = match self.texts.len() {
            1 => self.texts.remove(0),
            _ => Cow::Owned(self.texts.join("\n")),
        };
        let message = Fields::new().with("role", role).with("content", text);
        message.maybe(
            "images",
            (!self.pictures.is_empty()).then_some(self.pictures),
        )
    }
}

pub(super) fn write<'a>(
    request: &'a Request,
    target: &'a Abilities,
    report: &mut Report,
) -> Result<Vec<Json<'a>>, Unsupported> {
    let mut messages = Messages {
        target,
        spelling: request.spelling,
        report,
        ids: ids::Written::new(target.ids, false),
        called: HashMap::new(),
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
    fn operator(&mut self, block: &'a Block) -> Result<(), Unsupported> {
        let said = self.said(std::iter::once(block))?;
        if !said.texts.is_empty() || !said.pictures.is_empty() {
            self.out.push(said.message("system").into());
        }
        Ok(())
    }

    fn user(&mut self, turn: &'a Turn) -> Result<(), Unsupported> {
        let mut moved = Said::default();
        for block in &turn.blocks {
            if let Content::Result(result) = &block.content {
                self.result(block, result, &mut moved)?;
            }
        }
        let own = turn
            .blocks
            .iter()
            .filter(|block| !matches!(block.content, Content::Result(_)));
        let answers = own.clone().count() < turn.blocks.len();
        let said = self.said(own)?;
        moved.texts.extend(said.texts);
        moved.pictures.extend(said.pictures);
        if moved.texts.is_empty() && moved.pictures.is_empty() {
            if answers {
                return Ok(());
            }
            if said.lost > 0 {
                return Err(Unsupported {
                    message: "nothing of this message can be told to the model".into(),
                    param: turn.at.clone(),
                });
            }
        }
        self.out.push(moved.message("user").into());
        Ok(())
    }

    /// A tool's answer; its pictures go into the message of the person after it.
    fn result(
        &mut self,
        block: &'a Block,
        result: &'a ToolResult,
        moved: &mut Said<'a>,
    ) -> Result<(), Unsupported> {
        let mut said = self.said(result.blocks.iter())?;
        if result.is_error {
            self.report.dropped(format!("{}.is_error", block.at));
            let text = said.texts.join("\n");
            said.texts = vec![Cow::Owned(format!("Error: {text}"))];
        }
        media::unmarked(block, self.report);
        let id = self.ids.result(&result.call);
        let pictures = std::mem::take(&mut said.pictures);
        if !pictures.is_empty() {
            let line = format!("From the result of tool call {id}:");
            moved.texts.push(Cow::Owned(line));
            moved.pictures.extend(pictures);
        }
        let name = self.called.get(result.call.as_str()).copied();
        let name = name.or(result.name.as_deref());
        let name = name.map(|name| names::fitting(name, self.target.tool_name));
        let message = said
            .message("tool")
            .maybe("tool_name", name)
            .with("tool_call_id", id);
        self.out.push(message.into());
        Ok(())
    }

    fn assistant(&mut self, turn: &'a Turn) {
        let mut text = String::new();
        let mut thinking = String::new();
        let mut calls = Vec::new();
        for block in &turn.blocks {
            match &block.content {
                Content::Text { text: words, .. } | Content::Refusal(words) => {
                    media::unsupported(block, self.report);
                    text.push_str(words);
                }
                Content::Thinking(thought) => {
                    let shown = self.target.carriage != Carriage::None && !thought.redacted;
                    if shown && !thought.text.is_empty() {
                        thinking.push_str(&thought.text);
                    } else {
                        self.report.hint(&block.at);
                    }
                }
                Content::Call(call) => {
                    self.called.insert(&call.id, &call.name);
                    let function = Fields::new()
                        .with("name", names::fitting(&call.name, self.target.tool_name))
                        .with(
                            "arguments",
                            functions::input(call, &block.at, self.spelling, self.report),
                        );
                    let call = Fields::new()
                        .with("id", self.ids.call(&call.id))
                        .with("type", "function")
                        .with("function", function);
                    calls.push(call.into());
                }
                Content::Server { raw, .. } => {
                    self.report.dropped(&block.at);
                    text.extend(server_text::of(raw));
                }
                _ => self.report.dropped(&block.at),
            }
            media::unmarked(block, self.report);
        }
        if text.is_empty() && calls.is_empty() {
            // A turn without words is no turn.
            return;
        }
        let message = Fields::new()
            .with("role", "assistant")
            .with("content", text)
            .maybe("thinking", (!thinking.is_empty()).then_some(thinking))
            .maybe("tool_calls", (!calls.is_empty()).then_some(calls));
        self.out.push(message.into());
    }

    fn said(&mut self, blocks: impl Iterator<Item = &'a Block>) -> Result<Said<'a>, Unsupported> {
        let mut said = Said::default();
        for block in blocks {
            media::unmarked(block, self.report);
            media::unsupported(block, self.report);
            match &block.content {
                Content::Text { text, .. } | Content::Refusal(text) => {
                    if !text.is_empty() {
                        said.texts.push(Cow::Borrowed(text));
                    }
                }
                Content::Image { source, detail } => {
                    if detail.as_deref().is_some_and(|detail| detail != "auto") {
                        self.report.dropped(media::detail_at(block, self.spelling));
                    }
                    self.picture(source, block, &mut said)?;
                }
                Content::File { source, name, .. } => {
                    media::unread(block, self.report);
                    self.file(source, name.as_deref(), block, &mut said)?;
                }
                Content::Server { raw, .. } => {
                    self.report.dropped(&block.at);
                    match server_text::of(raw) {
                        Some(text) => said.texts.push(Cow::Owned(text)),
                        None => said.lost += 1,
                    }
                }
                _ => {
                    self.report.dropped(&block.at);
                    said.lost += 1;
                }
            }
        }
        Ok(said)
    }

    fn picture(
        &mut self,
        source: &'a Source,
        block: &Block,
        said: &mut Said<'a>,
    ) -> Result<(), Unsupported> {
        match source {
            Source::Inline(media) if self.target.images && media.kind.starts_with("image/") => {
                said.pictures.push((&media.data).into());
                return Ok(());
            }
            Source::Url(_) if self.target.images => {
                return Err(media::only_bytes(block));
            }
            Source::Stored { .. } => return Err(media::stored(block)),
            _ => {}
        }
        self.report.dropped(&block.at);
        said.lost += 1;
        Ok(())
    }

    /// A document: one of text is told as text.
    fn file(
        &mut self,
        source: &'a Source,
        name: Option<&str>,
        block: &'a Block,
        said: &mut Said<'a>,
    ) -> Result<(), Unsupported> {
        match (source, media::text_of(source, name)) {
            (_, Some(text)) => said.texts.push(text),
            (Source::Inline(inline), None) if inline.kind.starts_with("image/") => {
                media::unnamed(block, self.report);
                return self.picture(source, block, said);
            }
            (Source::Stored { .. }, None) => return Err(media::stored(block)),
            _ => {
                self.report.dropped(&block.at);
                said.lost += 1;
            }
        }
        Ok(())
    }
}
