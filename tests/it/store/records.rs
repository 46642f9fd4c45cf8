//! Records made up for tests, and what a plain reading of them gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use manti::models::clock::Timestamp;
use manti::models::id;
use manti::models::money::Money;
use manti::models::page::Request;
use manti::models::usage::{Cursor, Record, Source, Status, Tokens};
use manti::models::user::{Role, User};
use manti::store::Store;
use manti::store::usage::{Filter, Stored, Sums};

pub(super) const REPLICA: &str = "rep_1";

/// The same numbers in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    pub(super) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn cursor(offset: u64) -> Cursor {
    Cursor { segment: 1, offset }
}

/// A call of a user, with a model and nothing odd about it.
pub(super) fn record(user: &User, created_at: Timestamp) -> Record {
    Record {
        request_id: id::mint("req").into(),
        created_at,
        user_id: Arc::from(&*user.id),
        account_id: Arc::from(&*user.account_id),
        key_id: Some("key_1".into()),
        team_id: None,
        end_user: None,
        tags: BTreeMap::new(),
        endpoint: "chat.completions".into(),
        requested_model: "default".into(),
        provider: "openai".into(),
        model: "gpt-4o-2024-08-06".into(),
        status: Status::Ok,
        http_status: 200,
        stream: true,
        attempts: 1,
        trace: Vec::new(),
        tokens: Tokens {
            input: 1200,
            cached_input: 1024,
            output: 85,
            ..Tokens::default()
        },
        cost: Some(Money::from_nanos(2_570_000)),
        stated_cost: Some(Money::from_nanos(2_600_000)),
        price: Some(Money::from_nanos(3_084_000)),
        prices: [("input".to_owned(), "2.50".parse().unwrap())].into(),
        price_source: "book:2026-11-01".into(),
        usage_source: Source::Provider,
        flags: Vec::new(),
        latency_ms: 912,
        ttft_ms: Some(244),
        error_code: None,
    }
}

pub(super) async fn user(store: &Store, email: &str) -> User {
    let user = User {
        id: id::mint("usr"),
        email: email.to_owned(),
        name: String::new(),
        role: Role::Member,
        status: manti::models::user::Status::Active,
        account_id: id::mint("acc"),
        rules: manti::models::api_key::Rules::default(),
        created_at: at("2026-01-01T00:00:00Z"),
    };
    let mut tx = store.act().await.unwrap();
    tx.add_user(&user, None).await.unwrap();
    tx.commit(&crate::support::engines::done()).await.unwrap();
    user
}

/// All records that a filter means, page by page.
pub(super) async fn all(store: &Store, filter: &Filter, limit: u32) -> Vec<Stored> {
    let mut page = Request::first(limit);
    let mut all = Vec::new();
    loop {
        let some = store.usage_list(filter, &page).await.unwrap();
        assert!(some.data.len() <= limit as usize);
        all.extend(some.data);
        match some.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return all,
        }
    }
}

pub(super) fn sum<'a>(records: impl IntoIterator<Item = &'a Record>) -> Sums {
    let mut sums = Sums::default();
    for record in records {
        sums.add(&Sums {
            requests: 1,
            errors: u64::from(!matches!(record.status, Status::Ok | Status::Cancelled)),
            unpriced: u64::from(record.price.is_none()),
            input_tokens: record.tokens.input,
            cached_input_tokens: record.tokens.cached_input,
            output_tokens: record.tokens.output,
            cost: record.cost.unwrap_or_default(),
            price: record.price.unwrap_or_default(),
        });
    }
    sums
}
