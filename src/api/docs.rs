//! The document, and a page to read it with.
//!
//! poem-openapi has Swagger UI as one page with everything inside it, which no content security
//! policy would let run. Its script and its style are therefore served as files of their own.

use std::sync::OnceLock;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use poem::{Body, Response};
use poem_openapi::payload::{Html, Json};
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::Value;

use super::routes::{Tag, document};

/// Scripts and data of this origin only; Swagger UI sets styles as it goes.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Manti API</title>\
    <link rel=\"stylesheet\" href=\"/docs/swagger-ui.css\">\
    <div id=\"ui\"></div>\
    <script src=\"/docs/swagger-ui.js\"></script><script src=\"/docs/start.js\"></script></html>";

const START: &str = "SwaggerUIBundle({ dom_id: '#ui', url: '/openapi.json', deepLinking: true });";

/// `/openapi.json` and `/docs`
#[derive(Debug, Clone)]
pub(super) struct Docs;

#[OpenApi(tag = "Tag::Operations")]
#[expect(clippy::unused_async, reason = "poem-openapi takes no other handlers")]
impl Docs {
    /// This document
    #[oai(
        path = "/openapi.json",
        method = "get",
        operation_id = "openapi",
        actual_type = "Json<Value>"
    )]
    async fn openapi(&self) -> Response {
        static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
        let document = DOCUMENT.get_or_init(|| document().into()).clone();
        file("application/json", document)
    }

    /// Swagger UI
    #[oai(
        path = "/docs",
        method = "get",
        operation_id = "docs",
        actual_type = "Html<String>"
    )]
    async fn docs(&self) -> Response {
        let mut response = file("text/html; charset=utf-8", PAGE);
        let policy = http::HeaderValue::from_static(POLICY);
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
        response
    }

    /// Swagger UI's script
    #[oai(path = "/docs/swagger-ui.js", method = "get", hidden)]
    async fn script(&self) -> Response {
        file("text/javascript; charset=utf-8", part("script"))
    }

    /// Swagger UI's style
    #[oai(path = "/docs/swagger-ui.css", method = "get", hidden)]
    async fn style(&self) -> Response {
        file("text/css; charset=utf-8", part("style"))
    }

    /// Starts Swagger UI
    #[oai(path = "/docs/start.js", method = "get", hidden)]
    async fn start(&self) -> Response {
        file("text/javascript; charset=utf-8", START)
    }
}

fn file(content_type: &'static str, content: impl Into<Body>) -> Response {
    Response::builder()
        .header(CONTENT_TYPE, content_type)
        .header(CACHE_CONTROL, "no-cache")
        .body(content.into())
}

/// What stands in the first element of a name on poem-openapi's page; kept nowhere, since few ask.
fn part(element: &str) -> String {
    let page = OpenApiService::new((), "", "").swagger_ui_html();
    let content = page
        .split_once(&format!("<{element} charset=\"UTF-8\">"))
        .and_then(|(_, rest)| rest.split_once(&format!("</{element}>\n")));
    content
        .map(|(content, _)| content.to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swagger_uis_parts_are_found_whole() {
        let script = part("script");
        assert!(script.len() > 500_000, "{}", script.len());
        assert!(script.contains("SwaggerUIBundle"));
        assert!(!script.contains("let spec ="));
        assert!(part("style").len() > 50_000);
    }
}
