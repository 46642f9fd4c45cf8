//! From the journal into the database: each call once, whatever dies in between.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use manti::billing::recorder::Recorder;
use manti::config::{Fsync, Journal as Settings};
use manti::journal::{FOLDER, Journal};
use manti::models::clock::Clock;
use manti::models::id;
use manti::models::money::Money;
use manti::models::page::Request;
use manti::models::usage::{Record, Source, Status, Tokens};
use manti::models::user::{Role, User};
use manti::store::Store;
use manti::store::usage::Filter;

use crate::support::engines::both;

fn settings() -> Settings {
    Settings {
        fsync: Fsync::Never,
        max_size: 1 << 30,
        keep: Duration::ZERO,
    }
}

async fn user(store: &Store) -> User {
    let user = User {
        id: id::mint("usr"),
        email: format!("{}@example.com", id::mint("u").to_lowercase()),
        name: String::new(),
        role: Role::Member,
        status: manti::models::user::Status::Active,
        account_id: id::mint("acc"),
        rules: manti::models::api_key::Rules::default(),
        created_at: Clock::system().now(),
    };
    let mut tx = store.act().await.unwrap();
    tx.add_user(&user, None).await.unwrap();
    tx.commit(&crate::support::engines::done()).await.unwrap();
    user
}

/// A call that costs one nano-dollar a token.
fn call(user: &User, tokens: u64) -> Record {
    Record {
        request_id: id::mint("req").into(),
        created_at: Clock::system().now(),
        user_id: (*user.id).into(),
        account_id: (*user.account_id).into(),
        key_id: None,
        team_id: None,
        end_user: Some("a\0b \"quoted\"".into()),
        tags: BTreeMap::from([("team".to_owned(), "\0\u{1}ü".to_owned())]),
        endpoint: "messages".into(),
        requested_model: "m".into(),
        provider: "p".into(),
        model: "m-2026".into(),
        status: Status::Ok,
        http_status: 200,
        stream: true,
        attempts: 1,
        trace: Vec::new(),
        tokens: Tokens {
            input: tokens,
            ..Tokens::default()
        },
        cost: i64::try_from(tokens).ok().map(Money::from_nanos),
        stated_cost: None,
        price: i64::try_from(tokens).ok().map(Money::from_nanos),
        prices: [("input".to_owned(), "0.001".parse().unwrap())].into(),
        price_source: "config".into(),
        usage_source: Source::Provider,
        flags: Vec::new(),
        latency_ms: 3,
        ttft_ms: Some(1),
        error_code: None,
    }
}

fn held(call: &Record) -> Record {
    Record {
        status: Status::Interrupted,
        tokens: Tokens::default(),
        ..call.clone()
    }
}

/// The records that a user has, as (status, input tokens), in the order of the calls.
async fn kept(store: &Store, user: &User) -> Vec<(Status, u64, Option<i64>)> {
    let filter = Filter {
        user: Some(user.id.clone()),
        ..Filter::default()
    };
    let page = store
        .usage_list(&filter, &Request::first(1000))
        .await
        .unwrap();
    let mut rows: Vec<_> = page.data.iter().map(|row| &row.record).collect();
    rows.sort_by(|a, b| a.request_id.cmp(&b.request_id));
    let row = |row: &&Record| (row.status, row.tokens.input, row.price.map(Money::nanos));
    rows.iter().map(row).collect()
}

async fn until(store: &Store, user: &User, count: usize) -> Vec<(Status, u64, Option<i64>)> {
    let start = Instant::now();
    loop {
        let rows = kept(store, user).await;
        if rows.len() >= count {
            return rows;
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{} of {count}",
            rows.len()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a kill leaves of a journal in another data directory.
fn kill(journal: &Journal, data_dir: &Path, replica: &str) {
    let folder = data_dir.join(FOLDER).join(replica);
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(journal.root().join(journal.replica())).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}

both! {
    async fn settled_calls_are_in_the_database_once_and_sum_up(engine: &Engine) {
        let user = user(&engine.store).await;
        let journal = Journal::open(engine.data_dir(), &settings()).unwrap();
        let recorder = Recorder::start(journal.clone(), engine.store.clone(), &settings(), Clock::system());
        let mut expected = Vec::new();
        for n in 1..=300 {
            let call = call(&user, n);
            let hold = journal.hold(&held(&call)).unwrap();
            drop(journal.settle(hold, call));
            expected.push((Status::Ok, n, i64::try_from(n).ok()));
            if n % 100 == 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let done = recorder.finish(Duration::from_secs(20)).await;
        assert!(done.is_done(), "{done:?}");
        assert_eq!(kept(&engine.store, &user).await, expected);
        let filter = Filter { user: Some(user.id.clone()), ..Filter::default() };
        let sums = engine.store.usage_total(&filter).await.unwrap();
        assert_eq!((sums.requests, sums.input_tokens), (300, 300 * 301 / 2));
    }

    async fn after_a_kill_ended_calls_are_billed_and_running_ones_interrupted(engine: &Engine) {
        let user = user(&engine.store).await;
        let away = tempfile::tempdir().unwrap();
        let killed = Journal::open(away.path(), &settings()).unwrap();
        let mut expected = Vec::new();
        let mut running = Vec::new();
        for n in 1..=50 {
            let call = call(&user, n);
            let hold = killed.hold(&held(&call)).unwrap();
            if n % 5 == 0 {
                running.push(hold);
                expected.push((Status::Interrupted, 0, Some(0)));
            } else {
                drop(killed.settle(hold, call));
                expected.push((Status::Ok, n, i64::try_from(n).ok()));
            }
        }
        // The second time is one that died in the replay: all of it comes again.
        for replica in ["rep_first", "rep_again"] {
            kill(&killed, engine.data_dir(), replica);
            let journal = Journal::open(engine.data_dir(), &settings()).unwrap();
            let recorder = Recorder::start(journal.clone(), engine.store.clone(), &settings(), Clock::system());
            until(&engine.store, &user, 50).await;
            let start = Instant::now();
            while journal.root().join(replica).exists() {
                assert!(start.elapsed() < Duration::from_secs(20), "{replica} stays");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert!(recorder.finish(Duration::from_secs(20)).await.is_done());
            assert_eq!(kept(&engine.store, &user).await, expected);
        }
        let filter = Filter { user: Some(user.id.clone()), ..Filter::default() };
        let sums = engine.store.usage_total(&filter).await.unwrap();
        assert_eq!(sums.requests, 50);
        drop(running);
    }

    async fn two_processes_share_a_data_directory_and_one_outlives_the_other(engine: &Engine) {
        let user = user(&engine.store).await;
        let stays = Journal::open(engine.data_dir(), &settings()).unwrap();
        let dies = Journal::open(engine.data_dir(), &settings()).unwrap();
        let recorder = Recorder::start(stays.clone(), engine.store.clone(), &settings(), Clock::system());
        for (n, journal) in [&stays, &dies, &stays, &dies].into_iter().enumerate() {
            let call = call(&user, n as u64);
            let hold = journal.hold(&held(&call)).unwrap();
            drop(journal.settle(hold, call));
        }
        until(&engine.store, &user, 2).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(kept(&engine.store, &user).await.len(), 2, "the other's are its own while it lives");
        drop(dies);
        assert_eq!(until(&engine.store, &user, 4).await.len(), 4);
        assert!(recorder.finish(Duration::from_secs(20)).await.is_done());
    }
}
