//! From a provider's way of counting to Manti's.

use std::collections::BTreeMap;

use super::figures::{Figure, Figures, Kind};
use crate::models::usage::Tokens;

/// Input or output is not given, or not believed.
pub(super) const INCOMPLETE: &str = "usage_incomplete";
/// The total is not the sum of its parts in any known way of counting.
pub(super) const MISMATCH: &str = "usage_total_mismatch";

/// A difference to the total beyond this is an error rather than tokens that are not told.
const MOST_UNTOLD: u64 = 1 << 24;

/// Tokens in Manti's convention, and what has to be said about them.
pub(super) struct Told {
    pub(super) tokens: Tokens,
    pub(super) known: bool,
    pub(super) flags: Vec<&'static str>,
}

/// Chat completions: the input contains what was cached, the output what was reasoned, except
/// where the total says otherwise.
pub(super) fn chat(figures: &Figures) -> Told {
    let get = |kind| figures.get(kind).or_zero();
    let absent = |kind| figures.get(kind) == Figure::Absent;
    let mut flags = Vec::new();
    let total = figures.get(Kind::Total).given();
    let input = figures.get(Kind::Input).given();
    let output = figures.get(Kind::Output).given();
    let (input, output) = match (input, output, total) {
        // What is there and not believed is not worked out from the rest, which may be as wrong.
        (Some(input), None, Some(total)) if absent(Kind::Output) => {
            (Some(input), total.checked_sub(input))
        }
        (None, Some(output), Some(total)) if absent(Kind::Input) => {
            (total.checked_sub(output), Some(output))
        }
        _ => (input, output),
    };
    let known = input.is_some() && output.is_some();
    let (mut input, mut output) = (input.unwrap_or(0), output.unwrap_or(0));
    let reasoning = get(Kind::Reasoning);
    if known {
        let sum = input.saturating_add(output);
        match total.and_then(|total| total.checked_sub(sum)) {
            Some(0) if reasoning > output && figures.market_cost => {
                output = output.saturating_add(reasoning);
            }
            Some(0) => {}
            Some(untold) => {
                let (more_input, more_output) = explain(figures, untold).unwrap_or_else(|| {
                    flags.push(MISMATCH);
                    // Google's own layer for this dialect counts its thinking in the total only.
                    (0, if untold <= MOST_UNTOLD { untold } else { 0 })
                });
                input = input.saturating_add(more_input);
                output = output.saturating_add(more_output);
            }
            None if total.is_some_and(|total| total > 0) => flags.push(MISMATCH),
            // Without a total: more reasoning than output cannot be a part of it.
            None if reasoning > output => output = output.saturating_add(reasoning),
            None => {}
        }
    }
    finish(figures, input, output, known, flags)
}

/// Which figures were left out of input and output, so that the total holds: how many tokens to
/// add to each. As few figures as possible, reasoning before the others.
fn explain(figures: &Figures, untold: u64) -> Option<(u64, u64)> {
    let parts = [
        (Kind::Reasoning, false),
        (Kind::AudioInput, true),
        (Kind::Cached, true),
        (Kind::CacheWrite, true),
    ];
    let mut choices: Vec<u32> = (1..1 << parts.len()).collect();
    choices.sort_by_key(|choice| choice.count_ones());
    choices.into_iter().find_map(|choice| {
        let (mut input, mut output) = (0_u64, 0_u64);
        for (place, (kind, is_input)) in parts.into_iter().enumerate() {
            if choice >> place & 1 == 1 {
                let side = if is_input { &mut input } else { &mut output };
                *side = side.saturating_add(figures.get(kind).or_zero());
            }
        }
        (input.saturating_add(output) == untold).then_some((input, output))
    })
}

/// Messages: the input leaves out what was read from the cache and written to it.
pub(super) fn messages(figures: &Figures) -> Told {
    let get = |kind| figures.get(kind).or_zero();
    let written = get(Kind::CacheWrite).max(get(Kind::Write5m).saturating_add(get(Kind::Write1h)));
    let compacted = [
        Kind::CompactionInput,
        Kind::CompactionCached,
        Kind::CompactionWrite,
    ];
    let input = compacted
        .into_iter()
        .map(get)
        .chain([get(Kind::Input), get(Kind::Cached), written])
        .fold(0, u64::saturating_add);
    let output = get(Kind::Output).saturating_add(get(Kind::CompactionOutput));
    let known = [Kind::Input, Kind::Output]
        .into_iter()
        .all(|kind| figures.get(kind).given().is_some());
    finish(figures, input, output, known, Vec::new())
}

/// The parts, none larger than what it is a part of.
fn finish(
    figures: &Figures,
    input: u64,
    output: u64,
    known: bool,
    mut flags: Vec<&'static str>,
) -> Told {
    let get = |kind| figures.get(kind).or_zero();
    let cached = get(Kind::Cached).saturating_add(get(Kind::CompactionCached));
    let hour = get(Kind::Write1h);
    let written = get(Kind::CacheWrite).max(get(Kind::Write5m).saturating_add(hour));
    let minutes = (written - hour).saturating_add(get(Kind::CompactionWrite));
    // What was written costs more than what was read again: in doubt it is the dearer.
    let hour = hour.min(input);
    let minutes = minutes.min(input - hour);
    let cached_input = cached.min(input - hour - minutes);
    if !known {
        flags.push(INCOMPLETE);
    }
    let units: BTreeMap<String, u64> = [
        ("audio_input_tokens", get(Kind::AudioInput).min(input)),
        ("audio_output_tokens", get(Kind::AudioOutput).min(output)),
        ("image_input_tokens", get(Kind::ImageInput).min(input)),
        ("image_output_tokens", get(Kind::ImageOutput).min(output)),
        ("searches", get(Kind::Searches)),
        ("fetches", get(Kind::Fetches)),
        ("seconds", get(Kind::Seconds)),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(name, count)| (name.to_owned(), count))
    .collect();
    Told {
        tokens: Tokens {
            input,
            cached_input,
            cache_write_5m: minutes,
            cache_write_1h: hour,
            output,
            reasoning: get(Kind::Reasoning).min(output),
            units,
        },
        known,
        flags,
    }
}
