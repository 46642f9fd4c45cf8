//! Usage of responses: the input contains what was cached, the output what was reasoned.

use super::Responses;
use crate::dialects::openai_chat::usage::{input_detail, output_detail, told};
use crate::dialects::scan::{Fault, Scan};
use crate::dialects::usage::{Counts, Figures, Found, Kind, Told};

impl Counts for Responses {
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        match name {
            b"input_tokens_details" => scan.object(depth, |scan, name| {
                input_detail(found, name, scan.take(depth + 1)?);
                Ok(())
            }),
            b"output_tokens_details" => scan.object(depth, |scan, name| {
                output_detail(found, name, scan.take(depth + 1)?);
                Ok(())
            }),
            _ => {
                let value = scan.take(depth)?;
                match name {
                    b"input_tokens" => found.set_once(Kind::Input, value),
                    b"output_tokens" => found.set_once(Kind::Output, value),
                    b"total_tokens" => found.set_once(Kind::Total, value),
                    b"num_sources_used" => found.set_unit(Kind::Searches, value),
                    _ => found.shared(name, value),
                }
                Ok(())
            }
        }
    }

    fn told(&self, figures: &Figures) -> Told {
        told(figures)
    }
}

#[cfg(test)]
mod tests {
    use crate::dialects::Dialect;
    use crate::dialects::usage::read;

    #[test]
    fn reasoning_is_a_part_of_the_output_also_at_xai() {
        let usage = br#"{"input_tokens":32,"input_tokens_details":{"cached_tokens":6,"cache_write_tokens":4},
            "output_tokens":110,"output_tokens_details":{"reasoning_tokens":101},"total_tokens":142,
            "num_sources_used":0,"cost_in_usd_ticks":604000}"#;
        let mut reading = read(Dialect::Responses, usage);
        assert!(reading.known && reading.flags.is_empty());
        let tokens = &reading.tokens;
        assert_eq!((tokens.input, tokens.output), (32, 110));
        assert_eq!((tokens.cached_input, tokens.cache_write_5m), (6, 4));
        assert_eq!(tokens.reasoning, 101);
        assert!(reading.stated_cost.is_some());
        reading.searched(b"2");
        assert_eq!(reading.tokens.units["searches"], 2);
    }
}
