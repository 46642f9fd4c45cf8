//! Rerankings and moderations.

use serde_json::json;

use super::{limited, recorded, refused, scene};

#[tokio::test]
async fn an_order_is_paid_by_the_search_or_by_the_token() {
    for (answer, units, tokens, flags) in [
        (
            r#"{"id":"i","results":[{"index":1,"relevance_score":0.9990}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":2}}}"#,
            json!({"searches": 2}),
            0,
            json!(["unpriced_searches"]),
        ),
        (
            r#"{"model":"r-1","results":[{"index":1,"relevance_score":0.9990}],"usage":{"total_tokens":43}}"#,
            json!({}),
            43,
            json!([]),
        ),
    ] {
        let scene = scene(answer).await;
        let body = json!({"model": "chat/r", "query": "q", "documents": ["a", {"text": "b"}],
            "top_n": 1, "return_documents": false});
        let told = scene.client.post("/v1/rerank", &[], body.to_string()).await;
        let id = told.id();
        assert_eq!(told.status, 200);
        assert_eq!(told.text().await, answer);
        let seen = scene.upstream.last().await;
        assert_eq!(seen.path, "/v1/rerank");
        assert_eq!(seen.json()["documents"], body["documents"]);
        let expected = json!({"endpoint": "rerank", "units": units, "input_tokens": tokens,
            "usage_source": "provider", "flags": flags});
        recorded(&scene, &id, expected).await;
        limited(&scene, "/v1/rerank", &body).await;
    }
}

#[tokio::test]
async fn a_search_costs_what_is_configured() {
    let settings = r#"
[models."ranker"]
targets = [{ provider = "chat", model = "r" }]
price = { input = "0", output = "0", searches = "2000" }
"#;
    let scene = crate::support::scene::Scene::with(settings, |asked| async move {
        super::plain(
            asked,
            r#"{"results":[],"meta":{"billed_units":{"search_units":1}}}"#,
        )
        .await
    })
    .await;
    let body = json!({"model": "ranker", "query": "q", "documents": ["a"]});
    let told = scene.client.post("/v1/rerank", &[], body.to_string()).await;
    assert_eq!(told.header("x-manti-cost-usd"), "0.002000000");
}

#[tokio::test]
async fn a_moderation_needs_no_model_named() {
    const ANSWER: &str =
        r#"{"id":"modr-1","model":"omni-moderation-2024-09-26","results":[{"flagged":false}]}"#;
    let settings = r#"
[models."omni-moderation-latest"]
targets = [{ provider = "chat" }]
price = { input = "0", output = "0" }
"#;
    let scene = crate::support::scene::Scene::with(settings, |asked| async move {
        super::plain(asked, ANSWER).await
    })
    .await;
    let told = scene
        .client
        .post("/v1/moderations", &[], r#"{"input":"Have a nice day"}"#)
        .await;
    let id = told.id();
    assert_eq!(told.header("x-manti-cost-usd"), "0.000000000");
    assert_eq!(told.text().await, ANSWER);
    let seen = scene.upstream.last().await;
    assert_eq!(seen.path, "/v1/moderations");
    let sent = json!({"model": "omni-moderation-latest", "input": "Have a nice day"});
    assert_eq!(seen.json(), sent);
    let expected = json!({"endpoint": "moderations", "status": "ok",
        "model": "omni-moderation-2024-09-26", "price_usd": "0.000000000"});
    recorded(&scene, &id, expected).await;
    limited(&scene, "/v1/moderations", &json!({"input": "a"})).await;
}

#[tokio::test]
async fn a_moderation_of_nothing_that_is_json_is_refused() {
    let scene = scene("{}").await;
    for body in ["[]", "{", "\"a\"", ""] {
        let answer = scene.client.post("/v1/moderations", &[], body).await;
        refused(&scene, answer, 400, "").await;
    }
}
