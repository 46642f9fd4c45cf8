//! The headers that go to a provider and those that come back: allow-lists both ways.

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Outbound;
use crate::models::operation::Operation;

const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
const ANTHROPIC_BETA: HeaderName = HeaderName::from_static("anthropic-beta");

/// Where providers put their id of a request.
static REQUEST_IDS: [HeaderName; 6] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-amzn-requestid"),
    HeaderName::from_static("mistral-correlation-id"),
    HeaderName::from_static("x-generation-id"),
    HeaderName::from_static("x-typhoon-request-id"),
];

/// The longest id of a request that is believed.
const LONGEST_ID: usize = 200;

/// The headers of every request to a provider, without its credential.
pub(super) fn outgoing(stream: bool) -> HeaderMap {
    let accept = if stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("manti/", env!("CARGO_PKG_VERSION"))),
    );
    headers
}

/// What bodies call themselves that are not JSON.
pub(super) fn shape(headers: &mut HeaderMap, call: &Outbound<'_>) {
    if let Some(parts) = &call.upload
        && let Ok(kind) = HeaderValue::try_from(&parts.content_type)
    {
        headers.insert(CONTENT_TYPE, kind);
    }
    let any = matches!(
        call.operation,
        Operation::Speak | Operation::Transcribe | Operation::Translate
    );
    if any {
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    }
}

/// Of a client's headers, those that may go on to a provider.
pub fn forwardable(client: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [ANTHROPIC_VERSION, ANTHROPIC_BETA] {
        for value in client.get_all(&name) {
            headers.append(&name, value.clone());
        }
    }
    headers
}

/// Anthropic's version and betas as the client has them.
pub(super) fn anthropic(headers: &mut HeaderMap, client: &HeaderMap) {
    let version = client
        .get(ANTHROPIC_VERSION)
        .cloned()
        .unwrap_or(HeaderValue::from_static("2023-06-01"));
    headers.insert(ANTHROPIC_VERSION, version);
    for beta in client.get_all(ANTHROPIC_BETA) {
        headers.append(ANTHROPIC_BETA, beta.clone());
    }
}

/// What Anthropic's own API calls the search for tools.
const TOOL_SEARCH: &str = "advanced-tool-use-2025-11-20";

/// What the clouds call it.
///
/// See <https://github.com/BerriAI/litellm/blob/main/litellm/anthropic_beta_headers_config.json>.
const TOOL_SEARCH_OF_CLOUDS: &str = "tool-search-tool-2025-10-19";

/// Anthropic's betas that the client has, one by one, as the clouds name them.
pub(super) fn betas(client: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = client.get_all(&ANTHROPIC_BETA).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|beta| !beta.is_empty())
        .map(|beta| match beta {
            TOOL_SEARCH => TOOL_SEARCH_OF_CLOUDS,
            _ => beta,
        })
}

/// Of Anthropic's betas that the client has, those that a provider knows.
pub(super) fn known_betas(headers: &mut HeaderMap, client: &HeaderMap, known: &[&str]) {
    let betas: Vec<&str> = betas(client).filter(|beta| known.contains(beta)).collect();
    if let Ok(value) = HeaderValue::try_from(betas.join(","))
        && !betas.is_empty()
    {
        headers.insert(ANTHROPIC_BETA, value);
    }
}

/// What AWS calls an error: `ThrottlingException`, without where that is explained.
pub(super) fn error_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-amzn-errortype")?.to_str().ok()?;
    let name = value.split([':', ';']).next()?.trim();
    let name = name.rsplit('#').next()?;
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| name.to_owned())
}

/// The provider's own id of a request.
pub fn request_id(headers: &HeaderMap) -> Option<&str> {
    REQUEST_IDS
        .iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .find(|id| !id.is_empty() && id.len() <= LONGEST_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn of_the_clients_headers_only_anthropics_go_on() {
        let client = map(&[
            ("authorization", "Bearer sk-manti"),
            ("cookie", "a=b"),
            ("host", "evil.example"),
            ("x-forwarded-for", "1.2.3.4"),
            ("anthropic-version", "2024-01-01"),
            ("anthropic-beta", "a,b"),
        ]);
        let mut headers = outgoing(true);
        anthropic(&mut headers, &client);
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        let wanted = [
            "accept",
            "accept-encoding",
            "anthropic-beta",
            "anthropic-version",
            "content-type",
            "user-agent",
        ];
        assert_eq!(names, wanted);
        assert_eq!(headers["anthropic-version"], "2024-01-01");
        let mut plain = outgoing(false);
        anthropic(&mut plain, &HeaderMap::new());
        assert_eq!(plain["anthropic-version"], "2023-06-01");
        assert_eq!(plain["accept"], "application/json");
    }

    #[test]
    fn the_providers_own_id_is_found() {
        assert_eq!(request_id(&map(&[("request-id", "req_1")])), Some("req_1"));
        let several = map(&[("x-request-id", ""), ("mistral-correlation-id", "m")]);
        assert_eq!(request_id(&several), Some("m"));
        assert_eq!(request_id(&HeaderMap::new()), None);
    }
}
