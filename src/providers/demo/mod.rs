//! The built-in provider: a model that needs no network and no key, and can act badly on request.
//!
//! It answers the same question the same way, in both formats, whole and in pieces, with usage by
//! tokens of its own. The names of its models are in [`Trick`].

mod answer;
mod ask;
mod chat;
mod messages;
mod words;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use self::answer::Answer;
use self::ask::Ask;
use super::failure::Failures;
use super::http::{Script, Step};
use super::scrub::Scrub;
use super::{Body, Failure, Made, Outbound, Provider, Request};
use crate::config::{self, Kind};
use crate::dialects::Dialect;
use crate::models::clock::Clock;
use crate::models::id;
use crate::models::operation::Operation;

/// How long the slow model thinks before its first word.
const SLOW: Duration = Duration::from_secs(3);
/// The time between two pieces of a stream.
const PAUSE: Duration = Duration::from_millis(5);
/// Callers beyond this many are not counted one by one.
const MOST_CALLERS: usize = 10_000;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a model does beside answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trick {
    /// `demo`: nothing.
    None,
    /// `slow-first-token`: thinks for three seconds.
    Slow,
    /// `429` and `500`: fails with this status.
    Fails(u16),
    /// `cut`: breaks off in the middle of its answer.
    Cuts,
    /// `flaky-3`: fails the first calls of each key, then answers.
    Flaky(u32),
}

impl Trick {
    fn of(model: &str) -> Option<Self> {
        match model {
            "demo" => Some(Self::None),
            "slow-first-token" => Some(Self::Slow),
            "429" => Some(Self::Fails(429)),
            "500" => Some(Self::Fails(500)),
            "cut" => Some(Self::Cuts),
            _ => {
                let calls = model.strip_prefix("flaky-")?;
                let plain = calls.len() <= 3 && calls.bytes().all(|byte| byte.is_ascii_digit());
                calls.parse().ok().filter(|_| plain).map(Self::Flaky)
            }
        }
    }
}

/// The built-in provider.
#[derive(Debug)]
pub(super) struct Demo {
    name: String,
    models: Vec<String>,
    clock: Clock,
    /// How often each caller failed at each flaky model.
    failed: Mutex<HashMap<(String, u32), u32>>,
    chat: Failures,
    messages: Failures,
}

impl Demo {
    pub(super) fn new(name: &str, config: Option<&config::Provider>) -> Self {
        let failures = |dialect| Failures::new(name.to_owned(), dialect, Scrub::default());
        Self {
            name: name.to_owned(),
            models: config
                .map(|config| config.models.clone())
                .unwrap_or_default(),
            clock: Clock::system(),
            failed: Mutex::default(),
            chat: failures(Dialect::Chat),
            messages: failures(Dialect::Messages),
        }
    }

    /// Whether a caller's call fails still.
    fn fails(&self, caller: &str, calls: u32) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (caller.to_owned(), calls);
        if failed.len() >= MOST_CALLERS && !failed.contains_key(&key) {
            return false;
        }
        let count = failed.entry(key).or_default();
        let fails = *count < calls;
        if fails {
            *count += 1;
        }
        fails
    }

    fn answer(&self, call: &Outbound<'_>) -> Response<Body> {
        let body = call.body.concat();
        let model = &*call.target.model;
        let Some(trick) = Trick::of(model) else {
            let message = format!(
                "the model `{model}` does not exist; the demo has demo, slow-first-token, 429, 500, cut and flaky-3"
            );
            return error(call.dialect, StatusCode::NOT_FOUND, &message, Some("model"));
        };
        let ask = match Ask::read(call.dialect, call.operation, &body) {
            Ok(ask) => ask,
            Err(wrong) => {
                return error(
                    call.dialect,
                    StatusCode::BAD_REQUEST,
                    &wrong.message,
                    Some(wrong.field),
                );
            }
        };
        if call.operation == Operation::CountTokens {
            let counted = serde_json::json!({ "input_tokens": ask.input_tokens });
            return plain(StatusCode::OK, vec![Step::Send(counted.to_string().into())]);
        }
        let status = match trick {
            Trick::Fails(status) => Some(status),
            Trick::Flaky(calls) if self.fails(call.caller, calls) => Some(500),
            _ => None,
        };
        if let Some(status) = status.and_then(|status| StatusCode::from_u16(status).ok()) {
            return error(
                call.dialect,
                status,
                "the demo fails as it was asked to",
                None,
            );
        }
        let answer = Answer::new(&ask, model, self.clock.now().timestamp());
        if call.stream {
            stream(call.dialect, &answer, trick)
        } else {
            whole(call.dialect, &answer, trick)
        }
    }
}

impl Provider for Demo {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> Kind {
        Kind::Demo
    }

    fn speaks(&self, operation: Operation, client: Dialect, _: &str) -> Option<Dialect> {
        match (operation, client) {
            (Operation::Converse | Operation::CountTokens, Dialect::Messages) => Some(client),
            // Whoever speaks otherwise is translated to.
            (Operation::Converse, _) => Some(Dialect::Chat),
            _ => None,
        }
    }

    fn request(&self, call: Outbound<'_>) -> Made {
        Made::Ready(Ok(Request::Answered(self.answer(&call))))
    }

    fn failure(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        let messages = body.starts_with(br#"{"type":"error""#);
        let failures = if messages { &self.messages } else { &self.chat };
        failures.read(status, headers, body)
    }

    fn models(&self) -> &[String] {
        &self.models
    }

    fn base_url(&self) -> &'static str {
        ""
    }

    fn probe(&self, _: usize) -> Option<Made> {
        None
    }
}

/// A whole answer.
fn whole(dialect: Dialect, answer: &Answer, trick: Trick) -> Response<Body> {
    let body = match dialect {
        Dialect::Messages => messages::whole(answer),
        _ => chat::whole(answer),
    };
    let mut body = Bytes::from(body);
    let mut steps = Vec::new();
    match trick {
        Trick::Slow => steps.push(Step::Wait(SLOW)),
        Trick::Cuts => {
            steps.push(Step::Send(body.split_to(body.len() / 2)));
            steps.push(Step::Break);
            return plain(StatusCode::OK, steps);
        }
        Trick::None | Trick::Fails(_) | Trick::Flaky(_) => {}
    }
    steps.push(Step::Send(body));
    plain(StatusCode::OK, steps)
}

/// A stream: what comes before the first word, the words, and what comes after the last.
fn stream(dialect: Dialect, answer: &Answer, trick: Trick) -> Response<Body> {
    let events = match dialect {
        Dialect::Messages => messages::events(answer),
        _ => chat::events(answer),
    };
    let mut steps = vec![Step::Send(events.before.into())];
    if trick == Trick::Slow {
        steps.push(Step::Wait(SLOW));
    }
    let half = events.words.len() / 2;
    for (place, event) in events.words.into_iter().enumerate() {
        if trick == Trick::Cuts && place > half {
            break;
        }
        steps.push(Step::Wait(PAUSE));
        steps.push(Step::Send(event.into()));
    }
    steps.push(if trick == Trick::Cuts {
        Step::Break
    } else {
        Step::Send(events.after.into())
    });
    respond(StatusCode::OK, "text/event-stream; charset=utf-8", steps)
}

fn error(
    dialect: Dialect,
    status: StatusCode,
    message: &str,
    field: Option<&str>,
) -> Response<Body> {
    let body = match dialect {
        Dialect::Messages => messages::error(status, message, field),
        _ => chat::error(status, message, field),
    };
    let mut response = plain(status, vec![Step::Send(body.into())]);
    if status == StatusCode::TOO_MANY_REQUESTS {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn plain(status: StatusCode, steps: Vec<Step>) -> Response<Body> {
    respond(status, "application/json", steps)
}

fn respond(status: StatusCode, kind: &'static str, steps: Vec<Step>) -> Response<Body> {
    let mut response = Response::new(Body::scripted(Script::new(steps)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(id) = HeaderValue::from_str(&id::mint("demo")) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

#[cfg(test)]
mod tests;
