//! Recorded answers of real providers, metered: found through `RECORDINGS_DIR`.

use std::path::PathBuf;

use bytes::Bytes;
use manti::dialects::Dialect;
use manti::dialects::meter::{Meter, Plain};
use manti::dialects::sse::{self, Event, Splitter};
use serde_json::Value;

/// Every recording of a conversation in one of the dialects, with its file's name.
fn recordings() -> Vec<(String, Dialect, Value)> {
    let Some(folder) = std::env::var_os("RECORDINGS_DIR").map(PathBuf::from) else {
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    index
        .lines()
        .filter_map(|line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let dialect = match entry["endpoint"].as_str()? {
                "chat.completions" => Dialect::Chat,
                "messages" => Dialect::Messages,
                "responses" => Dialect::Responses,
                "generateContent" | "streamGenerateContent" => Dialect::Gemini,
                _ => return None,
            };
            let file = entry["file"].as_str()?.to_owned();
            let text = std::fs::read_to_string(folder.join(&file)).unwrap();
            let recording = serde_json::from_str(&text).unwrap();
            Some((file, dialect, recording))
        })
        .filter(|(_, _, recording): &(String, Dialect, Value)| {
            recording["response"]["status"] == 200
        })
        .collect()
}

/// The last value of a field in any of an answer's objects.
fn last<'a>(objects: &'a [Value], path: &[&str]) -> Option<&'a Value> {
    let mut found = None;
    for object in objects {
        let mut value = object;
        for name in path {
            value = &value[*name];
        }
        if !value.is_null() {
            found = Some(value);
        }
    }
    found
}

fn number(objects: &[Value], path: &[&str]) -> Option<u64> {
    last(objects, path)?.as_u64()
}

/// Checks what a meter read against the objects that it read.
fn check(file: &str, dialect: Dialect, meter: &Meter, objects: &[Value]) {
    let (input, output, total) = match dialect {
        Dialect::Completions
        | Dialect::Service(_)
        | Dialect::Ollama
        | Dialect::Cohere
        | Dialect::Converse => unreachable!("not asked so"),
        Dialect::Chat => (
            number(objects, &["usage", "prompt_tokens"]),
            number(objects, &["usage", "completion_tokens"]),
            number(objects, &["usage", "total_tokens"]),
        ),
        Dialect::Messages => {
            let starts = ["message", "usage"];
            let of = |name| {
                number(objects, &["usage", name])
                    .or_else(|| number(objects, &[starts[0], starts[1], name]))
            };
            let input = of("input_tokens").map(|input| {
                input
                    + of("cache_read_input_tokens").unwrap_or(0)
                    + of("cache_creation_input_tokens").unwrap_or(0)
            });
            (input, of("output_tokens"), None)
        }
        Dialect::Responses => {
            let of = |name| {
                number(objects, &["response", "usage", name])
                    .or_else(|| number(objects, &["usage", name]))
            };
            (of("input_tokens"), of("output_tokens"), of("total_tokens"))
        }
        Dialect::Gemini => {
            let of = |name| number(objects, &["usageMetadata", name]);
            let sum = |one, two| of(one).map(|count| count + of(two).unwrap_or(0));
            let input = sum("promptTokenCount", "toolUsePromptTokenCount");
            let output =
                of("thoughtsTokenCount").unwrap_or(0) + of("candidatesTokenCount").unwrap_or(0);
            let total = of("totalTokenCount");
            (input, input.map(|_| output), total)
        }
    };
    let (Some(input), Some(output)) = (input, output) else {
        return;
    };
    let reading = meter
        .reading()
        .unwrap_or_else(|| panic!("{file}: usage was not found"));
    assert!(reading.known && meter.complete(), "{file}: {reading:?}");
    // What code reads of its own output comes and goes in Gemini's figures.
    let shrinks = |flag: &&str| dialect == Dialect::Gemini && *flag == "usage_decreased";
    let flags: Vec<&&str> = reading.flags.iter().filter(|flag| !shrinks(flag)).collect();
    assert!(flags.is_empty(), "{file}: {flags:?}");
    let tokens = &reading.tokens;
    // One gateway's total leaves out what its models reasoned.
    let leaves_out = file.starts_with("vercel-ai-gateway") && tokens.output > output;
    match total {
        Some(total) if total > 0 && !leaves_out => {
            assert_eq!(tokens.input + tokens.output, total, "{file}");
        }
        _ if leaves_out => assert_eq!(tokens.output, output + tokens.reasoning, "{file}"),
        _ => assert_eq!((tokens.input, tokens.output), (input, output), "{file}"),
    }
    assert!(tokens.input >= input && tokens.output >= output, "{file}");
}

#[test]
fn every_recorded_stream_is_metered_however_it_is_cut() {
    for (file, dialect, recording) in recordings() {
        let Some(text) = recording["response"]["sse_text"].as_str() else {
            continue;
        };
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let mut first: Option<Vec<Bytes>> = None;
        for size in [bytes.len(), 13, 1000] {
            let asked = &recording["request"]["body"];
            let choices = [&asked["n"], &asked["generationConfig"]["candidateCount"]];
            let choices = choices.into_iter().find_map(Value::as_u64).unwrap_or(1);
            let mut meter = Meter::new(dialect, u32::try_from(choices).unwrap());
            let mut splitter = Splitter::new();
            let (mut events, mut finishes, mut contents) = (Vec::new(), 0, 0);
            let mut at = 0;
            while at < bytes.len() {
                let end = (at + size).min(bytes.len());
                splitter.push(bytes.slice(at..end));
                at = end;
                while let Some(event) = splitter.next_event().unwrap() {
                    let mark = meter.event(&event);
                    finishes += usize::from(mark.finish);
                    contents += usize::from(mark.content);
                    assert!(!mark.error, "{file}: {event:?}");
                    events.push(event);
                }
            }
            let rest = splitter.rest();
            if sse::is_whole(&rest) {
                meter.event(&rest);
                events.push(rest);
            }
            let objects: Vec<Value> = events
                .iter()
                .filter_map(|event| serde_json::from_slice(&Event::parse(event)?.data).ok())
                .collect();
            check(&file, dialect, &meter, &objects);
            let open = recording["features"].as_array().is_some_and(|features| {
                features
                    .iter()
                    .any(|feature| feature == "no_terminator" || feature == "truncated")
            });
            if !open {
                assert!(meter.finished() && finishes > 0, "{file}");
                // Some streams end with the connection alone.
                let silent = dialect == Dialect::Gemini || file.starts_with("perplexity");
                assert!(meter.ended() || silent, "{file}");
            }
            assert!(contents <= 1 || dialect == Dialect::Gemini, "{file}");
            assert!(meter.model().is_some(), "{file}");
            match &first {
                None => first = Some(events),
                Some(first) => assert_eq!(first, &events, "{file} in pieces of {size}"),
            }
        }
    }
}

#[test]
fn every_recorded_answer_is_metered() {
    for (file, dialect, recording) in recordings() {
        let body = &recording["response"]["body"];
        if body.is_null() || body.is_array() {
            continue;
        }
        let mut meter = Meter::new(dialect, 1);
        let wanted = if body["error"].is_null() {
            Plain::Answer
        } else {
            Plain::Error
        };
        assert_eq!(meter.plain(body.to_string().as_bytes()), wanted, "{file}");
        if wanted == Plain::Answer {
            check(&file, dialect, &meter, std::slice::from_ref(body));
            assert!(meter.finished() && meter.model().is_some(), "{file}");
        }
    }
}
