//! The caller about themselves.

use poem_openapi::{Object, OpenApi};

use super::users::UserView;
use crate::api::extract::Member;
use crate::api::payload::{Answer, Fields, Input, Write};
use crate::api::problem::Problem;
use crate::api::routes::Tag;
use crate::auth::{AccountError, Door, UserChange};

/// `/api/v1/me`
#[derive(Clone)]
pub(in crate::api) struct Me {
    pub(in crate::api) accounts: Door,
}

#[OpenApi(prefix_path = "/api/v1/me", tag = "Tag::People")]
impl Me {
    /// Show yourself
    #[oai(path = "/", method = "get", operation_id = "me_show")]
    async fn show(&self, member: Member) -> Result<Answer<UserView>, Problem> {
        let user = self.accounts.by(&member.0).show_user(member.id()).await?;
        Ok(Answer(user.into()))
    }

    /// Change yourself
    #[oai(path = "/", method = "patch", operation_id = "me_update")]
    async fn update(
        &self,
        member: Member,
        input: Input<MyChange>,
    ) -> Result<Answer<UserView>, Problem> {
        let change = UserChange {
            name: input.0.name,
            ..UserChange::default()
        };
        let accounts = self.accounts.by(&member.0);
        let user = accounts.update_user(member.id(), change).await?;
        Ok(Answer(user.into()))
    }

    /// Change your password
    ///
    /// Ends all your sessions.
    #[oai(path = "/password", method = "post", operation_id = "me_password")]
    async fn password(
        &self,
        member: Member,
        input: Input<PasswordChange>,
    ) -> Result<Answer<UserView>, Problem> {
        let PasswordChange {
            old_password,
            new_password,
        } = input.0;
        let accounts = self.accounts.by(&member.0);
        let changed = accounts
            .change_password(member.id(), &old_password, &new_password)
            .await;
        let user = changed.map_err(|error| match error {
            AccountError::Invalid { field, message } if field == "password" => {
                Problem::invalid("new_password", message)
            }
            other => other.into(),
        })?;
        Ok(Answer(user.into()))
    }
}

/// What one may change of oneself.
#[derive(Object)]
struct MyChange {
    /// How to call you.
    name: Option<String>,
}

impl Write for MyChange {
    type Schema = Self;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        const OWN: &str = "Only an admin may change this.";
        for field in ["role", "status", "account_id", "email"] {
            fields.forbid(field, OWN)?;
        }
        Ok(Self {
            name: fields.text("name")?,
        })
    }
}

/// A new password.
#[derive(Object)]
struct PasswordChange {
    /// The password in use.
    old_password: String,
    /// The password to come.
    new_password: String,
}

impl Write for PasswordChange {
    type Schema = Self;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            old_password: fields.required("old_password")?,
            new_password: fields.required("new_password")?,
        })
    }
}
