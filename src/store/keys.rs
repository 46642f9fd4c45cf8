//! API keys and the digests of their secrets.

use std::sync::Arc;

use sqlx::types::Json;
use sqlx::{FromRow, QueryBuilder};

use super::teams::OfTeam;
use super::tx::Inner;
use super::{Audited, Error, Kind, Result, Store, Tx, ask, is_impossible};
use crate::models::api_key::{ApiKey, Rules, Status};
use crate::models::clock::Timestamp;
use crate::models::principal::{KeyGrant, Principal};
use crate::models::team::Team;
use crate::models::user;

/// All that the holder of a secret is judged by.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The key.
    pub key: ApiKey,
    /// The team it is for.
    pub team: Option<Team>,
    /// What the owner may use.
    pub rules: Rules,
    /// When this secret of the key stops working, because a newer one was made.
    pub valid_until: Option<Timestamp>,
    /// The owner's role.
    pub role: user::Role,
    /// Whether the owner may act.
    pub owner: user::Status,
    /// The account that pays.
    pub account_id: String,
}

impl Grant {
    /// The caller that its holder is.
    pub fn principal(self) -> Principal {
        let key = self.key;
        Principal {
            user_id: key.user_id.into(),
            account_id: self.account_id.into(),
            email: key.user.into(),
            role: self.role,
            rules: Arc::new(self.rules),
            team: self.team.map(|team| Arc::new(team.into())),
            key: Some(Arc::new(KeyGrant {
                id: key.id.into(),
                name: key.name,
                rules: key.rules,
                expires_at: key.expires_at,
            })),
        }
    }
}

/// What a change of a key sets: the whole of what can change.
#[derive(Debug, Clone)]
pub struct KeyUpdate<'a> {
    /// What its owner calls it.
    pub name: &'a str,
    /// What it may use.
    pub rules: &'a Rules,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// Which keys are meant; `None` means any.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyFilter<'a> {
    /// An owner's id.
    pub user: Option<&'a str>,
    /// A team's id.
    pub team: Option<&'a str>,
    /// Those that this user owns, or that are for a team that they administer.
    pub visible_to: Option<&'a str>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    user_id: String,
    email: String,
    team_id: Option<String>,
    prefix: String,
    rules: Json<Rules>,
    status: String,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    created_at: Timestamp,
}

#[derive(FromRow)]
struct GrantRow {
    #[sqlx(flatten)]
    key: Row,
    valid_until: Option<Timestamp>,
    role: String,
    user_status: String,
    account_id: String,
    user_rules: Option<Json<Rules>>,
    #[sqlx(flatten)]
    team: OfTeam,
}

impl TryFrom<Row> for ApiKey {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            name: row.name,
            user_id: row.user_id,
            user: row.email,
            team_id: row.team_id,
            prefix: row.prefix,
            rules: row.rules.0,
            status: row.status.parse().map_err(Error::corrupt)?,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            created_at: row.created_at,
        })
    }
}

/// The columns of a [`GrantRow`] and where they are, without which of them.
macro_rules! granted {
    () => {
        "SELECT k.id, k.name, k.user_id, u.email, k.team_id, k.prefix, k.rules, k.status, \
         k.expires_at, k.last_used_at, k.created_at, d.valid_until, u.role, \
         u.status AS user_status, u.account_id, u.rules AS user_rules, t.name AS team_name, \
         t.rules AS team_rules, t.created_at AS team_created_at \
         FROM key_digests d JOIN api_keys k ON k.id = d.key_id \
         JOIN users u ON u.id = k.user_id LEFT JOIN teams t ON t.id = k.team_id "
    };
}

impl Store {
    /// Who holds the secret with this digest.
    pub async fn grant(&self, digest: &str) -> Result<Option<Grant>> {
        const SQL: &str = concat!(granted!(), "WHERE d.digest = $1");
        self.granted(SQL, digest).await
    }

    /// Who holds the secret that a key has now.
    pub async fn grant_of(&self, key: &str) -> Result<Option<Grant>> {
        const SQL: &str = concat!(granted!(), "WHERE k.id = $1 AND d.valid_until IS NULL");
        if is_impossible(key) {
            return Ok(None);
        }
        self.granted(SQL, key).await
    }

    async fn granted(&self, sql: &'static str, by: &str) -> Result<Option<Grant>> {
        ask!(Store, self, |db| sqlx::query_as::<_, GrantRow>(sql)
            .bind(by)
            .fetch_optional(db.control())
            .await)?
        .map(|row| {
            let key = ApiKey::try_from(row.key)?;
            Ok(Grant {
                team: row.team.of(key.team_id.as_deref()),
                rules: row.user_rules.map(|rules| rules.0).unwrap_or_default(),
                key,
                valid_until: row.valid_until,
                role: row.role.parse().map_err(Error::corrupt)?,
                owner: row.user_status.parse().map_err(Error::corrupt)?,
                account_id: row.account_id,
            })
        })
        .transpose()
    }

    /// One key.
    pub async fn key(&self, id: &str) -> Result<Option<ApiKey>> {
        const SQL: &str = "SELECT k.id, k.name, k.user_id, u.email, k.team_id, k.prefix, k.rules, \
             k.status, k.expires_at, k.last_used_at, k.created_at \
             FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.id = $1";
        if is_impossible(id) {
            return Ok(None);
        }
        ask!(Store, self, |db| sqlx::query_as::<_, Row>(SQL)
            .bind(id)
            .fetch_optional(db.reader())
            .await)?
        .map(ApiKey::try_from)
        .transpose()
    }

    /// Keys by id, after one. Not those of deleted users.
    pub async fn keys(
        &self,
        filter: &KeyFilter<'_>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<ApiKey>> {
        const SQL: &str = "SELECT k.id, k.name, k.user_id, u.email, k.team_id, k.prefix, k.rules, \
             k.status, k.expires_at, k.last_used_at, k.created_at \
             FROM api_keys k JOIN users u ON u.id = k.user_id \
             WHERE u.status <> 'deleted' AND k.id > ";
        let rows: Vec<Row> = ask!(Store, self, |db| {
            let mut query = QueryBuilder::new(SQL);
            query.push_bind(after);
            if let Some(user) = filter.user {
                query.push(" AND k.user_id = ").push_bind(user);
            }
            if let Some(team) = filter.team {
                query.push(" AND k.team_id = ").push_bind(team);
            }
            if let Some(user) = filter.visible_to {
                query.push(" AND (k.user_id = ").push_bind(user);
                query.push(
                    " OR k.team_id IN (SELECT m.team_id FROM team_members m \
                     WHERE m.role = 'team-admin' AND m.user_id = ",
                );
                query.push_bind(user).push("))");
            }
            query
                .push(" ORDER BY k.id LIMIT ")
                .push_bind(i64::from(limit));
            query.build_query_as().fetch_all(db.reader()).await
        })?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    /// Writes down when keys were last used; nobody's cache needs to know.
    pub async fn touch_keys(&self, used: &[(String, Timestamp)]) -> Result<()> {
        const ONE: &str = "UPDATE api_keys SET last_used_at = $2 \
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
        const ALL: &str = "UPDATE api_keys SET last_used_at = used.at \
             FROM UNNEST($1, $2) AS used (id, at) WHERE api_keys.id = used.id \
             AND (last_used_at IS NULL OR last_used_at < used.at)";
        let mut tx = self.write().await?;
        match &mut tx.inner {
            // A statement costs no way to a server here.
            Inner::Sqlite(tx) => {
                for (id, at) in used {
                    let one = sqlx::query(ONE).bind(id).bind(at);
                    one.execute(&mut **tx).await?;
                }
            }
            Inner::Postgres(tx) => {
                // In one order, so that two processes do not wait for each other.
                let mut used: Vec<_> = used.iter().map(|(id, at)| (&**id, *at)).collect();
                used.sort_unstable();
                let (ids, times): (Vec<&str>, Vec<Timestamp>) = used.into_iter().unzip();
                let all = sqlx::query(ALL).bind(ids).bind(times);
                all.execute(&mut **tx).await?;
            }
        }
        tx.commit().await
    }
}

impl Tx {
    /// One key, which nobody else changes until the end.
    pub async fn key(&mut self, id: &str) -> Result<Option<ApiKey>> {
        if is_impossible(id) {
            return Ok(None);
        }
        let lock = match self.inner {
            // It has one writer at a time anyway.
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " FOR UPDATE OF k",
        };
        let row: Option<Row> = ask!(Inner, &mut self.inner, |tx| {
            let mut query = QueryBuilder::new(
                "SELECT k.id, k.name, k.user_id, u.email, k.team_id, k.prefix, k.rules, \
                 k.status, k.expires_at, k.last_used_at, k.created_at \
                 FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.id = ",
            );
            query.push_bind(id);
            query.push(lock);
            query.build_query_as().fetch_optional(&mut **tx).await
        })?;
        row.map(ApiKey::try_from).transpose()
    }
}

impl Audited {
    /// Adds a key with its secret's digest.
    pub async fn add_key(&mut self, key: &ApiKey, digest: &str) -> Result<()> {
        const SQL: &str = "INSERT INTO api_keys (id, user_id, name, prefix, rules, status, \
             expires_at, created_at, updated_at, team_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(&key.id)
            .bind(&key.user_id)
            .bind(&key.name)
            .bind(&key.prefix)
            .bind(Json(&key.rules))
            .bind(key.status.as_str())
            .bind(key.expires_at)
            .bind(key.created_at)
            .bind(&key.team_id)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.add_digest(&key.id, digest, key.created_at).await
    }

    /// Sets what can change of a key that works; `false` when it was revoked meanwhile.
    pub async fn update_key(
        &mut self,
        id: &str,
        update: &KeyUpdate<'_>,
        now: Timestamp,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE api_keys SET name = $2, rules = $3, expires_at = $4, \
             updated_at = $5 WHERE id = $1 AND status = 'active'";
        let changed = ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(id)
            .bind(update.name)
            .bind(Json(update.rules))
            .bind(update.expires_at)
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(|done| done.rows_affected()))?;
        self.note(Kind::Key, id);
        Ok(changed > 0)
    }

    /// Stops a key for ever. Its digests stay, so that it is refused as revoked.
    pub async fn revoke_key(&mut self, id: &str, now: Timestamp) -> Result<()> {
        const SQL: &str = "UPDATE api_keys SET status = $2, updated_at = $3 WHERE id = $1";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(id)
            .bind(Status::Revoked.as_str())
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.note(Kind::Key, id);
        Ok(())
    }

    /// Gives a key a new secret; older ones work until `until`, or until they would have ended
    /// anyway. `false` when the key was revoked meanwhile.
    pub async fn rotate_key(
        &mut self,
        id: &str,
        new: (&str, &str),
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        const KEY: &str = "UPDATE api_keys SET prefix = $2, rotated_at = $3, updated_at = $3 \
             WHERE id = $1 AND status = 'active'";
        const OLD: &str = "UPDATE key_digests SET valid_until = $2 \
             WHERE key_id = $1 AND (valid_until IS NULL OR valid_until > $2)";
        let (prefix, digest) = new;
        let changed = ask!(Inner, &mut self.inner, |tx| sqlx::query(KEY)
            .bind(id)
            .bind(prefix)
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(|done| done.rows_affected()))?;
        if changed == 0 {
            return Ok(false);
        }
        ask!(Inner, &mut self.inner, |tx| sqlx::query(OLD)
            .bind(id)
            .bind(until)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.add_digest(id, digest, now).await?;
        Ok(true)
    }

    async fn add_digest(&mut self, key_id: &str, digest: &str, now: Timestamp) -> Result<()> {
        const SQL: &str = "INSERT INTO key_digests (digest, key_id, created_at) \
             VALUES ($1, $2, $3)";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(digest)
            .bind(key_id)
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.note(Kind::Key, key_id);
        Ok(())
    }
}
