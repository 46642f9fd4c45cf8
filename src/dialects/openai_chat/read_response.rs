//! Whole answers, read.

use super::read_tools::arguments;
use super::{annotations, attached, details};
use crate::dialects::json::{Object, Value};
use crate::dialects::usage::Reading;
use crate::dialects::{Dialect, Malformed, errors, ids, stops, usage};
use crate::models::chat::{Block, Call, CallKind, Choice, Content, Response};

pub(super) fn read(body: &[u8], call: &str) -> Result<Response, Malformed> {
    let text = String::from_utf8_lossy(body);
    let unreadable = |what: &str| Malformed::new(format!("the provider's answer {what}"));
    let root = Value::parse(&text)
        .map_err(|_| unreadable("is not JSON"))?
        .object()
        .ok_or_else(|| unreadable("is not a JSON object"))?;
    let choices = root.list("choices");
    if choices.is_empty() && root.get("error").is_some_and(Value::says_something) {
        let error = errors::read(body);
        return Err(Malformed {
            message: error.message.clone(),
            param: None,
            error: Some(Box::new(error)),
        });
    }
    if choices.is_empty() {
        return Err(unreadable("has no choices"));
    }
    let id = root.word("id");
    let seed = id.clone().unwrap_or_else(|| call.to_owned());
    let mut read = Vec::with_capacity(choices.len());
    for (place, choice) in choices.into_iter().enumerate() {
        let fields = choice.object();
        let fields = fields.ok_or_else(|| unreadable("has a choice that is none"))?;
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        read.push(read_choice(&fields, place, &seed)?);
    }
    if let Some(first) = read.first_mut() {
        annotations::found(&root, &mut first.blocks);
    }
    Ok(Response {
        id,
        model: root.word("model"),
        created: root
            .get("created")
            .and_then(Value::count)
            .and_then(|seconds| i64::try_from(seconds).ok()),
        choices: read,
        usage: reading(&root).map(|reading| reading.tokens),
        tier: root.word("service_tier"),
    })
}

/// What was used, wherever it is said.
pub(super) fn reading(root: &Object<'_>) -> Option<Reading> {
    let stated = root
        .get("usage")
        .or_else(|| root.object("x_groq")?.get("usage"))?;
    stated.object()?;
    Some(usage::read(Dialect::Chat, stated.source().as_bytes()))
}

fn read_choice(fields: &Object<'_>, place: u32, seed: &str) -> Result<Choice, Malformed> {
    let word = fields.word("finish_reason");
    // A filter may leave nothing at all.
    let failed = matches!(word.as_deref(), Some("error" | "content_filter"));
    let name = ["message", "delta"];
    let name = name.into_iter().find(|name| fields.object(name).is_some());
    let name = name.unwrap_or("message");
    let message = fields
        .object(name)
        .or_else(|| failed.then(Object::default))
        .filter(|message| message.get("content").is_none_or(Value::is_content))
        .ok_or_else(|| Malformed::new("the provider's answer has a choice without a message"))?;
    let blocks = blocks(&message, &format!("choices[{place}].{name}"), seed);
    let (called, refused) = stops::said(&blocks);
    let stop = word
        .as_deref()
        .map(|word| stops::from_chat(word, called, refused));
    if stops::failed(stop.as_ref(), &blocks) {
        let error = fields
            .get("error")
            .map(|error| errors::read(format!("{{\"error\":{}}}", error.source()).as_bytes()))
            .unwrap_or_default();
        return Err(Malformed {
            message: "the provider failed while it answered".to_owned(),
            param: None,
            error: Some(Box::new(error)),
        });
    }
    Ok(Choice {
        index: fields
            .get("index")
            .and_then(Value::count)
            .and_then(|index| u32::try_from(index).ok())
            .unwrap_or(place),
        blocks,
        stop,
        logprobs: fields
            .get("logprobs")
            .filter(|probabilities| probabilities.raw().is_object())
            .map(Value::raw),
    })
}

/// `at`: where the message stands.
fn blocks(message: &Object<'_>, at: &str, seed: &str) -> Vec<Block> {
    let mut blocks = details::read(message, at);
    if let Some(value) = message.get("content") {
        let at = format!("{at}.content");
        if let Some(text) = value.text() {
            blocks.push(Block::new(Content::text(text), at));
        } else {
            let parts = value.list().unwrap_or_default().into_iter().enumerate();
            blocks.extend(parts.filter_map(|(place, part)| {
                Some(Block::new(content_part(part)?, format!("{at}[{place}]")))
            }));
        }
    }
    let worded =
        |block: &Block| !matches!(&block.content, Content::Text { text, .. } if text.is_empty());
    let said = attached::sound(message);
    if let Some(text) = said.transcript {
        let at = format!("{at}.audio.transcript");
        blocks.push(Block::new(Content::text(text), at));
    }
    if let Some(refusal) = message.word("refusal") {
        blocks.push(Block::new(
            Content::Refusal(refusal),
            format!("{at}.refusal"),
        ));
    }
    annotations::read(message, &mut blocks);
    blocks.retain(worded);
    let sound = said.sound.into_iter();
    blocks.extend(sound.map(|sound| Block::new(sound, format!("{at}.audio"))));
    blocks.extend(attached::images(message, at));
    for (place, item) in message.list("tool_calls").into_iter().enumerate() {
        let Some(fields) = item.object() else {
            continue;
        };
        if let Some(call) = read_call(&fields, seed, place) {
            let at = format!("{at}.tool_calls[{place}]");
            details::sign(&fields, &call.id, &at, &mut blocks);
            blocks.push(Block::new(Content::Call(call), at));
        }
    }
    if let Some(old) = message.object("function_call")
        && let Some(name) = old.word("name")
    {
        let call = Call {
            id: ids::minted("call_", &format!("{seed}/function")),
            name,
            arguments: arguments(old.get("arguments")),
            kind: CallKind::Function,
        };
        let at = format!("{at}.function_call");
        blocks.push(Block::new(Content::Call(call), at));
    }
    blocks
}

/// A piece of content that is a list.
pub(super) fn content_part(part: Value<'_>) -> Option<Content> {
    if let Some(text) = part.text() {
        return Some(Content::text(text));
    }
    let fields = part.object()?;
    Some(match fields.text("type").as_deref() {
        Some("thinking") => details::thinking_part(&fields),
        Some("refusal") => Content::Refusal(fields.word("refusal")?),
        Some("image_url") => attached::image(&fields)?,
        _ => Content::text(fields.string("text")?),
    })
}

fn read_call(call: &Object<'_>, seed: &str, place: usize) -> Option<Call> {
    let id = call
        .word("id")
        .unwrap_or_else(|| ids::minted("call_", &format!("{seed}/{place}")));
    if let Some(custom) = call.object("custom") {
        return Some(Call {
            id,
            name: custom.word("name")?,
            arguments: custom.string("input").unwrap_or_default(),
            kind: CallKind::Custom,
        });
    }
    let function = call.object("function")?;
    Some(Call {
        id,
        name: function.word("name")?,
        arguments: arguments(function.get("arguments")),
        kind: CallKind::Function,
    })
}
