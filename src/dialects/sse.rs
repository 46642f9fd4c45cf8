//! Server-sent events: a stream of bytes cut into events, and one event taken apart.
//!
//! Read by the rules of the WHATWG: lines end with LF, CR LF or CR, a blank line ends an event, a
//! byte order mark may stand at the start. Events are handed out as they came, so that they can be
//! sent on untouched.

use std::borrow::Cow;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr2;

use super::scan;

/// The largest event that is taken: a provider that sends more is broken.
pub const LARGEST: usize = 16 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its name, where it has one.
    pub name: Option<&'a str>,
    /// Its data lines, joined.
    pub data: Cow<'a, [u8]>,
}

impl<'a> Event<'a> {
    /// Takes one raw event apart; `None` when it has no data, as comments have none.
    pub fn parse(raw: &'a [u8]) -> Option<Self> {
        let mut rest = raw.strip_prefix(BYTE_ORDER_MARK).unwrap_or(raw);
        let mut name = None;
        let mut data: Option<Cow<'a, [u8]>> = None;
        while !rest.is_empty() {
            let line = line(&mut rest);
            if let Some(value) = value_of(line, b"data") {
                match &mut data {
                    None => data = Some(Cow::Borrowed(value)),
                    Some(joined) => {
                        let joined = joined.to_mut();
                        joined.push(b'\n');
                        joined.extend_from_slice(value);
                    }
                }
            } else if let Some(value) = value_of(line, b"event") {
                name = std::str::from_utf8(value)
                    .ok()
                    .filter(|name| !name.is_empty());
            }
        }
        Some(Self { name, data: data? })
    }
}

/// Whether an event that the end of the stream cut short of its blank line is whole all the same:
/// its data is complete JSON, or the word that ends a stream.
pub fn is_whole(raw: &[u8]) -> bool {
    Event::parse(raw).is_some_and(|event| &*event.data == b"[DONE]" || scan::is_json(&event.data))
}

/// The next line, without its end.
fn line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let text = *rest;
    let Some(end) = memchr2(b'\n', b'\r', text) else {
        *rest = &[];
        return text;
    };
    let both = text[end] == b'\r' && text.get(end + 1) == Some(&b'\n');
    *rest = &text[end + 1 + usize::from(both)..];
    &text[..end]
}

/// The value of a line with this field name.
fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let after = line.strip_prefix(name)?;
    if after.is_empty() {
        return Some(after);
    }
    let value = after.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

/// An event that is larger than [`LARGEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than 16 MiB")]
pub struct TooLong;

/// Cuts a stream of bytes into raw events, each with the blank line that ends it.
///
/// ```text
/// splitter.push(chunk);
/// while splitter.step()? {            // finds the next event
///     let event = splitter.event();   // looks at it, nothing is copied
///     // …
/// }
/// send(splitter.take());              // all events found since the last take, in one piece
/// ```
///
/// How the bytes were cut into chunks never shows. A chunk is copied only when an event before it
/// was cut by its start. A blank line where no event is open is an event of its own.
#[derive(Debug, Default)]
pub struct Splitter {
    /// A chunk as it came, when no event was cut by its start.
    whole: Bytes,
    /// Otherwise what was cut, and the chunks after it.
    joined: BytesMut,
    /// Where the newest found event begins and ends.
    begin: usize,
    end: usize,
    /// Where the line begins that is being read, and whether a lone CR ended the one before.
    line: usize,
    after_cr: bool,
    /// Where reading goes on.
    at: usize,
    /// Whether a byte order mark was looked for.
    started: bool,
}

impl Splitter {
    /// A splitter at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hands in the next bytes of the stream.
    pub fn push(&mut self, chunk: Bytes) {
        if self.bytes().is_empty() {
            self.joined = BytesMut::new();
            self.whole = chunk;
        } else {
            if self.joined.is_empty() {
                self.joined.reserve(self.whole.len() + chunk.len());
                self.joined.extend_from_slice(&self.whole);
                self.whole = Bytes::new();
            }
            self.joined.extend_from_slice(&chunk);
        }
    }

    /// Finds the next complete event; false when more bytes are needed.
    pub fn step(&mut self) -> Result<bool, TooLong> {
        if !self.started && !self.start() {
            return Ok(false);
        }
        let bytes: &[u8] = if self.joined.is_empty() {
            &self.whole
        } else {
            &self.joined
        };
        let mut at = self.at;
        loop {
            let Some(found) = memchr2(b'\n', b'\r', &bytes[at..]) else {
                at = bytes.len();
                break;
            };
            at += found;
            let blank = at == self.line;
            let after = if bytes[at] == b'\n' {
                self.after_cr = false;
                at + 1
            } else if blank && self.after_cr {
                // In a stream of lone CRs the next byte may be long in coming.
                at + 1
            } else {
                match bytes.get(at + 1) {
                    // Whether a LF belongs to it is not known yet.
                    None => break,
                    Some(b'\n') => {
                        self.after_cr = false;
                        at + 2
                    }
                    Some(_) => {
                        self.after_cr = true;
                        at + 1
                    }
                }
            };
            self.line = after;
            at = after;
            if blank {
                self.after_cr = false;
                self.at = at;
                if at - self.end > LARGEST {
                    return Err(TooLong);
                }
                self.begin = self.end;
                self.end = at;
                return Ok(true);
            }
        }
        self.at = at;
        if bytes.len() - self.end > LARGEST {
            return Err(TooLong);
        }
        Ok(false)
    }

    /// The event that [`Splitter::step`] found last.
    pub fn event(&self) -> &[u8] {
        &self.bytes()[self.begin..self.end]
    }

    /// Takes all events found since the last take, the newest included, in one piece.
    pub fn take(&mut self) -> Bytes {
        self.take_to(self.end)
    }

    /// Takes the events found since the last take without the newest.
    ///
    /// [`Splitter::take`] then gives the newest, to be held back or dropped.
    pub fn take_before(&mut self) -> Bytes {
        self.take_to(self.begin)
    }

    /// Finds and takes the next complete event.
    pub fn next_event(&mut self) -> Result<Option<Bytes>, TooLong> {
        Ok(if self.step()? {
            Some(self.take())
        } else {
            None
        })
    }

    /// Takes what is left at the end of the stream: an event without its blank line, or nothing.
    pub fn rest(&mut self) -> Bytes {
        let length = self.bytes().len();
        self.begin = length;
        self.end = length;
        self.line = length;
        self.at = length;
        self.take_to(length)
    }

    fn bytes(&self) -> &[u8] {
        if self.joined.is_empty() {
            &self.whole
        } else {
            &self.joined
        }
    }

    /// Goes past a byte order mark; false while it may still come.
    fn start(&mut self) -> bool {
        let bytes = self.bytes();
        if bytes.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(bytes) {
            return false;
        }
        if bytes.starts_with(BYTE_ORDER_MARK) {
            if self.joined.is_empty() {
                self.whole.advance(BYTE_ORDER_MARK.len());
            } else {
                self.joined.advance(BYTE_ORDER_MARK.len());
            }
        }
        self.started = true;
        true
    }

    fn take_to(&mut self, place: usize) -> Bytes {
        if place == 0 {
            return Bytes::new();
        }
        let taken = if self.joined.is_empty() {
            self.whole.split_to(place)
        } else {
            self.joined.split_to(place).freeze()
        };
        self.begin = self.begin.saturating_sub(place);
        self.end -= place;
        self.line -= place;
        self.at -= place;
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All events of a stream cut at these places, and what is left.
    fn split(stream: &[u8], cuts: &[usize]) -> (Vec<Bytes>, Bytes) {
        let mut splitter = Splitter::new();
        let mut events = Vec::new();
        let mut from = 0;
        for &cut in cuts.iter().chain([&stream.len()]) {
            splitter.push(Bytes::copy_from_slice(&stream[from..cut]));
            from = cut;
            while let Some(event) = splitter.next_event().unwrap() {
                events.push(event);
            }
        }
        (events, splitter.rest())
    }

    fn data(raw: &[u8]) -> Option<Vec<u8>> {
        Event::parse(raw).map(|event| event.data.into_owned())
    }

    const STREAMS: [&str; 8] = [
        "data: {\"a\":\"é日\"}\n\ndata: [DONE]\n\n",
        "event: ping\r\ndata: 1\r\n\r\n: comment\r\n\r\ndata: 2\r\n\r\n",
        "data: 1\rdata: 2\r\rdata: 3\r\r",
        "\u{feff}data: 1\n\n\ndata: 2\n\n",
        "\n\r\n\rdata: x\r\n\n\r\r\r\n\ndata\n\n",
        "data: cut",
        "id: 1\nretry: 5\ndata:no space\ndata:  two\n\n\r",
        "\u{feff}\r\r\n\n\r\n\r\u{feff}data: 1\r\n\r",
    ];

    #[test]
    fn a_cut_at_any_byte_or_two_gives_the_same_events() {
        for stream in STREAMS {
            let stream = stream.as_bytes();
            let whole = split(stream, &[]);
            let joined: Vec<u8> = whole
                .0
                .concat()
                .into_iter()
                .chain(whole.1.clone())
                .collect();
            let start = usize::from(stream.starts_with(BYTE_ORDER_MARK)) * 3;
            assert_eq!(joined, &stream[start..], "nothing is lost");
            for one in 0..=stream.len() {
                for two in one..=stream.len() {
                    assert_eq!(split(stream, &[one, two]), whole, "{one} {two} {stream:?}");
                }
            }
            let each: Vec<usize> = (1..stream.len()).collect();
            assert_eq!(split(stream, &each), whole);
        }
    }

    #[test]
    fn events_end_at_blank_lines_of_every_kind() {
        let (events, rest) = split(STREAMS[1].as_bytes(), &[]);
        assert_eq!(events.len(), 3);
        assert!(rest.is_empty());
        assert_eq!(Event::parse(&events[0]).unwrap().name, Some("ping"));
        assert_eq!(data(&events[1]), None);
        let (events, _) = split(STREAMS[2].as_bytes(), &[]);
        assert_eq!(data(&events[0]).unwrap(), b"1\n2");
        assert_eq!(data(&events[1]).unwrap(), b"3");
        let (events, _) = split(STREAMS[3].as_bytes(), &[]);
        assert_eq!(events[0], "data: 1\n\n");
        assert_eq!(events[1], "\n");
    }

    #[test]
    fn an_event_of_lone_crs_does_not_wait_for_the_next() {
        let (events, rest) = split(b"data: 1\r\r", &[]);
        assert_eq!((events.len(), rest.len()), (1, 0));
    }

    #[test]
    fn fields_are_read_by_the_rules() {
        for (raw, wanted) in [
            ("data: x\n\n", Some("x")),
            ("data:x\n\n", Some("x")),
            ("data:  x\n\n", Some(" x")),
            ("data\n\n", Some("")),
            ("data:\ndata:\n\n", Some("\n")),
            ("data: a\n: c\nid: 7\ndata: b\n\n", Some("a\nb")),
            (": only a comment\n\n", None),
            ("event: named\n\n", None),
            ("dat: x\n\n", None),
            ("Data: x\n\n", None),
            (" data: x\n\n", None),
            ("datax: 1\n\n", None),
            ("\n", None),
            ("data: last", Some("last")),
        ] {
            assert_eq!(
                data(raw.as_bytes()),
                wanted.map(|text| text.as_bytes().to_vec()),
                "{raw:?}"
            );
        }
        let event = Event::parse(b"event: a\nevent:b\ndata: 1\n\n").unwrap();
        assert_eq!(event.name, Some("b"));
        assert!(matches!(event.data, Cow::Borrowed(_)));
        assert_eq!(Event::parse(b"event:\xff\ndata: 1\n\n").unwrap().name, None);
    }

    #[test]
    fn a_last_event_counts_only_when_it_is_whole() {
        assert!(is_whole(b"data: {\"a\":1}"));
        assert!(is_whole(b"data: [DONE]\n"));
        assert!(!is_whole(b"data: {\"a\":1"));
        assert!(!is_whole(b"data: [DON"));
        assert!(!is_whole(b""));
    }

    #[test]
    fn an_event_inside_a_chunk_is_not_copied() {
        let chunk = Bytes::from_static(b"data: 1\n\ndata: 2\n\n");
        let mut splitter = Splitter::new();
        splitter.push(chunk.clone());
        let first = splitter.next_event().unwrap().unwrap();
        let second = splitter.next_event().unwrap().unwrap();
        assert_eq!(first.as_ptr(), chunk.as_ptr());
        assert_eq!(second.as_ptr(), chunk[9..].as_ptr());
    }

    #[test]
    fn a_run_of_events_is_taken_in_one_piece_and_the_newest_apart() {
        let mut splitter = Splitter::new();
        splitter.push(Bytes::from_static(b"data: 1\n\ndata: 2\n\nda"));
        assert!(splitter.step().unwrap());
        assert!(splitter.step().unwrap());
        assert_eq!(splitter.event(), b"data: 2\n\n");
        assert_eq!(splitter.take_before(), "data: 1\n\n");
        assert_eq!(splitter.event(), b"data: 2\n\n");
        assert_eq!(splitter.take(), "data: 2\n\n");
        assert!(!splitter.step().unwrap());
        assert_eq!(splitter.take(), "");
        splitter.push(Bytes::from_static(b"ta: 3\n\ndata: 4\n\n"));
        assert!(splitter.step().unwrap());
        assert!(splitter.step().unwrap());
        assert!(!splitter.step().unwrap());
        assert_eq!(splitter.take(), "data: 3\n\ndata: 4\n\n");
        assert_eq!(splitter.rest(), "");
    }

    #[test]
    fn an_endless_event_is_refused_and_a_long_one_is_not() {
        let chunk = Bytes::from(vec![b'x'; 1024 * 1024]);
        let mut splitter = Splitter::new();
        for _ in 0..16 {
            splitter.push(chunk.clone());
            assert_eq!(splitter.step(), Ok(false));
        }
        splitter.push(Bytes::from_static(b"\n\n"));
        assert_eq!(splitter.step(), Err(TooLong));
        let mut splitter = Splitter::new();
        for _ in 0..5 {
            splitter.push(chunk.clone());
            assert_eq!(splitter.step(), Ok(false));
        }
        splitter.push(Bytes::from_static(b"\n\ndata: 1\n\n"));
        assert_eq!(
            splitter.next_event().unwrap().unwrap().len(),
            5 * 1024 * 1024 + 2
        );
        assert_eq!(splitter.next_event().unwrap().unwrap(), "data: 1\n\n");
    }

    proptest! {
        #[test]
        fn any_stream_cut_anywhere_gives_the_same_events(
            stream in "[\\r\\n]{0,3}((data: ?|event: |: |)[a-zé]{0,4}[\\r\\n]{1,4}){0,6}",
            places in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let stream = stream.as_bytes();
            let mut cuts: Vec<usize> = places.iter().map(|i| i.index(stream.len() + 1)).collect();
            cuts.sort_unstable();
            prop_assert_eq!(split(stream, &cuts), split(stream, &[]));
        }
    }
}
