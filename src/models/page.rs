//! Keyset pages.

/// How many rows a list may ask for at most.
pub const MOST: u32 = 1000;

/// Which page of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// How many rows at most; taken as at least 1 and at most [`MOST`].
    pub limit: u32,
    /// Where to go on: an earlier page's [`Page::next_cursor`].
    pub cursor: Option<String>,
}

impl Request {
    /// The first page of at most `limit` rows.
    pub fn first(limit: u32) -> Self {
        Self {
            limit,
            cursor: None,
        }
    }

    /// The limit within its bounds.
    pub fn rows(&self) -> u32 {
        self.limit.clamp(1, MOST)
    }
}

impl Default for Request {
    fn default() -> Self {
        Self::first(100)
    }
}

/// One page of a list, and where the next one starts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// What to pass as `cursor` for the next page; `None` at the end.
    pub next_cursor: Option<String>,
}
