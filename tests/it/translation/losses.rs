//! What a translation leaves out is told by the client's own paths, and refused when strict.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::support::scene::Scene;

const STRICT: (&str, &str) = ("x-manti-strict", "1");

#[tokio::test]
async fn nothing_unknown_below_the_top_vanishes_in_silence() {
    let scene = Scene::agreeable().await;
    let request = json!({"model": "messages/tiny",
        "messages": [{"role": "user", "yyy": 1,
            "content": [{"type": "text", "text": "hi", "zzz": 1}]}],
        "tools": [{"type": "function", "xxx": 1, "function": {"name": "f"}}]});
    let answer = scene.client.chat(&request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("x-manti-dropped"),
        "messages[0].content[0].zzz, messages[0].yyy, tools[0].xxx"
    );
    let strict = scene
        .client
        .post("/v1/chat/completions", &[STRICT], request.to_string());
    let answer = strict.await;
    assert_eq!(answer.status, 400);
    let error = answer.json().await["error"].clone();
    assert_eq!(error["code"], "unsupported_parameter", "{error}");
    assert_eq!(error["param"], "messages[0].content[0].zzz", "{error}");
}

#[tokio::test]
async fn betas_are_told_where_nobody_knows_them() {
    let scene = Scene::agreeable().await;
    let beta = ("anthropic-beta", "context-1m-2025-08-07");
    let (lenient, strict) = ([beta], [beta, STRICT]);
    for (model, dropped, status) in [
        ("chat/tiny", "anthropic-beta", 400),
        ("messages/tiny", "", 200),
    ] {
        let request = json!({"model": model, "max_tokens": 9,
            "messages": [{"role": "user", "content": "x"}]})
        .to_string();
        let client = &scene.client;
        let answer = client.post("/v1/messages", &lenient, request.clone()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-manti-dropped"), dropped, "{model}");
        let answer = client.post("/v1/messages", &strict, request).await;
        assert_eq!(answer.status, status, "{model}");
    }
}

#[tokio::test]
async fn another_familys_thoughts_are_told_in_their_own_dialect_and_never_refused() {
    let scene = Scene::agreeable().await;
    let inside = br#"{"f":"google","k":"thought","t":"","s":"AA=="}"#;
    let wrapped = format!("mt1.{}", URL_SAFE_NO_PAD.encode(inside));
    for signature in [wrapped.as_str(), "mt1.damaged"] {
        let request = json!({"model": "messages/tiny", "max_tokens": 9, "messages": [
            {"role": "user", "content": "x"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "t", "signature": signature},
                {"type": "text", "text": "y"}]},
            {"role": "user", "content": "z"}]});
        let strict = [STRICT];
        let asked = scene
            .client
            .post("/v1/messages", &strict, request.to_string());
        let answer = asked.await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-manti-dropped"), "messages[1].content[0]");
    }
}
