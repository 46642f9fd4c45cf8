//! The same sums of the calls that were made for a team.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::record::Row;
use super::sums::Sum;
use crate::models::clock::Timestamp;

/// What a batch adds to one row of `usage_team_rollup`.
pub(super) struct TeamSum {
    team_id: Arc<str>,
    bucket: Timestamp,
    user_id: Arc<str>,
    key_id: Arc<str>,
    endpoint: Arc<str>,
    requested_model: Arc<str>,
    provider: Arc<str>,
    model: Arc<str>,
    status: Arc<str>,
    requests: i64,
    errors: i64,
    unpriced: i64,
    input_tokens: i64,
    cached_input_tokens: i64,
    cache_write_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    cost: i64,
    price: i64,
}

impl TeamSum {
    /// What these rows add, in the order of the table's key.
    pub(super) fn of(rows: &[Row]) -> Vec<Self> {
        let mut teams: BTreeMap<&Arc<str>, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            if let Some(team) = &row.team_id {
                teams.entry(team).or_default().push(row);
            }
        }
        let sums = teams.into_iter().flat_map(|(team, rows)| {
            let sums = Sum::of(rows).into_iter();
            sums.map(move |sum| Self::new(team, sum))
        });
        sums.collect()
    }

    fn new(team: &Arc<str>, sum: Sum) -> Self {
        Self {
            team_id: Arc::clone(team),
            bucket: sum.bucket,
            user_id: sum.user_id,
            key_id: sum.key_id,
            endpoint: sum.endpoint,
            requested_model: sum.requested_model,
            provider: sum.provider,
            model: sum.model,
            status: sum.status,
            requests: sum.requests,
            errors: sum.errors,
            unpriced: sum.unpriced,
            input_tokens: sum.input_tokens,
            cached_input_tokens: sum.cached_input_tokens,
            cache_write_tokens: sum.cache_write_tokens,
            output_tokens: sum.output_tokens,
            reasoning_tokens: sum.reasoning_tokens,
            cost: sum.cost,
            price: sum.price,
        }
    }
}

super::bulk::bulk! {
    TeamSum, "usage_team_rollup",
    "ON CONFLICT (team_id, bucket, user_id, key_id, endpoint, requested_model, provider, model, \
     status) DO UPDATE SET requests = usage_team_rollup.requests + excluded.requests, \
     errors = usage_team_rollup.errors + excluded.errors, \
     unpriced = usage_team_rollup.unpriced + excluded.unpriced, \
     input_tokens = usage_team_rollup.input_tokens + excluded.input_tokens, \
     cached_input_tokens = usage_team_rollup.cached_input_tokens + excluded.cached_input_tokens, \
     cache_write_tokens = usage_team_rollup.cache_write_tokens + excluded.cache_write_tokens, \
     output_tokens = usage_team_rollup.output_tokens + excluded.output_tokens, \
     reasoning_tokens = usage_team_rollup.reasoning_tokens + excluded.reasoning_tokens, \
     cost = usage_team_rollup.cost + excluded.cost, \
     price = usage_team_rollup.price + excluded.price",
    "team_id";
    team_id, bucket, user_id, key_id, endpoint, requested_model, provider, model, status, requests,
    errors, unpriced, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, cost, price
}
