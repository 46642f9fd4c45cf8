//! Requests, read: everything beside the input and the tools.

use super::{read_input, read_tools};
use crate::dialects::json::{Object, Value, compact};
use crate::dialects::openai_chat::{end_user, wrong};
use crate::dialects::unread::Unread;
use crate::dialects::{Malformed, choices, defaults, effort, exchange, stored};
use crate::models::chat::{
    Extra, Family, Format, Paths, Raw, Reasoning, Request, Sampling, Spelling,
};

/// What asks for the secrets of thoughts.
pub(super) const SECRETS: &str = "reasoning.encrypted_content";
/// What asks for probabilities.
pub(super) const LOGPROBS: &str = "message.output_text.logprobs";

/// Fields that are read, so that what is left is the client's own.
const KNOWN: &[&str] = &[
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "text",
    "max_output_tokens",
    "temperature",
    "top_p",
    "top_logprobs",
    "reasoning",
    "include",
    "service_tier",
    "user",
    "safety_identifier",
    "stream",
];

/// Fields that an answer repeats, those that are read under other names among them.
const REPEATED: &[&str] = &[
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

pub(super) fn read(body: &[u8]) -> Result<Request, Malformed> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Malformed::new(format!("the body is not UTF-8: {error}")))?;
    let root = Value::parse(text)
        .map_err(|error| Malformed::new(format!("the body is not JSON: {error}")))?
        .object()
        .ok_or_else(|| Malformed::new("the body is not a JSON object"))?;
    let mut conversation = read_input::read(&root)?;
    let unread = &mut conversation.unread;
    let include = include(&root)?;
    let alone = root.get("top_logprobs").filter(|_| !include.logprobs);
    if alone.is_some_and(|most| !defaults::says_nothing("top_logprobs", most.source())) {
        // Nobody asked for the probabilities that it counts.
        unread.note("top_logprobs".to_owned());
    }
    let end_user = end_user(&root);
    let tools = read_tools::tools(&root, unread)?;
    let choice = read_tools::choice(&root, unread)?;
    choices::check(choice.as_ref(), &tools, "tool_choice")?;
    let request = Request {
        family: Family::OpenAi,
        spelling: Spelling::Responses,
        model: root.string("model").unwrap_or_default(),
        system: conversation.system,
        turns: conversation.turns,
        tools,
        choice,
        parallel: truth(&root, "parallel_tool_calls")?,
        format: format(&root, unread)?,
        max_output: root
            .get("max_output_tokens")
            .map(|value| {
                value
                    .count()
                    .filter(|number| *number > 0 && *number <= 1 << 53)
                    .ok_or_else(|| wrong("max_output_tokens", "a whole number above zero"))
            })
            .transpose()?,
        stop: Vec::new(),
        answers: None,
        sampling: Sampling {
            temperature: number(&root, "temperature")?,
            top_p: number(&root, "top_p")?,
            logprobs: include.logprobs.then(|| Raw::of(&true)).flatten(),
            top_logprobs: root
                .get("top_logprobs")
                .filter(|_| include.logprobs)
                .map(Value::raw),
            ..Sampling::default()
        },
        reasoning: reasoning(&root, include.secrets, unread)?,
        tier: root.string("service_tier"),
        end_user: end_user.1,
        stream: truth(&root, "stream")?.unwrap_or(false),
        include_usage: true,
        cache: None,
        extras: extras(&root, include.others),
        unsaid: conversation.unread.into_paths(),
        paths: Paths {
            max_output: "max_output_tokens",
            reasoning: "reasoning",
            format: ("text.format", "text.format.schema"),
            stop: "stop",
            parallel: "parallel_tool_calls",
            logprobs: "include",
            end_user: end_user.0,
        },
        echo: root
            .fields()
            .filter(|(name, value)| REPEATED.contains(name) && !value.is_null())
            .filter_map(|(name, value)| {
                let value = Raw::parse(&compact(value.source()))?;
                let name = name.to_owned();
                Some(Extra { name, value })
            })
            .collect(),
    };
    // What is stored may have the calls that the results are for.
    if stored::first(&request).is_none() {
        exchange::check(&request.turns)?;
    }
    Ok(request)
}

fn truth(root: &Object<'_>, name: &str) -> Result<Option<bool>, Malformed> {
    root.get(name)
        .map(|value| value.truth().ok_or_else(|| wrong(name, "true or false")))
        .transpose()
}

fn number(root: &Object<'_>, name: &str) -> Result<Option<Raw>, Malformed> {
    root.get(name)
        .map(|value| {
            value
                .number()
                .filter(|number| number.is_finite())
                .map(|_| value.raw())
                .ok_or_else(|| wrong(name, "a number"))
        })
        .transpose()
}

fn format(root: &Object<'_>, unread: &mut Unread) -> Result<Option<Format>, Malformed> {
    let Some(text) = root.get("text") else {
        return Ok(None);
    };
    let text = text.object().ok_or_else(|| wrong("text", "an object"))?;
    let Some(value) = text.get("format") else {
        return Ok(None);
    };
    let fields = value
        .object()
        .ok_or_else(|| wrong("text.format", "an object"))?;
    match &*fields.text("type").unwrap_or_default() {
        "text" => Ok(Some(Format::Text)),
        "json_object" => Ok(Some(Format::Json)),
        "json_schema" => {
            let schema = fields
                .get("schema")
                .filter(|schema| schema.raw().is_object())
                .ok_or_else(|| wrong("text.format.schema", "an object"))?;
            let format = Format::Schema {
                name: fields.string("name"),
                description: fields.string("description"),
                strict: fields.get("strict").and_then(Value::truth),
                schema: schema.raw(),
            };
            unread.rest(&fields, "text.format", &[]);
            Ok(Some(format))
        }
        _ => Err(wrong(
            "text.format.type",
            "\"text\", \"json_object\" or \"json_schema\"",
        )),
    }
}

fn reasoning(
    root: &Object<'_>,
    secrets: bool,
    unread: &mut Unread,
) -> Result<Reasoning, Malformed> {
    let unstored = root.get("store").and_then(Value::truth) == Some(false);
    let mut reasoning = Reasoning {
        // A summary is shown to those who ask for one.
        visible: Some(false),
        sealed: secrets || unstored,
        ..Reasoning::default()
    };
    let Some(value) = root.get("reasoning") else {
        return Ok(reasoning);
    };
    let fields = value
        .object()
        .ok_or_else(|| wrong("reasoning", "an object"))?;
    match fields.word("effort") {
        Some(word) if word == "none" => reasoning.off = true,
        word => reasoning.effort = effort::read(word, "reasoning.effort", unread),
    }
    let summary = ["summary", "generate_summary"]
        .into_iter()
        .find_map(|name| fields.word(name));
    reasoning.visible = Some(summary.is_some_and(|word| word != "none"));
    Ok(reasoning)
}

/// What an answer is to bring along.
#[derive(Default)]
struct Include {
    secrets: bool,
    logprobs: bool,
    /// What has no place in a request, with where it stands.
    others: Vec<Extra>,
}

fn include(root: &Object<'_>) -> Result<Include, Malformed> {
    let mut include = Include::default();
    let Some(value) = root.get("include") else {
        return Ok(include);
    };
    let items = value.list().ok_or_else(|| wrong("include", "a list"))?;
    for (place, item) in items.into_iter().enumerate() {
        match item.text().as_deref() {
            Some(SECRETS) => include.secrets = true,
            Some(LOGPROBS) => include.logprobs = true,
            _ => include
                .others
                .push(extra(&format!("include[{place}]"), item)),
        }
    }
    Ok(include)
}

fn extra(name: &str, value: Value<'_>) -> Extra {
    Extra {
        name: name.to_owned(),
        value: value.raw(),
    }
}

fn extras(root: &Object<'_>, include: Vec<Extra>) -> Vec<Extra> {
    let mut extras: Vec<Extra> = root
        .fields()
        .filter(|(name, value)| !KNOWN.contains(name) && !value.is_null())
        .map(|(name, value)| extra(name, value))
        .collect();
    for (outer, known) in [
        ("text", &["format"][..]),
        ("reasoning", &["effort", "summary", "generate_summary"][..]),
    ] {
        let Some(inner) = root.object(outer) else {
            continue;
        };
        let left = inner
            .fields()
            .filter(|(name, value)| !known.contains(name) && !value.is_null());
        extras.extend(left.map(|(name, value)| extra(&format!("{outer}.{name}"), value)));
    }
    extras.extend(include);
    extras
}
