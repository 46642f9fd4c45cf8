//! Where HTTP/1 requests begin and end in a stream of bytes, and which of them are refused.
//!
//! hyper mends what it can: of a `Content-Length` beside a `Transfer-Encoding` it drops the first,
//! of two equal lengths one. Whoever stands in front may have understood such a request in another
//! way, and everything after it then belongs to somebody else (request smuggling). So each head is
//! looked at before hyper sees it, and whatever could be read in two ways is refused. No I/O here:
//! [`Framing::screen`] takes bytes and says how many of them may go on.

mod chunk;
mod head;
#[cfg(test)]
mod tests;

use crate::api::problem::Malformed;

use self::chunk::Chunk;
use self::head::{Follows, Head};

pub(super) use self::head::{MOST_ADDRESS, path};

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
                    Ok(Some((end, follows))) => {
                        at += end;
                        self.state = match follows {
                            Follows::Head => State::Head(Head::default()),
                            Follows::Sized(length) => State::Sized(length),
                            Follows::Chunked(chunk) => State::Chunked(chunk),
                        };
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
