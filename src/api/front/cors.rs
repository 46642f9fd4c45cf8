//! Browsers of other origins: let in where the configuration names them, never with cookies.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use poem::{Request, Response};

/// What a page of another origin may read of an answer.
const EXPOSED: &str = "x-request-id, request-id, retry-after, retry-after-ms, x-should-retry, \
    x-manti-provider, x-manti-model, x-manti-attempts, x-manti-cost-usd, x-manti-dropped, \
    x-manti-clamped, x-manti-provider-request-id, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, \
    x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, \
    x-ratelimit-reset-tokens, anthropic-ratelimit-requests-limit, \
    anthropic-ratelimit-requests-remaining, anthropic-ratelimit-requests-reset, \
    anthropic-ratelimit-tokens-limit, anthropic-ratelimit-tokens-remaining, \
    anthropic-ratelimit-tokens-reset";

/// The origins that are let in.
#[derive(Debug)]
pub(super) struct Cors {
    origins: Vec<HeaderValue>,
}

impl Cors {
    pub(super) fn new(origins: &[String]) -> Self {
        Self {
            origins: origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin.trim_end_matches('/')).ok())
                .collect(),
        }
    }

    /// The origin of a request that is let in.
    pub(super) fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.origins.is_empty() {
            return None;
        }
        let origin = headers.get(ORIGIN)?;
        self.origins.contains(origin).then(|| origin.clone())
    }

    /// Lets the page read the answer.
    pub(super) fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
        headers.append(VARY, HeaderValue::from_static("origin"));
    }

    /// The answer to a browser that asks before it sends.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        if request.method() != Method::OPTIONS
            || !request
                .headers()
                .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        {
            return None;
        }
        self.origin(request.headers())?;
        let asked = request
            .headers()
            .get(ACCESS_CONTROL_REQUEST_HEADERS)
            .cloned()
            .unwrap_or_else(|| HeaderValue::from_static("authorization, content-type"));
        Some(
            Response::builder()
                .status(StatusCode::NO_CONTENT)
                .header(ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH, DELETE")
                .header(ACCESS_CONTROL_ALLOW_HEADERS, asked)
                .header(ACCESS_CONTROL_MAX_AGE, "600")
                .finish(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(origin: &str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, origin.parse().unwrap())])
    }

    #[test]
    fn only_configured_origins_are_let_in() {
        let cors = Cors::new(&["https://app.example.com/".to_owned()]);
        let known = from("https://app.example.com");
        assert_eq!(cors.origin(&known).unwrap(), "https://app.example.com");
        for foreign in [
            "https://evil.example.com",
            "https://app.example.com.evil.com",
            "http://app.example.com",
            "null",
        ] {
            assert_eq!(cors.origin(&from(foreign)), None, "{foreign}");
        }
        assert_eq!(Cors::new(&[]).origin(&known), None);
    }
}
