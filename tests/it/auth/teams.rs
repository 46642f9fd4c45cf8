//! Teams, who belongs to them, and what is made for them.

use manti::auth::{AccountError, Denied, KeyChange, NewTeam, RulesChange, TeamChange};
use manti::models::api_key::{Rules, Status as KeyStatus};
use manti::models::page::Request;
use manti::models::team::{Role as TeamRole, Team};
use manti::models::user::{Role, User};

use super::{Process, new_key};
use crate::support::engines::both;

async fn team(one: &Process, name: &str) -> Team {
    let new = NewTeam {
        name: name.to_owned(),
        rules: Rules::default(),
    };
    one.accounts.create_team(new).await.unwrap()
}

async fn join(one: &Process, team: &Team, user: &User, role: TeamRole) {
    one.accounts
        .put_member(&team.id, &user.id, role)
        .await
        .unwrap();
}

both! {
    async fn a_team_has_one_name_which_is_free_again_when_it_is_gone(engine: &Engine) {
        let one = Process::on(engine);
        let red = team(&one, "red").await;
        assert!(red.id.starts_with("team_"));
        for who in [&*red.id, "red", " red "] {
            assert_eq!(one.accounts.show_team(who).await.unwrap(), red, "{who:?}");
        }
        let taken = || NewTeam { name: "red".to_owned(), ..NewTeam::default() };
        let refused = one.accounts.create_team(taken()).await.unwrap_err();
        assert!(matches!(&refused, AccountError::Conflict(why) if why.contains("name")), "{refused:?}");
        for odd in ["", " ", "team_x", "a\nb"] {
            let new = NewTeam { name: odd.to_owned(), ..NewTeam::default() };
            let refused = one.accounts.create_team(new).await.unwrap_err();
            assert!(matches!(refused, AccountError::Invalid { ref field, .. } if field == "name"), "{odd:?}");
        }
        let change = TeamChange {
            name: Some("crimson".to_owned()),
            rules: RulesChange { rpm: Some(Some(5)), ..RulesChange::default() },
        };
        let changed = one.accounts.update_team("red", change).await.unwrap();
        assert_eq!((&*changed.name, changed.rules.caps.rpm), ("crimson", Some(5)));
        one.accounts.delete_team("crimson").await.unwrap();
        for who in [&*red.id, "crimson", "red", "\0", "' OR 1=1 --"] {
            let refused = one.accounts.show_team(who).await.unwrap_err();
            assert!(matches!(refused, AccountError::NotFound("team")), "{who:?}");
        }
        let again = NewTeam { name: "crimson".to_owned(), ..NewTeam::default() };
        one.accounts.create_team(again).await.unwrap();
    }

    async fn a_key_is_for_the_owners_only_team_unless_said(engine: &Engine) {
        let one = Process::on(engine);
        let (red, blue) = (team(&one, "red").await, team(&one, "blue").await);
        let ada = one.user("ada@example.com").await;
        let accounts = &one.accounts;
        let made = |team: Option<Option<&str>>| {
            let team = team.map(|team| team.map(str::to_owned));
            let new = manti::auth::NewKey { team, ..new_key(&ada) };
            async move { accounts.create_key(new).await.map(|(key, _)| key.team_id) }
        };
        assert_eq!(made(None).await.unwrap(), None);
        join(&one, &red, &ada, TeamRole::Member).await;
        assert_eq!(made(None).await.unwrap().as_deref(), Some(&*red.id));
        assert_eq!(made(Some(None)).await.unwrap(), None);
        let refused = made(Some(Some("blue"))).await.unwrap_err();
        assert!(matches!(refused, AccountError::Invalid { ref field, .. } if field == "team_id"));
        join(&one, &blue, &ada, TeamRole::Member).await;
        assert_eq!(made(None).await.unwrap(), None);
        assert_eq!(made(Some(Some("blue"))).await.unwrap().as_deref(), Some(&*blue.id));
        assert!(matches!(made(Some(Some("green"))).await, Err(AccountError::NotFound("team"))));
    }

    async fn a_credential_carries_the_rules_of_user_and_team_and_hears_of_changes(engine: &Engine) {
        let one = Process::on(engine);
        let other = Process::with(engine, engine.again(), one.clock.clone());
        let red = team(&one, "red").await;
        let ada = one.user("ada@example.com").await;
        join(&one, &red, &ada, TeamRole::Member).await;
        let (_, secret) = one.key(&ada).await;
        let token = one.login(&ada).await.access_token;
        for credential in [&secret, &token] {
            other.authenticator.listen().await;
            let known = other.authenticator.credential(credential).await.unwrap();
            let team = known.team.as_ref().unwrap();
            assert_eq!((&*team.id, &*team.name), (&*red.id, "red"));
            assert_eq!(known.all_rules().count(), if known.key.is_some() { 3 } else { 2 });
        }
        let limit = |rpm| RulesChange { rpm: Some(Some(rpm)), ..RulesChange::default() };
        let change = TeamChange { rules: limit(7), ..TeamChange::default() };
        one.accounts.update_team("red", change).await.unwrap();
        let change = manti::auth::UserChange { rules: limit(9), ..Default::default() };
        one.accounts.update_user(&ada.id, change).await.unwrap();
        other.authenticator.listen().await;
        for credential in [&secret, &token] {
            let known = other.authenticator.credential(credential).await.unwrap();
            assert_eq!(known.team.as_ref().unwrap().rules.caps.rpm, Some(7));
            assert_eq!(known.rules.caps.rpm, Some(9));
        }
        // A second team: the session is for neither.
        let blue = team(&one, "blue").await;
        join(&one, &blue, &ada, TeamRole::Member).await;
        other.authenticator.listen().await;
        assert!(other.authenticator.credential(&token).await.unwrap().team.is_none());
        assert!(other.authenticator.credential(&secret).await.unwrap().team.is_some());
        one.accounts.remove_member("red", "ada@example.com").await.unwrap();
        other.authenticator.listen().await;
        assert_eq!(other.authenticator.credential(&secret).await.unwrap_err(), Denied::Revoked);
        let known = other.authenticator.credential(&token).await.unwrap();
        assert_eq!(&*known.team.as_ref().unwrap().id, &*blue.id);
        other.store.close().await;
    }

    async fn who_leaves_a_team_leaves_the_keys_for_it(engine: &Engine) {
        let one = Process::on(engine);
        let red = team(&one, "red").await;
        let (ada, ben) = (one.user("ada@example.com").await, one.user("ben@example.com").await);
        let (own, _) = one.key(&ada).await;
        join(&one, &red, &ada, TeamRole::Member).await;
        join(&one, &red, &ben, TeamRole::Member).await;
        let (adas, _) = one.key(&ada).await;
        let (bens, _) = one.key(&ben).await;
        one.accounts.remove_member("red", &ada.id).await.unwrap();
        let refused = one.accounts.remove_member("red", &ada.id).await.unwrap_err();
        assert!(matches!(refused, AccountError::NotFound("member")), "{refused:?}");
        let status = |id: String| {
            let accounts = one.accounts.clone();
            async move { accounts.show_key(&id).await.unwrap().status }
        };
        assert_eq!(status(own.id.clone()).await, KeyStatus::Active);
        assert_eq!(status(adas.id.clone()).await, KeyStatus::Revoked);
        assert_eq!(status(bens.id.clone()).await, KeyStatus::Active);
        one.accounts.delete_team("red").await.unwrap();
        assert_eq!(status(bens.id.clone()).await, KeyStatus::Revoked);
        assert!(one.store.memberships(&ben.id).await.unwrap().is_empty());
    }

    async fn a_team_admin_manages_the_team_and_nothing_beyond(engine: &Engine) {
        let one = Process::on(engine);
        let (red, blue) = (team(&one, "red").await, team(&one, "blue").await);
        let lead = one.user("lead@example.com").await;
        let ann = one.user("ann@example.com").await;
        let eve = one.user_of("eve@example.com", Role::Member).await;
        join(&one, &red, &lead, TeamRole::Admin).await;
        join(&one, &blue, &eve, TeamRole::Admin).await;
        let private = one.key(&ann).await.0;
        let leads = one.seen_by(&lead).await;
        one.accounts.put_member("red", "ann@example.com", TeamRole::Member).await.unwrap();
        let role = leads.put_member("red", "ann@example.com", TeamRole::Admin).await.unwrap().role;
        assert_eq!(role, TeamRole::Admin);
        leads.put_member("red", "ann@example.com", TeamRole::Member).await.unwrap();
        // A key for a member of the team, which the lead sees, changes and revokes.
        let (key, _) = leads
            .create_key(manti::auth::NewKey { team: Some(Some("red".to_owned())), ..new_key(&ann) })
            .await
            .unwrap();
        let change = KeyChange { name: Some("ci".to_owned()), ..KeyChange::default() };
        assert_eq!(leads.update_key(&key.id, change).await.unwrap().name, "ci");
        let listed = leads.list_keys(None, None, &Request::default()).await.unwrap().data;
        assert_eq!(listed.iter().map(|key| &key.id).collect::<Vec<_>>(), [&key.id]);
        let named = leads.list_keys(Some("ann@example.com"), Some("red"), &Request::default()).await;
        assert_eq!(named.unwrap().data.len(), 1);
        assert_eq!(leads.list_members("red", &Request::default()).await.unwrap().data.len(), 2);
        assert_eq!(leads.list_teams(&Request::default()).await.unwrap().data, std::slice::from_ref(&red));
        // What is beyond the team is not there; the team itself is an admin's.
        for refused in [
            leads.show_key(&private.id).await.map(drop).unwrap_err(),
            leads.show_team("blue").await.map(drop).unwrap_err(),
            leads.put_member("blue", &ann.id, TeamRole::Member).await.map(drop).unwrap_err(),
            leads.show_user(&ann.id).await.map(drop).unwrap_err(),
            leads.list_keys(None, Some("blue"), &Request::default()).await.map(drop).unwrap_err(),
            leads.list_keys(Some(&ann.id), None, &Request::default()).await.map(drop).unwrap_err(),
        ] {
            assert!(matches!(refused, AccountError::NotFound(_)), "{refused:?}");
        }
        let outside = || manti::auth::NewKey { team: Some(Some("red".to_owned())), ..new_key(&eve) };
        let refused = leads.create_key(outside()).await.unwrap_err();
        assert!(matches!(refused, AccountError::Invalid { ref field, .. } if field == "team_id"));
        for refused in [
            leads.update_team("red", TeamChange::default()).await.map(drop).unwrap_err(),
            leads.delete_team("red").await.map(drop).unwrap_err(),
            leads.create_team(NewTeam { name: "green".to_owned(), ..NewTeam::default() }).await.map(drop).unwrap_err(),
            leads.create_key(new_key(&eve)).await.map(drop).unwrap_err(),
        ] {
            assert!(matches!(refused, AccountError::Forbidden), "{refused:?}");
        }
        // A member sees the team, and not who belongs to it.
        let anns = one.seen_by(&ann).await;
        anns.show_team("red").await.unwrap();
        let refused = anns.list_members("red", &Request::default()).await.unwrap_err();
        assert!(matches!(refused, AccountError::Forbidden), "{refused:?}");
        let refused = one.seen_by(&eve).await.show_team("red").await.unwrap_err();
        assert!(matches!(refused, AccountError::NotFound("team")), "{refused:?}");
        leads.remove_member("red", &ann.id).await.unwrap();
        assert_eq!(one.accounts.show_key(&key.id).await.unwrap().status, KeyStatus::Revoked);
    }

    async fn a_team_admin_learns_nothing_of_who_is_outside_the_team(engine: &Engine) {
        let one = Process::on(engine);
        let red = team(&one, "red").await;
        let lead = one.user("lead@example.com").await;
        let gone = one.user("gone@example.com").await;
        one.user("ann@example.com").await;
        join(&one, &red, &lead, TeamRole::Admin).await;
        one.accounts.disable_user(&gone.id).await.unwrap();
        let leads = one.seen_by(&lead).await;
        let key = |user: &str| manti::auth::NewKey {
            user: user.to_owned(),
            team: Some(Some("red".to_owned())),
            ..new_key(&lead)
        };
        let page = Request::default();
        let mut told = std::collections::BTreeSet::new();
        // One who is there, one who is disabled, and one who never was.
        for user in ["ann@example.com", "gone@example.com", "nobody@example.com"] {
            let added = leads.put_member("red", user, TeamRole::Member).await.unwrap_err();
            assert!(matches!(added, AccountError::Forbidden), "{added:?}");
            let removed = leads.remove_member("red", user).await.unwrap_err();
            let made = leads.create_key(key(user)).await.unwrap_err();
            assert!(matches!(made, AccountError::Invalid { .. }), "{made:?}");
            let listed = leads.list_keys(Some(user), Some("red"), &page).await.map(|page| page.data.len());
            told.insert(format!("{removed:?} {made:?} {listed:?}"));
        }
        assert_eq!(told.len(), 1, "{told:?}");
    }
}
