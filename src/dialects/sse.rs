//! Server-sent events.

use std::borrow::Cow;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its name, where it has one.
    pub name: Option<&'a str>,
    /// Its data lines, joined.
    pub data: Cow<'a, [u8]>,
}
