//! Usage of Converse: the input leaves out what was read from the cache and written to it. The
//! fields that end in `TokenCount` repeat the others.

use super::Converse;
use crate::dialects::scan::{self, Fault, Items, Scan};
use crate::dialects::usage::{Counts, Figures, Found, Kind, MISMATCH, Told, finish};

impl Counts for Converse {
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        let value = scan.take(depth)?;
        match name {
            b"inputTokens" => found.set_once(Kind::Input, value),
            b"outputTokens" => found.set_once(Kind::Output, value),
            b"totalTokens" => found.set_once(Kind::Total, value),
            b"cacheReadInputTokens" => found.set_once(Kind::Cached, value),
            b"cacheWriteInputTokens" => found.set_once(Kind::CacheWrite, value),
            b"cacheDetails" => {
                for detail in Items::of(value) {
                    let tokens = scan::field(detail, "inputTokens").unwrap_or_default();
                    match scan::field(detail, "ttl").and_then(scan::text).as_deref() {
                        Some("1h") => found.add(Kind::Write1h, tokens),
                        Some("5m") => found.add(Kind::Write5m, tokens),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn told(&self, figures: &Figures) -> Told {
        let get = |kind| figures.get(kind).or_zero();
        let written =
            get(Kind::CacheWrite).max(get(Kind::Write5m).saturating_add(get(Kind::Write1h)));
        let fresh = get(Kind::Input);
        let input = [fresh, get(Kind::Cached), written]
            .into_iter()
            .fold(0, u64::saturating_add);
        let output = get(Kind::Output);
        let known = [Kind::Input, Kind::Output]
            .into_iter()
            .all(|kind| figures.get(kind).given().is_some());
        let sums = [input, fresh].map(|input| input.saturating_add(output));
        let total = figures.get(Kind::Total).given();
        let odd = known && total.is_some_and(|total| !sums.contains(&total));
        let flags = if odd { vec![MISMATCH] } else { Vec::new() };
        finish(figures, input, output, known, flags)
    }
}
