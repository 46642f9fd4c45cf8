//! What providers say in the tests: answers and streams in each wire format that clients speak.

use serde_json::{Value, json};

use super::recorded::Wire;

/// The model that the tests' providers say they are.
pub(crate) const MODEL: &str = "tiny-2026";

/// Both clients at both providers: the client's wire format first.
pub(crate) const PAIRS: [(Wire, Wire); 4] = [
    (Wire::Chat, Wire::Chat),
    (Wire::Messages, Wire::Messages),
    (Wire::Chat, Wire::Messages),
    (Wire::Messages, Wire::Chat),
];

/// A stream in its parts, each a whole event or several.
#[derive(Clone)]
pub(crate) struct Spoken {
    pub(crate) begin: String,
    pub(crate) words: Vec<String>,
    /// What comes between the last word and the finish.
    pub(crate) stop: String,
    /// The event with the finish reason; Anthropic's has the usage too.
    pub(crate) finish: String,
    /// OpenAI's event with the usage.
    pub(crate) usage: String,
    pub(crate) end: String,
}

impl Spoken {
    /// The whole stream.
    pub(crate) fn all(&self) -> Vec<String> {
        let mut all = self.open();
        all.extend(self.close());
        all
    }

    /// All before the finish.
    pub(crate) fn open(&self) -> Vec<String> {
        let mut open = vec![self.begin.clone()];
        open.extend(self.words.clone());
        open.push(self.stop.clone());
        open
    }

    /// The finish and all after it.
    pub(crate) fn close(&self) -> Vec<String> {
        vec![self.finish.clone(), self.usage.clone(), self.end.clone()]
    }
}

/// A stream that says some words, with 1,000 tokens read and 200 written.
pub(crate) fn stream(wire: Wire, words: &[&str]) -> Spoken {
    match wire {
        Wire::Chat => Spoken {
            begin: chunk(&json!({"role": "assistant", "content": ""}), None),
            words: words
                .iter()
                .map(|word| chunk(&json!({"content": word}), None))
                .collect(),
            stop: String::new(),
            finish: chunk(&json!({}), Some("stop")),
            usage: usage_chunk(&chat_usage(1000, 200)),
            end: "data: [DONE]\n\n".to_owned(),
        },
        Wire::Messages => {
            let message = json!({"id": "msg_1", "type": "message", "role": "assistant",
                "model": MODEL, "content": [], "stop_reason": null, "stop_sequence": null,
                "usage": {"input_tokens": 1000, "output_tokens": 1}});
            let block = json!({"type": "text", "text": ""});
            let begin = [
                event(&json!({"type": "message_start", "message": message})),
                event(&json!({"type": "content_block_start", "index": 0, "content_block": block})),
            ];
            Spoken {
                begin: begin.concat(),
                words: words
                    .iter()
                    .map(|word| {
                        let delta = json!({"type": "text_delta", "text": word});
                        event(&json!({"type": "content_block_delta", "index": 0, "delta": delta}))
                    })
                    .collect(),
                stop: event(&json!({"type": "content_block_stop", "index": 0})),
                finish: message_delta(&json!({"output_tokens": 200})),
                usage: String::new(),
                end: event(&json!({"type": "message_stop"})),
            }
        }
        Wire::Responses => {
            let open = json!({"id": "resp_1", "object": "response", "created_at": 1_790_000_000,
                "model": MODEL, "status": "in_progress", "output": []});
            let item = json!({"id": "msg_1", "type": "message", "status": "in_progress",
                "role": "assistant", "content": []});
            let begin = [
                event(&json!({"type": "response.created", "response": open})),
                event(&json!({"type": "response.in_progress", "response": open})),
                event(
                    &json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
                ),
            ];
            let text = words.concat();
            let whole = plain(wire, &text);
            Spoken {
                begin: begin.concat(),
                words: words
                    .iter()
                    .map(|word| {
                        event(
                            &json!({"type": "response.output_text.delta", "item_id": "msg_1",
                            "output_index": 0, "content_index": 0, "delta": word}),
                        )
                    })
                    .collect(),
                stop: event(
                    &json!({"type": "response.output_item.done", "output_index": 0,
                    "item": whole["output"][0]}),
                ),
                finish: event(&json!({"type": "response.completed", "response": whole})),
                usage: String::new(),
                end: String::new(),
            }
        }
        Wire::Gemini => Spoken {
            begin: String::new(),
            words: words
                .iter()
                .map(|word| data(&contents(word, None)))
                .collect(),
            stop: String::new(),
            finish: data(&contents("", Some((1000, 200)))),
            usage: String::new(),
            end: String::new(),
        },
    }
}

/// An answer of Google's, or a piece of one; the last says what was used.
pub(crate) fn contents(text: &str, last: Option<(u64, u64)>) -> Value {
    let content = json!({"role": "model", "parts": [{"text": text}]});
    let mut object = json!({"candidates": [{"index": 0, "content": content}],
        "modelVersion": MODEL, "responseId": "r1"});
    if let Some((input, output)) = last {
        object["candidates"][0]["finishReason"] = "STOP".into();
        object["usageMetadata"] = json!({"promptTokenCount": input,
            "candidatesTokenCount": output, "totalTokenCount": input + output});
    }
    object
}

/// A whole answer with 1,000 tokens read and 200 written.
pub(crate) fn plain(wire: Wire, text: &str) -> Value {
    match wire {
        Wire::Chat => plain_chat(text, &chat_usage(1000, 200)),
        Wire::Messages => json!({"id": "msg_1", "type": "message", "role": "assistant",
            "model": MODEL, "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 1000, "output_tokens": 200}}),
        Wire::Responses => {
            let part = json!({"type": "output_text", "text": text, "annotations": []});
            let item = json!({"id": "msg_1", "type": "message", "status": "completed",
                "role": "assistant", "content": [part]});
            json!({"id": "resp_1", "object": "response", "created_at": 1_790_000_000,
                "model": MODEL, "status": "completed", "error": null, "output": [item],
                "usage": {"input_tokens": 1000, "output_tokens": 200, "total_tokens": 1200}})
        }
        Wire::Gemini => contents(text, Some((1000, 200))),
    }
}

/// A whole answer of chat completions with any usage.
pub(crate) fn plain_chat(text: &str, usage: &Value) -> Value {
    let message = json!({"role": "assistant", "content": text, "refusal": null});
    let choice = json!({"index": 0, "message": message, "logprobs": null, "finish_reason": "stop"});
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000,
        "model": MODEL, "choices": [choice], "usage": usage})
}

/// OpenAI's usage object.
pub(crate) fn chat_usage(input: u64, output: u64) -> Value {
    json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output})
}

/// A chunk of chat completions.
pub(crate) fn chunk(delta: &Value, finish: Option<&str>) -> String {
    let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
    data(
        &json!({"id": "chatcmpl-1", "object": "chat.completion.chunk",
        "created": 1_790_000_000, "model": MODEL, "choices": [choice]}),
    )
}

/// The chunk that only has the usage.
pub(crate) fn usage_chunk(usage: &Value) -> String {
    data(
        &json!({"id": "chatcmpl-1", "object": "chat.completion.chunk",
        "created": 1_790_000_000, "model": MODEL, "choices": [], "usage": usage}),
    )
}

/// Anthropic's event with the stop reason.
pub(crate) fn message_delta(usage: &Value) -> String {
    let delta = json!({"stop_reason": "end_turn", "stop_sequence": null});
    event(&json!({"type": "message_delta", "delta": delta, "usage": usage}))
}

/// An event without a name.
pub(crate) fn data(object: &Value) -> String {
    format!("data: {object}\n\n")
}

/// An event that is named after its type.
pub(crate) fn event(object: &Value) -> String {
    let kind = object["type"].as_str().expect("an event has a type");
    format!("event: {kind}\ndata: {object}\n\n")
}

/// A request of a client.
pub(crate) fn request(client: Wire, model: &str, stream: bool) -> Value {
    const WORDS: &str = "Say something nice about the sea.";
    let turns = match client {
        Wire::Gemini => json!([{"role": "user", "parts": [{"text": WORDS}]}]),
        _ => json!([{"role": "user", "content": WORDS}]),
    };
    let mut request = json!({"model": model, "stream": stream, client.turns(): turns});
    if client == Wire::Messages {
        request["max_tokens"] = 500.into();
    }
    request
}

/// How a stream that a client received ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As the dialect ends an answer.
    Normal,
    /// With an error event; its type and its code (the type again where errors have no code).
    Error(String, String),
    /// It just stopped.
    Nothing,
}

/// How a stream that a client received ended. A normal end and an error exclude each other.
pub(crate) fn end(client: Wire, text: &str) -> End {
    let events = super::recorded::events(text);
    assert!(
        text.ends_with("\n\n") || text.ends_with("\r\n\r\n"),
        "the last event is not whole: {text}"
    );
    let mut finish = false;
    let mut end = End::Nothing;
    for event in events {
        let failed = event.name.as_deref() == Some("response.failed");
        assert!(
            !matches!(end, End::Error(..)) || failed,
            "something follows the error: {text}"
        );
        if event.data == "[DONE]" {
            end = End::Normal;
            continue;
        }
        let object: Value = serde_json::from_str(&event.data)
            .unwrap_or_else(|error| panic!("{error} in {:?} of {text}", event.data));
        let error = &object["error"];
        if error.is_object() {
            let kind = [&error["type"], &error["status"]];
            let kind = kind.into_iter().find_map(Value::as_str);
            let kind = kind.expect("an error has a type").to_owned();
            let code = error["code"].as_str().unwrap_or(&kind).to_owned();
            assert!(error["message"].is_string(), "an error has a message");
            assert!(!finish, "a finish came before the error: {text}");
            if client == Wire::Messages {
                assert_eq!(event.name.as_deref(), Some("error"));
                assert_eq!(object["type"], "error");
            }
            end = End::Error(kind, code);
        }
        if object["type"] == "response.failed" {
            // It goes with the error before it.
            continue;
        }
        finish |= object["choices"][0]["finish_reason"].is_string()
            || object["delta"]["stop_reason"].is_string()
            || object["candidates"][0]["finishReason"].is_string();
        let last = ["message_stop", "response.completed", "response.incomplete"];
        if last.iter().any(|kind| object["type"] == *kind) {
            end = End::Normal;
        }
    }
    if finish && end == End::Nothing {
        // Some providers of chat completions send no [DONE].
        end = End::Normal;
    }
    end
}

/// The text that a client received in a stream.
pub(crate) fn text(client: Wire, stream: &str) -> String {
    let objects = super::recorded::objects(&super::recorded::events(stream));
    super::said::Said::read(client, &objects).text
}
