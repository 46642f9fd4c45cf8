//! A provider's bytes on their way to the client as they are: speech, and what else is no text.
//!
//! Nothing in them tells an end, so the end of the body is held until the settlement is written;
//! what breaks off breaks the client's connection too.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::Body as _;
use tokio::time::{Sleep, sleep_until};

use super::permit::{Permit, Settled};
use super::settlement::Ending;
use crate::config::Upstream;
use crate::models::refusal::{Refusal, Situation};
use crate::models::usage::Status;
use crate::providers::{self, Class};

/// The provider broke off, and so does the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider broke off")]
pub struct Broken;

/// Bytes between a provider and a client.
pub(super) struct Pour {
    /// What came before it was known that this is the answer.
    first: Option<Bytes>,
    upstream: providers::Body,
    permit: Permit,
    stage: Stage,
    timeouts: Upstream,
    /// When the whole call must be over.
    deadline: Instant,
    heard: Instant,
    sleep: Pin<Box<Sleep>>,
}

enum Stage {
    Flowing,
    /// The settlement is being written; then the body ends, or breaks off.
    Settling(Settled, Option<Broken>),
    Over,
}

impl Pour {
    pub(super) fn new(
        first: Option<Bytes>,
        upstream: providers::Body,
        permit: Permit,
        timeouts: Upstream,
        deadline: Instant,
    ) -> Self {
        Self {
            first,
            upstream,
            permit,
            stage: Stage::Flowing,
            timeouts,
            deadline,
            heard: Instant::now(),
            sleep: Box::pin(sleep_until(Instant::now().into())),
        }
    }

    /// The next bytes for the client; `None` at the end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        loop {
            match &mut self.stage {
                Stage::Flowing => match Pin::new(&mut self.upstream).poll_frame(cx) {
                    Poll::Ready(Some(Ok(frame))) => {
                        let Ok(data) = frame.into_data() else {
                            continue;
                        };
                        self.heard = Instant::now();
                        if self.heard >= self.deadline {
                            // A provider that never pauses is never waited for.
                            self.break_off("the provider took too long for its answer");
                        } else if !data.is_empty() {
                            return Poll::Ready(Some(Ok(data)));
                        }
                    }
                    Poll::Ready(Some(Err(error))) => self.break_off(&error.to_string()),
                    Poll::Ready(None) => self.settle(Status::Ok, None),
                    Poll::Pending => ready!(self.wait(cx)),
                },
                Stage::Settling(settled, broken) => {
                    ready!(settled.poll(cx));
                    let broken = broken.map(Err);
                    self.stage = Stage::Over;
                    return Poll::Ready(broken);
                }
                Stage::Over => return Poll::Ready(None),
            }
        }
    }

    /// Waits until the provider has been silent for too long.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let next = self.deadline.min(self.heard + self.timeouts.idle_timeout);
        if Instant::now() < next {
            self.sleep.as_mut().reset(next.into());
            ready!(self.sleep.as_mut().poll(cx));
        }
        if Instant::now() + Duration::from_millis(1) >= next {
            self.break_off("the provider was silent for too long");
        }
        Poll::Ready(())
    }

    fn break_off(&mut self, message: &str) {
        let refusal = Refusal::new(Situation::StreamInterrupted, message);
        self.permit.log_failure(Some(200), Class::Broken, &refusal);
        self.permit.broke_off(Instant::now());
        self.settle(Status::Error, Some(&refusal));
    }

    fn settle(&mut self, status: Status, refusal: Option<&Refusal>) {
        let used = self.permit.by_request(String::new());
        let settled = self.permit.settle(Ending {
            status,
            http_status: 200,
            error_code: refusal.map(|refusal| refusal.situation.words().code.into()),
            used,
            model: None,
            flags: Vec::new(),
        });
        self.stage = Stage::Settling(settled, refusal.map(|_| Broken));
    }
}
