//! How providers say what is wrong with a request: one table of their codes, types and messages.
//!
//! A message may repeat what a user wrote. What makes others avoid a target is therefore read from
//! how a message begins or ends, and not from anywhere in it.

use super::Class;
use crate::dialects::ProviderError;

/// How one kind of failure is said.
struct Wording {
    class: Class,
    /// Codes and types.
    words: &'static [&'static str],
    /// What a message holds somewhere, in small letters.
    phrases: &'static [&'static str],
    /// What a message begins or ends with, in small letters.
    edges: &'static [&'static str],
}

/// The table; the first row that fits holds. Numbers are Zhipu's:
/// <https://docs.bigmodel.cn/cn/api/api-code>.
const WORDINGS: [Wording; 3] = [
    Wording {
        class: Class::ContextWindow,
        words: &[
            "context_length_exceeded",
            "exceed_context_size_error",
            "tokens_too_long",
            "1261",
        ],
        phrases: &[
            "prompt is too long",
            "maximum context length",
            "model's context length",
            "context window",
            "input is too long for",
            "exceeds the maximum number of tokens allowed",
            "maximum prompt length",
            "available context size",
            "too many tokens: total number of tokens in the prompt",
            "exceed context limit",
            "exceeds the context length",
            "longer than the maximum model length",
            "loaded with context length of only",
            "loaded with a context length of only",
            "`inputs` tokens + `max_new_tokens` must be",
            "`inputs` must have less than",
            "range of input length should be",
            "prompt exceeds max length",
            "exceeded model token limit",
            "input token length too long",
            "request too large for model",
        ],
        edges: &[],
    },
    Wording {
        class: Class::ContentPolicy,
        words: &[
            "content_filter",
            "content_policy_violation",
            "invalid_prompt",
            "moderation_blocked",
            "data_inspection_failed",
            "DataInspectionFailed",
            "responsible_ai_policy_violation",
            "ResponsibleAIPolicyViolation",
            "1301",
        ],
        phrases: &[
            "content management policy",
            "content filtering policy",
            "content policy",
            "safety system",
            "usage policy",
            "usage guidelines",
            "content exists risk",
            "input was flagged",
            "considered high risk",
        ],
        edges: &[],
    },
    Wording {
        class: Class::NoModel,
        words: &[
            "model_not_found",
            "DeploymentNotFound",
            "unknown_model",
            "ModelNotFound",
            "invalid_model",
            "model_decommissioned",
            "1211",
        ],
        phrases: &[],
        edges: &[
            "model not exist",
            "model not found",
            "invalid model:",
            "is not a valid model id",
            "the provided model identifier is invalid",
        ],
    },
];

/// What a server says that does not know the address at all.
const NO_ADDRESS: [&str; 2] = ["not found", "resource not found"];

/// And what it begins with.
const NO_URL: [&str; 2] = ["invalid url (", "unknown request url:"];

/// What about a request is said to be wrong, if it is something that others may not mind.
pub(super) fn class(stated: &ProviderError) -> Option<Class> {
    let message = stated.message.to_ascii_lowercase();
    let message = message.trim().trim_end_matches('.');
    let row = WORDINGS.iter().find(|row| {
        let said = |word: &Option<String>| {
            word.as_deref()
                .is_some_and(|word| row.words.contains(&word))
        };
        said(&stated.code)
            || said(&stated.kind)
            || row.phrases.iter().any(|phrase| message.contains(phrase))
            || row
                .edges
                .iter()
                .any(|edge| message.starts_with(edge) || message.ends_with(edge))
    });
    row.map(|row| row.class).or_else(|| {
        let named = stated.param.as_deref() == Some("model");
        (named && message.ends_with("does not exist")).then_some(Class::NoModel)
    })
}

/// Whether a 404 is of the address: a page or words of a server that is no API, or one that has
/// nothing there.
pub(super) fn is_about_address(stated: &ProviderError, body: &[u8]) -> bool {
    let readable = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    let message = stated.message.trim().to_ascii_lowercase();
    let message = message.trim_end_matches('.');
    !readable
        || NO_ADDRESS.contains(&message)
        || NO_URL.iter().any(|start| message.starts_with(start))
}
