//! A body that this process writes by itself, piece by piece.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use tokio::time::Sleep;

use super::BodyError;

/// One step of a scripted body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::providers) enum Step {
    /// Nothing for a while.
    Wait(Duration),
    /// These bytes.
    Send(Bytes),
    /// The connection breaks.
    Break,
}

/// A body that plays steps.
#[derive(Debug)]
pub(in crate::providers) struct Script {
    steps: VecDeque<Step>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Script {
    pub(in crate::providers) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            waiting: None,
        }
    }

    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if let Some(sleep) = &mut self.waiting {
                ready!(sleep.as_mut().poll(context));
                self.waiting = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Break) => return Poll::Ready(Some(Err(BodyError::Broken))),
                Some(Step::Wait(time)) => {
                    self.waiting = Some(Box::pin(tokio::time::sleep(time)));
                }
            }
        }
    }
}
