//! Writing rows: checked by the schema of the files, together with everything else.

use serde_json::Value;
use url::Url;

use super::{Inner, Offered, Offers};
use crate::auth::policy::{Act, Verdict};
use crate::auth::{AccountError, Actor};
use crate::config::{Fields, Offer, Row};
use crate::models::clock::Timestamp;
use crate::providers;
use crate::store::{Audited, OfferRow};

impl Offers {
    /// Declares something. `Conflict` when the name is taken.
    pub async fn create(
        &self,
        by: &Actor,
        offer: Offer,
        name: &str,
        fields: Fields,
    ) -> Result<Offered, AccountError> {
        permit(by)?;
        let (tx, kept) = self.0.begin().await?;
        self.0.is_free(offer, name)?;
        if find(&kept, offer, name).is_some() {
            let message = format!("a {} of this name exists already", offer.noun());
            return Err(AccountError::Conflict(message));
        }
        let row = Row {
            offer,
            name: name.to_owned(),
            fields: without_nulls(fields),
        };
        self.0.judge(&kept, &row)?;
        let now = self.now();
        let sealed = self.0.sealed(&row, now, now)?;
        self.keep(by, tx, (None, sealed)).await
    }

    /// Changes what is named of a row; null takes a field away. `Conflict` for what file or
    /// environment declare.
    pub async fn update(
        &self,
        by: &Actor,
        offer: Offer,
        name: &str,
        change: Fields,
    ) -> Result<Offered, AccountError> {
        permit(by)?;
        let (tx, kept) = self.0.begin().await?;
        let before = self.0.row_to_change(&kept, offer, name)?;
        // One that is shadowed may be tidied away, not changed.
        self.0.is_free(offer, name)?;
        let opened = self.0.one(&before)?;
        let row = Row {
            fields: changed(&opened, &change)?,
            ..opened
        };
        self.0.judge(&kept, &row)?;
        let sealed = self.0.sealed(&row, before.created_at, self.now())?;
        self.keep(by, tx, (Some(before), sealed)).await
    }

    /// Takes a row away. `Conflict` for what others need, and for what file or environment
    /// declare.
    pub async fn remove(
        &self,
        by: &Actor,
        offer: Offer,
        name: &str,
    ) -> Result<Offered, AccountError> {
        permit(by)?;
        let (mut tx, kept) = self.0.begin().await?;
        let before = self.0.row_to_change(&kept, offer, name)?;
        self.0.is_dispensable(&kept, &before)?;
        tx.remove_offer(offer, name).await?;
        let action = match offer {
            Offer::Provider => "provider.delete",
            Offer::Model => "model.delete",
        };
        let was = Some(Value::Object(before.settings.clone()));
        tx.commit(&by.did(action, name, (was, None), self.now()))
            .await?;
        self.follow().await;
        Ok(Offered::of_row(&before, false))
    }

    async fn keep(
        &self,
        by: &Actor,
        mut tx: Audited,
        (before, after): (Option<OfferRow>, OfferRow),
    ) -> Result<Offered, AccountError> {
        tx.put_offer(&after).await?;
        let action = match (after.offer, &before) {
            (Offer::Provider, None) => "provider.create",
            (Offer::Provider, Some(_)) => "provider.update",
            (Offer::Model, None) => "model.create",
            (Offer::Model, Some(_)) => "model.update",
        };
        let was = before.map(|row| Value::Object(row.settings));
        let is = Some(Value::Object(after.settings.clone()));
        tx.commit(&by.did(action, &after.name, (was, is), self.now()))
            .await?;
        self.follow().await;
        Ok(Offered::of_row(&after, false))
    }

    /// Puts what was just kept in force here without waiting to hear of it.
    async fn follow(&self) {
        if self.0.catalog.is_none() {
            return;
        }
        if let Err(error) = self.reload().await {
            // It is kept, and heard of like the changes of others.
            tracing::debug!(error = %error, "what was changed is in force later");
        }
    }

    fn now(&self) -> Timestamp {
        self.0.store.now(&self.0.clock)
    }
}

fn permit(by: &Actor) -> Result<(), AccountError> {
    match by.may(&Act::ManageOffers) {
        Verdict::Allowed => Ok(()),
        Verdict::Refused | Verdict::Hidden => Err(AccountError::Forbidden),
    }
}

impl Inner {
    /// All rows, as nobody else changes them until the end.
    async fn begin(&self) -> Result<(Audited, Vec<OfferRow>), AccountError> {
        let mut tx = self.store.act().await?;
        tx.one_at_a_time().await?;
        let kept = self.store.offers().await?;
        Ok((tx, kept))
    }

    fn is_free(&self, offer: Offer, name: &str) -> Result<(), AccountError> {
        if !self.base.load().config.declares(offer, name) {
            return Ok(());
        }
        let message = format!(
            "this {} is declared by the settings file or the environment: change it there",
            offer.noun()
        );
        Err(AccountError::Conflict(message))
    }

    fn row_to_change(
        &self,
        kept: &[OfferRow],
        offer: Offer,
        name: &str,
    ) -> Result<OfferRow, AccountError> {
        if let Some(row) = find(kept, offer, name) {
            return Ok(row.clone());
        }
        self.is_free(offer, name)?;
        Err(AccountError::NotFound(offer.noun()))
    }

    /// Refuses a row that a file would be refused for, beside all others.
    fn judge(&self, kept: &[OfferRow], row: &Row) -> Result<(), AccountError> {
        let mut rows = Vec::new();
        for other in kept {
            if (other.offer, &other.name) != (row.offer, &row.name) {
                rows.push(self.one(other)?);
            }
        }
        rows.push(row.clone());
        let beside = match self.base.load().config.beside(&rows) {
            Ok(beside) => beside,
            Err(complaints) => {
                let own = complaints.errors.iter().find_map(|complaint| {
                    let field = complaint.field_of(row.offer, &row.name)?;
                    Some((field.to_owned(), complaint.message.clone()))
                });
                return Err(match own {
                    Some((field, message)) => AccountError::Invalid {
                        field: field.into(),
                        message,
                    },
                    None => AccountError::Conflict(complaints.to_string().replace('\n', "; ")),
                });
            }
        };
        if let Some(settings) = beside.config.providers.get(&row.name)
            && row.offer == Offer::Provider
            && let Err(error) = providers::one(&row.name, settings)
        {
            return Err(AccountError::Invalid {
                field: "kind".into(),
                message: error.message,
            });
        }
        Ok(())
    }

    /// Refuses to take away what others need; what is broken already may be taken apart.
    fn is_dispensable(&self, kept: &[OfferRow], row: &OfferRow) -> Result<(), AccountError> {
        let Ok(all) = self.opened(kept) else {
            return Ok(());
        };
        if self.base.load().config.beside(&all).is_err() {
            return Ok(());
        }
        let others: Vec<Row> = all
            .into_iter()
            .filter(|other| (other.offer, &other.name) != (row.offer, &row.name))
            .collect();
        match self.base.load().config.beside(&others) {
            Ok(_) => Ok(()),
            Err(complaints) => Err(AccountError::Conflict(format!(
                "others need it: {}",
                complaints.to_string().replace('\n', "; ")
            ))),
        }
    }
}

fn find<'a>(kept: &'a [OfferRow], offer: Offer, name: &str) -> Option<&'a OfferRow> {
    kept.iter()
        .find(|row| row.offer == offer && row.name == name)
}

fn without_nulls(mut fields: Fields) -> Fields {
    fields.retain(|_, value| !value.is_null());
    fields
}

/// The two spellings of one setting.
const KEYS: [&str; 2] = ["api_key", "api_keys"];

/// The fields of a row with a change made.
fn changed(before: &Row, change: &Fields) -> Result<Fields, AccountError> {
    let mut fields = before.fields.clone();
    let offer = before.offer;
    if change.keys().any(|name| KEYS.contains(&name.as_str())) {
        fields.retain(|name, _| !KEYS.contains(&name.as_str()));
    }
    let mut after = fields.clone();
    after.extend(change.clone());
    let after = without_nulls(after);
    if offer == Offer::Provider && leads(&before.fields) != leads(&after) {
        // Whoever may change an address must not learn the secret by it.
        let kept = fields.keys().find(|name| {
            offer.is_secret(name) && !change.contains_key(*name) && after.contains_key(*name)
        });
        if let Some(field) = kept {
            return Err(AccountError::Invalid {
                field: field.clone().into(),
                message: "must be given again: the address has changed".to_owned(),
            });
        }
    }
    Ok(after)
}

/// Where the secrets of a provider are sent.
fn leads(fields: &Fields) -> Vec<Option<String>> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let host = |name: &str| {
        let url = Url::parse(text(name)?).ok()?;
        Some(url.origin().ascii_serialization())
    };
    vec![
        text("kind").map(str::to_owned),
        host("base_url"),
        host("authority"),
    ]
}
