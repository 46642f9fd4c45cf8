//! Where HTTP/1 requests begin and end in a stream of bytes, and which of them are refused.
//!
//! hyper mends what it can: of a `Content-Length` beside a `Transfer-Encoding` it drops the first,
//! of two equal lengths one. Whoever stands in front may have understood such a request in another
//! way, and everything after it then belongs to somebody else (request smuggling). So each head is
//! looked at before hyper sees it, and whatever could be read in two ways is refused. No I/O here:
//! [`Framing::screen`] takes bytes and says how many of them may go on.

use crate::api::problem::Malformed;

/// The largest head: request line and headers together.
const MOST_HEAD: usize = 64 * 1024 - 1;

/// The most header fields.
const MOST_FIELDS: usize = 100;

/// The longest address.
const MOST_ADDRESS: usize = 8 * 1024;

/// The longest line with a chunk's size.
const MOST_CHUNK_LINE: usize = 256;

/// The largest trailer section.
const MOST_TRAILERS: usize = 8 * 1024;

/// Where in the stream the next byte belongs.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
}

#[derive(Debug)]
enum State {
    /// In a head that is held back until it is whole.
    Head(Head),
    /// In a body with this many bytes left.
    Sized(u64),
    /// In a chunked body.
    Chunked(Chunk),
    /// Nothing more will be read.
    Refused,
}

/// How far a head that is held back was read.
#[derive(Debug, Default)]
struct Head {
    /// Where the line begins that is not whole yet.
    line: usize,
    /// Up to where that line was searched for its end.
    searched: usize,
    /// Lines read so far, the request line included.
    lines: usize,
    /// The request line says HTTP/1.1.
    modern: bool,
    length: Option<u64>,
    chunked: bool,
    host: bool,
}

#[derive(Debug)]
enum Chunk {
    /// In the line with the chunk's size, of which so many bytes came.
    Size {
        digits: u64,
        seen: usize,
        step: SizeStep,
    },
    /// In the chunk's data and the line end behind it.
    Data(u64),
    /// Behind the data: CR, then LF.
    DataEnd { cr: bool },
    /// In the trailers, with so many bytes so far; `line` counts those of this line.
    Trailer { seen: usize, line: usize, cr: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SizeStep {
    Digits,
    Extension,
    LineEnd,
}

/// What may become of the bytes that were looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Screened {
    /// How many of them may go on. The rest is a head that is not whole, to be shown again with
    /// more bytes behind it, unless it is refused.
    pub(super) pass: usize,
    /// Why everything behind them is refused.
    pub(super) refused: Option<Refused>,
}

/// Where a fault was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// In a head: the request is answered with its status.
    Head(Malformed),
    /// In a body whose head has gone on: reading it fails.
    Body,
}

impl Framing {
    pub(super) fn new() -> Self {
        Self {
            state: State::Head(Head::default()),
        }
    }

    /// Looks at the next bytes of the stream.
    pub(super) fn screen(&mut self, bytes: &[u8]) -> Screened {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            match &mut self.state {
                State::Head(head) => match head.read(rest) {
                    Ok(None) => break,
                    Ok(Some((end, next))) => {
                        at += end;
                        self.state = next;
                    }
                    Err(why) => return self.refuse(at, Refused::Head(why)),
                },
                State::Sized(left) => {
                    let here = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    at += here;
                    *left -= here as u64;
                    if *left == 0 {
                        self.state = State::Head(Head::default());
                    }
                }
                State::Chunked(chunk) => match chunk.read(rest) {
                    Ok((used, ended)) => {
                        at += used;
                        if ended {
                            self.state = State::Head(Head::default());
                        }
                    }
                    Err(used) => return self.refuse(at + used, Refused::Body),
                },
                State::Refused => break,
            }
        }
        Screened {
            pass: at,
            refused: None,
        }
    }

    /// Whether a body has not ended.
    pub(super) fn in_body(&self) -> bool {
        matches!(self.state, State::Sized(_) | State::Chunked(_))
    }

    fn refuse(&mut self, pass: usize, why: Refused) -> Screened {
        self.state = State::Refused;
        Screened {
            pass,
            refused: Some(why),
        }
    }
}

impl Head {
    /// Reads on; the bytes begin with the head. Gives its length and what follows once it is whole.
    fn read(&mut self, bytes: &[u8]) -> Result<Option<(usize, State)>, Malformed> {
        while let Some(found) = memchr::memchr(b'\n', &bytes[self.searched..]) {
            let end = self.searched + found;
            if end > MOST_HEAD {
                return Err(Malformed::HeadersTooLarge);
            }
            let line = bytes[self.line..end]
                .strip_suffix(b"\r")
                .ok_or(Malformed::Head)?;
            self.line = end + 1;
            self.searched = end + 1;
            if line.is_empty() {
                if self.lines == 0 {
                    // RFC 9112 §2.2: an empty line before a request is skipped.
                    continue;
                }
                return Ok(Some((end + 1, self.body())));
            }
            self.line(line)?;
        }
        self.searched = bytes.len();
        if bytes.len() > MOST_HEAD {
            return Err(if self.lines == 0 {
                Malformed::AddressTooLong
            } else {
                Malformed::HeadersTooLarge
            });
        }
        if self.lines == 0 && bytes.len() - self.line > MOST_ADDRESS + 64 {
            return Err(Malformed::AddressTooLong);
        }
        Ok(None)
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Malformed> {
        // Folded, not searched: the compiler then compares sixteen bytes at a time.
        let controls = line.iter().fold(0_u8, |found, byte| {
            found | (u8::from(*byte < b' ') & u8::from(*byte != b'\t')) | u8::from(*byte == 0x7f)
        });
        if controls != 0 {
            return Err(Malformed::Head);
        }
        self.lines += 1;
        if self.lines == 1 {
            return self.request_line(line);
        }
        if self.lines > MOST_FIELDS + 1 {
            return Err(Malformed::HeadersTooLarge);
        }
        self.field(line)
    }

    fn request_line(&mut self, line: &[u8]) -> Result<(), Malformed> {
        let first = memchr::memchr(b' ', line).ok_or(Malformed::Head)?;
        let last = memchr::memrchr(b' ', line).ok_or(Malformed::Head)?;
        if first == 0 || last <= first + 1 || !line[..first].iter().all(|byte| is_token(*byte)) {
            return Err(Malformed::Head);
        }
        let address = &line[first + 1..last];
        if address.len() > MOST_ADDRESS {
            return Err(Malformed::AddressTooLong);
        }
        if address.iter().any(|byte| *byte <= b' ') {
            return Err(Malformed::Head);
        }
        self.modern = match &line[last + 1..] {
            b"HTTP/1.1" => true,
            b"HTTP/1.0" => false,
            _ => return Err(Malformed::Head),
        };
        Ok(())
    }

    fn field(&mut self, line: &[u8]) -> Result<(), Malformed> {
        let colon = memchr::memchr(b':', line).ok_or(Malformed::Head)?;
        let name = &line[..colon];
        // A name that begins with a space is a folded line; one that ends with it hides a header.
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
            return Err(Malformed::Head);
        }
        let value = || line[colon + 1..].trim_ascii();
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") && std::mem::replace(&mut self.host, true) => {
                return Err(Malformed::Head);
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                let length = digits(value()).ok_or(Malformed::Head)?;
                if self.length.replace(length).is_some() || self.chunked {
                    return Err(Malformed::Head);
                }
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                let known = value().eq_ignore_ascii_case(b"chunked");
                if !known || !self.modern || self.length.is_some() || self.chunked {
                    return Err(Malformed::Head);
                }
                self.chunked = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn body(&self) -> State {
        match self.length {
            _ if self.chunked => State::Chunked(Chunk::start()),
            Some(length) if length > 0 => State::Sized(length),
            _ => State::Head(Self::default()),
        }
    }
}

impl Chunk {
    fn start() -> Self {
        Self::Size {
            digits: 0,
            seen: 0,
            step: SizeStep::Digits,
        }
    }

    /// Reads on; gives how many bytes were used and whether the body ended with them. A fault
    /// gives how many bytes were good.
    fn read(&mut self, bytes: &[u8]) -> Result<(usize, bool), usize> {
        let mut at = 0;
        while at < bytes.len() {
            if let Self::Data(left) = self {
                let here = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len() - at);
                at += here;
                *left -= here as u64;
                if *left == 0 {
                    *self = Self::DataEnd { cr: false };
                }
                continue;
            }
            let ended = self.step(bytes[at]).map_err(|()| at)?;
            at += 1;
            if ended {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    /// Takes one byte outside of the data; tells whether the body ended with it.
    fn step(&mut self, byte: u8) -> Result<bool, ()> {
        match self {
            Self::Size { digits, seen, step } => {
                *seen += 1;
                if *seen > MOST_CHUNK_LINE {
                    return Err(());
                }
                match (*step, byte) {
                    (SizeStep::Digits, byte) if byte.is_ascii_hexdigit() => {
                        let digit = char::from(byte).to_digit(16).ok_or(())?;
                        *digits = digits
                            .checked_mul(16)
                            .and_then(|value| value.checked_add(u64::from(digit)))
                            .ok_or(())?;
                    }
                    (SizeStep::Digits, b';') if *seen > 1 => *step = SizeStep::Extension,
                    (SizeStep::Digits, b'\r') if *seen > 1 => *step = SizeStep::LineEnd,
                    (SizeStep::Extension, b'\r') => *step = SizeStep::LineEnd,
                    (SizeStep::Extension, byte) if byte >= b' ' && byte != 0x7f => {}
                    (SizeStep::LineEnd, b'\n') => {
                        *self = if *digits == 0 {
                            Self::Trailer {
                                seen: 0,
                                line: 0,
                                cr: false,
                            }
                        } else {
                            Self::Data(*digits)
                        };
                    }
                    _ => return Err(()),
                }
            }
            Self::DataEnd { cr } => match (*cr, byte) {
                (false, b'\r') => *cr = true,
                (true, b'\n') => *self = Self::start(),
                _ => return Err(()),
            },
            Self::Trailer { seen, line, cr } => {
                *seen += 1;
                if *seen > MOST_TRAILERS {
                    return Err(());
                }
                match (*cr, byte) {
                    (true, b'\n') if *line == 0 => return Ok(true),
                    (true, b'\n') => {
                        *line = 0;
                        *cr = false;
                    }
                    (true, _) | (false, b'\n') => return Err(()),
                    (false, b'\r') => *cr = true,
                    (false, _) => *line += 1,
                }
            }
            Self::Data(_) => {}
        }
        Ok(false)
    }
}

/// The path that a head asks for, as far as it can be told: the head is refused, and its answer is
/// to be in the words of that place. Longer ones are no place of ours.
pub(super) fn path(head: &[u8]) -> Option<&str> {
    const LONGEST: usize = 128;
    let line = head.trim_ascii_start();
    let line = &line[..memchr::memchr2(b'\r', b'\n', line).unwrap_or(line.len())];
    let address = line.split(|byte| *byte == b' ').nth(1)?;
    let path = address.split(|byte| matches!(byte, b'?' | b'#')).next()?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(byte);
    let fits = path.len() <= LONGEST && path.starts_with(b"/") && path.iter().all(plain);
    fits.then(|| std::str::from_utf8(path).ok()).flatten()
}

/// A whole number in plain digits, as `Content-Length` must be.
fn digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 {
        return None;
    }
    value.iter().try_fold(0_u64, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u64::from(byte - b'0'))
    })
}

/// Whether a byte may stand in a method or a header's name (RFC 9110 §5.6.2).
const fn is_token(byte: u8) -> bool {
    matches!(byte,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*'
        | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What becomes of a stream that comes in pieces of `size` bytes.
    fn screen(stream: &[u8], size: usize) -> (Vec<u8>, Option<Refused>) {
        let mut framing = Framing::new();
        let (mut passed, mut held) = (Vec::new(), Vec::new());
        for piece in stream.chunks(size) {
            held.extend_from_slice(piece);
            let screened = framing.screen(&held);
            passed.extend(held.drain(..screened.pass));
            if screened.refused.is_some() {
                return (passed, screened.refused);
            }
        }
        (passed, None)
    }

    fn verdict(head: &str) -> Option<Refused> {
        let whole = screen(head.as_bytes(), head.len());
        assert_eq!(whole, screen(head.as_bytes(), 1), "cut anywhere: {head:?}");
        whole.1
    }

    #[test]
    fn requests_in_a_row_pass_as_they_came() {
        let stream = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
            GET /b HTTP/1.1\r\nHost: x\r\n\r\n\
            \r\nPOST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
            3\r\nabc\r\n1;x=y\r\nz\r\n0\r\nTrailer: 1\r\n\r\n\
            GET /d HTTP/1.0\r\n\r\n";
        for size in 1..stream.len() {
            assert_eq!(screen(stream, size), (stream.to_vec(), None), "{size}");
        }
    }

    #[test]
    fn a_head_is_held_back_until_it_is_whole() {
        let mut framing = Framing::new();
        let partial = b"GET / HTTP/1.1\r\nHost: x\r\n";
        assert_eq!(
            framing.screen(partial),
            Screened {
                pass: 0,
                refused: None
            }
        );
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for fields in [
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            "Content-Length: 3\r\nContent-Length: 3\r\n",
            "Content-Length: 3\r\nContent-Length: 4\r\n",
            "Content-Length: 3, 3\r\n",
            "Content-Length: +3\r\n",
            "Content-Length: -3\r\n",
            "Content-Length: 0x3\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity, chunked\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: chunked\r\n , identity\r\n",
            "Transfer-Encoding : chunked\r\n",
            " Transfer-Encoding: chunked\r\n",
            "X: a\r\n folded\r\n",
            "X: a\rb\r\n",
            "X: a\0b\r\n",
            "X: a\nContent-Length: 3\r\n",
            "X\r\n",
            ": x\r\n",
            "X Y: z\r\n",
            "Host: a\r\nHost: b\r\n",
        ] {
            let head = format!("POST / HTTP/1.1\r\n{fields}\r\n");
            assert_eq!(
                verdict(&head),
                Some(Refused::Head(Malformed::Head)),
                "{fields:?}"
            );
        }
    }

    #[test]
    fn request_lines_are_read_strictly() {
        for line in [
            "GET /",
            "GET  HTTP/1.1",
            "GET / HTTP/1.1 ",
            "GET / HTTP/2.0",
            "GET /a b HTTP/1.1",
            "G(T / HTTP/1.1",
            " GET / HTTP/1.1",
        ] {
            assert_eq!(
                verdict(&format!("{line}\r\n\r\n")),
                Some(Refused::Head(Malformed::Head)),
                "{line:?}"
            );
        }
        assert_eq!(
            verdict("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Some(Refused::Head(Malformed::Head))
        );
        assert_eq!(
            verdict("GET / HTTP/1.1\nHost: x\n\n"),
            Some(Refused::Head(Malformed::Head))
        );
    }

    #[test]
    fn the_path_of_a_refused_head_is_told_where_it_is_plain() {
        for (head, told) in [
            (
                "POST /v1/messages HTTP/1.1\r\nBad Header: x\r\n\r\n",
                Some("/v1/messages"),
            ),
            (
                "\r\nPOST /v1/messages?beta=true HTTP/9\r\n",
                Some("/v1/messages"),
            ),
            ("POST /v1/messages?aaaaaaa", Some("/v1/messages")),
            ("POST /v1/mess", Some("/v1/mess")),
            ("POST", None),
            ("POST  /x", None),
            ("GET /\u{ff} HTTP/1.1", None),
            ("GET http://x/v1/messages HTTP/1.1", None),
            ("", None),
        ] {
            assert_eq!(path(head.as_bytes()), told, "{head:?}");
        }
        assert_eq!(path(format!("GET /{}", "a".repeat(9000)).as_bytes()), None);
    }

    #[test]
    fn heads_are_bounded() {
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(MOST_ADDRESS));
        let endless = format!("GET /{}", "a".repeat(MOST_ADDRESS + 100));
        for head in [long, endless] {
            assert_eq!(
                screen(head.as_bytes(), 4096).1,
                Some(Refused::Head(Malformed::AddressTooLong))
            );
        }
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MOST_FIELDS));
        assert_eq!(screen(many.as_bytes(), 4096).1, None);
        let too_many = format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "A: b\r\n".repeat(MOST_FIELDS + 1)
        );
        let large = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(MOST_HEAD));
        for head in [too_many, large] {
            assert_eq!(
                screen(head.as_bytes(), 4096).1,
                Some(Refused::Head(Malformed::HeadersTooLarge))
            );
        }
    }

    #[test]
    fn a_chunked_body_is_read_strictly() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        for body in [
            "\r\n",
            "x\r\n",
            "3\nabc",
            "3\r\nabcd\r\n",
            "3;a\nb\r\nabc\r\n",
            "ffffffffffffffffff\r\n",
            "0\r\nA: b\n\r\n",
            " 3\r\nabc\r\n",
            "3 \r\nabc\r\n",
        ] {
            let stream = format!("{head}{body}");
            assert_eq!(verdict(&stream), Some(Refused::Body), "{body:?}");
        }
        let endless = format!("{head}3;{}", "x".repeat(MOST_CHUNK_LINE));
        assert_eq!(screen(endless.as_bytes(), 64).1, Some(Refused::Body));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_cuts_make_no_difference(
            stream in prop::collection::vec(any::<u8>(), 0..400), size in 1_usize..40
        ) {
            prop_assert_eq!(screen(&stream, size), screen(&stream, stream.len().max(1)));
        }

        #[test]
        fn mutated_requests_are_cut_the_same_way(
            at in 0_usize..120, byte in any::<u8>(), size in 1_usize..40
        ) {
            let mut stream = b"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab".to_vec();
            let at = at % stream.len();
            stream[at] = byte;
            prop_assert_eq!(screen(&stream, size), screen(&stream, stream.len()));
        }
    }
}
