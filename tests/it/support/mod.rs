//! What the tests of behaviour share.

pub(crate) mod command;
pub(crate) mod engines;
pub(crate) mod manti;
pub(crate) mod proxy;
pub(crate) mod upstream;
