//! What is no conversation: embeddings, rerankings, moderations, completions, images, speech and
//! transcriptions, from the client to the provider and into the books.

mod audio;
mod completions;
mod embeddings;
mod gemini;
mod images;
mod others;
mod recordings;
mod rerank;

use serde_json::{Value, json};

use crate::support::client::Answer;
use crate::support::scene::Scene;
use crate::support::socket::{After, Asked};

/// A gateway before a provider that answers each call with this JSON.
async fn scene(body: &'static str) -> Scene {
    Scene::new(move |asked: Asked| async move { plain(asked, body).await }).await
}

async fn plain(asked: Asked, body: &str) -> std::io::Result<After> {
    let kind = [("content-type", "application/json")];
    asked.answer(200, &kind, body).await
}

/// Checks fields of the record of an answer.
async fn recorded(scene: &Scene, id: &str, expected: Value) {
    let record = scene.record(id).await;
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&record[field], value, "{field} of {record}");
    }
}

/// Checks that a call is refused, which field it names, and that nobody was asked for it.
async fn refused(scene: &Scene, answer: Answer, status: u16, param: &str) {
    let (got, id) = (answer.status, answer.id());
    let body = answer.json().await;
    assert_eq!(got, status, "{body}");
    assert_eq!(
        body["error"]["param"].as_str().unwrap_or(""),
        param,
        "{body}"
    );
    assert!(scene.upstream.seen().await.is_empty(), "{body}");
    recorded(
        scene,
        &id,
        json!({"status": "rejected", "price_usd": "0.000000000"}),
    )
    .await;
}

/// A key that may call once a minute: the second call is refused with 429 and not sent on.
async fn limited(scene: &Scene, path: &str, body: &Value) {
    let client = scene.manti.limited(&json!({"rpm": 1})).await;
    let before = scene.upstream.seen().await.len();
    let first = client.post(path, &[], body.to_string()).await;
    assert_eq!(first.status, 200, "{path}");
    first.bytes().await;
    let second = client.post(path, &[], body.to_string()).await;
    assert_eq!(second.status, 429, "{path}");
    assert!(!second.header("retry-after").is_empty());
    assert_eq!(scene.upstream.seen().await.len(), before + 1);
}
