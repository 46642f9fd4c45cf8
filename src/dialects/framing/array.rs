//! Streams as one JSON array: how Google frames them for whoever does not ask for events.
//!
//! Bytes come in any pieces, and no more of them is kept than must be.

use bytes::Bytes;

use crate::dialects::sse::{Event, Splitter, TooLong, is_whole};

/// Turns events into a JSON array, one item for each.
#[derive(Debug, Default)]
pub struct ArrayWriter {
    splitter: Splitter,
    begun: bool,
}

impl ArrayWriter {
    /// Writes a piece of a stream of events; what keeps a silent one open becomes white space.
    pub fn push(&mut self, piece: Bytes) -> Result<Vec<u8>, TooLong> {
        self.splitter.push(piece);
        let mut out = Vec::new();
        while let Some(raw) = self.splitter.next_event()? {
            self.event(&raw, &mut out);
        }
        Ok(out)
    }

    /// Leaves out what was pushed last and cannot be an item.
    pub fn leave_out(&mut self) {
        self.splitter = Splitter::new();
    }

    /// The stream is over; gives what is left and the closing bracket.
    pub fn finish(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let rest = self.splitter.rest();
        if is_whole(&rest) {
            self.event(&rest, &mut out);
        }
        if !self.begun {
            out.push(b'[');
        }
        out.extend_from_slice(b"]\n");
        out
    }

    fn event(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        let event = Event::parse(raw).filter(|event| !event.data.trim_ascii().is_empty());
        let Some(event) = event else {
            out.push(b'\n');
            return;
        };
        let before: &[u8] = if self.begun { b",\n" } else { b"[" };
        self.begun = true;
        out.extend_from_slice(before);
        out.extend_from_slice(event.data.trim_ascii());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::sse::LARGEST;

    fn written(pieces: &[&[u8]]) -> String {
        let mut writer = ArrayWriter::default();
        let mut out = Vec::new();
        for piece in pieces {
            out.extend(writer.push(Bytes::copy_from_slice(piece)).unwrap());
        }
        out.extend(writer.finish());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn events_become_an_array_however_they_are_cut() {
        let events =
            "\r\ndata: {\"a\":1}\r\n\r\n\r\ndata: {\"b\":\r\ndata: \"ü\"}\r\n\r\ndata: {\"c\":3}";
        let array = "\n[{\"a\":1}\n,\n{\"b\":\n\"ü\"},\n{\"c\":3}]\n";
        for cut in 0..=events.len() {
            let (one, two) = events.as_bytes().split_at(cut);
            assert_eq!(written(&[one, two]), array, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = events.as_bytes().chunks(1).collect();
        assert_eq!(written(&bytes), array);
        serde_json::from_str::<serde_json::Value>(array).unwrap();
    }

    #[test]
    fn what_is_too_long_is_left_out_and_what_follows_is_not() {
        let mut writer = ArrayWriter::default();
        let mut out = writer
            .push(Bytes::from_static(b"data: {\"a\":1}\n\n"))
            .unwrap();
        let long = [b"data: ".as_slice(), &vec![b'x'; LARGEST + 1], b"\n\n"].concat();
        assert_eq!(writer.push(long.into()), Err(TooLong));
        writer.leave_out();
        let error = Bytes::from_static(b"data: {\"error\":{}}\n\n");
        out.extend(writer.push(error).unwrap());
        out.extend(writer.finish());
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "[{\"a\":1},\n{\"error\":{}}]\n"
        );
    }

    #[test]
    fn a_stream_without_events_is_an_empty_array() {
        assert_eq!(written(&[]), "[]\n");
        assert_eq!(written(&[b"\r\n"]), "\n[]\n");
    }
}
