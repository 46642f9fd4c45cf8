//! What differs between providers at the other end of a connection: where their operations are and
//! what a request needs besides its body and its credential.

use std::fmt;

use http::{HeaderMap, Uri};

use super::{Outbound, SegmentsBody};
use crate::dialects::Dialect;
use crate::dialects::peek::Segments;
use crate::models::operation::Operation;

/// The addresses of a provider.
pub(super) trait Site: fmt::Debug + Send + Sync {
    /// See [`super::Provider::speaks`].
    fn speaks(&self, operation: Operation, client: Dialect, model: &str) -> Option<Dialect>;

    /// Where a call goes; what it needs in its headers is added to them.
    fn address(&self, call: &Outbound<'_>, headers: &mut HeaderMap) -> Result<Uri, String>;

    /// The body as it is wanted here.
    fn body(&self, _: &Outbound<'_>, body: Segments) -> Result<SegmentsBody, String> {
        Ok(body.into())
    }

    /// See [`super::Provider::unheard`].
    fn unheard(&self, _: Dialect, _: &HeaderMap) -> Option<&'static str> {
        None
    }

    /// See [`super::Provider::unheard_within`].
    fn unheard_within(&self, _: Dialect, _: &[u8]) -> Option<&'static str> {
        None
    }

    /// Where it is, for people.
    fn base_url(&self) -> &str;

    /// Where a request that costs nothing shows whether the credential is good.
    fn probe(&self, headers: &mut HeaderMap) -> Option<Uri>;
}
