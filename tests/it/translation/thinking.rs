//! Thinking on its way to a client of the other dialect and back.

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Reply};
use serde_json::{Value, json};

#[test]
fn thinking_returns_to_a_server_whose_models_are_not_called_claude() {
    let model = "kimi-k2";
    let target = abilities::of(Kind::Anthropic, "", model);
    let thought = json!({"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmVk"});
    let call = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
    let answer = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": model,
        "content": [thought, call], "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 1}});
    let messages = Dialect::Messages.wire();
    let read = messages.read_response(answer.to_string().as_bytes(), target.family);
    let shown = Dialect::Chat
        .wire()
        .write_response(&read.unwrap(), &Reply::default());
    let shown: Value = serde_json::from_slice(&shown).unwrap();
    let asked = json!({"model": "m", "messages": [
        {"role": "user", "content": "x"},
        shown["choices"][0]["message"],
        {"role": "tool", "tool_call_id": "t", "content": "r"},
    ]});
    let request = Dialect::Chat
        .wire()
        .read_request(asked.to_string().as_bytes())
        .unwrap();
    let written = messages.write_request(&request, &target, model).unwrap();
    let body: Value = serde_json::from_slice(&written.body).unwrap();
    assert_eq!(body["messages"][1]["content"][0], thought);
}
