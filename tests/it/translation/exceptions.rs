//! What is known not to come through, recording by recording, and why.

use std::collections::BTreeSet;

use manti::dialects::Dialect;

const FILE: &str = include_str!("exceptions.txt");

/// Differences found in one run, held against the file.
pub(super) struct Exceptions {
    suite: &'static str,
    found: BTreeSet<(String, &'static str, String)>,
    known: BTreeSet<(String, &'static str, String)>,
    pub(super) looked_at: usize,
    unknown: Vec<String>,
}

impl Exceptions {
    pub(super) fn of(suite: &'static str) -> Self {
        let known = FILE
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .filter_map(|line| {
                let fields: Vec<&str> = line.split('\t').collect();
                let [of, recording, pair, field, reason] = fields[..] else {
                    panic!("an exception has five fields: {line}");
                };
                assert!(!reason.is_empty(), "an exception has a reason: {line}");
                assert!(
                    !matches!(field, "usage" | "calls"),
                    "none for usage or tool arguments: {line}"
                );
                let pair = match pair {
                    "chat>messages" => "chat>messages",
                    "messages>chat" => "messages>chat",
                    other => panic!("{other} is no pair"),
                };
                (of == suite).then(|| (recording.to_owned(), pair, field.to_owned()))
            })
            .collect();
        Self {
            suite,
            found: BTreeSet::new(),
            known,
            looked_at: 0,
            unknown: Vec::new(),
        }
    }

    /// Notes whether a field came through.
    pub(super) fn check(
        &mut self,
        recording: &str,
        from: Dialect,
        field: &str,
        equal: bool,
        told: impl FnOnce() -> String,
    ) {
        if equal {
            return;
        }
        let pair = match from {
            Dialect::Chat => "chat>messages",
            Dialect::Messages => "messages>chat",
            Dialect::Gemini => unreachable!("its recordings are looked at elsewhere"),
        };
        let entry = (recording.to_owned(), pair, field.to_owned());
        if !self.known.contains(&entry) {
            let told = told();
            self.unknown.push(format!(
                "{}\t{recording}\t{pair}\t{field}\t{told}",
                self.suite
            ));
        }
        self.found.insert(entry);
    }

    /// Fails when something new differs, when something known does not any more, or when too much
    /// is excused.
    pub(super) fn finish(self) {
        let passing: Vec<_> = self.known.difference(&self.found).collect();
        super::recordings::say(&format!(
            "{}: {} looked at, {} excused, {} new",
            self.suite,
            self.looked_at,
            self.known.len(),
            self.unknown.len()
        ));
        assert!(
            self.unknown.is_empty(),
            "did not come through:\n{}",
            self.unknown.join("\n")
        );
        assert!(passing.is_empty(), "excused, but come through: {passing:?}");
        let excused: BTreeSet<_> = self.known.iter().map(|entry| &entry.0).collect();
        assert!(
            excused.len() * 100 <= self.looked_at * 3,
            "{} of {} recordings are excused: at most 3 % may be",
            excused.len(),
            self.looked_at
        );
    }
}
