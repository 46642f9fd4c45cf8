//! Providers and models that are declared in the database, secrets sealed.

use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use super::tx::Inner;
use super::{Audited, Kind, Result, Store, ask};
use crate::config::{Fields, Offer};
use crate::models::clock::Timestamp;

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferRow {
    /// What it declares.
    pub offer: Offer,
    /// Its name.
    pub name: String,
    /// What a file would say, without what is secret.
    pub settings: Fields,
    /// What is secret, sealed.
    pub credentials: Option<Vec<u8>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    name: String,
    settings: Json<Value>,
    credentials: Option<Vec<u8>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Row {
    fn of(self, offer: Offer) -> OfferRow {
        OfferRow {
            offer,
            name: self.name,
            settings: match self.settings.0 {
                Value::Object(fields) => fields,
                _ => Fields::new(),
            },
            credentials: self.credentials,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// The most rows of a kind.
const MOST: i64 = 10_000;

impl Store {
    /// All providers, then all models, by name.
    pub async fn offers(&self) -> Result<Vec<OfferRow>> {
        const PROVIDERS: &str = "SELECT name, settings, credentials, created_at, updated_at \
             FROM providers ORDER BY name LIMIT $1";
        const MODELS: &str = "SELECT name, settings, NULL AS credentials, created_at, updated_at \
             FROM models ORDER BY name LIMIT $1";
        const MODELS_THERE: &str = "SELECT name, settings, CAST(NULL AS BYTEA) AS credentials, \
             created_at, updated_at FROM models ORDER BY name LIMIT $1";
        let models = match self {
            Self::Sqlite(_) => MODELS,
            // It wants to know the type of a column of nothing.
            Self::Postgres(_) => MODELS_THERE,
        };
        let mut all = Vec::new();
        for (offer, sql) in [(Offer::Provider, PROVIDERS), (Offer::Model, models)] {
            let rows: Vec<Row> = ask!(Store, self, |db| sqlx::query_as(sql)
                .bind(MOST)
                .fetch_all(db.control())
                .await)?;
            all.extend(rows.into_iter().map(|row| row.of(offer)));
        }
        Ok(all)
    }
}

fn kind(offer: Offer) -> Kind {
    match offer {
        Offer::Provider => Kind::Provider,
        Offer::Model => Kind::Model,
    }
}

impl Audited {
    /// Adds a row, or puts another one in its place.
    pub async fn put_offer(&mut self, row: &OfferRow) -> Result<()> {
        const PROVIDER: &str = "INSERT INTO providers \
             (name, settings, created_at, updated_at, credentials) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, \
             credentials = excluded.credentials, updated_at = excluded.updated_at";
        const MODEL: &str = "INSERT INTO models (name, settings, created_at, updated_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET \
             settings = excluded.settings, updated_at = excluded.updated_at";
        let sql = match row.offer {
            Offer::Provider => PROVIDER,
            Offer::Model => MODEL,
        };
        ask!(Inner, &mut self.inner, |tx| {
            let mut query = sqlx::query(sql)
                .bind(&row.name)
                .bind(Json(&row.settings))
                .bind(row.created_at)
                .bind(row.updated_at);
            if row.offer == Offer::Provider {
                query = query.bind(&row.credentials);
            }
            query.execute(&mut **tx).await.map(drop)
        })?;
        self.note(kind(row.offer), &row.name);
        Ok(())
    }

    /// Takes a row away.
    pub async fn remove_offer(&mut self, offer: Offer, name: &str) -> Result<()> {
        let sql = match offer {
            Offer::Provider => "DELETE FROM providers WHERE name = $1",
            Offer::Model => "DELETE FROM models WHERE name = $1",
        };
        ask!(Inner, &mut self.inner, |tx| sqlx::query(sql)
            .bind(name)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.note(kind(offer), name);
        Ok(())
    }
}
