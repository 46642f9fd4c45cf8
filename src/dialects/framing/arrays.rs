//! Streams as one JSON array: how Google frames them for whoever does not ask for events.
//!
//! A provider's array is turned into events, which everything else here reads, and events into an
//! array for a client. Both take their bytes in any pieces and keep no more than they must.

use bytes::Bytes;

use crate::dialects::sse::{Event, Splitter, TooLong};

/// Turns a JSON array into events, one for each item.
#[derive(Debug, Default)]
pub struct ArrayReader {
    place: Place,
    depth: u32,
    quoted: bool,
    escaped: bool,
}

/// Where in the array reading is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the opening bracket.
    #[default]
    Before,
    /// Between two items.
    Between,
    /// Within an item.
    Item,
    /// Within something that is no array: an error in the place of one.
    Alone,
    /// Behind the closing bracket.
    After,
}

impl ArrayReader {
    /// Reads a piece; gives the events it holds, as far as they go.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len() + 16);
        for &byte in piece {
            self.byte(byte, &mut out);
        }
        out
    }

    /// The array is over; gives what ends the last event, unless it was cut.
    pub fn finish(self) -> &'static [u8] {
        if self.place == Place::Alone {
            b"\r\n\r\n"
        } else {
            b""
        }
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.place {
            Place::Before if byte.is_ascii_whitespace() || matches!(byte, 0xef | 0xbb | 0xbf) => {}
            Place::Before if byte == b'[' => self.place = Place::Between,
            Place::Before => {
                self.place = Place::Alone;
                out.extend_from_slice(b"data: ");
                out.push(byte);
            }
            Place::Between if byte.is_ascii_whitespace() || byte == b',' => {}
            Place::Between if byte == b']' => self.place = Place::After,
            Place::Between => {
                self.place = Place::Item;
                out.extend_from_slice(b"data: ");
                self.item(byte, out);
            }
            Place::Item => self.item(byte, out),
            Place::Alone => out.push(unbroken(byte)),
            Place::After => {}
        }
    }

    fn item(&mut self, byte: u8, out: &mut Vec<u8>) {
        let within = self.quoted || self.depth > 0;
        if !within && matches!(byte, b',' | b']') {
            // An item that is a bare word or number.
            self.end(out);
            return self.byte(byte, out);
        }
        out.push(unbroken(byte));
        if self.escaped {
            self.escaped = false;
        } else if self.quoted {
            self.escaped = byte == b'\\';
            self.quoted = byte != b'"';
        } else {
            match byte {
                b'"' => self.quoted = true,
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.end(out);
                    }
                }
                _ => {}
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.place = Place::Between;
        out.extend_from_slice(b"\r\n\r\n");
    }
}

/// A byte of an event's one line: a line break between tokens of JSON is a space.
fn unbroken(byte: u8) -> u8 {
    if matches!(byte, b'\n' | b'\r') {
        b' '
    } else {
        byte
    }
}

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

    /// The stream is over; gives what is left and the closing bracket.
    pub fn finish(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let rest = self.splitter.rest();
        if crate::dialects::sse::is_whole(&rest) {
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

    const ARRAY: &str = "\u{feff} [{\n  \"text\": \"a ] } \\\" \\\\\",\r\n  \"n\": [1, {}]\n}\n,\n{\"ü\": \"ü\"},3 ,\n{}]\n trailing";
    const EVENTS: &str = "data: {   \"text\": \"a ] } \\\" \\\\\",    \"n\": [1, {}] }\r\n\r\ndata: {\"ü\": \"ü\"}\r\n\r\ndata: 3 \r\n\r\ndata: {}\r\n\r\n";

    fn read(pieces: &[&[u8]]) -> String {
        let mut reader = ArrayReader::default();
        let mut out: Vec<u8> = pieces.iter().flat_map(|piece| reader.push(piece)).collect();
        out.extend_from_slice(reader.finish());
        String::from_utf8(out).unwrap()
    }

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
    fn an_array_becomes_events_however_it_is_cut() {
        for cut in 0..=ARRAY.len() {
            let (one, two) = ARRAY.as_bytes().split_at(cut);
            assert_eq!(read(&[one, two]), EVENTS, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = ARRAY.as_bytes().chunks(1).collect();
        assert_eq!(read(&bytes), EVENTS);
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
    fn an_array_that_is_cut_has_no_event_for_what_is_missing() {
        assert_eq!(
            read(&[b"[{\"a\":1},{\"b\""]),
            "data: {\"a\":1}\r\n\r\ndata: {\"b\""
        );
        assert_eq!(read(&[b"[]"]), "");
        assert_eq!(read(&[b""]), "");
    }

    #[test]
    fn an_error_in_the_place_of_an_array_is_an_event() {
        assert_eq!(
            read(&[b"{\n\"error\"", b": {}}"]),
            "data: { \"error\": {}}\r\n\r\n"
        );
    }

    #[test]
    fn a_stream_without_events_is_an_empty_array() {
        assert_eq!(written(&[]), "[]\n");
        assert_eq!(written(&[b"\r\n"]), "\n[]\n");
    }
}
