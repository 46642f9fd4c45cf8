//! From a provider's way of counting to Manti's.

use std::collections::BTreeMap;

use super::figures::{Figures, Kind};
use crate::models::usage::Tokens;

/// Input or output is not given, or not believed.
pub(super) const INCOMPLETE: &str = "usage_incomplete";
/// The total is not the sum of its parts in any known way of counting.
pub(in crate::dialects) const MISMATCH: &str = "usage_total_mismatch";

/// Tokens in Manti's convention, and what has to be said about them.
pub(in crate::dialects) struct Told {
    pub(super) tokens: Tokens,
    pub(super) known: bool,
    pub(super) flags: Vec<&'static str>,
}

/// The parts, none larger than what it is a part of.
pub(in crate::dialects) fn finish(
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
        (
            "cached_audio_input_tokens",
            get(Kind::CachedAudio)
                .min(get(Kind::AudioInput))
                .min(cached_input),
        ),
        ("audio_output_tokens", get(Kind::AudioOutput).min(output)),
        ("image_input_tokens", get(Kind::ImageInput).min(input)),
        ("image_output_tokens", get(Kind::ImageOutput).min(output)),
        ("searches", get(Kind::Searches)),
        ("grounded_prompts", get(Kind::GroundedPrompts)),
        ("fetches", get(Kind::Fetches)),
        ("seconds", get(Kind::Seconds)),
        ("images", get(Kind::Images)),
        ("characters", get(Kind::Characters)),
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
