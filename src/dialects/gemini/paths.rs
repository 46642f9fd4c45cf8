//! Paths of losses in the words of Google's clients.

use crate::dialects::Written;
use crate::models::chat::Family;

/// What the writers of all dialects call fields that stand under one name in most, and what
/// Google calls them.
const NAMES: &[(&str, &str)] = &[
    ("temperature", "generationConfig.temperature"),
    ("top_p", "generationConfig.topP"),
    ("top_k", "generationConfig.topK"),
    ("seed", "generationConfig.seed"),
    ("frequency_penalty", "generationConfig.frequencyPenalty"),
    ("presence_penalty", "generationConfig.presencePenalty"),
    ("logprobs", "generationConfig.responseLogprobs"),
    ("top_logprobs", "generationConfig.logprobs"),
    ("n", "generationConfig.candidateCount"),
    ("tool_choice", "toolConfig.functionCallingConfig"),
    ("service_tier", "serviceTier"),
];

/// A written request whose losses are named as its client would name them.
pub(in crate::dialects) fn in_clients_words(family: Family, mut written: Written) -> Written {
    if family == Family::Google {
        for paths in [
            &mut written.dropped,
            &mut written.clamped,
            &mut written.hints,
        ] {
            for path in paths {
                rename(path);
            }
        }
    }
    written
}

fn rename(path: &mut String) {
    if let Some((_, own)) = NAMES.iter().find(|(name, _)| name == path) {
        *path = (*own).to_owned();
    } else if path.starts_with("tools[") && path.contains(".function.parameters") {
        *path = path.replacen(".function.parameters", ".parameters", 1);
    } else if path.starts_with("contents[") {
        *path = path
            .replace(".function.arguments", ".functionCall.args")
            .replace(".is_error", ".functionResponse.response.error");
    }
}
