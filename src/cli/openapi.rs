//! `manti openapi`

use super::context::Context;
use super::failure::Failure;
use crate::api;

/// Prints the description of the API, as a running gateway serves it at `/openapi.json`.
pub(super) fn run(context: &Context) -> Result<(), Failure> {
    Ok(context.output.text(&api::document())?)
}
