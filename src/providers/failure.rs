//! What a provider's failure means for the client and for another try.

use crate::models::refusal::Refusal;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The request is at fault; another try fails the same way.
    Request,
    /// The provider does not take our credential, or its account is out of money.
    Credentials,
    /// The provider limits us.
    RateLimited,
    /// The provider has no room now.
    Overloaded,
    /// It took too long.
    Timeout,
    /// The connection could not be made.
    Connect,
    /// The provider failed or answered unreadably.
    Broken,
}

impl Class {
    /// A word for metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Credentials => "credentials",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Broken => "broken",
        }
    }

    /// Whether another try, here or elsewhere, may succeed.
    pub const fn may_retry(self) -> bool {
        !matches!(self, Self::Request)
    }
}

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the client is told when nothing else helps.
    pub refusal: Refusal,
    /// What kind of failure it was.
    pub class: Class,
}
