//! The OpenAPI document against the server it describes.

use std::collections::BTreeSet;

use manti::models::user::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::manti::Manti;

const METHODS: [&str; 5] = ["get", "post", "patch", "delete", "put"];

fn document() -> Value {
    serde_json::from_str(&manti::api::document()).unwrap()
}

/// What the contract promises.
const WANTED: [&str; 71] = [
    "POST /v1/chat/completions",
    "POST /v1/completions",
    "POST /v1/embeddings",
    "POST /v1/rerank",
    "POST /v1/moderations",
    "POST /v1/images/generations",
    "POST /v1/images/edits",
    "POST /v1/audio/speech",
    "POST /v1/audio/transcriptions",
    "POST /v1/audio/translations",
    "POST /v1/messages",
    "POST /v1/messages/count_tokens",
    "POST /v1/responses",
    "GET /v1/responses",
    "POST /v1/responses/compact",
    "GET /v1beta/models",
    "GET /v1beta/models/{id}",
    "POST /v1beta/models/{model}:generateContent",
    "POST /v1beta/models/{model}:streamGenerateContent",
    "POST /v1beta/models/{model}:countTokens",
    "POST /v1beta/models/{model}:embedContent",
    "POST /v1beta/models/{model}:batchEmbedContents",
    "POST /v1/models/{model}:generateContent",
    "GET /v1/models",
    "GET /v1/models/{id}",
    "GET /v1/usage",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /docs",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/logout",
    "GET /api/v1/me",
    "PATCH /api/v1/me",
    "POST /api/v1/me/password",
    "GET /api/v1/users",
    "POST /api/v1/users",
    "GET /api/v1/users/{id}",
    "PATCH /api/v1/users/{id}",
    "DELETE /api/v1/users/{id}",
    "GET /api/v1/keys",
    "POST /api/v1/keys",
    "GET /api/v1/keys/{id}",
    "PATCH /api/v1/keys/{id}",
    "DELETE /api/v1/keys/{id}",
    "POST /api/v1/keys/{id}/rotate",
    "GET /api/v1/teams",
    "POST /api/v1/teams",
    "GET /api/v1/teams/{id}",
    "PATCH /api/v1/teams/{id}",
    "DELETE /api/v1/teams/{id}",
    "GET /api/v1/teams/{id}/members",
    "POST /api/v1/teams/{id}/members",
    "GET /api/v1/audit",
    "GET /api/v1/status",
    "GET /api/v1/providers",
    "POST /api/v1/providers",
    "GET /api/v1/providers/{name}",
    "PATCH /api/v1/providers/{name}",
    "DELETE /api/v1/providers/{name}",
    "POST /api/v1/providers/{name}/test",
    "GET /api/v1/models",
    "POST /api/v1/models",
    "GET /api/v1/models/{name}",
    "PATCH /api/v1/models/{name}",
    "DELETE /api/v1/models/{name}",
    "GET /api/v1/usage",
    "GET /api/v1/usage/report",
    "GET /api/v1/usage/{id}",
];

/// Every operation: path, method, what the document says.
fn operations(document: &Value) -> Vec<(String, Method, Value)> {
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(METHODS.contains(&method.as_str()), "{method} {path}");
            let method = method.to_uppercase().parse().unwrap();
            found.push((path.clone(), method, operation.clone()));
        }
    }
    found
}

/// All `$ref`s below a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.insert(reference.clone());
            }
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_address_of_the_contract_is_in_it_with_an_operation_id_and_the_error_envelope() {
    let document = document();
    let operations = operations(&document);
    let ids: BTreeSet<_> = operations
        .iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), operations.len(), "an operation id occurs twice");
    for wanted in WANTED {
        let (method, path) = wanted.split_once(' ').unwrap();
        let operation = operations
            .iter()
            .find(|(other, verb, _)| other == path && verb == method)
            .unwrap_or_else(|| panic!("{wanted} is missing"));
        if !["/healthz", "/readyz", "/openapi.json", "/docs"].contains(&path) {
            let error = &operation.2["responses"]["default"]["content"]["application/json"];
            let name = if path.starts_with("/v1/messages") {
                "AnthropicError"
            } else if path.starts_with("/v1beta/") || path.contains("{model}:") {
                "GoogleError"
            } else {
                "Error"
            };
            assert_eq!(
                error["schema"]["$ref"],
                format!("#/components/schemas/{name}"),
                "{wanted}"
            );
        }
    }
}

#[test]
fn every_reference_resolves_and_every_schema_is_used() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in &found {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.contains_key(name), "{name} is not there");
    }
    for name in schemas.keys() {
        assert!(
            found.contains(&format!("#/components/schemas/{name}")),
            "{name} is used nowhere"
        );
    }
}

#[test]
fn model_calls_answer_in_both_media_types() {
    let document = document();
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let content = &document["paths"][path]["post"]["responses"]["200"]["content"];
        for kind in ["application/json", "text/event-stream"] {
            assert!(content[kind]["schema"]["$ref"].is_string(), "{path} {kind}");
        }
        let asked = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"];
        assert!(asked["schema"]["$ref"].is_string(), "{path}");
    }
}

/// An address with its parameters filled in.
fn filled(path: &str) -> String {
    path.replace("{id}", "none")
        .replace("{model}", "none")
        .replace("{user}", "none")
        .replace("{name}", "none")
}

#[tokio::test]
async fn an_anonymous_sweep_over_the_document_gets_nothing() {
    const OPEN: [&str; 7] = [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/api/v1/auth/login",
        "/api/v1/auth/refresh",
        "/api/v1/auth/logout",
    ];
    let manti = Manti::start().await;
    for (path, method, operation) in operations(&document()) {
        let closed = path == "/v1/responses" && method == "GET";
        if closed {
            // No WebSocket for anybody, and that at once.
            assert_eq!(manti.get(&path, "").await.status, 426);
        }
        if closed || OPEN.contains(&path.as_str()) {
            assert!(
                operation["security"].is_null(),
                "{path} says it wants a credential"
            );
            continue;
        }
        assert!(
            !operation["security"].as_array().unwrap().is_empty(),
            "{path}"
        );
        for credential in ["", "sk-manti-0000000000000000000000000000000000000000"] {
            let reply = manti
                .call(method.clone(), &filled(&path), credential, Some(json!({})))
                .await;
            assert_eq!(reply.status, 401, "{method} {path}");
        }
    }
    for path in [
        "/api/v1/auth/login",
        "/api/v1/auth/refresh",
        "/api/v1/auth/logout",
    ] {
        let reply = manti.post(path, "", json!({})).await;
        assert!(
            [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED].contains(&reply.status),
            "{path}: {reply:?}"
        );
    }
    manti.stop().await;
}

#[tokio::test]
async fn every_operation_exists_and_no_role_makes_it_fail() {
    let manti = Manti::start().await;
    manti.user("admin@example.com", Role::Admin).await;
    manti.user("member@example.com", Role::Member).await;
    for email in ["admin@example.com", "member@example.com"] {
        let token = manti.login(email).await;
        for (path, method, _) in operations(&document()) {
            if path.contains("/auth/") {
                continue;
            }
            let body = (method != Method::GET).then(|| json!({}));
            let reply = manti
                .call(method.clone(), &filled(&path), &token, body)
                .await;
            assert!(reply.status.as_u16() < 500, "{method} {path}: {reply:?}");
            assert_ne!(reply.status, 405, "{method} {path}");
            assert_ne!(reply.status, 401, "{method} {path}");
        }
    }
    manti.stop().await;
}

#[tokio::test]
async fn the_documentation_page_runs_under_its_own_policy() {
    let manti = Manti::start().await;
    let page = manti.get("/docs", "").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(
        !page.body.contains("<script>"),
        "a script in the page would not run"
    );
    for path in [
        "/docs/swagger-ui.js",
        "/docs/swagger-ui.css",
        "/docs/start.js",
    ] {
        assert!(page.body.contains(path) || path.ends_with("css"), "{path}");
        let part = manti.get(path, "").await;
        assert_eq!(part.status, 200, "{path}");
        assert!(part.body.len() > 20, "{path}");
    }
    let document = manti.get("/openapi.json", "").await;
    assert!(
        document
            .header("content-type")
            .starts_with("application/json")
    );
    assert_eq!(document.json()["openapi"], "3.0.3");
    manti.stop().await;
}
