//! Paths of losses in the words of the client's own dialect.
//!
//! The writers of all dialects call what stands under one name in most of them by that name; what
//! a client's dialect calls it is decided here once. What a client wrote and nobody read is named
//! as it was written.

use super::Written;
use crate::models::chat::{Block, Cache, Content, Family, Request, Spelling};

/// What Google calls fields that stand under one name in most dialects.
const GOOGLES: &[(&str, &str)] = &[
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
pub(super) fn in_clients_words(request: &Request, mut written: Written) -> Written {
    for paths in [
        &mut written.dropped,
        &mut written.clamped,
        &mut written.hints,
    ] {
        for path in paths
            .iter_mut()
            .filter(|path| !request.unsaid.contains(path))
        {
            match (request.family, request.spelling) {
                (Family::Google, _) => googles(path),
                (_, Spelling::Chat) => chats(path, request),
                (_, Spelling::Responses) => responses(path, request),
                (_, Spelling::Own) => anthropics(path),
            }
            // A mark on the whole request stands nowhere.
            if let Some(mark) = path.strip_prefix('.') {
                *path = mark.to_owned();
            }
        }
    }
    written
}

fn googles(path: &mut String) {
    if let Some((_, own)) = GOOGLES.iter().find(|(name, _)| name == path) {
        *path = (*own).to_owned();
    } else if path.starts_with("tools[") {
        end(path, ".blocked_domains", ".excludeDomains");
    } else if path.starts_with("contents[") {
        end(path, ".function.arguments", ".functionCall.args");
        end(path, ".arguments", ".functionCall.args");
        end(path, ".is_error", ".functionResponse.response.error");
    }
}

fn anthropics(path: &mut String) {
    if path.starts_with("tools[") {
        *path = path.replacen("].parameters#", "].input_schema#", 1);
    } else if path.starts_with("messages[") {
        end(path, ".function.arguments", ".input");
        end(path, ".arguments", ".input");
    }
}

fn chats(path: &mut String, request: &Request) {
    openais(path, request);
    if path.starts_with("tools[") {
        *path = path.replacen("].parameters#", "].function.parameters#", 1);
        end(path, "].strict", "].function.strict");
    } else if path.starts_with("messages[") {
        // A message of one text has its mark beside it.
        *path = path.replacen(".content.cache_control", ".cache_control", 1);
        end(path, ".title", ".file.filename");
    }
}

fn responses(path: &mut String, request: &Request) {
    openais(path, request);
    if path.starts_with("input[") {
        end(path, ".function.arguments", ".arguments");
        end(path, ".title", ".filename");
        end(path, ".citations", ".annotations");
    }
}

/// What OpenAI's two dialects have in two spellings: the one is told that the client chose.
fn openais(path: &mut String, request: &Request) {
    if path == "user" {
        request.paths.end_user.clone_into(path);
    } else if let Some((at, inside)) = path.split_once(".cache_control")
        && has_breakpoint(request, at)
    {
        *path = [at, ".prompt_cache_breakpoint", inside].concat();
    }
}

/// Whether the mark at a place is spelt as OpenAI does.
fn has_breakpoint(request: &Request, at: &str) -> bool {
    let turns = request.turns.iter().flat_map(|turn| &turn.blocks);
    let blocks = request.system.iter().chain(turns).flat_map(with_inner);
    let marks = blocks
        .map(|block| (&block.at, &block.cache))
        .chain(request.tools.iter().map(|tool| (&tool.at, &tool.cache)));
    let spelt_so = |mark: &Cache| mark.breakpoint;
    marks
        .filter(|(place, _)| *place == at)
        .any(|(_, mark)| mark.as_ref().is_some_and(spelt_so))
}

/// A block, and what is inside it.
fn with_inner(block: &Block) -> impl Iterator<Item = &Block> {
    let inner: &[Block] = match &block.content {
        Content::Result(result) => &result.blocks,
        _ => &[],
    };
    std::iter::once(block).chain(inner)
}

fn end(path: &mut String, written: &str, own: &str) {
    if let Some(start) = path.strip_suffix(written) {
        *path = [start, own].concat();
    }
}
