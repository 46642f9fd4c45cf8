//! Thinking, as a request asks for it: with a budget up to Gemini 2.5, with a level from 3 on.

use crate::dialects::effort;
use crate::dialects::json::Fields;
use crate::dialects::report::Report;
use crate::models::abilities::{Abilities, Thinking, ThinkingOff};
use crate::models::chat::{Family, Reasoning, Request};

/// As many tokens as the model sees fit.
const DYNAMIC: i64 = -1;

/// What a model is told about thinking; what cannot be had is reported.
pub(super) fn ask<'a>(
    request: &'a Request,
    target: &Abilities,
    report: &mut Report,
) -> Option<Fields<'a>> {
    let reasoning = &request.reasoning;
    let path = request.paths.reasoning;
    if target.thinking == Thinking::None {
        if reasoning.wanted() {
            report.dropped(path);
        }
        return None;
    }
    let mut fields = Fields::new();
    if reasoning.off {
        off(target, path, &mut fields, report);
    } else if reasoning.wanted() {
        let levels = match target.thinking {
            Thinking::Effort => true,
            Thinking::Manual => false,
            _ => reasoning.budget.is_none() && reasoning.effort.is_some(),
        };
        if levels {
            level(reasoning, target, path, &mut fields, report);
        } else {
            budget(reasoning, target, path, &mut fields, report);
        }
        // Who thinks for a client of Anthropic's is seen thinking.
        let seen = request.family == Family::Anthropic;
        if reasoning.visible.unwrap_or(seen) {
            fields.put("includeThoughts", true);
        }
    }
    (!fields.is_empty()).then_some(fields)
}

/// Thinking off, or as little of it as there may be.
fn off(target: &Abilities, path: &str, fields: &mut Fields<'_>, report: &mut Report) {
    if target.thinking == Thinking::Effort {
        if let Some(least) = target.efforts.first() {
            report.clamped(path);
            fields.put("thinkingLevel", *least);
        }
        return;
    }
    let least = target.budgets.map_or(0, |(least, _)| least);
    if target.thinking_off == ThinkingOff::No && least > 0 {
        report.clamped(path);
        fields.put("thinkingBudget", least);
    } else {
        fields.put("thinkingBudget", 0_u64);
    }
}

fn level<'a>(
    reasoning: &'a Reasoning,
    target: &Abilities,
    path: &str,
    fields: &mut Fields<'a>,
    report: &mut Report,
) {
    if let Some(asked) = effort::asked(reasoning) {
        let word = effort::nearest(asked, target.efforts);
        if word != asked {
            report.clamped(path);
        }
        fields.put("thinkingLevel", word);
    }
}

fn budget(
    reasoning: &Reasoning,
    target: &Abilities,
    path: &str,
    fields: &mut Fields<'_>,
    report: &mut Report,
) {
    let most = target.budgets.map(|(_, most)| most);
    let wanted = match (reasoning.budget, reasoning.effort.as_deref()) {
        (Some(budget), _) => budget,
        (None, Some("minimal")) => 512,
        (None, Some(word)) => effort::budget(word, most),
        (None, None) => {
            fields.put("thinkingBudget", DYNAMIC);
            return;
        }
    };
    let (least, most) = target.budgets.unwrap_or((0, u64::MAX));
    let told = wanted.clamp(least, most);
    if told != wanted {
        report.clamped(path);
    }
    fields.put("thinkingBudget", told);
}
