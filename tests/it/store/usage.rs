//! Usage records: each once, come what may, and found again.

use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;
use manti::models::clock::Timestamp;
use manti::models::money::Money;
use manti::models::page::Request;
use manti::models::usage::{Source, Status};
use manti::store::Error;
use manti::store::usage::{By, Filter, Sums};

use super::records::{REPLICA, all, at, cursor, record, user};
use crate::support::engines::{Engine, both};

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

    async fn a_user_is_meant_however_their_address_is_spelled(engine: &Engine) {
        let ada = user(&engine.store, "ada@example.com").await;
        let one = record(&ada, at("2026-11-21T10:00:00Z"));
        engine.store.record_batch(REPLICA, cursor(1), &[one]).await.unwrap();
        for who in ["Ada@Example.com", "ada@example.com", &ada.id] {
            let filter = Filter { user: Some(who.to_owned()), ..Filter::default() };
            assert_eq!(all(&engine.store, &filter, 10).await.len(), 1, "{who}");
        }
    }

    async fn a_cursor_that_no_list_gave_is_refused(engine: &Engine) {
        use base64::Engine as _;

        for micros in [i64::MAX, i64::MIN, 8_210_266_876_799_999_999, -1, 300_000_000_000_000_000] {
            let text = format!("{micros} req_1");
            let cursor = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
            let page = manti::models::page::Request { cursor: Some(cursor), limit: 10 };
            let refused = engine.store.usage_list(&Filter::default(), &page).await;
            assert!(refused.is_err(), "{micros}");
        }
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
        let mut tx = engine.store.act().await.unwrap();
        assert!(tx.erase_user(&ada.id, moment).await.unwrap());
        tx.commit(&crate::support::engines::done()).await.unwrap();
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
