//! What an answer's headers tell beside its content.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::SecondsFormat;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::dialects::Dialect;
use crate::limits::{Standing, Standings};
use crate::models::clock::Timestamp;
use crate::models::money::Money;
use crate::providers::Target;

const PROVIDER: HeaderName = HeaderName::from_static("x-manti-provider");
const MODEL: HeaderName = HeaderName::from_static("x-manti-model");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-manti-attempts");
const DROPPED: HeaderName = HeaderName::from_static("x-manti-dropped");
const CLAMPED: HeaderName = HeaderName::from_static("x-manti-clamped");
const COST: HeaderName = HeaderName::from_static("x-manti-cost-usd");
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The longest list of paths that is sent; what is beyond it is named by its number.
const LONGEST_LIST: usize = 4000;

/// Names who answered.
pub(super) fn target(headers: &mut HeaderMap, target: &Target, attempts: u32) {
    insert(headers, PROVIDER, &target.provider_name);
    insert(headers, MODEL, &target.model);
    headers.insert(ATTEMPTS, HeaderValue::from(attempts));
}

/// The headers go out before a target is settled: they do not name one.
pub(super) fn unsettled(headers: &mut HeaderMap) {
    for name in [PROVIDER, MODEL, ATTEMPTS] {
        headers.remove(name);
    }
}

/// Names what the target was not told, and what was moved into its range.
pub(super) fn losses(headers: &mut HeaderMap, dropped: &[String], clamped: &[String]) {
    for (name, paths) in [(DROPPED, dropped), (CLAMPED, clamped)] {
        if !paths.is_empty() {
            insert(headers, name, &list(paths));
        }
    }
}

/// Tells the price of a plain answer.
pub(super) fn cost(headers: &mut HeaderMap, price: Option<Money>) {
    if let Some(price) = price {
        insert(headers, COST, &price.to_string());
    }
}

/// Tells how the caller's limits stand: in OpenAI's words to all, and to clients of Anthropic's
/// dialect in theirs too.
pub(super) fn limits(
    headers: &mut HeaderMap,
    standings: &Standings,
    client: Dialect,
    now: Timestamp,
) {
    const REQUESTS: [HeaderName; 3] = [
        HeaderName::from_static("x-ratelimit-limit-requests"),
        HeaderName::from_static("x-ratelimit-remaining-requests"),
        HeaderName::from_static("x-ratelimit-reset-requests"),
    ];
    const TOKENS: [HeaderName; 3] = [
        HeaderName::from_static("x-ratelimit-limit-tokens"),
        HeaderName::from_static("x-ratelimit-remaining-tokens"),
        HeaderName::from_static("x-ratelimit-reset-tokens"),
    ];
    for (names, standing) in [(REQUESTS, standings.requests), (TOKENS, standings.tokens)] {
        if let Some(Standing {
            limit,
            remaining,
            reset,
        }) = standing
        {
            let [limit_name, remaining_name, reset_name] = names;
            headers.insert(limit_name, HeaderValue::from(limit));
            headers.insert(remaining_name, HeaderValue::from(remaining));
            insert(headers, reset_name, &spell(reset));
        }
    }
    if client == Dialect::Messages {
        anthropic_limits(headers, standings, now);
    }
}

fn anthropic_limits(headers: &mut HeaderMap, standings: &Standings, now: Timestamp) {
    const REQUESTS: [HeaderName; 3] = [
        HeaderName::from_static("anthropic-ratelimit-requests-limit"),
        HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
        HeaderName::from_static("anthropic-ratelimit-requests-reset"),
    ];
    const TOKENS: [HeaderName; 3] = [
        HeaderName::from_static("anthropic-ratelimit-tokens-limit"),
        HeaderName::from_static("anthropic-ratelimit-tokens-remaining"),
        HeaderName::from_static("anthropic-ratelimit-tokens-reset"),
    ];
    for (names, standing) in [(REQUESTS, standings.requests), (TOKENS, standings.tokens)] {
        let Some(standing) = standing else { continue };
        let [limit, remaining, reset] = names;
        headers.insert(limit, HeaderValue::from(standing.limit));
        headers.insert(remaining, HeaderValue::from(standing.remaining));
        let at = now + standing.reset;
        insert(
            headers,
            reset,
            &at.to_rfc3339_opts(SecondsFormat::Secs, true),
        );
    }
}

/// The headers of a stream of events.
pub(super) fn events(headers: &mut HeaderMap) {
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
}

/// The headers of a plain answer.
pub(super) fn json(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Joins paths with commas, up to a length; control and non-ASCII characters become `?`.
fn list(paths: &[String]) -> String {
    let mut text = String::new();
    for (index, path) in paths.iter().enumerate() {
        if text.len() + path.len() > LONGEST_LIST {
            let _ = write!(text, ", and {} more", paths.len() - index);
            break;
        }
        if index > 0 {
            text.push_str(", ");
        }
        text.extend(
            path.chars()
                .map(|c| if matches!(c, ' '..='~') { c } else { '?' }),
        );
    }
    text
}

/// Spells a duration as OpenAI does: `130ms`, `1s`, `6m0s`.
fn spell(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 60, seconds % 60, duration.subsec_millis()) {
        (0, 0, millis) => format!("{millis}ms"),
        (0, seconds, 0) => format!("{seconds}s"),
        (0, seconds, millis) => format!("{seconds}.{millis:03}s"),
        (minutes, seconds, _) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_spelled_as_openai_does() {
        assert_eq!(spell(Duration::from_millis(130)), "130ms");
        assert_eq!(spell(Duration::from_secs(1)), "1s");
        assert_eq!(spell(Duration::from_mins(6)), "6m0s");
    }

    #[test]
    fn a_path_with_a_line_break_cannot_split_the_header() {
        let mut headers = HeaderMap::new();
        losses(&mut headers, &["tools[0]\r\nset-cookie: x".into()], &[]);
        assert_eq!(headers["x-manti-dropped"], "tools[0]??set-cookie: x");
    }
}
