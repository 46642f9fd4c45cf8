//! What the tests of behaviour share.

pub(crate) mod client;
pub(crate) mod command;
pub(crate) mod corpus;
pub(crate) mod engines;
pub(crate) mod frames;
pub(crate) mod gateway;
pub(crate) mod given;
pub(crate) mod manti;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod recorded;
pub(crate) mod said;
pub(crate) mod scene;
pub(crate) mod socket;
pub(crate) mod spoken;
pub(crate) mod turns;
pub(crate) mod upstream;
pub(crate) mod wire;
