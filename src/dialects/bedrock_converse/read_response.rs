//! Whole answers, read.

use std::borrow::Cow;

use crate::dialects::json::{Object, Value, compact};
use crate::dialects::{Dialect, Malformed, errors, ids, stops, usage};
use crate::models::chat::{
    Block, Call, CallKind, Choice, Citation, Content, Family, Response, Secret, Stop, Thinking,
};
use crate::models::usage::Tokens;

pub(super) fn read(body: &[u8], family: Family) -> Result<Response, Malformed> {
    let text = String::from_utf8_lossy(body);
    let unreadable = |what: &str| Malformed::new(format!("the provider's answer {what}"));
    let root = Value::parse(&text)
        .map_err(|_| unreadable("is not JSON"))?
        .object()
        .ok_or_else(|| unreadable("is not a JSON object"))?;
    let message = root
        .object("output")
        .and_then(|output| output.object("message"))
        .filter(|message| message.get("content").is_none_or(Value::is_list));
    let Some(message) = message else {
        let error = errors::read(body);
        return Err(if error.message.is_empty() {
            unreadable("has no message")
        } else {
            Malformed {
                message: error.message.clone(),
                param: None,
                error: Some(Box::new(error)),
            }
        });
    };
    let mut blocks = Vec::new();
    for (place, value) in message.list("content").into_iter().enumerate() {
        if let Some(content) = content(value, family) {
            let at = format!("output.message.content[{place}]");
            blocks.push(Block::new(content, at));
        }
    }
    let called = blocks
        .iter()
        .any(|block| matches!(block.content, Content::Call(_)));
    let stop = root.word("stopReason").map(|word| stop(&word, called));
    if stops::failed(stop.as_ref(), &blocks) {
        return Err(unreadable("is one the model failed at"));
    }
    Ok(Response {
        id: None,
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

fn content(value: Value<'_>, family: Family) -> Option<Content> {
    let fields = value.object()?;
    if let Some(text) = fields.string("text") {
        return Some(Content::text(text));
    }
    if let Some(cited) = fields.object("citationsContent") {
        let pieces = cited.list("content").into_iter();
        let texts = pieces.filter_map(|piece| piece.object()?.string("text"));
        return Some(Content::Text {
            text: texts.collect(),
            citations: cited.list("citations").into_iter().map(citation).collect(),
        });
    }
    if let Some(call) = fields.object("toolUse") {
        let input = call.get("input").map_or("{}", Value::source);
        return Some(Content::Call(called(&call, compact(input).into_owned())));
    }
    let thought = fields.object("reasoningContent")?;
    if let Some(data) = thought.word("redactedContent") {
        return Some(Content::Thinking(Thinking {
            text: String::new(),
            family: Some(family),
            secret: Some(secret(data, "redacted", family)),
            redacted: true,
        }));
    }
    let text = thought.object("reasoningText")?;
    let signature = text.word("signature");
    Some(Content::Thinking(Thinking {
        text: text.string("text").unwrap_or_default(),
        family: Some(family),
        secret: signature.map(|data| secret(data, "signature", family)),
        redacted: false,
    }))
}

/// A call with its arguments.
pub(super) fn called(call: &Object<'_>, arguments: String) -> Call {
    Call {
        id: ids::unspelled(call.text("toolUseId").unwrap_or(Cow::Borrowed(""))),
        name: call.string("name").unwrap_or_default(),
        arguments,
        kind: CallKind::Function,
    }
}

/// What proves a thought.
pub(super) fn secret(data: String, kind: &str, family: Family) -> Secret {
    Secret {
        family,
        model: None,
        kind: kind.to_owned(),
        id: None,
        data,
    }
}

/// What supports a text: a page where there is an address.
pub(super) fn citation(value: Value<'_>) -> Citation {
    let fields = value.object().unwrap_or_default();
    let page = fields
        .object("location")
        .and_then(|location| location.object("web"));
    match page.and_then(|page| page.word("url")) {
        Some(url) => Citation::Url {
            url,
            title: fields.word("title"),
            cited: fields
                .list("sourceContent")
                .into_iter()
                .find_map(|source| source.object()?.word("text")),
            start: None,
            end: None,
            raw: None,
        },
        None => Citation::Other(value.raw()),
    }
}

/// Why an answer ended; what was said decides before the word.
pub(super) fn stop(word: &str, called: bool) -> Stop {
    match word {
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "content_filtered" | "guardrail_intervened" => Stop::Filter,
        "malformed_model_output" | "malformed_tool_use" => Stop::Failure,
        _ if called => Stop::Calls,
        "end_turn" | "tool_use" => Stop::End,
        "stop_sequence" => Stop::Sequence(None),
        other => Stop::Other(other.to_owned()),
    }
}

/// What was used, from an object with `usage`.
pub(super) fn tokens(fields: &Object<'_>) -> Option<Tokens> {
    let stated = fields.get("usage")?;
    stated.object()?;
    Some(usage::read(Dialect::Converse, stated.source().as_bytes()).tokens)
}
