//! Rows with their secrets apart, and together again.

use serde_json::Value;

use super::Inner;
use crate::auth::VaultError;
use crate::config::{Fields, Offer, Row};
use crate::models::clock::Timestamp;
use crate::store::OfferRow;

/// What stands where a secret would.
const MASK: &str = "[secret]";

/// Where the secrets of a row are sealed for.
fn place(offer: Offer, name: &str) -> String {
    format!("{}:{name}:credentials", offer.section())
}

/// A value of a secret with nothing to tell but how many there are.
fn masked(value: &Value) -> Value {
    match value {
        Value::Array(entries) => entries.iter().map(masked).collect(),
        _ => MASK.into(),
    }
}

impl Inner {
    /// A row to be kept: secrets sealed, masks in their place.
    pub(super) fn sealed(
        &self,
        row: &Row,
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> Result<OfferRow, VaultError> {
        let mut settings = Fields::new();
        let mut secrets = Fields::new();
        for (name, value) in &row.fields {
            if row.offer.is_secret(name) {
                secrets.insert(name.clone(), value.clone());
                settings.insert(name.clone(), masked(value));
            } else {
                settings.insert(name.clone(), value.clone());
            }
        }
        let credentials = if secrets.is_empty() {
            None
        } else {
            let text = Value::Object(secrets).to_string();
            Some(self.vault.seal(&place(row.offer, &row.name), &text)?)
        };
        Ok(OfferRow {
            offer: row.offer,
            name: row.name.clone(),
            settings,
            credentials,
            created_at,
            updated_at,
        })
    }

    /// A row as a file would say it.
    pub(super) fn one(&self, kept: &OfferRow) -> Result<Row, VaultError> {
        let mut fields = kept.settings.clone();
        if let Some(sealed) = &kept.credentials {
            let text = self.vault.open(&place(kept.offer, &kept.name), sealed)?;
            let secrets: Fields =
                serde_json::from_str(text.expose()).map_err(|_| VaultError::Sealed)?;
            fields.extend(secrets);
        }
        Ok(Row {
            offer: kept.offer,
            name: kept.name.clone(),
            fields,
        })
    }

    /// All rows as files would say them.
    pub(super) fn opened(&self, kept: &[OfferRow]) -> Result<Vec<Row>, String> {
        let open = |kept: &OfferRow| {
            self.one(kept)
                .map_err(|why| format!("the credentials of {}: {why}", kept.offer.path(&kept.name)))
        };
        kept.iter().map(open).collect()
    }
}
