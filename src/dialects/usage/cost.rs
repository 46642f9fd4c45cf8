//! What a provider says a call costs.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::models::money::Money;

/// A stated cost is negative, too large or no number.
pub(super) const OUT_OF_RANGE: &str = "cost_out_of_range";

/// From a number of dollars as JSON writes it; `None` when it cannot be meant.
pub(in crate::dialects) fn from_usd(value: &[u8]) -> Option<Money> {
    nanos(value, Decimal::from(1_000_000_000))
}

/// From a number of ticks, 10^-10 dollars each.
pub(super) fn from_ticks(value: &[u8]) -> Option<Money> {
    nanos(value, Decimal::new(1, 1))
}

/// A decimal number times a whole one, half to even.
fn nanos(value: &[u8], per_unit: Decimal) -> Option<Money> {
    let text = std::str::from_utf8(value).ok()?;
    let number = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).ok()?
    } else {
        text.parse().ok()?
    };
    if number < Decimal::ZERO {
        return None;
    }
    let nanos = number.checked_mul(per_unit)?.round();
    nanos.to_i64().map(Money::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_whole_nano_dollars() {
        for (text, nanos) in [
            ("0", Some(0)),
            ("0.0008425", Some(842_500)),
            ("3.6e-06", Some(3_600)),
            ("8E-05", Some(80_000)),
            ("0.00022245000000000002", Some(222_450)),
            ("0.0000000005", Some(0)),
            ("0.0000000015", Some(2)),
            ("1e-20", Some(0)),
            ("1e-30", None),
            ("-0.1", None),
            ("1e309", None),
            ("99999999999", None),
            ("\"0.1\"", None),
            ("null", None),
            ("{}", None),
        ] {
            assert_eq!(
                from_usd(text.as_bytes()),
                nanos.map(Money::from_nanos),
                "{text}"
            );
        }
        assert_eq!(from_ticks(b"2488500"), Some(Money::from_nanos(248_850)));
        assert_eq!(from_ticks(b"-1"), None);
        assert_eq!(from_ticks(b"1.5"), Some(Money::ZERO));
        assert_eq!(from_ticks(b"1e5"), Some(Money::from_nanos(10_000)));
    }
}
