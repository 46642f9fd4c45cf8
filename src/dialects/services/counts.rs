//! What answers that are no conversations say was used.

use super::Service;
use crate::dialects::scan::{Fault, Scan};
use crate::dialects::usage::{Counts, Figures, Found, Kind, MISMATCH, Told, finish};

impl Counts for Service {
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        let value = scan.take(depth)?;
        match name {
            b"prompt_tokens" | b"input_tokens" | b"promptTokenCount" | b"prompt_eval_count" => {
                found.set(Kind::Input, value);
            }
            b"completion_tokens" | b"output_tokens" => found.set(Kind::Output, value),
            b"total_tokens" | b"totalTokenCount" => found.set(Kind::Total, value),
            // Images spell it with an s, transcriptions without.
            b"input_tokens_details" | b"input_token_details" | b"prompt_tokens_details" => {
                found.each(value, |found, detail| match detail.name {
                    b"cached_tokens" => found.set(Kind::Cached, detail.value),
                    b"audio_tokens" => found.set(Kind::AudioInput, detail.value),
                    b"image_tokens" => found.set(Kind::ImageInput, detail.value),
                    _ => {}
                });
            }
            b"output_tokens_details" | b"output_token_details" => {
                found.each(value, |found, detail| match detail.name {
                    b"audio_tokens" => found.set(Kind::AudioOutput, detail.value),
                    b"image_tokens" => found.set(Kind::ImageOutput, detail.value),
                    b"reasoning_tokens" => found.set(Kind::Reasoning, detail.value),
                    _ => {}
                });
            }
            // Cohere's: what it bills, whatever was read.
            b"billed_units" => found.each(value, |found, unit| match unit.name {
                b"input_tokens" => found.set(Kind::Input, unit.value),
                b"output_tokens" => found.set(Kind::Output, unit.value),
                b"search_units" => found.set_unit(Kind::Searches, unit.value),
                b"images" => found.set_unit(Kind::Images, unit.value),
                _ => {}
            }),
            b"seconds" => found.set_rounded_up(Kind::Seconds, value),
            _ => found.shared(name, value),
        }
        Ok(())
    }

    fn told(&self, figures: &Figures) -> Told {
        let given = |kind| figures.get(kind).given();
        let output = given(Kind::Output).unwrap_or(0);
        let total = given(Kind::Total);
        let input = given(Kind::Input).or_else(|| total?.checked_sub(output));
        let others = [
            Kind::Searches,
            Kind::Images,
            Kind::Seconds,
            Kind::Characters,
        ];
        let known = input.is_some() || others.into_iter().any(|kind| given(kind).is_some());
        let input = input.unwrap_or(0);
        let sum = input.saturating_add(output);
        let flags = match total {
            Some(total) if total > sum => vec![MISMATCH],
            _ => Vec::new(),
        };
        finish(figures, input, output, known, flags)
    }
}
