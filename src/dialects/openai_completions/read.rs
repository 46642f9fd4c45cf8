//! Requests, read: the text becomes a turn.

use crate::dialects::Malformed;
use crate::dialects::json::{Object, Value};
use crate::dialects::openai_chat::fields::{count, sampling, stop, truth, wrong};
use crate::models::chat::{
    Block, Content, Extra, Family, Paths, Reasoning, Request, Role, Sampling, Spelling, Turn,
};

/// Fields that are read, so that what is left is the client's own.
const KNOWN: &[&str] = &[
    "model",
    "prompt",
    "max_tokens",
    "stop",
    "n",
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "user",
    "stream",
    "stream_options",
];

/// What a conversation has no place for.
const UNSAID: &[&str] = &["suffix", "echo", "best_of", "logprobs", "logit_bias"];

pub(super) fn request(body: &[u8]) -> Result<Request, Malformed> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Malformed::new(format!("the body is not UTF-8: {error}")))?;
    let root = Value::parse(text)
        .map_err(|error| Malformed::new(format!("the body is not JSON: {error}")))?
        .object()
        .ok_or_else(|| Malformed::new("the body is not a JSON object"))?;
    let block = Block::new(Content::text(prompt(&root)?), "prompt");
    let said = |name: &&&str| root.get(name).is_some_and(|value| asks(name, value));
    Ok(Request {
        family: Family::OpenAi,
        spelling: Spelling::Chat,
        model: root.string("model").unwrap_or_default(),
        system: Vec::new(),
        turns: vec![Turn {
            role: Role::User,
            blocks: vec![block],
            name: None,
            at: "prompt".to_owned(),
            prefix: false,
        }],
        tools: Vec::new(),
        choice: None,
        parallel: None,
        format: None,
        max_output: count(&root, "max_tokens")?,
        stop: stop(&root)?,
        answers: count(&root, "n")?,
        sampling: Sampling {
            // A number here, and truth in chat.
            logprobs: None,
            ..sampling(&root)?
        },
        reasoning: Reasoning::default(),
        tier: None,
        end_user: root.string("user"),
        stream: truth(&root, "stream")?.unwrap_or(false),
        include_usage: root
            .object("stream_options")
            .and_then(|options| options.get("include_usage")?.truth())
            .unwrap_or(false),
        cache: None,
        extras: root
            .fields()
            .filter(|(name, value)| {
                !KNOWN.contains(name) && !UNSAID.contains(name) && !value.is_null()
            })
            .map(|(name, value)| Extra {
                name: name.to_owned(),
                value: value.raw(),
            })
            .collect(),
        unsaid: UNSAID
            .iter()
            .filter(said)
            .map(|name| (*name).to_owned())
            .collect(),
        paths: Paths {
            max_output: "max_tokens",
            reasoning: "",
            format: ("", ""),
            stop: "stop",
            parallel: "",
            logprobs: "logprobs",
            end_user: "user",
        },
        echo: Vec::new(),
    })
}

/// Whether a field asks for anything that would not be so without it.
fn asks(name: &str, value: Value<'_>) -> bool {
    value.says_something() && !(name == "best_of" && value.count() == Some(1))
}

/// The one text, alone or in a list.
fn prompt(root: &Object<'_>) -> Result<String, Malformed> {
    let Some(value) = root.get("prompt") else {
        return Err(wrong("prompt", "a text: it is missing"));
    };
    if let Some(text) = value.text() {
        return Ok(text.into_owned());
    }
    match value.list().as_deref() {
        Some([lone]) if lone.text().is_some() => Ok(lone.text().unwrap_or_default().into_owned()),
        Some([first, ..]) if first.text().is_some() => Err(wrong(
            "prompt",
            "one text: this model answers one prompt at a time",
        )),
        _ => Err(wrong("prompt", "a text: this model cannot be given tokens")),
    }
}
