//! API keys: create, list, change, revoke, rotate.

use std::time::Duration;

use chrono::TimeDelta;

use super::audit::Turned;
use super::{AccountError, Accounts, RulesChange, after, check, paged};
use crate::auth::api_key as spelling;
use crate::auth::policy::{Act, Owned, Verdict};
use crate::models::api_key::{ApiKey, Rules, Status};
use crate::models::clock::Timestamp;
use crate::models::id;
use crate::models::page::{Page, Request};
use crate::models::principal::Principal;
use crate::models::user;
use crate::store::{Audited, KeyFilter, KeyUpdate};

/// The longest a rotated secret may go on.
const LONGEST_GRACE: Duration = Duration::from_hours(24 * 90);

/// A key to be created.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The owner's id or address.
    pub user: String,
    /// What its owner calls it.
    pub name: String,
    /// The id or name of the team it is for, `Some(None)`: of none. `None`: the owner's only
    /// team, if there is exactly one.
    pub team: Option<Option<String>>,
    /// What it may use.
    pub rules: Rules,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// What to change of a key; `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Clone, Default)]
pub struct KeyChange {
    /// A new name.
    pub name: Option<String>,
    /// New rules.
    pub rules: RulesChange,
    /// When it stops working.
    pub expires_at: Option<Option<Timestamp>>,
}

impl Accounts {
    /// Creates a key for a user who may act; the second value is its secret, which is shown once
    /// and not kept.
    pub async fn create_key(&self, new: NewKey) -> Result<(ApiKey, String), AccountError> {
        let now = self.now();
        let owner = self.find(&new.user).await;
        let owner_id = match &owner {
            Ok(found) => found.user.id.clone(),
            // Told later, to those who may know.
            Err(AccountError::NotFound(_)) => new.user.clone(),
            Err(_) => return Err(owner.err().unwrap_or(AccountError::NotFound("user"))),
        };
        let team = self.team_of_key(new.team.as_ref(), &owner_id).await?;
        let act = Act::CreateKey(Owned {
            user: &owner_id,
            team: team.as_deref(),
        });
        self.permit(&act, "team")?;
        let name = check::key_name(&new.name)?;
        let rules = check::rules(new.rules)?;
        let expires_at = check::expires(new.expires_at, now)?;
        let mut tx = self.store.act().await?;
        if let Some(team) = &team
            // Held until the end: nobody takes the owner out of it meanwhile.
            && (tx.team(team).await?.is_none() || !tx.is_member(team, &owner_id).await?)
        {
            return Err(check::invalid("team_id", "is not a team of this user"));
        }
        let owner = owner?.user;
        if owner.status != user::Status::Active {
            return Err(AccountError::Conflict("the user is disabled".to_owned()));
        }
        let secret = spelling::generate();
        let key = ApiKey {
            id: id::mint("key"),
            name,
            user_id: owner.id,
            user: owner.email,
            team_id: team,
            prefix: spelling::shown(&secret).to_owned(),
            rules,
            status: Status::Active,
            expires_at,
            last_used_at: None,
            created_at: now,
        };
        tx.add_key(&key, &spelling::hex(&spelling::digest(&secret)))
            .await?;
        let did = self.did("key.create", &key.id, Turned::made(&key));
        tx.commit(&did).await?;
        Ok((key, secret))
    }

    /// The id of the team that a new key is for.
    async fn team_of_key(
        &self,
        asked: Option<&Option<String>>,
        owner: &str,
    ) -> Result<Option<String>, AccountError> {
        match asked {
            Some(None) => Ok(None),
            Some(Some(who)) => {
                let found = self.find_team(who).await;
                found.map(|team| Some(team.id))
            }
            // Which teams others have is not told by which refusal comes.
            None if !self.by.is(owner) && self.by.may(&Act::ListKeys) != Verdict::Allowed => {
                Ok(None)
            }
            None => {
                let mut teams = self.store.memberships(owner).await?;
                let only = if teams.len() == 1 { teams.pop() } else { None };
                Ok(only.map(|membership| membership.team_id))
            }
        }
    }

    /// Keys, oldest first: all for admins, else one's own and those of the teams that one
    /// administers. `user` (an id or an address) and `team` (an id or a name) narrow the list.
    pub async fn list_keys(
        &self,
        user: Option<&str>,
        team: Option<&str>,
        page: &Request,
    ) -> Result<Page<ApiKey>, AccountError> {
        let after = after(page, "key_")?;
        let everybody = self.by.may(&Act::ListKeys) == Verdict::Allowed;
        let team = match team {
            Some(who) => Some(self.find_team(who).await?.id),
            None => None,
        };
        let administers = team.as_deref().is_some_and(|team| {
            let act = Act::ManageMembers(team);
            self.by.may(&act) == Verdict::Allowed
        });
        if let Some(team) = &team {
            self.permit(&Act::SeeTeam(team), "team")?;
        }
        let user = match user {
            None => None,
            Some(who) if everybody || administers || self.by.is(who) => {
                match self.find(who).await {
                    // Who is there at all is not a team-admin's to know: nobody has keys here.
                    Err(AccountError::NotFound(_)) if !everybody => Some(who.to_owned()),
                    found => Some(found?.user.id),
                }
            }
            Some(_) => return Err(AccountError::NotFound("user")),
        };
        let person = self.by.person().filter(|_| !everybody);
        let filter = KeyFilter {
            user: user.as_deref(),
            team: team.as_deref(),
            visible_to: person.map(|person| &*person.id),
        };
        let rows = self.store.keys(&filter, after, page.rows() + 1).await?;
        Ok(paged(rows, page, |key| &key.id))
    }

    /// One key by its id.
    pub async fn show_key(&self, id: &str) -> Result<ApiKey, AccountError> {
        let found = self.store.key(id).await?;
        let key = found.ok_or(AccountError::NotFound("key"))?;
        self.permit(&Act::SeeKey(owned(&key)), "key")?;
        Ok(key)
    }

    /// The caller that a key's holder is, to be told what would become of a call.
    pub async fn caller(&self, id: &str) -> Result<Principal, AccountError> {
        self.show_key(id).await?;
        let grant = self.store.grant_of(id).await?;
        Ok(grant.ok_or(AccountError::NotFound("key"))?.principal())
    }

    /// The key as nobody else changes it until the end, for those who may.
    async fn key_to_change(&self, tx: &mut Audited, id: &str) -> Result<ApiKey, AccountError> {
        let found = tx.key(id).await?;
        let key = found.ok_or(AccountError::NotFound("key"))?;
        self.permit(&Act::ManageKey(owned(&key)), "key")?;
        Ok(key)
    }

    /// Changes a key. `Conflict` when it is revoked.
    pub async fn update_key(&self, id: &str, change: KeyChange) -> Result<ApiKey, AccountError> {
        let now = self.now();
        // Read where nobody else can change it meanwhile: what is not named stays as it is.
        let mut tx = self.store.act().await?;
        let key = self.key_to_change(&mut tx, id).await?;
        let name = match &change.name {
            Some(name) => check::key_name(name)?,
            None => key.name.clone(),
        };
        let rules = check::rules(change.rules.of(key.rules.clone()))?;
        let expires_at = match change.expires_at {
            Some(at) => check::expires(at, now)?,
            None => key.expires_at,
        };
        let update = KeyUpdate {
            name: &name,
            rules: &rules,
            expires_at,
        };
        if !tx.update_key(&key.id, &update, now).await? {
            return Err(revoked());
        }
        let changed = ApiKey {
            name,
            rules,
            expires_at,
            ..key.clone()
        };
        let did = self.did("key.update", &key.id, Turned::changed(&key, &changed));
        tx.commit(&did).await?;
        Ok(changed)
    }

    /// Stops a key for ever; again is fine.
    pub async fn revoke_key(&self, id: &str) -> Result<ApiKey, AccountError> {
        let mut tx = self.store.act().await?;
        let key = self.key_to_change(&mut tx, id).await?;
        let revoked = ApiKey {
            status: Status::Revoked,
            ..key.clone()
        };
        if key.status == Status::Active {
            tx.revoke_key(&key.id, self.now()).await?;
            let did = self.did("key.revoke", &key.id, Turned::changed(&key, &revoked));
            tx.commit(&did).await?;
        }
        Ok(revoked)
    }

    /// Gives a key a new secret; the old one works for `grace` more. `Conflict` when the key is
    /// revoked.
    pub async fn rotate_key(
        &self,
        id: &str,
        grace: Duration,
    ) -> Result<(ApiKey, String), AccountError> {
        if grace > LONGEST_GRACE {
            return Err(check::invalid("grace", "must be at most 90 days"));
        }
        let now = self.now();
        let until = now + TimeDelta::from_std(grace).unwrap_or_default();
        let secret = spelling::generate();
        let prefix = spelling::shown(&secret);
        let digest = spelling::hex(&spelling::digest(&secret));
        let mut tx = self.store.act().await?;
        let key = self.key_to_change(&mut tx, id).await?;
        if !tx
            .rotate_key(&key.id, (prefix, &digest), until, now)
            .await?
        {
            return Err(revoked());
        }
        let rotated = ApiKey {
            prefix: prefix.to_owned(),
            ..key.clone()
        };
        let did = self.did("key.rotate", &key.id, Turned::changed(&key, &rotated));
        tx.commit(&did).await?;
        Ok((rotated, secret))
    }
}

fn owned(key: &ApiKey) -> Owned<'_> {
    Owned {
        user: &key.user_id,
        team: key.team_id.as_deref(),
    }
}

fn revoked() -> AccountError {
    AccountError::Conflict("the key is revoked".to_owned())
}
