//! `GET /v1/usage`: what the calling key has used, and how its limits stand.

use std::sync::Arc;

use poem_openapi::param::Query;
use poem_openapi::{Object, OpenApi};

use crate::api::admin::usage::Totals;
use crate::api::extract::{Caller, moment, until};
use crate::api::payload::Answer;
use crate::api::problem::{Problem, of_store};
use crate::api::routes::Tag;
use crate::api::types::Moment;
use crate::gateway::Gateway;
use crate::limits::{Measure, Standing};
use crate::store::Store;
use crate::store::usage::Filter;

/// The caller's own usage.
#[derive(Clone)]
pub(in crate::api) struct OwnUsage {
    pub(in crate::api) store: Store,
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl OwnUsage {
    /// Show what the calling key has used
    ///
    /// Sums over the key's own calls (over the user's, for a signed-in user), and how its limits
    /// stand. A call is in the sums within about a second of its end.
    #[oai(path = "/v1/usage", method = "get", operation_id = "own_usage")]
    async fn show(
        &self,
        caller: Caller,
        /// Only calls from this date or moment on.
        from: Query<Option<String>>,
        /// Only calls up to this date, itself included, or before this moment.
        to: Query<Option<String>>,
    ) -> Result<Answer<Usage>, Problem> {
        let principal = caller.0;
        let from = from.0.as_deref().map(|text| moment("from", text));
        let to = to.0.as_deref().map(|text| until("to", text));
        let filter = Filter {
            from: from.transpose()?,
            to: to.transpose()?,
            user: Some(principal.user_id.to_string()),
            key: principal.key.as_ref().map(|key| key.id.to_string()),
            ..Filter::default()
        };
        let total = self.store.usage_total(&filter).await.map_err(of_store)?;
        let lines = self.gateway.limits().of_key(&principal).await;
        let limits = principal.key.as_ref().map(|key| {
            let of = |measure| {
                let mut lines = lines.iter();
                let line = lines.find(|line| line.measure == measure);
                line.map(|line| Meter::from(line.standing))
            };
            Limits {
                requests: of(Measure::Rpm),
                tokens: of(Measure::Tpm),
                requests_per_day: of(Measure::Rpd),
                tokens_per_day: of(Measure::Tpd),
                max_parallel: key.rules.caps.max_parallel,
            }
        });
        Ok(Answer(Usage {
            user_id: principal.user_id.to_string(),
            key_id: principal.key.as_ref().map(|key| key.id.to_string()),
            key_name: principal.key.as_ref().map(|key| key.name.clone()),
            expires_at: principal
                .key
                .as_ref()
                .and_then(|key| key.expires_at)
                .map(Moment),
            total: Totals::from(total),
            limits,
        }))
    }
}

/// What a caller has used.
#[derive(Debug, Object)]
#[oai(rename = "OwnUsage")]
struct Usage {
    /// Whose calls they are.
    user_id: String,
    /// The calling key; null for a signed-in user.
    #[oai(nullable)]
    key_id: Option<String>,
    /// What its owner calls it.
    #[oai(nullable)]
    key_name: Option<String>,
    /// When it stops working.
    #[oai(nullable)]
    expires_at: Option<Moment>,
    /// Sums over the calls.
    total: Totals,
    /// How the key's limits stand; null for a signed-in user.
    #[oai(nullable)]
    limits: Option<Limits>,
}

/// How the limits of a key stand.
#[derive(Debug, Object)]
struct Limits {
    /// Requests a minute; null: not limited.
    #[oai(nullable)]
    requests: Option<Meter>,
    /// Tokens a minute; null: not limited.
    #[oai(nullable)]
    tokens: Option<Meter>,
    /// Requests a day; null: not limited.
    #[oai(nullable)]
    requests_per_day: Option<Meter>,
    /// Tokens a day; null: not limited.
    #[oai(nullable)]
    tokens_per_day: Option<Meter>,
    /// Calls that may run at once; null: not limited.
    #[oai(nullable)]
    max_parallel: Option<u64>,
}

/// How one limit stands.
#[derive(Debug, Object)]
struct Meter {
    /// What it is set to.
    limit: u64,
    /// What is left.
    remaining: u64,
    /// Milliseconds until all of it is back.
    reset_ms: u64,
}

impl From<Standing> for Meter {
    fn from(standing: Standing) -> Self {
        Self {
            limit: standing.limit,
            remaining: standing.remaining,
            reset_ms: u64::try_from(standing.reset.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
