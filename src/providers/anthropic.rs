//! Anthropic, and whoever speaks its messages.

use http::{HeaderMap, HeaderName, Uri};

use super::address::Base;
use super::keys::Keys;
use super::openai::{get, post};
use super::{Outbound, SegmentsBody, headers};
use crate::config::Secret;
use crate::models::operation::Operation;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// How messages are addressed and signed.
#[derive(Debug)]
pub(super) struct Api {
    keys: Keys,
    converse: Address,
    count: Address,
    models: Uri,
    pub(super) base: Base,
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

impl Api {
    pub(super) fn new(base: &str, secrets: &[Secret]) -> Result<Self, String> {
        let base = Base::new(base)?.without_version();
        Ok(Self {
            keys: Keys::new(secrets, "")?,
            converse: Address::new(&base, "/v1/messages")?,
            count: Address::new(&base, "/v1/messages/count_tokens")?,
            models: base.join("/v1/models")?,
            base,
        })
    }

    pub(super) fn request(&self, call: Outbound<'_>) -> http::Request<SegmentsBody> {
        let mut headers = self.sign(headers::outgoing(call.stream));
        headers::anthropic(&mut headers, call.client_headers);
        let address = match call.operation {
            Operation::Converse => &self.converse,
            Operation::CountTokens => &self.count,
        };
        post(address.with(call.query), headers, call.body.into())
    }

    pub(super) fn probe(&self) -> http::Request<SegmentsBody> {
        let mut headers = self.sign(headers::outgoing(false));
        headers::anthropic(&mut headers, &HeaderMap::new());
        get(self.models.clone(), headers)
    }

    fn sign(&self, mut headers: HeaderMap) -> HeaderMap {
        if let Some(key) = self.keys.pick() {
            headers.insert(API_KEY, key.clone());
        }
        headers
    }
}
