//! What a client has stored with its own provider: without it the conversation is another.

use super::Unsupported;
use crate::models::chat::{Family, Request};

/// Fields that name something which only their own family has.
const FIELDS: &[(Family, &str)] = &[(Family::Google, "cachedContent")];

/// Refuses a request for another family that builds on something stored.
pub(super) fn refuse(request: &Request) -> Result<(), Unsupported> {
    let named = request.extras.iter().find(|extra| {
        FIELDS.contains(&(request.family, extra.name.as_str())) && !extra.value.is_null()
    });
    match named {
        None => Ok(()),
        Some(extra) => Err(Unsupported {
            message: format!("what {} names is stored with another provider", extra.name),
            param: extra.name.clone(),
        }),
    }
}
