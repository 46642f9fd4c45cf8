//! Recordings of providers whose formats no client speaks: each is read, whole and however it is
//! cut, and says what was recorded; the meter agrees with the reader.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use manti::dialects::meter::{Meter, Plain};
use manti::dialects::sse::{Event, Splitter, is_whole};
use manti::dialects::{Dialect, framing};
use manti::models::chat::Family;
use manti::models::usage::Tokens;
use serde_json::Value;

use super::recordings::say;
use super::streams::assemble;
use super::upstream_said::{self, Said};

/// What AWS calls its streams.
const FRAMES: &str = "application/vnd.amazon.eventstream";

/// Whether a call of any model's own format is one of Anthropic's messages: the oldest Claudes were
/// asked for completions.
fn is_claude(entry: &Value) -> bool {
    let model = entry["model"].as_str().unwrap_or_default();
    model.contains("anthropic.claude") && !model.contains("claude-v2")
}

/// One call as it was recorded.
struct Recording {
    id: String,
    dialect: Dialect,
    status: u64,
    kind: String,
    answer: Answer,
}

enum Answer {
    Whole(Value),
    /// The bytes, and the objects in them.
    Stream(Vec<u8>, Vec<Value>),
}

fn all() -> Option<Vec<Recording>> {
    let Some(folder) = std::env::var_os("RECORDINGS_DIR").map(PathBuf::from) else {
        say("skipped: RECORDINGS_DIR is not set");
        return None;
    };
    let index = fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let recordings = index.lines().filter_map(|line| {
        let entry: Value = serde_json::from_str(line).unwrap();
        let (dialect, kind) = match entry["endpoint"].as_str()? {
            "ollama-chat" => (Dialect::Ollama, "application/x-ndjson"),
            "cohere-v2-chat" => (Dialect::Cohere, "text/event-stream"),
            "converse" | "converse-stream" => (Dialect::Converse, FRAMES),
            "invoke" | "invoke-with-response-stream" if is_claude(&entry) => {
                (Dialect::Messages, FRAMES)
            }
            _ => return None,
        };
        let text = fs::read_to_string(folder.join(entry["file"].as_str()?)).unwrap();
        let mut whole: Value = serde_json::from_str(&text).unwrap();
        let response = &mut whole["response"];
        let answer = if let Some(body) = response.get_mut("body").map(Value::take) {
            Answer::Whole(body)
        } else if let Some(text) = response["ndjson_text"].as_str() {
            Answer::Stream(text.into(), objects(text.lines()))
        } else if let Some(text) = response["sse_text"].as_str() {
            let lines = text.lines().filter_map(|line| line.strip_prefix("data:"));
            Answer::Stream(text.into(), objects(lines))
        } else {
            let frames = STANDARD.decode(response["body_base64"].as_str()?).unwrap();
            let events = response["events"].as_array()?;
            Answer::Stream(frames, events.iter().map(upstream_said::framed).collect())
        };
        Some(Recording {
            id: entry["id"].as_str()?.to_owned(),
            dialect,
            status: entry["status"].as_u64()?,
            kind: kind.to_owned(),
            answer,
        })
    });
    Some(recordings.collect())
}

fn objects<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Value> {
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// Reads a stream that comes in pieces of these lengths, over and over.
fn read(recording: &Recording, bytes: &[u8], pieces: &[usize]) -> (Said, Option<Tokens>, Meter) {
    let id = &recording.id;
    let mut framing = framing::of(recording.dialect, &recording.kind);
    let mut splitter = Splitter::new();
    let mut meter = Meter::new(recording.dialect, 1);
    let mut reader = recording
        .dialect
        .upstream()
        .unwrap()
        .event_reader(Family::Anthropic, "");
    let mut events = Vec::new();
    let mut contents = 0;
    let mut take = |splitter: &mut Splitter, raw: Option<Bytes>| {
        let raw = raw.or_else(|| splitter.next_event().unwrap());
        let Some(raw) = raw else { return false };
        let mark = meter.event(&raw);
        assert!(!mark.error, "{id}: {raw:?}");
        contents += usize::from(mark.content);
        if let Some(event) = Event::parse(&raw) {
            reader.read(&event, &mut events);
        }
        true
    };
    let mut lengths = pieces.iter().cycle();
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = (*lengths.next().unwrap()).clamp(1, rest.len());
        let (piece, after) = rest.split_at(length);
        rest = after;
        splitter.push(match &mut framing {
            Some(framing) => framing.events(piece),
            None => Bytes::copy_from_slice(piece),
        });
        while take(&mut splitter, None) {}
    }
    if let Some(framing) = &mut framing {
        splitter.push(framing.rest());
        while take(&mut splitter, None) {}
    }
    let left = splitter.rest();
    if is_whole(&left) {
        take(&mut splitter, Some(left));
    }
    reader.finish(&mut events);
    assert!(contents <= 1, "{id}: {contents} first contents");
    let response = assemble(&events).unwrap_or_else(|error| panic!("{id}: {error}"));
    (Said::of(&response), response.usage, meter)
}

#[test]
fn every_recorded_answer_is_read_as_it_was_said() {
    let Some(recordings) = all() else { return };
    let mut counts = [0; 3];
    for recording in &recordings {
        let id = &recording.id;
        let spoken = recording.dialect.upstream().unwrap();
        match &recording.answer {
            Answer::Whole(body) if recording.status != 200 => {
                let error = spoken.read_error(body.to_string().as_bytes());
                assert!(!error.message.is_empty(), "{id}: {body}");
                counts[0] += 1;
            }
            Answer::Whole(body) => {
                let bytes = body.to_string().into_bytes();
                let response = spoken.read_response(&bytes, Family::Anthropic, "");
                let response = response.unwrap_or_else(|error| panic!("{id}: {error}"));
                let objects = std::slice::from_ref(body);
                let expected = upstream_said::recorded(recording.dialect, objects);
                expected.check(id, &Said::of(&response));
                let mut meter = Meter::new(recording.dialect, 1);
                assert_eq!(meter.plain(&bytes), Plain::Answer, "{id}");
                agrees(id, &meter, response.usage.as_ref(), &expected);
                counts[1] += 1;
            }
            Answer::Stream(bytes, objects) => {
                let expected = upstream_said::recorded(recording.dialect, objects);
                for pieces in [&[usize::MAX][..], &[1], &[7, 1, 300], &[1000]] {
                    let (said, usage, meter) = read(recording, bytes, pieces);
                    expected.check(id, &said);
                    assert!(meter.finished() && meter.ended(), "{id}");
                    agrees(id, &meter, usage.as_ref(), &expected);
                }
                counts[2] += 1;
            }
        }
    }
    say(&format!(
        "{} errors, {} answers and {} streams of providers alone",
        counts[0], counts[1], counts[2]
    ));
    assert!(counts[1] >= 15 && counts[2] >= 10, "{counts:?}");
}

/// The meter read what the reader read, and both what was recorded.
fn agrees(id: &str, meter: &Meter, usage: Option<&Tokens>, expected: &Said) {
    let reading = meter.reading();
    assert_eq!(reading.map(|reading| &reading.tokens), usage, "{id}");
    let Some((input, output)) = expected.tokens else {
        return;
    };
    let reading = reading.unwrap_or_else(|| panic!("{id}: usage was not found"));
    assert!(reading.flags.is_empty(), "{id}: {:?}", reading.flags);
    assert!(meter.complete() || output == 0, "{id}: {reading:?}");
    assert_eq!(
        (reading.tokens.input, reading.tokens.output),
        (input, output),
        "{id}"
    );
}
