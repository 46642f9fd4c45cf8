//! Embeddings.

use serde_json::{Value, json};

use super::{limited, recorded, refused, scene};

const PATH: &str = "/v1/embeddings";
const FLOATS: &str = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,-1e-3]}],"model":"e-1","usage":{"prompt_tokens":8,"total_tokens":8}}"#;

#[tokio::test]
async fn vectors_pass_as_they_came_and_are_paid_by_the_token() {
    let scene = scene(FLOATS).await;
    for input in [
        json!("a text"),
        json!(["one", "two"]),
        json!([9906, 11, 1917]),
        json!([[9906], [11, 1917]]),
    ] {
        for format in ["float", "base64"] {
            let body = json!({"model": "chat/e", "input": input, "dimensions": 256,
                "encoding_format": format, "user": "u-1"});
            let answer = scene.client.post(PATH, &[], body.to_string()).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("x-manti-provider"), "chat");
            assert_eq!(answer.header("x-manti-cost-usd"), "0.000008000");
            let id = answer.id();
            assert_eq!(answer.text().await, FLOATS);
            let seen = scene.upstream.last().await;
            assert_eq!(seen.path, PATH);
            let mut sent = body;
            sent["model"] = "e".into();
            assert_eq!(seen.json(), sent);
            let expected = json!({"endpoint": "embeddings", "status": "ok", "stream": false,
                "requested_model": "chat/e", "model": "e-1", "input_tokens": 8,
                "output_tokens": 0, "units": {}, "cost_usd": "0.000008000",
                "usage_source": "provider", "flags": [], "end_user": "u-1"});
            recorded(&scene, &id, expected).await;
        }
    }
    limited(&scene, PATH, &json!({"model": "chat/e", "input": "a"})).await;
}

#[tokio::test]
async fn tokens_that_nobody_told_are_counted() {
    let scene = scene(r#"{"object":"list","data":[{"index":0,"embedding":[1]}]}"#).await;
    for (input, tokens) in [
        (json!("Hello, world! How are you today?"), 9),
        (json!([[9906, 11], [1917]]), 3),
    ] {
        let body = json!({"model": "chat/e", "input": input});
        let answer = scene.client.post(PATH, &[], body.to_string()).await;
        let id = answer.id();
        answer.text().await;
        let expected = json!({"usage_source": "estimated", "input_tokens": tokens,
            "output_tokens": 0});
        recorded(&scene, &id, expected).await;
    }
}

#[tokio::test]
async fn what_is_no_question_for_embeddings_is_refused() {
    let scene = scene(FLOATS).await;
    let post = |body: &'static str| scene.client.post(PATH, &[], body);
    refused(&scene, post(r#"{"input":"a"}"#).await, 400, "model").await;
    refused(
        &scene,
        post(r#"{"model":7,"input":"a"}"#).await,
        400,
        "model",
    )
    .await;
    let twice = r#"{"model":"chat/a","model":"chat/b","input":"a"}"#;
    refused(&scene, post(twice).await, 400, "model").await;
    refused(&scene, post(r#"{"model":"chat/e","input":"#).await, 400, "").await;
    let elsewhere = post(r#"{"model":"messages/e","input":"a"}"#).await;
    let id = elsewhere.id();
    assert_eq!(elsewhere.status, 400);
    let body = elsewhere.json().await;
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("messages") && message.contains("embeddings"),
        "{message}"
    );
    recorded(&scene, &id, json!({"status": "rejected"})).await;
    assert!(scene.upstream.seen().await.is_empty());
}

#[tokio::test]
async fn a_provider_that_fails_is_told_as_everywhere() {
    let body = r#"{"error":{"message":"no such model","type":"t","param":null,"code":"c"}}"#;
    let scene = crate::support::scene::Scene::new(move |asked| async move {
        let kind = [("content-type", "application/json")];
        match asked.model().as_str() {
            "missing" => asked.answer(404, &kind, body).await,
            "error" => asked.answer(200, &kind, body).await,
            "odd" => asked.answer(200, &kind, "{\"data\":null}").await,
            _ => asked.answer(200, &kind, "{\"data\":[{\"embedd").await,
        }
    })
    .await;
    for (model, status) in [("missing", 404), ("error", 502), ("odd", 502), ("cut", 502)] {
        let asked = json!({"model": format!("chat/{model}"), "input": "a"});
        let answer = scene.client.post(PATH, &[], asked.to_string()).await;
        let (got, id) = (answer.status, answer.id());
        let told: Value = answer.json().await;
        assert_eq!(got, status, "{told}");
        assert!(told["error"]["message"].is_string());
        recorded(
            &scene,
            &id,
            json!({"status": "error", "price_usd": "0.000000000"}),
        )
        .await;
    }
}
