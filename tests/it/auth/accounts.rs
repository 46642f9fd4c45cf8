//! What is done to users and keys, by the command line and the admin API alike.

use std::collections::HashSet;
use std::time::Duration;

use manti::auth::{AccountError, KeyChange, NewUser, RulesChange, UserChange};
use manti::config::Secret;
use manti::models::api_key::{Rules, Status as KeyStatus};
use manti::models::page::Request;
use manti::models::user::{Role, Status};
use manti::store::Store;

use super::{HERE, PASSWORD, Process, new_key};
use crate::support::engines::{Engine, both};

fn new_user(email: &str) -> NewUser {
    NewUser {
        email: email.to_owned(),
        name: String::new(),
        role: Role::Member,
        password: None,
        rules: Rules::default(),
    }
}

/// Everything in the database, as text.
pub(crate) async fn dump(engine: &Engine) -> String {
    match &engine.store {
        Store::Sqlite(db) => {
            let mut all = String::new();
            for file in ["", "-wal"] {
                let mut path = db.file().as_os_str().to_owned();
                path.push(file);
                if let Ok(bytes) = std::fs::read(path) {
                    all.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
            all
        }
        Store::Postgres(_) => {
            let pool = sqlx::PgPool::connect(&engine.url).await.unwrap();
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT table_name::text FROM information_schema.tables \
                 WHERE table_schema = 'public' AND table_name <> 'schema_migrations'",
            )
            .fetch_all(&pool)
            .await
            .unwrap();
            let mut all = String::new();
            for table in tables {
                let sql = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
                let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap();
                all.push_str(&rows.join("\n"));
            }
            pool.close().await;
            all
        }
    }
}

both! {
    async fn a_user_is_found_by_id_and_by_address_in_any_case(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.accounts.create_user(new_user(" Ada@Example.COM")).await.unwrap();
        assert_eq!(ada.email, "ada@example.com");
        assert!(ada.id.starts_with("usr_") && ada.account_id.starts_with("acc_"));
        for who in [&*ada.id, "ada@example.com", "ADA@example.com"] {
            assert_eq!(one.accounts.show_user(who).await.unwrap(), ada);
        }
        for who in ["", "\0", "bob@example.com", "usr_none", "' OR 1=1 --", "%"] {
            let refused = one.accounts.show_user(who).await.unwrap_err();
            assert!(matches!(refused, AccountError::NotFound("user")), "{who:?}: {refused:?}");
        }
    }

    async fn an_address_belongs_to_one_user(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let bob = one.user("bob@example.com").await;
        let refused = one.accounts.create_user(new_user("ADA@example.com")).await.unwrap_err();
        assert!(matches!(refused, AccountError::Conflict(_)), "{refused:?}");
        let change = UserChange { email: Some(ada.email.clone()), ..UserChange::default() };
        let refused = one.accounts.update_user(&bob.id, change.clone()).await.unwrap_err();
        assert!(matches!(refused, AccountError::Conflict(_)), "{refused:?}");
        assert!(refused.to_string().contains("email"), "{refused}");
        one.accounts.delete_user(&ada.id).await.unwrap();
        one.accounts.update_user(&bob.id, change).await.unwrap();
    }

    async fn users_and_keys_are_listed_in_pages_without_gap(engine: &Engine) {
        let one = Process::on(engine);
        let mut ids = Vec::new();
        for n in 0..12 {
            ids.push(one.accounts.create_user(new_user(&format!("u{n}@example.com"))).await.unwrap());
        }
        one.accounts.delete_user(&ids.remove(5).id).await.unwrap();
        let mut keys = Vec::new();
        for n in 0..9 {
            keys.push(one.key(&ids[n % 2]).await.0);
        }
        let mut page = Request::first(4);
        let mut users = Vec::new();
        loop {
            let some = one.accounts.list_users(&page).await.unwrap();
            users.extend(some.data);
            let Some(cursor) = some.next_cursor else { break };
            page.cursor = Some(cursor);
        }
        assert_eq!(users, ids);
        let own = one.seen_by(&ids[0]).await;
        let other = one.seen_by(&ids[3]).await;
        for (accounts, user, expected) in [
            (&one.accounts, None, 9),
            (&one.accounts, Some("u0@example.com"), 5),
            (&one.accounts, Some(&*ids[1].id), 4),
            (&own, None, 5),
            (&own, Some("u0@example.com"), 5),
            (&other, None, 0),
        ] {
            let mut page = Request::first(2);
            let mut seen = HashSet::new();
            loop {
                let some = accounts.list_keys(user, None, &page).await.unwrap();
                assert!(some.data.iter().all(|key| seen.insert(key.id.clone())));
                let Some(cursor) = some.next_cursor else { break };
                page.cursor = Some(cursor);
            }
            assert_eq!(seen.len(), expected, "{user:?}");
        }
        for odd in ["x", "\0", "key_\0", "' OR 1=1 --", "usr_1"] {
            let page = Request { limit: 2, cursor: Some(odd.to_owned()) };
            let refused = one.accounts.list_keys(None, None, &page).await.unwrap_err();
            assert!(matches!(refused, AccountError::Invalid { ref field, .. } if field == "cursor"), "{odd:?}");
        }
    }

    async fn another_users_key_is_not_there(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let eve = one.user("eve@example.com").await;
        let (key, _) = one.key(&ada).await;
        let hers = one.seen_by(&eve).await;
        let refused = [
            hers.show_key(&key.id).await.unwrap_err(),
            hers.update_key(&key.id, KeyChange::default()).await.unwrap_err(),
            hers.revoke_key(&key.id).await.unwrap_err(),
            hers.rotate_key(&key.id, Duration::ZERO).await.unwrap_err(),
            hers.list_keys(Some(&ada.id), None, &Request::default()).await.unwrap_err(),
        ];
        for refused in refused {
            assert!(matches!(refused, AccountError::NotFound(_)), "{refused:?}");
        }
        assert_eq!(one.seen_by(&ada).await.show_key(&key.id).await.unwrap(), key);
        for odd in ["", "\0", "key_none", "' OR 1=1 --"] {
            let refused = one.accounts.show_key(odd).await.unwrap_err();
            assert!(matches!(refused, AccountError::NotFound("key")), "{odd:?}");
        }
    }

    async fn a_key_is_changed_field_by_field(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (key, _) = one.key(&ada).await;
        let change = KeyChange {
            rules: RulesChange {
                models: Some(vec!["gpt-*".to_owned()]),
                tpm: Some(Some(1000)),
                ..RulesChange::default()
            },
            expires_at: Some(Some(one.clock.now() + chrono::TimeDelta::days(1))),
            ..KeyChange::default()
        };
        let changed = one.accounts.update_key(&key.id, change).await.unwrap();
        assert_eq!(changed.rules.models, ["gpt-*"]);
        assert_eq!(changed.rules.caps.tpm, Some(1000));
        assert_eq!(changed.name, "laptop");
        assert!(changed.expires_at.is_some());
        let change = KeyChange {
            name: Some(" desktop ".to_owned()),
            rules: RulesChange { tpm: Some(None), ..RulesChange::default() },
            expires_at: Some(None),
        };
        let changed = one.accounts.update_key(&key.id, change).await.unwrap();
        assert_eq!(changed.name, "desktop");
        assert_eq!((changed.rules.caps.tpm, changed.expires_at), (None, None));
        assert_eq!(changed.rules.models, ["gpt-*"]);
        let wrong = [
            ("name", KeyChange { name: Some("\n".to_owned()), ..KeyChange::default() }),
            ("rpm", KeyChange { rules: RulesChange { rpm: Some(Some(0)), ..RulesChange::default() }, ..KeyChange::default() }),
            ("models", KeyChange { rules: RulesChange { models: Some(vec!["a b".to_owned()]), ..RulesChange::default() }, ..KeyChange::default() }),
            ("expires_at", KeyChange { expires_at: Some(Some(one.clock.now())), ..KeyChange::default() }),
        ];
        for (named, change) in wrong {
            let refused = one.accounts.update_key(&key.id, change).await.unwrap_err();
            assert!(
                matches!(refused, AccountError::Invalid { ref field, .. } if field == named),
                "{named}: {refused:?}"
            );
        }
        assert_eq!(one.accounts.show_key(&key.id).await.unwrap(), changed);
    }

    async fn changes_of_a_key_at_the_same_time_are_all_kept(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (key, _) = one.key(&ada).await;
        for round in 1..=10 {
            let rpm = KeyChange { rules: RulesChange { rpm: Some(Some(round)), ..RulesChange::default() }, ..KeyChange::default() };
            let tpm = KeyChange { rules: RulesChange { tpm: Some(Some(round)), ..RulesChange::default() }, ..KeyChange::default() };
            let slots = KeyChange { rules: RulesChange { max_parallel: Some(Some(round)), ..RulesChange::default() }, ..KeyChange::default() };
            let (a, b, c) = tokio::join!(
                one.accounts.update_key(&key.id, rpm),
                one.accounts.update_key(&key.id, tpm),
                one.accounts.update_key(&key.id, slots),
            );
            for changed in [a, b, c] {
                changed.unwrap();
            }
            let rules = one.accounts.show_key(&key.id).await.unwrap().rules;
            let all = [rules.caps.rpm, rules.caps.tpm, rules.caps.max_parallel];
            assert_eq!(all, [Some(round); 3]);
        }
    }

    async fn a_revoked_key_stays_revoked(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (key, _) = one.key(&ada).await;
        for _ in 0..2 {
            let revoked = one.accounts.revoke_key(&key.id).await.unwrap();
            assert_eq!(revoked.status, KeyStatus::Revoked);
        }
        let change = KeyChange::default();
        let refused = [
            one.accounts.update_key(&key.id, change).await.map(drop),
            one.accounts.rotate_key(&key.id, Duration::ZERO).await.map(drop),
        ];
        for refused in refused {
            assert!(matches!(refused, Err(AccountError::Conflict(_))), "{refused:?}");
        }
    }

    async fn a_disabled_user_gets_no_key(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        one.accounts.disable_user(&ada.id).await.unwrap();
        let refused = one.accounts.create_key(new_key(&ada)).await.unwrap_err();
        assert!(matches!(refused, AccountError::Conflict(_)), "{refused:?}");
        one.accounts.delete_user(&ada.id).await.unwrap();
        let refused = one.accounts.create_key(new_key(&ada)).await.unwrap_err();
        assert!(matches!(refused, AccountError::NotFound("user")), "{refused:?}");
    }

    async fn the_last_active_admin_stays_one(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user_of("ada@example.com", Role::Admin).await;
        let bob = one.user_of("bob@example.com", Role::Admin).await;
        let member = || UserChange { role: Some(Role::Member), ..UserChange::default() };
        one.accounts.disable_user(&bob.id).await.unwrap();
        for refused in [
            one.accounts.update_user(&ada.id, member()).await,
            one.accounts.disable_user(&ada.id).await,
            one.accounts.delete_user(&ada.id).await,
        ] {
            let refused = refused.unwrap_err();
            assert!(matches!(refused, AccountError::Conflict(_)), "{refused:?}");
            assert!(refused.to_string().contains("last active admin"), "{refused}");
        }
        assert_eq!(one.accounts.show_user(&ada.id).await.unwrap(), ada);
        // Everything else may be changed of them, and with another one they may go.
        let renamed = UserChange { name: Some("A.".to_owned()), ..UserChange::default() };
        one.accounts.update_user(&ada.id, renamed).await.unwrap();
        one.accounts.enable_user(&bob.id).await.unwrap();
        let (first, second) = tokio::join!(
            one.accounts.delete_user(&ada.id),
            one.accounts.update_user(&bob.id, member()),
        );
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    }

    async fn a_deleted_user_leaves_no_name_behind(engine: &Engine) {
        let one = Process::on(engine);
        let mut new = new_user("ada.lovelace@example.com");
        new.name.push_str("Ada Lovelace");
        new.password = Some(Secret::new(PASSWORD));
        let ada = one.accounts.create_user(new).await.unwrap();
        let (key, _) = one.key(&ada).await;
        one.login(&ada).await;
        let erased = one.accounts.delete_user("ADA.Lovelace@example.com").await.unwrap();
        assert_eq!(erased.status, Status::Deleted);
        assert_eq!(erased.id, ada.id);
        assert_eq!(erased.account_id, ada.account_id);
        assert!(!erased.email.contains("lovelace") && erased.name.is_empty());
        for who in [&*ada.id, &*ada.email, &*erased.email] {
            let refused = one.accounts.show_user(who).await.unwrap_err();
            assert!(matches!(refused, AccountError::NotFound("user")), "{refused:?}");
        }
        let key = one.accounts.show_key(&key.id).await.unwrap();
        assert_eq!(key.status, KeyStatus::Revoked);
        if let Store::Postgres(_) = &engine.store {
            // SQLite's file keeps deleted bytes until it is vacuumed.
            assert!(!dump(engine).await.to_lowercase().contains("lovelace"));
        }
        // The address is free again, and it is another person's.
        let new = one.accounts.create_user(new_user("ada.lovelace@example.com")).await.unwrap();
        assert_ne!(new.account_id, ada.account_id);
    }

    async fn a_password_is_changed_by_who_knows_it(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let accounts = &one.accounts;
        for bad in ["short", "", &"x".repeat(1025)] {
            let refused = accounts.change_password(&ada.id, PASSWORD, bad).await.unwrap_err();
            assert!(matches!(refused, AccountError::Invalid { ref field, .. } if field == "new_password"), "{refused:?}");
            let refused = accounts.set_password(&ada.id, bad).await.unwrap_err();
            assert!(matches!(refused, AccountError::Invalid { ref field, .. } if field == "password"), "{refused:?}");
        }
        accounts.change_password(&ada.id, PASSWORD, "the second password").await.unwrap();
        one.sessions.login(&ada.email, "the second password", HERE).await.unwrap();
        // A stolen token is no way to guess the password.
        for _ in 0..10 {
            let refused = accounts.change_password(&ada.id, PASSWORD, "the third one").await.unwrap_err();
            assert!(matches!(refused, AccountError::WrongPassword), "{refused:?}");
        }
        let refused = accounts.change_password(&ada.id, "the second password", "the third one").await;
        assert!(matches!(refused, Err(AccountError::TooMany { .. })), "{refused:?}");
    }

    async fn no_secret_is_in_the_database(engine: &Engine) {
        let one = Process::on(engine);
        let setup = one.accounts.setup_token().await.unwrap().unwrap();
        let ada = one.user("ada@example.com").await;
        let (key, secret) = one.key(&ada).await;
        let (_, rotated) = one
            .accounts
            .rotate_key(&key.id, Duration::from_mins(1))
            .await
            .unwrap();
        let tokens = one.login(&ada).await;
        let refreshed = one.sessions.refresh(&tokens.refresh_token).await.unwrap();
        one.sessions.login("typo@example.com", "my other password", HERE).await.unwrap_err();
        let all = dump(engine).await;
        assert!(all.contains("ada@example.com"));
        for secret in [
            &*setup, &secret[13..], &rotated[13..], &tokens.refresh_token, &tokens.access_token,
            &refreshed.refresh_token, PASSWORD, "my other password", "typo@example.com", "192.0.2.1",
        ] {
            assert!(!all.contains(secret), "{secret}");
        }
    }

    async fn of_many_processes_one_makes_the_first_admin(engine: &Engine) {
        let mut tasks = Vec::new();
        for _ in 0..5 {
            let process = Process::with(engine, engine.again(), manti::models::clock::Clock::system());
            tasks.push(tokio::spawn(async move {
                let password = Secret::new(PASSWORD);
                let made = process.accounts.first_admin("Root@example.com", &password).await;
                process.store.close().await;
                made.unwrap()
            }));
        }
        let mut made = 0;
        for task in tasks {
            if let Some(user) = task.await.unwrap() {
                assert_eq!((user.role, &*user.email), (Role::Admin, "root@example.com"));
                made += 1;
            }
        }
        assert_eq!(made, 1);
        let one = Process::on(engine);
        one.sessions.login("root@example.com", PASSWORD, HERE).await.unwrap();
        assert_eq!(one.accounts.setup_token().await.unwrap(), None);
        let other = one.accounts.first_admin("eve@example.com", &Secret::new(PASSWORD)).await;
        assert_eq!(other.unwrap(), None);
    }

    async fn a_set_up_link_makes_one_admin_within_an_hour(engine: &Engine) {
        let one = Process::on(engine);
        let old = one.accounts.setup_token().await.unwrap().unwrap();
        one.clock.advance(Duration::from_hours(1));
        let token = one.accounts.setup_token().await.unwrap().unwrap();
        let spare = one.accounts.setup_token().await.unwrap().unwrap();
        for dead in [&*old, "", "\0", "nonsense"] {
            let refused = one.accounts.set_up(dead, "eve@example.com", PASSWORD).await.unwrap_err();
            assert!(matches!(refused, AccountError::NotFound(_)), "{dead:?}: {refused:?}");
        }
        // A bad password or address does not use it up.
        one.accounts.set_up(&token, "root@example.com", "short").await.unwrap_err();
        one.accounts.set_up(&token, "root", PASSWORD).await.unwrap_err();
        let (a, b) = tokio::join!(
            one.accounts.set_up(&token, "root@example.com", PASSWORD),
            one.accounts.set_up(&spare, "eve@example.com", PASSWORD),
        );
        let made = u32::from(a.is_ok()) + u32::from(b.is_ok());
        assert_eq!(made, 1, "{a:?} {b:?}");
        assert_eq!(a.or(b).unwrap().role, Role::Admin);
        for dead in [&token, &spare] {
            let refused = one.accounts.set_up(dead, "eve2@example.com", PASSWORD).await.unwrap_err();
            assert!(matches!(refused, AccountError::NotFound(_)), "{refused:?}");
        }
    }

    async fn a_set_up_link_is_dead_once_an_admin_was_made_otherwise(engine: &Engine) {
        let one = Process::on(engine);
        let token = one.accounts.setup_token().await.unwrap().unwrap();
        one.user("member@example.com").await;
        one.user_of("root@example.com", Role::Admin).await;
        let refused = one.accounts.set_up(&token, "eve@example.com", PASSWORD).await.unwrap_err();
        assert!(matches!(refused, AccountError::NotFound(_)), "{refused:?}");
    }
}
