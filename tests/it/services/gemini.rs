//! Google's embeddings: their clients, and their provider.

use serde_json::{Value, json};

use super::recorded;
use crate::support::gateway::Gateway;
use crate::support::scene::Scene;
use crate::support::socket::{After, Asked, Upstream};

const MANY: &str = r#"{"embeddings":[{"values":[0.10,-1e-3]},{"values":[2]}],"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8}}"#;
const QUIET: &str = r#"{"embeddings":[{"values":[0.10]}]}"#;
const ONE: &str = r#"{"embedding":{"values":[0.10,-1e-3]}}"#;
const FLOATS: &str = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,-1e-3]},{"object":"embedding","index":1,"embedding":[2]}],"model":"e-1","usage":{"prompt_tokens":8,"total_tokens":8}}"#;

/// A gateway before Google's API, and before one of OpenAI's format.
async fn scene() -> Scene {
    let upstream = Upstream::start(answer).await;
    let address = upstream.address;
    let settings = format!(
        r#"
[providers.google]
kind = "gemini"
base_url = "http://{address}"
api_key = "google-key"
models = ["*"]
price = {{ input = "1", output = "2" }}

[providers.chat]
base_url = "http://{address}/v1"
kind = "openai-compatible"
models = ["*"]
price = {{ input = "1", output = "2" }}

[models."shown"]
targets = [{{ provider = "google", model = "real" }}]
"#
    );
    let manti = Gateway::start(&settings).await;
    let client = manti.client().await;
    Scene {
        upstream,
        manti,
        client,
    }
}

async fn answer(asked: Asked) -> std::io::Result<After> {
    let body = match asked.path.rsplit(':').next() {
        Some("batchEmbedContents") if asked.path.contains("quiet") => QUIET,
        Some("batchEmbedContents") => MANY,
        Some("embedContent") => ONE,
        Some("countTokens") => r#"{"totalTokens":5}"#,
        _ => FLOATS,
    };
    let kind = [("content-type", "application/json")];
    asked.answer(200, &kind, body).await
}

fn content(text: &str) -> Value {
    json!({"parts": [{"text": text}]})
}

#[tokio::test]
async fn a_client_of_google_gets_vectors_of_google_as_they_came() {
    let scene = scene().await;
    let one = json!({"model": "models/shown", "content": content("a"), "x": 1.5});
    let many = json!({"requests": [one, {"content": content("b"), "model": "models/shown"}]});
    for (prefix, verb, body, told, tokens, source) in [
        ("/v1beta", "embedContent", &one, ONE, 2, "estimated"),
        ("/v1", "batchEmbedContents", &many, MANY, 8, "provider"),
    ] {
        let path = format!("{prefix}/models/shown:{verb}");
        let answer = scene.client.post(&path, &[], body.to_string()).await;
        let (status, id) = (answer.status, answer.id());
        assert_eq!(answer.text().await, told);
        assert_eq!(status, 200);
        let seen = scene.upstream.last().await;
        assert_eq!(seen.path, format!("/v1beta/models/real:{verb}"));
        assert_eq!(seen.header("x-goog-api-key"), Some("google-key"));
        let sent = body.to_string().replace("models/shown", "models/real");
        assert_eq!(seen.json(), serde_json::from_str::<Value>(&sent).unwrap());
        let expected = json!({"endpoint": verb, "status": "ok", "requested_model": "shown",
            "input_tokens": tokens, "output_tokens": 0, "usage_source": source});
        recorded(&scene, &id, expected).await;
    }
}

#[tokio::test]
async fn a_client_of_google_gets_vectors_of_others_and_others_get_googles() {
    let scene = scene().await;
    let requests: Vec<Value> = ["a", "b"]
        .iter()
        .map(|text| json!({"content": content(text), "taskType": "RETRIEVAL_QUERY"}))
        .collect();
    let path = "/v1beta/models/chat/e:batchEmbedContents";
    let body = json!({"requests": requests}).to_string();
    let answer = scene.client.post(path, &[], body).await;
    assert_eq!(answer.header("x-manti-dropped"), "taskType");
    let told = answer.json().await;
    assert_eq!(
        told["embeddings"][0]["values"],
        json!([0.1, -0.001]),
        "{told}"
    );
    let seen = scene.upstream.last().await;
    assert_eq!(seen.path, "/v1/embeddings");
    assert_eq!(seen.json()["input"], json!(["a", "b"]));

    let body = json!({"model": "shown", "input": ["a", "b"], "encoding_format": "base64",
        "dimensions": 2});
    let answer = scene
        .client
        .post("/v1/embeddings", &[], body.to_string())
        .await;
    let id = answer.id();
    let told = answer.json().await;
    assert_eq!(told["data"][1]["embedding"], "AAAAQA==", "{told}");
    assert_eq!(told["model"], "shown");
    let seen = scene.upstream.last().await;
    assert_eq!(seen.path, "/v1beta/models/real:batchEmbedContents");
    let sent = &seen.json()["requests"][1];
    assert_eq!(sent["model"], "models/real");
    assert_eq!(sent["outputDimensionality"], 2);
    let expected = json!({"input_tokens": 8, "cost_usd": "0.000008000"});
    recorded(&scene, &id, expected).await;
}

#[tokio::test]
async fn a_client_is_told_the_tokens_that_were_counted_here_and_recorded() {
    let scene = scene().await;
    let body = json!({"model": "google/quiet", "input": ["The sea is wide, and the wind blows."]});
    let answer = scene.client.post("/v1/embeddings", &[], body.to_string());
    let answer = answer.await;
    let id = answer.id();
    let told = answer.json().await;
    let record = scene.manti.record(&id).await;
    assert_eq!(record["usage_source"], "estimated", "{record}");
    assert_eq!(
        told["usage"]["prompt_tokens"], record["input_tokens"],
        "{told}"
    );
    assert_eq!(
        told["usage"]["total_tokens"], record["input_tokens"],
        "{told}"
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_in_googles_envelope() {
    let scene = scene().await;
    for body in [json!({"content": {}}), json!({"requests": []})] {
        for verb in ["embedContent", "batchEmbedContents"] {
            let path = format!("/v1beta/models/chat/e:{verb}");
            let answer = scene.client.post(&path, &[], body.to_string()).await;
            let status = answer.status;
            let told = answer.json().await;
            assert_eq!(status, 400, "{told}");
            assert_eq!(told["error"]["code"], 400, "{told}");
            assert_eq!(told["error"]["status"], "INVALID_ARGUMENT", "{told}");
        }
    }
    assert!(scene.upstream.seen().await.is_empty());
}

#[tokio::test]
async fn a_request_within_a_count_of_tokens_names_the_provider_s_model_and_is_counted_here_too() {
    let scene = scene().await;
    let body = json!({"generateContentRequest": {"model": "models/shown",
        "contents": [{"role": "user", "parts": [{"text": "Hello, world! How are you today?"}]}]}});
    let path = "/v1beta/models/shown:countTokens";
    let answer = scene.client.post(path, &[], body.to_string()).await;
    let told = answer.json().await;
    assert_eq!(told["totalTokens"], 5, "{told}");
    let sent = scene.upstream.last().await.json();
    assert_eq!(sent["generateContentRequest"]["model"], "models/real");

    let path = "/v1beta/models/chat/e:countTokens";
    let answer = scene.client.post(path, &[], body.to_string()).await;
    let told = answer.json().await;
    assert_eq!(told["totalTokens"], 13, "{told}");
    assert_eq!(scene.upstream.seen().await.len(), 1);
}

#[tokio::test]
async fn a_client_of_anthropic_gets_the_count_that_google_counted() {
    let scene = scene().await;
    let body = json!({"model": "shown", "system": "s", "tools": [{"name": "f",
        "input_schema": {"type": "object"}}], "messages": [{"role": "user", "content": "x"}]});
    let path = "/v1/messages/count_tokens";
    let answer = scene.client.post(path, &[], body.to_string()).await;
    let (status, id) = (answer.status, answer.id());
    assert_eq!(answer.text().await, r#"{"input_tokens":5}"#);
    assert_eq!(status, 200);
    let seen = scene.upstream.last().await;
    assert!(
        seen.path.ends_with("/models/real:countTokens"),
        "{}",
        seen.path
    );
    let sent = seen.json();
    let inner = &sent["generateContentRequest"];
    assert_eq!(sent.as_object().unwrap().len(), 1, "{sent}");
    assert_eq!(inner["model"], "models/real", "{sent}");
    assert_eq!(
        inner["systemInstruction"]["parts"][0]["text"], "s",
        "{sent}"
    );
    assert_eq!(
        inner["tools"][0]["functionDeclarations"][0]["name"], "f",
        "{sent}"
    );
    let record = scene.manti.record(&id).await;
    assert_eq!(record["price_usd"], "0.000000000", "{record}");
}
