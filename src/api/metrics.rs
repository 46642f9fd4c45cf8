//! `/metrics`: for whoever has the token, or is an admin.

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::payload::{PlainText, Response};

use super::extract::{self, Admin, Guarded};
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
    #[oai(path = "/metrics", method = "get", operation_id = "metrics")]
    async fn metrics(
        &self,
        _guarded: Guarded,
        request: &Request,
    ) -> Result<Response<PlainText<String>>, Problem> {
        if !self.opens(extract::credential(request)?) {
            Admin::of(request).await?;
        }
        Ok(Response::new(PlainText(telemetry::metrics::render()))
            .header(CONTENT_TYPE, TEXT)
            .header(CACHE_CONTROL, "no-store"))
    }
}

impl Metrics {
    fn opens(&self, credential: &str) -> bool {
        let digest =
            |text: &str| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        // Digests, so that the time it takes tells nothing about the token.
        self.token
            .as_ref()
            .is_some_and(|token| digest(token.expose()).as_ref() == digest(credential).as_ref())
    }
}
