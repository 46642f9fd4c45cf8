//! Requests, read.

use super::fields::{Google, wrong};
use super::{read_config, read_contents, read_tools};
use crate::dialects::json::Value;
use crate::dialects::{Malformed, choices, exchange};
use crate::models::chat::{Extra, Family, Paths, Request, Spelling};

/// Fields that are read, so that what is left is the client's own.
const KNOWN: &[&str] = &[
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "serviceTier",
    "model",
];

pub(super) fn read(body: &[u8]) -> Result<Request, Malformed> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Malformed::new(format!("the body is not UTF-8: {error}")))?;
    let root = Value::parse(text)
        .map_err(|error| Malformed::new(format!("the body is not JSON: {error}")))?;
    let root = Google::of(root).ok_or_else(|| Malformed::new("the body is not a JSON object"))?;
    let mut conversation = read_contents::read(&root)?;
    exchange::check(&conversation.turns)?;
    let config = match root.get("generationConfig") {
        Some(value) => Google::of(value).ok_or_else(|| wrong("generationConfig", "an object"))?,
        None => Google::default(),
    };
    let unread = &mut conversation.unread;
    let said = read_config::read(&config, unread)?;
    let tools = read_tools::tools(&root, unread)?;
    let (choice, mut extras) = read_tools::choice(&root, unread)?;
    choices::check(choice.as_ref(), &tools, read_tools::NAMES)?;
    extras.extend(said.extras);
    extras.extend(
        root.said()
            .filter(|(name, _)| !KNOWN.contains(&name.as_str()))
            .map(|(name, value)| Extra { name, value }),
    );
    Ok(Request {
        family: Family::Google,
        spelling: Spelling::Own,
        model: String::new(),
        system: conversation.system,
        turns: conversation.turns,
        tools,
        choice,
        parallel: None,
        format: said.format,
        max_output: said.max_output,
        stop: said.stop,
        answers: said.answers,
        sampling: said.sampling,
        reasoning: said.reasoning,
        tier: root.word("serviceTier").map(|tier| tier.to_lowercase()),
        end_user: None,
        // The address says whether the answer comes in pieces.
        stream: false,
        include_usage: true,
        cache: None,
        extras,
        unsaid: conversation.unread.into_paths(),
        paths: Paths {
            max_output: "generationConfig.maxOutputTokens",
            reasoning: "generationConfig.thinkingConfig",
            format: ("generationConfig.responseMimeType", said.schema_path),
            stop: "generationConfig.stopSequences",
            parallel: "toolConfig",
            logprobs: "generationConfig.responseLogprobs",
            end_user: "",
        },
        echo: Vec::new(),
    })
}
