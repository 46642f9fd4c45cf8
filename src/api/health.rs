//! Whether the process is up, and whether it is ready to serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use poem::http::StatusCode;
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::payload::Answer;
use super::routes::Tag;
use crate::auth::Authenticator;

/// How far the process is in its life; the server moves it, the API reads it.
#[derive(Debug, Default)]
pub struct Readiness {
    prepared: AtomicBool,
    draining: AtomicBool,
    closing: AtomicBool,
    has_provider: AtomicBool,
}

impl Readiness {
    /// A process that is not prepared yet.
    pub fn new(has_provider: bool) -> Arc<Self> {
        let readiness = Self::default();
        readiness.has_provider.store(has_provider, Relaxed);
        Arc::new(readiness)
    }

    /// The database is migrated and what was left over is taken up.
    pub fn prepared(&self) {
        self.prepared.store(true, Relaxed);
    }

    /// A stop was asked for: not ready any more, but everything is still accepted.
    pub fn drain(&self) {
        self.draining.store(true, Relaxed);
    }

    /// Only what is running goes on; new requests are refused.
    pub fn close(&self) {
        self.drain();
        self.closing.store(true, Relaxed);
    }

    /// Whether new requests are refused.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }
}

/// `/healthz` and `/readyz`.
#[derive(Debug, Clone)]
pub(super) struct Health {
    pub(super) readiness: Arc<Readiness>,
    pub(super) authenticator: Authenticator,
}

#[OpenApi(tag = "Tag::Operations")]
#[expect(clippy::unused_async, reason = "poem-openapi takes no other handlers")]
impl Health {
    /// Whether the process is up
    #[oai(path = "/healthz", method = "get", operation_id = "healthz")]
    async fn up(&self) -> Answer<Up> {
        Answer(Up {
            status: "ok".to_owned(),
        })
    }

    /// Whether it is ready to serve
    ///
    /// Ready means: the database is reachable or its grace is running, there is at least one
    /// provider, and no stop was asked for.
    #[oai(path = "/readyz", method = "get", operation_id = "readyz")]
    async fn ready(&self) -> Ready {
        let readiness = &self.readiness;
        let checks = Checks {
            status: String::new(),
            prepared: readiness.prepared.load(Relaxed),
            database: self.authenticator.serves(),
            provider: readiness.has_provider.load(Relaxed),
            draining: readiness.draining.load(Relaxed),
        };
        let ready = checks.prepared && checks.database && checks.provider && !checks.draining;
        let status = if ready { "ready" } else { "not ready" }.to_owned();
        Ready(ready, Checks { status, ..checks })
    }
}

/// The process is up.
#[derive(Debug, Object)]
struct Up {
    /// `ok`
    status: String,
}

/// What readiness depends on.
#[derive(Debug, Object)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a check of its own, as the answer shows it"
)]
struct Checks {
    /// `ready` or `not ready`.
    status: String,
    /// The database is migrated and what an earlier process left is taken up.
    prepared: bool,
    /// The database is reachable, or its grace is running.
    database: bool,
    /// There is at least one provider.
    provider: bool,
    /// A stop was asked for.
    draining: bool,
}

/// 200 or 503, with the same body.
struct Ready(bool, Checks);

impl IntoResponse for Ready {
    fn into_response(self) -> Response {
        let mut response = Answer(self.1).into_response();
        if !self.0 {
            response.set_status(StatusCode::SERVICE_UNAVAILABLE);
        }
        response
    }
}

impl ApiResponse for Ready {
    fn meta() -> MetaResponses {
        let mut responses = Answer::<Checks>::meta();
        let mut unready = Answer::<Checks>::meta();
        for response in &mut unready.responses {
            response.status = Some(503);
            response.description = "Not ready.";
        }
        responses.responses[0].description = "Ready.";
        responses.responses.append(&mut unready.responses);
        responses
    }

    fn register(registry: &mut Registry) {
        <Answer<Checks> as ApiResponse>::register(registry);
    }
}
