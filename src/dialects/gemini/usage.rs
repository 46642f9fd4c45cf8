//! Usage of Gemini: what its own tools read is beside the prompt, what it thought beside the
//! answer.

use super::Gemini;
use crate::dialects::scan::{self, Fault, Items, Scan};
use crate::dialects::usage::{Counts, Figure, Figures, Found, Kind, MISMATCH, Told, finish};

/// A difference to the total beyond this is an error rather than tokens that are not told.
const MOST_UNTOLD: u64 = 1 << 24;

impl Counts for Gemini {
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        let value = scan.take(depth)?;
        match name {
            b"promptTokenCount" => found.set_once(Kind::Input, value),
            b"candidatesTokenCount" | b"responseTokenCount" => found.set(Kind::Output, value),
            b"totalTokenCount" => found.set_once(Kind::Total, value),
            b"cachedContentTokenCount" => found.set_once(Kind::Cached, value),
            b"thoughtsTokenCount" => found.set_once(Kind::Reasoning, value),
            b"toolUsePromptTokenCount" => found.set_once(Kind::ToolInput, value),
            b"promptTokensDetails" | b"toolUsePromptTokensDetails" => {
                kinds(found, value, Kind::AudioInput, Some(Kind::ImageInput));
            }
            b"cacheTokensDetails" => kinds(found, value, Kind::CachedAudio, None),
            b"candidatesTokensDetails" | b"responseTokensDetails" => {
                kinds(found, value, Kind::AudioOutput, Some(Kind::ImageOutput));
            }
            b"serviceTier" => tier(found, value),
            b"trafficType" => traffic(found, value),
            _ => {}
        }
        Ok(())
    }

    fn told(&self, figures: &Figures) -> Told {
        let get = |kind| figures.get(kind).or_zero();
        let input = get(Kind::Input).saturating_add(get(Kind::ToolInput));
        let mut output = get(Kind::Output).saturating_add(get(Kind::Reasoning));
        // A model that says nothing is said to have said nothing.
        let known =
            figures.get(Kind::Input).given().is_some() && figures.get(Kind::Output) != Figure::Odd;
        let mut flags = Vec::new();
        let sum = input.saturating_add(output);
        match figures.get(Kind::Total).given() {
            Some(total) if known && total > sum => {
                flags.push(MISMATCH);
                if total - sum <= MOST_UNTOLD {
                    output = output.saturating_add(total - sum);
                }
            }
            Some(total) if known && total < sum && total > 0 => flags.push(MISMATCH),
            _ => {}
        }
        finish(figures, input, output, known, flags)
    }
}

/// The tokens of each kind of input or output.
fn kinds(found: &mut Found, value: &[u8], audio: Kind, image: Option<Kind>) {
    for detail in Items::of(value) {
        let kind = scan::field(detail, "modality").and_then(scan::text);
        let Some(count) = scan::field(detail, "tokenCount") else {
            continue;
        };
        let kind = match kind.as_deref() {
            Some("AUDIO") => Some(audio),
            Some("IMAGE") => image,
            _ => None,
        };
        if let Some(kind) = kind {
            found.add(kind, count);
        }
    }
}

fn tier(found: &mut Found, value: &[u8]) {
    if let Some(tier) = scan::text(value).filter(|tier| !tier.is_empty()) {
        found.set_tier(&tier.to_lowercase());
    }
}

/// Vertex's word for how it was paid.
fn traffic(found: &mut Found, value: &[u8]) {
    match scan::text(value).as_deref() {
        Some("ON_DEMAND") => found.set_tier("standard"),
        Some("ON_DEMAND_PRIORITY") => found.set_tier("priority"),
        Some("ON_DEMAND_FLEX") => found.set_tier("flex"),
        Some("PROVISIONED_THROUGHPUT") => found.set_tier("provisioned"),
        _ => {}
    }
}
