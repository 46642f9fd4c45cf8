//! Providers and models that are kept in the database, read by the schema of the files.
//!
//! What file or environment declare wins: a row of the same name is shadowed. A row is taken as
//! it stands: `env:` and `file:` in it lead nowhere, or whoever may write rows could read the
//! server's files.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use config::{Value, ValueKind};
use serde_json::Value as Json;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table};

use super::complaint::{Complaint, Complaints, Place};
use super::layer::Places;
use super::read::Merged;
use super::schema::{self, Key};
use super::settings::Config;
use super::{file, indirect, names, providers};

/// Fields of a row, as JSON.
pub type Fields = serde_json::Map<String, Json>;

/// What a row declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Offer {
    /// `[providers.NAME]`
    Provider,
    /// `[models."NAME"]`
    Model,
}

impl Offer {
    /// Both.
    pub const ALL: &[Self] = &[Self::Provider, Self::Model];

    /// The word for one.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Model => "model",
        }
    }

    /// The section of a file that has them.
    pub const fn section(self) -> &'static str {
        match self {
            Self::Provider => "providers",
            Self::Model => "models",
        }
    }

    fn keys(self) -> &'static [Key] {
        match self {
            Self::Provider => schema::PROVIDER,
            Self::Model => schema::MODEL,
        }
    }

    /// The names of what may be set.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        self.keys().iter().map(|key| key.name)
    }

    /// Whether a field is a secret.
    pub fn is_secret(self, field: &str) -> bool {
        schema::find(self.keys(), field).is_some_and(|key| key.shape.is_secret())
    }

    /// The path of one by its name, as complaints have it.
    pub fn path(self, name: &str) -> String {
        format!("{}.{}", self.section(), names::quoted(name))
    }
}

/// A row. Its fields may hold secrets.
#[derive(Clone)]
pub struct Row {
    /// What it declares.
    pub offer: Offer,
    /// Its name.
    pub name: String,
    /// What a file would say of it.
    pub fields: Fields,
}

impl fmt::Debug for Row {
    /// Without what it says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({})", self.offer.path(&self.name))
    }
}

/// What file and environment declare, kept so that rows can be read beside it.
#[derive(Clone, Default)]
pub struct Declared(Arc<Tree>);

#[derive(Default)]
struct Tree {
    tree: config::Map<String, Value>,
    places: Places,
}

impl fmt::Debug for Declared {
    /// Names nothing: the values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Declared")
    }
}

impl Declared {
    pub(super) fn new(tree: &config::Map<String, Value>, places: &Places) -> Self {
        let of = |section: &str| Some((section.to_owned(), tree.get(section)?.clone()));
        Self(Arc::new(Tree {
            tree: ["providers", "models"].into_iter().filter_map(of).collect(),
            places: places.clone(),
        }))
    }

    fn has(&self, offer: Offer, name: &str) -> bool {
        match self.0.tree.get(offer.section()).map(|value| &value.kind) {
            Some(ValueKind::Table(table)) => table.contains_key(name),
            _ => false,
        }
    }
}

/// Settings with the rows of a database beside them.
#[derive(Debug, Clone)]
pub struct Beside {
    /// The settings.
    pub config: Config,
    /// The rows that file or environment stand in front of.
    pub shadowed: Vec<(Offer, String)>,
}

/// The built-in provider, which is there when nobody declares another.
const DEMO: &str = "demo";

impl Config {
    /// Whether file or environment declare something of a name.
    pub fn declares(&self, offer: Offer, name: &str) -> bool {
        let settings = match offer {
            Offer::Provider => self.providers.contains_key(name) && name != DEMO,
            Offer::Model => self.models.contains_key(name),
        };
        settings || self.declared.has(offer, name)
    }

    /// The names that file and environment declare; of providers also the built-in one that is
    /// there without any.
    pub fn declared_names(&self, offer: Offer) -> Vec<String> {
        match offer {
            Offer::Provider => self.providers.keys().cloned().collect(),
            Offer::Model => self.models.keys().cloned().collect(),
        }
    }

    /// What file and environment say of a name, secrets as they are: not to be shown.
    pub fn declared_fields(&self, offer: Offer, name: &str) -> Fields {
        let section = self.declared.0.tree.get(offer.section());
        let table = match section.map(|value| &value.kind) {
            Some(ValueKind::Table(entries)) => entries.get(name),
            _ => None,
        };
        match table.map(json) {
            Some(Json::Object(fields)) => fields,
            _ => Fields::new(),
        }
    }

    /// These settings with rows of a database beside them. What a file would be refused for, they
    /// are refused for.
    pub fn beside(&self, rows: &[Row]) -> Result<Beside, Complaints> {
        let mut tree = self.declared.0.tree.clone();
        let mut places = self.declared.0.places.clone();
        let mut complaints = Complaints::default();
        let mut shadowed = Vec::new();
        for row in rows {
            if self.declares(row.offer, &row.name) {
                shadowed.push((row.offer, row.name.clone()));
                continue;
            }
            let section = row.offer.section();
            let read = read(row, &mut places, &mut complaints);
            let entries = tree
                .entry(section.to_owned())
                .or_insert_with(|| Value::new(None, config::Map::<String, Value>::new()));
            if let ValueKind::Table(entries) = &mut entries.kind {
                entries.extend(read);
            }
        }
        let mut merged = Merged {
            tree: &tree,
            places: &places,
            complaints: &mut complaints,
        };
        let mut providers = providers::providers(&mut merged);
        for (name, provider) in &self.providers {
            if !self.declared.has(Offer::Provider, name) && name != DEMO {
                // Set by whoever made these settings, without a file.
                providers
                    .entry(name.clone())
                    .or_insert_with(|| provider.clone());
                providers
                    .retain(|name, _| name != DEMO || self.declared.has(Offer::Provider, name));
            }
        }
        let mut models = super::models::models(&mut merged, &providers);
        for (name, model) in &self.models {
            models.entry(name.clone()).or_insert_with(|| model.clone());
        }
        complaints.sort();
        if !complaints.errors.is_empty() {
            return Err(complaints);
        }
        let config = Self {
            providers,
            models,
            ..self.clone()
        };
        Ok(Beside { config, shadowed })
    }
}

/// A row as a file would have it.
fn read(row: &Row, places: &mut Places, complaints: &mut Complaints) -> config::Map<String, Value> {
    let path = row.offer.path(&row.name);
    let mut settings = Table::new();
    for (name, value) in &row.fields {
        let inner = format!("{path}.{}", names::quoted(name));
        if leads_elsewhere(value) {
            let message = "must be the text itself: env: and file: are for files";
            complaints.error(Place::Database, &inner, message);
            continue;
        }
        if let Some(value) = toml(value) {
            settings.insert(name, Item::Value(value));
        }
    }
    let mut section = Table::new();
    section.insert(&row.name, Item::Table(settings));
    let mut document = DocumentMut::new();
    document.insert(row.offer.section(), Item::Table(section));
    let layer = file::parse_row(&document.to_string(), places, complaints);
    match layer.0.get(row.offer.section()).map(|value| &value.kind) {
        Some(ValueKind::Table(entries)) => entries.clone(),
        _ => config::Map::new(),
    }
}

fn leads_elsewhere(value: &Json) -> bool {
    match value {
        Json::String(text) => indirect::is(text),
        Json::Array(entries) => entries.iter().any(leads_elsewhere),
        Json::Object(members) => members.values().any(leads_elsewhere),
        _ => false,
    }
}

/// A value of the settings as JSON.
fn json(value: &Value) -> Json {
    match &value.kind {
        ValueKind::Boolean(claim) => (*claim).into(),
        ValueKind::I64(number) => (*number).into(),
        ValueKind::Float(number) => (*number).into(),
        ValueKind::String(text) => text.as_str().into(),
        ValueKind::Array(entries) => entries.iter().map(json).collect(),
        ValueKind::Table(table) => {
            let sorted: BTreeMap<_, _> = table.iter().collect();
            let members = sorted.into_iter();
            Json::Object(
                members
                    .map(|(name, value)| (name.clone(), json(value)))
                    .collect(),
            )
        }
        _ => Json::Null,
    }
}

/// A value in the words of a file; null is no value.
fn toml(value: &Json) -> Option<toml_edit::Value> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(claim) => (*claim).into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(entries) => entries.iter().filter_map(toml).collect::<Array>().into(),
        Json::Object(members) => {
            let members = members
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), toml(value)?)));
            members.collect::<InlineTable>().into()
        }
    })
}

impl Complaint {
    /// The field of a row that this is about, when it is about that row.
    pub fn field_of(&self, offer: Offer, name: &str) -> Option<&str> {
        let rest = self.key.strip_prefix(&offer.path(name))?;
        match rest.strip_prefix('.') {
            Some(field) => Some(field),
            None if rest.is_empty() => Some("name"),
            None => None,
        }
    }
}
