//! One binary for all tests of behaviour.

mod architecture;
mod documents;
mod config;
mod support;
