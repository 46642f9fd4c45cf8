//! The data plane in Google's words, by a model's name and a verb.
//!
//! The front turns the colon before the verb into a slash, and `/v1` into `/v1beta`, before an
//! address is looked up; the document has them as clients write them.

pub(in crate::api) mod content;
pub(in crate::api) mod embeddings;

use crate::gateway::Addressed;

/// What an address asks for.
fn asked(model: String, stream: bool, array: bool) -> Addressed {
    Addressed {
        model,
        stream,
        array,
    }
}
