//! Every refusal in the words of the address that was called.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::manti::{Manti, Reply};

fn is_openai(reply: &Reply) {
    let body = reply.json();
    let error = body["error"].as_object().unwrap();
    for field in ["message", "type", "param", "code"] {
        assert!(error.contains_key(field), "{field} in {body}");
    }
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    common(reply);
}

fn is_anthropic(reply: &Reply) {
    let body = reply.json();
    assert_eq!(body["type"], "error", "{body}");
    assert!(body["error"]["type"].is_string(), "{body}");
    assert!(body["error"]["message"].is_string(), "{body}");
    assert_eq!(body["request_id"], reply.header("request-id"), "{body}");
    assert_eq!(reply.header("request-id"), reply.header("x-request-id"));
    common(reply);
}

fn common(reply: &Reply) {
    assert!(reply.header("x-request-id").starts_with("req_"));
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(!reply.body.contains("sk-manti-"), "{reply:?}");
}

/// A chat or a message, with some fields changed.
fn body(change: &Value) -> Value {
    let mut body = json!({
        "model": "demo",
        "max_tokens": 16,
        "messages": [{"role": "user", "content": "x"}],
    });
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_wrong_key_is_told_in_each_envelope() {
    let manti = Manti::start().await;
    for path in [
        "/v1/chat/completions",
        "/v1/models",
        "/v1/usage",
        "/api/v1/me",
        "/metrics",
    ] {
        let method = if path.ends_with("completions") {
            Method::POST
        } else {
            Method::GET
        };
        for credential in ["", "sk-manti-wrong", "x.y.z"] {
            let reply = manti.call(method.clone(), path, credential, None).await;
            assert_eq!(reply.status, 401, "{path}");
            assert_eq!(reply.json()["error"]["code"], "invalid_api_key", "{path}");
            assert_eq!(
                reply.json()["error"]["type"],
                "invalid_request_error",
                "{path}"
            );
            is_openai(&reply);
        }
    }
    for path in ["/v1/messages", "/v1/messages/count_tokens"] {
        let reply = manti.post(path, "sk-manti-wrong", json!({})).await;
        assert_eq!(reply.status, 401, "{path}");
        assert_eq!(
            reply.json()["error"]["type"],
            "authentication_error",
            "{path}"
        );
        is_anthropic(&reply);
    }
    manti.stop().await;
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_told_in_the_envelope_of_their_place() {
    let manti = Manti::start().await;
    for (method, path, status) in [
        (Method::GET, "/", 404),
        (Method::GET, "/nowhere", 404),
        (Method::POST, "/v1/nowhere", 404),
        (Method::GET, "/api/v1/nowhere", 404),
        (Method::GET, "/v1/chat/completions", 405),
        (Method::DELETE, "/v1/models", 405),
        (Method::PUT, "/api/v1/users/usr_1", 405),
        (Method::POST, "/healthz", 405),
    ] {
        let reply = manti.call(method, path, "", None).await;
        assert_eq!(reply.status, status, "{path}");
        is_openai(&reply);
        assert_eq!(status == 405, !reply.header("allow").is_empty(), "{path}");
    }
    for (method, path, status) in [
        (Method::GET, "/v1/messages", 405),
        (Method::GET, "/v1/messages/batches", 404),
    ] {
        let reply = manti.call(method, path, "", None).await;
        assert_eq!(reply.status, status, "{path}");
        is_anthropic(&reply);
    }
    manti.stop().await;
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_400() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    let deep = format!(
        "{{\"model\":\"demo\",\"messages\":{}{}}}",
        "[".repeat(1_000_000),
        "]".repeat(1_000_000)
    );
    let twice = r#"{"model":"demo","model":"demo","messages":[{"role":"user","content":"x"}]}"#;
    for text in [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"model\":1}",
        "{\"messages\":[]}",
        &deep,
        twice,
    ] {
        for path in [
            "/v1/chat/completions",
            "/v1/messages",
            "/v1/messages/count_tokens",
        ] {
            let request = manti.http().post(manti.url(path)).bearer_auth(&key);
            let reply = Manti::send(request.body(text.to_owned())).await;
            assert_eq!(reply.status, 400, "{path} {text:.40}: {reply:?}");
            if path.starts_with("/v1/messages") {
                is_anthropic(&reply);
            } else {
                is_openai(&reply);
            }
        }
    }
    let invalid = manti
        .http()
        .post(manti.url("/v1/chat/completions"))
        .bearer_auth(&key);
    let reply =
        Manti::send(invalid.body(b"{\"model\":\"\xff\xfe\",\"messages\":[]}".to_vec())).await;
    assert_eq!(reply.status, 400);
    is_openai(&reply);
    manti.stop().await;
}

#[tokio::test]
async fn an_unknown_model_is_404_in_each_envelope() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    let asked = body(&json!({"model": "no-such-model"}));
    let reply = manti
        .post("/v1/chat/completions", &key, asked.clone())
        .await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.json()["error"]["code"], "model_not_found");
    is_openai(&reply);
    let reply = manti.post("/v1/messages", &key, asked).await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.json()["error"]["type"], "not_found_error");
    is_anthropic(&reply);
    let reply = manti.get("/v1/models/no-such-model", &key).await;
    assert_eq!(reply.status, 404);
    is_openai(&reply);
    manti.stop().await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413_in_each_envelope() {
    let manti = Manti::with(|config| config.server.request_body_limit = 10_000).await;
    let key = manti.key().await;
    let large = body(&json!({"padding": "x".repeat(20_000)}));
    let reply = manti
        .post("/v1/chat/completions", &key, large.clone())
        .await;
    assert_eq!(reply.status, 413);
    assert_eq!(reply.json()["error"]["code"], "request_too_large");
    is_openai(&reply);
    let reply = manti.post("/v1/messages", &key, large).await;
    assert_eq!(reply.status, 413);
    assert_eq!(reply.json()["error"]["type"], "request_too_large");
    is_anthropic(&reply);
    manti.stop().await;
}

#[tokio::test]
async fn a_compressed_body_is_415_and_any_content_type_is_taken() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    let post = || {
        let url = manti.url("/v1/chat/completions");
        manti.http().post(url).bearer_auth(&key)
    };
    let text = body(&json!({})).to_string();
    let reply = Manti::send(post().header("content-encoding", "gzip").body("x")).await;
    assert_eq!(reply.status, 415);
    is_openai(&reply);
    for kind in [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "nonsense",
    ] {
        let reply = Manti::send(post().header("content-type", kind).body(text.clone())).await;
        assert_eq!(reply.status, 200, "{kind}");
    }
    assert_eq!(Manti::send(post().body(text)).await.status, 200);
    manti.stop().await;
}

#[tokio::test]
async fn a_provider_that_fails_is_told_as_the_contract_says() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    let overloaded = body(&json!({"model": "demo/429"}));
    let reply = manti
        .post("/v1/chat/completions", &key, overloaded.clone())
        .await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.json()["error"]["code"], "upstream_overloaded");
    assert!(!reply.header("retry-after").is_empty());
    is_openai(&reply);
    let reply = manti.post("/v1/messages", &key, overloaded).await;
    assert_eq!(reply.status, 529);
    assert_eq!(reply.json()["error"]["type"], "overloaded_error");
    assert!(!reply.header("retry-after").is_empty());
    is_anthropic(&reply);
    let failing = body(&json!({"model": "demo/500"}));
    let reply = manti
        .post("/v1/chat/completions", &key, failing.clone())
        .await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.json()["error"]["code"], "upstream_error");
    is_openai(&reply);
    let reply = manti.post("/v1/messages", &key, failing).await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.json()["error"]["type"], "api_error");
    is_anthropic(&reply);
    manti.stop().await;
}

#[tokio::test]
async fn addresses_are_forgiving_about_slashes_and_queries() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    for path in [
        "//v1//chat//completions",
        "/v1/chat/completions/",
        "/v1/chat/completions?beta=true",
        "/v1/messages?beta=true",
        "/v1//messages/",
        "/v1/messages/count_tokens?beta=true",
    ] {
        let reply = manti.post(path, &key, body(&json!({}))).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
    }
    for path in [
        "/v1/models/demo",
        "/v1/models/demo/demo",
        "/v1/models/demo%2Fdemo",
        "/v1/models/",
    ] {
        let reply = manti.get(path, &key).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
    }
    manti.stop().await;
}

#[tokio::test]
async fn cors_lets_in_only_the_configured_origins_and_never_with_cookies() {
    let manti = Manti::with(|config| {
        config.server.cors_origins = vec!["https://app.example.com".to_owned()];
    })
    .await;
    let ask = |method: Method, origin: &'static str| {
        let url = manti.url("/v1/models");
        let request = manti.http().request(method, url).header("origin", origin);
        Manti::send(request.header("access-control-request-method", "GET"))
    };
    let reply = ask(Method::OPTIONS, "https://app.example.com").await;
    assert_eq!(reply.status, 204);
    assert_eq!(
        reply.header("access-control-allow-origin"),
        "https://app.example.com"
    );
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    let reply = ask(Method::GET, "https://app.example.com").await;
    assert_eq!(reply.status, 401);
    assert_eq!(
        reply.header("access-control-allow-origin"),
        "https://app.example.com"
    );
    for method in [Method::OPTIONS, Method::GET] {
        let reply = ask(method, "https://evil.example.com").await;
        assert!(reply.status.is_client_error());
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
    manti.stop().await;
}
