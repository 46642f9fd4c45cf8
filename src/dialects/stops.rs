//! Why answers end, in each dialect's words.

use crate::models::chat::{Block, Content, Stop};

/// From chat completions. What was said decides before the word.
pub(super) fn from_chat(word: &str, called: bool, refused: bool) -> Stop {
    match word {
        "length" | "max_tokens" | "model_length" => Stop::Length,
        "content_filter" => Stop::Filter,
        "error" => Stop::Failure,
        _ if called => Stop::Calls,
        _ if refused => Stop::Refusal,
        "stop" | "eos" | "end_turn" | "tool_calls" | "function_call" => Stop::End,
        "stop_sequence" => Stop::Sequence(None),
        other => Stop::Other(other.to_owned()),
    }
}

/// To chat completions.
pub(super) fn to_chat(stop: Option<&Stop>, called: bool) -> &'static str {
    match stop {
        Some(Stop::Length) => "length",
        Some(Stop::Filter) => "content_filter",
        Some(Stop::Calls) => "tool_calls",
        _ if called => "tool_calls",
        _ => "stop",
    }
}

/// From Anthropic messages.
pub(super) fn from_messages(word: &str, sequence: Option<String>, detailed: bool) -> Stop {
    match word {
        "end_turn" => Stop::End,
        "stop_sequence" => Stop::Sequence(sequence),
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "tool_use" => Stop::Calls,
        "refusal" if detailed => Stop::Filter,
        "refusal" => Stop::Refusal,
        "pause_turn" => Stop::Pause,
        other => Stop::Other(other.to_owned()),
    }
}

/// To Anthropic messages, with the sequence that ended it.
pub(super) fn to_messages(stop: Option<&Stop>, called: bool) -> (&'static str, Option<&str>) {
    match stop {
        Some(Stop::Length) => ("max_tokens", None),
        Some(Stop::Filter | Stop::Refusal) => ("refusal", None),
        Some(Stop::Pause) => ("pause_turn", None),
        Some(Stop::Sequence(Some(text))) => ("stop_sequence", Some(text)),
        Some(Stop::Calls) => ("tool_use", None),
        _ if called => ("tool_use", None),
        _ => ("end_turn", None),
    }
}

/// From responses: the state of an answer, and why it is not complete. What was said decides
/// where it is; one that is still being made has no reason yet.
pub(super) fn from_responses(
    status: &str,
    reason: Option<&str>,
    called: bool,
    refused: bool,
) -> Option<Stop> {
    Some(match (status, reason) {
        ("queued" | "in_progress", _) => return None,
        ("failed" | "cancelled", _) => Stop::Failure,
        ("incomplete", Some("content_filter")) => Stop::Filter,
        ("incomplete", None | Some("max_output_tokens" | "max_tokens")) => Stop::Length,
        ("incomplete", Some(other)) => Stop::Other(other.to_owned()),
        _ if called => Stop::Calls,
        _ if refused => Stop::Refusal,
        _ => Stop::End,
    })
}

/// To responses: why an answer is not complete; `None` when it is. `refused`: it says so in words.
pub(super) fn to_responses(stop: Option<&Stop>, refused: bool) -> Option<&'static str> {
    match stop {
        Some(Stop::Length) => Some("max_output_tokens"),
        Some(Stop::Filter) => Some("content_filter"),
        // A refusal must not look like a complete answer.
        Some(Stop::Refusal) if !refused => Some("content_filter"),
        _ => None,
    }
}

/// From Gemini, whose servers may be asked to write numbers. What was said decides before the word.
pub(super) fn from_gemini(word: &str, called: bool) -> Stop {
    match word {
        "STOP" | "1" if called => Stop::Calls,
        "STOP" | "1" => Stop::End,
        "MAX_TOKENS" | "CONTINUATION" | "2" => Stop::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "ESCALATION"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "IMAGE_OTHER"
        | "NO_IMAGE"
        // Vertex's numbers.
        | "3" | "4" | "6" | "7" | "8" | "10" | "11" | "12" | "13" | "14" | "16" => Stop::Filter,
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "MISSING_THOUGHT_SIGNATURE"
        | "MALFORMED_RESPONSE"
        | "TOO_MANY_TOOL_CALLS"
        | "OTHER"
        | "5"
        | "9"
        | "15" => Stop::Failure,
        _ if called => Stop::Calls,
        other => Stop::Other(other.to_owned()),
    }
}

/// To Gemini.
pub(super) fn to_gemini(stop: Option<&Stop>) -> &'static str {
    match stop {
        Some(Stop::Length) => "MAX_TOKENS",
        Some(Stop::Filter | Stop::Refusal) => "SAFETY",
        Some(Stop::Failure) => "OTHER",
        _ => "STOP",
    }
}

/// Whether a model failed before it said anything beside its thoughts: that is no answer.
pub(super) fn failed(stop: Option<&Stop>, blocks: &[Block]) -> bool {
    let thought = |block: &Block| matches!(block.content, Content::Thinking(_));
    stop == Some(&Stop::Failure) && blocks.iter().all(thought)
}

/// Whether an answer calls tools, and whether it refuses in words alone.
pub(super) fn said(blocks: &[Block]) -> (bool, bool) {
    let called = blocks
        .iter()
        .any(|block| matches!(block.content, Content::Call(_)));
    let refused = blocks
        .iter()
        .any(|block| matches!(block.content, Content::Refusal(_)));
    (called, refused)
}
