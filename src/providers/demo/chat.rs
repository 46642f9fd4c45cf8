//! The demo's answers as chat completions.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, End};

/// The events of a stream.
pub(super) struct Events {
    pub(super) before: String,
    pub(super) words: Vec<String>,
    pub(super) after: String,
}

pub(super) fn whole(answer: &Answer) -> String {
    let choice = |index| {
        json!({
            "index": index,
            "message": {"role": "assistant", "content": answer.text(), "refusal": null},
            "logprobs": null,
            "finish_reason": reason(answer),
        })
    };
    json!({
        "id": format!("chatcmpl-{}", answer.id),
        "object": "chat.completion",
        "created": answer.created,
        "model": answer.model,
        "choices": (0..answer.choices).map(choice).collect::<Vec<_>>(),
        "usage": usage(answer),
    })
    .to_string()
}

pub(super) fn events(answer: &Answer) -> Events {
    let each = |delta: Value, finish: Value| -> String {
        let choice = |index| {
            let choice =
                json!({"index": index, "delta": delta, "logprobs": null, "finish_reason": finish});
            chunk(answer, &json!([choice]), Value::Null)
        };
        (0..answer.choices).map(choice).collect()
    };
    let mut after = each(json!({}), json!(reason(answer)));
    if answer.include_usage {
        after += &chunk(answer, &json!([]), usage(answer));
    }
    after += "data: [DONE]\n\n";
    Events {
        before: each(
            json!({"role": "assistant", "content": "", "refusal": null}),
            Value::Null,
        ),
        words: answer
            .pieces
            .iter()
            .map(|piece| each(json!({"content": piece}), Value::Null))
            .collect(),
        after,
    }
}

pub(super) fn error(status: StatusCode, message: &str, field: Option<&str>) -> String {
    let (kind, code) = match status {
        StatusCode::TOO_MANY_REQUESTS => ("rate_limit_error", Some("rate_limit_exceeded")),
        StatusCode::NOT_FOUND => ("invalid_request_error", Some("model_not_found")),
        StatusCode::BAD_REQUEST => ("invalid_request_error", Some("invalid_value")),
        _ => ("server_error", None),
    };
    json!({"error": {"message": message, "type": kind, "param": field, "code": code}}).to_string()
}

fn chunk(answer: &Answer, choices: &Value, usage: Value) -> String {
    let mut chunk = json!({
        "id": format!("chatcmpl-{}", answer.id),
        "object": "chat.completion.chunk",
        "created": answer.created,
        "model": answer.model,
        "choices": choices,
    });
    if answer.include_usage {
        chunk["usage"] = usage;
    }
    format!("data: {chunk}\n\n")
}

fn reason(answer: &Answer) -> &'static str {
    match answer.end {
        End::Said | End::Stop(_) => "stop",
        End::Length => "length",
    }
}

fn usage(answer: &Answer) -> Value {
    json!({
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": answer.output_tokens,
        "total_tokens": answer.input_tokens + answer.output_tokens,
    })
}
