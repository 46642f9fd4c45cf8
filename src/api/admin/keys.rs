//! API keys: admins see and change all, members their own.

use std::time::Duration;

use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};

use super::rules::{self, RulesInput, RulesView};
use crate::api::extract::{Cursor, Member};
use crate::api::payload::{Answer, Created, Fields, Input, Write};
use crate::api::problem::{Problem, of_store};
use crate::api::routes::Tag;
use crate::api::types::{Dollars, Moment};
use crate::auth::{Door, KeyChange, NewKey};
use crate::models::api_key::{ApiKey, Rules};
use crate::models::money::Money;
use crate::store::Store;

/// `/api/v1/keys`
#[derive(Clone)]
pub(in crate::api) struct Keys {
    pub(in crate::api) accounts: Door,
    pub(in crate::api) store: Store,
}

#[OpenApi(prefix_path = "/api/v1/keys", tag = "Tag::People")]
impl Keys {
    /// List the keys
    #[oai(path = "/", method = "get", operation_id = "keys_list")]
    async fn list(
        &self,
        member: Member,
        /// Only those of this user (an id or an address); for admins and, with `team`, team-admins.
        user: Query<Option<String>>,
        /// Only those for this team (an id or a name).
        team: Query<Option<String>>,
        /// At most so many, 1 to 1000; 100 unless said.
        limit: Query<Option<String>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<KeyPage>, Problem> {
        let request = Cursor::page(limit.0.as_deref(), cursor.0)?;
        let accounts = self.accounts.by(&member.0);
        let (user, team) = (user.0.as_deref(), team.0.as_deref());
        let page = accounts.list_keys(user, team, &request).await?;
        let ids: Vec<&str> = page.data.iter().map(|key| &*key.id).collect();
        let spent = self.store.spent_by_key(&ids).await.map_err(of_store)?;
        let view = |key: ApiKey| {
            let spent = spent.get(&key.id).copied().unwrap_or(Money::ZERO);
            KeyView::new(key, spent, None)
        };
        Ok(Answer(KeyPage {
            data: page.data.into_iter().map(view).collect(),
            next_cursor: page.next_cursor,
        }))
    }

    /// Create a key
    ///
    /// The answer holds the secret, this once. Members create keys for themselves, team-admins for the
    /// members of their teams.
    #[oai(path = "/", method = "post", operation_id = "keys_create")]
    async fn create(
        &self,
        member: Member,
        input: Input<KeyCreate>,
    ) -> Result<Created<KeyView>, Problem> {
        let KeyCreate { user, team, key } = input.0;
        let new = NewKey {
            user: user.unwrap_or_else(|| member.id().to_owned()),
            name: key
                .name
                .ok_or_else(|| Problem::invalid("name", "is missing"))?,
            team,
            rules: key.rules.of(Rules::default()),
            expires_at: key.expires_at.flatten(),
        };
        let (key, secret) = self.accounts.by(&member.0).create_key(new).await?;
        Ok(Created(KeyView::new(key, Money::ZERO, Some(secret))))
    }

    /// Show a key
    #[oai(path = "/:id", method = "get", operation_id = "keys_show")]
    async fn show(
        &self,
        member: Member,
        /// The key's id.
        id: Path<String>,
    ) -> Result<Answer<KeyView>, Problem> {
        let accounts = self.accounts.by(&member.0);
        let key = accounts.show_key(&id.0).await?;
        self.view(key, None).await
    }

    /// Change a key
    ///
    /// `null` lifts a limit or an expiry date.
    #[oai(path = "/:id", method = "patch", operation_id = "keys_update")]
    async fn update(
        &self,
        member: Member,
        /// The key's id.
        id: Path<String>,
        input: Input<KeyUpdate>,
    ) -> Result<Answer<KeyView>, Problem> {
        let accounts = self.accounts.by(&member.0);
        let key = accounts.update_key(&id.0, input.0.0).await?;
        self.view(key, None).await
    }

    /// Revoke a key
    ///
    /// It stops working at once, for ever.
    #[oai(path = "/:id", method = "delete", operation_id = "keys_revoke")]
    async fn revoke(
        &self,
        member: Member,
        /// The key's id.
        id: Path<String>,
    ) -> Result<Answer<KeyView>, Problem> {
        let accounts = self.accounts.by(&member.0);
        let key = accounts.revoke_key(&id.0).await?;
        self.view(key, None).await
    }

    /// Rotate a key
    ///
    /// The answer holds the new secret, this once. The old one works for `grace` more.
    #[oai(path = "/:id/rotate", method = "post", operation_id = "keys_rotate")]
    async fn rotate(
        &self,
        member: Member,
        /// The key's id.
        id: Path<String>,
        input: Input<Rotation>,
    ) -> Result<Answer<KeyView>, Problem> {
        let accounts = self.accounts.by(&member.0);
        let (key, secret) = accounts.rotate_key(&id.0, input.0.0).await?;
        self.view(key, Some(secret)).await
    }
}

impl Keys {
    async fn view(&self, key: ApiKey, secret: Option<String>) -> Result<Answer<KeyView>, Problem> {
        let spent = self.spent(&key).await?;
        Ok(Answer(KeyView::new(key, spent, secret)))
    }

    /// What the key's owner pays for its calls so far.
    async fn spent(&self, key: &ApiKey) -> Result<Money, Problem> {
        let spent = self.store.spent_by_key(&[&key.id]).await;
        let spent = spent.map_err(of_store)?.remove(&key.id);
        Ok(spent.unwrap_or(Money::ZERO))
    }
}

/// A key to be created, and for whom.
#[expect(
    clippy::option_option,
    reason = "a team that is not named is the owner's only one, null is none"
)]
struct KeyCreate {
    user: Option<String>,
    team: Option<Option<String>>,
    key: KeyChange,
}

impl Write for KeyCreate {
    type Schema = NewKeyInput;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            user: fields.text("user_id")?,
            team: fields.choice("team_id")?,
            key: changes(fields)?,
        })
    }
}

/// What to change of a key.
struct KeyUpdate(KeyChange);

impl Write for KeyUpdate {
    type Schema = KeyInput;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        changes(fields).map(Self)
    }
}

fn changes(fields: &mut Fields) -> Result<KeyChange, Problem> {
    Ok(KeyChange {
        name: fields.text("name")?,
        rules: rules::change(fields)?,
        expires_at: fields.moment("expires_at")?,
    })
}

/// How long the old secret works on.
struct Rotation(Duration);

impl Write for Rotation {
    type Schema = RotationInput;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        fields
            .duration("grace")
            .map(|grace| Self(grace.unwrap_or_default()))
    }
}

/// What is set of a new key.
#[derive(Object)]
#[oai(rename = "NewKey")]
struct NewKeyInput {
    /// What to call it.
    name: String,
    /// The owner's id or address; the caller unless said. For admins and team-admins.
    user_id: Option<String>,
    /// The id or name of the team that its calls are made for, to which the owner must belong;
    /// null: none; the owner's only team unless said.
    #[oai(nullable)]
    team_id: Option<String>,
    /// What it may use.
    #[oai(flatten)]
    rules: RulesInput,
    /// When it stops working.
    #[oai(nullable)]
    expires_at: Option<Moment>,
}

/// What is changed of a key.
#[derive(Object)]
#[oai(rename = "KeyChange")]
struct KeyInput {
    /// What to call it.
    name: Option<String>,
    /// What it may use.
    #[oai(flatten)]
    rules: RulesInput,
    /// When it stops working; null: never.
    #[oai(nullable)]
    expires_at: Option<Moment>,
}

/// How a key is rotated.
#[derive(Object)]
#[oai(rename = "KeyRotation")]
struct RotationInput {
    /// How long the old secret works on, such as `24h`; not at all unless said.
    grace: Option<String>,
}

/// A key as the API shows it.
#[derive(Object)]
#[oai(rename = "Key")]
struct KeyView {
    /// `key_…`
    id: String,
    /// What its owner calls it.
    name: String,
    /// The owner's id.
    user_id: String,
    /// The owner's address.
    user: String,
    /// The team that its calls are made for.
    #[oai(nullable)]
    team_id: Option<String>,
    /// The first characters of the secret, enough to recognise it.
    prefix: String,
    /// What it may use.
    #[oai(flatten)]
    rules: RulesView,
    /// `active` or `revoked`.
    status: String,
    /// When it stops working.
    #[oai(nullable)]
    expires_at: Option<Moment>,
    /// When it was last used, to within some minutes.
    #[oai(nullable)]
    last_used_at: Option<Moment>,
    /// When it was created.
    created_at: Moment,
    /// What its calls have cost its owner.
    spent_usd: Dollars,
    /// The secret itself: in the answers to creating and rotating only.
    #[oai(skip_serializing_if_is_none)]
    secret: Option<String>,
}

impl KeyView {
    fn new(key: ApiKey, spent: Money, secret: Option<String>) -> Self {
        Self {
            id: key.id,
            name: key.name,
            user_id: key.user_id,
            user: key.user,
            team_id: key.team_id,
            prefix: key.prefix,
            rules: key.rules.into(),
            status: key.status.as_str().to_owned(),
            expires_at: key.expires_at.map(Moment),
            last_used_at: key.last_used_at.map(Moment),
            created_at: key.created_at.into(),
            spent_usd: spent.into(),
            secret,
        }
    }
}

/// A page of keys.
#[derive(Object)]
struct KeyPage {
    /// The keys.
    data: Vec<KeyView>,
    /// `cursor` of the next page; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}
