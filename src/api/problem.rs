//! The only place where a refusal becomes an HTTP answer: status, headers and envelope.
//!
//! Which envelope a client reads is decided by the address it called, never by the error, so that
//! a wrong method and a dead provider look alike to it.

use std::fmt;
use std::ops::{Deref, DerefMut};

use http::header::{ALLOW, CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use poem::error::{MethodNotAllowedError, NotFoundError, ResponseError};
use poem::{Body, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry};

use super::document;
use crate::auth::{AccountError, LoginError};
use crate::dialects::Wire;
use crate::dialects::anthropic_messages::Messages;
use crate::dialects::gemini::Gemini;
use crate::dialects::openai_chat::Chat;
use crate::gateway::Declined;
use crate::models::refusal::{Refusal, Situation};
use crate::store;

/// The provider's own id of a request that it refused, for its support.
const PROVIDER_REQUEST_ID: HeaderName = HeaderName::from_static("x-manti-provider-request-id");

/// A request that is refused before anybody reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Its head cannot be read, or can be read in two ways.
    Head,
    /// Its address is too long.
    AddressTooLong,
    /// Its headers are too many or too large.
    HeadersTooLarge,
    /// Its head did not come in time.
    Timeout,
    /// The server is stopping.
    Closing,
}

impl Malformed {
    /// The fault of a number that was made by `as u8`.
    pub fn from_number(number: u8) -> Option<Self> {
        [
            Self::Head,
            Self::AddressTooLong,
            Self::HeadersTooLarge,
            Self::Timeout,
            Self::Closing,
        ]
        .into_iter()
        .find(|fault| *fault as u8 == number)
    }

    /// What the client is told.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Head => Refusal::new(
                Situation::InvalidValue,
                "The request's head is malformed or ambiguous.",
            )
            .code(""),
            Self::AddressTooLong => Refusal::new(
                Situation::AddressTooLong,
                "The address is longer than 8192 bytes.",
            ),
            Self::HeadersTooLarge => Refusal::new(
                Situation::HeadersTooLarge,
                "The headers are more than 100 or larger than 64 KiB.",
            ),
            Self::Timeout => Refusal::new(
                Situation::RequestTimeout,
                "The request did not arrive in time.",
            ),
            Self::Closing => closing(),
        }
    }
}

/// The refusal of a server that is stopping.
pub fn closing() -> Refusal {
    Refusal::new(
        Situation::ShuttingDown,
        "This server is stopping: try again.",
    )
}

/// Whose words an error is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Envelope {
    OpenAi,
    Anthropic,
    Google,
}

impl Envelope {
    /// The envelope of an address.
    pub(crate) fn of(path: &str) -> Self {
        match path.strip_prefix("/v1/messages") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::Anthropic,
            _ if path.starts_with("/v1beta/") => Self::Google,
            _ => Self::OpenAi,
        }
    }

    fn client(self) -> &'static dyn Wire {
        match self {
            Self::OpenAi => &Chat,
            Self::Anthropic => &Messages,
            Self::Google => &Gemini,
        }
    }
}

/// A refusal on its way out of a handler.
#[derive(Debug)]
pub(crate) struct Problem(Box<Told>);

/// What a problem tells.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) refusal: Refusal,
    /// Headers beyond those that follow from the refusal.
    pub(crate) headers: HeaderMap,
    /// The rest of the request's body must not be read.
    pub(crate) close: bool,
}

impl Deref for Problem {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Told {
        &mut self.0
    }
}

impl Problem {
    pub(crate) fn new(situation: Situation, message: impl Into<String>) -> Self {
        Refusal::new(situation, message).into()
    }

    /// Ends the connection with the answer.
    pub(crate) fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// Names the field that is wrong.
    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.refusal.param = Some(param.into());
        self
    }

    /// The same of a field within another one.
    pub(crate) fn within(mut self, path: &str) -> Self {
        if let Some(param) = &mut self.refusal.param {
            *param = format!("{path}.{param}");
            self.refusal.message = format!("{path}.{}", self.refusal.message);
        }
        self
    }

    /// A field that is wrong.
    pub(crate) fn invalid(param: impl Into<String>, message: impl fmt::Display) -> Self {
        let param = param.into();
        let message = format!("{param}: {message}.");
        Refusal::new(Situation::InvalidValue, message)
            .param(param)
            .into()
    }

    /// The answer that says it.
    pub(crate) fn answer(&self, envelope: Envelope, request_id: &str) -> Response {
        let refusal = &self.refusal;
        let mut response = Response::builder()
            .status(status(refusal, envelope))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Body::from(
                envelope.client().error_body(refusal, request_id),
            ));
        let headers = response.headers_mut();
        headers.extend(self.headers.clone());
        waits(refusal, headers);
        let id = refusal.provider_request_id.as_deref();
        if let Some(Ok(id)) = id.map(HeaderValue::from_str) {
            headers.insert(PROVIDER_REQUEST_ID, id);
        }
        if refusal.situation == Situation::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// What a read of the database says when it fails.
pub(crate) fn of_store(error: store::Error) -> Problem {
    match error {
        store::Error::NotFound => Problem::new(Situation::NotFound, "There is no such thing."),
        store::Error::Conflict { what } => {
            Problem::new(Situation::Conflict, format!("{what} is taken."))
        }
        store::Error::Unavailable(_) => unavailable(),
        store::Error::Other(error) => internal(&error),
    }
}

fn unavailable() -> Problem {
    Problem::new(
        Situation::DatabaseUnavailable,
        "The database is away: try again.",
    )
}

fn too_many(wait: std::time::Duration) -> Problem {
    Refusal::new(Situation::TooManyLogins, "Too many wrong tries: wait.")
        .retry_after(wait)
        .into()
}

fn internal(error: &dyn std::error::Error) -> Problem {
    tracing::error!(error = %error, "the database refused");
    Problem::new(Situation::Internal, "Something went wrong here.")
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound(what) => {
                Self::new(Situation::NotFound, format!("There is no such {what}."))
            }
            AccountError::Forbidden => {
                Self::new(Situation::Forbidden, "Only an admin may do this.")
            }
            AccountError::Conflict(message) => {
                Self::new(Situation::Conflict, format!("{message}."))
            }
            AccountError::Invalid { field, message } => Self::invalid(field, message),
            AccountError::WrongPassword => {
                Self::invalid("old_password", "is not the password in use")
            }
            AccountError::TooMany { retry_after } => too_many(retry_after),
            AccountError::Unavailable(_) => unavailable(),
            AccountError::Internal(error) => internal(&error),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Denied => Self::new(
                Situation::Unauthenticated,
                "The email and password, or the token, are wrong.",
            ),
            LoginError::Disabled => Self::new(Situation::AccountDisabled, "This user is disabled."),
            LoginError::TooMany { retry_after } => too_many(retry_after),
            LoginError::Unavailable(_) => unavailable(),
            LoginError::Internal(error) => internal(&error),
        }
    }
}

impl From<Declined> for Problem {
    fn from(declined: Declined) -> Self {
        let mut problem = Self::from(declined.refusal);
        problem.headers = declined.headers;
        problem
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(Told {
            refusal,
            headers: HeaderMap::new(),
            close: false,
        }))
    }
}

/// What the router, and not a handler, refuses.
pub(crate) fn of_error(error: &poem::Error, allowed: Option<&str>) -> Problem {
    if error.is::<NotFoundError>() {
        return Problem::new(
            Situation::NotFound,
            "There is nothing at this address. See /openapi.json for what there is.",
        );
    }
    if error.is::<MethodNotAllowedError>() {
        let message = "This address does not take this method.";
        let mut problem = Problem::new(Situation::MethodNotAllowed, message);
        if let Some(Ok(value)) = allowed.map(HeaderValue::from_str) {
            problem.headers.insert(ALLOW, value);
        }
        return problem;
    }
    match error.status() {
        // The messages of poem-openapi name the parameter and what was expected of it.
        StatusCode::BAD_REQUEST => Problem::new(Situation::InvalidValue, format!("{error}.")),
        StatusCode::NOT_FOUND => Problem::new(Situation::NotFound, "There is no such thing."),
        status => {
            tracing::error!(error = %error, http.response.status_code = status.as_u16(), "an error that no handler made");
            Problem::new(Situation::Internal, "Something went wrong here.")
        }
    }
}

fn status(refusal: &Refusal, envelope: Envelope) -> StatusCode {
    let status = envelope.client().status(refusal.situation);
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Tells when to try again, or not to.
fn waits(refusal: &Refusal, headers: &mut HeaderMap) {
    const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
    const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
    let status = refusal.situation.words().status;
    let wait = refusal
        .retry_after
        .or_else(|| (status == 503).then(|| std::time::Duration::from_secs(1)));
    if let Some(wait) = wait {
        let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        headers.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000).max(1)));
        headers.insert(RETRY_AFTER_MS, HeaderValue::from(ms.max(1)));
    } else if is_final(refusal.situation, status) {
        headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
}

/// Whether the same request can never succeed.
fn is_final(situation: Situation, status: u16) -> bool {
    match situation {
        // A provider's own 409 may pass; a client's SDK knows better than we do.
        Situation::Provider(status) => !matches!(status, 408 | 409 | 425 | 429),
        _ => (400..500).contains(&status) && status != 408,
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.refusal.message)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        status(&self.refusal, Envelope::OpenAi)
    }

    fn as_response(&self) -> Response {
        self.answer(Envelope::OpenAi, "")
    }
}

impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "Refused: the status says in which way, the body why.",
                status: None,
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: "application/json",
                    schema: MetaSchemaRef::Reference(document::ERROR.to_owned()),
                }],
                headers: vec![],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        document::register(registry, document::ERROR);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_address_decides_the_envelope() {
        for path in [
            "/v1/messages",
            "/v1/messages/count_tokens",
            "/v1/messages/x",
        ] {
            assert_eq!(Envelope::of(path), Envelope::Anthropic);
        }
        for path in ["/v1/messagesx", "/v1/chat/completions", "/", "/api/v1/keys"] {
            assert_eq!(Envelope::of(path), Envelope::OpenAi);
        }
    }

    #[test]
    fn overload_is_529_to_anthropics_clients_only() {
        let refusal = Refusal::new(Situation::UpstreamOverloaded, "busy");
        assert_eq!(status(&refusal, Envelope::Anthropic).as_u16(), 529);
        assert_eq!(status(&refusal, Envelope::OpenAi).as_u16(), 503);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_a_final_refusal_as_final() {
        let told = |refusal: &Refusal| {
            let mut headers = HeaderMap::new();
            waits(refusal, &mut headers);
            (
                headers
                    .get("retry-after")
                    .map(|v| v.to_str().unwrap().to_owned()),
                headers.contains_key("x-should-retry"),
            )
        };
        let limited = Refusal::new(Situation::RateLimited, "slow down");
        assert_eq!(
            told(&limited.clone().retry_after(Duration::from_millis(1200))),
            (Some("2".into()), false)
        );
        assert_eq!(told(&limited), (None, true));
        let away = Refusal::new(Situation::DatabaseUnavailable, "away");
        assert_eq!(told(&away), (Some("1".into()), false));
        let conflict = Refusal::new(Situation::Provider(409), "locked");
        assert_eq!(told(&conflict), (None, false));
    }

    #[test]
    fn every_malformed_request_survives_its_number() {
        for fault in [Malformed::Head, Malformed::Timeout, Malformed::Closing] {
            assert_eq!(Malformed::from_number(fault as u8), Some(fault));
        }
        assert_eq!(Malformed::from_number(200), None);
    }
}
