//! What a provider hears of a conversation, piece by piece and in its order.
//!
//! Read independently of the code under test.

use serde_json::Value;

use super::libraries::{QUESTION, safe};
use super::providers::Provider;
use super::scripted::{TOOL, Turn};
use crate::support::wire::Served;

/// One piece of a conversation. Without a proof it is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    User(String),
    Thought {
        text: String,
        proof: String,
    },
    Text(String),
    Call {
        id: String,
        name: String,
        input: Value,
        proof: String,
    },
    Result {
        id: String,
        text: String,
    },
}

impl Piece {
    /// Its proof as Google's libraries give it back.
    pub(super) fn respell(&mut self) {
        if let Self::Call { proof, .. } | Self::Thought { proof, .. } = self {
            *proof = safe(proof);
        }
    }
}

/// What Google takes in the place of a proof: `skip_thought_signature_validator`.
const SKIP: &str = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";

/// What a provider must hear after some turns, with the thoughts or without.
pub(super) fn expected(provider: &Provider, turns: &[Turn], thoughts: bool) -> Vec<Piece> {
    let mut pieces = vec![Piece::User(QUESTION.to_owned())];
    for turn in turns {
        // Google wants the proof alone, on the first call.
        let on_call = provider.served == Served::Gemini;
        let proof = match (provider.signs, thoughts) {
            (true, true) => turn.secret,
            (true, false) if on_call => SKIP,
            _ => "",
        };
        if !turn.thought.is_empty() && thoughts && !on_call {
            pieces.push(Piece::Thought {
                text: turn.thought.to_owned(),
                proof: proof.to_owned(),
            });
        }
        if !turn.text.is_empty() {
            pieces.push(Piece::Text(turn.text.to_owned()));
        }
        for (at, call) in turn.calls.iter().enumerate() {
            let proof = if on_call && at == 0 { proof } else { "" };
            pieces.push(Piece::Call {
                id: call.id.to_owned(),
                name: TOOL.to_owned(),
                input: call.input(),
                proof: proof.to_owned(),
            });
        }
        pieces.extend(turn.calls.iter().map(|call| Piece::Result {
            id: call.id.to_owned(),
            text: "done".to_owned(),
        }));
    }
    pieces
}

/// What a request tells.
pub(super) fn heard(served: Served, request: &Value) -> Vec<Piece> {
    let mut pieces = Vec::new();
    match served {
        Served::Chat | Served::Cohere | Served::Ollama => {
            for message in listed(&request["messages"]) {
                chat(message, &mut pieces);
            }
        }
        Served::Messages | Served::Claude | Served::Converse => {
            for message in listed(&request["messages"]) {
                if let Some(words) = message["content"].as_str() {
                    pieces.push(spoken(message, words));
                }
                for block in listed(&message["content"]) {
                    pieces.push(if served == Served::Converse {
                        converse(message, block)
                    } else {
                        messages(message, block)
                    });
                }
            }
        }
        Served::Responses => {
            for item in listed(&request["input"]) {
                responses(item, &mut pieces);
            }
        }
        Served::Gemini => {
            for content in listed(&request["contents"]) {
                let parts = listed(&content["parts"]);
                pieces.extend(parts.filter_map(|part| contents(content, part)));
            }
        }
    }
    pieces
}

/// A message of chat completions, Cohere's or Ollama's.
fn chat(message: &Value, pieces: &mut Vec<Piece>) {
    if message["role"] == "tool" {
        pieces.push(Piece::Result {
            id: text(&message["tool_call_id"]),
            text: text(&message["content"]),
        });
        return;
    }
    let mut thoughts = vec![&message["reasoning_content"], &message["thinking"]];
    thoughts.extend(listed(&message["content"]).map(|part| &part["thinking"]));
    pieces.extend(
        thoughts
            .into_iter()
            .filter_map(Value::as_str)
            .map(|thought| Piece::Thought {
                text: thought.to_owned(),
                proof: String::new(),
            }),
    );
    let mut words = vec![&message["content"]];
    words.extend(listed(&message["content"]).map(|part| &part["text"]));
    let words = words.into_iter().filter_map(Value::as_str);
    let words = words.filter(|words| !words.is_empty());
    pieces.extend(words.map(|words| spoken(message, words)));
    for call in listed(&message["tool_calls"]) {
        let arguments = &call["function"]["arguments"];
        let input = arguments.as_str().map_or_else(|| arguments.clone(), json);
        pieces.push(called(&call["id"], &call["function"]["name"], input, ""));
    }
}

fn messages(message: &Value, block: &Value) -> Piece {
    match block["type"].as_str().unwrap_or_default() {
        "thinking" => Piece::Thought {
            text: text(&block["thinking"]),
            proof: text(&block["signature"]),
        },
        "tool_use" => called(&block["id"], &block["name"], block["input"].clone(), ""),
        "tool_result" => Piece::Result {
            id: text(&block["tool_use_id"]),
            text: words_of(&block["content"]),
        },
        _ => spoken(message, &text(&block["text"])),
    }
}

fn converse(message: &Value, block: &Value) -> Piece {
    let (call, result) = (&block["toolUse"], &block["toolResult"]);
    let thought = &block["reasoningContent"]["reasoningText"];
    if call.is_object() {
        called(&call["toolUseId"], &call["name"], call["input"].clone(), "")
    } else if result.is_object() {
        Piece::Result {
            id: text(&result["toolUseId"]),
            text: words_of(&result["content"]),
        }
    } else if thought.is_object() {
        Piece::Thought {
            text: text(&thought["text"]),
            proof: text(&thought["signature"]),
        }
    } else {
        spoken(message, &text(&block["text"]))
    }
}

fn responses(item: &Value, pieces: &mut Vec<Piece>) {
    match item["type"].as_str().unwrap_or("message") {
        "reasoning" => pieces.push(Piece::Thought {
            text: words_of(&item["summary"]),
            proof: text(&item["encrypted_content"]),
        }),
        "function_call" => {
            let input = json(&text(&item["arguments"]));
            pieces.push(called(&item["call_id"], &item["name"], input, ""));
        }
        "function_call_output" => pieces.push(Piece::Result {
            id: text(&item["call_id"]),
            text: words_of(&item["output"]),
        }),
        _ => pieces.push(spoken(item, &words_of(&item["content"]))),
    }
}

/// Thoughts without a proof are nothing that Google wants back.
fn contents(content: &Value, part: &Value) -> Option<Piece> {
    let (call, result) = (&part["functionCall"], &part["functionResponse"]);
    let proof = text(&part["thoughtSignature"]);
    if call.is_object() {
        let input = call["args"].clone();
        return Some(called(&call["id"], &call["name"], input, &proof));
    }
    if result.is_object() {
        let said = result["response"].as_object();
        let said = said.and_then(|said| said.values().next());
        return Some(Piece::Result {
            id: text(&result["id"]),
            text: text(said.unwrap_or(&Value::Null)),
        });
    }
    let words = text(&part["text"]);
    if part["thought"] != true {
        return Some(spoken(content, &words));
    }
    (!proof.is_empty()).then_some(Piece::Thought { text: words, proof })
}

fn spoken(message: &Value, words: &str) -> Piece {
    if message["role"] == "user" {
        Piece::User(words.to_owned())
    } else {
        Piece::Text(words.to_owned())
    }
}

fn called(id: &Value, name: &Value, input: Value, proof: &str) -> Piece {
    Piece::Call {
        id: text(id),
        name: text(name),
        input,
        proof: proof.to_owned(),
    }
}

/// A text, or the texts of a list.
fn words_of(content: &Value) -> String {
    let all: String = listed(content).map(|part| text(&part["text"])).collect();
    content.as_str().map_or(all, str::to_owned)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("arguments are JSON")
}

fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
