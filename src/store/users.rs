//! People.

use sqlx::types::Json;
use sqlx::{FromRow, QueryBuilder};

use super::tx::Inner;
use super::{Audited, Error, Kind, Result, Store, Tx, ask, is_impossible};
use crate::models::api_key::Rules;
use crate::models::clock::Timestamp;
use crate::models::user::{Role, Status, User};

/// A user as kept.
#[derive(Clone)]
pub struct UserRow {
    /// The user.
    pub user: User,
    /// Goes up when tokens issued before must no longer work.
    pub epoch: i64,
    /// argon2id; `None`: cannot sign in.
    pub password_hash: Option<String>,
}

/// What a change of a user sets; `None` leaves a field as it is.
#[derive(Clone, Default)]
pub struct UserUpdate<'a> {
    /// Lower case.
    pub email: Option<&'a str>,
    /// May be empty.
    pub name: Option<&'a str>,
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they may act.
    pub status: Option<Status>,
    /// argon2id.
    pub password_hash: Option<&'a str>,
    /// What they may use.
    pub rules: Option<&'a Rules>,
    /// Whether tokens issued before stop working.
    pub ends_sessions: bool,
}

#[derive(FromRow)]
struct Row {
    id: String,
    email: String,
    name: String,
    role: String,
    status: String,
    account_id: String,
    password_hash: Option<String>,
    rules: Option<Json<Rules>>,
    epoch: i64,
    created_at: Timestamp,
}

impl TryFrom<Row> for UserRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            user: User {
                id: row.id,
                email: row.email,
                name: row.name,
                role: row.role.parse().map_err(Error::corrupt)?,
                status: row.status.parse().map_err(Error::corrupt)?,
                account_id: row.account_id,
                rules: row.rules.map(|rules| rules.0).unwrap_or_default(),
                created_at: row.created_at,
            },
            epoch: row.epoch,
            password_hash: row.password_hash,
        })
    }
}

const USER: &str = "SELECT id, email, name, role, status, account_id, password_hash, rules, epoch, \
     created_at FROM users WHERE id = $1 OR (email = $1 AND status <> 'deleted') LIMIT 1";

impl Store {
    /// The user of an id or a lower-case address; a deleted one by its id only.
    pub async fn user(&self, who: &str) -> Result<Option<UserRow>> {
        if is_impossible(who) {
            return Ok(None);
        }
        ask!(Store, self, |db| sqlx::query_as::<_, Row>(USER)
            .bind(who)
            .fetch_optional(db.reader())
            .await)?
        .map(UserRow::try_from)
        .transpose()
    }

    /// Users that are not deleted, by id, after one.
    pub async fn users(&self, after: &str, limit: u32) -> Result<Vec<User>> {
        const SQL: &str = "SELECT id, email, name, role, status, account_id, password_hash, \
             rules, epoch, created_at FROM users \
             WHERE id > $1 AND status <> 'deleted' ORDER BY id LIMIT $2";
        let rows = ask!(Store, self, |db| sqlx::query_as::<_, Row>(SQL)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(db.reader())
            .await)?;
        rows.into_iter()
            .map(|row| UserRow::try_from(row).map(|row| row.user))
            .collect()
    }

    /// Whether there is any user, deleted ones included.
    pub async fn has_users(&self) -> Result<bool> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM users)";
        ask!(Store, self, |db| sqlx::query_scalar(SQL)
            .fetch_one(db.reader())
            .await)
    }
}

impl Tx {
    /// As [`Store::user`], within the transaction.
    pub async fn user(&mut self, who: &str) -> Result<Option<UserRow>> {
        ask!(Inner, &mut self.inner, |tx| sqlx::query_as::<_, Row>(USER)
            .bind(who)
            .fetch_optional(&mut **tx)
            .await)?
        .map(UserRow::try_from)
        .transpose()
    }

    /// A user that is not deleted, whom nobody else changes until the end.
    pub async fn user_to_change(&mut self, id: &str) -> Result<Option<User>> {
        const COLUMNS: &str = "SELECT id, email, name, role, status, account_id, password_hash, \
             rules, epoch, created_at FROM users WHERE status <> 'deleted' AND id = ";
        let lock = self.lock();
        let row: Option<Row> = ask!(Inner, &mut self.inner, |tx| {
            let mut query = QueryBuilder::new(COLUMNS);
            query.push_bind(id).push(lock);
            query.build_query_as().fetch_optional(&mut **tx).await
        })?;
        row.map(|row| UserRow::try_from(row).map(|row| row.user))
            .transpose()
    }

    /// Whether there is or was an admin.
    pub async fn has_admin(&mut self) -> Result<bool> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin')";
        ask!(Inner, &mut self.inner, |tx| sqlx::query_scalar(SQL)
            .fetch_one(&mut **tx)
            .await)
    }

    /// Whether there is an admin who may act.
    pub async fn has_active_admin(&mut self) -> Result<bool> {
        const SQL: &str = "SELECT EXISTS \
             (SELECT 1 FROM users WHERE role = 'admin' AND status = 'active')";
        ask!(Inner, &mut self.inner, |tx| sqlx::query_scalar(SQL)
            .fetch_one(&mut **tx)
            .await)
    }

    /// Whether there is any user, deleted ones included.
    pub async fn has_users(&mut self) -> Result<bool> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM users)";
        ask!(Inner, &mut self.inner, |tx| sqlx::query_scalar(SQL)
            .fetch_one(&mut **tx)
            .await)
    }
}

impl Audited {
    /// Adds a user. [`Error::Conflict`] when the address is taken.
    pub async fn add_user(&mut self, user: &User, password_hash: Option<&str>) -> Result<()> {
        const SQL: &str = "INSERT INTO users (id, email, name, role, status, account_id, \
             password_hash, rules, epoch, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9)";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(&user.id)
            .bind(&user.email)
            .bind(&user.name)
            .bind(user.role.as_str())
            .bind(user.status.as_str())
            .bind(&user.account_id)
            .bind(password_hash)
            .bind(
                Some(&user.rules)
                    .filter(|rules| **rules != Rules::default())
                    .map(Json)
            )
            .bind(user.created_at)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.note(Kind::User, &user.id);
        Ok(())
    }

    /// Changes a user that is not deleted; `None` when there is none of this id.
    pub async fn update_user(
        &mut self,
        id: &str,
        update: &UserUpdate<'_>,
        now: Timestamp,
    ) -> Result<Option<User>> {
        const SQL: &str = "UPDATE users SET email = COALESCE($2, email), \
             name = COALESCE($3, name), role = COALESCE($4, role), \
             status = COALESCE($5, status), password_hash = COALESCE($6, password_hash), \
             rules = COALESCE($7, rules), epoch = epoch + $8, updated_at = $9 \
             WHERE id = $1 AND status <> 'deleted' RETURNING id, email, name, role, status, \
             account_id, password_hash, rules, epoch, created_at";
        let row = ask!(Inner, &mut self.inner, |tx| sqlx::query_as::<_, Row>(SQL)
            .bind(id)
            .bind(update.email)
            .bind(update.name)
            .bind(update.role.map(Role::as_str))
            .bind(update.status.map(Status::as_str))
            .bind(update.password_hash)
            .bind(update.rules.map(Json))
            .bind(i64::from(update.ends_sessions))
            .bind(now)
            .fetch_optional(&mut **tx)
            .await)?;
        self.note(Kind::User, id);
        // A disabled user's sessions stay, dead by the epoch: they are told why they are refused.
        if update.ends_sessions && update.status != Some(Status::Disabled) {
            self.end_sessions_of(id).await?;
        }
        row.map(|row| UserRow::try_from(row).map(|row| row.user))
            .transpose()
    }

    /// Takes everything off a user that names or admits them.
    pub async fn erase_user(&mut self, id: &str, now: Timestamp) -> Result<bool> {
        const USER: &str = "UPDATE users SET email = $2, name = '', status = 'deleted', \
             password_hash = NULL, epoch = epoch + 1, updated_at = $3 \
             WHERE id = $1 AND status <> 'deleted'";
        const KEYS: &str = "UPDATE api_keys SET name = '', status = 'revoked', updated_at = $2 \
             WHERE user_id = $1";
        const TEAMS: &str = "DELETE FROM team_members WHERE user_id = $1";
        const DIGESTS: &str = "DELETE FROM key_digests WHERE key_id IN \
             (SELECT id FROM api_keys WHERE user_id = $1)";
        // Unique, and no mailbox: the domain is reserved for what cannot exist.
        let nobody = format!("{}@deleted.invalid", id.to_lowercase());
        let erased = ask!(Inner, &mut self.inner, |tx| sqlx::query(USER)
            .bind(id)
            .bind(&nobody)
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(|done| done.rows_affected()))?;
        if erased == 0 {
            return Ok(false);
        }
        ask!(Inner, &mut self.inner, |tx| sqlx::query(KEYS)
            .bind(id)
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        for sql in [DIGESTS, TEAMS] {
            ask!(Inner, &mut self.inner, |tx| sqlx::query(sql)
                .bind(id)
                .execute(&mut **tx)
                .await
                .map(drop))?;
        }
        self.end_sessions_of(id).await?;
        self.note(Kind::User, id);
        Ok(true)
    }
}
