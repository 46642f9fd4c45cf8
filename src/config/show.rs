//! The settings in force, as `config show` prints them: every key, its origin, no secret.

use std::collections::BTreeMap;

use config::{Map, Value, ValueKind};

use super::complaint::Place;
use super::environment::Environment;
use super::layer::Places;
use super::schema::{self, Key};
use super::settings::Config;
use super::values::Shape;
use super::{names, units};

/// One setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The path of its key: `["server", "listen"]`.
    pub path: Vec<String>,
    /// What it is; secrets are masked.
    pub value: Shown,
    /// Where it was set.
    pub origin: Place,
}

impl Setting {
    /// The key as it would stand in a file: `models."gpt-4.1".strict`.
    pub fn key(&self) -> String {
        let parts: Vec<String> = self.path.iter().map(|part| names::quoted(part)).collect();
        parts.join(".")
    }
}

/// A value that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A text, a number with its unit, or a word.
    Text(String),
    /// True or false.
    Claim(bool),
    /// A whole number.
    Number(u64),
    /// A list.
    List(Vec<Shown>),
    /// A table within a list, in the order of its names.
    Table(Vec<(String, Shown)>),
}

impl Shown {
    /// In the words of a file; what is no part of a list or a table without quotes and brackets.
    pub fn spelled(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|entry| match entry {
                        Self::Text(text) => text.clone(),
                        entry => entry.within(),
                    })
                    .collect();
                entries.join(", ")
            }
            other => other.within(),
        }
    }

    fn within(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Claim(claim) => claim.to_string(),
            Self::Number(number) => number.to_string(),
            Self::List(entries) => {
                let entries: Vec<String> = entries.iter().map(Self::within).collect();
                format!("[{}]", entries.join(", "))
            }
            Self::Table(members) => {
                let member = |(name, value): &(String, Self)| {
                    format!("{} = {}", names::quoted(name), value.within())
                };
                let members: Vec<String> = members.iter().map(member).collect();
                format!("{{ {} }}", members.join(", "))
            }
        }
    }
}

/// What stands where a secret would.
const MASK: &str = "[secret]";

/// Lists what is in force, section by section.
pub(super) fn settings(
    tree: &Map<String, Value>,
    places: &Places,
    config: &Config,
) -> Vec<Setting> {
    let mut list = Vec::new();
    for section in schema::SECTIONS {
        if let Some(ValueKind::Table(table)) = tree.get(section.name).map(|value| &value.kind) {
            push(&mut list, &[section.name], table, section.keys, places);
        }
    }
    let entry = |section: &str, name: &str| {
        let ValueKind::Table(entries) = &tree.get(section)?.kind else {
            return None;
        };
        match &entries.get(name)?.kind {
            ValueKind::Table(table) => Some(table),
            _ => None,
        }
    };
    for (name, provider) in &config.providers {
        let table = entry("providers", name);
        if table.is_none_or(|table| !table.contains_key("kind")) {
            list.push(Setting {
                path: ["providers", name, "kind"].map(str::to_owned).to_vec(),
                value: Shown::Text(provider.kind.to_string()),
                origin: Place::Default,
            });
        }
        if let Some(table) = table {
            let path = ["providers", name];
            push(&mut list, &path, table, schema::PROVIDER, places);
        }
    }
    for name in config.models.keys() {
        if let Some(table) = entry("models", name) {
            push(&mut list, &["models", name], table, schema::MODEL, places);
        }
    }
    list
}

/// Lists what no file can say: the provider that is there when none is configured, and what the
/// environment says by names of its own.
pub(super) fn unwritten(config: &Config, environment: &Environment) -> Vec<Setting> {
    let mut list = Vec::new();
    let setting = |path: &[&str], text: &str, origin| Setting {
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        value: Shown::Text(text.to_owned()),
        origin,
    };
    for (key, set, variable) in [
        ("jwt_secret", config.jwt_secret.is_some(), "JWT_SECRET"),
        (
            "master_key",
            config.master_key.is_some(),
            "MANTI_MASTER_KEY",
        ),
    ] {
        if set {
            list.push(setting(&[key], MASK, environment.place(variable)));
        }
    }
    if let Some((email, _)) = &config.first_admin {
        list.push(setting(
            &["first_admin"],
            email,
            environment.place("MANTI_ADMIN_EMAIL"),
        ));
    }
    list
}

fn push(
    list: &mut Vec<Setting>,
    path: &[&str],
    table: &Map<String, Value>,
    keys: &'static [Key],
    places: &Places,
) {
    for key in keys {
        let Some(value) = table.get(key.name) else {
            continue;
        };
        let path = |rest: &[&str]| {
            let parts = path.iter().chain(rest);
            parts.map(|part| (*part).to_owned()).collect()
        };
        if let ValueKind::Table(members) = &value.kind {
            let members: BTreeMap<_, _> = members.iter().collect();
            for (name, member) in members {
                let shape = match key.shape {
                    Shape::Table(keys) => schema::find(keys, name).map(|key| key.shape),
                    _ => None,
                };
                list.push(Setting {
                    path: path(&[key.name, name]),
                    value: shown(shape.unwrap_or(key.shape), member),
                    origin: places.of(member),
                });
            }
            continue;
        }
        list.push(Setting {
            path: path(&[key.name]),
            value: shown(key.shape, value),
            origin: places.of(value),
        });
    }
}

fn shown(shape: Shape, value: &Value) -> Shown {
    match (shape, &value.kind) {
        (_, ValueKind::Boolean(claim)) => Shown::Claim(*claim),
        (_, ValueKind::Array(entries)) => {
            Shown::List(entries.iter().map(|entry| shown(shape, entry)).collect())
        }
        (Shape::Count { .. }, ValueKind::String(text)) => match text.parse() {
            Ok(number) => Shown::Number(number),
            Err(_) => Shown::Text(text.clone()),
        },
        (Shape::Tables(keys), ValueKind::Table(table)) => {
            let member = |key: &Key| {
                let value = table.get(key.name)?;
                Some((key.name.to_owned(), shown(key.shape, value)))
            };
            Shown::Table(keys.iter().filter_map(member).collect())
        }
        (Shape::Tags, ValueKind::Table(tags)) => {
            let tags: BTreeMap<_, _> = tags.iter().collect();
            let tags = tags.into_iter();
            Shown::Table(
                tags.map(|(name, value)| (name.clone(), shown(shape, value)))
                    .collect(),
            )
        }
        _ => Shown::Text(one(shape, value)),
    }
}

fn one(shape: Shape, value: &Value) -> String {
    match &value.kind {
        _ if shape.is_secret() => MASK.to_owned(),
        ValueKind::String(text) if matches!(shape, Shape::Database | Shape::Redis) => {
            without_password(text)
        }
        ValueKind::String(text) => spell(shape, text),
        other => other.to_string(),
    }
}

/// A database's address without what signs in to it.
pub(super) fn without_password(url: &str) -> String {
    if url.starts_with("sqlite://") {
        return url.to_owned();
    }
    let Ok(mut found) = url::Url::parse(url) else {
        return MASK.to_owned();
    };
    if found.password().is_some() && found.set_password(Some("***")).is_err() {
        return MASK.to_owned();
    }
    let secret = |name: &str| name.contains("password") || name.contains("sslkey");
    if found.query_pairs().any(|(name, _)| secret(&name)) {
        found.set_query(None);
    }
    found.to_string()
}

/// A duration and a size in the words of a file, as they are shown.
pub(super) fn spell(shape: Shape, text: &str) -> String {
    match shape {
        Shape::Duration { .. } => {
            units::duration(text).map_or_else(|_| text.to_owned(), units::spell_duration)
        }
        Shape::Size { .. } => units::size(text).map_or_else(|_| text.to_owned(), units::spell_size),
        _ => text.to_owned(),
    }
}
