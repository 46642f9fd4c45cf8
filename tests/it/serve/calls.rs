//! Model calls through the whole server.

use serde_json::{Value, json};

use crate::support::manti::Manti;

fn question(stream: bool) -> Value {
    json!({
        "model": "demo",
        "stream": stream,
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "hello"}],
    })
}

#[tokio::test]
async fn a_chat_completion_is_answered_whole() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    let reply = manti
        .post("/v1/chat/completions", &key, question(false))
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["object"], "chat.completion");
    assert!(reply.header("x-request-id").starts_with("req_"));
    manti.stop().await;
}
