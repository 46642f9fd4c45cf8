//! A stream before its first content: until then the client is told nothing of it, and another
//! target may take its place.

use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use tokio::time::timeout_at;

use super::attempt::{self, Asked, Failed, Opened};
use super::flow::Flow;
use super::settlement::Used;
use crate::models::refusal::{Refusal, Situation};
use crate::providers::{self, Class, Failure};

/// A stream whose first content is here.
pub(super) struct Opening {
    pub(super) flow: Flow,
    pub(super) upstream: providers::Body,
    pub(super) headers: HeaderMap,
    /// Whether the provider sends nothing more.
    pub(super) over: bool,
}

/// Waits for the first content of a stream.
pub(super) async fn content(
    opened: Opened,
    flow: Flow,
    asked: Asked<'_>,
) -> Result<Opening, Failed> {
    let timeouts = &asked.target.timeouts;
    let until = asked
        .deadline
        .min(opened.began + timeouts.first_token_timeout);
    let mut opening = Opening {
        flow: flow.held_back(),
        upstream: opened.body,
        headers: opened.headers,
        over: false,
    };
    match timeout_at(until.into(), opening.begin(asked)).await {
        Ok(Ok(())) => Ok(opening),
        Ok(Err(failure)) => Err(opening.failed(failure)),
        Err(_) => {
            let message = format!("{} was silent for too long", asked.target.provider_name);
            let refusal = Refusal::new(Situation::UpstreamTimeout, message);
            Err(opening.failed(Failure::new(Class::Timeout, refusal)))
        }
    }
}

impl Opening {
    /// Reads until there is content, or all there will be.
    async fn begin(&mut self, asked: Asked<'_>) -> Result<(), Failure> {
        let provider = &asked.target.provider_name;
        loop {
            let frame = self.upstream.frame().await;
            self.over = !matches!(frame, Some(Ok(_)));
            match frame {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    if self.flow.push(data).is_err() {
                        let message = format!("{provider} sent an event too long to be one");
                        return Err(broken(message));
                    }
                }
                Some(Err(error)) => {
                    self.flow.close();
                    // All that was asked for may be there.
                    if !self.flow.complete() {
                        let mut failure = error.failure();
                        let message = &mut failure.refusal.message;
                        *message = format!("{provider}: {message}");
                        return Err(failure);
                    }
                }
                None => self.flow.close(),
            }
            if let Some(failure) = self.wrong(asked) {
                return Err(failure);
            }
            let flow = &self.flow;
            if flow.started() || flow.finished() || flow.overflows() {
                return Ok(());
            }
            if self.over || flow.ended() {
                let message = format!("{provider} ended its stream before it began to answer");
                return Err(broken(message));
            }
        }
    }

    /// What the provider says is wrong.
    fn wrong(&self, asked: Asked<'_>) -> Option<Failure> {
        let failed = self.flow.failed().filter(|_| !self.flow.started())?;
        if let Some(reported) = self.flow.reported() {
            let failure = attempt::no_answer(asked.target, &self.headers, reported, None);
            return Some(failure);
        }
        let mut refusal = Refusal::new(Situation::UpstreamError, failed.message.clone());
        refusal.code.clone_from(&failed.code);
        Some(Failure::new(Class::Broken, refusal))
    }

    /// An attempt that came to nothing: what it used is not known but for what was told.
    fn failed(&self, failure: Failure) -> Failed {
        let meter = self.flow.meter();
        let used = meter.reading().map_or(Used::Unknown, |reading| {
            Used::Partial(reading.clone(), meter.delivered_text())
        });
        Failed {
            failure,
            status: Some(StatusCode::OK),
            used,
        }
    }
}

fn broken(message: String) -> Failure {
    let refusal = Refusal::new(Situation::UpstreamError, message);
    Failure::new(Class::Broken, refusal)
}
