//! One provider's models, read when they are first asked for.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt as _};

use super::Entry;
use super::file::{BadBook, Row, rows};

/// One provider's models.
#[derive(Debug)]
pub(super) struct Shelf {
    /// Its part of the file.
    text: Cow<'static, str>,
    read: OnceLock<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    entries: Vec<Arc<Entry>>,
    names: HashMap<Box<str>, Arc<Entry>>,
    /// The longest first.
    prefixes: Vec<(Box<str>, Arc<Entry>)>,
}

impl Shelf {
    pub(super) fn new(text: Cow<'static, str>) -> Self {
        Self {
            text,
            read: OnceLock::new(),
        }
    }

    /// Whether all of it can be read; keeps nothing.
    pub(super) fn check(&self, origin: &str) -> Result<(), BadBook> {
        Contents::read(origin, &self.text).map(drop)
    }

    pub(super) fn entries(&self, origin: &str) -> &[Arc<Entry>] {
        &self.contents(origin).entries
    }

    pub(super) fn find(&self, origin: &str, name: &str) -> Option<&Arc<Entry>> {
        let contents = self.contents(origin);
        contents
            .names
            .get(name)
            .or_else(|| undated(name).and_then(|plain| contents.names.get(plain)))
            .or_else(|| {
                let mut prefixes = contents.prefixes.iter();
                let found = prefixes.find(|(prefix, _)| name.starts_with(&**prefix));
                found.map(|(_, entry)| entry)
            })
    }

    fn contents(&self, origin: &str) -> &Contents {
        self.read.get_or_init(|| {
            Contents::read(origin, &self.text).expect("it was checked when the book was read")
        })
    }
}

impl Contents {
    fn read(origin: &str, text: &str) -> Result<Self, BadBook> {
        let rows = rows(origin, text)?;
        let origin: Arc<str> = origin.into();
        let mut contents = Self {
            entries: Vec::with_capacity(rows.len()),
            names: HashMap::with_capacity(rows.len()),
            prefixes: Vec::new(),
        };
        for row in rows {
            contents.add(&origin, row)?;
        }
        contents
            .prefixes
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        contents.check_successors()?;
        Ok(contents)
    }

    fn add(&mut self, origin: &Arc<str>, row: Row) -> Result<(), BadBook> {
        let model = format!("{origin}/{}", row.id);
        let fault = |fault: String| BadBook::Entry {
            model: model.clone(),
            fault,
        };
        let prefixes = row.starts_with.clone();
        let entry = Arc::new(row.entry(Arc::clone(origin)).map_err(&fault)?);
        for name in entry.also.iter().map(String::as_str).chain([&*entry.id]) {
            if self.names.insert(name.into(), Arc::clone(&entry)).is_some() {
                return Err(fault(format!("{name} is listed twice")));
            }
        }
        for prefix in prefixes {
            self.prefixes.push((prefix.into(), Arc::clone(&entry)));
        }
        self.entries.push(entry);
        Ok(())
    }

    fn check_successors(&self) -> Result<(), BadBook> {
        for entry in &self.entries {
            let Some(retired) = &entry.retired else {
                continue;
            };
            let successor = self.names.get(&*retired.successor);
            if successor.is_none_or(|next| next.retired.is_some()) {
                return Err(BadBook::Entry {
                    model: format!("{}/{}", entry.origin, entry.id),
                    fault: format!("its successor {} is not served either", retired.successor),
                });
            }
        }
        Ok(())
    }
}

/// A dated name without its date: `gpt-4o-2024-08-06` is `gpt-4o`.
fn undated(name: &str) -> Option<&str> {
    let shaped = |shape: &str| {
        let cut = name.len().checked_sub(shape.len())?;
        let (plain, date) = (name.get(..cut)?, name.get(cut..)?);
        let fits = date
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                _ => byte == like,
            });
        (fits && !plain.is_empty()).then_some(plain)
    };
    shaped("-0000-00-00").or_else(|| shaped("-00000000"))
}
