//! What a translation could not carry over, by the client's own paths.

/// Paths beyond this many are not told: a header has room for so much.
pub(super) const MOST: usize = 200;

/// The longest path that is told whole.
pub(super) const LONGEST: usize = 256;

/// What was left out or moved so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) dropped: Vec<String>,
    pub(super) clamped: Vec<String>,
    pub(super) hints: Vec<String>,
}

impl Report {
    /// Something that is left out.
    pub(super) fn dropped(&mut self, path: impl Into<String>) {
        note(&mut self.dropped, path.into());
    }

    /// The same, where the path is long to spell.
    pub(super) fn dropped_at(&mut self, path: impl FnOnce() -> String) {
        if self.dropped.len() < MOST {
            self.dropped(path());
        }
    }

    /// A value that was moved into the target's range.
    pub(super) fn clamped(&mut self, path: impl Into<String>) {
        note(&mut self.clamped, path.into());
    }

    /// A hint that is left out: nothing a strict client would have refused.
    pub(super) fn hint(&mut self, path: impl Into<String>) {
        note(&mut self.hints, path.into());
    }
}

/// Adds a path that is not there yet.
pub(super) fn note(paths: &mut Vec<String>, mut path: String) {
    if paths.len() == MOST {
        return;
    }
    if path.len() > LONGEST {
        path = path.chars().take(LONGEST).collect();
    }
    if !paths.contains(&path) {
        paths.push(path);
    }
}
