//! A request body in pieces that were never joined, and what still comes in behind them.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::StreamExt;
use http_body::{Frame, SizeHint};

use super::tail::Following;
use crate::dialects::peek::Segments;

/// Whether a connection has begun to take a request's body: from then on the provider may have
/// the request. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct Sent(Arc<AtomicBool>);

/// The rest of a request's body does not come: what was sent of it is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rest of the body does not come")]
pub struct Unsent;

/// A request body in pieces that were never joined.
#[derive(Debug, Default)]
pub struct SegmentsBody {
    pieces: Segments,
    next: usize,
    left: u64,
    tail: Option<Following>,
    sent: Option<Sent>,
}

impl Sent {
    /// Notes that it has begun.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl SegmentsBody {
    /// All its pieces, before any is taken.
    pub(in crate::providers) fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// Notes when a connection begins to take it.
    pub fn watched(&mut self, sent: Sent) {
        self.sent = Some(sent);
    }

    /// The same with what follows.
    pub fn followed(self, tail: Option<Following>) -> Self {
        Self { tail, ..self }
    }
}

impl From<Segments> for SegmentsBody {
    fn from(pieces: Segments) -> Self {
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self {
            pieces,
            next: 0,
            left,
            tail: None,
            sent: None,
        }
    }
}

impl http_body::Body for SegmentsBody {
    type Data = Bytes;
    type Error = Unsent;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unsent>>> {
        if let Some(sent) = self.sent.take() {
            sent.begin();
        }
        let next = self.next;
        let piece = self.pieces.get_mut(next).map(std::mem::take);
        if let Some(piece) = &piece {
            self.next += 1;
            self.left -= piece.len() as u64;
        }
        if piece.is_none()
            && let Some(tail) = &mut self.tail
        {
            let rest = ready!(tail.rest.get_mut().poll_next_unpin(context));
            if let (Some(length), Some(Ok(rest))) = (&mut tail.length, &rest) {
                *length = length.saturating_sub(rest.len() as u64);
            }
            if !matches!(rest, Some(Ok(_))) {
                self.tail = None;
            }
            return Poll::Ready(rest.map(|rest| rest.map(Frame::data)));
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.tail.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.tail {
            None => SizeHint::with_exact(self.left),
            Some(Following {
                length: Some(length),
                ..
            }) => SizeHint::with_exact(self.left + length),
            Some(_) => SizeHint::default(),
        }
    }
}
