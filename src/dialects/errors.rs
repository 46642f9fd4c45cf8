//! Errors in every envelope that providers use.

use super::json::{Object, Value};

/// The longest message that is kept of a provider's.
const LONGEST: usize = 2000;

/// How often a message may be wrapped in another: no provider does it more than twice.
const DEEPEST: usize = 4;

/// What a provider's error says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderError {
    /// What happened, for a person; empty when the provider did not say.
    pub message: String,
    /// Its type.
    pub kind: Option<String>,
    /// Its code.
    pub code: Option<String>,
    /// The field that is wrong.
    pub param: Option<String>,
}

/// Reads an error answer, whatever it is; never fails.
pub fn read(body: &[u8]) -> ProviderError {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let Ok(value) = Value::parse(text) else {
        return ProviderError {
            message: plain(text),
            ..ProviderError::default()
        };
    };
    // Google answers a stream with a list of one.
    let first = value.list().and_then(|items| items.into_iter().next());
    let Some(root) = first.unwrap_or(value).object() else {
        return ProviderError {
            message: value
                .text()
                .map(|text| shortened(&text))
                .unwrap_or_default(),
            ..ProviderError::default()
        };
    };
    match root.object("error") {
        Some(inner) => from_object(&inner),
        None => flat(&root),
    }
}

/// Text that is no JSON; pages for browsers say nothing to a program.
fn plain(text: &str) -> String {
    if text.starts_with('<') {
        return String::new();
    }
    shortened(text)
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

fn from_object(error: &Object<'_>) -> ProviderError {
    let reason = error
        .list("details")
        .into_iter()
        .filter_map(Value::object)
        .find_map(|detail| detail.word("reason"));
    let status = error.word("status");
    ProviderError {
        message: message(error, DEEPEST),
        kind: error.word("type").or_else(|| status.clone()),
        code: reason
            .or(status)
            .or_else(|| code(error))
            .or_else(|| error.object("innererror")?.word("code")),
        param: error.word("param"),
    }
}

/// An error that is the whole body: Bedrock, Cohere, Mistral, xAI, Venice, Ollama, Doubleword.
fn flat(root: &Object<'_>) -> ProviderError {
    ProviderError {
        message: root
            .word("error")
            .map_or_else(|| message(root, DEEPEST), |text| shortened(&text)),
        kind: root.word("type").filter(|kind| kind != "error"),
        code: code(root),
        param: root.word("param"),
    }
}

fn code(fields: &Object<'_>) -> Option<String> {
    let value = fields.get("code")?;
    match value.text() {
        Some(text) => Some(text.into_owned()).filter(|text| !text.is_empty()),
        None => value.count().map(|number| number.to_string()),
    }
}

/// The words for a person, at most so many objects deep: what a provider sends is walked no
/// further than that.
fn message(fields: &Object<'_>, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else {
        return String::new();
    };
    for name in ["message", "detail", "error_message", "msg"] {
        let Some(value) = fields.get(name) else {
            continue;
        };
        if let Some(text) = value.text() {
            return shortened(&text);
        }
        if let Some(inner) = value.object() {
            return message(&inner, depth);
        }
        // A list of faults, each with a place and words.
        let words: Vec<String> = value
            .list()
            .unwrap_or_default()
            .into_iter()
            .filter_map(Value::object)
            .map(|fault| message(&fault, depth))
            .filter(|words| !words.is_empty())
            .take(5)
            .collect();
        return shortened(&words.join("; "));
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_a_bottom_is_walked_a_few_steps_only() {
        for (open, close) in [
            (r#"{"error":"#, "}"),
            (r#"{"message":"#, "}"),
            (r#"{"detail":["#, "]}"),
        ] {
            let body = [
                r#"{"error":"#,
                &open.repeat(100_000),
                r#""m""#,
                &close.repeat(100_000),
                "}",
            ];
            assert_eq!(read(body.concat().as_bytes()), ProviderError::default());
        }
        let wrapped = br#"{"error":{"message":{"message":{"detail":[{"msg":"m"}]}}}}"#;
        assert_eq!(read(wrapped).message, "m");
    }

    #[test]
    fn every_envelope_gives_its_message_type_and_code() {
        for (body, message, kind, code) in [
            (
                r#"{"error":{"message":"m","type":"t","param":"p","code":"c"}}"#,
                "m",
                Some("t"),
                Some("c"),
            ),
            (
                r#"{"type":"error","error":{"type":"not_found_error","message":"m"},"request_id":null}"#,
                "m",
                Some("not_found_error"),
                None,
            ),
            (
                r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
                "m",
                Some("INVALID_ARGUMENT"),
                Some("API_KEY_INVALID"),
            ),
            (r#"{"message":"m"}"#, "m", None, None),
            (
                r#"{"object":"error","message":"m","type":"t","param":null,"code":"3051","raw_status_code":400}"#,
                "m",
                Some("t"),
                Some("3051"),
            ),
            (
                r#"{"detail":[{"loc":["body"],"msg":"m"}]}"#,
                "m",
                None,
                None,
            ),
            (r#"{"code":"c","error":"m"}"#, "m", None, Some("c")),
            (
                r#"{"error":{"message":"m","code":404}}"#,
                "m",
                None,
                Some("404"),
            ),
            ("<html><body>Bad gateway</body></html>", "", None, None),
            ("no JSON", "no JSON", None, None),
            ("", "", None, None),
            ("3", "", None, None),
        ] {
            let error = read(body.as_bytes());
            assert_eq!(
                (
                    error.message.as_str(),
                    error.kind.as_deref(),
                    error.code.as_deref()
                ),
                (message, kind, code),
                "{body}"
            );
        }
    }
}
