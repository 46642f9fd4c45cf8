//! `manti user …`

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::context::{Context, Expect};
use super::failure::Failure;
use super::limits::{Limits, spelled};
use super::listing;
use super::output::{Column, Style, column, note, spare};
use crate::auth::{NewUser, UserChange};
use crate::models::api_key::Rules;
use crate::models::page::Request;
use crate::models::user::{Role, User};

/// What can be done with people.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum Command {
    /// Create a user
    Create(Create),
    /// List users, oldest first
    List,
    /// Show a user
    Show(Who),
    /// Change a user's address, name, role or limits
    Update(Update),
    /// Set a user's password and end their sessions
    Passwd(Passwd),
    /// Stop a user from signing in and their keys from working
    Disable(Who),
    /// Let a disabled user in again
    Enable(Who),
    /// Anonymise a user and revoke their keys; the records of what was used stay
    Delete(Who),
}

/// A user.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// Their address or id
    #[arg(value_name = "USER")]
    user: String,
}

/// A new user.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Their e-mail address
    email: String,
    /// How to call them
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// What they may do
    #[arg(long, value_enum, default_value_t = RoleName::Member)]
    role: RoleName,
    /// Read the password from standard input; without one they cannot sign in, only use keys
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    limits: Limits,
}

/// What to change.
#[derive(Debug, Args)]
#[group(id = "change", required = true, multiple = true, args = ["email", "name", "role", "limits"])]
pub(super) struct Update {
    #[command(flatten)]
    who: Who,
    /// A new e-mail address
    #[arg(long)]
    email: Option<String>,
    /// A new name
    #[arg(long)]
    name: Option<String>,
    /// A new role; ends their sessions
    #[arg(long, value_enum)]
    role: Option<RoleName>,
    #[command(flatten)]
    limits: Limits,
}

/// A new password.
#[derive(Debug, Args)]
pub(super) struct Passwd {
    #[command(flatten)]
    who: Who,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

/// A role as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    /// Everything
    Admin,
    /// Their own keys and usage
    Member,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::Member => Self::Member,
        }
    }
}

const COLUMNS: &[Column] = &[
    column("email", "EMAIL", Style::Text),
    spare("name", "NAME", Style::Text, 2),
    column("role", "ROLE", Style::Text),
    column("status", "STATUS", Style::Text),
    spare("created_at", "CREATED", Style::Time, 1),
    spare("id", "ID", Style::Text, 3),
];

pub(super) fn run(context: &Context, command: Command) -> Result<(), Failure> {
    context.block_on(async {
        match command {
            Command::Create(options) => create(context, options).await,
            Command::List => list(context).await,
            Command::Show(who) => show(context, &who.user).await,
            Command::Update(options) => update(context, options).await,
            Command::Passwd(options) => passwd(context, options).await,
            Command::Disable(who) => disable(context, &who.user).await,
            Command::Enable(who) => enable(context, &who.user).await,
            Command::Delete(who) => delete(context, &who.user).await,
        }
    })
}

async fn create(context: &Context, options: Create) -> Result<(), Failure> {
    let password = context.prompt.password(options.password_stdin)?;
    let accounts = context.accounts(Expect::New).await?;
    let email = options.email.clone();
    let new = NewUser {
        email: options.email,
        name: options.name,
        role: options.role.into(),
        password,
        rules: options.limits.change().of(Rules::default()),
    };
    let user = accounts
        .create_user(new)
        .await
        .map_err(|error| Failure::account(error, &email))?;
    print(context, &user)
}

async fn list(context: &Context) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let next = async |page: &Request| {
        let found = accounts.list_users(page).await;
        found.map_err(|error| Failure::account(error, ""))
    };
    listing::print(context, COLUMNS, json, next).await
}

async fn show(context: &Context, who: &str) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let user = accounts
        .show_user(who)
        .await
        .map_err(|error| Failure::account(error, who))?;
    print(context, &user)
}

async fn update(context: &Context, options: Update) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let change = UserChange {
        email: options.email,
        name: options.name,
        role: options.role.map(Role::from),
        active: None,
        rules: options.limits.change(),
    };
    let user = accounts
        .update_user(&options.who.user, change)
        .await
        .map_err(|error| Failure::account(error, &options.who.user))?;
    print(context, &user)
}

async fn passwd(context: &Context, options: Passwd) -> Result<(), Failure> {
    let who = &options.who.user;
    let accounts = context.accounts(Expect::Made).await?;
    // An unknown user is told before anybody types a password.
    accounts
        .show_user(who)
        .await
        .map_err(|error| Failure::account(error, who))?;
    let Some(password) = context.prompt.password(options.password_stdin)? else {
        return Err(Failure::usage(
            "no password was given; pass it on standard input with --password-stdin",
        ));
    };
    let user = accounts
        .set_password(who, password.expose())
        .await
        .map_err(|error| Failure::account(error, who))?;
    print(context, &user)
}

async fn disable(context: &Context, who: &str) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let user = accounts
        .disable_user(who)
        .await
        .map_err(|error| Failure::account(error, who))?;
    print(context, &user)
}

async fn enable(context: &Context, who: &str) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let user = accounts
        .enable_user(who)
        .await
        .map_err(|error| Failure::account(error, who))?;
    print(context, &user)
}

async fn delete(context: &Context, who: &str) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let user = accounts
        .show_user(who)
        .await
        .map_err(|error| Failure::account(error, who))?;
    context
        .prompt
        .confirm(&format!("Delete {} and revoke their keys?", user.email))?;
    let user = accounts
        .delete_user(&user.id)
        .await
        .map_err(|error| Failure::account(error, who))?;
    note("deleted; the records of what was used stay");
    print(context, &user)
}

fn print(context: &Context, user: &User) -> Result<(), Failure> {
    Ok(context.output.thing(&json(user))?)
}

fn json(user: &User) -> Value {
    spelled(user)
}
