//! What a translation leaves out is told by the client's own paths, and refused when strict.

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
