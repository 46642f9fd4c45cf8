//! What an answer's headers tell beside its content.

use std::fmt::{self, Display, Write as _};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::dialects::Dialect;
use crate::limits::Standings;
use crate::models::chat::Family;
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

/// Of requests and of tokens: the limit, what is left, and when all of it is back.
const OPENAI_LIMITS: [[HeaderName; 3]; 2] = [
    [
        HeaderName::from_static("x-ratelimit-limit-requests"),
        HeaderName::from_static("x-ratelimit-remaining-requests"),
        HeaderName::from_static("x-ratelimit-reset-requests"),
    ],
    [
        HeaderName::from_static("x-ratelimit-limit-tokens"),
        HeaderName::from_static("x-ratelimit-remaining-tokens"),
        HeaderName::from_static("x-ratelimit-reset-tokens"),
    ],
];
const ANTHROPIC_LIMITS: [[HeaderName; 3]; 2] = [
    [
        HeaderName::from_static("anthropic-ratelimit-requests-limit"),
        HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
        HeaderName::from_static("anthropic-ratelimit-requests-reset"),
    ],
    [
        HeaderName::from_static("anthropic-ratelimit-tokens-limit"),
        HeaderName::from_static("anthropic-ratelimit-tokens-remaining"),
        HeaderName::from_static("anthropic-ratelimit-tokens-reset"),
    ],
];

/// How many headers an answer has at most, as a rule.
const MOST: usize = 20;

/// The longest list of paths that is sent; what is beyond it is named by its number.
const LONGEST_LIST: usize = 4000;

/// Headers in the making: their values are spelled into one buffer, which they share, since an
/// answer has a dozen of them.
#[derive(Debug)]
pub(super) struct Spelling {
    text: String,
    /// Each name, and where its value ends.
    ends: Vec<(HeaderName, usize)>,
}

impl Spelling {
    pub(super) fn new() -> Self {
        Self {
            text: String::with_capacity(128),
            ends: Vec::with_capacity(MOST),
        }
    }

    /// Names who answered.
    pub(super) fn target(&mut self, target: &Target, attempts: u32) {
        self.tell(PROVIDER, &target.provider_name);
        self.tell(MODEL, &target.model);
        self.tell(ATTEMPTS, attempts);
    }

    /// Names what the target was not told, and what was moved into its range.
    pub(super) fn losses(&mut self, dropped: &[String], clamped: &[String]) {
        for (name, paths) in [(DROPPED, dropped), (CLAMPED, clamped)] {
            if !paths.is_empty() {
                self.tell(name, list(paths));
            }
        }
    }

    /// Tells how the caller's limits stand: in OpenAI's words to all, and to clients of
    /// Anthropic's dialect in theirs too.
    pub(super) fn limits(&mut self, standings: &Standings, client: Dialect, now: Timestamp) {
        self.windows(OPENAI_LIMITS, standings, Wait);
        if client.family() == Family::Anthropic {
            self.windows(ANTHROPIC_LIMITS, standings, |wait| {
                (now + wait).format("%Y-%m-%dT%H:%M:%SZ")
            });
        }
    }

    fn windows<T: Display>(
        &mut self,
        names: [[HeaderName; 3]; 2],
        standings: &Standings,
        reset: impl Fn(Duration) -> T,
    ) {
        let standings = [standings.requests, standings.tokens];
        for ([limit, remaining, until], standing) in names.into_iter().zip(standings) {
            let Some(standing) = standing else { continue };
            self.tell(limit, standing.limit);
            self.tell(remaining, standing.remaining);
            self.tell(until, reset(standing.reset));
        }
    }

    fn tell(&mut self, name: HeaderName, value: impl Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{value}");
        self.ends.push((name, self.text.len()));
    }
}

impl From<Spelling> for HeaderMap {
    /// Without values that no header can have.
    fn from(told: Spelling) -> Self {
        if told.ends.is_empty() {
            return Self::new();
        }
        let text = Bytes::from(told.text);
        // Whoever takes the answer on adds some.
        let mut headers = Self::with_capacity(MOST);
        let mut start = 0;
        for (name, end) in told.ends {
            if let Ok(value) = HeaderValue::from_maybe_shared(text.slice(start..end)) {
                headers.insert(name, value);
            }
            start = end;
        }
        headers
    }
}

/// The headers go out before a target is settled: they do not name one.
pub(super) fn unsettled(headers: &mut HeaderMap) {
    for name in [PROVIDER, MODEL, ATTEMPTS] {
        headers.remove(name);
    }
}

/// Tells the price of a plain answer.
pub(super) fn cost(headers: &mut HeaderMap, price: Option<Money>) {
    if let Some(value) = price.and_then(|price| HeaderValue::try_from(price.to_string()).ok()) {
        headers.insert(COST, value);
    }
}

/// Names what of a whole answer the client's dialect has no place for, behind what the target was
/// not told.
pub(super) fn lost(headers: &mut HeaderMap, paths: &[String]) {
    if paths.is_empty() {
        return;
    }
    let before = headers.get(DROPPED).and_then(|value| value.to_str().ok());
    let told = match before {
        Some(before) => format!("{before}, {}", list(paths)),
        None => list(paths),
    };
    if let Ok(value) = HeaderValue::try_from(told) {
        headers.insert(DROPPED, value);
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

/// A duration as OpenAI spells it: `130ms`, `1s`, `6m0s`.
struct Wait(Duration);

impl Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match (seconds / 60, seconds % 60, self.0.subsec_millis()) {
            (0, 0, millis) => write!(f, "{millis}ms"),
            (0, seconds, 0) => write!(f, "{seconds}s"),
            (0, seconds, millis) => write!(f, "{seconds}.{millis:03}s"),
            (minutes, seconds, _) => write!(f, "{minutes}m{seconds}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_spelled_as_openai_does() {
        assert_eq!(Wait(Duration::from_millis(130)).to_string(), "130ms");
        assert_eq!(Wait(Duration::from_secs(1)).to_string(), "1s");
        assert_eq!(Wait(Duration::from_mins(6)).to_string(), "6m0s");
    }

    #[test]
    fn a_path_with_a_line_break_cannot_split_the_header() {
        let mut told = Spelling::new();
        told.losses(&["tools[0]\r\nset-cookie: x".into()], &[]);
        let headers = HeaderMap::from(told);
        assert_eq!(headers["x-manti-dropped"], "tools[0]??set-cookie: x");
    }
}
