//! Why a call is not answered: one table of situations, statuses and words for every dialect.
//!
//! This is contract §5's error table as data. `api::problem` turns it into HTTP answers, the
//! dialects into envelopes and error events.

use std::borrow::Cow;
use std::time::Duration;

/// A situation of the contract's error table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Situation {
    /// No credential, a wrong, revoked or expired one, or several.
    Unauthenticated,
    /// The key may not use the model.
    ModelNotAllowed,
    /// The key may not be used from this address.
    AddressNotAllowed,
    /// The user is disabled.
    AccountDisabled,
    /// The operation is above the caller's role.
    Forbidden,
    /// No such model, or one that is retired.
    ModelNotFound,
    /// No such thing at this path.
    NotFound,
    /// The body is not JSON.
    InvalidJson,
    /// A field is missing or wrong; `param` names it.
    InvalidValue,
    /// The target cannot say a field (strict mode), or a field is not known.
    UnsupportedParameter,
    /// The model has no price and unknown prices are blocked.
    PriceUnknown,
    /// The thing exists already, or changed meanwhile.
    Conflict,
    /// The body is too large.
    TooLarge,
    /// A limit on requests, tokens or parallel calls.
    RateLimited,
    /// Too many wrong tries to sign in.
    TooManyLogins,
    /// The database is away.
    DatabaseUnavailable,
    /// The journal has no room.
    StorageFull,
    /// The server is stopping.
    ShuttingDown,
    /// No target can take the call.
    NoUsableTarget,
    /// The path does not take this method.
    MethodNotAllowed,
    /// A WebSocket was asked for where there is none.
    NoWebSocket,
    /// The content type is not taken.
    UnsupportedMediaType,
    /// The request did not arrive in time.
    RequestTimeout,
    /// The address (URL) is too long.
    AddressTooLong,
    /// The headers are too many or too large.
    HeadersTooLarge,
    /// The provider refused the request as the client's fault, with this status.
    Provider(u16),
    /// The provider refused our credentials, failed or answered unreadably.
    UpstreamError,
    /// The provider did not answer in time.
    UpstreamTimeout,
    /// The provider is overloaded or limits us.
    UpstreamOverloaded,
    /// The stream broke after its first byte.
    StreamInterrupted,
    /// A fault of our own.
    Internal,
}

/// The words of one situation in each dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// The HTTP status for OpenAI's clients.
    pub status: u16,
    /// OpenAI's `type`.
    pub kind: &'static str,
    /// OpenAI's `code`; empty for null.
    pub code: &'static str,
    /// Anthropic's `error.type`.
    pub anthropic: &'static str,
    /// Google's `error.status`.
    pub google: &'static str,
}

impl Situation {
    /// The HTTP status for Anthropic's clients.
    pub const fn anthropic_status(self) -> u16 {
        match self {
            Self::UpstreamOverloaded => 529,
            _ => self.words().status,
        }
    }

    /// The status that Google's clients are told in an event: there is no answer left to have one.
    pub const fn google_code(self) -> u16 {
        match self {
            Self::StreamInterrupted => 503,
            _ => self.words().status,
        }
    }

    /// The row of the contract's table.
    pub const fn words(self) -> Words {
        const INVALID: &str = "invalid_request_error";
        const fn row(
            status: u16,
            kind: &'static str,
            code: &'static str,
            anthropic: &'static str,
        ) -> Words {
            Words {
                status,
                kind,
                code,
                anthropic,
                google: google(status),
            }
        }
        const fn denied(code: &'static str) -> Words {
            row(403, "permission_error", code, "permission_error")
        }
        const fn invalid(code: &'static str) -> Words {
            row(400, INVALID, code, INVALID)
        }
        const fn unavailable(code: &'static str) -> Words {
            row(503, "server_error", code, "api_error")
        }
        match self {
            Self::Unauthenticated => row(401, INVALID, "invalid_api_key", "authentication_error"),
            Self::ModelNotAllowed => denied("model_not_allowed"),
            Self::AddressNotAllowed => denied("ip_not_allowed"),
            Self::AccountDisabled => denied("account_disabled"),
            Self::Forbidden => denied("permission_error"),
            Self::ModelNotFound => row(404, INVALID, "model_not_found", "not_found_error"),
            Self::NotFound => row(404, INVALID, "not_found", "not_found_error"),
            Self::InvalidJson => invalid("invalid_json"),
            Self::InvalidValue => invalid("invalid_value"),
            Self::UnsupportedParameter => invalid("unsupported_parameter"),
            Self::PriceUnknown => invalid("price_unknown"),
            Self::Conflict => row(409, INVALID, "conflict", INVALID),
            Self::TooLarge => row(413, INVALID, "request_too_large", "request_too_large"),
            Self::RateLimited | Self::TooManyLogins => row(
                429,
                "rate_limit_error",
                "rate_limit_exceeded",
                "rate_limit_error",
            ),
            Self::DatabaseUnavailable => unavailable("database_unavailable"),
            Self::StorageFull => unavailable("storage_full"),
            Self::ShuttingDown => unavailable("shutting_down"),
            Self::NoUsableTarget => unavailable("no_usable_target"),
            Self::MethodNotAllowed => row(405, INVALID, "", INVALID),
            Self::NoWebSocket => row(426, INVALID, "", INVALID),
            Self::UnsupportedMediaType => row(415, INVALID, "", INVALID),
            Self::RequestTimeout => row(408, INVALID, "", INVALID),
            Self::AddressTooLong => row(414, INVALID, "", INVALID),
            Self::HeadersTooLarge => row(431, INVALID, "", INVALID),
            Self::Provider(status) => {
                let anthropic = match status {
                    404 => "not_found_error",
                    413 => "request_too_large",
                    _ => INVALID,
                };
                row(status, INVALID, "", anthropic)
            }
            Self::UpstreamError => row(502, "upstream_error", "upstream_error", "api_error"),
            Self::UpstreamTimeout => row(504, "upstream_error", "upstream_timeout", "api_error"),
            Self::UpstreamOverloaded => row(
                503,
                "upstream_error",
                "upstream_overloaded",
                "overloaded_error",
            ),
            Self::StreamInterrupted => {
                row(502, "upstream_error", "stream_interrupted", "api_error")
            }
            Self::Internal => row(500, "server_error", "internal_error", "api_error"),
        }
    }
}

/// Google's word for a status.
const fn google(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        402 | 429 => "RESOURCE_EXHAUSTED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        500 => "INTERNAL",
        502 | 503 | 529 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INVALID_ARGUMENT",
    }
}

/// A call that is not answered, and everything the client is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The row of the table.
    pub situation: Situation,
    /// What happened and what to do, for a person.
    pub message: String,
    /// The field that is wrong.
    pub param: Option<String>,
    /// A code more exact than the situation's, such as the provider's own.
    pub code: Option<Cow<'static, str>>,
    /// A type more exact than the situation's, such as the provider's own.
    pub kind: Option<Cow<'static, str>>,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
    /// The provider's own id of the failed request.
    pub provider_request_id: Option<String>,
}

impl Refusal {
    /// Whether another target might not refuse.
    pub fn is_of_target(&self) -> bool {
        matches!(
            self.situation,
            Situation::UnsupportedParameter | Situation::NotFound
        )
    }

    /// A refusal with a message and nothing else.
    pub fn new(situation: Situation, message: impl Into<String>) -> Self {
        Self {
            situation,
            message: message.into(),
            param: None,
            code: None,
            kind: None,
            retry_after: None,
            provider_request_id: None,
        }
    }

    /// Names the field that is wrong.
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Says when trying again makes sense.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Gives a code more exact than the situation's.
    pub fn code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The code the client is told, if any.
    pub fn told_code(&self) -> Option<&str> {
        let code = self.code.as_deref().unwrap_or(self.situation.words().code);
        (!code.is_empty()).then_some(code)
    }

    /// OpenAI's `type`.
    pub fn told_kind(&self) -> &str {
        self.kind.as_deref().unwrap_or(self.situation.words().kind)
    }
}
