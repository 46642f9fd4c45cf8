//! Several processes on one database, and one that holds it for long.

use std::time::{Duration, Instant};

use manti::models::clock::Clock;
use manti::store::{Change, Kind, Store};

use crate::support::engines::{Engine, both};

both! {
    async fn what_one_process_writes_another_reads(engine: &Engine) {
        let there = engine.again();
        let before = there.changes_since(-1).await.unwrap().version;
        assert_eq!(there.changes_since(before).await.unwrap().what, Some(Vec::new()));
        let mut tx = engine.store.write().await.unwrap();
        tx.note(Kind::Key, "key_1");
        tx.note(Kind::User, "usr_1");
        tx.note(Kind::Key, "key_1");
        // Not before the commit, and of one that is given up never.
        assert_eq!(there.changes_since(before).await.unwrap().version, before);
        tx.commit().await.unwrap();
        let mut given_up = engine.store.write().await.unwrap();
        given_up.note(Kind::Key, "key_2");
        given_up.rollback().await.unwrap();
        let changes = there.changes_since(before).await.unwrap();
        assert_eq!(changes.version, before + 1);
        let change = |kind, id: &str| Change { kind, id: id.to_owned() };
        let mut what = changes.what.unwrap();
        what.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(what, [change(Kind::Key, "key_1"), change(Kind::User, "usr_1")]);
        there.close().await;
    }

    async fn no_version_is_ever_skipped_or_given_twice(engine: &Engine) {
        let mut tasks = Vec::new();
        for process in 0..4 {
            let store = engine.again();
            tasks.push(tokio::spawn(async move {
                for n in 0..25 {
                    let mut tx = store.write().await.unwrap();
                    tx.note(Kind::Key, &format!("key_{process}_{n}"));
                    tx.commit().await.unwrap();
                }
                store.close().await;
            }));
        }
        // A reader along the way hears of everything once.
        let mut seen = Vec::new();
        let mut version = 0;
        while seen.len() < 100 {
            let changes = engine.store.changes_since(version).await.unwrap();
            seen.extend(changes.what.unwrap());
            version = changes.version;
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(version, 100);
        seen.sort_by(|a, b| a.id.cmp(&b.id));
        let count = seen.len();
        seen.dedup();
        assert!(seen.len() == 100, "{} of {count}", seen.len());
    }

    async fn a_cache_that_is_ahead_of_the_database_starts_afresh(engine: &Engine) {
        // The database was restored from a backup.
        let changes = engine.store.changes_since(77).await.unwrap();
        assert_eq!((changes.version, changes.what), (0, None));
    }

    async fn the_database_tells_the_time(engine: &Engine) {
        engine.store.changes_since(0).await.unwrap();
        let clock = Clock::system();
        let apart = (engine.store.now(&clock) - clock.now()).abs();
        assert!(apart < chrono::TimeDelta::seconds(1), "{apart}");
    }
}

/// Holds the write lock of an SQLite file, as a backup or a maintenance shell might.
async fn held(engine: &Engine) -> sqlx::SqliteConnection {
    use sqlx::Connection as _;

    let Store::Sqlite(db) = &engine.store else {
        unreachable!("only SQLite has one lock for all")
    };
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(db.file());
    let mut holder = sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE")
        .execute(&mut holder)
        .await
        .unwrap();
    holder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_lock_is_waited_for_and_reading_goes_on_meanwhile() {
    use sqlx::Connection as _;

    let engine = Engine::sqlite().await;
    let holder = held(&engine).await;
    let writer = engine.store.clone();
    let pending = tokio::spawn(async move {
        let mut tx = writer.write().await?;
        tx.note(Kind::Key, "key_1");
        tx.commit().await
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    assert!(
        engine
            .store
            .user("ada@example.com")
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(engine.store.changes_since(0).await.unwrap().version, 0);
    assert!(
        asked.elapsed() < Duration::from_secs(1),
        "{:?}",
        asked.elapsed()
    );
    assert!(!pending.is_finished());
    holder.close().await.unwrap();
    pending.await.unwrap().unwrap();
    assert_eq!(engine.store.changes_since(0).await.unwrap().version, 1);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_lock_is_told_as_unavailable_and_nothing_is_half_done() {
    use sqlx::Connection as _;

    let engine = Engine::sqlite().await;
    let holder = held(&engine).await;
    let asked = Instant::now();
    let refused = engine.store.write().await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused}");
    let waited = asked.elapsed();
    assert!((4..8).contains(&waited.as_secs()), "{waited:?}");
    holder.close().await.unwrap();
    let mut tx = engine.store.write().await.unwrap();
    tx.note(Kind::Key, "key_1");
    tx.commit().await.unwrap();
    engine.close().await;
}
