//! Signing in, staying in, leaving.
//!
//! A browser asks for `"cookie": true`: the refresh token then lives in an HttpOnly cookie that
//! scripts cannot read, and whoever uses it must show `x-csrf-token`, which only a page of the
//! same origin knows.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use poem::{IntoResponse, Request, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::{ApiResponse, Object, OpenApi};

use crate::api::extract::Client;
use crate::api::payload::{Answer, Fields, Input, Write};
use crate::api::problem::Problem;
use crate::api::routes::Tag;
use crate::auth::{Sessions, Tokens};
use crate::models::refusal::Situation;

const REFRESH_COOKIE: &str = "manti_refresh";
const CSRF_COOKIE: &str = "manti_csrf";
const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// Signing in and out.
#[derive(Clone)]
pub(in crate::api) struct Login {
    pub(in crate::api) sessions: Sessions,
    /// Users reach this server over HTTPS only.
    pub(in crate::api) secure: bool,
}

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::People")]
impl Login {
    /// Sign in
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(&self, client: Client, input: Input<Credentials>) -> Result<SignedIn, Problem> {
        let Credentials {
            email,
            password,
            cookie,
        } = input.0;
        let tokens = Box::pin(self.sessions.login(&email, &password, client.0)).await?;
        Ok(self.signed_in(tokens, cookie == Some(true)))
    }

    /// Exchange a refresh token for new tokens
    ///
    /// With the token in the body, or without a body, in the cookie, with `x-csrf-token`.
    #[oai(path = "/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(&self, request: &Request, input: Input<Session>) -> Result<SignedIn, Problem> {
        let (token, cookie) = held(request.headers(), input.0)?;
        let tokens = Box::pin(self.sessions.refresh(&token)).await?;
        Ok(self.signed_in(tokens, cookie))
    }

    /// Sign out
    ///
    /// Ends the session of the refresh token in the body or the cookie (with `x-csrf-token`).
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, request: &Request, input: Input<Session>) -> Result<SignedOut, Problem> {
        let (token, _) = held(request.headers(), input.0)?;
        self.sessions.logout(&token).await?;
        Ok(SignedOut {
            cookies: self.cookies("", "", 0),
        })
    }
}

impl Login {
    fn signed_in(&self, tokens: Tokens, cookie: bool) -> SignedIn {
        let csrf = cookie.then(|| csrf_token(&tokens.refresh_token));
        let cookies = csrf.as_deref().map(|csrf| {
            let seconds = tokens.refresh_expires_in.as_secs();
            self.cookies(&tokens.refresh_token, csrf, seconds)
        });
        SignedIn {
            cookies: cookies.unwrap_or_default(),
            tokens: AccessTokens {
                access_token: tokens.access_token,
                token_type: "Bearer".to_owned(),
                expires_in: tokens.expires_in.as_secs(),
                refresh_token: (!cookie).then_some(tokens.refresh_token),
                csrf_token: csrf,
            },
        }
    }

    /// The cookies of a session; those of zero seconds remove it.
    fn cookies(&self, refresh: &str, csrf: &str, seconds: u64) -> Vec<String> {
        let secure = if self.secure { "; Secure" } else { "" };
        let end = format!("; Max-Age={seconds}; SameSite=Strict{secure}");
        vec![
            format!("{REFRESH_COOKIE}={refresh}; Path=/api/v1/auth; HttpOnly{end}"),
            format!("{CSRF_COOKIE}={csrf}; Path=/{end}"),
        ]
    }
}

/// The refresh token of a request, and whether it came as a cookie.
fn held(headers: &HeaderMap, session: Session) -> Result<(String, bool), Problem> {
    if let Some(token) = session.refresh_token {
        return Ok((token, false));
    }
    let missing = || {
        Problem::new(
            Situation::Unauthenticated,
            "There is no session: sign in at /api/v1/auth/login.",
        )
    };
    let token = cookie(headers, REFRESH_COOKIE).ok_or_else(missing)?;
    let shown = headers
        .get(CSRF_HEADER)
        .map_or(&b""[..], HeaderValue::as_bytes);
    let expected = csrf_token(&token);
    if aws_lc_rs::constant_time::verify_slices_are_equal(shown, expected.as_bytes()).is_err() {
        return Err(Problem::new(
            Situation::Forbidden,
            "The x-csrf-token header is missing or does not belong to this session.",
        ));
    }
    Ok((token, true))
}

/// A cookie that was sent exactly once.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(other, _)| *other == name)
        .map(|(_, value)| value.to_owned());
    let only = found.next().filter(|value| !value.is_empty());
    found.next().is_none().then_some(only).flatten()
}

/// What proves that a page can read the answers of this origin: it follows from the refresh
/// token and does not tell it.
fn csrf_token(refresh_token: &str) -> String {
    use std::fmt::Write as _;
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(b"manti csrf\0");
    context.update(refresh_token.as_bytes());
    let digest = context.finish();
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Who signs in.
#[derive(Object)]
struct Credentials {
    /// The user's address.
    email: String,
    /// The user's password.
    #[oai(validator(max_length = 1024))]
    password: String,
    /// Keep the refresh token in an HttpOnly cookie instead of telling it.
    cookie: Option<bool>,
}

impl Write for Credentials {
    type Schema = Self;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            email: fields.required("email")?,
            password: fields.required("password")?,
            cookie: fields.flag("cookie")?,
        })
    }
}

/// Which session is meant.
#[derive(Object)]
struct Session {
    /// The refresh token; left out when it is in the cookie.
    refresh_token: Option<String>,
}

impl Write for Session {
    type Schema = Self;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            refresh_token: fields.text("refresh_token")?,
        })
    }
}

/// What a signed-in user holds.
#[derive(Object)]
struct AccessTokens {
    /// The bearer token for `/api/v1` and `/v1`.
    access_token: String,
    /// `Bearer`
    token_type: String,
    /// Seconds until the access token expires.
    expires_in: u64,
    /// Exchanged once for the next pair; absent when it is in the cookie.
    #[oai(skip_serializing_if_is_none)]
    refresh_token: Option<String>,
    /// What `x-csrf-token` must say together with the cookie.
    #[oai(skip_serializing_if_is_none)]
    csrf_token: Option<String>,
}

/// Tokens, and the cookies that keep them.
struct SignedIn {
    tokens: AccessTokens,
    cookies: Vec<String>,
}

fn with_cookies(mut response: Response, cookies: &[String]) -> Response {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}

impl IntoResponse for SignedIn {
    fn into_response(self) -> Response {
        with_cookies(Answer(self.tokens).into_response(), &self.cookies)
    }
}

impl ApiResponse for SignedIn {
    fn meta() -> MetaResponses {
        Answer::<AccessTokens>::meta()
    }

    fn register(registry: &mut Registry) {
        <Answer<AccessTokens> as ApiResponse>::register(registry);
    }
}

/// The session is over.
#[derive(Object)]
struct Ended {
    /// `signed out`
    status: String,
}

/// The session is over, and so are its cookies.
struct SignedOut {
    cookies: Vec<String>,
}

impl IntoResponse for SignedOut {
    fn into_response(self) -> Response {
        let ended = Ended {
            status: "signed out".to_owned(),
        };
        with_cookies(Answer(ended).into_response(), &self.cookies)
    }
}

impl ApiResponse for SignedOut {
    fn meta() -> MetaResponses {
        Answer::<Ended>::meta()
    }

    fn register(registry: &mut Registry) {
        <Answer<Ended> as ApiResponse>::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn none() -> Session {
        Session {
            refresh_token: None,
        }
    }

    #[test]
    fn a_cookie_counts_only_with_its_csrf_token() {
        let csrf = csrf_token("r1");
        let good = headers(&[("cookie", "a=b; manti_refresh=r1"), ("x-csrf-token", &csrf)]);
        assert_eq!(held(&good, none()).unwrap(), ("r1".to_owned(), true));
        for bad in [
            headers(&[("cookie", "manti_refresh=r1")]),
            headers(&[("cookie", "manti_refresh=r1"), ("x-csrf-token", "r1")]),
            headers(&[("cookie", "manti_refresh=r2"), ("x-csrf-token", &csrf)]),
        ] {
            let problem = held(&bad, none()).unwrap_err();
            assert_eq!(problem.refusal.situation, Situation::Forbidden);
        }
        for bad in [
            headers(&[("x-csrf-token", &csrf)]),
            headers(&[
                ("cookie", "manti_refresh=r1; manti_refresh=r1"),
                ("x-csrf-token", &csrf),
            ]),
        ] {
            let problem = held(&bad, none()).unwrap_err();
            assert_eq!(problem.refusal.situation, Situation::Unauthenticated);
        }
    }

    #[test]
    fn the_csrf_token_does_not_tell_the_refresh_token() {
        assert!(!csrf_token("secret").contains("secret"));
        assert_ne!(csrf_token("one"), csrf_token("two"));
    }
}
