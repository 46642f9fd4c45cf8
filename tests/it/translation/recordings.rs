//! Recordings of real providers, found by `RECORDINGS_DIR`.

use std::fs;
use std::path::PathBuf;

use manti::dialects::Dialect;
use serde_json::Value;

/// The dialects whose recordings are written in each other; Gemini's are looked at in `gemini`.
const SPOKEN: [Dialect; 3] = [Dialect::Chat, Dialect::Messages, Dialect::Responses];

/// Whose recordings are read: those that speak one of the dialects.
const PROVIDERS: &[&str] = &[
    "openai",
    "anthropic",
    "azure",
    "groq",
    "deepseek",
    "mistral",
    "openrouter",
    "xai",
    "together",
    "perplexity",
    "llamacpp",
    "mistralrs",
];

/// One call as it was recorded.
pub(super) struct Recording {
    pub(super) id: String,
    pub(super) dialect: Dialect,
    pub(super) status: u64,
    pub(super) request: Vec<u8>,
    /// The whole answer.
    pub(super) body: Option<Value>,
    /// Or its stream.
    pub(super) stream: Option<String>,
}

/// The recordings in the dialects; `None`, said aloud, when there are none here.
pub(super) fn all() -> Option<Vec<Recording>> {
    let Some(folder) = std::env::var_os("RECORDINGS_DIR").map(PathBuf::from) else {
        say("skipped: RECORDINGS_DIR is not set");
        return None;
    };
    let index = fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let recordings: Vec<Recording> = index
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|entry| PROVIDERS.contains(&entry["provider"].as_str().unwrap()))
        .filter_map(|entry| {
            let dialect = match entry["endpoint"].as_str()? {
                "chat.completions" => Dialect::Chat,
                "messages" => Dialect::Messages,
                "responses" => Dialect::Responses,
                _ => return None,
            };
            let text = fs::read_to_string(folder.join(entry["file"].as_str()?)).unwrap();
            let mut whole: Value = serde_json::from_str(&text).unwrap();
            let response = &mut whole["response"];
            let body = response.get_mut("body").map(Value::take);
            let stream = response["sse_text"].as_str().map(str::to_owned);
            Some(Recording {
                id: entry["id"].as_str()?.to_owned(),
                dialect,
                status: entry["status"].as_u64()?,
                request: serde_json::to_vec(&whole["request"]["body"]).unwrap(),
                body: body.filter(|body| !body.is_null()),
                stream,
            })
        })
        .collect();
    assert!(
        recordings.len() > 500,
        "only {} recordings",
        recordings.len()
    );
    Some(recordings)
}

/// What is recorded in a dialect is written in these: in all others, and in its own where that
/// says as much as our form does.
pub(super) fn targets(dialect: Dialect) -> impl Iterator<Item = Dialect> {
    SPOKEN
        .into_iter()
        .filter(move |target| *target != dialect || dialect == Dialect::Responses)
}

#[expect(clippy::print_stderr, reason = "a skipped suite says so")]
pub(super) fn say(text: &str) {
    eprintln!("recordings: {text}");
}
