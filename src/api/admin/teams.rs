//! Teams: admins change all, team-admins the members of theirs, members see theirs.

use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};

use super::rules::{self, RulesInput, RulesView};
use crate::api::extract::{Cursor, Member};
use crate::api::payload::{Answer, Created, Fields, Input, Write};
use crate::api::problem::Problem;
use crate::api::routes::Tag;
use crate::api::types::Moment;
use crate::auth::{Door, NewTeam, TeamChange};
use crate::models::api_key::Rules;
use crate::models::team::{self, Role, Team};

/// `/api/v1/teams`
#[derive(Clone)]
pub(in crate::api) struct Teams {
    pub(in crate::api) accounts: Door,
}

#[OpenApi(prefix_path = "/api/v1/teams", tag = "Tag::People")]
impl Teams {
    /// List the teams
    ///
    /// Others than admins see those that they belong to.
    #[oai(path = "/", method = "get", operation_id = "teams_list")]
    async fn list(
        &self,
        member: Member,
        /// At most so many, 1 to 1000; 100 unless said.
        limit: Query<Option<String>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<TeamPage>, Problem> {
        let request = Cursor::page(limit.0.as_deref(), cursor.0)?;
        let page = self.accounts.by(&member.0).list_teams(&request).await?;
        Ok(Answer(TeamPage {
            data: page.data.into_iter().map(TeamView::from).collect(),
            next_cursor: page.next_cursor,
        }))
    }

    /// Create a team
    #[oai(path = "/", method = "post", operation_id = "teams_create")]
    async fn create(
        &self,
        member: Member,
        input: Input<TeamWrite>,
    ) -> Result<Created<TeamView>, Problem> {
        let TeamChange { name, rules } = input.0.0;
        let new = NewTeam {
            name: name.ok_or_else(|| Problem::invalid("name", "is missing"))?,
            rules: rules.of(Rules::default()),
        };
        let team = self.accounts.by(&member.0).create_team(new).await?;
        Ok(Created(team.into()))
    }

    /// Show a team
    #[oai(path = "/:id", method = "get", operation_id = "teams_show")]
    async fn show(
        &self,
        member: Member,
        /// The team's id or name.
        id: Path<String>,
    ) -> Result<Answer<TeamView>, Problem> {
        let team = self.accounts.by(&member.0).show_team(&id.0).await?;
        Ok(Answer(team.into()))
    }

    /// Change a team
    ///
    /// Its limits hold for all calls that are made for it, together. `null` lifts one.
    #[oai(path = "/:id", method = "patch", operation_id = "teams_update")]
    async fn update(
        &self,
        member: Member,
        /// The team's id or name.
        id: Path<String>,
        input: Input<TeamWrite>,
    ) -> Result<Answer<TeamView>, Problem> {
        let accounts = self.accounts.by(&member.0);
        let team = accounts.update_team(&id.0, input.0.0).await?;
        Ok(Answer(team.into()))
    }

    /// Delete a team
    ///
    /// Revokes the keys that were made for it; what was used stays in the records.
    #[oai(path = "/:id", method = "delete", operation_id = "teams_delete")]
    async fn delete(
        &self,
        member: Member,
        /// The team's id or name.
        id: Path<String>,
    ) -> Result<Answer<TeamView>, Problem> {
        let team = self.accounts.by(&member.0).delete_team(&id.0).await?;
        Ok(Answer(team.into()))
    }

    /// List the members of a team
    #[oai(
        path = "/:id/members",
        method = "get",
        operation_id = "teams_members_list"
    )]
    async fn members(
        &self,
        member: Member,
        /// The team's id or name.
        id: Path<String>,
        /// At most so many, 1 to 1000; 100 unless said.
        limit: Query<Option<String>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<MemberPage>, Problem> {
        let request = Cursor::page(limit.0.as_deref(), cursor.0)?;
        let accounts = self.accounts.by(&member.0);
        let page = accounts.list_members(&id.0, &request).await?;
        Ok(Answer(MemberPage {
            data: page.data.into_iter().map(MemberView::from).collect(),
            next_cursor: page.next_cursor,
        }))
    }

    /// Add a user to a team, or change their role in it
    ///
    /// Only admins add users; team-admins change the role of those who are in the team.
    #[oai(
        path = "/:id/members",
        method = "post",
        operation_id = "teams_members_add"
    )]
    async fn add(
        &self,
        member: Member,
        /// The team's id or name.
        id: Path<String>,
        input: Input<NewMember>,
    ) -> Result<Created<MemberView>, Problem> {
        let NewMember { user_id, role } = input.0;
        let role = match role {
            None => Role::Member,
            Some(word) => word.parse().map_err(|why| Problem::invalid("role", why))?,
        };
        let accounts = self.accounts.by(&member.0);
        let added = accounts.put_member(&id.0, &user_id, role).await?;
        Ok(Created(added.into()))
    }

    /// Take a user out of a team
    ///
    /// Revokes the keys that were made for them in it.
    #[oai(
        path = "/:id/members/:user",
        method = "delete",
        operation_id = "teams_members_remove"
    )]
    async fn remove(
        &self,
        member: Member,
        /// The team's id or name.
        id: Path<String>,
        /// The member's id or address.
        user: Path<String>,
    ) -> Result<Answer<MemberView>, Problem> {
        let accounts = self.accounts.by(&member.0);
        let removed = accounts.remove_member(&id.0, &user.0).await?;
        Ok(Answer(removed.into()))
    }
}

/// What is set of a team.
#[derive(Object)]
struct TeamInput {
    /// What to call it; unique; needed to create one.
    name: Option<String>,
    /// What may be used for it.
    #[oai(flatten)]
    rules: RulesInput,
}

/// The same, as it was read.
struct TeamWrite(TeamChange);

impl Write for TeamWrite {
    type Schema = TeamInput;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self(TeamChange {
            name: fields.text("name")?,
            rules: rules::change(fields)?,
        }))
    }
}

/// A user to be added to a team.
#[derive(Object)]
struct NewMember {
    /// The user's id or address.
    user_id: String,
    /// `team-admin`, or `member`, which they are unless said.
    role: Option<String>,
}

impl Write for NewMember {
    type Schema = Self;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            user_id: fields.required("user_id")?,
            role: fields.text("role")?,
        })
    }
}

/// A team as the API shows it.
#[derive(Debug, Object)]
#[oai(rename = "Team")]
struct TeamView {
    /// `team_…`
    id: String,
    /// What it is called.
    name: String,
    /// What may be used for it.
    #[oai(flatten)]
    rules: RulesView,
    /// When it was created.
    created_at: Moment,
}

impl From<Team> for TeamView {
    fn from(team: Team) -> Self {
        Self {
            id: team.id,
            name: team.name,
            rules: team.rules.into(),
            created_at: team.created_at.into(),
        }
    }
}

/// A page of teams.
#[derive(Debug, Object)]
struct TeamPage {
    /// The teams.
    data: Vec<TeamView>,
    /// `cursor` of the next page; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// A member of a team as the API shows them.
#[derive(Debug, Object)]
#[oai(rename = "TeamMember")]
struct MemberView {
    /// The user's id.
    user_id: String,
    /// The user's address.
    user: String,
    /// How to call them; may be empty.
    name: String,
    /// `team-admin` or `member`.
    role: String,
    /// Since when they belong to it.
    created_at: Moment,
}

impl From<team::Member> for MemberView {
    fn from(member: team::Member) -> Self {
        Self {
            user_id: member.user_id,
            user: member.user,
            name: member.name,
            role: member.role.as_str().to_owned(),
            created_at: member.created_at.into(),
        }
    }
}

/// A page of members.
#[derive(Debug, Object)]
#[oai(rename = "TeamMemberPage")]
struct MemberPage {
    /// The members.
    data: Vec<MemberView>,
    /// `cursor` of the next page; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}
