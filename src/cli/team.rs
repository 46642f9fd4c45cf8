//! `manti team …`

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::context::{Context, Expect};
use super::failure::Failure;
use super::limits::{Limits, spelled};
use super::listing;
use super::output::{Column, Style, column, note, spare};
use crate::auth::{NewTeam, TeamChange};
use crate::models::api_key::Rules;
use crate::models::page::Request;
use crate::models::team::{Member, Role, Team};

/// What can be done with teams.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum Command {
    /// Create a team
    Create(Create),
    /// List teams, oldest first
    List,
    /// Show a team
    Show(Which),
    /// Change a team's name or limits
    Update(Update),
    /// Delete a team and revoke its keys; the records of what was used stay
    Delete(Which),
    /// List who belongs to a team
    Members(Which),
    /// Add a user to a team, or change their role in it
    Add(Add),
    /// Take a user out of a team and revoke their keys for it
    Remove(Remove),
}

/// A team.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its name or id
    #[arg(value_name = "TEAM")]
    team: String,
}

/// A new team.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// What to call it
    name: String,
    #[command(flatten)]
    limits: Limits,
}

/// What to change.
#[derive(Debug, Args)]
#[group(id = "change", required = true, multiple = true, args = ["name", "limits"])]
pub(super) struct Update {
    #[command(flatten)]
    which: Which,
    /// What to call it
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    limits: Limits,
}

/// A user to be added.
#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    which: Which,
    /// The user's address or id
    user: String,
    /// What they may do in the team
    #[arg(long, value_enum, default_value_t = RoleName::Member)]
    role: RoleName,
}

/// A member to be taken out.
#[derive(Debug, Args)]
pub(super) struct Remove {
    #[command(flatten)]
    which: Which,
    /// The member's address or id
    user: String,
}

/// A role in a team as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    /// Sees the team's usage, manages its members and their keys
    TeamAdmin,
    /// Uses it
    Member,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::TeamAdmin => Self::Admin,
            RoleName::Member => Self::Member,
        }
    }
}

const COLUMNS: &[Column] = &[
    column("name", "NAME", Style::Text),
    spare("models", "MODELS", Style::Text, 4),
    spare("rpm", "RPM", Style::Number, 3),
    spare("tpm", "TPM", Style::Number, 3),
    spare("max_parallel", "PARALLEL", Style::Number, 3),
    spare("created_at", "CREATED", Style::Time, 2),
    spare("id", "ID", Style::Text, 1),
];

const MEMBERS: &[Column] = &[
    column("user", "USER", Style::Text),
    spare("name", "NAME", Style::Text, 1),
    column("role", "ROLE", Style::Text),
    spare("created_at", "SINCE", Style::Time, 2),
    spare("user_id", "ID", Style::Text, 3),
];

pub(super) fn run(context: &Context, command: Command) -> Result<(), Failure> {
    context.block_on(async {
        match command {
            Command::Create(options) => create(context, options).await,
            Command::List => list(context).await,
            Command::Show(which) => show(context, &which.team).await,
            Command::Update(options) => update(context, options).await,
            Command::Delete(which) => delete(context, &which.team).await,
            Command::Members(which) => members(context, &which.team).await,
            Command::Add(options) => add(context, options).await,
            Command::Remove(options) => remove(context, options).await,
        }
    })
}

async fn create(context: &Context, options: Create) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let new = NewTeam {
        name: options.name.clone(),
        rules: options.limits.change().of(Rules::default()),
    };
    let team = accounts
        .create_team(new)
        .await
        .map_err(|error| Failure::account(error, &options.name))?;
    print(context, &team)
}

async fn list(context: &Context) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let next = async |page: &Request| {
        let found = accounts.list_teams(page).await;
        found.map_err(|error| Failure::account(error, ""))
    };
    listing::print(context, COLUMNS, json, next).await
}

async fn show(context: &Context, team: &str) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let team = accounts
        .show_team(team)
        .await
        .map_err(|error| Failure::account(error, team))?;
    print(context, &team)
}

async fn update(context: &Context, options: Update) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let change = TeamChange {
        name: options.name,
        rules: options.limits.change(),
    };
    let team = accounts
        .update_team(&options.which.team, change)
        .await
        .map_err(|error| Failure::account(error, &options.which.team))?;
    print(context, &team)
}

async fn delete(context: &Context, which: &str) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let failed = |error| Failure::account(error, which);
    let team = accounts.show_team(which).await.map_err(failed)?;
    context
        .prompt
        .confirm(&format!("Delete team {} and revoke its keys?", team.name))?;
    let team = accounts.delete_team(&team.id).await.map_err(failed)?;
    note("deleted; the records of what was used stay");
    print(context, &team)
}

async fn members(context: &Context, team: &str) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let next = async |page: &Request| {
        let found = accounts.list_members(team, page).await;
        found.map_err(|error| Failure::account(error, team))
    };
    listing::print(context, MEMBERS, member, next).await
}

async fn add(context: &Context, options: Add) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let (team, user) = (&options.which.team, &options.user);
    let added = accounts
        .put_member(team, user, options.role.into())
        .await
        .map_err(|error| failed(error, team, user))?;
    Ok(context.output.thing(&member(&added))?)
}

async fn remove(context: &Context, options: Remove) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let (team, user) = (&options.which.team, &options.user);
    context.prompt.confirm_on_terminal(&format!(
        "Take {user} out of {team} and revoke their keys for it?"
    ))?;
    let removed = accounts
        .remove_member(team, user)
        .await
        .map_err(|error| failed(error, team, user))?;
    Ok(context.output.thing(&member(&removed))?)
}

/// What a failure means, for the team or the user that was asked for.
fn failed(error: crate::auth::AccountError, team: &str, user: &str) -> Failure {
    match error {
        crate::auth::AccountError::NotFound("member") => Failure::not_found(format!(
            "\"{user}\" does not belong to \"{team}\"; see: manti team members {team}"
        )),
        error @ crate::auth::AccountError::NotFound("team") => Failure::account(error, team),
        error => Failure::account(error, user),
    }
}

fn print(context: &Context, team: &Team) -> Result<(), Failure> {
    Ok(context.output.thing(&json(team))?)
}

fn json(team: &Team) -> Value {
    spelled(team)
}

fn member(member: &Member) -> Value {
    serde_json::to_value(member).unwrap_or_default()
}
