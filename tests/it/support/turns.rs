//! What clients' libraries keep of an answer and send back, with results for its calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::said::Said;
use super::wire::Wire;

/// The turns that follow an answer: the model's own, and results or a word of the user.
pub(crate) fn after(client: Wire, answers: &[Value]) -> Vec<Value> {
    match client {
        Wire::Chat => chat_turns(answers),
        Wire::Messages => messages_turns(answers),
        Wire::Responses => responses_turns(answers),
        Wire::Gemini => contents_turns(answers),
    }
}

/// The assistant's turn as OpenAI's Python library keeps it, and results or a word of the user.
fn chat_turns(answers: &[Value]) -> Vec<Value> {
    let said = Said::read(Wire::Chat, answers);
    let mut turn = json!({"role": "assistant", "content": null});
    if !said.text.is_empty() {
        turn["content"] = said.text.clone().into();
    }
    if !said.thinking.is_empty() {
        turn["reasoning_content"] = said.thinking.clone().into();
    }
    let details = details(answers);
    if !details.is_empty() {
        turn["reasoning_details"] = details.into();
    }
    if !said.calls.is_empty() {
        turn["tool_calls"] = said
            .calls
            .iter()
            .map(|call| {
                let function = json!({"name": call.name, "arguments": call.raw});
                json!({"id": call.id, "type": "function", "function": function})
            })
            .collect();
    }
    let mut turns = vec![turn];
    for call in &said.calls {
        turns.push(json!({"role": "tool", "tool_call_id": call.id, "content": "done"}));
    }
    if said.calls.is_empty() {
        turns.push(json!({"role": "user", "content": "And then?"}));
    }
    turns
}

/// Pieces of one index joined, as clients do.
fn details(answers: &[Value]) -> Vec<Value> {
    let mut joined = BTreeMap::<u64, Value>::new();
    for answer in answers {
        let choice = &answer["choices"][0];
        for said in [&choice["message"], &choice["delta"]] {
            for (at, piece) in said["reasoning_details"]
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
            {
                let index = piece["index"].as_u64().unwrap_or(at as u64);
                let whole = joined.entry(index).or_insert_with(|| json!({}));
                for (name, value) in piece.as_object().into_iter().flatten() {
                    match (name.as_str(), whole[name].as_str(), value.as_str()) {
                        ("text" | "summary" | "data", Some(before), Some(more)) => {
                            whole[name] = format!("{before}{more}").into();
                        }
                        (_, _, _) if value.is_null() => {}
                        _ => whole[name] = value.clone(),
                    }
                }
            }
        }
    }
    joined.into_values().collect()
}

/// The assistant's turn as Anthropic's libraries keep it, and results or a word of the user.
fn messages_turns(answers: &[Value]) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    for answer in answers {
        if let Some(content) = answer["content"].as_array() {
            blocks.clone_from(content);
        }
        let block = &answer["content_block"];
        if block.is_object() {
            blocks.push(block.clone());
        }
        let delta = &answer["delta"];
        let Some(last) = blocks.last_mut() else {
            continue;
        };
        let mut append = |name: &str, more: &Value| {
            if let Some(more) = more.as_str() {
                let before = last[name].as_str().unwrap_or_default();
                last[name] = format!("{before}{more}").into();
            }
        };
        append("text", &delta["text"]);
        append("thinking", &delta["thinking"]);
        append("signature", &delta["signature"]);
        append("partial_json", &delta["partial_json"]);
    }
    for block in &mut blocks {
        let Some(block) = block.as_object_mut() else {
            continue;
        };
        if let Some(json) = block.remove("partial_json") {
            let json = json.as_str().unwrap_or_default();
            let input = if json.is_empty() { "{}" } else { json };
            block["input"] = serde_json::from_str(input).expect("whole arguments are JSON");
        }
    }
    let results: Vec<Value> = blocks
        .iter()
        .filter(|block| block["type"] == "tool_use")
        .map(|block| json!({"type": "tool_result", "tool_use_id": block["id"], "content": "done"}))
        .collect();
    let word = json!([{"type": "text", "text": "And then?"}]);
    let answer = if results.is_empty() {
        word
    } else {
        results.into()
    };
    vec![
        json!({"role": "assistant", "content": blocks}),
        json!({"role": "user", "content": answer}),
    ]
}

/// The items as OpenAI's libraries and Codex keep them, and results or a word of the user.
fn responses_turns(answers: &[Value]) -> Vec<Value> {
    let mut items: Vec<Value> = Vec::new();
    for answer in answers {
        items.extend(answer["output"].as_array().into_iter().flatten().cloned());
        if answer["type"] == "response.output_item.done" {
            items.push(answer["item"].clone());
        }
    }
    let results: Vec<Value> = items
        .iter()
        .filter(|item| item["type"] == "function_call")
        .map(|item| {
            json!({"type": "function_call_output", "call_id": item["call_id"], "output": "done"})
        })
        .collect();
    if results.is_empty() {
        items.push(json!({"role": "user", "content": "And then?"}));
    }
    items.extend(results);
    items
}

/// The contents as Google's library keeps them: each chunk's, one after the other.
fn contents_turns(answers: &[Value]) -> Vec<Value> {
    let contents = answers
        .iter()
        .map(|answer| &answer["candidates"][0]["content"])
        .filter(|content| {
            content["parts"]
                .as_array()
                .is_some_and(|parts| !parts.is_empty())
        });
    let mut turns: Vec<Value> = contents.cloned().collect();
    let parts = turns.iter().filter_map(|turn| turn["parts"].as_array());
    let results: Vec<Value> = parts
        .flatten()
        .filter(|part| part["functionCall"].is_object())
        .map(|part| {
            let call = &part["functionCall"];
            json!({"functionResponse": {"id": call["id"], "name": call["name"],
                "response": {"result": "done"}}})
        })
        .collect();
    let word = json!([{"text": "And then?"}]);
    let parts = if results.is_empty() {
        word
    } else {
        results.into()
    };
    turns.push(json!({"role": "user", "parts": parts}));
    turns
}
