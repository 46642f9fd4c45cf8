//! The real texts in the place of each `"env:NAME"` and `"file:PATH"`.

use std::path::{Path, PathBuf};

use config::{Map, Value, ValueKind};

use super::complaint::{Complaints, Place};
use super::environment::Environment;
use super::layer::Places;
use super::seen::Seen;
use super::{indirect, names};

/// Where texts are looked for that stand elsewhere.
pub(super) struct Resolver<'a> {
    pub(super) environment: &'a Environment,
    pub(super) places: &'a Places,
    pub(super) seen: &'a mut Seen,
    pub(super) complaints: &'a mut Complaints,
}

impl Resolver<'_> {
    /// Resolves all of a tree. What cannot be resolved is complained of and taken out.
    pub(super) fn tree(&mut self, tree: &mut Map<String, Value>) {
        self.table(tree, "");
    }

    fn table(&mut self, table: &mut Map<String, Value>, path: &str) {
        table.retain(|name, value| {
            let inner = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{}", names::quoted(name))
            };
            self.value(value, &inner)
        });
    }

    /// Whether there is a value.
    fn value(&mut self, value: &mut Value, path: &str) -> bool {
        let place = self.places.of(value);
        match &mut value.kind {
            ValueKind::Table(table) => self.table(table, path),
            ValueKind::Array(entries) => entries.retain_mut(|entry| self.value(entry, path)),
            ValueKind::String(text) if indirect::is(text) => {
                let folder = folder(&place);
                match indirect::resolve(text, self.environment, &folder, self.seen) {
                    Ok(found) => *text = found,
                    Err(message) => {
                        self.complaints.error(place, path, message);
                        return false;
                    }
                }
            }
            _ => {}
        }
        true
    }
}

/// Where relative paths of a setting begin: at the file it stands in, else at the working folder.
fn folder(place: &Place) -> PathBuf {
    match place {
        Place::File { path, .. } => path.parent().map(Path::to_owned).unwrap_or_default(),
        _ => PathBuf::new(),
    }
}
