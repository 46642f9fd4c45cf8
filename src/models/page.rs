//! Keyset pages.

/// How many rows a list may ask for at most.
pub const MOST: u32 = 1000;

/// One page of a list, and where the next one starts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// What to pass as `cursor` for the next page; `None` at the end.
    pub next_cursor: Option<String>,
}
