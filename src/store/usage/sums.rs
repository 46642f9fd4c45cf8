//! The sums of a quarter of an hour, which reports are made of.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::bucket;
use super::record::Row;
use crate::models::clock::Timestamp;

/// How a call without a key is summed up.
static NONE: LazyLock<Arc<str>> = LazyLock::new(|| "".into());

/// What a batch adds to one row of `usage_rollup`.
pub(super) struct Sum {
    pub(super) bucket: Timestamp,
    pub(super) user_id: Arc<str>,
    pub(super) key_id: Arc<str>,
    pub(super) endpoint: Arc<str>,
    pub(super) requested_model: Arc<str>,
    pub(super) provider: Arc<str>,
    pub(super) model: Arc<str>,
    pub(super) status: Arc<str>,
    pub(super) requests: i64,
    pub(super) errors: i64,
    pub(super) unpriced: i64,
    pub(super) input_tokens: i64,
    pub(super) cached_input_tokens: i64,
    pub(super) cache_write_tokens: i64,
    pub(super) output_tokens: i64,
    pub(super) reasoning_tokens: i64,
    pub(super) cost: i64,
    pub(super) price: i64,
}

/// Whether a status counts as an error: the caller was not answered, and did not leave.
pub(super) fn is_error(status: &str) -> bool {
    !matches!(status, "ok" | "cancelled")
}

impl Sum {
    /// What these rows add, in the order of the table's key: every process locks its rows in the
    /// same order.
    pub(super) fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<Self> {
        let mut sums: BTreeMap<_, Self> = BTreeMap::new();
        for row in rows {
            let of = bucket(row.created_at);
            let key = (
                of,
                &*row.user_id,
                row.key_id.as_deref().unwrap_or(""),
                &*row.endpoint,
                &*row.requested_model,
                &*row.provider,
                &*row.model,
                &*row.status,
            );
            let sum = sums.entry(key).or_insert_with(|| Self::empty(of, row));
            sum.requests += 1;
            sum.errors += i64::from(is_error(&row.status));
            sum.unpriced += i64::from(row.price.is_none());
            add(&mut sum.input_tokens, row.input_tokens);
            add(&mut sum.cached_input_tokens, row.cached_input_tokens);
            add(&mut sum.cache_write_tokens, row.cache_write_5m_tokens);
            add(&mut sum.cache_write_tokens, row.cache_write_1h_tokens);
            add(&mut sum.output_tokens, row.output_tokens);
            add(&mut sum.reasoning_tokens, row.reasoning_tokens);
            add(&mut sum.cost, row.cost.unwrap_or(0));
            add(&mut sum.price, row.price.unwrap_or(0));
        }
        sums.into_values().collect()
    }

    fn empty(bucket: Timestamp, row: &Row) -> Self {
        Self {
            bucket,
            user_id: Arc::clone(&row.user_id),
            key_id: row.key_id.clone().unwrap_or_else(|| Arc::clone(&NONE)),
            endpoint: Arc::clone(&row.endpoint),
            requested_model: Arc::clone(&row.requested_model),
            provider: Arc::clone(&row.provider),
            model: Arc::clone(&row.model),
            status: Arc::clone(&row.status),
            requests: 0,
            errors: 0,
            unpriced: 0,
            input_tokens: 0,
            cached_input_tokens: 0,
            cache_write_tokens: 0,
            output_tokens: 0,
            reasoning_tokens: 0,
            cost: 0,
            price: 0,
        }
    }
}

fn add(sum: &mut i64, more: i64) {
    *sum = sum.saturating_add(more);
}

super::bulk::bulk! {
    Sum, "usage_rollup",
    "ON CONFLICT (bucket, user_id, key_id, endpoint, requested_model, provider, model, status) \
     DO UPDATE SET requests = usage_rollup.requests + excluded.requests, \
     errors = usage_rollup.errors + excluded.errors, \
     unpriced = usage_rollup.unpriced + excluded.unpriced, \
     input_tokens = usage_rollup.input_tokens + excluded.input_tokens, \
     cached_input_tokens = usage_rollup.cached_input_tokens + excluded.cached_input_tokens, \
     cache_write_tokens = usage_rollup.cache_write_tokens + excluded.cache_write_tokens, \
     output_tokens = usage_rollup.output_tokens + excluded.output_tokens, \
     reasoning_tokens = usage_rollup.reasoning_tokens + excluded.reasoning_tokens, \
     cost = usage_rollup.cost + excluded.cost, \
     price = usage_rollup.price + excluded.price",
    "user_id";
    bucket, user_id, key_id, endpoint, requested_model, provider, model, status, requests, errors,
    unpriced, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, cost, price
}
