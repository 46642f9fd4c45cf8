//! Requests, read: everything beside the messages and the tools.

use super::{read_messages, read_tools};
use crate::dialects::json::{Object, Value};
use crate::dialects::unread::Unread;
use crate::dialects::{Malformed, choices, effort, exchange};
use crate::models::chat::{
    Cache, Extra, Family, Format, Paths, Reasoning, Request, Sampling, Spelling,
};

/// Fields that are read, so that what is left is the client's own.
const KNOWN: &[&str] = &[
    "model",
    "messages",
    "tools",
    "functions",
    "tool_choice",
    "function_call",
    "parallel_tool_calls",
    "response_format",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "n",
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "random_seed",
    "frequency_penalty",
    "presence_penalty",
    "logprobs",
    "top_logprobs",
    "reasoning_effort",
    "reasoning",
    "include_reasoning",
    "thinking",
    "service_tier",
    "user",
    "safety_identifier",
    "stream",
    "stream_options",
    "web_search_options",
    "cache_control",
];

pub(super) fn read(body: &[u8]) -> Result<Request, Malformed> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Malformed::new(format!("the body is not UTF-8: {error}")))?;
    let root = Value::parse(text)
        .map_err(|error| Malformed::new(format!("the body is not JSON: {error}")))?
        .object()
        .ok_or_else(|| Malformed::new("the body is not a JSON object"))?;
    let mut conversation = read_messages::read(&root)?;
    let unread = &mut conversation.unread;
    exchange::check(&conversation.turns)?;
    let (reasoning, reasoning_path) = reasoning(&root, unread)?;
    let tools = read_tools::tools(&root, unread)?;
    let (choice, choice_path) = read_tools::choice(&root, unread)?;
    choices::check(choice.as_ref(), &tools, choice_path)?;
    let end_user = end_user(&root);
    let cap = ["max_completion_tokens", "max_tokens"]
        .into_iter()
        .find(|name| root.get(name).is_some())
        .unwrap_or("max_tokens");
    Ok(Request {
        family: Family::OpenAi,
        spelling: Spelling::Chat,
        model: root.string("model").unwrap_or_default(),
        system: conversation.system,
        turns: conversation.turns,
        tools,
        choice,
        parallel: truth(&root, "parallel_tool_calls")?,
        format: format(&root, unread)?,
        max_output: count(&root, cap)?,
        stop: stop(&root)?,
        answers: count(&root, "n")?,
        sampling: sampling(&root)?,
        reasoning,
        tier: root.string("service_tier"),
        end_user: end_user.1,
        stream: truth(&root, "stream")?.unwrap_or(false),
        include_usage: root
            .object("stream_options")
            .and_then(|options| options.get("include_usage")?.truth())
            .unwrap_or(false),
        cache: root.object("cache_control").map(|mark| cache(&mark)),
        extras: root
            .fields()
            .filter(|(name, value)| !KNOWN.contains(name) && !value.is_null())
            .map(|(name, value)| Extra {
                name: name.to_owned(),
                value: value.raw(),
            })
            .collect(),
        unsaid: conversation.unread.into_paths(),
        paths: Paths {
            max_output: cap,
            reasoning: reasoning_path,
            format: ("response_format", "response_format.json_schema.schema"),
            stop: "stop",
            parallel: "parallel_tool_calls",
            logprobs: "logprobs",
            end_user: end_user.0,
        },
        echo: Vec::new(),
    })
}

/// The person behind the client, and the field that names them.
pub(in crate::dialects) fn end_user(root: &Object<'_>) -> (&'static str, Option<String>) {
    match root.string("safety_identifier") {
        Some(user) => ("safety_identifier", Some(user)),
        None => ("user", root.string("user")),
    }
}

/// A mark in Anthropic's spelling, which several gateways taught chat clients.
pub(in crate::dialects) fn cache(mark: &Object<'_>) -> Cache {
    let ttl = mark.string("ttl");
    let others = mark.unasked().filter(|name| *name != "type");
    Cache {
        others: others.map(str::to_owned).collect(),
        breakpoint: false,
        ttl,
    }
}

/// A mark on a part, a message or a tool in either spelling.
pub(in crate::dialects) fn cache_mark(fields: &Object<'_>) -> Option<Cache> {
    let (breakpoint, mark) = [(false, "cache_control"), (true, "prompt_cache_breakpoint")]
        .into_iter()
        .find_map(|(breakpoint, name)| Some((breakpoint, fields.get(name)?)))?;
    let mut read = match mark.truth() {
        Some(true) => Cache::default(),
        _ => cache(&mark.object()?),
    };
    if breakpoint {
        // How it is set, of which there is one way.
        read.others.retain(|name| name != "mode");
    }
    Some(Cache { breakpoint, ..read })
}

pub(in crate::dialects) fn wrong(param: impl Into<String>, what: &str) -> Malformed {
    let param = param.into();
    let message = format!("{param} must be {what}");
    Malformed::at(param, message)
}

pub(in crate::dialects) fn truth(root: &Object<'_>, name: &str) -> Result<Option<bool>, Malformed> {
    root.get(name)
        .map(|value| value.truth().ok_or_else(|| wrong(name, "true or false")))
        .transpose()
}

pub(in crate::dialects) fn count(root: &Object<'_>, name: &str) -> Result<Option<u64>, Malformed> {
    root.get(name)
        .map(|value| {
            value
                .count()
                .filter(|number| *number > 0 && *number <= 1 << 53)
                .ok_or_else(|| wrong(name, "a whole number above zero"))
        })
        .transpose()
}

pub(in crate::dialects) fn stop(root: &Object<'_>) -> Result<Vec<String>, Malformed> {
    let Some(value) = root.get("stop") else {
        return Ok(Vec::new());
    };
    if let Some(text) = value.text() {
        return Ok(vec![text.into_owned()]);
    }
    value
        .list()
        .and_then(|items| {
            items
                .into_iter()
                .map(|item| item.text().map(std::borrow::Cow::into_owned))
                .collect()
        })
        .ok_or_else(|| wrong("stop", "a string or a list of strings"))
}

pub(in crate::dialects) fn sampling(root: &Object<'_>) -> Result<Sampling, Malformed> {
    let number = |name: &'static str| {
        root.get(name)
            .map(|value| {
                value
                    .number()
                    .filter(|number| number.is_finite())
                    .map(|_| value.raw())
                    .ok_or_else(|| wrong(name, "a number"))
            })
            .transpose()
    };
    Ok(Sampling {
        temperature: number("temperature")?,
        top_p: number("top_p")?,
        top_k: number("top_k")?,
        seed: number("seed")?.or(number("random_seed")?),
        frequency_penalty: number("frequency_penalty")?,
        presence_penalty: number("presence_penalty")?,
        logprobs: root.get("logprobs").map(Value::raw),
        top_logprobs: root.get("top_logprobs").map(Value::raw),
    })
}

fn format(root: &Object<'_>, unread: &mut Unread) -> Result<Option<Format>, Malformed> {
    let Some(value) = root.get("response_format") else {
        return Ok(None);
    };
    let fields = value
        .object()
        .ok_or_else(|| wrong("response_format", "an object"))?;
    let kind = fields.text("type").unwrap_or_default();
    let inner = fields.get("json_schema");
    unread.rest(&fields, "response_format", &[]);
    match &*kind {
        "text" => Ok(Some(Format::Text)),
        "json_object" => Ok(Some(Format::Json)),
        "json_schema" => {
            let inner = inner
                .and_then(Value::object)
                .ok_or_else(|| wrong("response_format.json_schema", "an object"))?;
            // Without one, and with `true`, any JSON fits.
            let Some(schema) = inner
                .get("schema")
                .filter(|schema| schema.truth() != Some(true))
            else {
                return Ok(Some(Format::Json));
            };
            if !schema.raw().is_object() {
                return Err(wrong("response_format.json_schema.schema", "an object"));
            }
            let format = Format::Schema {
                name: inner.string("name"),
                description: inner.string("description"),
                strict: inner.get("strict").and_then(Value::truth),
                schema: schema.raw(),
            };
            unread.rest(&inner, "response_format.json_schema", &[]);
            Ok(Some(format))
        }
        _ => Err(wrong(
            "response_format.type",
            "\"text\", \"json_object\" or \"json_schema\"",
        )),
    }
}

/// Effort in OpenAI's words, or in those of its compatible servers.
fn reasoning(
    root: &Object<'_>,
    unread: &mut Unread,
) -> Result<(Reasoning, &'static str), Malformed> {
    let mut reasoning = Reasoning {
        visible: root.get("include_reasoning").and_then(Value::truth),
        ..Reasoning::default()
    };
    let mut path = "reasoning_effort";
    if let Some(fields) = root.object("thinking") {
        path = "thinking";
        let kind = fields.text("type");
        if let Some("disabled") = kind.as_deref() {
            reasoning.off = true;
        } else if !matches!(
            kind.as_deref(),
            None | Some("enabled" | "adaptive" | "auto")
        ) {
            unread.note(format!("{path}.type"));
        } else {
            reasoning.budget = fields.get("budget_tokens").and_then(Value::count);
            reasoning.adaptive = reasoning.budget.is_none();
            reasoning.visible.get_or_insert(true);
        }
        unread.rest(&fields, path, &[]);
    }
    if let Some(fields) = root.object("reasoning") {
        path = "reasoning";
        reasoning.budget = fields.get("max_tokens").and_then(Value::count);
        match fields.word("effort") {
            Some(word) if word == "none" => reasoning.off = true,
            word => reasoning.effort = effort::read(word, "reasoning.effort", unread),
        }
        match fields.get("enabled").and_then(Value::truth) {
            Some(false) => reasoning.off = true,
            Some(true) if reasoning.budget.is_none() && reasoning.effort.is_none() => {
                reasoning.adaptive = true;
            }
            _ => {}
        }
        match fields.get("exclude").and_then(Value::truth) {
            Some(exclude) => reasoning.visible = Some(!exclude),
            None if !reasoning.off => reasoning.visible = reasoning.visible.or(Some(true)),
            None => {}
        }
        unread.rest(&fields, path, &[]);
    }
    if let Some(value) = root.get("reasoning_effort") {
        path = "reasoning_effort";
        let word = value
            .text()
            .ok_or_else(|| wrong("reasoning_effort", "a string"))?;
        if word == "none" {
            reasoning.off = true;
        } else if !word.is_empty() {
            reasoning.effort = effort::read(Some(word.into_owned()), path, unread);
        }
    }
    Ok((reasoning, path))
}
