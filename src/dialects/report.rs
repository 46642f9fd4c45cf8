//! What a translation could not carry over, by the client's own paths.

/// Paths beyond this many are not told: a header has room for so much.
const MOST: usize = 200;

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

    /// A value that was moved into the target's range.
    pub(super) fn clamped(&mut self, path: impl Into<String>) {
        note(&mut self.clamped, path.into());
    }

    /// A hint that is left out: nothing a strict client would have refused.
    pub(super) fn hint(&mut self, path: impl Into<String>) {
        note(&mut self.hints, path.into());
    }
}

fn note(paths: &mut Vec<String>, path: String) {
    if paths.len() < MOST && !paths.contains(&path) {
        paths.push(path);
    }
}
