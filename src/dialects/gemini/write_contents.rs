//! The conversation of a request, written: the operator's words, then turns of two speakers.

use std::collections::HashMap;

use super::write_parts::Parts;
use crate::dialects::exchange::{self, Exchange};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, ids};
use crate::models::abilities::Abilities;
use crate::models::chat::{Content, Request};

/// A conversation as it is written.
pub(super) struct Conversation<'a> {
    pub(super) system: Option<Json<'a>>,
    pub(super) contents: Vec<Json<'a>>,
}

pub(super) fn write<'a>(
    request: &'a Request,
    target: &'a Abilities,
    model: &'a str,
    report: &mut Report,
) -> Result<Conversation<'a>, Unsupported> {
    let groups = exchange::group(&request.turns, report);
    let mut parts = Parts {
        target,
        model,
        spelling: request.spelling,
        report,
        ids: ids::Written::new(target.ids, false),
        called: HashMap::new(),
    };
    let system = parts.operator(exchange::operators_words(request));
    if groups.is_empty() {
        // There is no conversation without a turn.
        let mut contents = Vec::new();
        if let Some(last) = request.system.last() {
            parts.report.dropped(last.at.replace(".content", ".role"));
            contents.push(content(false, system));
        }
        return Ok(Conversation {
            system: None,
            contents,
        });
    }
    let current = current(&groups);
    let mut contents: Vec<(bool, Vec<Json<'a>>)> = Vec::with_capacity(groups.len());
    for (place, group) in groups.iter().enumerate() {
        let written = if group.assistant {
            parts.spoken(group, place > current)
        } else {
            parts.heard(group)?
        };
        if written.is_empty() {
            continue;
        }
        match contents.last_mut() {
            Some((assistant, earlier)) if *assistant == group.assistant => {
                earlier.extend(written);
            }
            _ => contents.push((group.assistant, written)),
        }
    }
    Ok(Conversation {
        system: (!system.is_empty()).then(|| Fields::new().with("parts", system).into()),
        contents: contents
            .into_iter()
            .map(|(assistant, parts)| content(assistant, parts))
            .collect(),
    })
}

fn content(assistant: bool, parts: Vec<Json<'_>>) -> Json<'_> {
    Fields::new()
        .with("role", if assistant { "model" } else { "user" })
        .with("parts", parts)
        .into()
}

/// Where the turn begins that is being answered: with the last words that are no tool's.
fn current(groups: &[Exchange<'_>]) -> usize {
    groups
        .iter()
        .rposition(|group| {
            !group.assistant
                && group
                    .blocks
                    .iter()
                    .any(|piece| !matches!(piece.block.content, Content::Result(_)))
        })
        .unwrap_or(0)
}
