//! The environment as the program found it: the process's own variables, then `.env`.
//!
//! A snapshot rather than calls to `std::env`, so that a setting can say which of the two it
//! came from and tests can hand in their own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::complaint::{Complaints, Place};

/// The variables, and what was wrong with the `.env` file.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
    complaints: Complaints,
}

#[derive(Debug, Clone)]
struct Variable {
    value: String,
    line: Option<(PathBuf, usize)>,
}

impl Environment {
    /// Takes the process's variables and those of `.env` in the working folder, which never
    /// override the process's own.
    pub fn read() -> Self {
        Self::of(std::env::vars_os(), Path::new(".env"))
    }

    /// Takes the given variables and those of a file in `.env` form, which need not exist.
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>, file: &Path) -> Self {
        let mut environment = Self::default();
        environment.read_file(file);
        for (name, value) in variables {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                // Compose files pass on unset variables as empty ones. Set to nothing is still
                // set: `.env` does not override it.
                Ok(value) if value.is_empty() => {
                    environment.variables.remove(&name);
                }
                Ok(value) => {
                    environment
                        .variables
                        .insert(name, Variable { value, line: None });
                }
                Err(_) if name.starts_with("MANTI_") => {
                    let place = Place::Variable { name, line: None };
                    environment.complaints.error(place, "", "is not UTF-8");
                }
                Err(_) => {}
            }
        }
        environment
    }

    /// A variable's value; an empty one counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|found| found.value.as_str())
    }

    /// Where a variable was set.
    pub fn place(&self, name: &str) -> Place {
        Place::Variable {
            name: name.to_owned(),
            line: self
                .variables
                .get(name)
                .and_then(|found| found.line.clone()),
        }
    }

    /// All variables in the order of their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .map(|(name, found)| (name.as_str(), found.value.as_str()))
    }

    /// What was wrong while reading.
    pub(super) fn complaints(&self) -> &Complaints {
        &self.complaints
    }

    fn read_file(&mut self, path: &Path) {
        if !path.is_file() {
            return;
        }
        let whole = |line| Place::File {
            path: path.to_owned(),
            line,
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("cannot be read: {error}");
                return self.complaints.error(whole(1), "", message);
            }
        };
        let entries = match dotenvy::from_path_iter(path) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("cannot be read: {error}");
                return self.complaints.error(whole(1), "", message);
            }
        };
        for entry in entries {
            match entry {
                Ok((_, value)) if value.is_empty() => {}
                Ok((name, value)) => {
                    let line = Some((path.to_owned(), line_of(&text, &name)));
                    self.variables
                        .entry(name)
                        .or_insert(Variable { value, line });
                }
                Err(dotenvy::Error::LineParse(found, _)) => {
                    let at = text.find(found.trim_end()).unwrap_or(0);
                    let line = text[..at].matches('\n').count() + 1;
                    let message = "is not NAME=VALUE; quote values that hold spaces or quotes";
                    self.complaints.error(whole(line), "", message);
                }
                Err(error) => {
                    let message = format!("cannot be read: {error}");
                    return self.complaints.error(whole(1), "", message);
                }
            }
        }
    }
}

/// The line that sets a name: the first, as later ones are not applied.
fn line_of(text: &str, name: &str) -> usize {
    let sets = |line: &str| {
        let line = line.trim_start_matches('\u{feff}').trim_start();
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        line.strip_prefix(name)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines().position(sets).map_or(1, |index| index + 1)
}
