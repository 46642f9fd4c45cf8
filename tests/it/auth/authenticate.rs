//! A credential is what the database says of it, within a second, and costs nothing when known.

use std::time::{Duration, Instant};

use manti::auth::{Denied, KeyChange, RulesChange, UserChange, api_key};
use manti::config::network;
use manti::models::clock::Clock;
use manti::models::user::Role;
use tokio_util::sync::CancellationToken;

use super::{JWT_SECRET, PASSWORD, Process, new_key};
use crate::support::engines::{Engine, both};

both! {
    async fn a_new_key_works_at_once_and_says_who_calls(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let mut new = new_key(&ada);
        new.rules.models = vec!["gpt-*".to_owned()];
        new.rules.caps.rpm = Some(60);
        new.rules.allowed_ips = vec![network("192.0.2.0/24").unwrap()];
        let (key, secret) = one.accounts.create_key(new).await.unwrap();
        let who = one.authenticator.credential(&secret).await.unwrap();
        assert_eq!(*who.user_id, *ada.id);
        assert_eq!(*who.account_id, *ada.account_id);
        assert_eq!(*who.email, *ada.email);
        assert_eq!(who.role, Role::Member);
        let grant = who.key.as_ref().unwrap();
        assert_eq!(*grant.id, *key.id);
        assert_eq!(grant.rules, key.rules);
        assert!(who.may_use(&["gpt-4o"]) && !who.may_use(&["claude"]));
        assert!(who.may_call_from("192.0.2.9".parse().unwrap()));
        assert!(!who.may_call_from("198.51.100.9".parse().unwrap()));
        let again = one.authenticator.credential(&secret).await.unwrap();
        assert!(std::sync::Arc::ptr_eq(&who, &again));
    }

    async fn what_is_no_credential_is_refused_without_a_look_up(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (key, secret) = one.key(&ada).await;
        let digest = api_key::hex(&api_key::digest(&secret));
        // A look-up would fail now, and say so.
        one.store.close().await;
        let huge = "a".repeat(1 << 20);
        let longer = format!("{secret}0");
        let typo = secret.replace(&secret[20..21], if &secret[20..21] == "x" { "y" } else { "x" });
        for wrong in [
            "", " ", "\0", "sk-manti-", "Bearer", &digest, &key.prefix, &key.id, &secret[..48],
            &longer, &typo, &huge, "' OR 1=1 --", "a.b.c", "eyJhbGciOiJub25lIn0.e30.",
            &secret.to_uppercase(), &format!(" {secret}"), &format!("{secret},{secret}"),
        ] {
            let refused = one.authenticator.credential(wrong).await.unwrap_err();
            assert_eq!(refused, Denied::Unknown, "{:?}", &wrong[..wrong.len().min(60)]);
        }
        let refused = one.authenticator.credential(&secret).await.unwrap_err();
        assert_eq!(refused, Denied::Unavailable);
    }

    async fn an_unknown_key_is_remembered_until_something_changes(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        one.authenticator.listen().await;
        let secret = api_key::generate();
        assert_eq!(one.authenticator.credential(&secret).await.unwrap_err(), Denied::Unknown);
        // The same secret comes to be known behind its back.
        let (mut key, _) = one.key(&ada).await;
        one.authenticator.listen().await;
        assert_eq!(one.authenticator.credential(&secret).await.unwrap_err(), Denied::Unknown);
        key.id = manti::models::id::mint("key");
        let mut tx = one.store.act().await.unwrap();
        let digest = api_key::hex(&api_key::digest(&secret));
        tx.add_key(&key, &digest).await.unwrap();
        tx.commit(&crate::support::engines::done()).await.unwrap();
        assert_eq!(one.authenticator.credential(&secret).await.unwrap_err(), Denied::Unknown);
        one.authenticator.listen().await;
        one.authenticator.credential(&secret).await.unwrap();
    }

    async fn every_change_reaches_another_process_when_it_listens(engine: &Engine) {
        let here = Process::on(engine);
        let there = Process::with(engine, engine.again(), here.clock.clone());
        let ada = here.user("ada@example.com").await;
        here.user_of("root@example.com", Role::Admin).await;
        let (key, secret) = here.key(&ada).await;
        let ask = async || {
            there.authenticator.listen().await;
            there.authenticator.credential(&secret).await
        };
        assert_eq!(ask().await.unwrap().role, Role::Member);

        let change = UserChange { role: Some(Role::Admin), ..UserChange::default() };
        here.accounts.update_user(&ada.id, change).await.unwrap();
        assert_eq!(ask().await.unwrap().role, Role::Admin);

        let change = KeyChange { rules: RulesChange { rpm: Some(Some(7)), ..RulesChange::default() }, ..KeyChange::default() };
        here.accounts.update_key(&key.id, change).await.unwrap();
        assert_eq!(ask().await.unwrap().key.as_ref().unwrap().rules.caps.rpm, Some(7));

        here.accounts.disable_user(&ada.id).await.unwrap();
        assert_eq!(ask().await.unwrap_err(), Denied::Disabled);
        here.accounts.enable_user(&ada.id).await.unwrap();
        ask().await.unwrap();

        here.accounts.revoke_key(&key.id).await.unwrap();
        assert_eq!(ask().await.unwrap_err(), Denied::Revoked);
        here.accounts.delete_user(&ada.id).await.unwrap();
        assert_eq!(ask().await.unwrap_err(), Denied::Unknown);
        there.store.close().await;
    }

    async fn changes_of_others_leave_a_known_key_known(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let bob = one.user("bob@example.com").await;
        let (_, secret) = one.key(&ada).await;
        one.authenticator.listen().await;
        let before = one.authenticator.credential(&secret).await.unwrap();
        one.accounts.disable_user(&bob.id).await.unwrap();
        one.key(&ada).await;
        one.authenticator.listen().await;
        let after = one.authenticator.credential(&secret).await.unwrap();
        assert!(std::sync::Arc::ptr_eq(&before, &after));
    }

    async fn more_changes_than_can_be_named_count_as_all(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (key, secret) = one.key(&ada).await;
        one.authenticator.listen().await;
        one.authenticator.credential(&secret).await.unwrap();
        for _ in 0..11 {
            let mut tx = one.store.write().await.unwrap();
            for n in 0..100 {
                tx.note(manti::store::Kind::Key, &format!("key_{n}"));
            }
            tx.commit().await.unwrap();
        }
        one.accounts.revoke_key(&key.id).await.unwrap();
        one.authenticator.listen().await;
        assert_eq!(one.authenticator.credential(&secret).await.unwrap_err(), Denied::Revoked);
    }

    async fn a_revocation_acts_within_a_second_where_another_process_serves(engine: &Engine) {
        let here = Process::on(engine);
        let there = Process::with(engine, engine.again(), Clock::system());
        let ada = here.user("ada@example.com").await;
        let bob = here.user("bob@example.com").await;
        let keys = [here.key(&ada).await, here.key(&bob).await];
        let tokens = [here.login(&ada).await, here.login(&bob).await];
        let stop = CancellationToken::new();
        let watch = tokio::spawn({
            let (watcher, stop) = (there.authenticator.clone(), stop.clone());
            async move { watcher.watch(stop, |_| ()).await }
        });
        for _ in 0..2 {
            for (_, secret) in &keys {
                there.authenticator.credential(secret).await.unwrap();
            }
            for tokens in &tokens {
                there.authenticator.credential(&tokens.access_token).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        here.accounts.revoke_key(&keys[0].0.id).await.unwrap();
        refused_soon(&there, &keys[0].1, Denied::Revoked).await;
        here.sessions.logout(&tokens[0].refresh_token).await.unwrap();
        refused_soon(&there, &tokens[0].access_token, Denied::Revoked).await;
        here.accounts.set_password(&bob.email, "another good password").await.unwrap();
        refused_soon(&there, &tokens[1].access_token, Denied::Revoked).await;
        here.accounts.disable_user(&bob.id).await.unwrap();
        refused_soon(&there, &keys[1].1, Denied::Disabled).await;
        stop.cancel();
        watch.await.unwrap();
        there.store.close().await;
    }

    async fn a_key_ends_when_it_expires(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let mut new = new_key(&ada);
        new.expires_at = Some(one.clock.now() + chrono::TimeDelta::hours(1));
        let (_, secret) = one.accounts.create_key(new).await.unwrap();
        one.authenticator.credential(&secret).await.unwrap();
        one.clock.advance(Duration::from_secs(3599));
        one.authenticator.listen().await;
        one.authenticator.credential(&secret).await.unwrap();
        one.clock.advance(Duration::from_secs(1));
        // Known or asked for again makes no difference.
        assert_eq!(one.authenticator.credential(&secret).await.unwrap_err(), Denied::Expired);
        one.authenticator.listen().await;
        assert_eq!(one.authenticator.credential(&secret).await.unwrap_err(), Denied::Expired);
    }

    async fn a_rotated_key_has_two_secrets_for_the_grace(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (key, first) = one.key(&ada).await;
        one.authenticator.credential(&first).await.unwrap();
        let hours = |n| Duration::from_hours(n);
        let (rotated, second) =
            one.accounts.rotate_key(&key.id, hours(24)).await.unwrap();
        assert_eq!(rotated.id, key.id);
        assert_ne!(rotated.prefix, key.prefix);
        one.clock.advance(hours(20));
        // A second rotation does not prolong the first secret's grace.
        let (_, third) = one.accounts.rotate_key(&key.id, hours(24)).await.unwrap();
        one.authenticator.listen().await;
        for secret in [&first, &second, &third] {
            let who = one.authenticator.credential(secret).await.unwrap();
            assert_eq!(*who.key.as_ref().unwrap().id, *key.id);
        }
        one.clock.advance(hours(5));
        assert_eq!(one.authenticator.credential(&first).await.unwrap_err(), Denied::Expired);
        one.authenticator.credential(&second).await.unwrap();
        one.clock.advance(hours(20));
        assert_eq!(one.authenticator.credential(&second).await.unwrap_err(), Denied::Expired);
        one.authenticator.credential(&third).await.unwrap();
        // Without a grace the old one ends at once.
        let none = Duration::ZERO;
        let (_, fourth) = one.accounts.rotate_key(&key.id, none).await.unwrap();
        one.authenticator.listen().await;
        assert_eq!(one.authenticator.credential(&third).await.unwrap_err(), Denied::Expired);
        one.authenticator.credential(&fourth).await.unwrap();
    }

    async fn a_known_key_is_asked_for_again_when_nothing_was_heard_for_a_second(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (key, secret) = one.key(&ada).await;
        one.authenticator.listen().await;
        one.authenticator.credential(&secret).await.unwrap();
        one.accounts.revoke_key(&key.id).await.unwrap();
        // Nobody listens. Within the second it is still believed.
        one.authenticator.credential(&secret).await.unwrap();
        one.clock.advance(Duration::from_millis(1001));
        assert_eq!(one.authenticator.credential(&secret).await.unwrap_err(), Denied::Revoked);
    }

    async fn the_use_of_a_key_is_written_down_later(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (key, secret) = one.key(&ada).await;
        assert_eq!(key.last_used_at, None);
        let last_used = async || {
            one.authenticator.write_down_used().await;
            one.accounts.show_key(&key.id).await.unwrap().last_used_at
        };
        one.authenticator.credential(&secret).await.unwrap();
        let first = one.clock.now();
        assert_eq!(last_used().await, Some(first));
        one.clock.advance(Duration::from_mins(1));
        one.authenticator.listen().await;
        one.authenticator.credential(&secret).await.unwrap();
        assert_eq!(last_used().await, Some(first));
        one.clock.advance(Duration::from_mins(5));
        one.authenticator.listen().await;
        one.authenticator.credential(&secret).await.unwrap();
        assert_eq!(last_used().await, Some(one.clock.now()));
    }

    async fn many_callers_of_one_cold_key_are_all_served(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (_, secret) = one.key(&ada).await;
        let calls = (0..200).map(|_| {
            let (authenticator, secret) = (one.authenticator.clone(), secret.clone());
            tokio::spawn(async move { authenticator.credential(&secret).await })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap().unwrap();
        }
    }

    async fn forged_and_foreign_tokens_are_refused(engine: &Engine) {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
        use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let good = one.login(&ada).await.access_token;
        one.authenticator.credential(&good).await.unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let claims: serde_json::Value =
            serde_json::from_slice(&BASE64.decode(parts[1]).unwrap()).unwrap();
        let key = |secret: &str| EncodingKey::from_secret(secret.as_bytes());
        let sign = |header: &Header, claims: &serde_json::Value, secret: &str| {
            encode(header, claims, &key(secret)).unwrap()
        };
        let hs256 = Header::new(Algorithm::HS256);
        let with = |field: &str, value: serde_json::Value| {
            let mut claims = claims.clone();
            claims[field] = value;
            claims
        };
        let mut without_exp = claims.clone();
        without_exp.as_object_mut().unwrap().remove("exp");
        let part = |json: &str| BASE64.encode(json);
        let mut kid = hs256.clone();
        kid.kid = Some("../../dev/null".to_owned());
        let mut jku = hs256.clone();
        jku.jku = Some("https://evil.example/keys".to_owned());
        let forged = [
            ("other secret", sign(&hs256, &claims, "another-secret-of-enough-bytes-000")),
            ("empty secret", sign(&hs256, &claims, "")),
            ("HS512", sign(&Header::new(Algorithm::HS512), &claims, JWT_SECRET)),
            ("kid", sign(&kid, &claims, JWT_SECRET)),
            ("jku", sign(&jku, &claims, JWT_SECRET)),
            ("none", format!("{}.{}.", part(r#"{"alg":"none","typ":"JWT"}"#), parts[1])),
            ("None", format!("{}.{}.{}", part(r#"{"alg":"None"}"#), parts[1], parts[2])),
            ("no signature", format!("{}.{}.", parts[0], parts[1])),
            ("no dot", format!("{}.{}", parts[0], parts[1])),
            ("four parts", format!("{good}.{}", parts[2])),
            ("changed", good.replace(parts[1], &part(&with("sub", "usr_1".into()).to_string()))),
            ("issuer", sign(&hs256, &with("iss", "other".into()), JWT_SECRET)),
            ("audience", sign(&hs256, &with("aud", "other".into()), JWT_SECRET)),
            ("no end", sign(&hs256, &without_exp, JWT_SECRET)),
            ("odd end", sign(&hs256, &with("exp", "9999999999".into()), JWT_SECRET)),
            ("refresh token", one.login(&ada).await.refresh_token),
        ];
        for (what, token) in forged {
            let refused = one.authenticator.credential(&token).await.unwrap_err();
            assert_eq!(refused, Denied::Unknown, "{what}");
        }
        // Signed by us, but for another's session or none.
        let bob = one.user("bob@example.com").await;
        for (what, claims) in [
            ("another's session", with("sub", bob.id.into())),
            ("no session", with("sid", "ses_none".into())),
        ] {
            let token = sign(&hs256, &claims, JWT_SECRET);
            let refused = one.authenticator.credential(&token).await.unwrap_err();
            assert_eq!(refused, Denied::Revoked, "{what}");
        }
        one.authenticator.credential(&good).await.unwrap();
    }
}

async fn refused_soon(process: &Process, secret: &str, denied: Denied) {
    let started = Instant::now();
    loop {
        match process.authenticator.credential(secret).await {
            Err(told) => {
                assert_eq!(told, denied);
                return;
            }
            Ok(_) => assert!(
                started.elapsed() < Duration::from_secs(1),
                "still served after {:?}",
                started.elapsed()
            ),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_signer_without_a_configured_secret_keeps_its_own_for_all_processes() {
    for engine in [Some(Engine::sqlite().await), Engine::postgres().await] {
        let Some(engine) = engine else { continue };
        let one = Process::on(&engine);
        let ada = one.user("ada@example.com").await;
        let own = |store: manti::store::Store| {
            let signer = manti::auth::Signer::new(None, &store, engine.data_dir()).unwrap();
            let clock = one.clock.clone();
            let passwords = manti::auth::Passwords::new();
            let sessions =
                manti::auth::Sessions::new(store.clone(), clock.clone(), passwords, signer.clone());
            let grace = Duration::from_mins(10);
            let authenticator = manti::auth::Authenticator::new(store, clock, signer, grace);
            (sessions, authenticator)
        };
        let (sessions, _) = own(one.store.clone());
        let tokens = sessions
            .login(&ada.email, PASSWORD, super::HERE)
            .await
            .unwrap();
        let (_, authenticator) = own(one.store.clone());
        authenticator
            .credential(&tokens.access_token)
            .await
            .unwrap();
        // The configured one is another.
        let refused = one.authenticator.credential(&tokens.access_token).await;
        assert_eq!(refused.unwrap_err(), Denied::Unknown);
        let kept = engine.data_dir().join("jwt_secret").exists();
        assert_eq!(kept, engine.store.engine() == "sqlite");
        engine.close().await;
    }
}
