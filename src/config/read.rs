//! From the merged tree to the typed settings, each value read once by its shape.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use config::{Map, Value, ValueKind};

use super::complaint::{Complaints, Place};
use super::environment::Environment;
use super::layer::Places;
use super::network::network;
use super::schema::{self, Key};
use super::settings::{
    Billing, Database, Fsync, Journal, Limits, Log, LogFormat, OnDisconnect, Redis, Server, Share,
    Stream, UnknownPrice, Upstream, UpstreamOverrides,
};
use super::values::Shape;
use super::{Secret, address, indirect, names, units, values};
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
    fn value<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
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

    fn duration(&mut self, key: &str) -> Duration {
        let parse = self.bounded_duration(key);
        self.value(key, parse)
    }

    fn size(&mut self, key: &str) -> u64 {
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

    pub(super) fn server(mut self) -> Server {
        let server = Server {
            listen: self.value("listen", values::listen),
            public_url: self.get("public_url", |text| {
                address::web(text).map(|_| text.trim_end_matches('/').to_owned())
            }),
            request_body_limit: usize::try_from(self.size("request_body_limit"))
                .unwrap_or(usize::MAX),
            drain_delay: self.duration("drain_delay"),
            drain_timeout: self.duration("drain_timeout"),
            cors_origins: self.list("cors_origins", address::origin),
            trusted_proxies: self.list("trusted_proxies", network),
            metrics_token: self.get("metrics_token", secret),
            metrics_listen: self.get("metrics_listen", values::listen),
        };
        if server.metrics_listen == Some(server.listen) && server.listen.port() != 0 {
            self.complain(
                "metrics_listen",
                "is the address of server.listen; name another",
            );
        }
        server
    }

    pub(super) fn database(mut self) -> Database {
        Database {
            url: self.value("url", |text| {
                Shape::Database.check(text).map(|()| Secret::new(text))
            }),
            grace: self.duration("grace"),
        }
    }

    pub(super) fn journal(mut self) -> Journal {
        Journal {
            fsync: self.value("fsync", word),
            max_size: self.size("max_size"),
            keep: self.duration("keep"),
        }
    }

    pub(super) fn upstream(mut self) -> Upstream {
        Upstream {
            connect_timeout: self.duration("connect_timeout"),
            first_token_timeout: self.duration("first_token_timeout"),
            idle_timeout: self.duration("idle_timeout"),
            total_timeout: self.duration("total_timeout"),
            max_attempts: self.value("max_attempts", |text| {
                text.parse()
                    .map_err(|_| "must be a whole number".to_owned())
            }),
            retry_budget: self.value("retry_budget", share),
            breaker: self.value("breaker", values::claim),
            on_disconnect: self.value("on_disconnect", word),
            drain_limit: self.duration("drain_limit"),
        }
    }

    pub(super) fn stream(mut self) -> Stream {
        Stream {
            heartbeat: self.duration("heartbeat"),
            usage_wait: self.duration("usage_wait"),
        }
    }

    pub(super) fn redis(mut self) -> Redis {
        let url = |text: &str| Shape::Redis.check(text).map(|()| Secret::new(text));
        Redis {
            url: self.get("url", url),
        }
    }

    pub(super) fn limits(mut self) -> Limits {
        Limits {
            wait: self.duration("wait"),
        }
    }

    pub(super) fn billing(mut self) -> Billing {
        Billing {
            unknown_price: self.value("unknown_price", word),
        }
    }

    pub(super) fn log(mut self) -> Log {
        Log {
            level: self.value("level", |text| {
                Shape::Level.check(text).map(|()| text.to_owned())
            }),
            format: self.value("format", word),
        }
    }
}

/// Puts the real text in the place of each `"env:NAME"` and `"file:PATH"`. What cannot be
/// resolved is complained of and taken out.
pub(super) fn resolve(
    tree: &mut Map<String, Value>,
    path: &str,
    environment: &Environment,
    places: &Places,
    complaints: &mut Complaints,
) {
    tree.retain(|name, value| {
        let inner = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{}", names::quoted(name))
        };
        resolve_value(value, &inner, environment, places, complaints)
    });
}

fn resolve_value(
    value: &mut Value,
    path: &str,
    environment: &Environment,
    places: &Places,
    complaints: &mut Complaints,
) -> bool {
    let place = places.of(value);
    match &mut value.kind {
        ValueKind::Table(table) => resolve(table, path, environment, places, complaints),
        ValueKind::Array(entries) => {
            entries.retain_mut(|entry| resolve_value(entry, path, environment, places, complaints));
        }
        ValueKind::String(text) if indirect::is(text) => {
            match indirect::resolve(text, environment, &folder(&place)) {
                Ok(found) => *text = found,
                Err(message) => {
                    complaints.error(place, path, message);
                    return false;
                }
            }
        }
        _ => {}
    }
    true
}

/// Where relative paths of a setting begin: at the file it stands in, else at the working folder.
pub(super) fn folder(place: &Place) -> PathBuf {
    match place {
        Place::File { path, .. } => path.parent().map(Path::to_owned).unwrap_or_default(),
        _ => PathBuf::new(),
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
fn share(text: &str) -> Result<Share, String> {
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

macro_rules! settings_words {
    ($($type:ty { $($variant:ident = $word:literal),+ })+) => {$(
        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(concat!("must be one of" $(, " ", $word)+).to_owned()),
                }
            }
        }
    )+};
}

settings_words! {
    Fsync { Interval = "interval", Always = "always", Never = "never" }
    OnDisconnect { Cancel = "cancel", Drain = "drain" }
    UnknownPrice { Flag = "flag", Block = "block" }
    LogFormat { Text = "text", Json = "json" }
}

/// A duration and a size in the words of a file, for showing what is in force.
pub(super) fn spell(shape: Shape, text: &str) -> String {
    match shape {
        Shape::Duration { .. } => {
            units::duration(text).map_or_else(|_| text.to_owned(), units::spell_duration)
        }
        Shape::Size { .. } => units::size(text).map_or_else(|_| text.to_owned(), units::spell_size),
        _ => text.to_owned(),
    }
}
