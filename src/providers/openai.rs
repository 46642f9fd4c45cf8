//! OpenAI, and whoever speaks its chat completions.

use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Uri};

use super::address::Base;
use super::keys::Keys;
use super::{Outbound, SegmentsBody, headers};
use crate::config::Secret;

/// How chat completions are addressed and signed.
#[derive(Debug)]
pub(super) struct Api {
    keys: Keys,
    converse: Uri,
    models: Uri,
    pub(super) base: Base,
}

impl Api {
    pub(super) fn new(base: &str, secrets: &[Secret]) -> Result<Self, String> {
        let base = Base::new(base)?.with_version();
        Ok(Self {
            keys: Keys::new(secrets, "Bearer ")?,
            converse: base.join("/chat/completions")?,
            models: base.join("/models")?,
            base,
        })
    }

    pub(super) fn request(&self, call: Outbound<'_>) -> http::Request<SegmentsBody> {
        let headers = self.sign(headers::outgoing(call.stream));
        post(self.converse.clone(), headers, call.body.into())
    }

    pub(super) fn probe(&self) -> http::Request<SegmentsBody> {
        get(self.models.clone(), self.sign(headers::outgoing(false)))
    }

    fn sign(&self, mut headers: HeaderMap) -> HeaderMap {
        if let Some(key) = self.keys.pick() {
            headers.insert(AUTHORIZATION, key.clone());
        }
        headers
    }
}

pub(super) fn post(
    uri: Uri,
    headers: HeaderMap,
    body: SegmentsBody,
) -> http::Request<SegmentsBody> {
    let mut request = http::Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

pub(super) fn get(uri: Uri, headers: HeaderMap) -> http::Request<SegmentsBody> {
    let mut request = post(uri, headers, SegmentsBody::default());
    *request.method_mut() = Method::GET;
    request
}
