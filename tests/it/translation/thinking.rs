//! Thinking on its way to a client of the other dialect and back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Reply};
use serde_json::{Value, json};

use crate::support::recorded::Wire;
use crate::support::scene::Scene;
use crate::support::spoken;

use super::streams::both;

#[test]
fn thinking_returns_to_a_server_whose_models_are_not_called_claude() {
    let model = "kimi-k2";
    let target = abilities::of(Kind::Anthropic, "", model);
    let thought = json!({"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmVk"});
    let call = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
    let answer = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": model,
        "content": [thought, call], "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 1}});
    let messages = both(Dialect::Messages);
    let read = messages.read_response(answer.to_string().as_bytes(), target.family, "");
    let shown = both(Dialect::Chat).write_response(&read.unwrap(), &Reply::default());
    let shown: Value = serde_json::from_slice(&shown).unwrap();
    let asked = json!({"model": "m", "messages": [
        {"role": "user", "content": "x"},
        shown["choices"][0]["message"],
        {"role": "tool", "tool_call_id": "t", "content": "r"},
    ]});
    let request = both(Dialect::Chat)
        .read_request(asked.to_string().as_bytes())
        .unwrap();
    let written = messages.write_request(&request, &target, model).unwrap();
    let body: Value = serde_json::from_slice(&written.body).unwrap();
    assert_eq!(body["messages"][1]["content"][0], thought);
}

#[tokio::test]
async fn thinking_is_off_where_another_familys_was_taken_out_of_the_turn() {
    let scene = Scene::agreeable().await;
    // What another family thought comes back in our wrapper, which Anthropic cannot verify.
    let inside = br#"{"f":"openai","k":"encrypted","t":"","s":"gAAA"}"#;
    let wrapped = format!("mt1.{}", URL_SAFE_NO_PAD.encode(inside));
    let request = json!({"model": "messages/tiny", "max_tokens": 9000,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "messages": [
            {"role": "user", "content": "x"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "", "signature": wrapped},
                {"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": "r"}]}]});
    let answer = scene.client.messages(&request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("x-manti-dropped"),
        "thinking, messages[1].content[0]"
    );
    let seen = scene.upstream.seen().await[0].json();
    assert_eq!(seen["thinking"], json!({"type": "disabled"}));
    assert_eq!(seen["messages"][1]["content"][0]["type"], "tool_use");
}

#[tokio::test]
async fn thinking_returns_for_clients_that_keep_nothing_but_their_calls() {
    for stream in [false, true] {
        let scene = Scene::new(move |asked| async move {
            let asks = asked.json();
            let first = asks["messages"].as_array().unwrap().len() == 1;
            if first && stream {
                return asked.stream([thoughtful_stream()]).await;
            }
            let answer = if first {
                thoughtful()
            } else {
                spoken::plain(Wire::Messages, "yes")
            };
            asked.json_answer(200, &answer).await
        })
        .await;
        let function = json!({"name": "f", "parameters": {"type": "object", "properties": {}}});
        let mut request = json!({"model": "messages/claude-opus-4-5", "stream": stream,
            "max_tokens": 9000, "reasoning_effort": "medium",
            "tools": [{"type": "function", "function": function}],
            "messages": [{"role": "user", "content": "x"}]});
        let answer = scene.client.chat(&request).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text().await.contains(CALL));
        request["stream"] = false.into();
        let call = json!({"id": CALL, "type": "function",
            "function": {"name": "f", "arguments": "{}"}});
        let turns = request["messages"].as_array_mut().unwrap();
        turns.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
        turns.push(json!({"role": "tool", "tool_call_id": CALL, "content": "r"}));
        let answer = scene.client.chat(&request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-manti-dropped"), "");
        let seen = scene.upstream.seen().await[1].json();
        assert_eq!(seen["messages"][1]["content"][0], thought(), "{seen}");
        assert_eq!(seen["thinking"]["type"], "enabled", "{seen}");

        // Nobody else gets to see it.
        let other = scene.manti.stranger().await;
        assert_eq!(other.chat(&request).await.status, 200);
        let seen = scene.upstream.seen().await[2].json();
        assert_eq!(
            seen["messages"][1]["content"][0]["type"], "tool_use",
            "{seen}"
        );
    }
}

const CALL: &str = "toolu_01A09q90qw90lq917835lq9";

fn thought() -> Value {
    json!({"type": "thinking", "thinking": "Hm.", "signature": "ErUBsigned"})
}

fn thoughtful() -> Value {
    let call = json!({"type": "tool_use", "id": CALL, "name": "f", "input": {}});
    json!({"id": "msg_1", "type": "message", "role": "assistant",
        "model": "claude-opus-4-5-20251101", "content": [thought(), call],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 10, "output_tokens": 20}})
}

fn thoughtful_stream() -> String {
    let mut message = thoughtful();
    let blocks = message["content"].take();
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    let block = |index: u32, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let delta = |index: u32, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let stop = |index: u32| json!({"type": "content_block_stop", "index": index});
    [
        json!({"type": "message_start", "message": message}),
        block(
            0,
            json!({"type": "thinking", "thinking": "", "signature": ""}),
        ),
        delta(0, json!({"type": "thinking_delta", "thinking": "Hm."})),
        delta(
            0,
            json!({"type": "signature_delta", "signature": "ErUBsigned"}),
        ),
        stop(0),
        block(1, blocks[1].clone()),
        stop(1),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"},
            "usage": {"output_tokens": 20}}),
        json!({"type": "message_stop"}),
    ]
    .iter()
    .map(spoken::event)
    .collect()
}
