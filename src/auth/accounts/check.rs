//! What users and keys may be called and may allow.

use std::borrow::Cow;

use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};

use super::AccountError;
use crate::auth::password::{LONGEST, SHORTEST};
use crate::config::plain_network;
use crate::models::api_key::Rules;
use crate::models::caps::Caps;
use crate::models::clock::Timestamp;

/// The most a rate may be: more is a slip of the hand.
const MOST_A_MINUTE: u64 = 1_000_000_000_000;

/// The same of a day.
const MOST_A_DAY: u64 = 1_000 * MOST_A_MINUTE;

/// The most calls that may run at once.
const MOST_AT_ONCE: u64 = 1_000_000;

/// The most patterns or networks of a key.
const MOST_ENTRIES: usize = 100;

pub(super) fn invalid(
    field: impl Into<Cow<'static, str>>,
    message: impl Into<String>,
) -> AccountError {
    AccountError::Invalid {
        field: field.into(),
        message: message.into(),
    }
}

/// An address in the form in which it is kept: lower case, without blanks around it.
pub(super) fn email(text: &str) -> Result<String, AccountError> {
    let email = text.trim().to_lowercase();
    let wrong = || invalid("email", "must be an email address such as ada@example.com");
    let (local, domain) = email.rsplit_once('@').ok_or_else(wrong)?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || "\"(),:;<>@[\\]".contains(c);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let fits = email.len() <= 254
        && !local.is_empty()
        && local.len() <= 64
        && !local.contains(odd)
        && domain.split('.').all(label)
        // What deleted users are renamed to.
        && domain != "deleted.invalid";
    if fits { Ok(email) } else { Err(wrong()) }
}

/// A person's or a key's name without blanks around it.
pub(super) fn name(text: &str) -> Result<String, AccountError> {
    let name = text.trim();
    if name.chars().count() > 200 {
        return Err(invalid("name", "must have at most 200 characters"));
    }
    if name.chars().any(char::is_control) {
        return Err(invalid("name", "must not contain control characters"));
    }
    Ok(name.to_owned())
}

pub(super) fn key_name(text: &str) -> Result<String, AccountError> {
    let name = name(text)?;
    if name.is_empty() {
        return Err(invalid("name", "must not be empty"));
    }
    Ok(name)
}

/// A team's name, which stands for it wherever its id does.
pub(super) fn team_name(text: &str) -> Result<String, AccountError> {
    let name = key_name(text)?;
    if name.starts_with("team_") {
        return Err(invalid("name", "must not begin like the id of a team"));
    }
    Ok(name)
}

pub(super) fn password(text: &str) -> Result<(), AccountError> {
    if text.chars().count() < SHORTEST {
        let message = format!("must have at least {SHORTEST} characters");
        return Err(invalid("password", message));
    }
    if text.len() > LONGEST {
        let message = format!("must have at most {LONGEST} bytes");
        return Err(invalid("password", message));
    }
    Ok(())
}

/// Rules that can be kept: in range, and networks in their plain form.
pub(super) fn rules(mut rules: Rules) -> Result<Rules, AccountError> {
    caps("", &rules.caps)?;
    few("models", rules.models.len())?;
    for name in &rules.models {
        pattern("models", name)?;
    }
    few("model_limits", rules.model_limits.len())?;
    for (name, of) in &rules.model_limits {
        pattern("model_limits", name)?;
        let path = format!("model_limits.{name}");
        caps(&format!("{path}."), of)?;
        if of.is_empty() {
            return Err(invalid(
                path,
                "limits nothing; set rpm, tpm, rpd, tpd or max_parallel",
            ));
        }
    }
    few("routes", rules.routes.len())?;
    for (name, to) in &rules.routes {
        pattern("routes", name)?;
        pattern("routes", to)?;
        if to.contains('*') {
            return Err(invalid("routes", "must lead to models, not to patterns"));
        }
    }
    few("allowed_ips", rules.allowed_ips.len())?;
    rules.allowed_ips = rules.allowed_ips.into_iter().map(plain_network).collect();
    Ok(rules)
}

fn few(field: &'static str, entries: usize) -> Result<(), AccountError> {
    if entries > MOST_ENTRIES {
        return Err(invalid(field, "must have at most 100 entries"));
    }
    Ok(())
}

/// A model's name or a pattern of such.
fn pattern(field: &'static str, pattern: &str) -> Result<(), AccountError> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if pattern.is_empty() || pattern.len() > 256 || pattern.contains(odd) {
        return Err(invalid(
            field,
            "must be names or patterns such as gpt-*, without blanks",
        ));
    }
    if pattern.matches('*').count() > 8 {
        return Err(invalid(field, "must have at most 8 stars in a pattern"));
    }
    Ok(())
}

fn caps(path: &str, caps: &Caps) -> Result<(), AccountError> {
    let limits = [
        ("rpm", caps.rpm, MOST_A_MINUTE),
        ("tpm", caps.tpm, MOST_A_MINUTE),
        ("rpd", caps.rpd, MOST_A_DAY),
        ("tpd", caps.tpd, MOST_A_DAY),
        ("max_parallel", caps.max_parallel, MOST_AT_ONCE),
    ];
    for (field, value, most) in limits {
        limit(path, field, value, most)?;
    }
    Ok(())
}

fn limit(path: &str, field: &str, value: Option<u64>, most: u64) -> Result<(), AccountError> {
    let message = match value {
        Some(0) => "must be at least 1; leave it out for no limit".to_owned(),
        Some(value) if value > most => format!("must be at most {most}"),
        _ => return Ok(()),
    };
    Err(invalid(format!("{path}{field}"), message))
}

/// Reads when a key expires: in a time (`90d`, also `h`, `w`, `m` for months, `y`), on a day
/// (`2026-12-31`, at its start in UTC), or at a moment (RFC 3339).
pub fn expiry(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    let wrong = || "must be a time such as 90d or a date such as 2026-12-31".to_owned();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.with_timezone(&Utc));
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(chrono::NaiveTime::MIN).and_utc());
    }
    let unit = text.chars().last().ok_or_else(wrong)?;
    let count = &text[..text.len() - unit.len_utf8()];
    if !count.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let count: u32 = count.parse().map_err(|_| wrong())?;
    let later = match unit {
        'h' => now.checked_add_signed(TimeDelta::hours(count.into())),
        'd' => now.checked_add_days(Days::new(count.into())),
        'w' => now.checked_add_days(Days::new(u64::from(count) * 7)),
        'm' => now.checked_add_months(Months::new(count)),
        'y' => count
            .checked_mul(12)
            .and_then(|months| now.checked_add_months(Months::new(months))),
        _ => None,
    };
    later.ok_or_else(wrong)
}

/// An expiry that lies ahead, and not beyond the years that can be kept.
pub(super) fn expires(
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, AccountError> {
    let Some(at) = at else { return Ok(None) };
    if at <= now {
        return Err(invalid("expires_at", "must lie in the future"));
    }
    if at > now + TimeDelta::days(365 * 100) {
        return Err(invalid("expires_at", "must lie within a hundred years"));
    }
    Ok(Some(chrono::SubsecRound::trunc_subsecs(at, 6)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_are_kept_in_lower_case() {
        assert_eq!(email(" Ada@Example.COM ").unwrap(), "ada@example.com");
        for good in ["a@b", "a.b+c@d-e.example", "ünï@exämple.com", "o'hara@x.ie"] {
            assert!(email(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a@b@c",
            "a b@c.de",
            "a@b c",
            "a@-b.de",
            "a@b..de",
            "a@.de",
            "a\0@b.de",
            "a@b.de\n",
            "<a@b.de>",
            "a@b_c",
            "x@deleted.invalid",
            &long,
        ] {
            let tidied = bad.trim();
            assert!(email(bad).is_err() || tidied != bad, "{bad:?}");
        }
        assert!(email("a@b\nc.de").is_err());
    }

    fn named(given: Rules) -> String {
        match rules(given) {
            Err(AccountError::Invalid { field, .. }) => field.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn limits_by_model_and_routes_are_whole() {
        let limits = |pattern: &str| Rules {
            model_limits: [(pattern.to_owned(), Caps::default())].into(),
            ..Rules::default()
        };
        assert_eq!(named(limits("gpt-*")), "model_limits.gpt-*");
        assert_eq!(named(limits("")), "model_limits");
        for (from, to) in [("", "a"), ("a", ""), ("a b", "c"), ("a", "b*")] {
            let given = Rules {
                routes: [(from.to_owned(), to.to_owned())].into(),
                ..Rules::default()
            };
            assert_eq!(named(given), "routes", "{from} {to}");
        }
    }

    #[test]
    fn limits_are_positive_and_sane() {
        for wrong in [0, MOST_A_MINUTE + 1, u64::MAX] {
            for field in ["rpm", "tpm", "rpd", "tpd", "max_parallel"] {
                let wrong = if field.ends_with('d') && wrong == MOST_A_MINUTE + 1 {
                    MOST_A_DAY + 1
                } else {
                    wrong
                };
                let caps: Caps = serde_json::from_value(json!({ field: wrong })).unwrap();
                let given = Rules {
                    caps,
                    ..Rules::default()
                };
                assert_eq!(named(given), field);
                let given = Rules {
                    model_limits: [("gpt-*".to_owned(), caps)].into(),
                    ..Rules::default()
                };
                assert_eq!(named(given), format!("model_limits.gpt-*.{field}"));
            }
        }
        assert!(
            rules(Rules {
                caps: Caps {
                    rpm: Some(1),
                    ..Caps::default()
                },
                ..Rules::default()
            })
            .is_ok()
        );
    }

    #[test]
    fn an_expiry_is_a_time_a_day_or_a_moment() {
        let now = "2026-11-21T10:00:00Z".parse().unwrap();
        let read = |text| expiry(text, now).map(|at| at.to_rfc3339());
        assert_eq!(read("90d"), Ok("2027-02-19T10:00:00+00:00".into()));
        assert_eq!(read("24h"), Ok("2026-11-22T10:00:00+00:00".into()));
        assert_eq!(read("1y"), Ok("2027-11-21T10:00:00+00:00".into()));
        assert_eq!(read("2026-12-31"), Ok("2026-12-31T00:00:00+00:00".into()));
        assert_eq!(
            read("2026-12-31T12:00:00+02:00"),
            Ok("2026-12-31T10:00:00+00:00".into())
        );
        for wrong in [
            "",
            "d",
            "-1d",
            "1.5d",
            "+1d",
            "99999999999d",
            "4294967295y",
            "soon",
            "1ß",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(expires(Some(now), now).is_err());
        assert!(expires(Timestamp::from_timestamp(253_402_300_800, 0), now).is_err());
    }
}
