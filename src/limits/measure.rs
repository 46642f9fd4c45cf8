//! What is limited, for whom, and how a limit stands.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bucket::Width;
use crate::models::caps::Caps;
use crate::models::user::words;

/// What a limit counts. In the order in which standings are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Requests a minute.
    Rpm,
    /// Requests a day.
    Rpd,
    /// Tokens a minute.
    Tpm,
    /// Tokens a day.
    Tpd,
    /// Calls at once.
    Parallel,
}

words!(Measure {
    Rpm = "rpm",
    Rpd = "rpd",
    Tpm = "tpm",
    Tpd = "tpd",
    Parallel = "parallel",
});

impl Measure {
    /// The window it is counted in; calls at once have none.
    pub const fn width(self) -> Option<Width> {
        match self {
            Self::Rpm | Self::Tpm => Some(Width::Minute),
            Self::Rpd | Self::Tpd => Some(Width::Day),
            Self::Parallel => None,
        }
    }

    /// Whether it counts tokens.
    pub const fn is_tokens(self) -> bool {
        matches!(self, Self::Tpm | Self::Tpd)
    }

    /// Whether it counts requests.
    pub const fn is_requests(self) -> bool {
        matches!(self, Self::Rpm | Self::Rpd)
    }

    /// What caps say of it.
    pub const fn of(self, caps: &Caps) -> Option<u64> {
        match self {
            Self::Rpm => caps.rpm,
            Self::Rpd => caps.rpd,
            Self::Tpm => caps.tpm,
            Self::Tpd => caps.tpd,
            Self::Parallel => caps.max_parallel,
        }
    }

    /// In words, behind a number.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Rpm => "requests a minute",
            Self::Rpd => "requests a day",
            Self::Tpm => "tokens a minute",
            Self::Tpd => "tokens a day",
            Self::Parallel => "calls at once",
        }
    }
}

/// Whom a limit is set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An API key.
    Key,
    /// A user, with whatever credential.
    User,
    /// A team.
    Team,
    /// A model, whoever asks for it.
    Model,
}

words!(Kind {
    Key = "key",
    User = "user",
    Team = "team",
    Model = "model",
});

/// Whom a limit holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// What kind of holder.
    pub kind: Kind,
    /// The holder's id, or the model's name.
    pub holder: Arc<str>,
    /// Of its calls, those for models that this pattern names; all, when there is none.
    pub pattern: Option<Arc<str>>,
}

impl fmt::Display for Scope {
    /// As the meters are named in the database: `key:key_…/gpt-*`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.holder)?;
        match &self.pattern {
            Some(pattern) => write!(f, "/{pattern}"),
            None => Ok(()),
        }
    }
}

/// A limit that is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// For whom it is set.
    pub scope: Scope,
    /// What it counts.
    pub measure: Measure,
    /// What it is set to.
    pub limit: u64,
    /// When the same call would pass if nothing else came; `None` when it never will.
    pub retry_after: Option<Duration>,
}

/// How one limit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What it is set to.
    pub limit: u64,
    /// What is left.
    pub remaining: u64,
    /// Until all of it is back.
    pub reset: Duration,
}

impl Standing {
    /// Whether a smaller share of this one is left than of another.
    fn is_tighter(&self, other: &Self) -> bool {
        let share =
            |left: &Self, right: &Self| u128::from(left.remaining) * u128::from(right.limit.max(1));
        share(self, other) < share(other, self)
    }
}

/// How the limits of a call stand, for its answer's headers: of requests and of tokens the tightest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standings {
    /// Requests, where limited.
    pub requests: Option<Standing>,
    /// Tokens, where limited.
    pub tokens: Option<Standing>,
}

impl Standings {
    /// The tightest of many; limits a minute go before limits a day.
    pub(super) fn tightest(all: impl IntoIterator<Item = (Measure, Standing)>) -> Self {
        let mut requests: Option<(Measure, Standing)> = None;
        let mut tokens = None;
        for (measure, standing) in all {
            let place = match measure {
                Measure::Rpm | Measure::Rpd => &mut requests,
                Measure::Tpm | Measure::Tpd => &mut tokens,
                Measure::Parallel => continue,
            };
            let goes_first = place.is_none_or(|(other, tightest)| {
                measure < other || measure == other && standing.is_tighter(&tightest)
            });
            if goes_first {
                *place = Some((measure, standing));
            }
        }
        Self {
            requests: requests.map(|(_, standing)| standing),
            tokens: tokens.map(|(_, standing)| standing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(limit: u64, remaining: u64) -> Standing {
        Standing {
            limit,
            remaining,
            reset: Duration::ZERO,
        }
    }

    #[test]
    fn the_tightest_limit_is_told_and_that_of_a_minute_first() {
        let told = Standings::tightest([
            (Measure::Rpd, standing(1000, 1)),
            (Measure::Rpm, standing(10, 5)),
            (Measure::Rpm, standing(100, 20)),
            (Measure::Tpd, standing(9, 9)),
            (Measure::Parallel, standing(1, 0)),
        ]);
        assert_eq!(told.requests, Some(standing(100, 20)));
        assert_eq!(told.tokens, Some(standing(9, 9)));
    }
}
