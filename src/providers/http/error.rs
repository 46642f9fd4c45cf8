//! Why no answer came, and why one broke off.

use std::error::Error;
use std::fmt;
use std::io;

use hyper_util::client::legacy;

use super::connect::TooSlow;
use super::resolve::Unresolved;
use crate::models::refusal::{Refusal, Situation};
use crate::providers::{Class, Failure};

/// Why no connection could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Nobody listens there.
    Refused,
    /// Its name leads to no usable address.
    Unresolved,
    /// TLS failed: its certificate is not trusted, or it speaks none.
    Untrusted,
    /// Something else on the way.
    Other,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => ": the connection was refused",
            Self::Unresolved => ": its name leads to no usable address",
            Self::Untrusted => ": its certificate is not trusted, or it does not speak TLS",
            Self::Other => "",
        })
    }
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection could be made; nothing was sent.
    #[error("the provider cannot be reached{0}")]
    Connect(Obstacle),
    /// No connection was made in time; nothing was sent.
    #[error("the provider cannot be reached in time")]
    ConnectTimeout,
    /// The connection broke before the answer began.
    #[error("the provider closed the connection without an answer")]
    Reset,
    /// No answer began in time.
    #[error("the provider did not answer in time")]
    Timeout,
    /// What came is not an answer.
    #[error("the provider's answer cannot be read")]
    BadResponse,
}

impl SendError {
    /// What it means.
    pub fn failure(self) -> Failure {
        let (situation, class) = match self {
            Self::Timeout => (Situation::UpstreamTimeout, Class::Timeout),
            Self::ConnectTimeout => (Situation::UpstreamTimeout, Class::Connect),
            Self::Connect(_) => (Situation::UpstreamError, Class::Connect),
            Self::Reset | Self::BadResponse => (Situation::UpstreamError, Class::Broken),
        };
        Failure::new(class, Refusal::new(situation, self.to_string()))
    }

    pub(super) fn of(error: &legacy::Error) -> Self {
        if error.is_connect() {
            // The whole time and that of a single address may be over at once.
            let late = |cause: &io::Error| cause.kind() == io::ErrorKind::TimedOut;
            return if any::<TooSlow>(error, |_| true) || any(error, late) {
                Self::ConnectTimeout
            } else {
                Self::Connect(Obstacle::of(error))
            };
        }
        let unreadable = |cause: &hyper::Error| {
            cause.is_parse() || cause.is_parse_too_large() || cause.is_parse_status()
        };
        if any(error, unreadable) {
            Self::BadResponse
        } else if any(error, |cause: &io::Error| {
            cause.kind() == io::ErrorKind::TimedOut
        }) {
            Self::Timeout
        } else {
            Self::Reset
        }
    }
}

impl Obstacle {
    fn of(error: &legacy::Error) -> Self {
        if any::<Unresolved>(error, |_| true) {
            Self::Unresolved
        } else if any::<rustls::Error>(error, |_| true) {
            Self::Untrusted
        } else if any(error, |cause: &io::Error| {
            cause.kind() == io::ErrorKind::ConnectionRefused
        }) {
            Self::Refused
        } else {
            Self::Other
        }
    }
}

/// Whether any cause of an error is of a type and of a kind.
fn any<E: Error + 'static>(error: &legacy::Error, is: impl Fn(&E) -> bool) -> bool {
    let mut cause = error.source();
    while let Some(one) = cause {
        if one.downcast_ref().is_some_and(&is) {
            return true;
        }
        // What an I/O error wraps is not among its sources, only that one's own are.
        let wrapped = one.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if wrapped.is_some_and(|wrapped| wrapped.downcast_ref().is_some_and(&is)) {
            return true;
        }
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => one.source(),
        };
    }
    false
}

/// Why an answer's body broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The connection broke.
    #[error("the provider's answer broke off")]
    Broken,
    /// It cannot be decompressed, or would grow beyond all measure.
    #[error("the provider's compressed answer cannot be read")]
    Undecodable,
    /// It is larger than allowed.
    #[error("the provider's answer is too large")]
    TooLarge,
}

impl BodyError {
    /// What it means, for a call that has not been answered yet.
    pub fn failure(self) -> Failure {
        let refusal = Refusal::new(Situation::UpstreamError, self.to_string());
        Failure::new(Class::Broken, refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_was_not_made_in_time_was_not_made() {
        let failure = SendError::ConnectTimeout.failure();
        assert_eq!(failure.class, Class::Connect);
        assert_eq!(failure.refusal.situation, Situation::UpstreamTimeout);
        assert_eq!(SendError::Timeout.failure().class, Class::Timeout);
    }
}
