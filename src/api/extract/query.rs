//! What stands behind the question mark.

use chrono::{NaiveDate, NaiveTime};

use crate::api::problem::Problem;
use crate::models::clock::Timestamp;
use crate::models::page::{self, Request};

/// Which page of a list is asked for.
pub(crate) struct Cursor;

impl Cursor {
    /// Reads `limit` and `cursor`.
    pub(crate) fn page(limit: Option<&str>, cursor: Option<String>) -> Result<Request, Problem> {
        let limit = match limit {
            None => Request::default().limit,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=page::MOST).contains(limit))
                .ok_or_else(|| {
                    Problem::invalid(
                        "limit",
                        format_args!("must be a whole number from 1 to {}", page::MOST),
                    )
                })?,
        };
        Ok(Request { limit, cursor })
    }
}

/// Reads a moment: `2026-11-21` (its first instant in UTC) or `2026-11-21T10:00:00Z`.
pub(crate) fn moment(param: &str, text: &str) -> Result<Timestamp, Problem> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Ok(date.and_time(NaiveTime::MIN).and_utc());
    }
    // `+` in a query is a space to many clients.
    text.replace(' ', "+").parse::<Timestamp>().map_err(|_| {
        Problem::invalid(
            param,
            "must be a date (2026-11-21) or a moment (2026-11-21T10:00:00Z)",
        )
    })
}

/// Reads the moment before which something lies: a date counts as a whole, as on the command line.
pub(crate) fn until(param: &str, text: &str) -> Result<Timestamp, Problem> {
    match text.parse::<NaiveDate>().map(|date| date.succ_opt()) {
        Ok(Some(next)) => Ok(next.and_time(NaiveTime::MIN).and_utc()),
        _ => moment(param, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_moments_are_read() {
        for (text, moment_of) in [
            ("2026-11-21", "2026-11-21T00:00:00Z"),
            ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"),
            ("2026-11-21T10:00:00 02:00", "2026-11-21T08:00:00Z"),
        ] {
            let expected: Timestamp = moment_of.parse().unwrap();
            assert_eq!(moment("from", text).unwrap(), expected);
        }
        let after: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
        assert_eq!(until("to", "2026-11-30").unwrap(), after);
        assert_eq!(until("to", "2026-12-01T00:00:00Z").unwrap(), after);
        for text in ["yesterday", "", "2026-13-01", "'; DROP TABLE users"] {
            let problem = moment("from", text).unwrap_err();
            assert_eq!(problem.refusal.param.as_deref(), Some("from"));
        }
    }

    #[test]
    fn a_page_is_bounded() {
        assert_eq!(Cursor::page(None, None).unwrap(), Request::default());
        assert_eq!(Cursor::page(Some("7"), None).unwrap().limit, 7);
        for odd in ["0", "1001", "-1", "x", "1e3", ""] {
            let problem = Cursor::page(Some(odd), None).unwrap_err();
            assert_eq!(problem.refusal.param.as_deref(), Some("limit"), "{odd}");
        }
    }
}
