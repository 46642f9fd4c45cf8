//! OpenAI's addresses under `/v1`, and Manti's own `/v1/usage` beside them.

pub(super) mod audio;
pub(super) mod chat;
pub(super) mod completions;
pub(super) mod embeddings;
pub(super) mod images;
pub(super) mod moderations;
pub(super) mod rerank;
pub(super) mod responses;
pub(super) mod usage;
