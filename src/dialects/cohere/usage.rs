//! Usage at Cohere: what is billed leaves out the words Cohere puts around a prompt, and what was
//! read from the cache is not billed apart.

use super::Cohere;
use crate::dialects::scan::{Fault, Scan};
use crate::dialects::usage::{Counts, Figures, Found, Kind, Told, finish};

impl Counts for Cohere {
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        let value = scan.take(depth)?;
        match name {
            b"billed_units" => found.each(value, |found, field| match field.name {
                b"input_tokens" => found.set_once(Kind::BilledInput, field.value),
                b"output_tokens" => found.set_once(Kind::BilledOutput, field.value),
                b"search_units" => found.set_unit(Kind::Searches, field.value),
                _ => {}
            }),
            // Where nothing is said of a bill, everything counts.
            b"tokens" => found.each(value, |found, field| match field.name {
                b"input_tokens" => found.set(Kind::Input, field.value),
                b"output_tokens" => found.set(Kind::Output, field.value),
                b"reasoning_tokens" => found.set(Kind::Reasoning, field.value),
                _ => {}
            }),
            _ => {}
        }
        Ok(())
    }

    fn told(&self, figures: &Figures) -> Told {
        let given = |billed, all| figures.get(billed).given().or(figures.get(all).given());
        let input = given(Kind::BilledInput, Kind::Input);
        let output = given(Kind::BilledOutput, Kind::Output);
        let known = input.is_some() && output.is_some();
        finish(
            figures,
            input.unwrap_or(0),
            output.unwrap_or(0),
            known,
            Vec::new(),
        )
    }
}
