//! Whole answers, read.

use super::read_output::{Origin, item, logprobs};
use super::{Responses, meter};
use crate::dialects::json::{Object, Value};
use crate::dialects::usage::{self, Reading};
use crate::dialects::{Dialect, Malformed, Wire, stops};
use crate::models::chat::{Block, Choice, Content, Family, Response, Stop, Thinking};

pub(super) fn read(body: &[u8], family: Family, call: &str) -> Result<Response, Malformed> {
    let text = String::from_utf8_lossy(body);
    let unreadable = |what: &str| Malformed::new(format!("the provider's answer {what}"));
    let root = Value::parse(&text)
        .map_err(|_| unreadable("is not JSON"))?
        .object()
        .ok_or_else(|| unreadable("is not a JSON object"))?;
    let output = root.get("output").and_then(Value::list);
    let failed = root.get("error").is_some_and(Value::says_something);
    if failed && output.as_ref().is_none_or(Vec::is_empty) {
        let error = Responses.read_error(body);
        return Err(Malformed {
            message: error.message.clone(),
            param: None,
            error: Some(Box::new(error)),
        });
    }
    let output = output.ok_or_else(|| unreadable("has no output"))?;
    let id = root.word("id");
    let model = root.word("model");
    let origin = Origin {
        family,
        model: model.as_deref(),
        seed: id.as_deref().unwrap_or(call),
    };
    let blocks = blocks(&root, &output, &origin);
    let entries = output
        .iter()
        .filter_map(|item| item.object())
        .flat_map(|item| item.list("content"))
        .filter_map(Value::object)
        .flat_map(|part| part.list("logprobs"))
        .collect();
    let stop = stop(&root, &blocks);
    if stops::failed(stop.as_ref(), &blocks) {
        return Err(Malformed {
            error: Some(Box::default()),
            ..Malformed::new("the provider failed while it answered")
        });
    }
    Ok(Response {
        choices: vec![Choice {
            index: 0,
            stop,
            logprobs: logprobs(entries),
            blocks,
        }],
        usage: reading(&root).map(|reading| reading.tokens),
        tier: root.word("service_tier"),
        created: created(&root),
        id,
        model,
    })
}

/// What an answer says, in order.
pub(super) fn blocks(root: &Object<'_>, output: &[Value<'_>], origin: &Origin<'_>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (place, value) in output.iter().enumerate() {
        if let Some(fields) = value.object() {
            blocks.extend(item(*value, &fields, place, origin));
        }
    }
    let thinks = |block: &Block| matches!(block.content, Content::Thinking(_));
    // Some servers show the thought beside the output.
    if let Some(text) = root.word("reasoning")
        && !blocks.iter().any(thinks)
    {
        let thought = Thinking {
            text,
            ..Thinking::default()
        };
        blocks.insert(0, Block::new(Content::Thinking(thought), "reasoning"));
    }
    blocks
}

/// What was used, the searches beside it included.
pub(super) fn reading(root: &Object<'_>) -> Option<Reading> {
    let stated = root.get("usage")?;
    stated.object()?;
    let mut reading = usage::read(Dialect::Responses, stated.source().as_bytes());
    if let Some(tools) = root.get("tool_usage")
        && let Some(searches) = meter::searches(tools.source().as_bytes())
    {
        reading.searched(searches);
    }
    Some(reading)
}

pub(super) fn created(root: &Object<'_>) -> Option<i64> {
    let seconds = root.get("created_at").and_then(Value::number)?;
    // Some write fractions of a second.
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    Some(seconds as i64)
}

/// Why an answer ended.
pub(super) fn stop(root: &Object<'_>, blocks: &[Block]) -> Option<Stop> {
    let (called, refused) = stops::said(blocks);
    let reason = root
        .object("incomplete_details")
        .and_then(|details| details.word("reason"));
    let status = root.word("status")?;
    stops::from_responses(&status, reason.as_deref(), called, refused)
}
