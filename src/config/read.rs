//! How tables of the merged tree are read, each value once by its shape.
//!
//! [`Reader`] reads one table and complains of what is wrong in it. What the tables are: `sections`,
//! `providers` and `models`.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use config::{Map, Value, ValueKind};

use super::complaint::{Complaints, Place};
use super::layer::Places;
use super::schema::{self, Key};
use super::settings::{Share, UpstreamOverrides};
use super::values::Shape;
use super::{Secret, values};
use crate::models::usage::Prices;

/// What all sources say together, and what is found wrong with it.
pub(super) struct Merged<'a> {
    pub(super) tree: &'a Map<String, Value>,
    pub(super) places: &'a Places,
    pub(super) complaints: &'a mut Complaints,
}

/// Reads one table: values that are wrong are complained of and count as unset.
pub(super) struct Reader<'a> {
    pub(super) path: String,
    pub(super) table: Map<String, Value>,
    pub(super) keys: &'static [Key],
    pub(super) places: &'a Places,
    pub(super) complaints: &'a mut Complaints,
}

impl Merged<'_> {
    /// A section with a fixed name.
    pub(super) fn section(&mut self, name: &str) -> Reader<'_> {
        let section = schema::section(name).expect("only sections of the schema are read");
        let table = match self.tree.get(name).map(|value| &value.kind) {
            Some(ValueKind::Table(table)) => table.clone(),
            _ => Map::new(),
        };
        self.table(name.to_owned(), table, section.keys)
    }

    /// The tables of `providers` or `models`, in the order of their names.
    pub(super) fn named(&self, section: &str) -> BTreeMap<String, Map<String, Value>> {
        let Some(ValueKind::Table(found)) = self.tree.get(section).map(|value| &value.kind) else {
            return BTreeMap::new();
        };
        let tables = found.iter().filter_map(|(name, value)| match &value.kind {
            ValueKind::Table(table) => Some((name.clone(), table.clone())),
            _ => None,
        });
        tables.collect()
    }

    /// A reader of one table.
    pub(super) fn table(
        &mut self,
        path: String,
        table: Map<String, Value>,
        keys: &'static [Key],
    ) -> Reader<'_> {
        Reader {
            path,
            table,
            keys,
            places: self.places,
            complaints: self.complaints,
        }
    }
}

impl Reader<'_> {
    /// The whole name of a setting of this table.
    pub(super) fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// Where a setting stands, or else the table.
    pub(super) fn place(&self, key: &str) -> Place {
        match self.table.get(key) {
            Some(value) => self.places.of(value),
            None => self.places.head(&self.path),
        }
    }

    /// Complains of a setting.
    pub(super) fn complain(&mut self, key: &str, message: impl Into<String>) {
        let (place, name) = (self.place(key), self.name(key));
        self.complaints.error(place, &name, message);
    }

    /// Whether something was already found wrong with a setting, or one whose name begins so.
    pub(super) fn complained(&self, key: &str) -> bool {
        let name = self.name(key);
        let errors = &self.complaints.errors;
        errors
            .iter()
            .any(|complaint| complaint.key.starts_with(&name))
    }

    /// A setting read by `parse`, or `None` when it is unset or wrong.
    pub(super) fn get<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = text(self.table.get(key)?)?;
        match parse(&text) {
            Ok(found) => Some(found),
            Err(message) => {
                self.complain(key, message);
                None
            }
        }
    }

    /// A setting read by `parse`, or its default.
    pub(super) fn value<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        self.get(key, &parse).unwrap_or_else(|| {
            schema::find(self.keys, key)
                .and_then(|key| key.default)
                .and_then(|text| parse(text).ok())
                .expect("each required setting has a default that its own reader takes")
        })
    }

    fn bounded_duration(&self, key: &str) -> impl Fn(&str) -> Result<Duration, String> + use<> {
        let (least, most) = match schema::find(self.keys, key).map(|key| key.shape) {
            Some(Shape::Duration { least, most }) => (least, most),
            _ => ("0s", "7d"),
        };
        move |text| values::duration(text, least, most)
    }

    pub(super) fn duration(&mut self, key: &str) -> Duration {
        let parse = self.bounded_duration(key);
        self.value(key, parse)
    }

    pub(super) fn size(&mut self, key: &str) -> u64 {
        let (least, most) = match schema::find(self.keys, key).map(|key| key.shape) {
            Some(Shape::Size { least, most }) => (least, most),
            _ => ("0", "1024TiB"),
        };
        self.value(key, |text| values::size(text, least, most))
    }

    /// A whole number within the bounds that the schema has.
    pub(super) fn count<T: TryFrom<u64>>(&mut self, key: &str) -> Option<T> {
        let (least, most) = match schema::find(self.keys, key).map(|key| key.shape) {
            Some(Shape::Count { least, most }) => (least, most),
            _ => (0, u64::MAX),
        };
        let found = self.get(key, |text| values::count(text, least, most))?;
        T::try_from(found).ok()
    }

    /// Whether a claim is made; not unless it is.
    pub(super) fn claim(&mut self, key: &str) -> bool {
        self.get(key, values::claim).unwrap_or(false)
    }

    /// Readers of the tables of a list.
    pub(super) fn tables(
        &mut self,
        key: &str,
        keys: &'static [Key],
        mut read: impl FnMut(Reader<'_>),
    ) {
        let entries = match self.table.get(key).map(|value| &value.kind) {
            Some(ValueKind::Array(entries)) => entries.clone(),
            _ => return,
        };
        for entry in entries {
            if let ValueKind::Table(table) = entry.kind {
                self.inner(key, table, keys, &mut read);
            }
        }
    }

    /// Whether a list is there and has no entry.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        let kind = self.table.get(key).map(|value| &value.kind);
        matches!(kind, Some(ValueKind::Array(entries)) if entries.is_empty())
    }

    /// A reader of a table within.
    pub(super) fn within(
        &mut self,
        key: &str,
        keys: &'static [Key],
        mut read: impl FnMut(Reader<'_>),
    ) {
        if let Some(ValueKind::Table(table)) = self.table.get(key).map(|value| &value.kind) {
            self.inner(key, table.clone(), keys, &mut read);
        }
    }

    fn inner(
        &mut self,
        key: &str,
        table: Map<String, Value>,
        keys: &'static [Key],
        read: &mut impl FnMut(Reader<'_>),
    ) {
        read(Reader {
            path: self.name(key),
            table,
            keys,
            places: self.places,
            complaints: self.complaints,
        });
    }

    /// Patterns by names that are free.
    pub(super) fn tags(&mut self, key: &str) -> BTreeMap<String, Vec<String>> {
        let Some(ValueKind::Table(table)) = self.table.get(key).map(|value| &value.kind) else {
            return BTreeMap::new();
        };
        let texts = |value: &Value| match &value.kind {
            ValueKind::Array(texts) => texts.iter().filter_map(text).collect(),
            _ => Vec::new(),
        };
        let tags = table
            .iter()
            .map(|(name, value)| (name.clone(), texts(value)));
        tags.collect()
    }

    /// A list whose entries are read by `parse`; wrong ones are complained of and left out.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let entries = match self.table.get(key).map(|value| &value.kind) {
            Some(ValueKind::Array(entries)) => entries.clone(),
            _ => return Vec::new(),
        };
        let name = self.name(key);
        let mut list = Vec::new();
        for entry in &entries {
            let Some(text) = text(entry) else { continue };
            match parse(&text) {
                Ok(found) => list.push(found),
                Err(message) => {
                    let place = self.places.of(entry);
                    self.complaints.error(place, &name, message);
                }
            }
        }
        list
    }

    /// A table of unit prices; both `input` and `output` must be there.
    pub(super) fn price(&mut self) -> Option<Prices> {
        let ValueKind::Table(table) = &self.table.get("price")?.kind else {
            return None;
        };
        let mut prices = Prices::new();
        for (name, value) in table {
            let path = format!("{}.price.{name}", self.path);
            match values::price(&text(value).unwrap_or_default()) {
                Ok(price) => {
                    prices.insert(name.clone(), price);
                }
                Err(message) => self.complaints.error(self.places.of(value), &path, message),
            }
        }
        let place = self.places.head(&self.name("price"));
        let missing = |name: &&str| !table.contains_key(*name);
        if let Some(name) = ["input", "output"].into_iter().find(missing)
            && !self.complained("price.")
        {
            let path = format!("{}.price.{name}", self.path);
            let message = "is missing; a free one is \"0\"";
            self.complaints.error(place, &path, message);
        }
        Some(prices)
    }

    /// The timeouts of its own that a provider or a model sets.
    pub(super) fn overrides(&mut self) -> UpstreamOverrides {
        let mut wait = |key| {
            let parse = self.bounded_duration(key);
            self.get(key, parse)
        };
        UpstreamOverrides {
            connect_timeout: wait("connect_timeout"),
            first_token_timeout: wait("first_token_timeout"),
            idle_timeout: wait("idle_timeout"),
            total_timeout: wait("total_timeout"),
            drain_limit: wait("drain_limit"),
            max_attempts: self.count("max_attempts"),
            retry_budget: self.get("retry_budget", share),
            breaker: self.get("breaker", values::claim),
            on_disconnect: self.get("on_disconnect", word),
        }
    }
}

/// A credential that can stand in a header.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    values::credential(text).map(|()| Secret::new(text))
}

/// A file of credentials.
pub(super) fn document(text: &str) -> Result<Secret, String> {
    values::document(text).map(|()| Secret::new(text))
}

/// A name of a model or of a provider.
pub(super) fn name(text: &str) -> Result<String, String> {
    values::name(text).map(|()| text.to_owned())
}

/// A share of the whole.
pub(super) fn share(text: &str) -> Result<Share, String> {
    values::share(text).map(Share::new)
}

/// A word of an enum.
pub(super) fn word<T: FromStr<Err = String>>(text: &str) -> Result<T, String> {
    text.parse()
}

/// A scalar as text.
fn text(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::String(text) => Some(text.clone()),
        ValueKind::Boolean(claim) => Some(claim.to_string()),
        _ => None,
    }
}
