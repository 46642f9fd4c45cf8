//! Why no answer came, and why one broke off.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;

use super::connect::TooSlow;
use crate::models::refusal::{Refusal, Situation};
use crate::providers::{Class, Failure};

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection could be made; nothing was sent.
    #[error("the provider cannot be reached")]
    Connect,
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
            Self::ConnectTimeout | Self::Timeout => (Situation::UpstreamTimeout, Class::Timeout),
            Self::Connect => (Situation::UpstreamError, Class::Connect),
            Self::Reset | Self::BadResponse => (Situation::UpstreamError, Class::Broken),
        };
        Failure {
            refusal: Refusal::new(situation, self.to_string()),
            class,
        }
    }

    pub(super) fn of(error: &legacy::Error) -> Self {
        let causes = || std::iter::successors(error.source(), |&cause| cause.source());
        if error.is_connect() {
            return if causes().any(<dyn Error>::is::<TooSlow>) {
                Self::ConnectTimeout
            } else {
                Self::Connect
            };
        }
        let unreadable = causes()
            .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
            .any(|cause| cause.is_parse() || cause.is_parse_too_large() || cause.is_parse_status());
        let timed_out = causes()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|cause| cause.kind() == io::ErrorKind::TimedOut);
        match (unreadable, timed_out) {
            (true, _) => Self::BadResponse,
            (_, true) => Self::Timeout,
            _ => Self::Reset,
        }
    }
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
    /// Nothing came for too long.
    #[error("the provider fell silent")]
    Timeout,
}

impl BodyError {
    /// What it means, for a call that has not been answered yet.
    pub fn failure(self) -> Failure {
        let (situation, class) = match self {
            Self::Timeout => (Situation::UpstreamTimeout, Class::Timeout),
            Self::Broken | Self::Undecodable | Self::TooLarge => {
                (Situation::UpstreamError, Class::Broken)
            }
        };
        Failure {
            refusal: Refusal::new(situation, self.to_string()),
            class,
        }
    }
}
