//! Asking a target once: the request goes out, and its answer's head comes back or a failure.
//!
//! Nothing is settled here and nothing tried again; that is [`super::attempts`]'s.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;

use super::Gateway;
use super::call::Call;
use super::compose::Composed;
use super::settlement::Used;
use crate::dialects::{ProviderError, peek};
use crate::models::refusal::{Refusal, Situation};
use crate::providers::{
    Body, BodyError, Class, Failure, Made, Outbound, Parts, Pieces, Request, Sent, Tail, Target,
    Unready,
};

/// The longest error answer that is read.
const LONGEST_ERROR: usize = 256 * 1024;

/// How long an error answer may take.
const ERROR_TIME: Duration = Duration::from_secs(10);

/// The longest whole answer that is taken.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// A provider's answer whose head is here: its status is a success.
pub(super) struct Opened {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    pub(super) began: Instant,
}

/// Who is asked, and how.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) target: &'a Target,
    /// The number of the credential, from zero.
    pub(super) credential: usize,
    /// Whether the answer is to come in pieces.
    pub(super) stream: bool,
    /// When the whole call must be over.
    pub(super) deadline: Instant,
}

/// An attempt without an answer.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    /// The status of what came instead, if anything did.
    pub(super) status: Option<StatusCode>,
    /// What it may have cost.
    pub(super) used: Used,
}

impl Failed {
    fn unsent(failure: Failure) -> Self {
        Self {
            failure,
            status: None,
            used: Used::Nothing,
        }
    }
}

impl Gateway {
    /// Asks a target once.
    pub(super) async fn attempt(
        &self,
        call: &mut Call,
        composed: &mut Composed,
        asked: Asked<'_>,
        sent: &Sent,
    ) -> Result<Opened, Failed> {
        let began = Instant::now();
        let target = asked.target;
        let body = std::mem::take(&mut composed.body);
        let request = target.provider.request(Outbound {
            target,
            operation: call.endpoint.operation(),
            dialect: composed.upstream,
            body,
            upload: call.upload.as_mut().map(|upload| Parts {
                content_type: upload.content_type(),
                tail: upload.tail.as_ref().map(Tail::follow),
            }),
            client_headers: &call.headers,
            query: call.query.as_deref(),
            stream: asked.stream,
            credential: asked.credential,
            caller: call
                .principal
                .key
                .as_ref()
                .map_or(&*call.principal.user_id, |key| &*key.id),
        });
        let left = asked.deadline.saturating_duration_since(began);
        let patience = target.timeouts.first_token_timeout.min(left);
        let made = match request {
            Made::Ready(made) => made.map_err(Unready::from),
            Made::Soon(made) => credentialed(target, made, patience).await,
        };
        let mut request = made.map_err(|error| {
            let refusal = Refusal::new(Situation::UpstreamError, error.to_string());
            Failed::unsent(Failure::new(error.class(), refusal))
        })?;
        request.watch(sent);
        let connect = target.timeouts.connect_timeout;
        let response = match self.client.send_within(request, connect, patience).await {
            Ok(response) => response,
            Err(error) => {
                let fault = call.upload.as_ref().and_then(|upload| upload.fault.told());
                if let Some(refusal) = fault.cloned() {
                    // What is cut off is no request: nobody works on it.
                    return Err(Failed::unsent(Failure::new(Class::Request, refusal)));
                }
                // Whoever got the request may charge for it.
                let used = if sent.has_begun() {
                    Used::Unknown
                } else {
                    Used::Nothing
                };
                return Err(Failed {
                    failure: named(target, error.failure()),
                    status: None,
                    used,
                });
            }
        };
        let (head, body) = response.into_parts();
        if head.status.is_success() {
            return Ok(Opened {
                status: head.status,
                headers: head.headers,
                body,
                began,
            });
        }
        let left = asked.deadline.saturating_duration_since(Instant::now());
        let text = tokio::time::timeout(left.min(ERROR_TIME), body.read(LONGEST_ERROR)).await;
        let text = text.ok().and_then(Result::ok).unwrap_or_default();
        let failure = target.provider.failure(head.status, &head.headers, &text);
        Err(Failed {
            failure,
            status: Some(head.status),
            used: Used::Nothing,
        })
    }
}

/// Reads a whole answer.
pub(super) async fn read_whole(opened: &mut Opened, asked: Asked<'_>) -> Result<Bytes, Failed> {
    let patience = Patience::of(opened, asked);
    let left = asked.deadline.saturating_duration_since(Instant::now());
    let body = std::mem::take(&mut opened.body);
    let whole = tokio::time::timeout(left, read(body, LONGEST_ANSWER, patience)).await;
    whole
        .unwrap_or(Err(Unread::Silent))
        .map_err(|unread| unread.failed(opened, asked.target))
}

/// Waits for the first bytes of an answer; `None` where it has none.
pub(super) async fn first_bytes(
    opened: &mut Opened,
    asked: Asked<'_>,
) -> Result<Option<Bytes>, Failed> {
    let left = asked.deadline.saturating_duration_since(Instant::now());
    let patience = Patience::of(opened, asked).first.min(left);
    let first = tokio::time::timeout(patience, first(&mut opened.body)).await;
    first
        .unwrap_or(Err(Unread::Silent))
        .map_err(|unread| unread.failed(opened, asked.target))
}

/// A request whose credential is being fetched, which may take no longer than an answer.
async fn credentialed(
    target: &Target,
    made: BoxFuture<'static, Result<Request, Unready>>,
    patience: Duration,
) -> Result<Request, Unready> {
    let late = |_| {
        Err(Unready::NoCredential {
            provider: target.provider_name.to_string(),
            message: "its credential did not come in time".to_owned(),
        })
    };
    tokio::time::timeout(patience, made)
        .await
        .unwrap_or_else(late)
}

/// What a provider that answered with a success, but not with an answer, is told to have done.
///
/// `said`: what it put in the place of an answer, where that stands elsewhere than in an error.
pub(super) fn no_answer(
    target: &Target,
    headers: &HeaderMap,
    body: &[u8],
    said: Option<&ProviderError>,
) -> Failure {
    let error = peek::field(body, "error").filter(|error| *error != b"null");
    // Some servers put the error's fields at the top.
    let flat = || (peek::field(body, "object") == Some(b"\"error\"")).then_some(body);
    if let Some(error) = error.or_else(flat) {
        let status = stated_status(error).unwrap_or(StatusCode::BAD_GATEWAY);
        return target.provider.failure(status, headers, body);
    }
    if let Some(said) = said.filter(|said| !said.message.is_empty()) {
        let clean = |text: &String| target.provider.clean(text);
        let mut failure = broken(format!(
            "{}: {}",
            target.provider_name,
            clean(&said.message)
        ));
        failure.refusal.code = said.code.as_ref().map(|code| clean(code).into());
        return failure;
    }
    let message = format!(
        "{} sent something that is not an answer",
        target.provider_name
    );
    broken(message)
}

/// A provider that sends what is no answer.
fn broken(message: String) -> Failure {
    Failure::new(
        Class::Broken,
        Refusal::new(Situation::UpstreamError, message),
    )
}

/// The status that an error inside a 200 names for itself, as Azure's and `OpenRouter`'s do, or
/// means by its words, as those of OpenAI's responses do.
fn stated_status(error: &[u8]) -> Option<StatusCode> {
    let error: serde_json::Value = serde_json::from_slice(error).ok()?;
    let number = |value: &serde_json::Value| match value.as_str() {
        Some(text) => text.parse().ok(),
        None => u16::try_from(value.as_u64()?).ok(),
    };
    let named = ["status", "code"]
        .iter()
        .filter_map(|field| number(&error[*field]))
        .filter_map(|status| StatusCode::from_u16(status).ok())
        .find(|status| status.is_client_error() || status.is_server_error());
    let meant = || {
        let mut words = ["code", "type"].iter();
        words.find_map(|field| meaning(error[*field].as_str()?))
    };
    named.or_else(meant)
}

/// The status that an error's word would have come with.
///
/// See <https://developers.openai.com/api/reference/resources/responses> on `error.code`, and
/// <https://platform.claude.com/docs/en/api/errors>.
fn meaning(word: &str) -> Option<StatusCode> {
    Some(match word {
        "context_length_exceeded" | "failed_to_download_image" | "empty_image_file" => {
            StatusCode::BAD_REQUEST
        }
        "invalid_api_key" | "authentication_error" => StatusCode::UNAUTHORIZED,
        "model_not_found" | "not_found_error" => StatusCode::NOT_FOUND,
        "rate_limit_exceeded"
        | "rate_limit_error"
        | "insufficient_quota"
        | "exceeded_current_quota_error"
        | "billing_hard_limit_reached"
        | "billing_not_active" => StatusCode::TOO_MANY_REQUESTS,
        "request_too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "timeout_error" => StatusCode::GATEWAY_TIMEOUT,
        "overloaded_error" | "server_is_overloaded" => StatusCode::SERVICE_UNAVAILABLE,
        word if ["invalid_", "image_", "unsupported_"]
            .iter()
            .any(|begin| word.starts_with(begin)) =>
        {
            StatusCode::BAD_REQUEST
        }
        _ => return None,
    })
}

/// Whether an answer is a stream of events, whatever the provider calls it.
pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    let kind = content_type(headers);
    !kind.starts_with("application/json") && !kind.starts_with("text/html")
}

/// What an answer says it is.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let kind = headers.get(CONTENT_TYPE);
    kind.and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// A failure with the provider's name before what happened.
fn named(target: &Target, mut failure: Failure) -> Failure {
    let message = &mut failure.refusal.message;
    *message = format!("{}: {message}", target.provider_name);
    failure
}

/// Why a body was not read.
enum Unread {
    Silent,
    TooLong,
    Broken(BodyError),
}

impl Unread {
    fn failed(self, opened: &Opened, target: &Target) -> Failed {
        let provider = &target.provider_name;
        let failure = match self {
            Self::Silent => {
                let message = format!("{provider} stopped in the middle of its answer");
                let refusal = Refusal::new(Situation::UpstreamTimeout, message);
                Failure::new(Class::Timeout, refusal)
            }
            Self::TooLong => broken(format!(
                "{provider} sent an answer of more than {} MiB",
                LONGEST_ANSWER >> 20
            )),
            Self::Broken(error) => named(target, error.failure()),
        };
        Failed {
            failure,
            status: Some(opened.status),
            used: Used::Unknown,
        }
    }
}

/// How long a body's pieces are waited for.
struct Patience {
    first: Duration,
    next: Duration,
}

impl Patience {
    fn of(opened: &Opened, asked: Asked<'_>) -> Self {
        let timeouts = &asked.target.timeouts;
        let elapsed = opened.began.elapsed();
        Self {
            first: timeouts.first_token_timeout.saturating_sub(elapsed),
            next: timeouts.idle_timeout,
        }
    }
}

/// Reads a body up to its first bytes.
async fn first(body: &mut Body) -> Result<Option<Bytes>, Unread> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(Unread::Broken)?;
        if let Ok(data) = frame.into_data()
            && !data.is_empty()
        {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Reads a body, up to a length and never waiting for longer than is said for its next piece.
async fn read(mut body: Body, limit: usize, patience: Patience) -> Result<Bytes, Unread> {
    let mut read = Pieces::default();
    let mut wait = patience.first;
    loop {
        let frame = tokio::time::timeout(wait, body.frame()).await;
        wait = patience.next;
        let frame = match frame {
            Err(_) => return Err(Unread::Silent),
            Ok(None) => return Ok(read.join()),
            Ok(Some(Err(error))) => return Err(Unread::Broken(error)),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if read.len() + data.len() > limit {
            return Err(Unread::TooLong);
        }
        read.push(data);
    }
}
