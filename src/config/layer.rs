//! Layers: what one source says, and how later ones are laid over earlier ones.

use std::collections::BTreeMap;
use std::fmt;

use config::{Map, Source, Value, ValueKind};

use super::complaint::Place;
use super::schema;

/// What one source says. Values carry the number of their place in [`Places`].
#[derive(Clone, Default)]
pub(super) struct Layer(pub(super) Map<String, Value>);

impl Layer {
    /// The built-in defaults.
    pub(super) fn defaults(places: &mut Places) -> Self {
        let mut layer = Self::default();
        for section in schema::SECTIONS {
            for key in section.keys {
                if let Some(text) = key.default {
                    layer.set(
                        &[section.name, key.name],
                        places.value(Place::Default, text),
                    );
                }
            }
        }
        layer
    }

    /// Sets a value at a path, making the tables on the way.
    pub(super) fn set(&mut self, path: &[&str], value: Value) {
        fn put(table: &mut Map<String, Value>, path: &[&str], value: Value) {
            match path {
                [] => {}
                [name] => {
                    table.insert((*name).to_owned(), value);
                }
                [name, rest @ ..] => {
                    let entry = table
                        .entry((*name).to_owned())
                        .or_insert_with(|| Value::new(None, Map::<String, Value>::new()));
                    if let ValueKind::Table(inner) = &mut entry.kind {
                        put(inner, rest, value);
                    }
                }
            }
        }
        put(&mut self.0, path, value);
    }
}

impl fmt::Debug for Layer {
    /// Names nothing: the values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Layer")
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

/// Lays each layer over the ones before it. Tables are merged, lists and texts replaced.
pub(super) fn merge(layers: Vec<Layer>) -> Result<Map<String, Value>, config::ConfigError> {
    let mut builder = config::Config::builder();
    for layer in layers {
        builder = builder.add_source(layer);
    }
    match builder.build()?.cache.kind {
        ValueKind::Table(table) => Ok(table),
        _ => Ok(Map::new()),
    }
}

/// The places of all values, and of the tables, which merging forgets.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    places: Vec<Place>,
    heads: BTreeMap<String, Place>,
}

impl Places {
    /// A value that remembers its place.
    pub(super) fn value(&mut self, place: Place, kind: impl Into<ValueKind>) -> Value {
        self.places.push(place);
        let number = (self.places.len() - 1).to_string();
        Value::new(Some(&number), kind)
    }

    /// Where a value stands.
    pub(super) fn of(&self, value: &Value) -> Place {
        value
            .origin()
            .and_then(|number| number.parse::<usize>().ok())
            .and_then(|number| self.places.get(number).cloned())
            .unwrap_or(Place::Default)
    }

    /// Notes where a table begins; a later source wins.
    pub(super) fn note_head(&mut self, path: &str, place: Place) {
        self.heads.insert(path.to_owned(), place);
    }

    /// Where each table begins.
    pub(super) fn into_heads(self) -> BTreeMap<String, Place> {
        self.heads
    }

    /// Where a table begins.
    pub(super) fn head(&self, path: &str) -> Place {
        self.heads.get(path).cloned().unwrap_or(Place::Default)
    }
}
