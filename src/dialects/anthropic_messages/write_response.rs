//! Whole answers, written.

use std::borrow::Cow;

use super::tools_made::{Made, Tools};
use crate::dialects::json::{Fields, Json, Value};
use crate::dialects::{Reply, Shown, ids, recall, secrets, stops, told_roughly};
use crate::models::chat::{
    Call, CallKind, Citation, Content, Family, Raw, Response, Stop, Thinking,
};
use crate::models::usage::Tokens;

pub(super) fn write(response: &Response, reply: &Reply) -> Vec<u8> {
    let response = recall::response(response, &reply.memory);
    let model = model(reply, response.model.as_deref());
    let choice = response.choices.iter().min_by_key(|choice| choice.index);
    let mut content: Vec<Json<'_>> = Vec::new();
    let mut called = false;
    let mut tools = Tools::new(&id(reply, response.id.as_deref()));
    let cut = choice.is_some_and(|choice| choice.stop == Some(Stop::Length));
    for block in choice.iter().flat_map(|choice| &choice.blocks) {
        match &block.content {
            Content::Text { text, citations } => content.push(write_text(text, citations)),
            Content::Refusal(text) => content.push(write_text(text, &[])),
            Content::Thinking(thought) => {
                let shown = reply.memory.thinking == Shown::Whole;
                let provider = response.model.as_deref();
                content.push(write_thinking(thought, provider, shown));
            }
            // A call that was cut off cannot be written as an object.
            Content::Call(call) => {
                if let Some(call) = write_call(call, cut) {
                    called = true;
                    content.push(call);
                }
            }
            other => {
                let made = match other {
                    Content::Server { family, raw } => tools.served(*family, raw),
                    other => tools.media(other),
                };
                match made {
                    Made::Blocks(blocks) => content.extend(blocks),
                    Made::Words(words) => content.push(
                        Fields::new()
                            .with("type", "text")
                            .with("text", words)
                            .into(),
                    ),
                }
            }
        }
    }
    let (reason, sequence) = stops::to_messages(choice.and_then(|c| c.stop.as_ref()), called);
    let estimated = || Tokens {
        input: reply.estimated_input,
        output: told_roughly(
            choice
                .iter()
                .flat_map(|choice| &choice.blocks)
                .map(|block| length(&block.content))
                .sum(),
        ),
        ..Tokens::default()
    };
    let used = response.usage.clone().unwrap_or_else(estimated);
    let used = usage(&used, response.tier.as_deref());
    Fields::new()
        .with("id", id(reply, response.id.as_deref()))
        .with("type", "message")
        .with("role", "assistant")
        .with("model", model)
        .with("content", content)
        .with("stop_reason", reason)
        .with("stop_sequence", sequence)
        .with("usage", used)
        .bytes()
}

/// The bytes of what the model wrote.
fn length(content: &Content) -> usize {
    match content {
        Content::Text { text, .. } | Content::Refusal(text) => text.len(),
        Content::Thinking(thought) => thought.text.len(),
        Content::Call(call) => call.name.len() + call.arguments.len(),
        _ => 0,
    }
}

/// The id in the client's own dialect.
pub(super) fn id(reply: &Reply, provider: Option<&str>) -> String {
    let own = if reply.id.is_empty() {
        provider.map_or("0", |id| id.trim_start_matches("chatcmpl-"))
    } else {
        &reply.id
    };
    format!("msg_{own}")
}

/// The model that is shown.
pub(super) fn model<'a>(reply: &'a Reply, provider: Option<&'a str>) -> &'a str {
    if reply.model.is_empty() {
        provider.unwrap_or_default()
    } else {
        &reply.model
    }
}

fn write_text<'a>(text: &'a str, citations: &'a [Citation]) -> Json<'a> {
    let mut fields = Fields::new().with("type", "text").with("text", text);
    let written: Vec<Json<'a>> = citations.iter().filter_map(citation).collect();
    if !written.is_empty() {
        fields.put("citations", written);
    }
    fields.into()
}

/// A citation in Anthropic's form; `None` for one of another family's that has no address.
pub(super) fn citation(citation: &Citation) -> Option<Json<'_>> {
    let own = |raw: &Raw| {
        let fields = Value::parse(raw.text()).ok().and_then(Value::object);
        let kind = fields.and_then(|fields| fields.word("type"));
        kind.is_some_and(|kind| kind.ends_with("_location"))
    };
    Some(match citation {
        Citation::Other(raw) if !own(raw) => return None,
        Citation::Url { raw: Some(raw), .. } | Citation::Other(raw) => raw.into(),
        Citation::Url {
            url, title, cited, ..
        } => Fields::new()
            .with("type", "web_search_result_location")
            .with("url", url)
            .with("title", title.as_deref())
            .with("cited_text", cited.as_deref().unwrap_or(""))
            .with("encrypted_index", "")
            .into(),
    })
}

fn write_thinking<'a>(thought: &'a Thinking, model: Option<&str>, shown: bool) -> Json<'a> {
    let signature = signature(thought, model, shown);
    if thought.redacted {
        return Fields::new()
            .with("type", "redacted_thinking")
            .with("data", signature)
            .into();
    }
    let text = if shown { thought.text.as_str() } else { "" };
    Fields::new()
        .with("type", "thinking")
        .with("thinking", text)
        .with("signature", signature)
        .into()
}

/// The proof of a thought: Anthropic's own as it is, another family's in a wrapper.
pub(super) fn signature<'a>(
    thought: &'a Thinking,
    model: Option<&str>,
    shown: bool,
) -> Cow<'a, str> {
    match &thought.secret {
        Some(secret)
            if secret.family == Family::Anthropic && secret.kind != "encrypted" && shown =>
        {
            Cow::Borrowed(&secret.data)
        }
        Some(secret) => Cow::Owned(secrets::wrap(secret, &thought.text)),
        None => {
            let family = thought.family.unwrap_or(Family::Other);
            let text = if shown { "" } else { &thought.text };
            Cow::Owned(secrets::wrap_nothing(family, model, text))
        }
    }
}

fn write_call(call: &Call, cut: bool) -> Option<Json<'_>> {
    let text = call.arguments.as_str();
    let input: Json<'_> = match (call.kind, Value::parse(text)) {
        (CallKind::Custom, _) => Fields::new().with("input", text).into(),
        (_, Ok(value)) if value.raw().is_object() => Json::Raw(text.trim().into()),
        (_, Err(_)) if cut => return None,
        (_, Ok(_)) => Fields::new()
            .with("input", Json::Raw(text.trim().into()))
            .into(),
        (_, Err(_)) => Fields::new().with("input", text).into(),
    };
    Some(
        Fields::new()
            .with("type", "tool_use")
            .with("id", ids::spelled(&call.id))
            .with("name", &call.name)
            .with("input", input)
            .into(),
    )
}

/// What was used, in Anthropic's convention.
pub(super) fn usage<'a>(tokens: &Tokens, tier: Option<&'a str>) -> Fields<'a> {
    let writes = tokens.cache_write_5m.saturating_add(tokens.cache_write_1h);
    let plain = tokens
        .input
        .saturating_sub(tokens.cached_input)
        .saturating_sub(writes);
    let created = Fields::new()
        .with("ephemeral_5m_input_tokens", tokens.cache_write_5m)
        .with("ephemeral_1h_input_tokens", tokens.cache_write_1h);
    let mut fields = Fields::new()
        .with("input_tokens", plain)
        .with("cache_creation_input_tokens", writes)
        .with("cache_read_input_tokens", tokens.cached_input)
        .with("cache_creation", created)
        .with("output_tokens", tokens.output);
    if tokens.reasoning > 0 {
        let details = Fields::new().with("thinking_tokens", tokens.reasoning);
        fields.put("output_tokens_details", details);
    }
    if let Some(searches) = tokens.units.get("searches").filter(|count| **count > 0) {
        let tools = Fields::new().with("web_search_requests", *searches);
        fields.put("server_tool_use", tools);
    }
    fields.maybe("service_tier", tier.map(served))
}

/// A tier in Anthropic's words.
fn served(tier: &str) -> &str {
    match tier {
        "priority" => "priority",
        "batch" => "batch",
        _ => "standard",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_told_of_tiers_they_know() {
        let told = ["priority", "batch", "flex", "default", "scale"].map(served);
        let known = ["priority", "batch", "standard", "standard", "standard"];
        assert_eq!(told, known);
    }
}
