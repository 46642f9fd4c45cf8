//! Anthropic, and whoever speaks its messages.

use http::{HeaderMap, HeaderName, Uri};

use super::address::Base;
use super::site::Site;
use super::{Outbound, headers};
use crate::dialects::Dialect;
use crate::models::operation::Operation;

/// The header of Anthropic's keys.
pub(super) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Where the operations of Anthropic's API are.
#[derive(Debug)]
pub(super) struct Anthropic {
    base: Base,
    converse: Address,
    count: Option<Address>,
    models: Uri,
}

/// An address, and the same with `?beta=true`, which Anthropic's own clients put there.
#[derive(Debug)]
struct Address {
    plain: Uri,
    beta: Uri,
}

impl Address {
    fn new(base: &Base, path: &str) -> Result<Self, String> {
        Ok(Self {
            plain: base.join(path)?,
            beta: base.join(&format!("{path}?beta=true"))?,
        })
    }

    /// The address for a client's query, of which nothing else goes on.
    fn with(&self, query: Option<&str>) -> Uri {
        let beta = query.is_some_and(|query| query.split('&').any(|pair| pair == "beta=true"));
        if beta {
            self.beta.clone()
        } else {
            self.plain.clone()
        }
    }
}

impl Anthropic {
    /// `counts`: whoever is compatible has the conversations, hardly ever the counting.
    pub(super) fn new(base: &str, counts: bool) -> Result<Self, String> {
        let base = Base::new(base)?.without_version();
        Ok(Self {
            converse: Address::new(&base, "/v1/messages")?,
            count: counts
                .then(|| Address::new(&base, "/v1/messages/count_tokens"))
                .transpose()?,
            models: base.join("/v1/models")?,
            base,
        })
    }
}

impl Site for Anthropic {
    fn speaks(&self, operation: Operation, client: Dialect, _: &str) -> Option<Dialect> {
        let spoken = match operation {
            Operation::Converse => true,
            Operation::CountTokens => self.count.is_some() && client == Dialect::Messages,
            _ => false,
        };
        spoken.then_some(Dialect::Messages)
    }

    fn address(&self, call: &Outbound<'_>, headers: &mut HeaderMap) -> Result<Uri, String> {
        headers::anthropic(headers, call.client_headers);
        let address = match call.operation {
            Operation::CountTokens => self.count.as_ref(),
            _ => None,
        };
        Ok(address.unwrap_or(&self.converse).with(call.query))
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, headers: &mut HeaderMap) -> Option<Uri> {
        headers::anthropic(headers, &HeaderMap::new());
        Some(self.models.clone())
    }
}
