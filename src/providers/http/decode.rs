//! Answers that come compressed although `identity` was asked for.
//!
//! They are decompressed as they come, in small steps, and given up when they grow beyond what
//! text can shrink to: a few kilobytes must not become gigabytes.

use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;

use super::{BodyError, SendError};

/// How an answer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    /// What the headers say; an error when it cannot be undone.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, SendError> {
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let name = value.to_str().unwrap_or("?").trim().to_ascii_lowercase();
        match (name.as_str(), values.next()) {
            ("" | "identity", None) => Ok(None),
            ("gzip" | "x-gzip", None) => Ok(Some(Self::Gzip)),
            ("deflate", None) => Ok(Some(Self::Deflate)),
            _ => Err(SendError::BadResponse),
        }
    }
}

/// Compressed bytes are taken in steps of this many, each of which becomes at most 1032 times as many.
const STEP: usize = 1024;
/// So much may come of however little.
const FREE: u64 = 4 * 1024 * 1024;
/// Beyond it, the most bytes that one compressed byte may become.
const RATIO: u64 = 200;

#[derive(Debug)]
enum Engine {
    Gzip(MultiGzDecoder<Vec<u8>>),
    Zlib(ZlibDecoder<Vec<u8>>),
    /// What some servers call deflate, without zlib's frame around it.
    Raw(DeflateDecoder<Vec<u8>>),
    /// `deflate` before its first byte told which of the two it is.
    Unknown,
    Done,
}

impl Engine {
    fn new(coding: Coding) -> Self {
        match coding {
            Coding::Gzip => Self::Gzip(MultiGzDecoder::new(Vec::new())),
            Coding::Deflate => Self::Unknown,
        }
    }

    /// Tells zlib from raw deflate by the first byte: zlib's names the method 8.
    fn decide(&mut self, first: u8) {
        if matches!(self, Self::Unknown) {
            *self = if first & 0x0f == 8 {
                Self::Zlib(ZlibDecoder::new(Vec::new()))
            } else {
                Self::Raw(DeflateDecoder::new(Vec::new()))
            };
        }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        fn through<W: Write>(engine: &mut W, bytes: &[u8]) -> std::io::Result<()> {
            engine.write_all(bytes)?;
            engine.flush()
        }
        Ok(match self {
            Self::Gzip(engine) => {
                through(engine, bytes)?;
                std::mem::take(engine.get_mut())
            }
            Self::Zlib(engine) => {
                through(engine, bytes)?;
                std::mem::take(engine.get_mut())
            }
            Self::Raw(engine) => {
                through(engine, bytes)?;
                std::mem::take(engine.get_mut())
            }
            Self::Unknown | Self::Done => Vec::new(),
        })
    }

    /// What is left at the end; an error when it ended too early.
    fn finish(self) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip(engine) => engine.finish(),
            Self::Zlib(engine) => engine.finish(),
            Self::Raw(engine) => engine.finish(),
            Self::Unknown | Self::Done => Ok(Vec::new()),
        }
    }
}

/// A compressed body that is read decompressed.
#[derive(Debug)]
pub(super) struct Decoded {
    incoming: Incoming,
    pending: Bytes,
    engine: Engine,
    taken: u64,
    given: u64,
}

impl Decoded {
    pub(super) fn new(coding: Coding, incoming: Incoming) -> Self {
        Self {
            incoming,
            pending: Bytes::new(),
            engine: Engine::new(coding),
            taken: 0,
            given: 0,
        }
    }

    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if !self.pending.is_empty() {
                let output = match self.step() {
                    Ok(output) => output,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                };
                if !output.is_empty() {
                    return Poll::Ready(Some(Ok(Frame::data(output.into()))));
                }
                continue;
            }
            if matches!(self.engine, Engine::Done) {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.incoming).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        self.engine.decide(data[0]);
                        self.pending = data;
                    }
                }
                Some(Err(_)) => return Poll::Ready(Some(Err(BodyError::Broken))),
                None => {
                    let engine = std::mem::replace(&mut self.engine, Engine::Done);
                    return Poll::Ready(match engine.finish() {
                        Ok(output) if output.is_empty() => None,
                        Ok(output) => Some(Ok(Frame::data(output.into()))),
                        Err(_) => Some(Err(BodyError::Undecodable)),
                    });
                }
            }
        }
    }

    /// Decompresses a little more.
    fn step(&mut self) -> Result<Vec<u8>, BodyError> {
        let length = self.pending.len().min(STEP);
        let output = self
            .engine
            .write(&self.pending[..length])
            .map_err(|_| BodyError::Undecodable)?;
        self.pending.advance(length);
        self.taken += length as u64;
        self.given += output.len() as u64;
        if self.given > FREE && self.given > self.taken.saturating_mul(RATIO) {
            return Err(BodyError::Undecodable);
        }
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(values: &[&'static str]) -> Result<Option<Coding>, SendError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
        }
        Coding::of(&headers)
    }

    #[test]
    fn codings_are_known_or_refused() {
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["identity"]), Ok(None));
        assert_eq!(of(&["GZIP"]), Ok(Some(Coding::Gzip)));
        assert_eq!(of(&["deflate"]), Ok(Some(Coding::Deflate)));
        for odd in [&["br"][..], &["zstd"], &["gzip, gzip"], &["gzip", "gzip"]] {
            assert_eq!(of(odd), Err(SendError::BadResponse), "{odd:?}");
        }
    }

    #[test]
    fn both_kinds_of_deflate_are_read() {
        use flate2::Compression;
        use flate2::write::{DeflateEncoder, ZlibEncoder};
        let text = b"data: {}\n\n".repeat(100);
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&text).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(&text).unwrap();
        for bytes in [zlib.finish().unwrap(), raw.finish().unwrap()] {
            let mut engine = Engine::new(Coding::Deflate);
            engine.decide(bytes[0]);
            let mut output = Vec::new();
            for byte in bytes.chunks(1) {
                output.extend(engine.write(byte).unwrap());
            }
            output.extend(engine.finish().unwrap());
            assert_eq!(output, text);
        }
    }
}
