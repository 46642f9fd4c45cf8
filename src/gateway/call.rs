//! What comes in and what goes out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::body::Body;
use super::upload::Upload;
use crate::dialects::peek::Head;
use crate::dialects::{Dialect, Wire};
use crate::models::operation::Endpoint;
use crate::models::principal::Principal;
use crate::models::refusal::Refusal;

/// How many tags a call has at most.
const MOST_TAGS: usize = 10;

/// All tags of a call: those of its headers go before those of its body.
pub(super) fn tags(
    headers: &BTreeMap<String, String>,
    body: &[(String, String)],
) -> BTreeMap<String, String> {
    let mut tags = headers.clone();
    for (name, value) in body {
        if tags.len() < MOST_TAGS {
            tags.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    tags
}

/// A call of an authenticated client, read but not parsed.
#[derive(Debug)]
pub struct Call {
    /// `req_…`: the answer's `x-request-id` and the record's id.
    pub id: Arc<str>,
    /// When the request arrived.
    pub received: Instant,
    /// Who calls.
    pub principal: Arc<Principal>,
    /// The route it came in by.
    pub endpoint: Endpoint,
    /// The wire format of the client.
    pub client: &'static dyn Wire,
    /// What the address asks for, where the format has that there and not in the body.
    pub addressed: Option<Addressed>,
    /// The body as it came; empty where it comes in parts.
    pub body: Bytes,
    /// The body where it comes in parts.
    pub upload: Option<Upload>,
    /// Of the client's headers, those that may go on to a provider.
    pub headers: HeaderMap,
    /// The query string, such as `beta=true`.
    pub query: Option<String>,
    /// Refuse what the target cannot be told (`x-manti-strict: 1`).
    pub strict: bool,
    /// Tags the client gave in headers.
    pub tags: BTreeMap<String, String>,
}

impl Call {
    /// Which wire format the client speaks.
    pub(super) fn dialect(&self) -> Dialect {
        self.client.dialect()
    }

    /// The head with what the address asks for.
    pub(super) fn addressed(&self, mut head: Head) -> Head {
        if let Some(asked) = &self.addressed {
            head.model.clone_from(&asked.model);
            head.stream = asked.stream;
        }
        head
    }
}

/// What an address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// The model.
    pub model: String,
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// Whether these are to be items of one JSON array rather than events.
    pub array: bool,
}

/// An answer whose body is on its way.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Content type and everything that begins with `x-`.
    pub headers: HeaderMap,
    /// The body: whole, or a stream that settles the call when it ends or is dropped.
    pub body: Body,
}

/// A call that is not answered, and what its headers tell.
#[derive(Debug)]
pub struct Declined {
    /// Why.
    pub refusal: Refusal,
    /// Everything that begins with `x-`.
    pub headers: HeaderMap,
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            headers: HeaderMap::new(),
        }
    }
}
