//! One line in the log and one count a request, when the last byte of its answer is out.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::BoxBody;
use metrics::Gauge;
use poem::Response;

use crate::api::extract::Arrival;
use crate::telemetry::metrics as figures;

const PROVIDER: HeaderName = HeaderName::from_static("x-manti-provider");

/// A request on its way; written down when it is dropped.
pub(super) struct Entry {
    arrival: Arc<Arrival>,
    method: &'static str,
    route: &'static str,
    status: u16,
    code: Option<String>,
    provider: Option<HeaderValue>,
    running: Gauge,
    /// Bytes that went out.
    sent: u64,
    whole: bool,
}

impl Entry {
    pub(super) fn begin(arrival: Arc<Arrival>, method: &'static str, running: Gauge) -> Self {
        running.increment(1.0);
        Self {
            arrival,
            method,
            route: "none",
            // What a client that left before its answer would have got.
            status: 499,
            code: None,
            provider: None,
            running,
            sent: 0,
            whole: false,
        }
    }

    pub(super) fn route(&mut self, route: &'static str, status: u16, code: Option<String>) {
        self.route = route;
        self.status = status;
        self.code = code;
    }

    /// Follows an answer to its end.
    pub(super) fn follow(mut self, mut response: Response) -> Response {
        self.provider = response.headers().get(PROVIDER).cloned();
        let body: BoxBody<Bytes, io::Error> = response.take_body().into();
        if let Some(length) = body.size_hint().exact() {
            self.sent = length;
            self.whole = true;
            response.set_body(poem::Body::from(body));
            return response;
        }
        let body = Followed { body, entry: self };
        response.set_body(poem::Body::from(BoxBody::new(body)));
        response
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.running.decrement(1.0);
        figures::request(self.route, self.method, self.status);
        if self.status >= 400 {
            figures::refusal(self.route, self.code.as_deref());
        }
        if !tracing::enabled!(target: "manti::access", tracing::Level::INFO) {
            return;
        }
        let principal = self.arrival.caller.get();
        tracing::info!(
            target: "manti::access",
            {
            request.id = self.arrival.id.as_ref(),
            http.method = self.method,
            http.route = self.route,
            http.status = self.status,
            http.sent = self.sent,
            http.complete = self.whole,
            duration_ms = millis(self.arrival.received.elapsed()),
            user.id = principal.map(|principal| &*principal.user_id),
            key.id = principal.and_then(|principal| principal.key.as_ref()).map(|key| &*key.id),
            provider = self.provider.as_ref().and_then(|name| name.to_str().ok()),
            error.code = self.code.as_deref(),
            },
            "request"
        );
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A streamed body that takes its entry along.
struct Followed {
    body: BoxBody<Bytes, io::Error>,
    entry: Entry,
}

impl Body for Followed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            Poll::Ready(None) => self.entry.whole = true,
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                self.entry.sent += length as u64;
            }
            _ => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
