//! Recorded traffic of real providers, as one folder of JSON files (`RECORDINGS_DIR`).
//!
//! What is known of a recording beside its bytes is worked out here and in [`super::said`] with
//! `serde_json`, sharing nothing with the code under test.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::wire::Served;

pub(crate) use super::wire::Wire;

/// One exchange between a client and a provider.
pub(crate) struct Recording {
    pub(crate) id: String,
    /// Whose API answered.
    pub(crate) provider: String,
    pub(crate) served: Served,
    pub(crate) model: String,
    /// The request's body.
    pub(crate) request: Value,
    /// Whether a stream was asked for.
    pub(crate) streamed: bool,
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Body,
}

/// What a provider answered.
pub(crate) enum Body {
    Json(Value),
    Stream(Vec<u8>),
}

/// The folder of the recordings, where there is one.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os("RECORDINGS_DIR").map(PathBuf::from)
}

/// In which wire format an exchange is that the gateway can hold.
fn served(entry: &Value) -> Option<Served> {
    let model = entry["model"].as_str().unwrap_or_default();
    Some(match entry["endpoint"].as_str()? {
        "chat.completions" => Served::Chat,
        "messages" => Served::Messages,
        "responses" => Served::Responses,
        "generateContent" | "streamGenerateContent" if entry["provider"] == "gemini" => {
            Served::Gemini
        }
        "converse" | "converse-stream" => Served::Converse,
        // The oldest Claudes were asked for completions, and others in formats of their own.
        "invoke" | "invoke-with-response-stream"
            if model.contains("anthropic.claude") && !model.contains("claude-v2") =>
        {
            Served::Claude
        }
        "cohere-v2-chat" => Served::Cohere,
        "ollama-chat" => Served::Ollama,
        _ => return None,
    })
}

/// All recordings of conversations in a folder.
pub(crate) fn load(folder: &Path) -> Vec<Recording> {
    let index = fs::read_to_string(folder.join("index.jsonl")).expect("the folder has an index");
    index
        .lines()
        .filter_map(|line| {
            let entry: Value = serde_json::from_str(line).expect("the index has JSON lines");
            let served = served(&entry)?;
            let text = fs::read_to_string(folder.join(entry["file"].as_str()?)).ok()?;
            // Ids that were taken out of recordings stay different in each.
            let id = entry["id"].as_str()?.rsplit('.').next()?;
            let text = text.replace("id_REDACTED_", &format!("id_{id}_"));
            let mut file: Value = serde_json::from_str(&text).ok()?;
            let mut response = file["response"].take();
            let asked = file["request"]["path"].as_str()?;
            let body = &file["request"]["body"];
            let streamed = match served {
                Served::Gemini => asked.contains(":stream"),
                Served::Converse | Served::Claude => asked.ends_with("-stream"),
                Served::Ollama => body["stream"] != false,
                _ => body["stream"] == true,
            };
            Some(Recording {
                id: entry["id"].as_str()?.to_owned(),
                provider: entry["provider"].as_str()?.to_owned(),
                served,
                model: entry["model"].as_str().unwrap_or_default().to_owned(),
                streamed,
                request: file["request"]["body"].take(),
                status: u16::try_from(response["status"].as_u64()?).ok()?,
                content_type: response["headers"]["content-type"]
                    .as_str()
                    .map(str::to_owned),
                body: answered(&mut response),
            })
        })
        .collect()
}

fn answered(response: &mut Value) -> Body {
    for name in ["sse_text", "ndjson_text"] {
        if let Value::String(text) = response[name].take() {
            return Body::Stream(text.into_bytes());
        }
    }
    if let Some(frames) = response["body_base64"].as_str() {
        return Body::Stream(STANDARD.decode(frames).expect("frames are base64"));
    }
    match response["body"].take() {
        // Google's items of one array are the same as its events, for which the gateway asks.
        Value::Array(items) if items.iter().all(|item| item["candidates"].is_array()) => {
            let events = items.iter().map(|item| format!("data: {item}\r\n\r\n"));
            Body::Stream(events.collect::<String>().into_bytes())
        }
        body => Body::Json(body),
    }
}

impl Recording {
    /// Whether the client asked for usage in its stream.
    pub(crate) fn usage_asked(&self) -> bool {
        self.request["stream_options"]["include_usage"] == true
    }

    /// The events of a stream; empty for a plain answer.
    pub(crate) fn events(&self) -> Vec<Event> {
        match &self.body {
            Body::Json(_) => Vec::new(),
            Body::Stream(bytes) => match self.served {
                Served::Converse | Served::Claude => frames(bytes).map(framed).collect(),
                Served::Ollama => text(bytes).lines().map(line).collect(),
                _ => events(text(bytes)),
            },
        }
    }

    /// The answer's JSON objects: one of a plain answer, each event's of a stream.
    pub(crate) fn objects(&self) -> Vec<Value> {
        match &self.body {
            Body::Json(body) => vec![body.clone()],
            Body::Stream(_) => objects(&self.events()),
        }
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("a stream of text is text")
}

fn line(line: &str) -> Event {
    Event {
        name: None,
        data: line.to_owned(),
    }
}

/// The frames of a stream of AWS: a length of all, one of the headers, a sum, the headers, what
/// is said, a sum.
fn frames(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, _) = bytes.split_first_chunk::<4>()?;
        let (frame, rest) = bytes.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        bytes = rest;
        Some(frame)
    })
}

/// What a frame says: Anthropic's events are in base64 in it.
fn framed(frame: &[u8]) -> Event {
    let headers = frame[4..].first_chunk::<4>().expect("a frame has a head");
    let start = 12 + u32::from_be_bytes(*headers) as usize;
    let said = text(&frame[start..frame.len() - 4]);
    let object: Value = serde_json::from_str(said).expect("a frame says JSON");
    let Some(bytes) = object["bytes"].as_str() else {
        return line(said);
    };
    let data = STANDARD.decode(bytes).expect("the event is base64");
    let data = text(&data).to_owned();
    let object: Value = serde_json::from_str(&data).expect("an event is JSON");
    Event {
        name: object["type"].as_str().map(str::to_owned),
        data,
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

/// Cuts a stream of a format.
pub(crate) fn split(bytes: &[u8], served: Served, split: Split, seed: u64) -> Vec<Vec<u8>> {
    let mut dice = Dice(seed);
    match split {
        Split::Event => whole(bytes, served),
        Split::Whole => vec![bytes.into()],
        Split::Byte => bytes.iter().map(|byte| vec![*byte]).collect(),
        Split::Random => {
            let mut rest = bytes;
            let mut pieces = Vec::new();
            while !rest.is_empty() {
                let length = dice.below(120).min(rest.len() - 1) + 1;
                pieces.push(rest[..length].to_vec());
                rest = &rest[length..];
            }
            pieces
        }
        Split::Nasty => {
            let mut bytes = bytes.to_vec();
            if served.streams_as() != FRAMES && !bytes.contains(&b'\r') {
                bytes = text(&bytes).replace('\n', "\r\n").into_bytes();
            }
            let mut pieces = vec![Vec::new()];
            for byte in bytes {
                let last = pieces.last_mut().expect("there is a piece");
                last.push(byte);
                let cut = matches!(byte, 0 | b'\r' | b'\\' | b':') || byte >= 0xC0;
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

/// What AWS calls its streams.
const FRAMES: &str = "application/vnd.amazon.eventstream";

/// One piece an event, a line or a frame.
fn whole(bytes: &[u8], served: Served) -> Vec<Vec<u8>> {
    if served.streams_as() == FRAMES {
        return frames(bytes).map(<[u8]>::to_vec).collect();
    }
    let end: &[u8] = match served {
        Served::Ollama => b"\n",
        _ if bytes.contains(&b'\r') => b"\r\n\r\n",
        _ => b"\n\n",
    };
    let mut rest = bytes;
    let mut pieces = Vec::new();
    while let Some(at) = memchr::memmem::find(rest, end) {
        pieces.push(rest[..at + end.len()].into());
        rest = &rest[at + end.len()..];
    }
    pieces.push(rest.into());
    pieces
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
    let cut = |how| split(text.as_bytes(), Served::Chat, how, 7);
    for how in [Split::Event, Split::Whole, Split::Byte, Split::Random] {
        assert_eq!(cut(how).concat(), text.as_bytes(), "{how:?}");
    }
    let nasty = String::from_utf8(cut(Split::Nasty).concat()).unwrap();
    assert_eq!(nasty, text.replace('\n', "\r\n"));
    assert_eq!(events(&nasty), events(text));
    assert_eq!(cut(Split::Event).len(), 3);
    let lines = split(b"{}\n{}\n", Served::Ollama, Split::Event, 0);
    assert_eq!(lines.len(), 2);
}
