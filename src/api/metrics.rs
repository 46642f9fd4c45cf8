//! `/metrics`: for whoever has the token, or is an admin.

use poem::{IntoResponse, Request, Response};
use poem_openapi::OpenApi;
use poem_openapi::payload::PlainText;

use super::extract::{self, Admin};
use super::problem::Problem;
use super::routes::Tag;
use crate::config::Secret;
use crate::telemetry;

/// Prometheus' text format, with its version.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `/metrics`
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    pub(super) token: Option<Secret>,
}

#[OpenApi(tag = "Tag::Operations")]
impl Metrics {
    /// Figures for Prometheus
    ///
    /// Opened by `server.metrics_token` as the bearer token, or by an admin's API key or access
    /// token. `server.metrics_listen` serves the same without either on its own address.
    #[oai(
        path = "/metrics",
        method = "get",
        operation_id = "metrics",
        actual_type = "PlainText<String>"
    )]
    async fn metrics(&self, request: &Request) -> Result<Response, Problem> {
        if !self.opens(extract::credential(request)?) {
            Admin::of(request).await?;
        }
        Ok(page())
    }
}

impl Metrics {
    fn opens(&self, credential: &str) -> bool {
        let digest = |text: &str| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        // Digests, so that the time it takes tells nothing about the token.
        self.token
            .as_ref()
            .is_some_and(|token| digest(token.expose()).as_ref() == digest(credential).as_ref())
    }
}

/// All figures.
pub(super) fn page() -> Response {
    telemetry::metrics::render()
        .with_header("cache-control", "no-store")
        .with_content_type(TEXT)
        .into_response()
}
