//! Turns as formats with two speakers want them: merged, and every call answered at once.

use std::borrow::Cow;

use super::Malformed;
use super::report::Report;
use crate::models::chat::{Block, Content, Role, Turn};

/// Neighbouring turns of one speaker.
#[derive(Debug)]
pub(super) struct Exchange<'a> {
    pub(super) assistant: bool,
    pub(super) blocks: Vec<Cow<'a, Block>>,
    pub(super) at: &'a str,
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
        group.blocks.extend(turn.blocks.iter().map(|block| {
            if turn.role == Role::System {
                Cow::Owned(reminder(block))
            } else {
                Cow::Borrowed(block)
            }
        }));
    }
    for group in groups.iter_mut().filter(|group| !group.assistant) {
        group
            .blocks
            .sort_by_key(|block| !matches!(block.content, Content::Result(_)));
    }
    groups
}

fn reminder(block: &Block) -> Block {
    let mut block = block.clone();
    if let Content::Text { text, .. } = &mut block.content {
        *text = format!("<system-reminder>\n{text}\n</system-reminder>");
    }
    block
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
                .filter_map(|block| match &block.content {
                    Content::Call(call) => Some((call.id.as_str(), block.at.as_str())),
                    _ => None,
                })
                .collect();
            waiting.reverse();
            continue;
        }
        // Several calls may carry one id: the first unanswered one is meant.
        let mut open = index(&waiting);
        for block in &group.blocks {
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

fn index<'a>(waiting: &[(&'a str, &str)]) -> std::collections::HashMap<&'a str, usize> {
    let mut open = std::collections::HashMap::new();
    for (id, _) in waiting {
        *open.entry(*id).or_insert(0) += 1;
    }
    open
}

fn unanswered(
    waiting: &[(&str, &str)],
    open: &std::collections::HashMap<&str, usize>,
) -> Result<(), Malformed> {
    match waiting
        .iter()
        .rev()
        .find(|(id, _)| open.get(id).is_some_and(|left| *left > 0))
    {
        Some((id, at)) => Err(Malformed::at(
            *at,
            format!("the tool call \"{id}\" has no result in the message after it"),
        )),
        None => Ok(()),
    }
}
