//! People: create, list, change, disable, delete.

use super::audit::Turned;
use super::{AccountError, Accounts, RulesChange, after, check, paged};
use crate::auth::password;
use crate::auth::policy::{Act, Verdict};
use crate::auth::tries::Turn;
use crate::config::Secret;
use crate::models::api_key::Rules;
use crate::models::id;
use crate::models::page::{Page, Request};
use crate::models::user::{Role, Status, User};
use crate::store::{Tx, UserRow, UserUpdate};

/// A user to be created.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Lower-cased when kept.
    pub email: String,
    /// May be empty.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Without one they cannot sign in until one is set.
    pub password: Option<Secret>,
    /// What they may use with whatever credential.
    pub rules: Rules,
}

/// What to change of a user; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// A new address.
    pub email: Option<String>,
    /// A new name.
    pub name: Option<String>,
    /// A new role; ends the user's sessions.
    pub role: Option<Role>,
    /// Active again, or disabled, which ends the user's sessions.
    pub active: Option<bool>,
    /// New rules.
    pub rules: RulesChange,
}

impl UserChange {
    /// What the policy is asked about it.
    fn act<'a>(&self, id: &'a str) -> Act<'a> {
        let Self {
            email,
            name: _,
            role,
            active,
            rules,
        } = self;
        let own = email.is_none() && role.is_none() && active.is_none() && rules.is_empty();
        if own {
            Act::EditUser(id)
        } else {
            Act::ManageUser(id)
        }
    }
}

impl Accounts {
    /// Creates a user. `Conflict` when the address is taken.
    pub async fn create_user(&self, new: NewUser) -> Result<User, AccountError> {
        self.permit(&Act::CreateUser, "user")?;
        let user = self.draft(&new)?;
        let hash = match &new.password {
            Some(password) => Some(self.hash(password.expose()).await?),
            None => None,
        };
        let mut tx = self.store.act().await?;
        tx.add_user(&user, hash.as_deref()).await?;
        if user.role == Role::Admin {
            tx.clear_setup_tokens().await?;
        }
        let did = self.did("user.create", &user.id, Turned::made(&user));
        tx.commit(&did).await?;
        Ok(user)
    }

    pub(super) fn draft(&self, new: &NewUser) -> Result<User, AccountError> {
        Ok(User {
            id: id::mint("usr"),
            email: check::email(&new.email)?,
            name: check::name(&new.name)?,
            role: new.role,
            status: Status::Active,
            account_id: id::mint("acc"),
            rules: check::rules(new.rules.clone())?,
            created_at: self.now(),
        })
    }

    /// Users that are not deleted, oldest first; for others than admins there is only their own.
    pub async fn list_users(&self, page: &Request) -> Result<Page<User>, AccountError> {
        let after = after(page, "usr_")?;
        if self.by.may(&Act::ListUsers) != Verdict::Allowed
            && let Some(person) = self.by.person()
        {
            return Ok(Page {
                data: vec![self.show_user(&person.id).await?],
                next_cursor: None,
            });
        }
        let rows = self.store.users(after, page.rows() + 1).await?;
        Ok(paged(rows, page, |user| &user.id))
    }

    /// The user of an id or an address.
    pub async fn show_user(&self, who: &str) -> Result<User, AccountError> {
        let user = self.find(who).await?.user;
        self.permit(&Act::SeeUser(&user.id), "user")?;
        Ok(user)
    }

    pub(super) async fn find(&self, who: &str) -> Result<UserRow, AccountError> {
        let who = who.trim();
        // Ids have capitals, addresses are kept without.
        let who = if who.contains('@') {
            who.to_lowercase()
        } else {
            who.to_owned()
        };
        let found = self.store.user(&who).await?;
        found
            .filter(|found| found.user.status != Status::Deleted)
            .ok_or(AccountError::NotFound("user"))
    }

    /// Changes a user. A new role and disabling end the user's sessions at once. `Conflict` when
    /// no admin would be left who may act.
    pub async fn update_user(&self, who: &str, change: UserChange) -> Result<User, AccountError> {
        let user = self.find(who).await?.user;
        self.permit(&change.act(&user.id), "user")?;
        let email = change.email.as_deref().map(check::email).transpose()?;
        let name = change.name.as_deref().map(check::name).transpose()?;
        let status = change.active.map(|active| {
            if active {
                Status::Active
            } else {
                Status::Disabled
            }
        });
        let update = UserUpdate {
            email: email.as_deref(),
            name: name.as_deref(),
            role: change.role,
            status,
            password_hash: None,
            rules: None,
            ends_sessions: change.role.is_some_and(|role| role != user.role)
                || status == Some(Status::Disabled),
        };
        self.update(&user.id, &update, change.rules).await
    }

    async fn update(
        &self,
        id: &str,
        update: &UserUpdate<'_>,
        rules: RulesChange,
    ) -> Result<User, AccountError> {
        let mut tx = self.store.act().await?;
        let before = tx.user_to_change(id).await?;
        let before = before.ok_or(AccountError::NotFound("user"))?;
        let rules = if rules.is_empty() {
            None
        } else {
            Some(check::rules(rules.of(before.rules.clone()))?)
        };
        let update = UserUpdate {
            rules: rules.as_ref(),
            ..update.clone()
        };
        let lowers = update.role.is_some_and(|role| role != Role::Admin)
            || update.status == Some(Status::Disabled);
        let had_admin = lowers && has_admin(&mut tx).await?;
        let changed = tx.update_user(id, &update, self.now()).await?;
        let user = changed.ok_or(AccountError::NotFound("user"))?;
        if had_admin {
            still_has_admin(&mut tx).await?;
        }
        if user.role == Role::Admin {
            tx.clear_setup_tokens().await?;
        }
        let action = match update.password_hash {
            Some(_) => "user.password",
            None => "user.update",
        };
        let did = self.did(action, &user.id, Turned::changed(&before, &user));
        tx.commit(&did).await?;
        Ok(user)
    }

    /// Whether somebody may set a user's password.
    pub async fn may_set_password(&self, who: &str) -> Result<(), AccountError> {
        let user = self.find(who).await?.user;
        self.permit(&Act::ManageUser(&user.id), "user")
    }

    /// Whether a password would be taken.
    pub fn accept_password(&self, password: &str) -> Result<(), AccountError> {
        check::password(password)
    }

    /// Sets a password and ends the user's sessions.
    pub async fn set_password(&self, who: &str, password: &str) -> Result<User, AccountError> {
        let user = self.find(who).await?.user;
        self.permit(&Act::ManageUser(&user.id), "user")?;
        let hash = self.hash(password).await?;
        self.replace_password(&user.id, &hash).await
    }

    async fn replace_password(&self, id: &str, hash: &str) -> Result<User, AccountError> {
        let update = UserUpdate {
            password_hash: Some(hash),
            ends_sessions: true,
            ..UserUpdate::default()
        };
        self.update(id, &update, RulesChange::default()).await
    }

    /// Changes a password that its owner knows, and ends their sessions. Wrong old passwords
    /// count as wrong tries to sign in.
    pub async fn change_password(
        &self,
        user_id: &str,
        old: &str,
        new: &str,
    ) -> Result<User, AccountError> {
        let found = self.find(user_id).await?;
        self.permit(&Act::EditUser(&found.user.id), "user")?;
        check::password(new).map_err(|refused| match refused {
            AccountError::Invalid { message, .. } => check::invalid("new_password", message),
            other => other,
        })?;
        let turn = match self.tries.turn(&found.user.email, None).await? {
            Turn::Yours(turn) => turn,
            Turn::TooMany(retry_after) => return Err(AccountError::TooMany { retry_after }),
        };
        let fits = old.len() <= password::LONGEST
            && self
                .passwords
                .verify(old, found.password_hash.as_deref())
                .await;
        if !fits {
            turn.wrong().await?;
            return Err(AccountError::WrongPassword);
        }
        let hash = self.hash(new).await?;
        self.replace_password(&found.user.id, &hash).await
    }

    /// Stops a user from signing in and their keys from working.
    pub async fn disable_user(&self, who: &str) -> Result<User, AccountError> {
        let change = UserChange {
            active: Some(false),
            ..UserChange::default()
        };
        self.update_user(who, change).await
    }

    /// Lets a disabled user in again.
    pub async fn enable_user(&self, who: &str) -> Result<User, AccountError> {
        let change = UserChange {
            active: Some(true),
            ..UserChange::default()
        };
        self.update_user(who, change).await
    }

    /// Anonymises a user and revokes their keys; the records stay. Gives the user as they are
    /// afterwards. `Conflict` for the last admin who may act.
    pub async fn delete_user(&self, who: &str) -> Result<User, AccountError> {
        let user = self.find(who).await?.user;
        self.permit(&Act::ManageUser(&user.id), "user")?;
        let mut tx = self.store.act().await?;
        let had_admin = has_admin(&mut tx).await?;
        if !tx.erase_user(&user.id, self.now()).await? {
            return Err(AccountError::NotFound("user"));
        }
        if had_admin {
            still_has_admin(&mut tx).await?;
        }
        let did = self.did("user.delete", &user.id, Turned::gone(&user));
        tx.commit(&did).await?;
        let erased = self.store.user(&user.id).await?;
        erased
            .map(|erased| erased.user)
            .ok_or(AccountError::NotFound("user"))
    }
}

/// Whether there is an admin who may act, until the transaction ends: two that each take one of
/// the last two away must not both see the other's.
async fn has_admin(tx: &mut Tx) -> Result<bool, AccountError> {
    tx.one_at_a_time().await?;
    Ok(tx.has_active_admin().await?)
}

/// Without an admin nobody could undo what was just done.
async fn still_has_admin(tx: &mut Tx) -> Result<(), AccountError> {
    if tx.has_active_admin().await? {
        return Ok(());
    }
    let message = "this is the last active admin: make another one first";
    Err(AccountError::Conflict(message.to_owned()))
}
