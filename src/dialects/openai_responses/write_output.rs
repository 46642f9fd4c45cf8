//! Items of an answer, written.

use super::read_tools::SEARCH;
use super::thoughts;
use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::{Memory, Shown};
use crate::models::chat::{Call, CallKind, Citation, Family, Raw, Secret, Thinking};

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

/// A provider's own tool at work, so far as this format has it.
pub(super) enum Provided<'a> {
    /// An item of this format's own.
    Item(&'a Raw),
    /// A search of the web for something.
    Search(String),
}

/// What a provider's own block is here; `None` when it is nothing.
pub(super) fn provided(family: Family, raw: &Raw) -> Option<Provided<'_>> {
    if family == Family::OpenAi {
        return Some(Provided::Item(raw));
    }
    let fields = Value::parse(raw.text()).ok()?.object()?;
    let searches = fields.text("type").as_deref() == Some("server_tool_use")
        && fields.text("name").as_deref() == Some(SEARCH);
    searches.then(|| {
        let input = fields.object("input").unwrap_or_default();
        Provided::Search(input.string("query").unwrap_or_default())
    })
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
