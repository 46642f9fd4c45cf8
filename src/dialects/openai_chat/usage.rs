//! Usage of chat completions: the input contains what was cached, the output what was reasoned,
//! except where the total says otherwise.

use super::Chat;
use crate::dialects::scan::{Fault, Scan};
use crate::dialects::usage::{Counts, Figure, Figures, Found, Kind, MISMATCH, Told, finish};

/// A difference to the total beyond this is an error rather than tokens that are not told.
const MOST_UNTOLD: u64 = 1 << 24;

impl Counts for Chat {
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        match name {
            b"prompt_tokens_details" => scan.object(depth, |scan, name| {
                input_detail(found, name, scan.take(depth + 1)?);
                Ok(())
            }),
            b"completion_tokens_details" => scan.object(depth, |scan, name| {
                output_detail(found, name, scan.take(depth + 1)?);
                Ok(())
            }),
            _ => {
                plain(found, name, scan.take(depth)?);
                Ok(())
            }
        }
    }

    fn told(&self, figures: &Figures) -> Told {
        told(figures)
    }
}

fn plain(found: &mut Found, name: &[u8], value: &[u8]) {
    match name {
        b"prompt_tokens" => found.set_once(Kind::Input, value),
        b"completion_tokens" => found.set_once(Kind::Output, value),
        b"total_tokens" => found.set_once(Kind::Total, value),
        b"cached_tokens" | b"prompt_cache_hit_tokens" | b"cache_read_input_tokens" => {
            found.set(Kind::Cached, value);
        }
        b"cache_creation_input_tokens" => found.set(Kind::CacheWrite, value),
        b"reasoning_tokens" => found.set(Kind::Reasoning, value),
        b"num_search_queries" | b"num_sources_used" => found.set_unit(Kind::Searches, value),
        b"prompt_audio_seconds" => found.set_unit(Kind::Seconds, value),
        _ => found.shared(name, value),
    }
}

/// A part of the input, as OpenAI names it in each of its dialects.
pub(in crate::dialects) fn input_detail(found: &mut Found, name: &[u8], value: &[u8]) {
    match name {
        b"cached_tokens" => found.set(Kind::Cached, value),
        b"cache_write_tokens" => found.set(Kind::CacheWrite, value),
        b"audio_tokens" => found.set(Kind::AudioInput, value),
        b"image_tokens" => found.set(Kind::ImageInput, value),
        _ => {}
    }
}

/// A part of the output, as OpenAI names it in each of its dialects.
pub(in crate::dialects) fn output_detail(found: &mut Found, name: &[u8], value: &[u8]) {
    match name {
        b"reasoning_tokens" => found.set(Kind::Reasoning, value),
        b"audio_tokens" => found.set(Kind::AudioOutput, value),
        b"image_tokens" => found.set(Kind::ImageOutput, value),
        _ => {}
    }
}

/// The tokens of figures whose input and output contain their parts, unless a total says
/// otherwise.
pub(in crate::dialects) fn told(figures: &Figures) -> Told {
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
