//! Anthropic's addresses under `/v1/messages`.

pub(super) mod messages;
