//! The file of exceptions: what cannot be equal, checked so that it stays small and true.

use std::collections::BTreeSet;
use std::path::Path;

use toml_edit::DocumentMut;

use super::Fault;
use crate::support::recorded::Recording;

/// At most so many of a hundred recordings may differ in their own dialect, and across.
const OWN_PERCENT: usize = 1;
const ACROSS_PERCENT: usize = 3;

/// What no exception may excuse.
const NEVER: [&str; 3] = ["usage", "calls", "record"];

/// How many faults are told.
const TOLD: usize = 60;

pub(super) struct Exceptions(BTreeSet<Exception>);

/// One exception: a recording differs in a field for a pair of dialects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Exception {
    recording: String,
    pair: String,
    field: String,
}

impl Exception {
    fn of(fault: &Fault) -> Self {
        Self {
            recording: fault.recording.clone(),
            pair: fault.pair.to_string(),
            field: fault.field.to_owned(),
        }
    }
}

pub(super) struct Verdict {
    pub(super) summary: String,
    pub(super) complaints: String,
}

impl Exceptions {
    pub(super) fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings_exceptions.toml");
        let text = std::fs::read_to_string(&path).expect("the file of exceptions can be read");
        let file: DocumentMut = text.parse().expect("the file of exceptions is TOML");
        let entries = file
            .get("exception")
            .and_then(|entries| entries.as_array_of_tables());
        let entries = entries.into_iter().flatten().map(|entry| {
            let field = |name: &str| {
                let value = entry.get(name).and_then(|value| value.as_str());
                value
                    .filter(|text| !text.is_empty())
                    .unwrap_or_else(|| panic!("an exception has no {name}: {entry}"))
                    .to_owned()
            };
            field("reason");
            Exception {
                recording: field("recording"),
                pair: field("pair"),
                field: field("field"),
            }
        });
        Self(entries.collect())
    }

    /// Whether a fault has an entry.
    pub(super) fn excuse(&self, fault: &Fault) -> bool {
        self.0.contains(&Exception::of(fault))
    }

    /// Holds the faults against the exceptions: none without an entry, no entry without a fault.
    pub(super) fn judge(&self, faults: &[Fault], recordings: &[Recording]) -> Verdict {
        let mut complaints = Vec::new();
        let happened: BTreeSet<Exception> = faults.iter().map(Exception::of).collect();
        for entry in &self.0 {
            if !happened.contains(entry) {
                complaints.push(format!("{entry:?} passes: remove the entry"));
            }
            if NEVER.contains(&entry.field.as_str()) {
                complaints.push(format!("{entry:?}: {} allows no exception", entry.field));
            }
        }
        for (own, percent) in [(true, OWN_PERCENT), (false, ACROSS_PERCENT)] {
            let excused: BTreeSet<&str> = self
                .0
                .iter()
                .filter(|entry| own != entry.pair.contains('-'))
                .map(|entry| entry.recording.as_str())
                .collect();
            if excused.len() * 100 > recordings.len() * percent {
                complaints.push(format!(
                    "{} recordings are excused, more than {percent} %",
                    excused.len()
                ));
            }
        }
        let unexcused: Vec<&Fault> = faults.iter().filter(|fault| !self.excuse(fault)).collect();
        complaints.extend(unexcused.iter().take(TOLD).map(|fault| {
            let detail: String = fault.detail.chars().take(1500).collect();
            format!(
                "{} {} {}: {detail}",
                fault.pair, fault.field, fault.recording
            )
        }));
        if unexcused.len() > TOLD {
            complaints.push(format!("and {} more", unexcused.len() - TOLD));
        }
        Verdict {
            summary: summary(faults, recordings.len()),
            complaints: complaints.join("\n"),
        }
    }
}

/// How many recordings are equal, in their own dialect and across.
fn summary(faults: &[Fault], all: usize) -> String {
    let differ = |own: bool| {
        let different: BTreeSet<&str> = faults
            .iter()
            .filter(|fault| own == fault.pair.same())
            .map(|fault| fault.recording.as_str())
            .collect();
        different.len()
    };
    let (own, across) = (differ(true), differ(false));
    format!(
        "recordings: {all}; own dialect {} equal, {own} differ; across {} equal, {across} differ",
        all - own,
        all - across
    )
}
