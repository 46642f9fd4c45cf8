//! What must hold of any bytes: shared by the fuzz targets and the test that replays their corpus.

use bytes::Bytes;
use manti::dialects::Dialect;
use manti::dialects::framing::{self, ArrayWriter};
use manti::dialects::meter::Meter;
use manti::dialects::peek;
use manti::dialects::sse::{Event, Splitter};
use serde::de::IgnoredAny;
use serde_json::Value;

/// The head of a request is read as another JSON reader reads it, or refused; what is written
/// for another model says the same otherwise.
pub(crate) fn head(bytes: &[u8]) {
    for dialect in Dialect::ALL {
        let read = peek::head(bytes, dialect);
        let text = std::str::from_utf8(bytes).ok();
        let json = text.is_some_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        let object = json && bytes.trim_ascii_start().first() == Some(&b'{');
        match &read {
            Ok(_) => assert!(object, "taken although it is no object"),
            Err(refused) if refused.param.is_some() => assert!(object, "{refused}"),
            Err(refused) => assert!(!object || refused.message.contains("deep"), "{refused}"),
        }
        let (Ok(head), Ok(Value::Object(mut whole))) = (read, serde_json::from_slice(bytes)) else {
            continue;
        };
        // Where the address names the model, the body's is nobody's.
        let named = dialect != Dialect::Gemini;
        if named {
            assert_eq!(whole["model"], head.model);
            let stream = whole.get("stream").and_then(Value::as_bool);
            assert_eq!(stream.unwrap_or(false), head.stream);
        }
        let body = Bytes::copy_from_slice(bytes);
        let written = peek::rewrite(&body, &head, dialect, Some("an\"other"), true).concat();
        let written: Value = serde_json::from_slice(&written).unwrap();
        if named {
            whole.insert("model".to_owned(), "an\"other".into());
        }
        if matches!(dialect, Dialect::Chat | Dialect::Completions) && head.stream {
            let options = whole.entry("stream_options").or_insert(Value::Null);
            if options.is_null() {
                *options = Value::Object(serde_json::Map::new());
            }
            options["include_usage"] = true.into();
        }
        assert_eq!(written, Value::Object(whole));
    }
}

/// A stream gives the same events however it is cut; the first byte says how.
pub(crate) fn stream(bytes: &[u8]) {
    let Some((&seed, stream)) = bytes.split_first() else {
        return;
    };
    let whole = events(stream, stream.len().max(1));
    assert_eq!(events(stream, usize::from(seed) % 13 + 1), whole);
    assert_eq!(events(stream, 1), whole);
    let joined: Vec<u8> = whole.concat();
    let start = stream.len() - joined.len();
    assert!(start == 0 || (start == 3 && stream.starts_with(b"\xef\xbb\xbf")));
    assert_eq!(&stream[start..], joined);
}

/// All events of a stream in pieces of a size, and what is left.
fn events(stream: &[u8], size: usize) -> Vec<Bytes> {
    let mut splitter = Splitter::new();
    let mut events = Vec::new();
    for chunk in stream.chunks(size) {
        splitter.push(Bytes::copy_from_slice(chunk));
        while let Some(event) = splitter.next_event().unwrap() {
            let _ = Event::parse(&event);
            events.push(event);
        }
    }
    events.push(splitter.rest());
    events
}

/// What only providers speak.
const ALONE: [Dialect; 3] = [Dialect::Ollama, Dialect::Cohere, Dialect::Converse];

/// Lines, frames of AWS and arrays of JSON are the same however they are cut; the first byte says
/// how.
pub(crate) fn frames(bytes: &[u8]) {
    let Some((&seed, stream)) = bytes.split_first() else {
        return;
    };
    let size = usize::from(seed) % 13 + 1;
    // Checksums would keep most bytes from being looked at.
    let framed = frame(stream);
    for (dialect, stream) in [
        (Dialect::Ollama, stream),
        (Dialect::Converse, stream),
        (Dialect::Converse, &framed),
    ] {
        let whole = unframed(dialect, stream, stream.len().max(1));
        assert_eq!(unframed(dialect, stream, size), whole);
        assert_eq!(unframed(dialect, stream, 1), whole);
        for event in events(&whole, whole.len().max(1)) {
            assert!(event.is_empty() || Event::parse(&event).is_some());
        }
    }
    let whole = array(stream, stream.len().max(1));
    assert_eq!(array(stream, size), whole);
    assert_eq!(array(stream, 1), whole);
}

/// The events that a provider's stream becomes, in pieces of a size.
fn unframed(dialect: Dialect, stream: &[u8], size: usize) -> Vec<u8> {
    let mut framing = framing::of(dialect, "").unwrap();
    let mut out = Vec::new();
    for chunk in stream.chunks(size) {
        out.extend_from_slice(&framing.events(chunk));
    }
    out.extend_from_slice(&framing.rest());
    out
}

/// The array that a stream of events becomes, in pieces of a size.
fn array(stream: &[u8], size: usize) -> Vec<u8> {
    let mut writer = ArrayWriter::default();
    let mut out = Vec::new();
    for chunk in stream.chunks(size) {
        out.extend(writer.push(Bytes::copy_from_slice(chunk)).unwrap());
    }
    out.extend(writer.finish());
    out
}

/// A frame of AWS with an event: what comes first in the payload is its name.
fn frame(payload: &[u8]) -> Vec<u8> {
    let end = payload.iter().position(|byte| !byte.is_ascii_alphabetic());
    let (name, payload) = payload.split_at(end.unwrap_or(payload.len()).min(200));
    let mut headers = Vec::new();
    for (header, value) in [(":message-type", &b"event"[..]), (":event-type", name)] {
        headers.push(u8::try_from(header.len()).unwrap());
        headers.extend_from_slice(header.as_bytes());
        // What follows is a text.
        headers.push(7);
        headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend_from_slice(value);
    }
    let mut frame = Vec::new();
    for length in [headers.len() + payload.len() + 16, headers.len()] {
        frame.extend(u32::try_from(length).unwrap().to_be_bytes());
    }
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend_from_slice(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// No answer makes the meter fail, and none has parts larger than the whole.
pub(crate) fn meter(bytes: &[u8]) {
    for dialect in Dialect::ALL.into_iter().chain(ALONE) {
        let mut meter = Meter::new(dialect, 1);
        for event in events(bytes, bytes.len().max(1)) {
            meter.event(&event);
        }
        let _ = meter.delivered_text();
        check(&meter);
        let mut meter = Meter::new(dialect, 2);
        meter.plain(bytes);
        let _ = meter.delivered_text();
        check(&meter);
    }
}

fn check(meter: &Meter) {
    let Some(reading) = meter.reading() else {
        return;
    };
    let tokens = &reading.tokens;
    assert!(tokens.cached_input + tokens.cache_write_5m + tokens.cache_write_1h <= tokens.input);
    assert!(tokens.reasoning <= tokens.output);
    assert!(tokens.total() < 1 << 60);
    assert!(reading.stated_cost.is_none_or(|cost| cost.nanos() >= 0));
}
