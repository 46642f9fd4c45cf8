//! Leases of processes, and meters under a lock.

use std::time::Duration;

use manti::models::clock::Clock;
use manti::store::{Lease, MeterRow, Store};

use crate::support::engines::both;

const fn lease(replica: &str) -> Lease<'_> {
    Lease {
        replica,
        seen: 2,
        authority: "database",
        lasts: Duration::from_secs(15),
    }
}

/// The ids of those who did not say that they stopped.
async fn known(store: &Store) -> Vec<String> {
    let now = Clock::system().now();
    let there = store.renew_lease(lease("rep_a"), now).await.unwrap();
    let mut ids: Vec<String> = there.known.into_iter().map(|one| one.id).collect();
    ids.sort();
    ids
}

both! {
    async fn a_lease_is_renewed_until_it_is_released(engine: &Engine) {
        let now = Clock::system().now();
        assert_eq!(known(&engine.store).await, ["rep_a"]);
        let there = engine.store.renew_lease(lease("rep_b"), now).await.unwrap();
        assert_eq!(there.known.len(), 2);
        assert!(there.known.iter().all(|one| one.seen == 2 && !one.elsewhere));
        assert!(there.known.iter().all(|one| one.expires_at > there.now));
        assert_eq!(known(&engine.store).await, ["rep_a", "rep_b"]);
        engine.store.release_lease("rep_b", now).await.unwrap();
        assert_eq!(known(&engine.store).await, ["rep_a"]);
        // One that was taken for gone and is not is there again.
        engine.store.renew_lease(lease("rep_b"), now).await.unwrap();
        assert_eq!(known(&engine.store).await, ["rep_a", "rep_b"]);
    }

    async fn meters_are_made_when_first_asked_for_and_forgotten_when_nobody_does(engine: &Engine) {
        let now = Clock::system().now();
        let ids = ["key:a", "key:b/gpt-*", "model:x"];
        let (mut tx, mut rows) = engine.store.meters(&ids, now).await.unwrap();
        assert!(rows.iter().all(|row| row.state == "{}"));
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        rows[1].state = String::from("{\"rpm\":{}}");
        tx.write_meters(&rows[1..2], now).await.unwrap();
        tx.commit().await.unwrap();
        let found = engine.store.look_at_meters(&["key:b/gpt-*", "key:none"]).await.unwrap();
        let expected = MeterRow { id: ids[1].to_owned(), state: "{\"rpm\":{}}".to_owned() };
        assert_eq!(found, [expected]);
        engine.store.forget_meters(now + Duration::from_secs(1)).await.unwrap();
        assert!(engine.store.look_at_meters(&ids).await.unwrap().is_empty());
    }

    async fn two_who_want_the_same_meters_wait_for_each_other_and_never_for_ever(engine: &Engine) {
        let now = Clock::system().now();
        let add = |store: Store, ids: [&'static str; 2]| async move {
            for _ in 0..20 {
                let (mut tx, mut rows) = store.meters(&ids, now).await.unwrap();
                for row in &mut rows {
                    row.state = match row.state.parse::<u64>() {
                        Ok(count) => (count + 1).to_string(),
                        Err(_) => "1".to_owned(),
                    };
                }
                tx.write_meters(&rows, now).await.unwrap();
                tx.commit().await.unwrap();
            }
        };
        let one = tokio::spawn(add(engine.store.clone(), ["key:a", "key:b"]));
        let other = tokio::spawn(add(engine.store.clone(), ["key:b", "key:a"]));
        one.await.unwrap();
        other.await.unwrap();
        let rows = engine.store.look_at_meters(&["key:a", "key:b"]).await.unwrap();
        assert!(rows.iter().all(|row| row.state == "40"), "{rows:?}");
    }
}
