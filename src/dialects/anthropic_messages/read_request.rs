//! Requests, read.

use super::read_blocks::{cache, content, wrong};
use super::read_tools;
use crate::dialects::json::{Object, Value};
use crate::dialects::unread::Unread;
use crate::dialects::{Malformed, choices, effort, exchange};
use crate::models::chat::{
    Block, Extra, Family, Format, Paths, Reasoning, Request, Role, Sampling, Spelling, Turn,
};

/// Fields that are read, so that what is left is the client's own.
const KNOWN: &[&str] = &[
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "max_tokens",
    "stop_sequences",
    "temperature",
    "top_p",
    "top_k",
    "thinking",
    "output_config",
    "output_format",
    "service_tier",
    "metadata",
    "stream",
    "cache_control",
];

pub(super) fn read(body: &[u8]) -> Result<Request, Malformed> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Malformed::new(format!("the body is not UTF-8: {error}")))?;
    let root = Value::parse(text)
        .map_err(|error| Malformed::new(format!("the body is not JSON: {error}")))?
        .object()
        .ok_or_else(|| Malformed::new("the body is not a JSON object"))?;
    let mut unread = Unread::default();
    let system = match root.get("system") {
        Some(value) => content(value, "system", &mut unread)?,
        None => Vec::new(),
    };
    let turns = turns(&root, &mut unread)?;
    exchange::check(&turns)?;
    let tools = read_tools::tools(&root, &mut unread)?;
    let (choice, parallel) = read_tools::choice(&root, &mut unread)?;
    choices::check(choice.as_ref(), &tools, "tool_choice.name")?;
    let (reasoning, path) = reasoning(&root, &mut unread)?;
    let (format, format_path) = format(&root, &mut unread)?;
    Ok(Request {
        family: Family::Anthropic,
        spelling: Spelling::Own,
        model: root.string("model").unwrap_or_default(),
        system,
        turns,
        tools,
        choice,
        parallel,
        format,
        max_output: root
            .get("max_tokens")
            .map(|value| {
                value
                    .count()
                    .filter(|number| *number > 0 && *number <= 1 << 53)
                    .ok_or_else(|| wrong("max_tokens", "a whole number above zero"))
            })
            .transpose()?,
        stop: stop(&root)?,
        answers: None,
        sampling: Sampling {
            temperature: number(&root, "temperature")?,
            top_p: number(&root, "top_p")?,
            top_k: number(&root, "top_k")?,
            ..Sampling::default()
        },
        reasoning,
        tier: root.string("service_tier"),
        end_user: root
            .object("metadata")
            .and_then(|metadata| metadata.word("user_id")),
        stream: match root.get("stream") {
            Some(value) => value
                .truth()
                .ok_or_else(|| wrong("stream", "true or false"))?,
            None => false,
        },
        include_usage: true,
        cache: cache(&root),
        extras: extras(&root),
        unsaid: unread.into_paths(),
        paths: Paths {
            max_output: "max_tokens",
            reasoning: path,
            format: format_path,
            stop: "stop_sequences",
            parallel: "tool_choice.disable_parallel_tool_use",
            logprobs: "logprobs",
            end_user: "metadata.user_id",
        },
        echo: Vec::new(),
    })
}

fn turns(root: &Object<'_>, unread: &mut Unread) -> Result<Vec<Turn>, Malformed> {
    let items = root
        .get("messages")
        .ok_or_else(|| Malformed::at("messages", "messages is missing"))?
        .list()
        .ok_or_else(|| wrong("messages", "a list"))?;
    if items.is_empty() {
        return Err(wrong("messages", "a list of at least one message"));
    }
    items
        .into_iter()
        .enumerate()
        .map(|(place, item)| turn(item, format!("messages[{place}]"), unread))
        .collect()
}

fn turn(item: Value<'_>, at: String, unread: &mut Unread) -> Result<Turn, Malformed> {
    let fields = item.object().ok_or_else(|| wrong(&at, "an object"))?;
    let role = match fields.text("role").as_deref() {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("system") => Role::System,
        _ => {
            return Err(wrong(
                format!("{at}.role"),
                "\"user\", \"assistant\" or \"system\"",
            ));
        }
    };
    let inside = format!("{at}.content");
    let blocks: Vec<Block> = match fields.get("content") {
        Some(value) => content(value, &inside, unread)?,
        None => return Err(wrong(inside, "a string or a list of blocks")),
    };
    unread.rest(&fields, &at, &[]);
    Ok(Turn {
        role,
        blocks,
        name: None,
        at,
        prefix: false,
    })
}

fn number(root: &Object<'_>, name: &str) -> Result<Option<crate::models::chat::Raw>, Malformed> {
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

fn stop(root: &Object<'_>) -> Result<Vec<String>, Malformed> {
    let Some(value) = root.get("stop_sequences") else {
        return Ok(Vec::new());
    };
    value
        .list()
        .and_then(|items| {
            items
                .into_iter()
                .map(|item| item.text().map(std::borrow::Cow::into_owned))
                .collect()
        })
        .ok_or_else(|| wrong("stop_sequences", "a list of strings"))
}

fn reasoning(
    root: &Object<'_>,
    unread: &mut Unread,
) -> Result<(Reasoning, &'static str), Malformed> {
    let mut reasoning = Reasoning::default();
    let mut path = "thinking";
    if let Some(value) = root.get("thinking") {
        let fields = value
            .object()
            .ok_or_else(|| wrong("thinking", "an object"))?;
        match fields.text("type").as_deref() {
            Some("disabled") => reasoning.off = true,
            None | Some("enabled" | "adaptive" | "between_tools") => {
                reasoning.budget = fields.get("budget_tokens").and_then(Value::count);
                reasoning.adaptive = reasoning.budget.is_none();
            }
            Some(_) => {
                return Err(wrong(
                    "thinking.type",
                    "\"enabled\", \"adaptive\" or \"disabled\"",
                ));
            }
        }
        reasoning.visible = match fields.text("display").as_deref() {
            Some("omitted") => Some(false),
            Some(_) => Some(true),
            None => None,
        };
        unread.rest(&fields, path, &[]);
    } else if root.object("output_config").is_some() {
        path = "output_config.effort";
    }
    let word = root
        .object("output_config")
        .and_then(|config| config.word("effort"));
    reasoning.effort = effort::read(word, "output_config.effort", unread);
    Ok((reasoning, path))
}

type FormatPath = (&'static str, &'static str);

fn format(
    root: &Object<'_>,
    unread: &mut Unread,
) -> Result<(Option<Format>, FormatPath), Malformed> {
    let new = root
        .object("output_config")
        .and_then(|config| config.object("format"));
    let (fields, path) = match (new, root.object("output_format")) {
        (Some(fields), _) => (
            fields,
            ("output_config.format", "output_config.format.schema"),
        ),
        (None, Some(fields)) => (fields, ("output_format", "output_format.schema")),
        (None, None) => {
            return Ok((
                None,
                ("output_config.format", "output_config.format.schema"),
            ));
        }
    };
    let schema = fields
        .get("schema")
        .filter(|schema| schema.raw().is_object())
        .ok_or_else(|| wrong(path.1, "an object"))?;
    let format = Format::Schema {
        name: None,
        description: None,
        strict: None,
        schema: schema.raw(),
    };
    unread.rest(&fields, path.0, &["type"]);
    Ok((Some(format), path))
}

fn extras(root: &Object<'_>) -> Vec<Extra> {
    let mut extras: Vec<Extra> = root
        .fields()
        .filter(|(name, value)| !KNOWN.contains(name) && !value.is_null())
        .map(|(name, value)| Extra {
            name: name.to_owned(),
            value: value.raw(),
        })
        .collect();
    for (outer, known) in [
        ("output_config", &["effort", "format"][..]),
        ("metadata", &["user_id"][..]),
    ] {
        let Some(inner) = root.object(outer) else {
            continue;
        };
        extras.extend(
            inner
                .fields()
                .filter(|(name, value)| !known.contains(name) && !value.is_null())
                .map(|(name, value)| Extra {
                    name: format!("{outer}.{name}"),
                    value: value.raw(),
                }),
        );
    }
    extras
}
