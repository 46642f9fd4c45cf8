//! The items of a list in a body without the fields that its server refuses in them.

use super::reshape;
use crate::dialects::report::Report;
use crate::dialects::scan::{self, Field, Items};

/// A field that is refused in the items of a list: `messages[role!=user].name`.
struct Inside<'a> {
    list: &'a str,
    /// Unless another field of the item is this word.
    unless: Option<(&'a str, &'a str)>,
    field: &'a str,
}

impl<'a> Inside<'a> {
    fn read(refused: &'a str) -> Option<Self> {
        let (list, rest) = refused.split_once('[')?;
        let (condition, field) = rest.split_once("].")?;
        Some(Self {
            list,
            unless: condition.split_once("!="),
            field,
        })
    }

    /// Whether a list may hold the field: most hold none, and are not looked through.
    fn may_be_in(&self, list: Field<'_>) -> bool {
        scan::is_named(list.name, self.list)
            && memchr::memmem::find(list.value, self.field.as_bytes()).is_some()
    }

    fn applies(&self, item: &[u8]) -> bool {
        scan::field(item, self.field).is_some_and(|value| !scan::is_null(value))
            && self.unless.is_none_or(|(other, word)| {
                let found = scan::field(item, other).and_then(scan::text);
                found.as_deref() != Some(word)
            })
    }
}

/// The value of a top-level field without what is refused in its items; `None` where it may stay.
pub(super) fn without(list: &Field<'_>, refused: &[&str], report: &mut Report) -> Option<Vec<u8>> {
    let mut changed: Option<Vec<u8>> = None;
    for inside in refused.iter().filter_map(|refused| Inside::read(refused)) {
        let value = changed.as_deref().unwrap_or(list.value);
        let looked = Field { value, ..*list };
        if inside.may_be_in(looked)
            && let Some(fit) = cut(value, &inside, report)
        {
            changed = Some(fit);
        }
    }
    changed
}

fn cut(list: &[u8], inside: &Inside<'_>, report: &mut Report) -> Option<Vec<u8>> {
    let mut found = false;
    let mut out = Vec::with_capacity(list.len());
    for (place, item) in Items::of(list).enumerate() {
        out.push(if out.is_empty() { b'[' } else { b',' });
        if inside.applies(item) {
            found = true;
            report.dropped_at(|| format!("{}[{place}].{}", inside.list, inside.field));
            out.extend(reshape::object(item, &[inside.field], "")?);
        } else {
            out.extend_from_slice(item);
        }
    }
    out.push(b']');
    found.then_some(out)
}
