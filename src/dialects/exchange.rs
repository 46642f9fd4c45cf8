//! Turns as formats with two speakers want them: merged, and every call answered at once.

use std::collections::HashMap;

use super::Malformed;
use super::report::Report;
use crate::models::chat::{Block, Content, Family, Request, Role, Turn};

/// Neighbouring turns of one speaker.
#[derive(Debug)]
pub(super) struct Exchange<'a> {
    pub(super) assistant: bool,
    pub(super) blocks: Vec<Piece<'a>>,
    pub(super) at: &'a str,
}

/// A block, and whether it is the operator's word in the middle of a conversation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) block: &'a Block,
    pub(super) reminder: bool,
}

/// How far behind its call a result may be.
const NEAR: usize = 16;

/// Adds a message to the turns. Results are one turn behind their calls, in the formats too in
/// which each is a message, and something else may stand between them: most providers want all of
/// them at once, and what has to move out of one of them stands behind them all.
pub(super) fn add(turns: &mut Vec<Turn>, turn: Turn) {
    let Some(call) = answered(&turn) else {
        return turns.push(turn);
    };
    let calls = |earlier: &Turn| {
        let mut blocks = earlier.blocks.iter();
        blocks.any(|block| matches!(&block.content, Content::Call(made) if made.id == call))
    };
    let end = turns.len();
    let place = if turns.last().and_then(answered).is_some() {
        end - 1
    } else {
        let near = end.saturating_sub(NEAR)..end;
        let found = near.rev().find(|place| calls(&turns[*place]));
        found.map_or(end, |place| place + 1)
    };
    match turns.get_mut(place) {
        Some(results) if answered(results).is_some() => results.blocks.extend(turn.blocks),
        _ => turns.insert(place, turn),
    }
}

/// The last call that a message answers. It is a result or has none in it.
fn answered(turn: &Turn) -> Option<&str> {
    match &turn.blocks.last()?.content {
        Content::Result(result) => Some(&result.call),
        _ => None,
    }
}

/// Merges turns; results come first in theirs, the operator's words become reminders in place.
pub(super) fn group<'a>(turns: &'a [Turn], report: &mut Report) -> Vec<Exchange<'a>> {
    let mut groups: Vec<Exchange<'a>> = Vec::new();
    for turn in turns {
        let assistant = turn.role == Role::Assistant;
        if turn.name.is_some() {
            report.dropped(format!("{}.name", turn.at));
        }
        if turn.role == Role::System {
            report.dropped(format!("{}.role", turn.at));
        }
        if groups.last().is_none_or(|last| last.assistant != assistant) {
            groups.push(Exchange {
                assistant,
                blocks: Vec::new(),
                at: &turn.at,
            });
        }
        let Some(group) = groups.last_mut() else {
            continue;
        };
        let reminder = turn.role == Role::System;
        let pieces = turn.blocks.iter().map(|block| Piece { block, reminder });
        group.blocks.extend(pieces);
    }
    for group in groups.iter_mut().filter(|group| !group.assistant) {
        group
            .blocks
            .sort_by_key(|piece| !matches!(piece.block.content, Content::Result(_)));
    }
    groups
}

/// The operator's words before the first turn. Claude Code's first block changes with every call
/// and would spoil a prompt cache.
pub(super) fn operators_words(request: &Request) -> &[Block] {
    match request.system.split_first() {
        Some((first, rest)) if request.family == Family::Anthropic && is_billing(first) => rest,
        _ => &request.system,
    }
}

fn is_billing(block: &Block) -> bool {
    matches!(&block.content, Content::Text { text, .. }
        if text.starts_with("x-anthropic-billing-header"))
}

/// Refuses a conversation in which a call has no result or a result no call.
pub(super) fn check(turns: &[Turn]) -> Result<(), Malformed> {
    let mut report = Report::default();
    let groups = group(turns, &mut report);
    let mut waiting: Vec<(&str, &str)> = Vec::new();
    for group in &groups {
        if group.assistant {
            waiting = group
                .blocks
                .iter()
                .filter_map(|piece| match &piece.block.content {
                    Content::Call(call) => Some((call.id.as_str(), piece.block.at.as_str())),
                    _ => None,
                })
                .collect();
            continue;
        }
        // Several calls may carry one id: the first unanswered one is meant.
        let mut open = index(&waiting);
        for Piece { block, .. } in &group.blocks {
            let Content::Result(result) = &block.content else {
                continue;
            };
            match open.get_mut(result.call.as_str()) {
                Some(left) if *left > 0 => *left -= 1,
                _ => {
                    let message = format!(
                        "the tool result for \"{}\" has no call with this id in the turn before it",
                        result.call
                    );
                    return Err(Malformed::at(&block.at, message));
                }
            }
        }
        unanswered(&waiting, &open)?;
        waiting.clear();
    }
    let open = index(&waiting);
    unanswered(&waiting, &open)
}

fn index<'a>(waiting: &[(&'a str, &str)]) -> HashMap<&'a str, usize> {
    let mut open = HashMap::new();
    for (id, _) in waiting {
        *open.entry(*id).or_insert(0) += 1;
    }
    open
}

fn unanswered(waiting: &[(&str, &str)], open: &HashMap<&str, usize>) -> Result<(), Malformed> {
    match waiting
        .iter()
        .find(|(id, _)| open.get(id).is_some_and(|left| *left > 0))
    {
        Some((id, at)) => Err(Malformed::at(
            *at,
            format!("the tool call \"{id}\" has no result in the message after it"),
        )),
        None => Ok(()),
    }
}
