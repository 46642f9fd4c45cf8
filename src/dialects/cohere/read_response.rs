//! Whole answers, read.

use crate::dialects::json::{Object, Value, compact};
use crate::dialects::{Dialect, Malformed, errors, ids, stops, usage};
use crate::models::chat::{
    Block, Call, CallKind, Choice, Citation, Content, Response, Stop, Thinking,
};
use crate::models::usage::Tokens;

pub(super) fn read(body: &[u8], call: &str) -> Result<Response, Malformed> {
    let text = String::from_utf8_lossy(body);
    let unreadable = |what: &str| Malformed::new(format!("the provider's answer {what}"));
    let root = Value::parse(&text)
        .map_err(|_| unreadable("is not JSON"))?
        .object()
        .ok_or_else(|| unreadable("is not a JSON object"))?;
    let failed = |message: &str| {
        let error = errors::read(body);
        Malformed {
            message: message.to_owned(),
            param: None,
            error: Some(Box::new(error)),
        }
    };
    let Some(message) = root.object("message") else {
        return Err(match root.word("message") {
            Some(message) => failed(&message),
            None => unreadable("has no message"),
        });
    };
    if !message.get("content").is_none_or(Value::is_content) {
        return Err(unreadable("has a message that says nothing"));
    }
    let id = root.word("id");
    let blocks = blocks(&message, id.as_deref().unwrap_or(call));
    let called = blocks
        .iter()
        .any(|block| matches!(block.content, Content::Call(_)));
    let word = root.word("finish_reason");
    let stop = word.map(|word| stop(&word, called));
    if stops::failed(stop.as_ref(), &blocks) {
        return Err(failed("the provider failed while it answered"));
    }
    Ok(Response {
        id,
        model: None,
        created: None,
        choices: vec![Choice {
            index: 0,
            blocks,
            stop,
            logprobs: None,
        }],
        usage: tokens(&root),
        tier: None,
    })
}

fn blocks(message: &Object<'_>, seed: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let thought = |text| {
        Content::Thinking(Thinking {
            text,
            ..Thinking::default()
        })
    };
    if let Some(plan) = message.word("tool_plan") {
        blocks.push(Block::new(thought(plan), "message.tool_plan"));
    }
    let mut citations = message.list("citations").into_iter().map(citation);
    let content = message.get("content");
    if let Some(text) = content.and_then(Value::text) {
        let text = text.into_owned();
        let citations = citations.by_ref().collect();
        let content = Content::Text { text, citations };
        blocks.push(Block::new(content, "message.content"));
    }
    let parts = content.and_then(Value::list).unwrap_or_default();
    for (place, part) in parts.into_iter().enumerate() {
        let part = part.object().unwrap_or_default();
        let content = match (part.word("thinking"), part.word("text")) {
            (Some(text), _) => thought(text),
            (None, Some(text)) => Content::Text {
                text,
                citations: citations.by_ref().collect(),
            },
            (None, None) => continue,
        };
        blocks.push(Block::new(content, format!("message.content[{place}]")));
    }
    let calls = message.list("tool_calls").into_iter().enumerate();
    for (place, call) in calls {
        if let Some(call) = call
            .object()
            .and_then(|fields| called(&fields, seed, place))
        {
            let at = format!("message.tool_calls[{place}]");
            blocks.push(Block::new(Content::Call(call), at));
        }
    }
    blocks
}

/// A call; in a stream its arguments follow.
pub(super) fn called(call: &Object<'_>, seed: &str, place: usize) -> Option<Call> {
    let function = call.object("function")?;
    let arguments = function.get("arguments").map(|value| match value.text() {
        Some(text) => text.into_owned(),
        None => compact(value.source()).into_owned(),
    });
    Some(Call {
        id: call
            .word("id")
            .unwrap_or_else(|| ids::minted("call_", &format!("{seed}/{place}"))),
        name: function.word("name")?,
        arguments: arguments
            .filter(|text| !text.trim().is_empty())
            .unwrap_or_else(|| "{}".to_owned()),
        kind: CallKind::Function,
    })
}

/// What supports a text: a page where a document has an address.
pub(super) fn citation(value: Value<'_>) -> Citation {
    let fields = value.object().unwrap_or_default();
    let count = |name: &str| fields.get(name).and_then(Value::count);
    let page = fields
        .list("sources")
        .into_iter()
        .filter_map(Value::object)
        .filter_map(|source| source.object("document"))
        .find_map(|document| Some((document.word("url")?, document.word("title"))));
    match page {
        Some((url, title)) => Citation::Url {
            url,
            title,
            cited: None,
            start: count("start"),
            end: count("end"),
            raw: None,
        },
        None => Citation::Other(value.raw()),
    }
}

/// Why an answer ended; what was said decides before the word.
pub(super) fn stop(word: &str, called: bool) -> Stop {
    match word {
        "MAX_TOKENS" => Stop::Length,
        "ERROR" | "TIMEOUT" => Stop::Failure,
        _ if called => Stop::Calls,
        "COMPLETE" | "TOOL_CALL" => Stop::End,
        "STOP_SEQUENCE" => Stop::Sequence(None),
        other => Stop::Other(other.to_owned()),
    }
}

/// What was used, from an object with `usage`.
pub(super) fn tokens(fields: &Object<'_>) -> Option<Tokens> {
    let stated = fields.get("usage")?;
    stated.object()?;
    Some(usage::read(Dialect::Cohere, stated.source().as_bytes()).tokens)
}
