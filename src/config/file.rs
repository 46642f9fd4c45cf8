//! One configuration file: every value with its line, every complaint at once.

use std::ops::Range;
use std::path::Path;

use config::{Map, Value, ValueKind};
use toml_edit::{Document, Item, TableLike};

use super::complaint::{Complaints, Place};
use super::layer::{Layer, Places};
use super::schema::{self, Key, suggestion};
use super::seen::Seen;
use super::values::{self, Shape};
use super::{indirect, names};

/// The text of a file. A missing one is an error only when it was `asked` for by name.
pub(super) fn text(
    path: &Path,
    asked: bool,
    seen: &mut Seen,
    complaints: &mut Complaints,
) -> Option<String> {
    let wrong = match seen.read(path, u64::MAX).map(String::from_utf8) {
        Ok(Ok(text)) => return Some(text),
        Ok(Err(_)) => "is not UTF-8".to_owned(),
        Err(error) if !asked && error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => format!("cannot be read: {error}"),
    };
    let path = path.to_owned();
    complaints.error(Place::File { path, line: 1 }, "", wrong);
    None
}

/// Reads the text of a file.
pub(super) fn parse(
    path: &Path,
    text: &str,
    places: &mut Places,
    complaints: &mut Complaints,
) -> Layer {
    parse_from(Origin::File(path), text, places, complaints)
}

/// Reads the text that a row of the database stands for.
pub(super) fn parse_row(text: &str, places: &mut Places, complaints: &mut Complaints) -> Layer {
    parse_from(Origin::Row, text, places, complaints)
}

fn parse_from(
    origin: Origin<'_>,
    text: &str,
    places: &mut Places,
    complaints: &mut Complaints,
) -> Layer {
    let mut reading = Reading {
        origin,
        text,
        places,
        complaints,
    };
    match Document::parse(text) {
        Ok(document) => Layer(reading.document(&document)),
        Err(error) => {
            let place = reading.place(error.span());
            reading
                .complaints
                .error(place, "", error.message().replace('\n', ", "));
            Layer::default()
        }
    }
}

/// Where a text stands.
#[derive(Clone, Copy)]
enum Origin<'a> {
    File(&'a Path),
    Row,
}

struct Reading<'a> {
    origin: Origin<'a>,
    text: &'a str,
    places: &'a mut Places,
    complaints: &'a mut Complaints,
}

impl Reading<'_> {
    fn document(&mut self, document: &Document<&str>) -> Map<String, Value> {
        let mut tree = Map::new();
        let root: &dyn TableLike = document.as_table();
        for (name, item) in root.iter() {
            let line = self.key_place(root, name, item);
            let Some(table) = item.as_table_like() else {
                let known =
                    schema::section(name).is_some() || name == "providers" || name == "models";
                if known {
                    self.complaints
                        .error(line, name, format!("must be a table: [{name}]"));
                } else {
                    self.unknown(line, name, name, section_names());
                }
                continue;
            };
            let entries = match name {
                "providers" => self.named(name, table, schema::PROVIDER),
                "models" => self.named(name, table, schema::MODEL),
                _ => {
                    let Some(section) = schema::section(name) else {
                        self.unknown(line, name, name, section_names());
                        continue;
                    };
                    self.settings(name, table, section.keys)
                }
            };
            tree.insert(name.to_owned(), Value::new(None, entries));
        }
        tree
    }

    /// `[providers.NAME]` and `[models."NAME"]`.
    fn named(
        &mut self,
        section: &str,
        table: &dyn TableLike,
        keys: &'static [Key],
    ) -> Map<String, Value> {
        let mut entries = Map::new();
        for (name, item) in table.iter() {
            let path = format!("{section}.{}", names::quoted(name));
            let place = self.key_place(table, name, item);
            let checked = match section {
                "providers" => names::provider(name),
                _ => values::name(name),
            };
            if let Err(message) = checked {
                self.complaints.error(place.clone(), &path, message);
            }
            self.places.note_head(&path, place.clone());
            let Some(inner) = item.as_table_like() else {
                self.complaints
                    .error(place, &path, format!("must be a table: [{path}]"));
                continue;
            };
            let mut settings = self.settings(&path, inner, keys);
            if section == "providers" {
                self.join_credentials(&path, &mut settings);
            }
            entries.insert(name.to_owned(), Value::new(None, settings));
        }
        entries
    }

    fn settings(
        &mut self,
        path: &str,
        table: &dyn TableLike,
        keys: &'static [Key],
    ) -> Map<String, Value> {
        let mut settings = Map::new();
        for (name, item) in table.iter() {
            let inner = format!("{path}.{}", names::quoted(name));
            let Some(key) = schema::find(keys, name) else {
                let place = self.key_place(table, name, item);
                if path.starts_with("models.") && item.is_table_like() {
                    let message = "is not known; a model's name with dots stands in quotes";
                    self.complaints.error(place, &inner, message);
                } else {
                    self.unknown(place, &inner, name, keys.iter().map(|key| key.name));
                }
                continue;
            };
            if let Some(value) = self.setting(&inner, key.shape, item) {
                settings.insert(name.to_owned(), value);
            }
        }
        settings
    }

    fn setting(&mut self, path: &str, shape: Shape, item: &Item) -> Option<Value> {
        let place = self.place(item.span());
        if let Shape::Price = shape
            && let Some(table) = item.as_table_like()
        {
            self.places.note_head(path, place);
            return Some(self.price(path, table));
        }
        match shape {
            Shape::Tables(keys) => return self.tables(path, shape, keys, item),
            Shape::Table(keys) => {
                let table = self.table(path, place.clone(), shape, item.as_table_like());
                let settings = self.settings(path, table?, keys);
                self.places.note_head(path, place);
                return Some(Value::new(None, settings));
            }
            Shape::Tags => return self.tags(path, shape, item),
            _ => {}
        }
        if shape.is_list()
            && let Some(list) = item.as_array()
        {
            let mut entries = Vec::new();
            for entry in list {
                let place = self.place(entry.span());
                match entry.as_str() {
                    Some(text) => entries.extend(self.text(path, shape, place, text)),
                    None => self.complaints.error(place, path, shape.expected()),
                }
            }
            return Some(self.places.value(place, ValueKind::Array(entries)));
        }
        if let Shape::Share = shape
            && let Some(share) = item.as_float()
        {
            return self.text(path, shape, place, &share.to_string());
        }
        match (shape, item.as_str(), item.as_bool(), item.as_integer()) {
            (Shape::Claim, _, Some(claim), _) => Some(self.places.value(place, claim)),
            (Shape::Claim, Some(text), ..) if indirect::is(text) => {
                Some(self.places.value(place, text))
            }
            (Shape::Size { .. } | Shape::Count { .. } | Shape::Share, _, _, Some(number)) => {
                self.text(path, shape, place, &number.to_string())
            }
            (Shape::Claim | Shape::Price, ..) => {
                self.complaints.error(place, path, shape.expected());
                None
            }
            (_, Some(text), ..) if !shape.is_list() => self.text(path, shape, place, text),
            _ => {
                self.complaints.error(place, path, shape.expected());
                None
            }
        }
    }

    fn text(&mut self, path: &str, shape: Shape, place: Place, text: &str) -> Option<Value> {
        if !indirect::is(text)
            && let Err(message) = shape.check(text)
        {
            self.complaints.error(place, path, message);
            return None;
        }
        Some(self.places.value(place, text))
    }

    fn price(&mut self, path: &str, table: &dyn TableLike) -> Value {
        let mut prices = Map::new();
        for (name, item) in table.iter() {
            let inner = format!("{path}.{name}");
            let place = self.key_place(table, name, item);
            if !schema::PRICES.contains(&name) {
                self.unknown(place, &inner, name, schema::PRICES.iter().copied());
                continue;
            }
            let canonical = if name == "cache_write" {
                "cache_write_5m"
            } else {
                name
            };
            let Some(text) = item.as_str() else {
                let message = "must be a decimal number in quotes, such as \"2.50\"";
                self.complaints.error(place, &inner, message);
                continue;
            };
            if !indirect::is(text)
                && let Err(message) = values::price(text)
            {
                self.complaints.error(place, &inner, message);
                continue;
            }
            let value = self.places.value(place.clone(), text);
            if prices.insert(canonical.to_owned(), value).is_some() {
                let message = "is set twice: cache_write is cache_write_5m";
                self.complaints.error(place, &inner, message);
            }
        }
        Value::new(None, prices)
    }

    /// A list of tables.
    fn tables(
        &mut self,
        path: &str,
        shape: Shape,
        keys: &'static [Key],
        item: &Item,
    ) -> Option<Value> {
        let place = self.place(item.span());
        let tables: Vec<Option<&dyn TableLike>> = if let Item::ArrayOfTables(tables) = item {
            tables.iter().map(|table| Some(table as _)).collect()
        } else if let Some(list) = item.as_array() {
            let inline = list.iter().map(toml_edit::Value::as_inline_table);
            inline.map(|table| table.map(|table| table as _)).collect()
        } else {
            self.complaints.error(place, path, shape.expected());
            return None;
        };
        let mut entries = Vec::new();
        for table in tables {
            let table = self.table(path, place.clone(), shape, table);
            entries.extend(table.map(|table| Value::new(None, self.settings(path, table, keys))));
        }
        Some(self.places.value(place, ValueKind::Array(entries)))
    }

    /// A table, or the complaint that it is none.
    fn table<'t>(
        &mut self,
        path: &str,
        place: Place,
        shape: Shape,
        table: Option<&'t dyn TableLike>,
    ) -> Option<&'t dyn TableLike> {
        if table.is_none() {
            self.complaints.error(place, path, shape.expected());
        }
        table
    }

    /// Texts by names that are free, one or several of each.
    fn tags(&mut self, path: &str, shape: Shape, item: &Item) -> Option<Value> {
        let place = self.place(item.span());
        let table = self.table(path, place, shape, item.as_table_like())?;
        let mut tags = Map::new();
        for (name, item) in table.iter() {
            let inner = format!("{path}.{}", names::quoted(name));
            let place = self.key_place(table, name, item);
            let texts = match (item.as_str(), item.as_array()) {
                (Some(text), _) => Some(vec![text]),
                (_, Some(list)) => list.iter().map(toml_edit::Value::as_str).collect(),
                _ => None,
            };
            let Some(texts) = texts.filter(|texts| !texts.is_empty()) else {
                let message = "must be a text in quotes, or a list of such";
                self.complaints.error(place, &inner, message);
                continue;
            };
            let texts = texts.into_iter();
            let texts: Vec<Value> = texts
                .filter_map(|text| self.text(&inner, shape, place.clone(), text))
                .collect();
            tags.insert(
                name.to_owned(),
                self.places.value(place, ValueKind::Array(texts)),
            );
        }
        Some(Value::new(None, tags))
    }

    /// Makes `api_key` a list of one, so that a later source replaces either spelling.
    fn join_credentials(&mut self, path: &str, settings: &mut Map<String, Value>) {
        let Some(one) = settings.remove("api_key") else {
            return;
        };
        let place = self.places.of(&one);
        if settings.contains_key("api_keys") {
            let message = "stands beside api_keys; keep one of the two";
            self.complaints
                .error(place.clone(), &format!("{path}.api_key"), message);
        }
        let list = self.places.value(place, ValueKind::Array(vec![one]));
        settings.insert("api_keys".to_owned(), list);
    }

    fn unknown<'k>(
        &mut self,
        place: Place,
        path: &str,
        name: &str,
        known: impl Iterator<Item = &'k str>,
    ) {
        let message = format!("is not known; {}", suggestion(name, known));
        self.complaints.error(place, path, message);
    }

    fn key_place(&self, table: &dyn TableLike, name: &str, item: &Item) -> Place {
        let span = table.key(name).and_then(toml_edit::Key::span);
        self.place(span.or_else(|| item.span()))
    }

    fn place(&self, span: Option<Range<usize>>) -> Place {
        let Origin::File(path) = self.origin else {
            return Place::Database;
        };
        let start = span.map_or(0, |span| span.start).min(self.text.len());
        let before = &self.text.as_bytes()[..start];
        let line = before.split(|byte| *byte == b'\n').count();
        Place::File {
            path: path.to_owned(),
            line,
        }
    }
}

fn section_names() -> impl Iterator<Item = &'static str> {
    let fixed = schema::SECTIONS.iter().map(|section| section.name);
    fixed.chain(["providers", "models"])
}
