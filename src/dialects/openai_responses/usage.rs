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
