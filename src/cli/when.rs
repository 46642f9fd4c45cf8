//! Moments, durations, networks and limits as they are typed.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use ipnet::IpNet;

use crate::auth::accounts;
use crate::config::units;
use crate::models::clock::{Clock, Timestamp};

/// A moment as it is typed: a date, a date with time, or so long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// A whole day, UTC.
    Day(NaiveDate),
    /// A moment.
    At(Timestamp),
    /// So long before now.
    Span(Duration),
}

impl When {
    /// Where a time that begins with it begins; a span reaches back.
    pub(super) fn start(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Day(day) => Some(day.and_time(NaiveTime::MIN).and_utc()),
            Self::At(moment) => Some(moment),
            Self::Span(span) => now.checked_sub_signed(chrono::TimeDelta::from_std(span).ok()?),
        }
    }

    /// Where a time that goes up to it ends, the day itself included.
    pub(super) fn until(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Day(day) => Self::Day(day.succ_opt()?).start(now),
            Self::At(_) | Self::Span(_) => self.start(now),
        }
    }
}

impl std::str::FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(moment.with_timezone(&Utc)));
        }
        match units::duration(text) {
            Ok(span) if !span.is_zero() => Ok(Self::Span(span)),
            _ => Err(
                "give a date (2026-11-21), a time (2026-11-21T10:00:00Z) or a span (24h, 90d)"
                    .to_owned(),
            ),
        }
    }
}

/// A duration, for clap.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    units::duration(text).map_err(ToOwned::to_owned)
}

/// A network or one address, for clap.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    crate::config::network(text)
}

/// Something that can be set or taken away with the word `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setting<T>(pub(super) Option<T>);

/// A limit above zero, or `none`, for clap.
pub(super) fn limit(text: &str) -> Result<Setting<u64>, String> {
    if text == "none" {
        return Ok(Setting(None));
    }
    match text.parse() {
        Ok(limit) if limit > 0 => Ok(Setting(Some(limit))),
        _ => Err("give a whole number above zero, or none".to_owned()),
    }
}

/// A moment, or `never`, for clap.
pub(super) fn expiry(text: &str) -> Result<Setting<Timestamp>, String> {
    if text == "never" {
        return Ok(Setting(None));
    }
    moment(text).map(|moment| Setting(Some(moment)))
}

/// When something ends, for clap: a span from now, a day or a moment ahead.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    // Months to some, minutes in every other option.
    if text.ends_with('m') {
        return Err("give days, such as 90d, or a date such as 2027-01-01".to_owned());
    }
    let now = Clock::system().now();
    let moment = accounts::expiry(text, now)?;
    if moment > now {
        Ok(moment)
    } else {
        Err("lies in the past".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_span_reaches_back_in_reports() {
        let when: When = "24h".parse().unwrap();
        let start = when.start(now()).unwrap();
        assert_eq!(start.to_string(), "2026-11-20 10:00:00 UTC");
    }

    #[test]
    fn a_report_up_to_a_day_includes_the_day() {
        let when: When = "2026-11-30".parse().unwrap();
        let (start, until) = (when.start(now()).unwrap(), when.until(now()).unwrap());
        assert_eq!(start.to_string(), "2026-11-30 00:00:00 UTC");
        assert_eq!(until.to_string(), "2026-12-01 00:00:00 UTC");
    }

    #[test]
    fn odd_moments_are_refused_and_absurd_spans_have_no_moment() {
        for text in ["", "yesterday", "2026-13-01", "-5d", "0s", "5"] {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
        let absurd: When = "200000000d".parse().unwrap();
        assert_eq!(absurd.start(now()), None);
    }

    #[test]
    fn an_end_lies_ahead_and_minutes_are_not_taken_for_months() {
        assert!(moment("90d").is_ok());
        for text in ["2020-01-01", "30m", "soon", ""] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_limit_can_be_taken_away() {
        assert_eq!(limit("none"), Ok(Setting(None)));
        assert_eq!(limit("5"), Ok(Setting(Some(5))));
        assert!(limit("0").is_err());
        assert!(limit("-1").is_err());
        assert_eq!(expiry("never"), Ok(Setting(None)));
    }
}
