//! Calls whose answer's kind only the provider knows: an object, events, or bytes that are no text.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use sync_wrapper::SyncWrapper;

use super::attempt::Opened;
use super::body::{Body, Poured};
use super::call::Answer;
use super::pour::Pour;
use super::run::Run;
use crate::models::operation::Operation;

/// What an answer is, by what it calls itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Object,
    Events,
    Bytes,
}

impl Form {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with(b"application/json") || kind.starts_with(b"text/html") {
            Self::Object
        } else if kind.starts_with(b"text/event-stream") {
            Self::Events
        } else {
            Self::Bytes
        }
    }
}

impl Run {
    /// Whether only the provider knows what its answer will be.
    pub(super) fn is_media(&self) -> bool {
        matches!(
            self.call.endpoint.operation(),
            Operation::Speak | Operation::Transcribe | Operation::Translate | Operation::EditImage
        )
    }

    /// An answer of bytes, as they come; the first are here.
    pub(super) fn bytes(self: Box<Self>, first: Option<Bytes>, opened: Opened) -> Answer {
        let mut told = self.told();
        if let Some(kind) = opened.headers.get(CONTENT_TYPE) {
            told.insert(CONTENT_TYPE, kind.clone());
        }
        let timeouts = self.candidate.target.timeouts.clone();
        let deadline = self.pursuit.deadline;
        let pour = Pour::new(first, opened.body, self.permit, timeouts, deadline);
        Answer {
            status: opened.status,
            headers: told,
            body: Body::Poured(SyncWrapper::new(Box::new(Poured::new(pour)))),
        }
    }
}
