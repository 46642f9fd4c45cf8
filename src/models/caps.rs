//! How much may be used: of requests, of tokens, and at once.

use serde::{Deserialize, Serialize};

/// Limits of one holder; what is `None` is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Caps {
    /// Requests a minute.
    pub rpm: Option<u64>,
    /// Tokens a minute, input and output together.
    pub tpm: Option<u64>,
    /// Requests a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpd: Option<u64>,
    /// Tokens a day, input and output together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpd: Option<u64>,
    /// Calls that may run at once.
    pub max_parallel: Option<u64>,
    /// Whether what is beyond them is only reported, not refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub observe: bool,
}

impl Caps {
    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        let Self {
            rpm,
            tpm,
            rpd,
            tpd,
            max_parallel,
            observe: _,
        } = self;
        [rpm, tpm, rpd, tpd, max_parallel]
            .into_iter()
            .all(Option::is_none)
    }
}
