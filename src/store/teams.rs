//! Teams and who belongs to them.

use sqlx::FromRow;
use sqlx::types::Json;

use super::tx::Inner;
use super::{Audited, Error, Kind, Result, Store, Tx, ask, is_impossible};
use crate::models::api_key::Rules;
use crate::models::clock::Timestamp;
use crate::models::team::{Member, Membership, Role, Team};

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    rules: Json<Rules>,
    created_at: Timestamp,
}

impl From<Row> for Team {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            rules: row.rules.0,
            created_at: row.created_at,
        }
    }
}

/// The columns of a team that somebody's row is joined with.
#[derive(FromRow)]
pub(super) struct OfTeam {
    #[sqlx(rename = "team_name")]
    name: Option<String>,
    #[sqlx(rename = "team_rules")]
    rules: Option<Json<Rules>>,
    #[sqlx(rename = "team_created_at")]
    created_at: Option<Timestamp>,
}

impl OfTeam {
    pub(super) fn of(self, id: Option<&str>) -> Option<Team> {
        Some(Team {
            id: id?.to_owned(),
            name: self.name?,
            rules: self.rules?.0,
            created_at: self.created_at?,
        })
    }
}

#[derive(FromRow)]
struct MemberRow {
    user_id: String,
    email: String,
    name: String,
    role: String,
    created_at: Timestamp,
}

impl TryFrom<MemberRow> for Member {
    type Error = Error;

    fn try_from(row: MemberRow) -> Result<Self> {
        Ok(Self {
            user_id: row.user_id,
            user: row.email,
            name: row.name,
            role: row.role.parse().map_err(Error::corrupt)?,
            created_at: row.created_at,
        })
    }
}

impl Store {
    /// The team of an id or a name.
    pub async fn team(&self, who: &str) -> Result<Option<Team>> {
        const SQL: &str = "SELECT id, name, rules, created_at FROM teams \
             WHERE (id = $1 OR name = $1) AND deleted_at IS NULL LIMIT 1";
        if is_impossible(who) {
            return Ok(None);
        }
        let row = ask!(Store, self, |db| sqlx::query_as::<_, Row>(SQL)
            .bind(who)
            .fetch_optional(db.reader())
            .await)?;
        Ok(row.map(Team::from))
    }

    /// The id of a team, also of one that is gone, by its id or its name.
    pub(super) async fn team_of_records(&self, who: &str) -> Result<Option<String>> {
        const SQL: &str = "SELECT id FROM teams \
             WHERE id = $1 OR (name = $1 AND deleted_at IS NULL) LIMIT 1";
        if is_impossible(who) {
            return Ok(None);
        }
        ask!(Store, self, |db| sqlx::query_scalar(SQL)
            .bind(who)
            .fetch_optional(db.reader())
            .await)
    }

    /// Teams by id, after one; with `member` only those that this user belongs to.
    pub async fn teams(&self, member: Option<&str>, after: &str, limit: u32) -> Result<Vec<Team>> {
        const SQL: &str = "SELECT id, name, rules, created_at FROM teams \
             WHERE id > $1 AND deleted_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR id IN \
             (SELECT m.team_id FROM team_members m WHERE m.user_id = $2)) ORDER BY id LIMIT $3";
        let rows = ask!(Store, self, |db| sqlx::query_as::<_, Row>(SQL)
            .bind(after)
            .bind(member)
            .bind(i64::from(limit))
            .fetch_all(db.reader())
            .await)?;
        Ok(rows.into_iter().map(Team::from).collect())
    }

    /// Who belongs to a team, by id, after one.
    pub async fn members(&self, team: &str, after: &str, limit: u32) -> Result<Vec<Member>> {
        const SQL: &str = "SELECT m.user_id, u.email, u.name, m.role, m.created_at \
             FROM team_members m JOIN users u ON u.id = m.user_id \
             WHERE m.team_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3";
        ask!(Store, self, |db| sqlx::query_as::<_, MemberRow>(SQL)
            .bind(team)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(db.reader())
            .await)?
        .into_iter()
        .map(Member::try_from)
        .collect()
    }

    /// The teams of a user, and what they are in each.
    pub async fn memberships(&self, user: &str) -> Result<Vec<Membership>> {
        const SQL: &str = "SELECT team_id, role FROM team_members WHERE user_id = $1 \
             ORDER BY team_id LIMIT 1000";
        if is_impossible(user) {
            return Ok(Vec::new());
        }
        let rows: Vec<(String, String)> = ask!(Store, self, |db| sqlx::query_as(SQL)
            .bind(user)
            .fetch_all(db.control())
            .await)?;
        let read = |(team_id, role): (String, String)| {
            let role = role.parse().map_err(Error::corrupt)?;
            Ok(Membership { team_id, role })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Tx {
    /// A team, which nobody else changes until the end.
    pub async fn team(&mut self, id: &str) -> Result<Option<Team>> {
        const FREE: &str = "SELECT id, name, rules, created_at FROM teams \
             WHERE id = $1 AND deleted_at IS NULL";
        const LOCKED: &str = "SELECT id, name, rules, created_at FROM teams \
             WHERE id = $1 AND deleted_at IS NULL FOR UPDATE";
        let sql = match self.inner {
            // It has one writer at a time anyway.
            Inner::Sqlite(_) => FREE,
            Inner::Postgres(_) => LOCKED,
        };
        let row = ask!(Inner, &mut self.inner, |tx| sqlx::query_as::<_, Row>(sql)
            .bind(id)
            .fetch_optional(&mut **tx)
            .await)?;
        Ok(row.map(Team::from))
    }

    /// Whether a user belongs to a team.
    pub async fn is_member(&mut self, team: &str, user: &str) -> Result<bool> {
        Ok(self.member(team, user).await?.is_some())
    }

    /// A user as a member of a team.
    pub async fn member(&mut self, team: &str, user: &str) -> Result<Option<Member>> {
        const SQL: &str = "SELECT m.user_id, u.email, u.name, m.role, m.created_at \
             FROM team_members m JOIN users u ON u.id = m.user_id \
             WHERE m.team_id = $1 AND m.user_id = $2";
        if is_impossible(user) {
            return Ok(None);
        }
        ask!(Inner, &mut self.inner, |tx| sqlx::query_as::<_, MemberRow>(
            SQL
        )
        .bind(team)
        .bind(user)
        .fetch_optional(&mut **tx)
        .await)?
        .map(Member::try_from)
        .transpose()
    }
}

impl Audited {
    /// Adds a team. [`Error::Conflict`] when the name is taken.
    pub async fn add_team(&mut self, team: &Team) -> Result<()> {
        const SQL: &str = "INSERT INTO teams (id, name, rules, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $4)";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(&team.id)
            .bind(&team.name)
            .bind(Json(&team.rules))
            .bind(team.created_at)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.note(Kind::Team, &team.id);
        Ok(())
    }

    /// Sets what can change of a team. [`Error::Conflict`] when the name is taken.
    pub async fn update_team(&mut self, team: &Team, now: Timestamp) -> Result<()> {
        const SQL: &str = "UPDATE teams SET name = $2, rules = $3, updated_at = $4 WHERE id = $1";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(&team.id)
            .bind(&team.name)
            .bind(Json(&team.rules))
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.note(Kind::Team, &team.id);
        Ok(())
    }

    /// Puts a team away: nobody belongs to it, and its keys stop for ever. The row stays for the
    /// name in reports.
    pub async fn delete_team(&mut self, id: &str, now: Timestamp) -> Result<()> {
        const TEAM: &str = "UPDATE teams SET deleted_at = $2, updated_at = $2 WHERE id = $1";
        const MEMBERS: &str = "DELETE FROM team_members WHERE team_id = $1 RETURNING user_id";
        self.revoke_keys_for(id, None, now).await?;
        let members: Vec<String> = ask!(Inner, &mut self.inner, |tx| sqlx::query_scalar(MEMBERS)
            .bind(id)
            .fetch_all(&mut **tx)
            .await)?;
        ask!(Inner, &mut self.inner, |tx| sqlx::query(TEAM)
            .bind(id)
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        for member in &members {
            self.note(Kind::User, member);
        }
        self.note(Kind::Team, id);
        Ok(())
    }

    /// Adds a user to a team, or changes what they are in it.
    pub async fn put_member(
        &mut self,
        team: &str,
        user: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO team_members (team_id, user_id, role, created_at) \
             VALUES ($1, $2, $3, $4) \
             ON CONFLICT (team_id, user_id) DO UPDATE SET role = excluded.role";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(team)
            .bind(user)
            .bind(role.as_str())
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        // The user's sessions may act for another team now.
        self.note(Kind::User, user);
        self.note(Kind::Team, team);
        Ok(())
    }

    /// Takes a user out of a team; their keys for it stop for ever.
    pub async fn remove_member(&mut self, team: &str, user: &str, now: Timestamp) -> Result<()> {
        const SQL: &str = "DELETE FROM team_members WHERE team_id = $1 AND user_id = $2";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(team)
            .bind(user)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.revoke_keys_for(team, Some(user), now).await?;
        self.note(Kind::User, user);
        self.note(Kind::Team, team);
        Ok(())
    }

    /// Stops the keys for a team, those of one user or all.
    async fn revoke_keys_for(
        &mut self,
        team: &str,
        user: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "UPDATE api_keys SET status = 'revoked', updated_at = $3 \
             WHERE team_id = $1 AND status = 'active' \
             AND (CAST($2 AS TEXT) IS NULL OR user_id = $2)";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(team)
            .bind(user)
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))
    }
}
