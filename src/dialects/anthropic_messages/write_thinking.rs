//! Thinking, as a request asks for it.

use crate::dialects::exchange::Exchange;
use crate::dialects::json::Fields;
use crate::dialects::report::Report;
use crate::dialects::{effort, secrets};
use crate::models::abilities::{Abilities, Thinking, ThinkingOff};
use crate::models::chat::{Content, Request, ToolChoice};

/// What a request says about thinking.
#[derive(Debug, Default)]
pub(in crate::dialects) struct Asked {
    /// The field `thinking`.
    pub(in crate::dialects) field: Option<Fields<'static>>,
    /// `output_config.effort`
    pub(in crate::dialects) effort: Option<String>,
    /// Whether the model is told to think.
    pub(in crate::dialects) on: bool,
}

/// Decides it for a target; what cannot be had is reported. `unproven`: see [`unproven`].
pub(in crate::dialects) fn ask(
    request: &Request,
    target: &Abilities,
    max_tokens: u64,
    unproven: bool,
    report: &mut Report,
) -> Asked {
    let reasoning = &request.reasoning;
    let path = request.paths.reasoning;
    let manual_only = match target.thinking {
        Thinking::None | Thinking::Effort | Thinking::Switch => {
            if reasoning.wanted() {
                report.dropped(path);
            }
            return Asked::default();
        }
        Thinking::Manual => true,
        Thinking::Either => reasoning.budget.is_some() && reasoning.effort.is_none(),
        Thinking::Adaptive => false,
    };
    if reasoning.off {
        return off(target, reasoning.effort.as_deref(), path, report);
    }
    if !reasoning.wanted() {
        return Asked::default();
    }
    let forced = request.choice.as_ref().is_some_and(ToolChoice::forces);
    let impossible = (manual_only && forced && target.forced_tool) || unproven;
    if impossible && target.thinking_off != ThinkingOff::No {
        report.dropped(path);
        return if target.thinking == Thinking::Adaptive {
            off(target, None, path, report)
        } else {
            Asked::default()
        };
    }
    if manual_only {
        return manual(request, target, max_tokens, report);
    }
    let mut field = Fields::new().with("type", "adaptive");
    if reasoning.visible == Some(true) {
        field.put("display", "summarized");
    }
    let asked = effort::asked(reasoning);
    let effort = asked.map(|word| {
        let nearest = effort::nearest(word, target.efforts);
        if nearest != word && word != "minimal" {
            report.clamped(path);
        }
        nearest.to_owned()
    });
    Asked {
        field: Some(field),
        effort,
        on: true,
    }
}

fn off(target: &Abilities, effort: Option<&str>, path: &str, report: &mut Report) -> Asked {
    let high = matches!(effort, Some("xhigh" | "max"));
    match target.thinking_off {
        ThinkingOff::No => {
            report.clamped(path);
            Asked {
                effort: Some("low".to_owned()),
                on: true,
                ..Asked::default()
            }
        }
        ThinkingOff::UnlessHighEffort if high => {
            report.clamped(path);
            Asked {
                field: Some(Fields::new().with("type", "disabled")),
                effort: Some("high".to_owned()),
                on: false,
            }
        }
        ThinkingOff::Yes | ThinkingOff::UnlessHighEffort => Asked {
            field: Some(Fields::new().with("type", "disabled")),
            effort: effort.map(str::to_owned),
            on: false,
        },
    }
}

fn manual(request: &Request, target: &Abilities, max_tokens: u64, report: &mut Report) -> Asked {
    let reasoning = &request.reasoning;
    let path = request.paths.reasoning;
    if max_tokens <= effort::LEAST {
        report.dropped(path);
        return Asked::default();
    }
    // The answer needs room beside the thinking.
    let room = max_tokens - (max_tokens / 4).clamp(1, effort::LEAST);
    let room = room.max(effort::LEAST);
    let wanted = match (reasoning.budget, &reasoning.effort) {
        (Some(budget), _) => budget,
        (None, Some(word)) => effort::budget(word, target.max_output),
        (None, None) => effort::budget("medium", None),
    };
    let fits = reasoning.budget.is_some() && wanted < max_tokens;
    let budget = if fits { wanted } else { wanted.min(room) }.max(effort::LEAST);
    if budget != wanted {
        report.clamped(path);
    }
    let field = Fields::new()
        .with("type", "enabled")
        .with("budget_tokens", budget);
    Asked {
        field: Some(field),
        effort: None,
        on: true,
    }
}

/// Whether the tool turn that is being answered lacks the thinking it began with.
pub(in crate::dialects) fn unproven(
    groups: &[Exchange<'_>],
    target: &Abilities,
    model: &str,
) -> bool {
    let [.., asked, answered] = groups else {
        return false;
    };
    let results = answered
        .blocks
        .iter()
        .any(|piece| matches!(piece.block.content, Content::Result(_)));
    let proven = asked.blocks.iter().any(|piece| {
        matches!(&piece.block.content, Content::Thinking(thought)
            if thought.secret.as_ref().is_some_and(|secret| secrets::verifies(target, model, secret)))
    });
    asked.assistant && !answered.assistant && results && !proven
}
