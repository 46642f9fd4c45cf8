//! The second turn of a translated conversation: what the client gives back reaches the provider
//! as the provider said it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::own::Wrong;
use super::{Case, Suite};
use crate::support::recorded::Wire;
use crate::support::said::{Call, Said};

/// Gives an answer back with results for its calls, and looks at what the provider receives.
pub(super) async fn run(
    suite: &Suite,
    number: usize,
    case: &Case,
    recorded: &Said,
    request: &Value,
    answers: &[Value],
) -> Wrong {
    let wire = suite.recordings[case.recording].wire;
    let client = case.other;
    // A call of the old `functions` has no id to come back to.
    let whole = recorded
        .calls
        .iter()
        .all(|call| call.arguments().is_some() && !call.id.is_empty());
    let plain = recorded.calls.is_empty() && recorded.secrets.is_empty();
    if plain
        || !whole
        || matches!(
            recorded.stop.as_str(),
            "length" | "max_tokens" | "max_output_tokens"
        )
    {
        return Vec::new();
    }
    let mut next = request.clone();
    let turns = match client {
        Wire::Chat => chat_turns(answers),
        Wire::Messages => messages_turns(answers),
        Wire::Responses => responses_turns(answers),
    };
    if client == Wire::Chat && !recorded.secrets.is_empty() {
        // A model that does not think is not given earlier thoughts.
        next["reasoning_effort"] = "low".into();
    }
    let list = match client {
        Wire::Chat | Wire::Messages => "messages",
        Wire::Responses => "input",
    };
    let messages = next[list].as_array_mut().expect("there are messages");
    messages.extend(turns);
    let answer = suite.client.ask(client, &next).await;
    let status = answer.status;
    let text = answer.text().await;
    let seen = suite.seen(number).await;
    if status != 200 || seen.len() != 2 {
        return vec![("back", format!("{status}: {text}"))];
    }
    let sent = seen[1].json();
    let (calls, results, secrets) = match wire {
        Wire::Chat => given_chat(&sent),
        Wire::Messages => given_messages(&sent),
        Wire::Responses => given_responses(&sent),
    };
    let mut wrong = Vec::new();
    let same = calls.len() == recorded.calls.len()
        && calls.iter().zip(&recorded.calls).all(|(one, other)| {
            one.id == other.id && one.name == other.name && one.arguments() == other.arguments()
        });
    if !same {
        wrong.push((
            "back",
            format!("calls {calls:?} instead of {:?}", recorded.calls),
        ));
    }
    let ids: Vec<&str> = recorded.calls.iter().map(|call| call.id.as_str()).collect();
    if results != ids {
        wrong.push(("back", format!("results of {results:?} instead of {ids:?}")));
    }
    if wire != Wire::Chat && secrets != recorded.secrets {
        wrong.push((
            "back",
            format!("signatures {secrets:?} of {:?}", recorded.secrets),
        ));
    }
    wrong
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

/// Calls, results and signatures in a request for a provider of responses.
fn given_responses(request: &Value) -> (Vec<Call>, Vec<String>, Vec<String>) {
    let (mut calls, mut results, mut secrets) = (Vec::new(), Vec::new(), Vec::new());
    for item in request["input"].as_array().into_iter().flatten() {
        match item["type"].as_str().unwrap_or_default() {
            "function_call" => calls.push(Call {
                id: text(&item["call_id"]),
                name: text(&item["name"]),
                raw: text(&item["arguments"]),
            }),
            "function_call_output" => results.push(text(&item["call_id"])),
            "reasoning" => secrets.push(text(&item["encrypted_content"])),
            _ => {}
        }
    }
    (calls, results, secrets)
}

/// Calls, results and signatures in a request for a chat provider.
fn given_chat(request: &Value) -> (Vec<Call>, Vec<String>, Vec<String>) {
    let (mut calls, mut results) = (Vec::new(), Vec::new());
    for message in request["messages"].as_array().into_iter().flatten() {
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            calls.push(Call {
                id: text(&call["id"]),
                name: text(&call["function"]["name"]),
                raw: text(&call["function"]["arguments"]),
            });
        }
        if message["role"] == "tool" {
            results.push(text(&message["tool_call_id"]));
        }
    }
    (calls, results, Vec::new())
}

/// Calls, results and signatures in a request for a messages provider.
fn given_messages(request: &Value) -> (Vec<Call>, Vec<String>, Vec<String>) {
    let (mut calls, mut results, mut secrets) = (Vec::new(), Vec::new(), Vec::new());
    for message in request["messages"].as_array().into_iter().flatten() {
        for block in message["content"].as_array().into_iter().flatten() {
            match block["type"].as_str().unwrap_or_default() {
                "tool_use" => calls.push(Call {
                    id: text(&block["id"]),
                    name: text(&block["name"]),
                    raw: block["input"].to_string(),
                }),
                "tool_result" => results.push(text(&block["tool_use_id"])),
                "thinking" => secrets.push(text(&block["signature"])),
                "redacted_thinking" => secrets.push(text(&block["data"])),
                _ => {}
            }
        }
    }
    (calls, results, secrets)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whatever a person wrote in a request is in its translation, or reported as dropped.
pub(super) fn kept(request: &Value, sent: &Value, dropped: &str) -> Wrong {
    let there = texts(sent).join("\n");
    let missing: Vec<String> = written(request)
        .into_iter()
        .filter(|text| !there.contains(text.as_str()))
        .collect();
    if missing.is_empty() || !dropped.is_empty() {
        Vec::new()
    } else {
        vec![("sent", format!("{missing:?} are not in {sent}"))]
    }
}

/// The texts of messages, system prompts and tools' names.
fn written(request: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut content = |content: &Value| match content {
        Value::String(text) => found.push(text.clone()),
        Value::Array(parts) => found.extend(parts.iter().map(|part| text(&part["text"]))),
        _ => {}
    };
    content(&request["system"]);
    content(&request["instructions"]);
    match &request["input"] {
        Value::Array(items) => items.iter().for_each(|item| content(&item["content"])),
        input => content(input),
    }
    for message in request["messages"].as_array().into_iter().flatten() {
        content(&message["content"]);
    }
    for tool in request["tools"].as_array().into_iter().flatten() {
        found.push(text(&tool["name"]));
        found.push(text(&tool["function"]["name"]));
    }
    found.retain(|text| !text.trim().is_empty());
    found
}

/// Every text in a JSON value.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
