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
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        write!(
            f,
            "{sign}{}.{:09}",
            nanos / 1_000_000_000,
            nanos % 1_000_000_000
        )
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
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The price of one million units (tokens, characters, …) in nano-dollars, never negative.
///
/// Serialised as US dollars per million units: `"2.50"`.
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
        let text = Money(self.0).to_string();
        let keep = text.trim_end_matches('0').len();
        let least = text.find('.').map_or(text.len(), |dot| dot + 3);
        f.write_str(&text[..keep.max(least)])
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
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
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
