//! What is changed of the rules of a key, a user or a team.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::models::api_key::Rules;
use crate::models::caps::Caps;

/// What to change of [`Rules`]; `None` leaves a field as it is, `Some(None)` lifts a limit.
#[derive(Debug, Clone, Default)]
pub struct RulesChange {
    /// New model patterns; empty: all.
    pub models: Option<Vec<String>>,
    /// Requests a minute.
    pub rpm: Option<Option<u64>>,
    /// Tokens a minute.
    pub tpm: Option<Option<u64>>,
    /// Requests a day.
    pub rpd: Option<Option<u64>>,
    /// Tokens a day.
    pub tpd: Option<Option<u64>>,
    /// Calls that may run at once.
    pub max_parallel: Option<Option<u64>>,
    /// Whether what is beyond the limits is only reported.
    pub observe: Option<bool>,
    /// Limits by patterns of models, all of them.
    pub model_limits: Option<BTreeMap<String, Caps>>,
    /// Which model a name stands for, all of them.
    pub routes: Option<BTreeMap<String, String>>,
    /// Whether the routes are only reported.
    pub observe_routes: Option<bool>,
    /// New networks; empty: anywhere.
    pub allowed_ips: Option<Vec<IpNet>>,
}

impl RulesChange {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        let Self {
            models,
            rpm,
            tpm,
            rpd,
            tpd,
            max_parallel,
            observe,
            model_limits,
            routes,
            observe_routes,
            allowed_ips,
        } = self;
        let limits = [rpm, tpm, rpd, tpd, max_parallel];
        limits.into_iter().all(Option::is_none)
            && [observe, observe_routes].into_iter().all(Option::is_none)
            && models.is_none()
            && model_limits.is_none()
            && routes.is_none()
            && allowed_ips.is_none()
    }

    /// The rules with the change made.
    #[must_use]
    pub fn of(self, rules: Rules) -> Rules {
        Rules {
            models: self.models.unwrap_or(rules.models),
            caps: Caps {
                rpm: self.rpm.unwrap_or(rules.caps.rpm),
                tpm: self.tpm.unwrap_or(rules.caps.tpm),
                rpd: self.rpd.unwrap_or(rules.caps.rpd),
                tpd: self.tpd.unwrap_or(rules.caps.tpd),
                max_parallel: self.max_parallel.unwrap_or(rules.caps.max_parallel),
                observe: self.observe.unwrap_or(rules.caps.observe),
            },
            model_limits: self.model_limits.unwrap_or(rules.model_limits),
            routes: self.routes.unwrap_or(rules.routes),
            observe_routes: self.observe_routes.unwrap_or(rules.observe_routes),
            allowed_ips: self.allowed_ips.unwrap_or(rules.allowed_ips),
        }
    }
}
