//! A client and a provider, by their wire formats.

use std::fmt;

use crate::support::wire::{Served, Wire};

/// A client's wire format and the one its provider is asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pair {
    pub(super) client: Wire,
    pub(super) served: Served,
}

impl Pair {
    /// Whether what is said passes as it comes.
    pub(super) fn same(self) -> bool {
        self.served.own() == Some(self.client)
    }
}

/// As the file of exceptions has it: the provider's format alone where both are the same.
impl fmt::Display for Pair {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.same() {
            out.write_str(self.served.name())
        } else {
            write!(out, "{}-{}", self.client.name(), self.served.name())
        }
    }
}
