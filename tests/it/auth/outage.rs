//! With the database away, known credentials go on and unknown ones are told to come back.

use std::time::{Duration, Instant};

use manti::auth::{Denied, api_key};
use manti::models::clock::Clock;
use manti::store::Store;
use manti::store::usage::Filter;
use tokio_util::sync::CancellationToken;

use super::{Process, new_key};
use crate::support::engines::{Engine, both, config};
use crate::support::proxy::{Proxy, Way};

both! {
    async fn a_known_key_goes_on_for_the_grace_and_no_longer(engine: &Engine) {
        let one = Process::with(engine, engine.again(), Clock::manual(Clock::system().now()));
        let ada = one.user("ada@example.com").await;
        let (_, secret) = one.key(&ada).await;
        let token = one.login(&ada).await.access_token;
        assert!(!one.authenticator.serves());
        one.authenticator.listen().await;
        assert!(one.authenticator.serves());
        one.authenticator.credential(&secret).await.unwrap();
        one.authenticator.credential(&token).await.unwrap();
        one.store.close().await;
        // Nobody knows yet that it is away; then they do.
        one.clock.advance(Duration::from_secs(2));
        one.authenticator.credential(&secret).await.unwrap();
        one.authenticator.listen().await;
        one.clock.advance(Duration::from_mins(9));
        one.authenticator.credential(&secret).await.unwrap();
        one.authenticator.credential(&token).await.unwrap();
        assert!(one.authenticator.serves());
        let stranger = api_key::generate();
        let refused = one.authenticator.credential(&stranger).await.unwrap_err();
        assert_eq!(refused, Denied::Unavailable);
        one.clock.advance(Duration::from_mins(1));
        let refused = one.authenticator.credential(&secret).await.unwrap_err();
        assert_eq!(refused, Denied::Unavailable);
        assert!(!one.authenticator.serves());
    }

    async fn a_key_that_expires_meanwhile_is_refused(engine: &Engine) {
        let one = Process::with(engine, engine.again(), Clock::manual(Clock::system().now()));
        let ada = one.user("ada@example.com").await;
        let mut new = new_key(&ada);
        new.expires_at = Some(one.clock.now() + chrono::TimeDelta::minutes(5));
        let (_, secret) = one.accounts.create_key(new).await.unwrap();
        one.authenticator.credential(&secret).await.unwrap();
        one.store.close().await;
        one.authenticator.listen().await;
        one.clock.advance(Duration::from_mins(4));
        one.authenticator.credential(&secret).await.unwrap();
        one.clock.advance(Duration::from_mins(1));
        let refused = one.authenticator.credential(&secret).await.unwrap_err();
        assert_eq!(refused, Denied::Expired);
    }
}

/// A process that reaches its PostgreSQL through a way that can be cut.
async fn behind_a_proxy(engine: &Engine) -> (Proxy, Process) {
    let (scheme, rest) = engine.url.split_once("://").unwrap();
    let (authority, database) = rest.split_once('/').unwrap();
    let (user, server) = authority.rsplit_once('@').unwrap();
    let proxy = Proxy::to(server.to_owned()).await;
    let url = format!("{scheme}://{user}@{}/{database}", proxy.address());
    let store = Store::open(&config(&url, engine.data_dir())).unwrap();
    let process = Process::with(engine, store, Clock::system());
    (proxy, process)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_postgres_is_survived_and_ends_by_itself() {
    for way in [Way::Cut, Way::Silent] {
        let Some(engine) = Engine::postgres().await else {
            return;
        };
        let (proxy, one) = behind_a_proxy(&engine).await;
        let other = Process::on(&engine);
        let ada = other.user("ada@example.com").await;
        let (_, known) = other.key(&ada).await;
        let (revoked, revoked_secret) = other.key(&ada).await;
        let stranger = api_key::generate();
        let stop = CancellationToken::new();
        let watch = tokio::spawn({
            let (watcher, stop) = (one.authenticator.clone(), stop.clone());
            async move { watcher.watch(stop, |_| ()).await }
        });
        for _ in 0..4 {
            one.authenticator.credential(&known).await.unwrap();
            one.authenticator.credential(&revoked_secret).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }

        proxy.set(way);
        other.accounts.revoke_key(&revoked.id).await.unwrap();
        let started = Instant::now();
        let mut slowest = Duration::ZERO;
        while started.elapsed() < Duration::from_secs(4) {
            let asked = Instant::now();
            one.authenticator.credential(&known).await.unwrap();
            slowest = slowest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(slowest < Duration::from_secs(1), "{way:?}: {slowest:?}");
        let asked = Instant::now();
        let refused = one.authenticator.credential(&stranger).await.unwrap_err();
        assert_eq!(refused, Denied::Unavailable, "{way:?}");
        assert!(asked.elapsed() < Duration::from_secs(4), "{way:?}");
        assert!(one.store.ready().await.unwrap_err().is_unavailable());
        let failed = one.store.usage_total(&Filter::default()).await.unwrap_err();
        assert!(failed.is_unavailable(), "{way:?}: {failed}");

        // Connections that were silent are dead by now, as after a failover.
        proxy.set(Way::Cut);
        proxy.set(Way::Open);
        let back = Instant::now();
        loop {
            match one.authenticator.credential(&revoked_secret).await {
                Err(Denied::Revoked) => break,
                told => assert!(back.elapsed() < Duration::from_secs(5), "{way:?}: {told:?}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let refused = one.authenticator.credential(&stranger).await.unwrap_err();
        assert_eq!(refused, Denied::Unknown, "{way:?}");
        one.store.usage_total(&Filter::default()).await.unwrap();
        stop.cancel();
        watch.await.unwrap();
        one.store.close().await;
        engine.close().await;
    }
}
