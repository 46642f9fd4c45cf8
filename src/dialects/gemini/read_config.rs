//! `generationConfig`, read.

use super::fields::{Google, wrong};
use crate::dialects::json::Value;
use crate::dialects::unread::Unread;
use crate::dialects::{Malformed, effort, schema};
use crate::models::chat::{Extra, Format, Raw, Reasoning, Sampling};

/// Fields that are read, so that what is left is the client's own.
const KNOWN: &[&str] = &[
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "stopSequences",
    "candidateCount",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "thinkingConfig",
];

/// What the configuration says.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) max_output: Option<u64>,
    pub(super) answers: Option<u64>,
    pub(super) stop: Vec<String>,
    pub(super) sampling: Sampling,
    pub(super) format: Option<Format>,
    pub(super) schema_path: &'static str,
    pub(super) reasoning: Reasoning,
    pub(super) extras: Vec<Extra>,
}

pub(super) fn read(config: &Google<'_>, unread: &mut Unread) -> Result<Config, Malformed> {
    let (format, schema_path) = format(config, unread)?;
    Ok(Config {
        max_output: count(config, "maxOutputTokens")?,
        answers: count(config, "candidateCount")?,
        stop: stop(config)?,
        sampling: Sampling {
            temperature: number(config, "temperature")?,
            top_p: number(config, "topP")?,
            top_k: number(config, "topK")?,
            seed: number(config, "seed")?,
            frequency_penalty: number(config, "frequencyPenalty")?,
            presence_penalty: number(config, "presencePenalty")?,
            logprobs: config.get("responseLogprobs").map(Value::raw),
            top_logprobs: config.get("logprobs").map(Value::raw),
        },
        format,
        schema_path,
        reasoning: reasoning(config, unread),
        extras: config
            .said()
            .filter(|(name, _)| !KNOWN.contains(&name.as_str()))
            .map(|(name, value)| Extra {
                name: format!("generationConfig.{name}"),
                value,
            })
            .collect(),
    })
}

fn path(name: &str) -> String {
    format!("generationConfig.{name}")
}

/// A count above zero; zero is as good as none.
fn count(config: &Google<'_>, name: &str) -> Result<Option<u64>, Malformed> {
    if config.get(name).is_none() {
        return Ok(None);
    }
    let count = config
        .count(name)
        .filter(|number| *number <= 1 << 53)
        .ok_or_else(|| wrong(path(name), "a whole number"))?;
    Ok(Some(count).filter(|number| *number > 0))
}

fn number(config: &Google<'_>, name: &str) -> Result<Option<Raw>, Malformed> {
    config
        .get(name)
        .map(|value| {
            value
                .number()
                .filter(|number| number.is_finite())
                .map(|_| value.raw())
                .ok_or_else(|| wrong(path(name), "a number"))
        })
        .transpose()
}

fn stop(config: &Google<'_>) -> Result<Vec<String>, Malformed> {
    let Some(value) = config.get("stopSequences") else {
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
        .ok_or_else(|| wrong(path("stopSequences"), "a list of strings"))
}

fn format(
    config: &Google<'_>,
    unread: &mut Unread,
) -> Result<(Option<Format>, &'static str), Malformed> {
    const JSON: &str = "generationConfig.responseJsonSchema";
    const OPEN_API: &str = "generationConfig.responseSchema";
    let bound = |schema: Raw| Format::Schema {
        name: None,
        description: None,
        strict: None,
        schema,
    };
    let is_object = |value: &Value<'_>, path: &str| {
        if value.raw().is_object() {
            Ok(())
        } else {
            Err(wrong(path, "an object"))
        }
    };
    let kind = config.word("responseMimeType");
    let known = matches!(
        kind.as_deref(),
        None | Some("application/json" | "text/plain")
    );
    if !known {
        unread.note(path("responseMimeType"));
    }
    if let Some(value) = config.get("responseJsonSchema") {
        is_object(&value, JSON)?;
        return Ok((Some(bound(value.raw())), JSON));
    }
    if let Some(value) = config.get("responseSchema") {
        is_object(&value, OPEN_API)?;
        return Ok((Some(bound(schema::from_open_api(&value.raw()))), OPEN_API));
    }
    let format = match kind.as_deref() {
        Some("application/json") => Some(Format::Json),
        Some("text/plain") => Some(Format::Text),
        _ => None,
    };
    Ok((format, JSON))
}

/// How much to think: a level from Gemini 3 on, a budget before, -1 for as the model sees fit.
fn reasoning(config: &Google<'_>, unread: &mut Unread) -> Reasoning {
    let Some(asked) = config.object("thinkingConfig") else {
        // Without a word about it Google does not show what was thought.
        return Reasoning {
            visible: Some(false),
            ..Reasoning::default()
        };
    };
    let mut reasoning = Reasoning {
        visible: Some(asked.truth("includeThoughts").unwrap_or(false)),
        ..Reasoning::default()
    };
    let level = asked.word("thinkingLevel").map(|word| word.to_lowercase());
    let level = level.filter(|word| word != "thinking_level_unspecified");
    reasoning.effort = effort::read(level, &path("thinkingConfig.thinkingLevel"), unread);
    match (asked.count("thinkingBudget"), asked.get("thinkingBudget")) {
        (Some(0), _) => reasoning.off = true,
        (Some(budget), _) => reasoning.budget = Some(budget),
        (None, Some(_)) => reasoning.adaptive = true,
        (None, None) => {
            reasoning.adaptive = reasoning.effort.is_none() && reasoning.visible == Some(true);
        }
    }
    unread.rest(&asked.0, path("thinkingConfig"), &[]);
    reasoning
}
