//! Durations and sizes as people write them: `200ms`, `15m`, `1h30m`, `32MiB`.

use std::time::Duration;

/// Reads a duration: whole numbers, each with its unit (`ms`, `s`, `m`, `h`, `d`), added up.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str =
        "must be a duration such as \"200ms\", \"30s\", \"15m\", \"24h\" or \"90d\"";
    const TOO_LONG: &str = "is too long";
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() || text.is_empty() {
        let (number, after) = leading_number(rest).ok_or(WRONG)?;
        let end = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let number = number.map_err(|()| TOO_LONG)?;
        let millis = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            _ => None,
        };
        let part = number.checked_mul(millis.ok_or(WRONG)?).ok_or(TOO_LONG)?;
        total = total
            .checked_add(Duration::from_millis(part))
            .ok_or(TOO_LONG)?;
        rest = after;
    }
    Ok(total)
}

/// Reads a size in bytes: a whole number, with `KiB`, `MiB`, `GiB` or (decimal) `kB`, `MB`, `GB`.
pub fn size(text: &str) -> Result<u64, &'static str> {
    const WRONG: &str = "must be a size such as \"512KiB\", \"32MiB\" or \"1GiB\"";
    let (number, unit) = leading_number(text).ok_or(WRONG)?;
    let scale = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return Err(WRONG),
    };
    number
        .ok()
        .and_then(|n| n.checked_mul(scale))
        .ok_or("is too large")
}

/// A duration in the form [`duration`] reads: the largest unit that divides it.
pub fn spell_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
    ];
    for (scale, unit) in units {
        if millis > 0 && millis.is_multiple_of(scale) {
            return format!("{}{unit}", millis / scale);
        }
    }
    if millis == 0 {
        "0s".to_owned()
    } else {
        format!("{millis}ms")
    }
}

/// A size in the form [`size`] reads: the largest binary unit that divides it.
pub fn spell_size(bytes: u64) -> String {
    let units = [(1_u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (scale, unit) in units {
        if bytes > 0 && bytes.is_multiple_of(scale) {
            return format!("{}{unit}", bytes / scale);
        }
    }
    format!("{bytes}B")
}

/// Splits `12ms` into 12 and `ms`; the number is `Err` when it is too large.
fn leading_number(text: &str) -> Option<(Result<u64, ()>, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (!digits.is_empty()).then(|| (digits.parse().map_err(|_| ()), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(duration("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("90d"), Ok(Duration::from_hours(90 * 24)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for text in ["", "5", "-5s", "5 s", "1.5s", "s", "5sec", "5s!", "٣s"] {
            assert!(duration(text).is_err(), "{text:?}");
        }
        assert_eq!(duration("99999999999999999999d"), Err("is too long"));
        assert_eq!(duration("9999999999999999999d"), Err("is too long"));
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(size("32MiB"), Ok(32 << 20));
        assert_eq!(size("1GB"), Ok(1_000_000_000));
        assert_eq!(size("1024"), Ok(1024));
        for text in ["", "MiB", "-1MiB", "1.5GiB", "1 MiB", "1mib", "1e6"] {
            assert!(size(text).is_err(), "{text:?}");
        }
        assert_eq!(size("18446744073709551615TiB"), Err("is too large"));
    }

    proptest! {
        #[test]
        fn what_is_spelled_is_read_back(millis in 0_u64..10_000_000_000, bytes: u64) {
            let time = Duration::from_millis(millis);
            prop_assert_eq!(duration(&spell_duration(time)), Ok(time));
            prop_assert_eq!(size(&spell_size(bytes)), Ok(bytes));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = (duration(&text), size(&text));
        }
    }
}
