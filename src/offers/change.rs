//! Writing rows: checked by the schema of the files, together with everything else.

use serde_json::Value;
use url::Url;

use super::{Inner, Offered, Offers};
use crate::auth::policy::{Act, Verdict};
use crate::auth::{AccountError, Actor};
use crate::catalog::{Nowhere, nowhere};
use crate::config::{self, Config, Fields, Kind, Offer, Row};
use crate::models::clock::Timestamp;
use crate::providers::{self, Provider};
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
            fields: changed(&opened, &change),
            ..opened.clone()
        };
        self.0.judge(&kept, &row)?;
        self.0.is_told_its_secrets(&opened, &row, &change)?;
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
        if !self.base().declares(offer, name) {
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
        let beside = match self.base().beside(&rows) {
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
        let invalid = |field: &'static str, message| AccountError::Invalid {
            field: field.into(),
            message,
        };
        if row.offer == Offer::Model {
            let mut lost = lost(&beside.config).into_iter();
            let own = lost.find(|it| it.model == row.name);
            return own.map_or(Ok(()), |it| {
                Err(invalid(it.field.unwrap_or("targets"), it.message))
            });
        }
        let Some(settings) = beside.config.providers.get(&row.name) else {
            return Ok(());
        };
        let built = providers::one(&row.name, settings);
        let built = built.map_err(|error| invalid("kind", error.message))?;
        if lends_the_machines_token(settings, built.as_ref()) {
            let message = "must be https and of googleapis.com for the machine's own credentials: \
                           set credentials or api_key, or declare it in the settings file";
            return Err(invalid("base_url", message.to_owned()));
        }
        Ok(())
    }

    /// Refuses a change that leads elsewhere with secrets that whoever makes it does not tell:
    /// they must not learn them by it.
    fn is_told_its_secrets(
        &self,
        before: &Row,
        after: &Row,
        change: &Fields,
    ) -> Result<(), AccountError> {
        let mut kept = after.fields.keys().filter(|name| {
            after.offer.is_secret(name)
                && before.fields.contains_key(*name)
                && !change.contains_key(*name)
        });
        let Some(field) = kept.next() else {
            return Ok(());
        };
        let led = self.leads(before);
        if led.is_some() && led == self.leads(after) {
            return Ok(());
        }
        Err(AccountError::Invalid {
            field: field.clone().into(),
            message: "must be given again: the address has changed".to_owned(),
        })
    }

    /// Where a row's secrets are sent, by what is built of it; `None` where nothing can be.
    fn leads(&self, row: &Row) -> Option<Leads> {
        let beside = self.base().beside(std::slice::from_ref(row)).ok()?;
        let settings = beside.config.providers.get(&row.name)?;
        let built = providers::one(&row.name, settings).ok()?;
        Some(Leads::of(settings, built.as_ref()))
    }

    /// Refuses to take away what others need; what is broken already may be taken apart.
    fn is_dispensable(&self, kept: &[OfferRow], row: &OfferRow) -> Result<(), AccountError> {
        let Ok(all) = self.opened(kept) else {
            return Ok(());
        };
        let Ok(before) = self.base().beside(&all) else {
            return Ok(());
        };
        let others: Vec<Row> = all
            .into_iter()
            .filter(|other| (other.offer, &other.name) != (row.offer, &row.name))
            .collect();
        let needed = |why: String| AccountError::Conflict(format!("others need it: {why}"));
        let after = self.base().beside(&others);
        let after =
            after.map_err(|complaints| needed(complaints.to_string().replace('\n', "; ")))?;
        let before = lost(&before.config);
        let lost = lost(&after.config).into_iter();
        let mut lost = lost.filter(|it| !before.contains(it));
        lost.next().map_or(Ok(()), |it| {
            Err(needed(format!("model {}: {}", it.model, it.message)))
        })
    }
}

/// What settings declare that leads nowhere; what they cannot build serves nobody.
fn lost(config: &Config) -> Vec<Nowhere> {
    let built = config.providers.iter().filter_map(|(name, settings)| {
        let built = providers::one(name, settings).ok()?;
        Some((name.clone(), built))
    });
    nowhere(config, &built.collect())
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
fn changed(before: &Row, change: &Fields) -> Fields {
    let mut fields = before.fields.clone();
    if change.keys().any(|name| KEYS.contains(&name.as_str())) {
        fields.retain(|name, _| !KEYS.contains(&name.as_str()));
    }
    fields.extend(change.clone());
    without_nulls(fields)
}

/// Where the secrets of a provider are sent.
#[derive(PartialEq, Eq)]
struct Leads {
    kind: Kind,
    /// The origin of its calls.
    calls: String,
    /// The origin of its tokens, where the settings name one.
    tokens: Option<String>,
}

impl Leads {
    fn of(settings: &config::Provider, built: &dyn Provider) -> Self {
        Self {
            kind: settings.kind,
            calls: origin(built.base_url()),
            tokens: settings.cloud.authority.as_deref().map(origin),
        }
    }
}

/// Scheme, host and port; all of what is no address.
fn origin(address: &str) -> String {
    let url = Url::parse(address);
    url.map_or_else(
        |_| address.to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

/// Whether a provider would show the machine's own token to somebody else than Google: what a row
/// holds is its writer's, what the machine has is not.
fn lends_the_machines_token(settings: &config::Provider, built: &dyn Provider) -> bool {
    let own = !settings.api_keys.is_empty() || settings.cloud.credentials.is_some();
    if settings.kind != Kind::Vertex || own {
        return false;
    }
    let url = Url::parse(built.base_url()).ok();
    let googles = |host: &str| host.ends_with(".googleapis.com");
    !url.is_some_and(|url| url.scheme() == "https" && url.host_str().is_some_and(googles))
}
