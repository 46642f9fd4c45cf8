//! What legacy completions share with chat.

pub(in crate::dialects) use super::read_request::{count, sampling, stop, truth, wrong};
pub(in crate::dialects) use super::write_response::{finish, usage};
