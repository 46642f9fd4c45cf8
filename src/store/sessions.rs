//! Sessions of signed-in users and their refresh tokens.

use sqlx::FromRow;
use sqlx::types::Json;

use super::teams::OfTeam;
use super::tx::Inner;
use super::{Error, Kind, Result, Store, Tx, ask};
use crate::models::api_key::Rules;
use crate::models::clock::Timestamp;
use crate::models::team::Team;
use crate::models::user;

/// All that the holder of an access token is judged by.
#[derive(Debug, Clone)]
pub struct SessionGrant {
    /// The session's user.
    pub user_id: String,
    /// The user's address.
    pub email: String,
    /// The user's role.
    pub role: user::Role,
    /// Whether the user may act.
    pub status: user::Status,
    /// The account that pays.
    pub account_id: String,
    /// What the user may use.
    pub rules: Rules,
    /// The user's only team, if there is exactly one.
    pub team: Option<Team>,
    /// Whether the user's password, role or status changed since the sign-in.
    pub outdated: bool,
    /// When the session ends.
    pub expires_at: Timestamp,
}

/// What a refresh token turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// Not one of ours, or its session has ended.
    Unknown,
    /// Exchanged before: somebody else has it.
    Reused {
        /// The session it belongs to.
        session_id: String,
    },
    /// Good, and from now on used.
    Good {
        /// The session it belongs to.
        session_id: String,
        /// The session's user.
        user_id: String,
        /// The user's epoch at sign-in.
        epoch: i64,
        /// When the session ends.
        expires_at: Timestamp,
    },
}

#[derive(FromRow)]
struct GrantRow {
    user_id: String,
    email: String,
    role: String,
    status: String,
    account_id: String,
    epoch: i64,
    current_epoch: i64,
    expires_at: Timestamp,
    rules: Option<Json<Rules>>,
    team_id: Option<String>,
    #[sqlx(flatten)]
    team: OfTeam,
}

#[derive(FromRow)]
struct TokenRow {
    session_id: String,
    user_id: String,
    epoch: i64,
    expires_at: Timestamp,
}

impl Store {
    /// The user of a session that has not been ended.
    pub async fn session(&self, id: &str) -> Result<Option<SessionGrant>> {
        const SQL: &str = "SELECT s.user_id, u.email, u.role, u.status, u.account_id, s.epoch, \
             u.epoch AS current_epoch, s.expires_at, u.rules, t.id AS team_id, \
             t.name AS team_name, t.rules AS team_rules, t.created_at AS team_created_at \
             FROM sessions s JOIN users u ON u.id = s.user_id \
             LEFT JOIN teams t ON t.id = (SELECT MIN(m.team_id) FROM team_members m \
             WHERE m.user_id = u.id HAVING COUNT(*) = 1) WHERE s.id = $1";
        ask!(Store, self, |db| sqlx::query_as::<_, GrantRow>(SQL)
            .bind(id)
            .fetch_optional(db.control())
            .await)?
        .map(|row| {
            Ok(SessionGrant {
                user_id: row.user_id,
                email: row.email,
                role: row.role.parse().map_err(Error::corrupt)?,
                status: row.status.parse().map_err(Error::corrupt)?,
                account_id: row.account_id,
                rules: row.rules.map(|rules| rules.0).unwrap_or_default(),
                team: row.team.of(row.team_id.as_deref()),
                outdated: row.epoch != row.current_epoch,
                expires_at: row.expires_at,
            })
        })
        .transpose()
    }

    /// The session of a refresh token, used or not.
    pub async fn session_of_token(&self, digest: &str) -> Result<Option<String>> {
        const SQL: &str = "SELECT session_id FROM refresh_tokens WHERE digest = $1";
        ask!(Store, self, |db| sqlx::query_scalar(SQL)
            .bind(digest)
            .fetch_optional(db.reader())
            .await)
    }
}

impl Tx {
    /// Begins a session.
    pub async fn add_session(
        &mut self,
        id: &str,
        (user_id, epoch): (&str, i64),
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO sessions (id, user_id, epoch, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5)";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(id)
            .bind(user_id)
            .bind(epoch)
            .bind(now)
            .bind(expires_at)
            .execute(&mut **tx)
            .await
            .map(drop))
    }

    /// Adds a refresh token to a session.
    pub async fn add_refresh_token(
        &mut self,
        session_id: &str,
        digest: &str,
        now: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO refresh_tokens (digest, session_id, created_at) \
             VALUES ($1, $2, $3)";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(digest)
            .bind(session_id)
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))
    }

    /// Uses a refresh token up; of two that come at once, one finds it used.
    pub async fn redeem(&mut self, digest: &str, now: Timestamp) -> Result<Redeemed> {
        const USE: &str = "UPDATE refresh_tokens SET used_at = $2 \
             WHERE digest = $1 AND used_at IS NULL RETURNING session_id";
        const SESSION: &str = "SELECT s.id AS session_id, s.user_id, s.epoch, s.expires_at \
             FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.digest = $1";
        let fresh: Option<String> = ask!(Inner, &mut self.inner, |tx| sqlx::query_scalar(USE)
            .bind(digest)
            .bind(now)
            .fetch_optional(&mut **tx)
            .await)?;
        let session = ask!(Inner, &mut self.inner, |tx| sqlx::query_as::<_, TokenRow>(
            SESSION
        )
        .bind(digest)
        .fetch_optional(&mut **tx)
        .await)?;
        Ok(match session {
            None => Redeemed::Unknown,
            Some(row) if fresh.is_none() => Redeemed::Reused {
                session_id: row.session_id,
            },
            Some(row) => Redeemed::Good {
                session_id: row.session_id,
                user_id: row.user_id,
                epoch: row.epoch,
                expires_at: row.expires_at,
            },
        })
    }

    /// Ends a session and all its tokens.
    pub async fn end_session(&mut self, id: &str) -> Result<()> {
        const SQL: &str = "DELETE FROM sessions WHERE id = $1";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(id)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.note(Kind::Session, id);
        Ok(())
    }

    /// Ends all sessions of a user; the user's own change tells the caches.
    pub(super) async fn end_sessions_of(&mut self, user_id: &str) -> Result<()> {
        const SQL: &str = "DELETE FROM sessions WHERE user_id = $1";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(user_id)
            .execute(&mut **tx)
            .await
            .map(drop))
    }
}
