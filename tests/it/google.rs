//! Google's clients: what they say in the address, and in spellings of their own, reaches
//! providers of every dialect.

use serde_json::json;

use crate::support::recorded::Wire;
use crate::support::scene::Scene;
use crate::support::spoken;

#[tokio::test]
async fn an_answer_in_pieces_is_asked_for_in_pieces() {
    let scene = Scene::new(|asked| async move {
        let pieces = spoken::stream(asked.wire(), &["The sea ", "is wide."]).all();
        asked.stream(pieces).await
    })
    .await;
    for provider in ["chat", "messages"] {
        let path = format!("/v1beta/models/{provider}/tiny:streamGenerateContent?alt=sse");
        let body = json!({"contents": [{"parts": [{"text": "hi"}]}]});
        let answer = scene.client.post(&path, &[], body.to_string()).await;
        assert_eq!(answer.status, 200, "{provider}");
        let text = answer.text().await;
        assert!(text.contains("is wide."), "{provider}: {text}");
        assert!(
            text.contains("\"finishReason\":\"STOP\""),
            "{provider}: {text}"
        );
        assert_eq!(
            scene.upstream.last().await.json()["stream"],
            true,
            "{provider}"
        );
    }
}

#[tokio::test]
async fn a_picture_in_googles_base64_is_one_for_others_too() {
    let scene = Scene::agreeable().await;
    let part = json!({"inlineData": {"mime_type": "image/png", "data": "iVBORw0K-_8"}});
    let body = json!({"contents": [{"parts": [part]}]}).to_string();
    for (provider, at) in [
        (Wire::Chat, "/messages/0/content/0/image_url/url"),
        (Wire::Messages, "/messages/0/content/0/source/data"),
    ] {
        let name = format!("{provider:?}").to_lowercase();
        let path = format!("/v1beta/models/{name}/tiny:generateContent");
        let answer = scene.client.post(&path, &[], body.clone()).await;
        assert_eq!(answer.status, 200, "{name}");
        let asked = scene.upstream.last().await.json();
        let data = asked.pointer(at).and_then(serde_json::Value::as_str);
        let data = data.unwrap_or_else(|| panic!("{asked}"));
        assert!(data.ends_with("iVBORw0K+/8="), "{data}");
    }
}
