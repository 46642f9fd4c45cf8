//! A request's head, read line by line.

use super::chunk::Chunk;
use crate::api::problem::Malformed;

/// The largest head: request line and headers together.
pub(super) const MOST_HEAD: usize = 64 * 1024 - 1;

/// The most header fields.
pub(super) const MOST_FIELDS: usize = 100;

/// The longest address.
pub(in super::super) const MOST_ADDRESS: usize = 8 * 1024;

/// How far a head that is held back was read.
#[derive(Debug, Default)]
pub(super) struct Head {
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

/// What follows a head.
#[derive(Debug)]
pub(super) enum Follows {
    /// Another head.
    Head,
    /// A body of so many bytes.
    Sized(u64),
    /// A chunked body.
    Chunked(Chunk),
}

impl Head {
    /// Reads on; the bytes begin with the head. Gives its length and what follows once it is whole.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Option<(usize, Follows)>, Malformed> {
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

    fn body(&self) -> Follows {
        match self.length {
            _ if self.chunked => Follows::Chunked(Chunk::start()),
            Some(length) if length > 0 => Follows::Sized(length),
            _ => Follows::Head,
        }
    }
}

/// The path that a head asks for, as far as it can be told: the head is refused, and its answer is
/// to be in the words of that place. Longer ones are no place of ours.
pub(in super::super) fn path(head: &[u8]) -> Option<&str> {
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
