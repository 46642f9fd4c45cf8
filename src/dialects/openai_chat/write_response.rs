//! Whole answers, written.

use std::borrow::Cow;

use super::write_messages::write_call;
use super::{annotations, attached, details};
use crate::dialects::json::{Fields, Json};
use crate::dialects::{Reply, Shown, recall, stops};
use crate::models::chat::{CallKind, Choice, Content, Response, Secret, Stop};
use crate::models::usage::Tokens;

pub(super) fn write(response: &Response, reply: &Reply) -> Vec<u8> {
    let response = recall::response(response, &reply.memory);
    let created = response.created.unwrap_or(reply.created);
    let choices: Vec<Json<'_>> = response
        .choices
        .iter()
        .map(|choice| write_choice(choice, reply, created))
        .collect();
    let mut answer = Fields::new()
        .with("id", id(reply, response.id.as_deref()))
        .with("object", "chat.completion")
        .with("created", created)
        .with("model", model(reply, response.model.as_deref()))
        .with("choices", choices);
    if let Some(tokens) = &response.usage {
        answer.put("usage", usage(tokens));
    }
    if let Some(tier) = &response.tier {
        answer.put("service_tier", served(tier));
    }
    answer.bytes()
}

/// The id in the client's own dialect.
pub(super) fn id(reply: &Reply, provider: Option<&str>) -> String {
    let own = if reply.id.is_empty() {
        provider.map_or("0", |id| id.trim_start_matches("msg_"))
    } else {
        &reply.id
    };
    format!("chatcmpl-{own}")
}

/// The model that is shown.
pub(super) fn model<'a>(reply: &'a Reply, provider: Option<&'a str>) -> &'a str {
    if reply.model.is_empty() {
        provider.unwrap_or_default()
    } else {
        &reply.model
    }
}

fn write_choice<'a>(choice: &'a Choice, reply: &Reply, created: i64) -> Json<'a> {
    let mut text = String::new();
    let mut characters = 0_u64;
    let mut refusal = String::new();
    let mut thinking = String::new();
    let mut entries = Vec::new();
    let mut notes = Vec::new();
    let mut made = attached::Attached::default();
    let mut calls: Vec<Json<'a>> = Vec::new();
    let mut function = None;
    let refused = choice.stop == Some(Stop::Refusal);
    for block in &choice.blocks {
        match &block.content {
            Content::Text { text: piece, .. } if refused => refusal.push_str(piece),
            Content::Text {
                text: piece,
                citations,
            } => {
                let start = characters;
                characters += piece.chars().count() as u64;
                text.push_str(piece);
                notes.extend(
                    citations
                        .iter()
                        .filter_map(|citation| annotations::write(citation, start, characters)),
                );
            }
            Content::Refusal(piece) => refusal.push_str(piece),
            Content::Thinking(thought) => {
                let index = u32::try_from(entries.len()).unwrap_or(u32::MAX);
                if reply.memory.thinking == Shown::Whole {
                    if !thought.redacted {
                        thinking.push_str(&thought.text);
                    }
                    details::write(thought, index, false, &mut entries);
                }
            }
            Content::Call(call) => {
                if reply.memory.legacy_functions && call.kind == CallKind::Function {
                    let old = Fields::new()
                        .with("name", &call.name)
                        .with("arguments", &call.arguments);
                    function.get_or_insert(old);
                } else {
                    let name = Cow::Borrowed(call.name.as_str());
                    let written = write_call(call.id.clone(), name, &call.arguments, call.kind);
                    let extra = proof_of(choice, &call.id).map(details::extra_content);
                    calls.push(written.maybe("extra_content", extra).into());
                }
            }
            other => {
                if let Some(words) = made.add(other) {
                    characters += words.chars().count() as u64;
                    text.push_str(&words);
                }
            }
        }
    }
    // Silence is not an answer: without words a refusal is told by its reason.
    let silenced = refused && refusal.is_empty();
    let called = !calls.is_empty();
    let old = function.is_some();
    let silent = text.is_empty() && (called || old || made.sounds() || !refusal.is_empty());
    let mut message = Fields::new()
        .with("role", "assistant")
        .with("content", (!silent).then_some(text))
        .with("refusal", (!refusal.is_empty()).then_some(refusal));
    if !thinking.is_empty() {
        message.put("reasoning_content", thinking);
    }
    if !entries.is_empty() {
        message.put("reasoning_details", entries);
    }
    if !notes.is_empty() {
        message.put("annotations", notes);
    }
    made.put(&mut message, reply, created);
    if called {
        message.put("tool_calls", calls);
    }
    if let Some(function) = function {
        message.put("function_call", function);
    }
    Fields::new()
        .with("index", choice.index)
        .with("message", message)
        .with("logprobs", choice.logprobs.as_ref())
        .with(
            "finish_reason",
            if silenced {
                "content_filter"
            } else {
                finish(choice.stop.as_ref(), called, old)
            },
        )
        .into()
}

/// The secret of Google's that belongs to a call.
fn proof_of<'a>(choice: &'a Choice, id: &str) -> Option<&'a Secret> {
    choice.blocks.iter().find_map(|block| match &block.content {
        Content::Thinking(thought) => thought
            .secret
            .as_ref()
            .filter(|secret| details::is_of_call(secret, id)),
        _ => None,
    })
}

/// The word an answer ends with.
pub(in crate::dialects) fn finish(stop: Option<&Stop>, called: bool, old: bool) -> &'static str {
    match stops::to_chat(stop, called || old) {
        "tool_calls" if old => "function_call",
        word => word,
    }
}

/// A tier in OpenAI's words.
pub(in crate::dialects) fn served(tier: &str) -> &str {
    match tier {
        "standard" => "default",
        "batch" => "flex",
        other => other,
    }
}

/// What was used, in OpenAI's convention.
pub(in crate::dialects) fn usage(tokens: &Tokens) -> Fields<'static> {
    let unit = |name: &str| tokens.units.get(name).copied();
    let writes = tokens.cache_write_5m.saturating_add(tokens.cache_write_1h);
    let prompt = Fields::new()
        .with("cached_tokens", tokens.cached_input)
        .with("audio_tokens", unit("audio_input_tokens").unwrap_or(0))
        .maybe("cache_write_tokens", (writes > 0).then_some(writes));
    let completion = Fields::new()
        .with("reasoning_tokens", tokens.reasoning)
        .with("audio_tokens", unit("audio_output_tokens").unwrap_or(0))
        .with("accepted_prediction_tokens", 0_u64)
        .with("rejected_prediction_tokens", 0_u64);
    let split = Fields::new()
        .with("ephemeral_5m_input_tokens", tokens.cache_write_5m)
        .with("ephemeral_1h_input_tokens", tokens.cache_write_1h);
    Fields::new()
        .with("prompt_tokens", tokens.input)
        .with("completion_tokens", tokens.output)
        .with("total_tokens", tokens.total())
        .with("prompt_tokens_details", prompt)
        .with("completion_tokens_details", completion)
        // What an hour's writes cost is not what five minutes' do, and OpenAI has one word.
        .maybe(
            "cache_creation",
            (tokens.cache_write_1h > 0).then_some(split),
        )
}
