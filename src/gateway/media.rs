//! Calls whose answer's kind only the provider knows: an object, events, or bytes that are no text.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use sync_wrapper::SyncWrapper;

use super::attempt::Opened;
use super::body::{Body, Poured, Relay};
use super::call::{Answer, Declined};
use super::headers;
use super::pour::Pour;
use super::run::Run;
use crate::models::operation::Operation;

/// What an answer is, by what it calls itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Object,
    Events,
    Bytes,
}

impl Form {
    fn of(headers: &HeaderMap) -> Self {
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

    /// Asks the provider and gives its answer as it comes.
    pub(super) fn media(mut self: Box<Self>) -> BoxFuture<'static, Result<Answer, Declined>> {
        Box::pin(async move {
            let gateway = Arc::clone(&self.gateway);
            let opened = gateway
                .attempt(
                    &mut self.call,
                    &mut self.composed,
                    &self.route.target,
                    self.stream,
                    &mut self.permit,
                )
                .await;
            match opened {
                Err(refusal) => Err(Declined {
                    refusal,
                    headers: self.told,
                }),
                Ok(opened) => match Form::of(&opened.headers) {
                    Form::Object => self.object(opened).await,
                    Form::Events => self.events(opened).await,
                    Form::Bytes => Ok(self.bytes(opened)),
                },
            }
        })
    }

    async fn events(mut self: Box<Self>, opened: Opened) -> Result<Answer, Declined> {
        let mut told = std::mem::take(&mut self.told);
        headers::events(&mut told);
        let status = opened.status;
        let until = tokio::time::Instant::now() + self.gateway.stream.heartbeat;
        let mut relay = Relay::running(self.relayed(opened));
        match relay.first(until).await {
            Ok(()) => Ok(Answer {
                status,
                headers: told,
                body: Body::Streamed(SyncWrapper::new(Box::new(relay))),
            }),
            Err(refusal) => Err(Declined {
                refusal,
                headers: told,
            }),
        }
    }

    fn bytes(self: Box<Self>, opened: Opened) -> Answer {
        let mut told = self.told;
        if let Some(kind) = opened.headers.get(CONTENT_TYPE) {
            told.insert(CONTENT_TYPE, kind.clone());
        }
        let timeouts = self.route.target.timeouts.clone();
        let pour = Pour::new(opened.body, self.permit, timeouts, opened.began);
        Answer {
            status: opened.status,
            headers: told,
            body: Body::Poured(SyncWrapper::new(Box::new(Poured::new(pour)))),
        }
    }
}
