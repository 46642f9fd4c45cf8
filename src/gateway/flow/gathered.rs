//! Bytes that wait for one write.

use bytes::{Bytes, BytesMut};

/// Bytes for one write: a lone piece goes on as it is, several are joined.
#[derive(Default)]
pub(super) struct Gathered {
    lone: Option<Bytes>,
    joined: BytesMut,
}

impl Gathered {
    pub(super) fn len(&self) -> usize {
        self.joined.len() + self.lone.as_ref().map_or(0, Bytes::len)
    }

    pub(super) fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        if self.joined.is_empty() {
            match self.lone.take() {
                None => {
                    self.lone = Some(bytes);
                    return;
                }
                Some(first) => self.joined.extend_from_slice(&first),
            }
        }
        self.joined.extend_from_slice(&bytes);
    }

    pub(super) fn take(&mut self) -> Option<Bytes> {
        if !self.joined.is_empty() {
            return Some(self.joined.split().freeze());
        }
        self.lone.take()
    }
}
