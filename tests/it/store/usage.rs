//! Usage records: each once, and every list and report agrees with them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::TimeDelta;
use manti::models::clock::Timestamp;
use manti::models::id;
use manti::models::money::Money;
use manti::models::page::Request;
use manti::models::usage::{Cursor, Record, Source, Status, Tokens};
use manti::models::user::{Role, User};
use manti::store::usage::{By, Filter, Stored, Sums};
use manti::store::{Error, Store};

use crate::support::engines::{Engine, both};

const REPLICA: &str = "rep_1";

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn cursor(offset: u64) -> Cursor {
    Cursor { segment: 1, offset }
}

/// A call of a user, with a model and nothing odd about it.
fn record(user: &User, created_at: Timestamp) -> Record {
    Record {
        request_id: id::mint("req").into(),
        created_at,
        user_id: Arc::from(&*user.id),
        account_id: Arc::from(&*user.account_id),
        key_id: Some("key_1".into()),
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
        tokens: Tokens {
            input: 1200,
            cached_input: 1024,
            output: 85,
            ..Tokens::default()
        },
        cost: Some(Money::from_nanos(2_570_000)),
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

async fn user(store: &Store, email: &str) -> User {
    let user = User {
        id: id::mint("usr"),
        email: email.to_owned(),
        name: String::new(),
        role: Role::Member,
        status: manti::models::user::Status::Active,
        account_id: id::mint("acc"),
        created_at: at("2026-01-01T00:00:00Z"),
    };
    let mut tx = store.write().await.unwrap();
    tx.add_user(&user, None).await.unwrap();
    tx.commit().await.unwrap();
    user
}

/// All records that a filter means, page by page.
async fn all(store: &Store, filter: &Filter, limit: u32) -> Vec<Stored> {
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

fn sum<'a>(records: impl IntoIterator<Item = &'a Record>) -> Sums {
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

const GROUPINGS: [&str; 9] = [
    "user", "key", "model", "provider", "day", "hour", "endpoint", "end_user", "tag:team",
];

fn start() -> Timestamp {
    at("2026-10-30T22:00:00Z")
}

fn seconds(count: u64) -> TimeDelta {
    TimeDelta::seconds(count.cast_signed())
}

/// Bursts and silence over the end of a month, and everything that can be of one kind or another.
fn any_record(dice: &mut Dice, users: &[User]) -> Record {
    let who = &users[usize::try_from(dice.roll(2)).unwrap()];
    let when = start()
        + seconds(dice.roll(40) * 3600 + dice.roll(1200))
        + TimeDelta::microseconds(dice.roll(3).cast_signed() * 500_000);
    let mut one = record(who, when);
    one.key_id = match dice.roll(4) {
        0 => None,
        n => Some(format!("key_{n}").into()),
    };
    one.endpoint = dice.pick(&["chat.completions", "messages"]).into();
    one.provider = dice.pick(&["openai", "anthropic", "demo"]).into();
    one.model = dice.pick(&["gpt-4o-2024-08-06", "claude", "echo"]).into();
    one.requested_model = dice.pick(&["default", "claude", "echo", "gpt-4o"]).into();
    let statuses = ["ok", "ok", "error", "cancelled", "interrupted", "rejected"];
    one.status = dice.pick(&statuses).parse().unwrap();
    one.end_user = (dice.roll(2) == 0).then(|| dice.pick(&["u1", "u2"]).to_owned());
    if dice.roll(2) == 0 {
        one.tags = [("team".to_owned(), dice.pick(&["red", "blue"]).to_owned())].into();
    }
    one.tokens.input = dice.roll(5000);
    one.tokens.output = dice.roll(500);
    let money = |dice: &mut Dice| {
        (dice.roll(5) > 0).then(|| Money::from_nanos(dice.roll(1 << 30).cast_signed()))
    };
    one.cost = money(dice);
    one.price = money(dice);
    one
}

fn any_filter(dice: &mut Dice, users: &[User]) -> Filter {
    let maybe =
        |dice: &mut Dice, of: &[&str]| (dice.roll(3) == 0).then(|| dice.pick(of).to_owned());
    let moment = |dice: &mut Dice| {
        let at = start() + seconds(dice.roll(42 * 60) * 60 + dice.roll(2) * 30);
        (dice.roll(3) > 0).then_some(at)
    };
    Filter {
        from: moment(dice),
        to: moment(dice),
        user: maybe(dice, &["ada@example.com", &users[1].id, "eve@example.com"]),
        key: maybe(dice, &["key_1", "key_2", "key_9"]),
        model: maybe(dice, &["claude", "echo", "default", "none"]),
        request: None,
    }
}

fn means(filter: &Filter, record: &Record, names: &BTreeMap<String, String>) -> bool {
    filter.from.is_none_or(|from| record.created_at >= from)
        && filter.to.is_none_or(|to| record.created_at < to)
        && filter
            .user
            .as_ref()
            .is_none_or(|who| *who == *record.user_id || *who == names[&*record.user_id])
        && filter
            .key
            .as_deref()
            .is_none_or(|key| record.key_id.as_deref() == Some(key))
        && filter
            .model
            .as_deref()
            .is_none_or(|model| *record.model == *model || *record.requested_model == *model)
}

fn group(by: &By, record: &Record, names: &BTreeMap<String, String>) -> String {
    match by {
        By::User => names[&*record.user_id].clone(),
        By::Key => record.key_id.as_deref().unwrap_or_default().to_owned(),
        By::Model => record.model.to_string(),
        By::Provider => record.provider.to_string(),
        By::Endpoint => record.endpoint.to_string(),
        By::Day => record.created_at.format("%Y-%m-%d").to_string(),
        By::Hour => record.created_at.format("%Y-%m-%dT%H:00:00Z").to_string(),
        By::EndUser => record.end_user.clone().unwrap_or_default(),
        By::Tag(name) => record.tags.get(name).cloned().unwrap_or_default(),
    }
}

both! {
    async fn a_record_comes_back_as_it_was_written(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let mut whole = record(&ada, at("2026-11-21T10:00:00.123456Z"));
        whole.end_user = Some("customer-7".to_owned());
        whole.tags = [("team".to_owned(), "blue \"ä\" \\ ' 🦆".to_owned())].into();
        whole.tokens.cache_write_5m = 7;
        whole.tokens.cache_write_1h = 8;
        whole.tokens.reasoning = 9;
        whole.tokens.units = [("searches".to_owned(), 3)].into();
        whole.flags = vec!["usage_out_of_range".to_owned()];
        whole.error_code = Some("stream_interrupted".into());
        let mut bare = record(&ada, at("2026-11-21T10:00:01Z"));
        bare.key_id = None;
        bare.cost = None;
        bare.price = None;
        bare.prices = BTreeMap::new();
        bare.ttft_ms = None;
        bare.stream = false;
        bare.status = Status::Interrupted;
        bare.usage_source = Source::Unknown;
        let records = [whole, bare];
        let wrote = engine.store.record_batch(REPLICA, cursor(1), &records).await;
        assert_eq!(wrote.unwrap(), 2);
        for record in &records {
            let shown = engine.store.usage_show(&record.request_id).await.unwrap().unwrap();
            assert_eq!(&shown.record, record);
            assert_eq!(shown.user, "ada@example.com");
        }
        assert_eq!(engine.store.usage_show("req_none").await.unwrap(), None);
    }

    async fn a_record_is_counted_once_however_often_it_comes(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let start = at("2026-11-21T10:00:00Z");
        let records: Vec<_> = (0..300)
            .map(|n| record(&ada, start + TimeDelta::seconds(n)))
            .collect();
        let store = &engine.store;
        assert_eq!(store.record_batch(REPLICA, cursor(1), &records[..200]).await.unwrap(), 200);
        // All again; then half of them again with as many new ones; then twice in one batch.
        assert_eq!(store.record_batch(REPLICA, cursor(1), &records[..200]).await.unwrap(), 0);
        assert_eq!(store.record_batch(REPLICA, cursor(2), &records[100..]).await.unwrap(), 100);
        let twice = [&records[..5], &records[..5]].concat();
        assert_eq!(store.record_batch(REPLICA, cursor(3), &twice).await.unwrap(), 0);
        let late = record(&ada, start);
        let twice = [late.clone(), late];
        assert_eq!(store.record_batch(REPLICA, cursor(4), &twice).await.unwrap(), 1);
        assert_eq!(all(store, &Filter::default(), 1000).await.len(), 301);
        let total = store.usage_total(&Filter::default()).await.unwrap();
        assert_eq!(total.requests, 301);
        assert_eq!(total.price, Money::from_nanos(301 * 3_084_000));
    }

    async fn the_cursor_moves_with_the_records_or_not_at_all(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let store = &engine.store;
        assert_eq!(store.journal_cursor(REPLICA).await.unwrap(), None);
        let one = [record(&ada, at("2026-11-21T10:00:00Z"))];
        store.record_batch(REPLICA, cursor(10), &one).await.unwrap();
        store.record_batch("rep_2", cursor(77), &[]).await.unwrap();
        assert_eq!(store.journal_cursor(REPLICA).await.unwrap(), Some(cursor(10)));
        assert_eq!(store.journal_cursor("rep_2").await.unwrap(), Some(cursor(77)));
        // The database's word counts, also when it goes back.
        store.record_batch(REPLICA, cursor(5), &one).await.unwrap();
        assert_eq!(store.journal_cursor(REPLICA).await.unwrap(), Some(cursor(5)));
        // A sum beyond what fits refuses the whole batch.
        let mut rich = record(&ada, at("2026-11-21T10:00:01Z"));
        rich.price = Some(Money::from_nanos(i64::MAX));
        store.record_batch(REPLICA, cursor(6), std::slice::from_ref(&rich)).await.unwrap_err();
        assert_eq!(store.journal_cursor(REPLICA).await.unwrap(), Some(cursor(5)));
        assert_eq!(store.usage_show(&rich.request_id).await.unwrap(), None);
        store.forget_journal(REPLICA).await.unwrap();
        assert_eq!(store.journal_cursor(REPLICA).await.unwrap(), None);
    }

    async fn what_no_database_takes_is_kept_without_it(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let mut odd = record(&ada, at("2026-11-21T10:00:00Z"));
        odd.requested_model = format!("a\0b{}", "ä".repeat(5000)).into();
        odd.model = "\u{10ffff}'; DROP TABLE usage; --".into();
        odd.end_user = Some("\0".to_owned());
        odd.tags = [("n\0ul".to_owned(), r"\u0000 \\u0000 and a".to_owned() + "\0")].into();
        odd.tokens.input = u64::MAX;
        odd.latency_ms = u64::MAX;
        let store = &engine.store;
        store.record_batch(REPLICA, cursor(1), std::slice::from_ref(&odd)).await.unwrap();
        let kept = store.usage_show(&odd.request_id).await.unwrap().unwrap().record;
        assert!(kept.requested_model.starts_with("a?bää"));
        assert!(kept.requested_model.len() <= 256);
        assert_eq!(kept.model, odd.model);
        assert_eq!(kept.end_user.as_deref(), Some("?"));
        let tags = [("n\u{fffd}ul".to_owned(), r"\u0000 \\u0000 and a".to_owned() + "\u{fffd}")];
        assert_eq!(kept.tags, tags.into());
        // It is found by the name that was asked for.
        let filter = Filter {
            model: Some(odd.requested_model.to_string()),
            ..Filter::default()
        };
        assert_eq!(all(store, &filter, 10).await.len(), 1);
        let report = store.usage_report(&filter, &By::Tag("n\0ul".to_owned())).await.unwrap();
        assert_eq!(report.total.requests, 1);
    }

    async fn odd_filters_find_nothing_and_break_nothing(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let one = record(&ada, at("2026-11-21T10:00:00Z"));
        engine.store.record_batch(REPLICA, cursor(1), &[one]).await.unwrap();
        for odd in ["", "\0", "' OR 1=1 --", "%", "_", "$", "$.x", "[0]", "\"", "\\", "x\"y"] {
            let odd = || Some(odd.to_owned());
            for filter in [
                Filter { user: odd(), ..Filter::default() },
                Filter { key: odd(), ..Filter::default() },
                Filter { model: odd(), ..Filter::default() },
                Filter { request: odd(), ..Filter::default() },
            ] {
                assert_eq!(all(&engine.store, &filter, 10).await, Vec::new(), "{filter:?}");
            }
            let by = By::Tag(odd().unwrap());
            let report = engine.store.usage_report(&Filter::default(), &by).await.unwrap();
            assert_eq!(report.data.len(), 1, "{by:?}");
            assert_eq!(report.data[0].group, "");
            let page = Request { limit: 10, cursor: odd() };
            let refused = engine.store.usage_list(&Filter::default(), &page).await;
            assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
        }
        for (from, to) in [
            ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"),
            ("2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ] {
            let filter = Filter { from: Some(at(from)), to: Some(at(to)), ..Filter::default() };
            assert_eq!(all(&engine.store, &filter, 10).await, Vec::new());
            assert_eq!(engine.store.usage_total(&filter).await.unwrap(), Sums::default());
        }
        let ever = Filter {
            from: Some(Timestamp::MIN_UTC),
            to: Some(Timestamp::MAX_UTC),
            ..Filter::default()
        };
        assert_eq!(all(&engine.store, &ever, 10).await.len(), 1);
        assert_eq!(engine.store.usage_total(&ever).await.unwrap().requests, 1);
    }

    async fn reports_and_lists_agree_with_the_records(engine: &Engine) {
        let store = &engine.store;
        let mut dice = Dice(7);
        let users = [
            user(store, "ada@example.com").await,
            user(store, "bob@example.com").await,
            user(store, "eve@example.com").await,
        ];
        let mut records: Vec<Record> = (0..1500).map(|_| any_record(&mut dice, &users)).collect();
        for (n, batch) in records.chunks(97).enumerate() {
            store.record_batch(REPLICA, cursor(n as u64), batch).await.unwrap();
        }
        records.sort_by(|a, b| (b.created_at, &b.request_id).cmp(&(a.created_at, &a.request_id)));
        let names: BTreeMap<String, String> =
            users.iter().map(|user| (user.id.clone(), user.email.clone())).collect();
        for n in 0..60 {
            let filter = any_filter(&mut dice, &users);
            let meant: Vec<&Record> =
                records.iter().filter(|record| means(&filter, record, &names)).collect();
            let total = sum(meant.iter().copied());
            let listed = all(store, &filter, if n % 2 == 0 { 1000 } else { 7 }).await;
            let listed: Vec<&Record> = listed.iter().map(|stored| &stored.record).collect();
            assert_eq!(listed, meant, "{filter:?}");
            assert_eq!(store.usage_total(&filter).await.unwrap(), total, "{filter:?}");
            for by in GROUPINGS {
                let by: By = by.parse().unwrap();
                let report = store.usage_report(&filter, &by).await.unwrap();
                let mut groups: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
                for record in &meant {
                    groups.entry(group(&by, record, &names)).or_default().push(record);
                }
                let told: BTreeMap<String, Sums> =
                    report.data.iter().map(|row| (row.group.clone(), row.sums)).collect();
                let expected: BTreeMap<String, Sums> =
                    groups.into_iter().map(|(group, of)| (group, sum(of))).collect();
                assert_eq!(told, expected, "{by:?} {filter:?}");
                assert_eq!(told.len(), report.data.len());
                assert_eq!(report.total, total, "{by:?} {filter:?}");
                assert!(!report.truncated);
            }
        }
    }

    async fn one_request_is_found_by_its_id_within_the_other_conditions(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let bob = user(&engine.store, "bob@example.com").await;
        let moment = at("2026-11-21T10:00:00Z");
        let records = [record(&ada, moment), record(&ada, moment), record(&bob, moment)];
        engine.store.record_batch(REPLICA, cursor(1), &records).await.unwrap();
        let mut filter = Filter {
            request: Some(records[1].request_id.to_string()),
            ..Filter::default()
        };
        let found = all(&engine.store, &filter, 10).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].record, records[1]);
        filter.user = Some("ada@example.com".to_owned());
        assert_eq!(all(&engine.store, &filter, 10).await.len(), 1);
        filter.user = Some("bob@example.com".to_owned());
        assert_eq!(all(&engine.store, &filter, 10).await.len(), 0);
    }

    async fn pages_neither_skip_nor_repeat_while_records_come_in(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let start = at("2026-11-21T10:00:00Z");
        // All of one moment: only the id tells them apart.
        let old: Vec<_> = (0..50).map(|_| record(&ada, start)).collect();
        engine.store.record_batch(REPLICA, cursor(1), &old).await.unwrap();
        for user in [None, Some("ada@example.com".to_owned())] {
            let filter = Filter { user, ..Filter::default() };
            let mut seen = HashSet::new();
            let mut page = Request::first(9);
            loop {
                let some = engine.store.usage_list(&filter, &page).await.unwrap();
                for stored in some.data {
                    assert!(seen.insert(stored.record.request_id));
                }
                let new = [record(&ada, start + TimeDelta::seconds(1))];
                engine.store.record_batch(REPLICA, cursor(2), &new).await.unwrap();
                match some.next_cursor {
                    Some(cursor) => page.cursor = Some(cursor),
                    None => break,
                }
            }
            assert!(old.iter().all(|record| seen.contains(&record.request_id)));
        }
    }

    async fn several_processes_record_at_once_and_every_record_counts_once(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let start = at("2026-11-21T10:00:00Z");
        let shared: Vec<_> = (0..40).map(|n| record(&ada, start + TimeDelta::seconds(n))).collect();
        let mut tasks = Vec::new();
        for process in 0..4 {
            let store = engine.again();
            let (ada, shared) = (ada.clone(), shared.clone());
            tasks.push(tokio::spawn(async move {
                let replica = format!("rep_{process}");
                for n in 0..25 {
                    let mut batch: Vec<_> = (0..20)
                        .map(|k| record(&ada, start + TimeDelta::milliseconds(n * 20 + k)))
                        .collect();
                    batch.extend(shared.iter().cloned());
                    let offset = u64::try_from(n).unwrap();
                    loop {
                        match store.record_batch(&replica, cursor(offset), &batch).await {
                            Ok(_) => break,
                            Err(error) => assert!(error.is_unavailable(), "{error}"),
                        }
                    }
                }
                store.close().await;
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let total = engine.store.usage_total(&Filter::default()).await.unwrap();
        assert_eq!(total.requests, 4 * 25 * 20 + 40);
        assert_eq!(all(&engine.store, &Filter::default(), 1000).await.len(), 2040);
        for process in 0..4 {
            let reached = engine.store.journal_cursor(&format!("rep_{process}")).await.unwrap();
            assert_eq!(reached, Some(cursor(24)));
        }
    }

    async fn a_deleted_users_records_stay_without_a_name(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let moment = at("2026-11-21T10:00:00Z");
        engine.store.record_batch(REPLICA, cursor(1), &[record(&ada, moment)]).await.unwrap();
        let mut tx = engine.store.write().await.unwrap();
        assert!(tx.erase_user(&ada.id, moment).await.unwrap());
        tx.commit().await.unwrap();
        let listed = all(&engine.store, &Filter::default(), 10).await;
        assert_eq!(listed.len(), 1);
        assert!(listed[0].user.ends_with("@deleted.invalid"), "{}", listed[0].user);
        let report = engine.store.usage_report(&Filter::default(), &By::User).await.unwrap();
        assert!(!report.data[0].group.contains("ada"), "{}", report.data[0].group);
    }
}

#[tokio::test]
async fn partitions_are_made_ahead_and_take_over_what_the_default_holds() {
    let Some(engine) = Engine::postgres().await else {
        return;
    };
    let store = &engine.store;
    let ada = user(store, "ada@example.com").await;
    let months = [
        "2031-05-31T23:59:59Z",
        "2031-06-01T00:00:00Z",
        "2031-07-31T23:59:59Z",
    ];
    let records: Vec<_> = months.iter().map(|month| record(&ada, at(month))).collect();
    store
        .record_batch(REPLICA, cursor(1), &records)
        .await
        .unwrap();
    let pool = sqlx::PgPool::connect(&engine.url).await.unwrap();
    let held = async |table: &str| {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
        count
    };
    assert_eq!(held("usage_default").await, 3);
    // Three processes at once, and again.
    for _ in 0..2 {
        let june = at("2031-06-15T00:00:00Z");
        let (a, b, c) = tokio::join!(
            store.prepare_partitions(june),
            store.prepare_partitions(june),
            store.tidy(june),
        );
        a.and(b).and(c).unwrap();
    }
    assert_eq!(held("usage_default").await, 1);
    assert_eq!(held("usage_2031_06").await, 1);
    assert_eq!(held("usage_2031_07").await, 1);
    assert_eq!(held("usage_2031_08").await, 0);
    assert_eq!(all(store, &Filter::default(), 10).await.len(), 3);
    // What was recorded before is still known when it comes again.
    assert_eq!(
        store
            .record_batch(REPLICA, cursor(2), &records)
            .await
            .unwrap(),
        0
    );
    pool.close().await;
    engine.close().await;
}
