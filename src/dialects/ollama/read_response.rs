//! Whole answers, read.

use crate::dialects::json::{Object, Value, compact};
use crate::dialects::{Dialect, Malformed, errors, ids, usage};
use crate::models::chat::{Block, Call, CallKind, Choice, Content, Response, Stop, Thinking};
use crate::models::usage::Tokens;

pub(super) fn read(body: &[u8]) -> Result<Response, Malformed> {
    let text = String::from_utf8_lossy(body);
    let unreadable = |what: &str| Malformed::new(format!("the provider's answer {what}"));
    let root = Value::parse(&text)
        .map_err(|_| unreadable("is not JSON"))?
        .object()
        .ok_or_else(|| unreadable("is not a JSON object"))?;
    if root.get("error").is_some_and(Value::says_something) {
        let error = errors::read(body);
        return Err(Malformed {
            message: error.message.clone(),
            param: None,
            error: Some(Box::new(error)),
        });
    }
    let message = root
        .object("message")
        .filter(|message| message.get("content").is_none_or(Value::is_content))
        .ok_or_else(|| unreadable("has no message"))?;
    let mut blocks = Vec::new();
    if let Some(text) = message.word("thinking") {
        let thought = Thinking {
            text,
            ..Thinking::default()
        };
        blocks.push(Block::new(Content::Thinking(thought), "message.thinking"));
    }
    if let Some(text) = message.word("content") {
        blocks.push(Block::new(Content::text(text), "message.content"));
    }
    let seed = seed(&root);
    for (place, call) in calls(&message, &seed, 0).enumerate() {
        let at = format!("message.tool_calls[{place}]");
        blocks.push(Block::new(Content::Call(call), at));
    }
    let called = blocks
        .iter()
        .any(|block| matches!(block.content, Content::Call(_)));
    Ok(Response {
        id: None,
        model: root.word("model"),
        created: created(&root),
        choices: vec![Choice {
            index: 0,
            blocks,
            stop: stop(&root, called),
            logprobs: None,
        }],
        usage: tokens(&text),
        tier: None,
    })
}

/// What tells one answer from another: answers have no ids.
pub(super) fn seed(root: &Object<'_>) -> String {
    ["model", "created_at"]
        .map(|name| root.string(name).unwrap_or_default())
        .join("/")
}

/// When, in seconds since 1970.
pub(super) fn created(root: &Object<'_>) -> Option<i64> {
    let text = root.text("created_at")?;
    let time = chrono::DateTime::parse_from_rfc3339(&text).ok()?;
    Some(time.timestamp()).filter(|seconds| *seconds > 0)
}

/// Why an answer ended; what was said decides before the word.
pub(super) fn stop(root: &Object<'_>, called: bool) -> Option<Stop> {
    if root.get("done").and_then(Value::truth) != Some(true) {
        return None;
    }
    Some(match root.text("done_reason").as_deref() {
        Some("length") => Stop::Length,
        _ if called => Stop::Calls,
        None | Some("" | "stop" | "load" | "unload") => Stop::End,
        Some(other) => Stop::Other(other.to_owned()),
    })
}

/// The calls of a message; `before` came earlier in the same answer.
pub(super) fn calls<'a>(
    message: &Object<'a>,
    seed: &'a str,
    before: usize,
) -> impl Iterator<Item = Call> + use<'a> {
    let calls = message.list("tool_calls").into_iter().enumerate();
    calls.filter_map(move |(place, value)| {
        let call = value.object()?;
        let function = call.object("function")?;
        let name = function.word("name")?;
        let arguments = match function.get("arguments") {
            None => "{}".to_owned(),
            Some(value) => match value.text() {
                Some(text) if text.trim().is_empty() => "{}".to_owned(),
                Some(text) => text.into_owned(),
                None => compact(value.source()).into_owned(),
            },
        };
        let minted = || {
            let place = before + place;
            ids::minted("call_", &format!("{seed}/{place}/{name}/{arguments}"))
        };
        Some(Call {
            id: call.word("id").unwrap_or_else(minted),
            name,
            arguments,
            kind: CallKind::Function,
        })
    })
}

/// What was used, as the object says that ends an answer.
pub(super) fn tokens(object: &str) -> Option<Tokens> {
    let reading = usage::read(Dialect::Ollama, object.as_bytes());
    reading.known.then_some(reading.tokens)
}
