//! Teams: create, list, change, delete; who belongs to them.

use super::audit::Turned;
use super::{AccountError, Accounts, RulesChange, after, check, paged};
use crate::auth::policy::{Act, Verdict};
use crate::models::api_key::Rules;
use crate::models::id;
use crate::models::page::{Page, Request};
use crate::models::team::{Member, Role, Team};
use crate::models::user;

/// A team to be created.
#[derive(Debug, Clone, Default)]
pub struct NewTeam {
    /// Unique.
    pub name: String,
    /// What its members may use for it, together.
    pub rules: Rules,
}

/// What to change of a team; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct TeamChange {
    /// A new name.
    pub name: Option<String>,
    /// New rules.
    pub rules: RulesChange,
}

impl Accounts {
    /// Creates a team. `Conflict` when the name is taken.
    pub async fn create_team(&self, new: NewTeam) -> Result<Team, AccountError> {
        self.permit(&Act::CreateTeam, "team")?;
        let team = Team {
            id: id::mint("team"),
            name: check::team_name(&new.name)?,
            rules: check::rules(new.rules)?,
            created_at: self.now(),
        };
        let mut tx = self.store.act().await?;
        tx.add_team(&team).await?;
        let did = self.did("team.create", &team.id, Turned::made(&team));
        tx.commit(&did).await?;
        Ok(team)
    }

    /// Teams, oldest first: all for admins, else one's own.
    pub async fn list_teams(&self, page: &Request) -> Result<Page<Team>, AccountError> {
        let after = after(page, "team_")?;
        let everybody = self.by.may(&Act::ListTeams) == Verdict::Allowed;
        let person = self.by.person().filter(|_| !everybody);
        let member = person.map(|person| &*person.id);
        let rows = self.store.teams(member, after, page.rows() + 1).await?;
        Ok(paged(rows, page, |team| &team.id))
    }

    /// The team of an id or a name.
    pub async fn show_team(&self, who: &str) -> Result<Team, AccountError> {
        let team = self.find_team(who).await?;
        self.permit(&Act::SeeTeam(&team.id), "team")?;
        Ok(team)
    }

    /// The team of an id or a name, for those who see it.
    pub(super) async fn find_team(&self, who: &str) -> Result<Team, AccountError> {
        let found = self.store.team(who.trim()).await?;
        let team = found.ok_or(AccountError::NotFound("team"))?;
        self.permit(&Act::SeeTeam(&team.id), "team")?;
        Ok(team)
    }

    /// Changes a team. `Conflict` when the new name is taken.
    pub async fn update_team(&self, who: &str, change: TeamChange) -> Result<Team, AccountError> {
        let team = self.find_team(who).await?;
        self.permit(&Act::ManageTeam(&team.id), "team")?;
        let mut tx = self.store.act().await?;
        let found = tx.team(&team.id).await?;
        let team = found.ok_or(AccountError::NotFound("team"))?;
        let changed = Team {
            name: match &change.name {
                Some(name) => check::team_name(name)?,
                None => team.name.clone(),
            },
            rules: check::rules(change.rules.of(team.rules.clone()))?,
            ..team.clone()
        };
        tx.update_team(&changed, self.now()).await?;
        let did = self.did("team.update", &team.id, Turned::changed(&team, &changed));
        tx.commit(&did).await?;
        Ok(changed)
    }

    /// Deletes a team and revokes the keys that were made for it; what was used for it stays in
    /// the records.
    pub async fn delete_team(&self, who: &str) -> Result<Team, AccountError> {
        let team = self.find_team(who).await?;
        self.permit(&Act::ManageTeam(&team.id), "team")?;
        let mut tx = self.store.act().await?;
        let found = tx.team(&team.id).await?;
        let team = found.ok_or(AccountError::NotFound("team"))?;
        tx.delete_team(&team.id, self.now()).await?;
        let did = self.did("team.delete", &team.id, Turned::gone(&team));
        tx.commit(&did).await?;
        Ok(team)
    }

    /// Who belongs to a team, in the order of their ids.
    pub async fn list_members(
        &self,
        team: &str,
        page: &Request,
    ) -> Result<Page<Member>, AccountError> {
        let after = after(page, "usr_")?;
        let team = self.find_team(team).await?;
        self.permit(&Act::SeeMembers(&team.id), "team")?;
        let rows = self.store.members(&team.id, after, page.rows() + 1).await?;
        Ok(paged(rows, page, |member| &member.user_id))
    }

    /// Adds a user to a team, or changes what they may do in it. Those who may only do the latter
    /// learn of nobody who is not in the team whether they are there.
    pub async fn put_member(
        &self,
        team: &str,
        user: &str,
        role: Role,
    ) -> Result<Member, AccountError> {
        let team = self.find_team(team).await?;
        self.permit(&Act::ManageMembers(&team.id), "team")?;
        let adds = self.permit(&Act::AddMember(&team.id), "team");
        let user = match self.find(user).await {
            Err(AccountError::NotFound(what)) => {
                adds?;
                return Err(AccountError::NotFound(what));
            }
            found => found?.user,
        };
        let now = self.now();
        let mut tx = self.store.act().await?;
        if tx.team(&team.id).await?.is_none() {
            return Err(AccountError::NotFound("team"));
        }
        let before = tx.member(&team.id, &user.id).await?;
        if before.is_none() {
            adds?;
        }
        if user.status != user::Status::Active {
            return Err(AccountError::Conflict("the user is disabled".to_owned()));
        }
        tx.put_member(&team.id, &user.id, role, now).await?;
        let member = tx.member(&team.id, &user.id).await?;
        let member = member.ok_or(AccountError::NotFound("member"))?;
        let turned = match &before {
            None => Turned::made(&member),
            Some(before) => Turned::changed(before, &member),
        };
        let did = self.did("team.add_member", &team.id, turned);
        tx.commit(&did).await?;
        Ok(member)
    }

    /// Takes a user out of a team and revokes the keys that were made for them in it.
    pub async fn remove_member(&self, team: &str, user: &str) -> Result<Member, AccountError> {
        let team = self.find_team(team).await?;
        self.permit(&Act::ManageMembers(&team.id), "team")?;
        let absent = |error| match error {
            AccountError::NotFound(_) => AccountError::NotFound("member"),
            other => other,
        };
        let user = self.find(user).await.map_err(absent)?.user;
        let mut tx = self.store.act().await?;
        // Held until the end: nobody makes a key for the member meanwhile.
        if tx.team(&team.id).await?.is_none() {
            return Err(AccountError::NotFound("team"));
        }
        let member = tx.member(&team.id, &user.id).await?;
        let member = member.ok_or(AccountError::NotFound("member"))?;
        tx.remove_member(&team.id, &user.id, self.now()).await?;
        let did = self.did("team.remove_member", &team.id, Turned::gone(&member));
        tx.commit(&did).await?;
        Ok(member)
    }
}
