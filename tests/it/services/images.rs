//! Images.

use serde_json::{Value, json};

use super::{limited, plain, recorded, refused, scene};
use crate::support::scene::Scene;

const PATH: &str = "/v1/images/generations";
const PRICED: &str = r#"
[models."painter"]
targets = [{ provider = "chat", model = "p" }]
price = { input = "5", output = "40", images = "40000" }
"#;

#[tokio::test]
async fn images_are_paid_by_the_token_where_tokens_are_told() {
    const ANSWER: &str = r#"{"created":1,"data":[{"b64_json":"aGk="}],"usage":{"input_tokens":50,"output_tokens":1056,"total_tokens":1106,"input_tokens_details":{"text_tokens":10,"image_tokens":40},"output_tokens_details":{"image_tokens":1056,"text_tokens":0}}}"#;
    let scene = Scene::with(PRICED, |asked| async move { plain(asked, ANSWER).await }).await;
    let body = json!({"model": "painter", "prompt": "a sea", "size": "1024x1024", "n": 1});
    let answer = scene.client.post(PATH, &[], body.to_string()).await;
    let id = answer.id();
    assert_eq!(answer.text().await, ANSWER);
    let seen = scene.upstream.last().await;
    assert_eq!(seen.path, PATH);
    let expected = json!({"endpoint": "images.generations", "input_tokens": 50,
        "output_tokens": 1056, "price_usd": "0.042490000", "usage_source": "provider",
        "units": {"image_input_tokens": 40, "image_output_tokens": 1056}});
    recorded(&scene, &id, expected).await;
    limited(&scene, PATH, &body).await;
}

#[tokio::test]
async fn images_are_counted_where_no_tokens_are_told() {
    const ANSWER: &str =
        r#"{"created":1,"data":[{"url":"https://images.example.com/1"},{"b64_json":"aGk="}]}"#;
    let scene = Scene::with(PRICED, |asked| async move { plain(asked, ANSWER).await }).await;
    let body = json!({"model": "painter", "prompt": "a sea", "n": 2});
    let answer = scene.client.post(PATH, &[], body.to_string()).await;
    let id = answer.id();
    assert_eq!(answer.header("x-manti-cost-usd"), "0.080000000");
    assert_eq!(answer.text().await, ANSWER);
    let expected = json!({"units": {"images": 2}, "input_tokens": 0, "price_usd": "0.080000000",
        "usage_source": "provider"});
    recorded(&scene, &id, expected).await;
}

#[tokio::test]
async fn images_that_are_elsewhere_are_changed_by_reference() {
    const ANSWER: &str = r#"{"created":1,"data":[{"b64_json":"aGk="}],"usage":{"input_tokens":50,"output_tokens":1000,"total_tokens":1050}}"#;
    let scene = Scene::with(PRICED, |asked| async move { plain(asked, ANSWER).await }).await;
    let mut body = json!({"model": "painter", "prompt": "a sea",
        "images": [{"image_url": "https://images.example.com/1"}, {"file_id": "file-1"}]});
    let kind = [("content-type", "application/json; charset=utf-8")];
    let edits = "/v1/images/edits";
    let answer = scene.client.post(edits, &kind, body.to_string()).await;
    let id = answer.id();
    assert_eq!(answer.text().await, ANSWER);
    let seen = scene.upstream.last().await;
    assert_eq!(seen.path, edits);
    body["model"] = "p".into();
    assert_eq!(seen.json(), body);
    let expected = json!({"endpoint": "images.edits", "input_tokens": 50,
        "output_tokens": 1000, "price_usd": "0.040250000", "usage_source": "provider"});
    recorded(&scene, &id, expected).await;
}

#[tokio::test]
async fn a_streamed_image_comes_event_by_event() {
    let scene = Scene::with(PRICED, |mut asked| async move {
        asked.begin().await?;
        let partial = "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"aA==\",\"partial_image_index\":0}\n\n";
        asked.piece(partial).await?;
        let last = if asked.json()["prompt"] == "broken" {
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"no\",\"code\":\"c\"}}\n\n"
        } else {
            "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"aGk=\",\"usage\":{\"input_tokens\":10,\"output_tokens\":100,\"total_tokens\":110}}\n\n"
        };
        asked.piece(last).await?;
        asked.end().await
    })
    .await;
    let mut body = json!({"model": "painter", "prompt": "a sea", "stream": true});
    let mut answer = scene.client.post(PATH, &[], body.to_string()).await;
    let id = answer.id();
    assert!(
        answer
            .header("content-type")
            .starts_with("text/event-stream")
    );
    answer.until("partial_image_index").await;
    let text = answer.text().await;
    assert!(text.ends_with("\"total_tokens\":110}}\n\n"), "{text}");
    let asked: Value = scene.upstream.last().await.json();
    assert!(asked["stream_options"].is_null(), "{asked}");
    let expected = json!({"status": "ok", "stream": true, "input_tokens": 10,
        "output_tokens": 100, "price_usd": "0.004050000", "usage_source": "provider"});
    recorded(&scene, &id, expected).await;

    body["prompt"] = "broken".into();
    let answer = scene.client.post(PATH, &[], body.to_string()).await;
    let id = answer.id();
    let text = answer.text().await;
    assert!(
        text.contains("\"error\"") && !text.contains("completed"),
        "{text}"
    );
    recorded(&scene, &id, json!({"status": "error"})).await;
}

#[tokio::test]
async fn an_image_of_fifty_megabytes_is_too_large() {
    let scene = scene("{}").await;
    let image = "A".repeat(50 << 20);
    let body = format!("{{\"model\":\"chat/p\",\"prompt\":\"x\",\"image\":\"{image}\"}}");
    let answer = scene.client.post(PATH, &[], body).await;
    assert_eq!(answer.status, 413);
    let told = answer.json().await;
    assert_eq!(told["error"]["code"], "request_too_large", "{told}");
    assert!(scene.upstream.seen().await.is_empty());
    let odd = json!({"model": "chat/p", "prompt": "x", "n": 0});
    let answer = scene.client.post(PATH, &[], odd.to_string()).await;
    refused(&scene, answer, 400, "n").await;
}
