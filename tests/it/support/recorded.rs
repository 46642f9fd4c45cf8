//! Recorded traffic of real providers, as one folder of JSON files (`RECORDINGS_DIR`).
//!
//! What is known of a recording beside its bytes is worked out here and in [`super::said`] with
//! `serde_json`, sharing nothing with the code under test.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One exchange between a client and a provider.
pub(crate) struct Recording {
    pub(crate) id: String,
    pub(crate) wire: Wire,
    /// The request's body.
    pub(crate) request: Value,
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Body,
}

/// Which wire format an exchange is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wire {
    /// OpenAI's chat completions, by whichever provider.
    Chat,
    /// Anthropic's messages.
    Messages,
    /// OpenAI's responses, by whichever provider.
    Responses,
}

/// What a provider answered.
pub(crate) enum Body {
    Json(Value),
    Events(String),
}

/// The providers whose recordings are held against the gateway.
const PROVIDERS: [&str; 10] = [
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
];

/// Servers of one's own whose responses are held against the gateway too.
const LOCAL: [&str; 2] = ["llamacpp", "mistralrs"];

/// The folder of the recordings, where there is one.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os("RECORDINGS_DIR").map(PathBuf::from)
}

/// All recordings of conversations in a folder.
pub(crate) fn load(folder: &Path) -> Vec<Recording> {
    let index = fs::read_to_string(folder.join("index.jsonl")).expect("the folder has an index");
    index
        .lines()
        .filter_map(|line| {
            let entry: Value = serde_json::from_str(line).expect("the index has JSON lines");
            let wire = match entry["endpoint"].as_str()? {
                "chat.completions" => Wire::Chat,
                "messages" => Wire::Messages,
                "responses" => Wire::Responses,
                _ => return None,
            };
            let provider = entry["provider"].as_str()?;
            let local = wire == Wire::Responses && LOCAL.contains(&provider);
            if !local && !PROVIDERS.contains(&provider) {
                return None;
            }
            let text = fs::read_to_string(folder.join(entry["file"].as_str()?)).ok()?;
            let mut file: Value = serde_json::from_str(&text).ok()?;
            let mut response = file["response"].take();
            let body = match response["sse_text"].take() {
                Value::String(text) => Body::Events(text),
                _ => Body::Json(response["body"].take()),
            };
            Some(Recording {
                id: entry["id"].as_str()?.to_owned(),
                wire,
                request: file["request"]["body"].take(),
                status: u16::try_from(response["status"].as_u64()?).ok()?,
                content_type: response["headers"]["content-type"]
                    .as_str()
                    .map(str::to_owned),
                body,
            })
        })
        .collect()
}

impl Recording {
    /// Whether a stream was asked for.
    pub(crate) fn streamed(&self) -> bool {
        self.request["stream"] == true
    }

    /// Whether the client asked for usage in its stream.
    pub(crate) fn usage_asked(&self) -> bool {
        self.request["stream_options"]["include_usage"] == true
    }

    /// The events of a stream; empty for a plain answer.
    pub(crate) fn events(&self) -> Vec<Event> {
        match &self.body {
            Body::Json(_) => Vec::new(),
            Body::Events(text) => events(text),
        }
    }

    /// The answer's JSON objects: one of a plain answer, each event's of a stream.
    pub(crate) fn objects(&self) -> Vec<Value> {
        match &self.body {
            Body::Json(body) => vec![body.clone()],
            Body::Events(text) => objects(&events(text)),
        }
    }
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: Option<String>,
    pub(crate) data: String,
}

/// Takes a stream apart by the rules of WHATWG; an event without its blank line is not one.
pub(crate) fn events(text: &str) -> Vec<Event> {
    let mut found = Vec::new();
    let (mut name, mut data) = (None, None::<String>);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in lines(text) {
        if line.is_empty() {
            if let Some(data) = data.take() {
                found.push(Event {
                    name: name.take(),
                    data,
                });
            }
            name = None;
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = Some(value.to_owned()),
            "data" => match &mut data {
                None => data = Some(value.to_owned()),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
            },
            _ => {}
        }
    }
    found
}

/// The lines that are complete, whatever ends them.
fn lines(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\r', '\n']) {
        found.push(&rest[..at]);
        let end = if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[at + end..];
    }
    found
}

/// The JSON objects among the data of events.
pub(crate) fn objects(events: &[Event]) -> Vec<Value> {
    events
        .iter()
        .filter(|event| event.data != "[DONE]")
        .map(|event| {
            serde_json::from_str(&event.data)
                .unwrap_or_else(|error| panic!("{error}: {}", event.data))
        })
        .collect()
}

/// How a stream is cut into pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    /// One piece an event.
    Event,
    /// All at once.
    Whole,
    /// One piece a byte.
    Byte,
    /// Anywhere.
    Random,
    /// Inside line ends, escapes and characters; with CR LF for line ends.
    Nasty,
}

/// Cuts a stream.
pub(crate) fn split(text: &str, split: Split, seed: u64) -> Vec<Vec<u8>> {
    let mut dice = Dice(seed);
    match split {
        Split::Event => {
            let mut rest = text;
            let mut pieces = Vec::new();
            while let Some(at) = rest.find("\n\n") {
                pieces.push(rest[..at + 2].into());
                rest = &rest[at + 2..];
            }
            pieces.push(rest.into());
            pieces
        }
        Split::Whole => vec![text.into()],
        Split::Byte => text.bytes().map(|byte| vec![byte]).collect(),
        Split::Random => {
            let mut rest = text.as_bytes();
            let mut pieces = Vec::new();
            while !rest.is_empty() {
                let length = dice.below(120).min(rest.len() - 1) + 1;
                pieces.push(rest[..length].to_vec());
                rest = &rest[length..];
            }
            pieces
        }
        Split::Nasty => {
            let text = text.replace('\n', "\r\n");
            let mut pieces = vec![Vec::new()];
            for byte in text.bytes() {
                let last = pieces.last_mut().expect("there is a piece");
                last.push(byte);
                let cut = matches!(byte, b'\r' | b'\\' | b':') || byte >= 0xC0;
                if cut || dice.below(200) == 0 {
                    pieces.push(Vec::new());
                }
            }
            pieces
        }
    }
    .into_iter()
    .filter(|piece| !piece.is_empty())
    .collect()
}

/// Numbers that look random and are the same at each run (`SplitMix64`).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// From 0 to below a limit.
    pub(crate) fn below(&mut self, limit: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit).expect("below a small limit")
    }
}

#[test]
fn streams_are_cut_without_losing_a_byte() {
    let text = "data: {\"a\":\"\\u00e9 \u{1f600}\"}\n\ndata: b\n\n: c\n\n";
    for how in [Split::Event, Split::Whole, Split::Byte, Split::Random] {
        assert_eq!(split(text, how, 7).concat(), text.as_bytes(), "{how:?}");
    }
    let nasty = String::from_utf8(split(text, Split::Nasty, 7).concat()).unwrap();
    assert_eq!(nasty, text.replace('\n', "\r\n"));
    assert_eq!(events(&nasty), events(text));
    assert_eq!(split(text, Split::Event, 0).len(), 3);
}
