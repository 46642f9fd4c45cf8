//! API keys: admins see and change all, members their own.

use std::time::Duration;

use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};

use super::{hidden, is_self, only_admins, owner};
use crate::api::extract::{Cursor, Member};
use crate::api::payload::{Answer, Created, Fields, Input, Write};
use crate::api::problem::{Problem, of_store};
use crate::api::routes::Tag;
use crate::api::types::{Dollars, Moment};
use crate::auth::{Accounts, KeyChange, NewKey};
use crate::models::api_key::{ApiKey, Rules};
use crate::models::caps::Caps;
use crate::models::money::Money;
use crate::store::Store;

/// `/api/v1/keys`
#[derive(Clone)]
pub(in crate::api) struct Keys {
    pub(in crate::api) accounts: Accounts,
    pub(in crate::api) store: Store,
}

#[OpenApi(prefix_path = "/api/v1/keys", tag = "Tag::People")]
impl Keys {
    /// List the keys
    #[oai(path = "/", method = "get", operation_id = "keys_list")]
    async fn list(
        &self,
        member: Member,
        /// Only those of this user (an id or an address); for admins.
        user: Query<Option<String>>,
        /// At most so many, 1 to 1000; 100 unless said.
        limit: Query<Option<String>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<KeyPage>, Problem> {
        let request = Cursor::page(limit.0.as_deref(), cursor.0)?;
        let user = user.0.as_deref();
        if user.is_some_and(|user| !member.is_admin() && !is_self(&member, user)) {
            return Err(hidden("user"));
        }
        let accounts = &self.accounts;
        let page = accounts.list_keys(owner(&member), user, &request).await?;
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
    /// The answer holds the secret, this once. Members create keys for themselves.
    #[oai(path = "/", method = "post", operation_id = "keys_create")]
    async fn create(
        &self,
        member: Member,
        input: Input<KeyCreate>,
    ) -> Result<Created<KeyView>, Problem> {
        let KeyCreate { user, key } = input.0;
        let user = match user {
            None => member.0.user_id.to_string(),
            Some(user) if member.is_admin() || is_self(&member, &user) => user,
            Some(_) => return Err(only_admins()),
        };
        let new = NewKey {
            user,
            name: key
                .name
                .ok_or_else(|| Problem::invalid("name", "is missing"))?,
            rules: Rules {
                models: key.models.unwrap_or_default(),
                caps: Caps {
                    rpm: key.rpm.flatten(),
                    tpm: key.tpm.flatten(),
                    max_parallel: key.max_parallel.flatten(),
                    ..Caps::default()
                },
                allowed_ips: key.allowed_ips.unwrap_or_default(),
                ..Rules::default()
            },
            expires_at: key.expires_at.flatten(),
        };
        let (key, secret) = self.accounts.create_key(new).await?;
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
        let accounts = &self.accounts;
        let key = accounts.show_key(owner(&member), &id.0).await?;
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
        let accounts = &self.accounts;
        let key = accounts
            .update_key(owner(&member), &id.0, input.0.0)
            .await?;
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
        let accounts = &self.accounts;
        let key = accounts.revoke_key(owner(&member), &id.0).await?;
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
        let accounts = &self.accounts;
        let (key, secret) = accounts
            .rotate_key(owner(&member), &id.0, input.0.0)
            .await?;
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
struct KeyCreate {
    user: Option<String>,
    key: KeyChange,
}

impl Write for KeyCreate {
    type Schema = NewKeyInput;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            user: fields.text("user_id")?,
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
        models: fields.texts("models")?,
        rpm: fields.count("rpm")?,
        tpm: fields.count("tpm")?,
        max_parallel: fields.count("max_parallel")?,
        allowed_ips: fields.networks("allowed_ips")?,
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
    /// The owner's id or address; the caller unless said. For admins.
    user_id: Option<String>,
    /// Patterns (`*` stands for any characters) of the models it may use; empty: all.
    models: Option<Vec<String>>,
    /// Requests a minute.
    #[oai(nullable)]
    rpm: Option<u64>,
    /// Tokens a minute.
    #[oai(nullable)]
    tpm: Option<u64>,
    /// Calls that may run at once.
    #[oai(nullable)]
    max_parallel: Option<u64>,
    /// Networks it may be used from, such as `192.0.2.0/24`; empty: anywhere.
    allowed_ips: Option<Vec<String>>,
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
    /// Patterns (`*` stands for any characters) of the models it may use; empty: all.
    models: Option<Vec<String>>,
    /// Requests a minute; null: not limited.
    #[oai(nullable)]
    rpm: Option<u64>,
    /// Tokens a minute; null: not limited.
    #[oai(nullable)]
    tpm: Option<u64>,
    /// Calls that may run at once; null: not limited.
    #[oai(nullable)]
    max_parallel: Option<u64>,
    /// Networks it may be used from, such as `192.0.2.0/24`; empty: anywhere.
    allowed_ips: Option<Vec<String>>,
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
    /// The first characters of the secret, enough to recognise it.
    prefix: String,
    /// Patterns of the models it may use; empty: all.
    models: Vec<String>,
    /// Requests a minute; null: not limited.
    #[oai(nullable)]
    rpm: Option<u64>,
    /// Tokens a minute; null: not limited.
    #[oai(nullable)]
    tpm: Option<u64>,
    /// Calls that may run at once; null: not limited.
    #[oai(nullable)]
    max_parallel: Option<u64>,
    /// Networks it may be used from; empty: anywhere.
    allowed_ips: Vec<String>,
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
            prefix: key.prefix,
            models: key.rules.models,
            rpm: key.rules.caps.rpm,
            tpm: key.rules.caps.tpm,
            max_parallel: key.rules.caps.max_parallel,
            allowed_ips: key
                .rules
                .allowed_ips
                .iter()
                .map(ToString::to_string)
                .collect(),
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
