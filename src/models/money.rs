//! Exact money: whole nano-dollars, and unit prices per million units.
//!
//! No floats anywhere. A price is an `i128` product divided once a call, half to even.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Whole nano-dollars (1e-9 USD). Printed and serialised as a decimal string with nine places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

/// What is wrong with a decimal amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// Not a plain decimal number.
    #[error("must be a decimal number such as \"12.50\"")]
    NotDecimal,
    /// More decimal places than can be kept exactly.
    #[error("has more than {0} decimal places")]
    TooFine(usize),
    /// Beyond what can be kept.
    #[error("is too large")]
    TooLarge,
    /// Below zero where only zero or more makes sense.
    #[error("must not be negative")]
    Negative,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From whole nano-dollars.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// As whole nano-dollars.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The sum, or `None` when it would overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` when it would overflow.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Spelled::new(self.0, 9).as_str())
    }
}

/// A number of nano-dollars in decimal, spelled without allocating: records have many of them.
struct Spelled {
    bytes: [u8; 24],
    from: usize,
    to: usize,
}

impl Spelled {
    /// With nine decimal places, of which those after `least` go when they are zeros.
    fn new(nanos: i64, least: usize) -> Self {
        let mut bytes = [b'0'; 24];
        let (mut rest, mut from) = (nanos.unsigned_abs(), bytes.len());
        for place in 0.. {
            if place == 9 {
                from -= 1;
                bytes[from] = b'.';
            }
            if place > 9 && rest == 0 {
                break;
            }
            from -= 1;
            bytes[from] = b"0123456789"[usize::try_from(rest % 10).unwrap_or(0)];
            rest /= 10;
        }
        if nanos < 0 {
            from -= 1;
            bytes[from] = b'-';
        }
        let mut to = bytes.len();
        while to > bytes.len() - 9 + least && bytes[to - 1] == b'0' {
            to -= 1;
        }
        Self { bytes, from, to }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.from..self.to]).expect("digits are ASCII")
    }
}

impl FromStr for Money {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Self, BadAmount> {
        decimal(text, 9).map(Self)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_i64(self.0);
        }
        serializer.serialize_str(Spelled::new(self.0, 9).as_str())
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Self);
        }
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The price of one million units (tokens, characters, …) in nano-dollars, never negative.
///
/// Serialised as US dollars per million units: `"2.50"`; in binary formats as whole nano-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnitPrice(i64);

impl UnitPrice {
    /// From nano-dollars per million units.
    pub const fn from_nanos_per_million(nanos: i64) -> Self {
        Self(nanos)
    }

    /// In nano-dollars per million units.
    pub const fn nanos_per_million(self) -> i64 {
        self.0
    }
}

impl fmt::Display for UnitPrice {
    /// US dollars per million units with at least two decimal places: `2.50`, `0.0375`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Spelled::new(self.0, 2).as_str())
    }
}

impl FromStr for UnitPrice {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let nanos = decimal(text, 9)?;
        if nanos < 0 {
            Err(BadAmount::Negative)
        } else {
            Ok(Self(nanos))
        }
    }
}

impl Serialize for UnitPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_i64(self.0);
        }
        serializer.serialize_str(Spelled::new(self.0, 2).as_str())
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Self);
        }
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A sum of `quantity × unit price`, rounded once when it is taken out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally(i128);

impl Tally {
    /// Adds a quantity at a price.
    pub fn add(&mut self, quantity: u64, price: UnitPrice) {
        self.0 = self
            .0
            .saturating_add(i128::from(quantity) * i128::from(price.0));
    }

    /// The sum in whole nano-dollars, rounded half to even; `None` when beyond [`Money`].
    pub fn total(self) -> Option<Money> {
        const MILLION: i128 = 1_000_000;
        let (whole, rest) = (self.0.div_euclid(MILLION), self.0.rem_euclid(MILLION));
        let up = match (rest * 2).cmp(&MILLION) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => whole & 1,
            std::cmp::Ordering::Greater => 1,
        };
        i64::try_from(whole + up).ok().map(Money)
    }
}

/// Reads a plain decimal (`-?digits[.digits]`) as a whole number of 10^-places.
fn decimal(text: &str, places: usize) -> Result<i64, BadAmount> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || digits.ends_with('.') {
        return Err(BadAmount::NotDecimal);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > places {
        return Err(BadAmount::TooFine(places));
    }
    let mut value: i64 = 0;
    let padding = std::iter::repeat_n(b'0', places - fraction.len());
    for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(i64::from(digit - b'0')))
            .ok_or(BadAmount::TooLarge)?;
    }
    Ok(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_rounded_once_half_to_even() {
        let price = UnitPrice::from_nanos_per_million(500_000);
        for (quantity, nanos) in [(1, 0), (3, 2), (5, 2), (7, 4)] {
            let mut tally = Tally::default();
            tally.add(quantity, price);
            assert_eq!(
                tally.total(),
                Some(Money::from_nanos(nanos)),
                "{quantity} halves"
            );
        }
    }

    #[test]
    fn amounts_are_read_and_printed_exactly() {
        assert_eq!("2.57".parse(), Ok(Money::from_nanos(2_570_000_000)));
        assert_eq!("-0.000000001".parse(), Ok(Money::from_nanos(-1)));
        assert_eq!(Money::from_nanos(2_570_000).to_string(), "0.002570000");
        assert_eq!(
            "2.5".parse::<UnitPrice>().map(|p| p.to_string()),
            Ok("2.50".into())
        );
        assert_eq!(
            "0.0375".parse::<UnitPrice>().map(|p| p.to_string()),
            Ok("0.0375".into())
        );
    }

    #[test]
    fn every_amount_is_spelled_as_it_is_read() {
        let nines = 999_999_999;
        for nanos in [
            0,
            1,
            -1,
            9,
            10,
            nines,
            nines + 1,
            -nines,
            -nines - 1,
            i64::MAX,
            i64::MIN + 1,
        ] {
            let (sign, size) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
            let expected = format!("{sign}{}.{:09}", size / 1_000_000_000, size % 1_000_000_000);
            assert_eq!(Money::from_nanos(nanos).to_string(), expected);
            assert_eq!(expected.parse(), Ok(Money::from_nanos(nanos)));
        }
        assert_eq!(
            Money::from_nanos(i64::MIN).to_string(),
            "-9223372036.854775808"
        );
        for (nanos, text) in [
            (0, "0.00"),
            (37_500_000, "0.0375"),
            (i64::MAX, "9223372036.854775807"),
            (100_000_000, "0.10"),
        ] {
            assert_eq!(UnitPrice::from_nanos_per_million(nanos).to_string(), text);
        }
    }

    #[test]
    fn odd_amounts_are_refused() {
        for text in [
            "", ".", "1.", ".5", "+1", "1e3", "NaN", "inf", " 1", "1,0", "٣", "--1",
        ] {
            assert_eq!(
                text.parse::<Money>(),
                Err(BadAmount::NotDecimal),
                "{text:?}"
            );
        }
        assert_eq!(
            "9".repeat(10_000).parse::<Money>(),
            Err(BadAmount::TooLarge)
        );
        assert_eq!("0.0000000001".parse::<Money>(), Err(BadAmount::TooFine(9)));
        assert_eq!("-1".parse::<UnitPrice>(), Err(BadAmount::Negative));
    }

    #[test]
    fn a_tally_beyond_money_is_none_rather_than_wrapped() {
        let mut tally = Tally::default();
        tally.add(u64::MAX, UnitPrice::from_nanos_per_million(i64::MAX));
        tally.add(u64::MAX, UnitPrice::from_nanos_per_million(i64::MAX));
        assert_eq!(tally.total(), None);
    }
}
