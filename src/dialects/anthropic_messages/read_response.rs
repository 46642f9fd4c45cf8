//! Whole answers, read.

use super::read_blocks::{called, citations, spoken};
use crate::dialects::json::{Object, Value};
use crate::dialects::{Dialect, Malformed, errors, stops, usage};
use crate::models::chat::{Block, Choice, Content, Family, Response, Stop};
use crate::models::usage::Tokens;

pub(super) fn read(body: &[u8], family: Family) -> Result<Response, Malformed> {
    let text = String::from_utf8_lossy(body);
    let unreadable = |what: &str| Malformed::new(format!("the provider's answer {what}"));
    let root = Value::parse(&text)
        .map_err(|_| unreadable("is not JSON"))?
        .object()
        .ok_or_else(|| unreadable("is not a JSON object"))?;
    if root.get("content").is_none() && root.get("error").is_some_and(Value::says_something) {
        let error = errors::read(body);
        return Err(Malformed {
            message: error.message.clone(),
            param: None,
            error: Some(Box::new(error)),
        });
    }
    let items = root
        .get("content")
        .and_then(Value::list)
        .ok_or_else(|| unreadable("has no content"))?;
    let model = root.word("model");
    let mut blocks: Vec<Block> = items
        .into_iter()
        .enumerate()
        .filter_map(|(place, item)| {
            let at = format!("content[{place}]");
            Some(Block::new(content(item, family)?, at))
        })
        .collect();
    sign(&mut blocks, model.as_deref());
    let stop = stop(&root);
    if stop == Some(Stop::Refusal) {
        for block in &mut blocks {
            if let Content::Text { text, .. } = &mut block.content {
                block.content = Content::Refusal(std::mem::take(text));
            }
        }
    }
    Ok(Response {
        id: root.word("id"),
        model,
        created: None,
        choices: vec![Choice {
            index: 0,
            blocks,
            stop,
            logprobs: None,
        }],
        usage: tokens(&root),
        tier: tier(&root),
    })
}

/// What was used.
pub(super) fn tokens(root: &Object<'_>) -> Option<Tokens> {
    let stated = root.get("usage")?;
    stated.object()?;
    Some(usage::read(Dialect::Messages, stated.source().as_bytes()).tokens)
}

/// How it was served.
pub(super) fn tier(root: &Object<'_>) -> Option<String> {
    root.object("usage")?.word("service_tier")
}

/// Why an answer ended, from an object with `stop_reason`.
pub(super) fn stop(fields: &Object<'_>) -> Option<Stop> {
    let word = fields.word("stop_reason")?;
    let detailed = fields.object("stop_details").is_some();
    Some(stops::from_messages(
        &word,
        fields.string("stop_sequence"),
        detailed,
    ))
}

fn content(item: Value<'_>, family: Family) -> Option<Content> {
    let fields = item.object()?;
    let kind = fields.text("type")?;
    match &*kind {
        "text" => Some(Content::Text {
            text: fields.string("text").unwrap_or_default(),
            citations: citations(&fields),
        }),
        "tool_use" => {
            let id = fields.text("id").unwrap_or_default();
            let name = fields.word("name")?;
            Some(Content::Call(called(id, name, fields.get("input"))))
        }
        kind => Some(
            spoken(kind, &fields, family).unwrap_or_else(|| Content::Server {
                family: Family::Anthropic,
                raw: item.raw(),
            }),
        ),
    }
}

/// Notes the model in the secrets it made.
fn sign(blocks: &mut [Block], model: Option<&str>) {
    for block in blocks {
        if let Content::Thinking(thought) = &mut block.content
            && let Some(secret) = &mut thought.secret
        {
            secret.model = model.map(str::to_owned);
        }
    }
}
