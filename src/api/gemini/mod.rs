//! Google's addresses under `/v1beta/models`, which `/v1/models` has too.

pub(super) mod content;
