//! Users: admins see and change all, members themselves.

use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};

use super::rules::{self, RulesInput, RulesView};
use crate::api::extract::{Cursor, Member};
use crate::api::payload::{Answer, Created, Fields, Input, Write};
use crate::api::problem::Problem;
use crate::api::routes::Tag;
use crate::api::types::Moment;
use crate::auth::policy::Act;
use crate::auth::{Door, NewUser, RulesChange, UserChange};
use crate::config::Secret;
use crate::models::api_key::Rules;
use crate::models::user::{Role, Status, User};

/// `/api/v1/users`
#[derive(Clone)]
pub(in crate::api) struct Users {
    pub(in crate::api) accounts: Door,
}

#[OpenApi(prefix_path = "/api/v1/users", tag = "Tag::People")]
impl Users {
    /// List the users
    ///
    /// A member's list has only themselves.
    #[oai(path = "/", method = "get", operation_id = "users_list")]
    async fn list(
        &self,
        member: Member,
        /// At most so many, 1 to 1000; 100 unless said.
        limit: Query<Option<String>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<UserPage>, Problem> {
        let request = Cursor::page(limit.0.as_deref(), cursor.0)?;
        let page = self.accounts.by(&member.0).list_users(&request).await?;
        Ok(Answer(UserPage {
            data: page.data.into_iter().map(UserView::from).collect(),
            next_cursor: page.next_cursor,
        }))
    }

    /// Create a user
    #[oai(path = "/", method = "post", operation_id = "users_create")]
    async fn create(
        &self,
        member: Member,
        input: Input<UserInput>,
    ) -> Result<Created<UserView>, Problem> {
        member.permit(&Act::CreateUser, "user")?;
        let input = input.0;
        if input.status.is_some() {
            return Err(Problem::invalid("status", "is not a field here"));
        }
        let new = NewUser {
            email: input
                .email
                .ok_or_else(|| Problem::invalid("email", "is missing"))?,
            name: input.name.unwrap_or_default(),
            role: role(input.role.as_deref())?.unwrap_or(Role::Member),
            password: input.password.map(Secret::new),
            rules: input.rules.of(Rules::default()),
        };
        let user = self.accounts.by(&member.0).create_user(new).await?;
        Ok(Created(user.into()))
    }

    /// Show a user
    #[oai(path = "/:id", method = "get", operation_id = "users_show")]
    async fn show(
        &self,
        member: Member,
        /// The user's id or address.
        id: Path<String>,
    ) -> Result<Answer<UserView>, Problem> {
        let user = self.accounts.by(&member.0).show_user(&id.0).await?;
        Ok(Answer(user.into()))
    }

    /// Change a user
    ///
    /// A new role or password, and disabling, end the user's sessions. Members change only their
    /// own name.
    #[oai(path = "/:id", method = "patch", operation_id = "users_update")]
    async fn update(
        &self,
        member: Member,
        /// The user's id or address.
        id: Path<String>,
        input: Input<UserInput>,
    ) -> Result<Answer<UserView>, Problem> {
        let input = input.0;
        let change = UserChange {
            email: input.email,
            name: input.name,
            role: role(input.role.as_deref())?,
            active: active(input.status.as_deref())?,
            rules: input.rules,
        };
        let accounts = self.accounts.by(&member.0);
        if let Some(password) = &input.password {
            accounts.may_set_password(&id.0).await?;
            accounts.accept_password(password)?;
        }
        // The password last: it is the one part that must not happen when another is refused.
        let mut user = accounts.update_user(&id.0, change).await?;
        if let Some(password) = input.password {
            user = accounts.set_password(&user.id, &password).await?;
        }
        Ok(Answer(user.into()))
    }

    /// Delete a user
    ///
    /// Anonymises the user and revokes their keys; what was used stays in the records.
    #[oai(path = "/:id", method = "delete", operation_id = "users_delete")]
    async fn delete(
        &self,
        member: Member,
        /// The user's id or address.
        id: Path<String>,
    ) -> Result<Answer<UserView>, Problem> {
        let user = self.accounts.by(&member.0).delete_user(&id.0).await?;
        Ok(Answer(user.into()))
    }
}

fn role(word: Option<&str>) -> Result<Option<Role>, Problem> {
    word.map(|word| word.parse().map_err(|why| Problem::invalid("role", why)))
        .transpose()
}

fn active(word: Option<&str>) -> Result<Option<bool>, Problem> {
    match word {
        None => Ok(None),
        Some("active") => Ok(Some(true)),
        Some("disabled") => Ok(Some(false)),
        Some(_) => Err(Problem::invalid("status", "must be active or disabled")),
    }
}

/// A user as the API shows them.
#[derive(Debug, Object)]
#[oai(rename = "User")]
pub(in crate::api) struct UserView {
    /// `usr_…`
    id: String,
    /// The user's address.
    email: String,
    /// How to call them; may be empty.
    name: String,
    /// `admin` or `member`.
    role: String,
    /// `active`, `disabled` or `deleted`.
    status: String,
    /// `acc_…`: the account that pays for their calls.
    account_id: String,
    /// What they may use with whatever credential.
    #[oai(flatten)]
    rules: RulesView,
    /// When they were created.
    created_at: Moment,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role.as_str().to_owned(),
            status: Status::as_str(user.status).to_owned(),
            account_id: user.account_id,
            rules: user.rules.into(),
            created_at: user.created_at.into(),
        }
    }
}

/// A page of users.
#[derive(Debug, Object)]
struct UserPage {
    /// The users.
    data: Vec<UserView>,
    /// `cursor` of the next page; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// What is set of a user.
#[derive(Object)]
#[oai(rename = "UserInput")]
struct UserSchema {
    /// The user's address; needed to create one.
    email: Option<String>,
    /// How to call them.
    name: Option<String>,
    /// `admin` or `member`, which a new user is unless said.
    role: Option<String>,
    /// `active` or `disabled`; not for a new user.
    status: Option<String>,
    /// Without one the user cannot sign in.
    password: Option<String>,
    /// What they may use with whatever credential.
    #[oai(flatten)]
    rules: RulesInput,
}

/// The same, as it was read.
struct UserInput {
    email: Option<String>,
    name: Option<String>,
    role: Option<String>,
    status: Option<String>,
    password: Option<String>,
    rules: RulesChange,
}

impl Write for UserInput {
    type Schema = UserSchema;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            email: fields.text("email")?,
            name: fields.text("name")?,
            role: fields.text("role")?,
            status: fields.text("status")?,
            password: fields.text("password")?,
            rules: rules::change(fields)?,
        })
    }
}
