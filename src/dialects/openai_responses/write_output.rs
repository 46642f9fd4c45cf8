//! Items of an answer, written.

use super::thoughts;
use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::steps::{self, Step};
use crate::dialects::{Memory, Shown, media};
use crate::models::chat::{
    Call, CallKind, Citation, Content, Family, Media, Raw, Secret, Source, Thinking,
};

/// The state of an item that is whole.
pub(super) const WHOLE: &str = "completed";
/// The state of an item that was cut off.
pub(super) const CUT: &str = "incomplete";
/// The state of an item that is being made.
pub(super) const OPEN: &str = "in_progress";

/// Kinds of annotations that only this format has.
const NOTES: &[&str] = &["file_citation", "container_file_citation", "file_path"];

/// The id of an item: the same whenever the same answer is written.
pub(super) fn id(prefix: &str, answer: &str, place: usize) -> String {
    format!("{prefix}_{}_{place}", answer.trim_start_matches("resp_"))
}

/// A message.
pub(super) fn message<'a>(id: &'a str, status: &'static str, parts: Vec<Json<'a>>) -> Fields<'a> {
    Fields::new()
        .with("id", id)
        .with("type", "message")
        .with("status", status)
        .with("role", "assistant")
        .with("content", parts)
}

/// A text with what supports it and how likely its words were.
pub(super) fn text_part<'a>(
    text: &'a str,
    notes: Vec<Json<'a>>,
    logprobs: Vec<Json<'a>>,
) -> Fields<'a> {
    Fields::new()
        .with("type", "output_text")
        .with("text", text)
        .with("annotations", notes)
        .with("logprobs", logprobs)
}

/// A refusal in words.
pub(super) fn refusal_part(text: &str) -> Fields<'_> {
    Fields::new().with("type", "refusal").with("refusal", text)
}

/// An annotation of a text of so many characters; `None` for what has no form here.
pub(super) fn annotation(citation: &Citation, length: u64) -> Option<Json<'_>> {
    match citation {
        Citation::Url {
            url,
            title,
            start,
            end,
            ..
        } => Some(
            Fields::new()
                .with("type", "url_citation")
                .with("start_index", start.unwrap_or(0))
                .with("end_index", end.unwrap_or(length))
                .with("url", url)
                .with("title", title.as_deref().unwrap_or(url))
                .into(),
        ),
        Citation::Other(raw) => {
            let kind = Value::parse(raw.text()).ok()?.object()?.word("type")?;
            NOTES.contains(&kind.as_str()).then(|| raw.into())
        }
    }
}

/// The entries of probabilities, which chat completions have in an object.
pub(super) fn logprobs(raw: &Raw) -> Vec<Json<'static>> {
    let fields = Value::parse(raw.text()).ok().and_then(Value::object);
    let entries = fields.map(|fields| fields.list("content"));
    let entries = entries.unwrap_or_default().into_iter();
    entries.map(|entry| entry.raw().into()).collect()
}

/// A thought: what of it is shown, and what the client is to give back.
pub(super) fn reasoning<'a>(
    id: &'a str,
    thought: &'a Thinking,
    provider: Option<&str>,
    memory: &Memory,
) -> Fields<'a> {
    let shown = memory.thinking == Shown::Whole && !thought.redacted;
    let text = if shown { thought.text.as_str() } else { "" };
    Fields::new()
        .with("id", id)
        .with("type", "reasoning")
        .with("summary", thoughts::summary(text))
        .maybe(
            "encrypted_content",
            thoughts::sealed(thought, provider, memory),
        )
}

/// The id that belongs to the secret of a thought: OpenAI's own have one.
pub(super) fn reasoning_id(secret: Option<&Secret>) -> Option<String> {
    secret
        .filter(|secret| secret.family == Family::OpenAi)
        .and_then(|secret| secret.id.clone())
}

/// How items of calls are called, their ids begin, and their arguments are named.
pub(super) fn words(kind: CallKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        CallKind::Function => ("function_call", "fc", "arguments"),
        CallKind::Custom => ("custom_tool_call", "ctc", "input"),
    }
}

/// A call.
pub(super) fn call<'a>(
    id: &'a str,
    status: &'static str,
    call: &'a Call,
    arguments: &'a str,
) -> Fields<'a> {
    let (kind, _, field) = words(call.kind);
    Fields::new()
        .with("id", id)
        .with("type", kind)
        .with("status", status)
        .with(field, arguments)
        .with("call_id", &call.id)
        .with("name", &call.name)
}

/// The state of a call with these arguments: what is no JSON was cut off.
pub(super) fn state(kind: CallKind, arguments: &str) -> &'static str {
    let cut = kind == CallKind::Function && Value::parse(arguments).is_err();
    if cut { CUT } else { WHOLE }
}

/// What is no text, no thought and no call, so far as this format has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Provided {
    /// An item of this format's own.
    Item(Raw),
    /// A search of the web for something.
    Search(String),
    /// Code that was run, and what it printed.
    Code(Code),
    /// What earlier code printed.
    Printed(String, bool),
    /// A picture.
    Picture(Media),
    /// Something that has no place here, in words.
    Words(String),
    /// Something that has no place here.
    Nothing,
}

/// Code that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Code {
    /// `None` where only what it printed is told.
    pub(super) code: Option<String>,
    /// What it printed, and whether it failed.
    pub(super) output: Option<(String, bool)>,
}

impl Code {
    /// How many bytes of it are kept.
    pub(super) fn length(&self) -> usize {
        let printed = self.output.as_ref().map_or(0, |(text, _)| text.len());
        self.code.as_ref().map_or(0, String::len) + printed
    }
}

/// What a provider's own block is here.
pub(super) fn provided(family: Family, raw: &Raw) -> Provided {
    if family == Family::OpenAi {
        return Provided::Item(raw.clone());
    }
    match steps::of(raw).taken.into_iter().next() {
        Some(Step::Search { query, .. }) => Provided::Search(query),
        Some(Step::Code(code)) => Provided::Code(Code {
            code: Some(code),
            output: None,
        }),
        Some(Step::Output(output, failed)) => Provided::Printed(output, failed),
        None => Provided::Nothing,
    }
}

/// What a picture, or sound, is here.
pub(super) fn made(content: &Content) -> Provided {
    match content {
        Content::Image {
            source: Source::Inline(media),
            ..
        } => Provided::Picture(media.clone()),
        content => media::in_words(content).map_or(Provided::Nothing, Provided::Words),
    }
}

/// Whether an answer has a place for something.
pub(super) fn has_place(content: &Content) -> bool {
    match content {
        Content::Server { family, raw } => *family == Family::OpenAi || steps::of(raw).whole,
        Content::Image { .. } | Content::File { .. } | Content::Video(_) | Content::Audio(_) => {
            matches!(made(content), Provided::Picture(_))
        }
        _ => true,
    }
}

/// Code and what it printed, which is there when it has run.
pub(super) fn interpreted<'a>(id: &'a str, status: &'static str, ran: &'a Code) -> Fields<'a> {
    let output = ran.output.as_ref().filter(|_| status != OPEN);
    let logs = output.map(|(text, _)| {
        let logs = Fields::new().with("type", "logs").with("logs", text);
        vec![Json::Object(logs)]
    });
    Fields::new()
        .with("id", id)
        .with("type", "code_interpreter_call")
        .with("status", status)
        .with("code", ran.code.as_deref())
        // Where it ran is nobody's to use.
        .with("container_id", "")
        .with("outputs", logs)
}

/// How far code came.
pub(super) fn ended(ran: &Code) -> &'static str {
    let failed = ran.output.as_ref().is_some_and(|(_, failed)| *failed);
    if failed { "failed" } else { WHOLE }
}

/// A picture; `None` while it is being made.
pub(super) fn picture<'a>(
    id: &'a str,
    status: &'static str,
    media: Option<&'a Media>,
) -> Fields<'a> {
    let format = media.and_then(|media| media.kind.strip_prefix("image/"));
    Fields::new()
        .with("id", id)
        .with("type", "image_generation_call")
        .with("status", status)
        .maybe("output_format", format)
        .with("result", media.map(|media| media.data.as_str()))
}

/// A search of the web.
pub(super) fn search<'a>(id: &'a str, status: &'static str, query: &'a str) -> Fields<'a> {
    let action = Fields::new().with("type", "search").with("query", query);
    Fields::new()
        .with("id", id)
        .with("type", "web_search_call")
        .with("status", status)
        .with("action", action)
}
