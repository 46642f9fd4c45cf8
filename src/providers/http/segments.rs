//! A request body in pieces that were never joined.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::dialects::peek::Segments;

/// Whether a connection has begun to take a request's body: from then on the provider may have
/// the request. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct Sent(Arc<AtomicBool>);

/// A request body in pieces that were never joined.
#[derive(Debug, Clone, Default)]
pub struct SegmentsBody {
    pieces: Segments,
    next: usize,
    left: u64,
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
}

impl From<Segments> for SegmentsBody {
    fn from(pieces: Segments) -> Self {
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self {
            pieces,
            next: 0,
            left,
            sent: None,
        }
    }
}

impl http_body::Body for SegmentsBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(sent) = self.sent.take() {
            sent.begin();
        }
        let next = self.next;
        let piece = self.pieces.get_mut(next).map(std::mem::take);
        if let Some(piece) = &piece {
            self.next += 1;
            self.left -= piece.len() as u64;
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
