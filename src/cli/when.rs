//! Moments, durations, networks and limits as they are typed.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use ipnet::IpNet;

use crate::config::{self, units};
use crate::models::clock::Timestamp;

/// A moment as it is typed: a date, a date with time, or a span of time from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// A whole day, UTC.
    Day(NaiveDate),
    /// A moment.
    At(Timestamp),
    /// So long before or after now.
    Span(Duration),
}

impl When {
    /// Where a time that begins with it begins; a span reaches back.
    pub(super) fn start(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Span(span) => now.checked_sub_signed(delta(span)?),
            Self::Day(_) | Self::At(_) => self.end(now),
        }
    }

    /// Where a time that goes up to it ends, the day itself included.
    pub(super) fn until(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Day(day) => Self::Day(day.succ_opt()?).start(now),
            Self::At(_) | Self::Span(_) => self.start(now),
        }
    }

    /// The moment at which something ends that lasts up to it: a day's first moment, or so long
    /// from now.
    pub(super) fn end(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Day(day) => Some(day.and_time(NaiveTime::MIN).and_utc()),
            Self::At(moment) => Some(moment),
            Self::Span(span) => now.checked_add_signed(delta(span)?),
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

fn delta(span: Duration) -> Option<chrono::TimeDelta> {
    chrono::TimeDelta::from_std(span).ok()
}

/// A duration, for clap.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    units::duration(text).map_err(ToOwned::to_owned)
}

/// A network or one address, for clap.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    config::network(text)
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
pub(super) fn expiry(text: &str) -> Result<Setting<When>, String> {
    if text == "never" {
        return Ok(Setting(None));
    }
    text.parse().map(|when| Setting(Some(when)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn spans_reach_back_in_reports_and_forward_in_expiries() {
        let when: When = "24h".parse().unwrap();
        assert_eq!(
            when.start(now()).unwrap().to_string(),
            "2026-11-20 10:00:00 UTC"
        );
        assert_eq!(
            when.end(now()).unwrap().to_string(),
            "2026-11-22 10:00:00 UTC"
        );
    }

    #[test]
    fn a_report_up_to_a_day_includes_the_day() {
        let when: When = "2026-11-30".parse().unwrap();
        assert_eq!(
            when.start(now()).unwrap().to_string(),
            "2026-11-30 00:00:00 UTC"
        );
        assert_eq!(
            when.until(now()).unwrap().to_string(),
            "2026-12-01 00:00:00 UTC"
        );
        assert_eq!(
            when.end(now()).unwrap().to_string(),
            "2026-11-30 00:00:00 UTC"
        );
    }

    #[test]
    fn odd_moments_are_refused_and_absurd_spans_have_no_moment() {
        for text in ["", "yesterday", "2026-13-01", "-5d", "0s", "5"] {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
        let absurd: When = "200000000d".parse().unwrap();
        assert_eq!(absurd.end(now()), None);
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
