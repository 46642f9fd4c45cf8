//! Usage of messages: the input leaves out what was read from the cache and written to it.

use super::Messages;
use crate::dialects::scan::{self, Fault, Scan};
use crate::dialects::usage::{Counts, FAST, Figures, Found, Kind, Told, US, finish};

impl Counts for Messages {
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        let value = scan.take(depth)?;
        match name {
            b"input_tokens" | b"inputTokenCount" => found.set_once(Kind::Input, value),
            b"output_tokens" | b"outputTokenCount" => found.set_once(Kind::Output, value),
            b"cache_read_input_tokens" | b"cacheReadInputTokenCount" => {
                found.set_once(Kind::Cached, value);
            }
            b"cache_creation_input_tokens" | b"cacheWriteInputTokenCount" => {
                found.set_once(Kind::CacheWrite, value);
            }
            b"output_tokens_details" => found.each(value, |found, field| {
                if field.name == b"thinking_tokens" {
                    found.set(Kind::Reasoning, field.value);
                }
            }),
            b"speed" if value == b"\"fast\"" => found.dearer(FAST),
            // In one country alone a token costs a tenth more.
            b"inference_geo" if value == b"\"us\"" => found.dearer(US),
            b"iterations" => iterations(found, value),
            _ => found.shared(name, value),
        }
        Ok(())
    }

    fn told(&self, figures: &Figures) -> Told {
        let get = |kind| figures.get(kind).or_zero();
        let written =
            get(Kind::CacheWrite).max(get(Kind::Write5m).saturating_add(get(Kind::Write1h)));
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
}

/// The passes of one answer; those that compacted the conversation are not in the sums beside
/// them.
fn iterations(found: &mut Found, value: &[u8]) {
    for pass in scan::Items::of(value) {
        let kind = scan::field(pass, "type").and_then(scan::text);
        if kind.as_deref() != Some("compaction") {
            continue;
        }
        for (name, kind) in [
            ("input_tokens", Kind::CompactionInput),
            ("output_tokens", Kind::CompactionOutput),
            ("cache_read_input_tokens", Kind::CompactionCached),
            ("cache_creation_input_tokens", Kind::CompactionWrite),
        ] {
            if let Some(more) = scan::field(pass, name) {
                found.add(kind, more);
            }
        }
    }
}
