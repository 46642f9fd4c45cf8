//! Google's clients: what they say in the address, and in spellings of their own, reaches
//! providers of every dialect.

use serde_json::{Value, json};

use crate::support::recorded::Wire;
use crate::support::scene::Scene;
use crate::support::spoken::{self, End};

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

#[tokio::test]
async fn a_call_that_googles_clients_cannot_be_told_is_an_error_and_never_left_out() {
    for (arguments, finish, told) in [
        ("{\"a\": tru", "tool_calls", Some(502)),
        ("a=1", "stop", Some(502)),
        // The answer itself says that it was cut off.
        ("{\"a\": tru", "length", None),
        ("", "tool_calls", None),
    ] {
        for done in ["data: [DONE]\n\n", ""] {
            let scene = Scene::new(move |asked| async move {
                let call = json!({"index": 0, "id": "call_1", "type": "function",
                    "function": {"name": "f", "arguments": arguments}});
                if !String::from_utf8_lossy(&asked.body).contains("\"stream\":true") {
                    let message = json!({"role": "assistant", "content": null,
                        "tool_calls": [call]});
                    let body = json!({"id": "c", "object": "chat.completion", "model": "tiny",
                        "choices": [{"index": 0, "message": message, "finish_reason": finish}]});
                    return asked.json_answer(200, &body).await;
                }
                let chunk = |delta: Value, finish: Option<&str>| {
                    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
                    spoken::data(&json!({"id": "c", "model": "tiny", "choices": [choice]}))
                };
                let pieces = [
                    chunk(json!({"role": "assistant", "tool_calls": [call]}), None),
                    chunk(json!({}), Some(finish)),
                    done.to_owned(),
                ];
                asked.stream(pieces).await
            })
            .await;
            let whole = scene.ask(Wire::Gemini, Wire::Chat, false).await;
            assert_eq!(whole.status, told.unwrap_or(200), "{arguments} {finish}");
            let text = whole.text().await;
            assert_eq!(text.contains("called f with arguments"), told.is_some());

            let answer = scene.ask(Wire::Gemini, Wire::Chat, true).await;
            let id = answer.id();
            let text = answer.text().await;
            let end = spoken::end(Wire::Gemini, &text);
            let broken = matches!(end, End::Error(..));
            assert_eq!(broken, told.is_some(), "{arguments} {finish}: {text}");
            assert_eq!(text.contains("called f with arguments"), broken, "{text}");
            let status = if broken { "error" } else { "ok" };
            assert_eq!(scene.record(&id).await["status"], status);
        }
    }
}
