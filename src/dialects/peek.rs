//! The head of a request: what routing and admission need to know, read without parsing the rest.

use bytes::Bytes;
use smallvec::SmallVec;

use super::{Dialect, Malformed};

/// A body in pieces, so that a prompt is never copied.
pub type Segments = SmallVec<[Bytes; 5]>;

/// What of a request decides where it goes and what it may cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The model asked for.
    pub model: String,
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// Whether the client asked for usage in its stream.
    pub include_usage: bool,
    /// How many answers are asked for, 1 to 128.
    pub n: u32,
    /// The most output tokens the client allows.
    pub max_output: Option<u64>,
    /// The end user the client names.
    pub end_user: Option<String>,
    /// At most ten pairs of texts.
    pub metadata_tags: Vec<(String, String)>,
}

/// Reads the head of a request and checks that the whole of it is JSON.
///
/// A [`Malformed`] without a `param` is not JSON; one with a `param` is a field that is wrong.
pub fn head(body: &[u8], dialect: Dialect) -> Result<Head, Malformed> {
    let _ = (body, dialect);
    Err(Malformed::new("the body is not JSON"))
}

/// The body with another model and, for [`Dialect::Chat`], with usage asked for.
///
/// Everything else stays byte for byte.
pub fn rewrite(
    body: &Bytes,
    head: &Head,
    dialect: Dialect,
    model: Option<&str>,
    ask_usage: bool,
) -> Segments {
    let _ = (head, dialect, model, ask_usage);
    smallvec::smallvec![body.clone()]
}

/// The raw value of a top-level field of an answer; the last one where it is repeated.
pub fn field<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let _ = (body, name);
    None
}
