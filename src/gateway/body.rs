//! The body of an answer, as the client's connection polls it: whole, awaited or running.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::{Frame, SizeHint};
use sync_wrapper::SyncWrapper;
use tokio::time::Sleep;

use super::call::Declined;
use super::pour::{Broken, Pour};
use super::relay::Stream;
use super::run::Beginning;
use crate::dialects::framing::ArrayWriter;
use crate::dialects::sse::TooLong;
use crate::dialects::{EventWriter, Wire};
use crate::models::refusal::Refusal;

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// A stream that settles its call when it ends or is dropped.
    Streamed(SyncWrapper<Box<Relay>>),
    /// Bytes as they come; settles its call too.
    Poured(SyncWrapper<Box<Poured>>),
}

/// Bytes as they come.
pub struct Poured(Pour);

impl Poured {
    pub(super) fn new(pour: Pour) -> Self {
        Self(pour)
    }
}

/// A stream that is awaited, or runs.
pub struct Relay {
    phase: Phase,
    /// Frames it as an array, for clients that do not ask for events.
    array: Option<ArrayWriter>,
}

enum Phase {
    /// The provider has not answered yet; the client gets keep-alives.
    Waiting(Waiting),
    Running(Box<Stream>),
    Over,
}

/// A stream whose provider has not answered yet.
pub(super) struct Waiting {
    pub(super) opening: BoxFuture<'static, Result<Beginning, Declined>>,
    pub(super) client: &'static dyn Wire,
    /// What writes the answer, where it is translated: some clients look for events while they
    /// wait, and what they were told goes on in the answer.
    pub(super) writer: Option<Box<dyn EventWriter>>,
    /// Whether it has written anything.
    pub(super) begun: bool,
    pub(super) request_id: Arc<str>,
    pub(super) heartbeat: Duration,
    pub(super) sleep: Pin<Box<Sleep>>,
}

impl Relay {
    pub(super) fn waiting(waiting: Waiting) -> Self {
        Phase::Waiting(waiting).into()
    }

    pub(super) fn running(stream: Stream) -> Self {
        Phase::Running(Box::new(stream)).into()
    }

    /// Frames it as one JSON array.
    pub(super) fn into_array(self) -> Self {
        let mut relay = self;
        relay.array = Some(ArrayWriter::default());
        relay
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            let piece = ready!(self.piece(cx));
            let Some(mut array) = self.array.take() else {
                return Poll::Ready(piece);
            };
            let Some(piece) = piece else {
                return Poll::Ready(Some(array.finish().into()));
            };
            let framed = array.push(piece).unwrap_or_else(|TooLong| {
                array.leave_out();
                if let Phase::Running(stream) = &mut self.phase {
                    stream.unframed();
                }
                Vec::new()
            });
            self.array = Some(array);
            if !framed.is_empty() {
                return Poll::Ready(Some(framed.into()));
            }
        }
    }

    fn piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match &mut self.phase {
                Phase::Waiting(waiting) => match waiting.opening.as_mut().poll(cx) {
                    Poll::Ready(Ok(begun)) => {
                        let writer = waiting.writer.take().filter(|_| waiting.begun);
                        self.phase = Phase::Running(Box::new(begun.stream(writer)));
                    }
                    Poll::Ready(Err(declined)) => {
                        let event = waiting.refused(&declined.refusal);
                        self.phase = Phase::Over;
                        return Poll::Ready(Some(event.into()));
                    }
                    Poll::Pending => {
                        ready!(waiting.sleep.as_mut().poll(cx));
                        let next = tokio::time::Instant::now() + waiting.heartbeat;
                        waiting.sleep.as_mut().reset(next);
                        return Poll::Ready(Some(waiting.alive()));
                    }
                },
                Phase::Running(stream) => {
                    let piece = ready!(stream.poll(cx));
                    if piece.is_none() {
                        self.phase = Phase::Over;
                    }
                    return Poll::Ready(piece);
                }
                Phase::Over => return Poll::Ready(None),
            }
        }
    }
}

impl Waiting {
    /// What shows the client that somebody is at work.
    fn alive(&mut self) -> Bytes {
        let mut said = Vec::new();
        if let Some(writer) = &mut self.writer {
            writer.keep_alive(&mut said);
        }
        if said.is_empty() {
            return Bytes::from_static(self.client.keep_alive());
        }
        self.begun = true;
        said.into()
    }

    /// The event that says that there is no answer.
    fn refused(&mut self, refusal: &Refusal) -> Vec<u8> {
        let begun = self.writer.as_mut().filter(|_| self.begun);
        begun
            .and_then(|writer| writer.error_event(refusal))
            .unwrap_or_else(|| self.client.error_event(refusal, &self.request_id, 0))
    }
}

impl From<Phase> for Relay {
    fn from(phase: Phase) -> Self {
        Self { phase, array: None }
    }
}

impl Drop for Relay {
    /// The client left: the provider's answer is cancelled, or read on.
    fn drop(&mut self) {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Running(stream) => stream.abandoned(),
            Phase::Waiting(_) | Phase::Over => {}
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let piece = match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => None,
            Self::Whole(bytes) => Some(std::mem::take(bytes)),
            Self::Streamed(relay) => ready!(relay.get_mut().poll(cx)),
            Self::Poured(poured) => {
                let piece = ready!(poured.get_mut().0.poll(cx));
                return Poll::Ready(piece.map(|piece| piece.map(Frame::data)));
            }
        };
        Poll::Ready(piece.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Streamed(_) | Self::Poured(_) => SizeHint::default(),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }
}
