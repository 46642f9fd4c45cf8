//! What is declared, as it may be shown: without anything secret.

use serde::Serialize;
use serde_json::Value;

use super::Offers;
use crate::auth::policy::{Act, Verdict};
use crate::auth::{AccountError, Actor};
use crate::config::{Fields, Offer};
use crate::models::clock::Timestamp;
use crate::providers::{self, Probed};
use crate::store::OfferRow;

/// Where something is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// In a file or the environment, where alone it can be changed.
    Settings,
    /// In the database.
    Database,
}

/// Something that is declared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offered {
    /// Its name.
    pub name: String,
    /// What a file would say, without what is secret.
    #[serde(flatten)]
    pub settings: Fields,
    /// How many credentials it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<usize>,
    /// Where it is declared.
    pub origin: Origin,
    /// Whether it has no effect because file or environment declare the name too.
    pub shadowed: bool,
    /// When it was created; not known of settings.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

impl Offered {
    /// A row.
    pub(super) fn of_row(row: &OfferRow, shadowed: bool) -> Self {
        let (settings, credentials) = shown(row.offer, row.settings.clone());
        Self {
            name: row.name.clone(),
            settings,
            credentials,
            origin: Origin::Database,
            shadowed,
            created_at: Some(row.created_at),
            updated_at: Some(row.updated_at),
        }
    }
}

/// Settings without secrets, and how many there are.
fn shown(offer: Offer, settings: Fields) -> (Fields, Option<usize>) {
    let mut count = 0;
    let mut plain = Fields::new();
    for (name, value) in settings {
        if offer.is_secret(&name) {
            count += value.as_array().map_or(1, Vec::len);
        } else {
            plain.insert(name, value);
        }
    }
    (plain, (offer == Offer::Provider).then_some(count))
}

impl Offers {
    /// All that is declared, by name; a row that is shadowed stands behind what shadows it.
    pub async fn list(&self, by: &Actor, offer: Offer) -> Result<Vec<Offered>, AccountError> {
        permit(by)?;
        let rows = self.0.store.offers().await?;
        let base = self.0.base();
        let state = self.state();
        // The built-in provider is there only as long as nobody declares another.
        let is_there =
            |name: &String| base.declares(offer, name) || state.config.providers.contains_key(name);
        let mut all: Vec<Offered> = base
            .declared_names(offer)
            .into_iter()
            .filter(is_there)
            .map(|name| {
                let (settings, credentials) = shown(offer, base.declared_fields(offer, &name));
                Offered {
                    name,
                    settings,
                    credentials,
                    origin: Origin::Settings,
                    shadowed: false,
                    created_at: None,
                    updated_at: None,
                }
            })
            .collect();
        let rows = rows.iter().filter(|row| row.offer == offer);
        all.extend(rows.map(|row| Offered::of_row(row, base.declares(offer, &row.name))));
        for offered in &mut all {
            let Some(provider) = state.providers.get(&offered.name) else {
                continue;
            };
            if offer == Offer::Provider && !offered.shadowed {
                let kind = Value::from(provider.kind().as_str());
                offered.settings.entry("kind").or_insert(kind);
                let url = Value::from(provider.base_url());
                offered.settings.entry("base_url").or_insert(url);
            }
        }
        all.sort_by(|a, b| (&a.name, a.shadowed).cmp(&(&b.name, b.shadowed)));
        Ok(all)
    }

    /// What is declared by a name.
    pub async fn show(
        &self,
        by: &Actor,
        offer: Offer,
        name: &str,
    ) -> Result<Offered, AccountError> {
        let mut all = self.list(by, offer).await?.into_iter();
        all.find(|offered| offered.name == name)
            .ok_or(AccountError::NotFound(offer.noun()))
    }

    /// Asks a provider that is in force whether its address and each of its credentials are good.
    pub async fn test(&self, by: &Actor, name: &str) -> Result<Vec<Probed>, AccountError> {
        permit(by)?;
        let state = self.state();
        let provider = state.providers.get(name);
        let provider = provider.ok_or(AccountError::NotFound("provider"))?;
        let timeouts = state.config.upstream_of(name);
        Ok(providers::probe(provider.as_ref(), &timeouts).await)
    }
}

fn permit(by: &Actor) -> Result<(), AccountError> {
    match by.may(&Act::SeeOffers) {
        Verdict::Allowed => Ok(()),
        Verdict::Refused | Verdict::Hidden => Err(AccountError::Forbidden),
    }
}
