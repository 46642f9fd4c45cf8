//! OpenAI's addresses under `/v1`, and Manti's own `/v1/usage` beside them.

pub(super) mod chat;
pub(super) mod responses;
pub(super) mod usage;
