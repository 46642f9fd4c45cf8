//! Signing in, staying in, leaving; and how many wrong tries there are.

use std::net::IpAddr;
use std::time::Duration;

use manti::auth::{Denied, LoginError, UserChange};
use manti::models::user::Role;

use super::{HERE, PASSWORD, Process};
use crate::support::engines::both;

const WRONG: &str = "wrong horse battery staple";

fn from(n: u8) -> IpAddr {
    IpAddr::from([198, 51, 100, n])
}

async fn wrong(process: &Process, email: &str, address: IpAddr) -> LoginError {
    process
        .sessions
        .login(email, WRONG, address)
        .await
        .unwrap_err()
}

both! {
    async fn a_user_signs_in_with_address_and_password(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("Ada@Example.com").await;
        let tokens = one.sessions.login(" ADA@example.COM ", PASSWORD, HERE).await.unwrap();
        assert_eq!(tokens.user, ada);
        assert_eq!(tokens.expires_in, Duration::from_mins(15));
        let who = one.authenticator.credential(&tokens.access_token).await.unwrap();
        assert_eq!(*who.user_id, *ada.id);
        assert!(who.key.is_none());
        one.clock.advance(Duration::from_mins(15));
        one.authenticator.listen().await;
        let refused = one.authenticator.credential(&tokens.access_token).await.unwrap_err();
        assert_eq!(refused, Denied::Expired);
    }

    async fn nobody_is_told_which_part_was_wrong(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let new = manti::auth::NewUser {
            email: "keyonly@example.com".to_owned(),
            name: String::new(),
            role: Role::Member,
            password: None,
            rules: manti::models::api_key::Rules::default(),
        };
        one.accounts.create_user(new).await.unwrap();
        let long = "x".repeat(2000);
        for (n, (email, password)) in [
            ("ada@example.com", WRONG),
            ("nobody@example.com", PASSWORD),
            ("keyonly@example.com", ""),
            (&*ada.id, PASSWORD),
            ("", ""),
            ("\0", "\0"),
            ("' OR 1=1 --", "' OR 1=1 --"),
            ("ada@example.com", &long),
        ]
        .into_iter()
        .enumerate()
        {
            let address = from(u8::try_from(n).unwrap());
            let refused = one.sessions.login(email, password, address).await.unwrap_err();
            assert!(matches!(refused, LoginError::Denied), "{email:?}: {refused:?}");
        }
    }

    async fn a_disabled_user_is_told_so_only_with_the_right_password(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let tokens = one.login(&ada).await;
        one.accounts.disable_user(&ada.email).await.unwrap();
        let refused = one.sessions.login(&ada.email, PASSWORD, HERE).await.unwrap_err();
        assert!(matches!(refused, LoginError::Disabled), "{refused:?}");
        assert!(matches!(wrong(&one, &ada.email, HERE).await, LoginError::Denied));
        let refused = one.sessions.refresh(&tokens.refresh_token).await.unwrap_err();
        assert!(matches!(refused, LoginError::Denied), "{refused:?}");
        one.authenticator.listen().await;
        let refused = one.authenticator.credential(&tokens.access_token).await.unwrap_err();
        assert_eq!(refused, Denied::Disabled);
        // Enabled again, they sign in anew: the old session stays dead.
        one.accounts.enable_user(&ada.email).await.unwrap();
        one.authenticator.listen().await;
        let refused = one.authenticator.credential(&tokens.access_token).await.unwrap_err();
        assert_eq!(refused, Denied::Revoked);
        one.login(&ada).await;
    }

    async fn an_account_takes_ten_wrong_tries_from_wherever_they_come(engine: &Engine) {
        let one = Process::on(engine);
        one.user("ada@example.com").await;
        for email in ["ada@example.com", "nobody@example.com"] {
            for n in 0..10 {
                assert!(matches!(wrong(&one, email, from(n)).await, LoginError::Denied), "{n}");
            }
            // Now not even the right password, nor another spelling.
            for email in [email, &email.to_uppercase()] {
                match one.sessions.login(email, PASSWORD, from(99)).await.unwrap_err() {
                    LoginError::TooMany { retry_after } => {
                        assert!(retry_after <= Duration::from_mins(15));
                        assert!(retry_after > Duration::from_mins(14), "{retry_after:?}");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        // Another process and a restart know it too; others are not held up.
        let there = Process::with(engine, engine.again(), one.clock.clone());
        let refused = there.sessions.login("ada@example.com", PASSWORD, from(100)).await;
        assert!(matches!(refused, Err(LoginError::TooMany { .. })), "{refused:?}");
        let bob = there.user("bob@example.com").await;
        there.sessions.login(&bob.email, PASSWORD, from(101)).await.unwrap();
        one.clock.advance(Duration::from_mins(15));
        there.sessions.login("ada@example.com", PASSWORD, from(102)).await.unwrap();
        there.store.close().await;
    }

    async fn an_address_takes_fifteen_wrong_tries_at_whomever(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let near: Vec<IpAddr> = vec![
            "2001:db8:1:2::1".parse().unwrap(),
            "2001:db8:1:2:ffff::9".parse().unwrap(),
        ];
        for n in 0..15 {
            let email = format!("user{n}@example.com");
            let refused = wrong(&one, &email, near[n % 2]).await;
            assert!(matches!(refused, LoginError::Denied), "{n}: {refused:?}");
        }
        let refused = one.sessions.login(&ada.email, PASSWORD, near[0]).await;
        assert!(matches!(refused, Err(LoginError::TooMany { .. })), "{refused:?}");
        // IPv4 in IPv6's clothes is the same address.
        for n in 0..15 {
            let address = if n % 2 == 0 { "192.0.2.7" } else { "::ffff:192.0.2.7" };
            wrong(&one, &format!("other{n}@example.com"), address.parse().unwrap()).await;
        }
        let refused = wrong(&one, "last@example.com", "192.0.2.7".parse().unwrap()).await;
        assert!(matches!(refused, LoginError::TooMany { .. }), "{refused:?}");
        one.login(&ada).await;
    }

    async fn the_right_password_forgets_the_accounts_wrong_tries_not_the_addresss(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        for _ in 0..2 {
            for n in 0..7 {
                wrong(&one, &ada.email, from(n)).await;
            }
            one.login(&ada).await;
        }
        for n in 0..14 {
            wrong(&one, &format!("user{n}@example.com"), HERE).await;
        }
        one.login(&ada).await;
        assert!(matches!(wrong(&one, "x@example.com", HERE).await, LoginError::Denied));
        assert!(matches!(wrong(&one, "x@example.com", HERE).await, LoginError::TooMany { .. }));
    }

    async fn a_burst_gets_no_more_wrong_tries_than_the_limit(engine: &Engine) {
        let one = Process::on(engine);
        one.user("ada@example.com").await;
        let tries = (0..30).map(|n| {
            let sessions = one.sessions.clone();
            tokio::spawn(async move { sessions.login("ada@example.com", WRONG, from(n)).await })
        });
        let mut denied = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap().unwrap_err() {
                LoginError::Denied => denied += 1,
                LoginError::TooMany { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(denied, 10);
    }

    async fn the_right_password_twenty_times_at_once_is_no_attack(engine: &Engine) {
        let one = Process::on(engine);
        one.user("ada@example.com").await;
        let tries = (0..20).map(|_| {
            let sessions = one.sessions.clone();
            tokio::spawn(async move { sessions.login("ada@example.com", PASSWORD, HERE).await })
        });
        for one in tries.collect::<Vec<_>>() {
            one.await.unwrap().unwrap();
        }
    }

    async fn a_refresh_token_is_exchanged_once(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let first = one.login(&ada).await;
        let second = one.sessions.refresh(&first.refresh_token).await.unwrap();
        let third = one.sessions.refresh(&second.refresh_token).await.unwrap();
        assert_eq!(third.user, ada);
        one.authenticator.credential(&third.access_token).await.unwrap();
        one.authenticator.credential(&first.access_token).await.unwrap();
        // Somebody else comes with an old one: the whole session is dead, another one is not.
        let elsewhere = one.login(&ada).await;
        let refused = one.sessions.refresh(&first.refresh_token).await.unwrap_err();
        assert!(matches!(refused, LoginError::Denied), "{refused:?}");
        let refused = one.sessions.refresh(&third.refresh_token).await.unwrap_err();
        assert!(matches!(refused, LoginError::Denied), "{refused:?}");
        one.authenticator.listen().await;
        for tokens in [&first, &third] {
            let refused = one.authenticator.credential(&tokens.access_token).await.unwrap_err();
            assert_eq!(refused, Denied::Revoked);
        }
        one.sessions.refresh(&elsewhere.refresh_token).await.unwrap();
    }

    async fn of_two_who_come_with_one_refresh_token_at_once_at_most_one_gets_in(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        for _ in 0..5 {
            let token = one.login(&ada).await.refresh_token;
            let tries = (0..4).map(|_| {
                let (sessions, token) = (one.sessions.clone(), token.clone());
                tokio::spawn(async move { sessions.refresh(&token).await })
            });
            let mut got = 0;
            for one in tries.collect::<Vec<_>>() {
                got += u32::from(one.await.unwrap().is_ok());
            }
            assert_eq!(got, 1);
        }
    }

    async fn unknown_refresh_tokens_are_refused(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let (_, key) = one.key(&ada).await;
        let tokens = one.login(&ada).await;
        let longer = format!("{}x", tokens.refresh_token);
        for wrong in ["", "\0", "rt-manti-", "rt-manti-\0", &longer, &key, &tokens.access_token] {
            let refused = one.sessions.refresh(wrong).await.unwrap_err();
            assert!(matches!(refused, LoginError::Denied), "{wrong:?}: {refused:?}");
        }
        one.sessions.refresh(&tokens.refresh_token).await.unwrap();
    }

    async fn a_session_ends_after_thirty_days_however_often_it_is_refreshed(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let mut tokens = one.login(&ada).await;
        for _ in 0..3 {
            one.clock.advance(Duration::from_hours(24 * 9 + 23));
            tokens = one.sessions.refresh(&tokens.refresh_token).await.unwrap();
        }
        assert_eq!(tokens.refresh_expires_in, Duration::from_hours(3));
        one.clock.advance(Duration::from_mins(3 * 60 - 5));
        tokens = one.sessions.refresh(&tokens.refresh_token).await.unwrap();
        assert_eq!(tokens.expires_in, Duration::from_mins(5));
        one.clock.advance(Duration::from_mins(5));
        let refused = one.sessions.refresh(&tokens.refresh_token).await.unwrap_err();
        assert!(matches!(refused, LoginError::Denied), "{refused:?}");
        one.clock.advance(Duration::from_hours(2));
        one.store.tidy(one.clock.now()).await.unwrap();
        let refused = one.sessions.refresh(&tokens.refresh_token).await.unwrap_err();
        assert!(matches!(refused, LoginError::Denied), "{refused:?}");
    }

    async fn signing_out_ends_the_session_by_either_token(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let stays = one.login(&ada).await;
        for by_access in [true, false] {
            let tokens = one.login(&ada).await;
            one.authenticator.credential(&tokens.access_token).await.unwrap();
            let by = if by_access { &tokens.access_token } else { &tokens.refresh_token };
            one.sessions.logout(by).await.unwrap();
            one.sessions.logout(by).await.unwrap();
            one.authenticator.listen().await;
            let refused = one.authenticator.credential(&tokens.access_token).await.unwrap_err();
            assert_eq!(refused, Denied::Revoked);
            one.sessions.refresh(&tokens.refresh_token).await.unwrap_err();
        }
        for odd in ["", "\0", "nonsense", "a.b.c"] {
            one.sessions.logout(odd).await.unwrap();
        }
        one.authenticator.credential(&stays.access_token).await.unwrap();
    }

    async fn what_changes_a_users_rights_ends_their_sessions(engine: &Engine) {
        let one = Process::on(engine);
        one.user_of("root@example.com", Role::Admin).await;
        let ada = one.user("ada@example.com").await;
        for n in 0..4 {
            let password = if n > 1 { "the second password" } else { PASSWORD };
            let tokens = one.sessions.login(&ada.email, password, HERE).await.unwrap();
            one.authenticator.listen().await;
            one.authenticator.credential(&tokens.access_token).await.unwrap();
            let renamed = UserChange { name: Some("A.".to_owned()), ..UserChange::default() };
            one.accounts.update_user(&ada.id, renamed).await.unwrap();
            one.authenticator.listen().await;
            one.authenticator.credential(&tokens.access_token).await.unwrap();
            let change = |role| UserChange { role: Some(role), ..UserChange::default() };
            match n {
                0 => drop(one.accounts.update_user(&ada.id, change(Role::Admin)).await.unwrap()),
                1 => drop(
                    one.accounts
                        .change_password(&ada.id, PASSWORD, "the second password")
                        .await
                        .unwrap(),
                ),
                2 => drop(one.accounts.update_user(&ada.id, change(Role::Member)).await.unwrap()),
                _ => drop(one.accounts.delete_user(&ada.id).await.unwrap()),
            }
            one.authenticator.listen().await;
            let refused = one.authenticator.credential(&tokens.access_token).await.unwrap_err();
            assert_eq!(refused, Denied::Revoked, "{n}");
            let refused = one.sessions.refresh(&tokens.refresh_token).await.unwrap_err();
            assert!(matches!(refused, LoginError::Denied), "{n}: {refused:?}");
        }
    }
}
