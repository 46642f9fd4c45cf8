//! The body of a provider's answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::decode::{Coding, Decoded};
use super::script::Script;
use super::{BUFFER, BodyError, Busy};

/// The body of a provider's answer. Dropping it before its end closes the exchange.
#[derive(Debug)]
pub struct Body {
    kind: Kind,
    _busy: Option<Busy>,
}

#[derive(Debug)]
enum Kind {
    Whole(Option<Bytes>),
    Incoming(Incoming),
    Decoded(Box<Decoded>),
    Scripted(Box<Script>),
}

impl Body {
    /// A body that is complete already.
    pub fn full(bytes: Bytes) -> Self {
        Self {
            kind: Kind::Whole(Some(bytes)),
            _busy: None,
        }
    }

    pub(super) fn incoming(incoming: Incoming, busy: Option<Busy>) -> Self {
        Self {
            kind: Kind::Incoming(incoming),
            _busy: busy,
        }
    }

    pub(super) fn decoded(coding: Coding, incoming: Incoming, busy: Option<Busy>) -> Self {
        Self {
            kind: Kind::Decoded(Box::new(Decoded::new(coding, incoming))),
            _busy: busy,
        }
    }

    pub(in crate::providers) fn scripted(script: Script) -> Self {
        Self {
            kind: Kind::Scripted(Box::new(script)),
            _busy: None,
        }
    }

    /// Reads the whole body, at most `limit` bytes of it. However long it takes.
    pub async fn read(mut self, limit: usize) -> Result<Bytes, BodyError> {
        let mut read = Pieces::default();
        while let Some(frame) = self.frame().await {
            let Ok(data) = frame?.into_data() else {
                continue;
            };
            if read.len() + data.len() > limit {
                return Err(BodyError::TooLarge);
            }
            read.push(data);
        }
        Ok(read.join())
    }
}

/// A body that comes in: gathered in blocks of about a mebibyte, and joined once at its end.
#[derive(Debug, Default)]
pub struct Pieces {
    length: usize,
    full: Vec<Bytes>,
    /// Joined once there is a second piece.
    first: Bytes,
    open: BytesMut,
}

impl Pieces {
    const BLOCK: usize = 1 << 20;

    /// How many bytes have come.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing has come.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Takes the next piece.
    pub fn push(&mut self, data: Bytes) {
        if self.is_empty() {
            self.first = data;
            self.length = self.first.len();
            return;
        }
        self.length += data.len();
        let first = std::mem::take(&mut self.first);
        if !self.full.is_empty() && self.open.is_empty() {
            self.open.reserve(Self::BLOCK + BUFFER);
        }
        self.open.extend_from_slice(&first);
        self.open.extend_from_slice(&data);
        if self.open.len() >= Self::BLOCK {
            self.full.push(std::mem::take(&mut self.open).freeze());
        }
    }

    /// All of it. A lone piece was never copied.
    pub fn join(mut self) -> Bytes {
        if self.full.is_empty() {
            return if self.open.is_empty() {
                self.first
            } else {
                self.open.freeze()
            };
        }
        if self.full.len() == 1 && self.open.is_empty() {
            return self.full.swap_remove(0);
        }
        let mut joined = BytesMut::with_capacity(self.length);
        for block in self.full.drain(..) {
            joined.extend_from_slice(&block);
        }
        joined.extend_from_slice(&self.open);
        joined.freeze()
    }
}

impl Default for Body {
    fn default() -> Self {
        Self {
            kind: Kind::Whole(None),
            _busy: None,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = match &mut self.kind {
            Kind::Whole(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Kind::Incoming(incoming) => {
                let frame = ready!(Pin::new(incoming).poll_frame(context));
                frame.map(|frame| frame.map_err(|_| BodyError::Broken))
            }
            Kind::Decoded(decoded) => ready!(decoded.poll_frame(context)),
            Kind::Scripted(script) => ready!(script.poll_frame(context)),
        };
        if matches!(frame, Some(Err(_))) {
            // After an error there is nothing more, whoever asks.
            self.kind = Kind::Whole(None);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(bytes) => bytes.is_none(),
            Kind::Incoming(incoming) => incoming.is_end_stream(),
            Kind::Decoded(_) | Kind::Scripted(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Kind::Incoming(incoming) => incoming.size_hint(),
            Kind::Decoded(_) | Kind::Scripted(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_every_size_are_joined_in_their_order() {
        for (size, count) in [
            (0, 3),
            (1, 1),
            (1, 2),
            (7, 1000),
            (300_000, 9),
            (3_000_000, 1),
            (3_000_000, 3),
            (600_000, 2),
        ] {
            let (mut read, mut wanted) = (Pieces::default(), Vec::new());
            for place in 0..count {
                let piece = vec![u8::try_from(place % 251).unwrap(); size];
                wanted.extend_from_slice(&piece);
                read.push(piece.into());
            }
            assert_eq!(read.len(), wanted.len());
            assert!(read.join() == wanted, "{count} times {size}");
        }
    }
}
