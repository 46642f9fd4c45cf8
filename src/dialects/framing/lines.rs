//! JSON, one object a line.

use bytes::{Buf, Bytes, BytesMut};

use super::{Framing, event, unreadable};
use crate::dialects::scan;
use crate::dialects::sse::LARGEST;

/// Makes an event of each line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    kept: BytesMut,
    /// How much of it was looked through for the line's end.
    looked: usize,
    broken: bool,
}

impl Framing for Lines {
    fn events(&mut self, chunk: &[u8]) -> Bytes {
        let mut out = Vec::with_capacity(chunk.len() + 16);
        if self.broken {
            return Bytes::new();
        }
        self.kept.extend_from_slice(chunk);
        while let Some(end) = memchr::memchr(b'\n', &self.kept[self.looked..]) {
            let line = self.kept.split_to(self.looked + end);
            self.kept.advance(1);
            self.looked = 0;
            let line = line.trim_ascii();
            if !line.is_empty() {
                out.extend(event("", line));
            }
        }
        self.looked = self.kept.len();
        if self.kept.len() > LARGEST {
            self.broken = true;
            self.kept = BytesMut::new();
            self.looked = 0;
            out.extend(unreadable());
        }
        out.into()
    }

    fn rest(&mut self) -> Bytes {
        self.looked = 0;
        let rest = std::mem::take(&mut self.kept);
        let line = rest.trim_ascii();
        if self.broken || !scan::is_json(line) {
            return Bytes::new();
        }
        event("", line).into()
    }
}
