//! The one credential of a request.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};

use crate::api::problem::Problem;
use crate::models::refusal::Situation;

const KEY_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// The longest credential; an access token is a few hundred bytes.
const LONGEST: usize = 4096;

/// The credential of a request: exactly one, in exactly one of its places. `query`: where Google's
/// clients may have put it, on Google's addresses alone.
pub(super) fn only<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Result<&'a str, Problem> {
    let mut found = None;
    let mut count = 0;
    for key in query.into_iter().flat_map(keys) {
        count += 1;
        found = Some(key.as_bytes());
    }
    for value in headers.get_all(AUTHORIZATION) {
        count += 1;
        found = bearer(value.as_bytes());
    }
    for name in &KEY_HEADERS {
        for value in headers.get_all(name) {
            count += 1;
            found = Some(value.as_bytes());
        }
    }
    match (count, found.and_then(token)) {
        (0, _) => Err(refused(
            "No credential was given. Send your API key as `Authorization: Bearer KEY`.",
        )),
        (1, Some(token)) => Ok(token),
        (1, None) => Err(refused(
            "The credential is malformed. Send your API key as `Authorization: Bearer KEY`.",
        )),
        _ => Err(refused(
            "Several credentials were given. Send exactly one, in one header.",
        )),
    }
}

/// What a query has under `key`.
fn keys(query: &str) -> impl Iterator<Item = &str> {
    query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("key="))
}

fn refused(message: &str) -> Problem {
    Problem::new(Situation::Unauthenticated, message)
}

/// What stands behind `Bearer` and one space.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

/// A token of the characters that keys and access tokens are made of; no list, space or NUL.
fn token(value: &[u8]) -> Option<&str> {
    let plain = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'=')
    };
    if value.is_empty() || value.len() > LONGEST || !value.iter().all(plain) {
        return None;
    }
    std::str::from_utf8(value).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn one_credential_is_found_in_each_of_its_places() {
        for pair in [
            ("authorization", &b"Bearer sk-manti-1"[..]),
            ("authorization", b"bearer sk-manti-1"),
            ("x-api-key", b"sk-manti-1"),
            ("x-goog-api-key", b"sk-manti-1"),
        ] {
            assert_eq!(only(&headers(&[pair]), None).unwrap(), "sk-manti-1");
        }
    }

    #[test]
    fn none_several_and_odd_ones_are_refused() {
        let key = b"sk-manti-1";
        let odd: &[&[(&'static str, &[u8])]] = &[
            &[],
            &[("cookie", b"key=sk-manti-1")],
            &[("authorization", b"sk-manti-1")],
            &[("authorization", b"Basic c2stbWFudGk=")],
            &[("authorization", b"Bearer ")],
            &[("authorization", b"Bearer  sk-manti-1")],
            &[("authorization", b"Bearer sk-manti-1, sk-manti-2")],
            &[("authorization", b"Bearer sk-manti-1,sk-manti-2")],
            &[("authorization", b"Bearer sk-manti-1 x")],
            &[("authorization", b"Bearer\tsk-manti-1")],
            &[("x-api-key", b"sk-manti-1\xff")],
            &[("x-api-key", b"")],
            &[("x-api-key", b"Bearer sk-manti-1")],
            &[("x-api-key", key), ("x-api-key", key)],
            &[
                ("authorization", b"Bearer sk-manti-1"),
                ("authorization", b"Bearer sk-manti-1"),
            ],
            &[("authorization", b"Bearer sk-manti-1"), ("x-api-key", key)],
            &[("authorization", b"Basic x"), ("x-api-key", key)],
            &[("x-api-key", key), ("x-goog-api-key", key)],
        ];
        for pairs in odd {
            let problem = only(&headers(pairs), None).unwrap_err();
            assert_eq!(
                problem.refusal.situation,
                Situation::Unauthenticated,
                "{pairs:?}"
            );
            assert!(!problem.refusal.message.contains("sk-manti-1"));
        }
    }

    #[test]
    fn a_key_in_the_query_is_one_credential_more() {
        let none = HeaderMap::new();
        assert_eq!(
            only(&none, Some("alt=sse&key=sk-manti-1")).unwrap(),
            "sk-manti-1"
        );
        for query in ["key=", "key=a&key=a", "Key=a", "key=a%00", "monkey=a"] {
            assert!(only(&none, Some(query)).is_err(), "{query}");
        }
        let named = headers(&[("x-goog-api-key", b"sk-manti-1")]);
        assert!(only(&named, Some("key=sk-manti-1")).is_err());
    }
}
