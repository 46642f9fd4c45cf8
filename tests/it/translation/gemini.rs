//! Gemini's recordings translated for clients of the other dialects and back. Read independently
//! of the code under test.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Reply};
use manti::models::chat::{Content, Family, Request, Response, Source};
use manti::models::usage::Tokens;
use serde_json::{Value, json};

use super::plain::{straight, straight_stream};
use super::recordings::say;
use super::streams::{self, both};

/// One call as it was recorded.
struct Recording {
    id: String,
    model: String,
    request: Value,
    /// The objects of the answer.
    objects: Vec<Value>,
    /// The stream, where it is one.
    stream: Option<String>,
}

/// The conversations with Gemini that were answered; an array is turned into events.
fn all() -> Vec<Recording> {
    let Some(folder) = std::env::var_os("RECORDINGS_DIR").map(std::path::PathBuf::from) else {
        say("skipped: RECORDINGS_DIR is not set");
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let recordings: Vec<Recording> = index
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|entry| {
            let endpoint = entry["endpoint"].as_str().unwrap();
            endpoint.ends_with("enerateContent") && entry["status"] == 200
        })
        .map(|entry| {
            let file = folder.join(entry["file"].as_str().unwrap());
            let text = std::fs::read_to_string(file).unwrap();
            let mut whole: Value = serde_json::from_str(&text).unwrap();
            let body = whole["response"]["body"].take();
            let stream = match &body {
                // What came as one array says the same as events.
                Value::Array(items) => {
                    let events = items.iter().map(|item| format!("data: {item}\r\n\r\n"));
                    Some(events.collect())
                }
                _ => whole["response"]["sse_text"].as_str().map(str::to_owned),
            };
            let objects = match (&stream, body) {
                (Some(stream), _) => objects(stream),
                (None, body) => vec![body],
            };
            Recording {
                id: entry["id"].as_str().unwrap().to_owned(),
                model: entry["model"].as_str().unwrap().to_owned(),
                request: whole["request"]["body"].take(),
                objects,
                stream,
            }
        })
        .collect();
    assert!(recordings.len() > 180, "only {}", recordings.len());
    recordings
}

pub(super) fn objects(stream: &str) -> Vec<Value> {
    stream
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?).ok())
        .collect()
}

/// What Google's own JSON says: its text, its calls, its thoughts and its secrets.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    pub(super) text: String,
    thoughts: String,
    pub(super) calls: Vec<(String, Value)>,
    secrets: Vec<Vec<u8>>,
}

/// The parts of the first answer.
fn parts(objects: &[Value]) -> Vec<Value> {
    objects
        .iter()
        .filter_map(|object| object["candidates"].as_array())
        .flatten()
        .filter(|candidate| candidate["index"].as_u64().unwrap_or(0) == 0)
        .filter_map(|candidate| candidate["content"]["parts"].as_array())
        .flatten()
        .cloned()
        .collect()
}

/// A secret as its bytes, in whichever alphabet it is spelled.
fn decoded(secret: &Value) -> Option<Vec<u8>> {
    let text = secret.as_str()?;
    let standard = text.replace('-', "+").replace('_', "/");
    let bytes = STANDARD.decode(standard);
    Some(bytes.unwrap_or_else(|_| text.as_bytes().to_vec()))
}

pub(super) fn said(objects: &[Value]) -> Said {
    let mut said = Said::default();
    for part in parts(objects) {
        let text = part["text"].as_str().unwrap_or("");
        if part["thought"] == true {
            said.thoughts.push_str(text);
        } else {
            said.text.push_str(text);
        }
        let call = &part["functionCall"];
        if call.is_object() {
            let args = if call["args"].is_null() {
                json!({})
            } else {
                call["args"].clone()
            };
            said.calls
                .push((call["name"].as_str().unwrap().to_owned(), args));
        }
        let known = part.get("executableCode").is_none();
        said.secrets
            .extend(decoded(&part["thoughtSignature"]).filter(|_| known));
    }
    said
}

/// The last figures that an answer tells.
pub(super) fn figures(objects: &[Value]) -> Tokens {
    let count = |name: &str| {
        let mut told = objects.iter().rev();
        told.find_map(|object| object["usageMetadata"][name].as_u64())
            .unwrap_or(0)
    };
    Tokens {
        input: count("promptTokenCount") + count("toolUsePromptTokenCount"),
        cached_input: count("cachedContentTokenCount"),
        output: count("candidatesTokenCount") + count("thoughtsTokenCount"),
        reasoning: count("thoughtsTokenCount"),
        ..Tokens::default()
    }
}

/// How often the web was searched, as the last chunk that tells it says.
fn searches(objects: &[Value]) -> u64 {
    let told = |object: &Value| {
        let candidates = object["candidates"].as_array()?;
        let queries = candidates
            .iter()
            .filter_map(|candidate| candidate["groundingMetadata"]["webSearchQueries"].as_array());
        Some(queries.map(|queries| queries.len() as u64).sum())
    };
    let mut told = objects.iter().rev().filter_map(told);
    told.find(|count| *count > 0).unwrap_or(0)
}

fn read(recording: &Recording) -> Response {
    match &recording.stream {
        None => both(Dialect::Gemini)
            .read_response(
                recording.objects[0].to_string().as_bytes(),
                Family::Other,
                "",
            )
            .unwrap_or_else(|error| panic!("{}: {error}", recording.id)),
        Some(stream) => {
            let events = streams::read(Dialect::Gemini, stream.as_bytes(), &[usize::MAX]);
            for pieces in [&[1][..], &[3, 1, 200, 17]] {
                let cut = streams::read(Dialect::Gemini, stream.as_bytes(), pieces);
                assert_eq!(events, cut, "{}", recording.id);
            }
            streams::assemble(&events).unwrap_or_else(|error| panic!("{}: {error}", recording.id))
        }
    }
}

/// A text and the calls beside it.
type Heard = (String, Vec<(String, Value)>);

/// The answer as a client of another dialect gets it.
fn shown(recording: &Recording, client: Dialect) -> (Value, String, Heard) {
    let reply = Reply {
        include_usage: true,
        ..Reply::default()
    };
    if let Some(stream) = &recording.stream {
        let events = streams::read(Dialect::Gemini, stream.as_bytes(), &[usize::MAX]);
        let written = String::from_utf8(streams::write(client, &events, reply)).unwrap();
        let said = if client == Dialect::Gemini {
            let said = said(&objects(&written));
            (said.text, said.calls)
        } else {
            straight_stream(client, &written)
        };
        return (Value::Null, written, said);
    }
    let body = both(client).write_response(&read(recording), &reply);
    let value: Value = serde_json::from_slice(&body).unwrap();
    let said = if client == Dialect::Gemini {
        let said = said(std::slice::from_ref(&value));
        (said.text, said.calls)
    } else {
        straight(client, &value)
    };
    (value, String::new(), said)
}

#[test]
fn recorded_answers_of_gemini_say_the_same_to_every_client() {
    let recordings = all();
    for recording in &recordings {
        let wanted = said(&recording.objects);
        let response = read(recording);
        let mut usage = response.usage.clone().unwrap_or_default();
        let (queries, units) = (
            searches(&recording.objects),
            std::mem::take(&mut usage.units),
        );
        let counted = |unit: &str| units.get(unit).copied().unwrap_or(0);
        assert_eq!(counted("searches"), queries, "{}", recording.id);
        assert_eq!(
            counted("grounded_prompts"),
            queries.min(1),
            "{}",
            recording.id
        );
        assert_eq!(usage, figures(&recording.objects), "{}", recording.id);
        assert!(response.choices[0].stop.is_some(), "{}", recording.id);
        for client in [
            Dialect::Chat,
            Dialect::Messages,
            Dialect::Responses,
            Dialect::Gemini,
        ] {
            let (_, _, (text, calls)) = shown(recording, client);
            let of = format!("{} for {}", recording.id, client.as_str());
            assert_eq!(text, wanted.text, "{of}");
            assert_eq!(calls, wanted.calls, "{of}");
        }
    }
    say(&format!("{} answers of Gemini looked at", recordings.len()));
}

/// What a client gives back of an answer: the turn, and results for its calls.
fn given_back(client: Dialect, recording: &Recording) -> Vec<Value> {
    let (whole, stream, _) = shown(recording, client);
    if recording.stream.is_none() {
        return match client {
            Dialect::Chat => vec![whole["choices"][0]["message"].clone()],
            Dialect::Messages => {
                vec![json!({"role": "assistant", "content": whole["content"]})]
            }
            Dialect::Gemini => vec![whole["candidates"][0]["content"].clone()],
            _ => unreachable!("not asked so"),
        };
    }
    match client {
        Dialect::Chat => {
            let events = streams::read(client, stream.as_bytes(), &[usize::MAX]);
            let whole = streams::assemble(&events).unwrap();
            let body = both(client).write_response(&whole, &Reply::default());
            let body: Value = serde_json::from_slice(&body).unwrap();
            vec![body["choices"][0]["message"].clone()]
        }
        Dialect::Messages => {
            let events = streams::read(client, stream.as_bytes(), &[usize::MAX]);
            let whole = streams::assemble(&events).unwrap();
            let body = both(client).write_response(&whole, &Reply::default());
            let body: Value = serde_json::from_slice(&body).unwrap();
            vec![json!({"role": "assistant", "content": body["content"]})]
        }
        // Google's library keeps each chunk.
        Dialect::Gemini => objects(&stream)
            .iter()
            .map(|chunk| chunk["candidates"][0]["content"].clone())
            .collect(),
        _ => unreachable!("not asked so"),
    }
}

fn asked_again(client: Dialect, mut turns: Vec<Value>) -> Request {
    let mut results = Vec::new();
    for turn in &turns {
        for call in turn["tool_calls"].as_array().into_iter().flatten() {
            results.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "r"}));
        }
        for block in turn["content"].as_array().into_iter().flatten() {
            if block["type"] == "tool_use" {
                results.push(
                    json!({"type": "tool_result", "tool_use_id": block["id"], "content": "r"}),
                );
            }
        }
        for part in turn["parts"].as_array().into_iter().flatten() {
            let call = &part["functionCall"];
            if call.is_object() {
                results.push(json!({"functionResponse":
                    {"id": call["id"], "name": call["name"], "response": {"result": "r"}}}));
            }
        }
    }
    let ask = |text: &str| match client {
        Dialect::Gemini => json!({"role": "user", "parts": [{"text": text}]}),
        _ => json!({"role": "user", "content": text}),
    };
    let last = match client {
        _ if results.is_empty() => vec![ask("Go on.")],
        Dialect::Chat => results,
        Dialect::Messages => vec![json!({"role": "user", "content": results})],
        Dialect::Gemini => vec![json!({"role": "user", "parts": results})],
        _ => unreachable!("not asked so"),
    };
    turns.insert(0, ask("Begin."));
    turns.extend(last);
    let body = match client {
        Dialect::Chat => json!({"model": "m", "messages": turns}),
        Dialect::Messages => json!({"model": "m", "max_tokens": 9000, "messages": turns}),
        Dialect::Gemini => json!({"contents": turns}),
        _ => unreachable!("not asked so"),
    };
    let body = body.to_string();
    let read = both(client).read_request(body.as_bytes());
    read.unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[test]
fn secrets_of_gemini_come_back_from_every_client_on_the_calls_they_stood_on() {
    let mut proven = 0;
    for recording in all() {
        let signed = |parts: &[Value]| -> Vec<(Value, Option<Vec<u8>>)> {
            parts
                .iter()
                .filter(|part| part["functionCall"].is_object())
                .map(|part| {
                    let secret = decoded(&part["thoughtSignature"]);
                    (part["functionCall"]["name"].clone(), secret)
                })
                .collect()
        };
        let parts = parts(&recording.objects);
        let wanted = said(&recording.objects).secrets;
        let model = recording.objects[0]["modelVersion"].as_str().unwrap();
        let target = abilities::of(Kind::OpenAiCompatible, "", model);
        for client in [Dialect::Chat, Dialect::Messages, Dialect::Gemini] {
            let of = format!("{} for {}", recording.id, client.as_str());
            let request = asked_again(client, given_back(client, &recording));
            let written = both(Dialect::Gemini)
                .write_request(&request, &target, model)
                .unwrap();
            let body: Value = serde_json::from_slice(&written.body).unwrap();
            let back = body["contents"][1]["parts"].as_array().cloned();
            let back = back.unwrap_or_default();
            let mut secrets: Vec<Vec<u8>> = back
                .iter()
                .filter(|part| part.get("executableCode").is_none())
                .filter_map(|part| decoded(&part["thoughtSignature"]))
                .collect();
            assert_eq!(signed(&parts), signed(&back), "{of}");
            let mut wanted = wanted.clone();
            wanted.sort();
            secrets.sort();
            if body["contents"][1]["role"] == "model" {
                assert_eq!(secrets, wanted, "{of}");
            }
            proven += wanted.len();
        }
    }
    say(&format!("{proven} secrets of Gemini came back"));
}

/// What a request says: texts, calls and results, in order.
pub(super) fn meaning(request: &Request) -> Vec<String> {
    let mut said = Vec::new();
    let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
    for block in request.system.iter().chain(blocks) {
        match &block.content {
            // A line before a picture that a result cannot hold.
            Content::Text { text, .. } if text.starts_with("From the result of") => {}
            Content::Text { text, .. } if !text.is_empty() => said.push(text.clone()),
            // A document of text is as good as text.
            Content::File {
                source: Source::Text(text),
                ..
            } => said.push(text.clone()),
            Content::File {
                source: Source::Inline(media),
                ..
            } if media.kind.starts_with("text/") => {
                let bytes = STANDARD.decode(&media.data).unwrap();
                said.push(String::from_utf8(bytes).unwrap());
            }
            Content::Call(call) => {
                let args: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
                said.push(format!("{} {args}", call.name));
            }
            Content::Result(result) => {
                for block in &result.blocks {
                    if let Content::Text { text, .. } = &block.content {
                        let value = serde_json::from_str::<Value>(text);
                        said.push(value.map_or_else(|_| text.clone(), |value| value.to_string()));
                    }
                }
            }
            _ => {}
        }
    }
    said
}

#[test]
fn recorded_requests_to_gemini_are_told_to_every_provider() {
    let mut refused = 0;
    for recording in all() {
        let body = recording.request.to_string();
        let request = match both(Dialect::Gemini).read_request(body.as_bytes()) {
            Ok(request) => request,
            Err(error) => panic!("{}: {error}: {body}", recording.id),
        };
        let wanted = meaning(&request);
        for (target, kind, model) in [
            (Dialect::Gemini, Kind::OpenAiCompatible, &*recording.model),
            (Dialect::Chat, Kind::OpenAiCompatible, "my-own"),
            (Dialect::Messages, Kind::Anthropic, "claude-sonnet-4-5"),
        ] {
            let of = format!("{} to {}", recording.id, target.as_str());
            let abilities = abilities::of(kind, "", model);
            let written = both(target).write_request(&request, &abilities, model);
            let written = match written {
                Ok(written) => written,
                Err(error) => {
                    // Stored things, and turns of nothing but sound.
                    let known = ["cachedContent", "contents[0]"];
                    assert!(known.contains(&&*error.param), "{of}: {error}");
                    refused += 1;
                    continue;
                }
            };
            let again = both(target).read_request(&written.body);
            let again = again.unwrap_or_else(|error| panic!("{of}: {error}"));
            let lost = written.dropped.iter().any(|path| path.contains(".parts["));
            if !lost {
                assert_eq!(meaning(&again), wanted, "{of}");
            }
            assert_eq!(
                again.tools.is_empty(),
                request.tools.is_empty() || lost_tools(&written.dropped),
                "{of}"
            );
            if target == Dialect::Gemini {
                assert_eq!(written.dropped, Vec::<String>::new(), "{of}");
                assert_eq!(again.extras, request.extras, "{of}");
                assert_eq!(again.choice, request.choice, "{of}");
                assert_eq!(again.format, request.format, "{of}");
                assert_eq!(again.sampling, request.sampling, "{of}");
                assert_eq!(thoughts(&again), thoughts(&request), "{of}");
            }
        }
    }
    assert!(refused <= 12, "{refused}");
}

/// The secrets in a request, with what they stood on.
fn thoughts(request: &Request) -> Vec<(String, Option<Vec<u8>>)> {
    let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
    blocks
        .filter_map(|block| match &block.content {
            Content::Thinking(thought) => Some(thought),
            _ => None,
        })
        .map(|thought| {
            let secret = thought.secret.as_ref();
            let bytes = secret.and_then(|secret| decoded(&secret.data.as_str().into()));
            let kind = secret
                .map(|secret| secret.kind.as_str())
                .unwrap_or_default();
            (format!("{kind} {}", thought.text), bytes)
        })
        .collect()
}

fn lost_tools(dropped: &[String]) -> bool {
    dropped.iter().any(|path| path.starts_with("tools["))
}

#[test]
fn a_respelt_secret_of_another_family_is_the_same_to_its_family() {
    // Python's library spells base64 in the URL-safe alphabet when it sends it back.
    let answer = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": [{"type": "thinking", "thinking": "Hm?>~\u{fc}", "signature": "Eu+/8A=="},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}],
        "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1}});
    let messages = both(Dialect::Messages);
    let gemini = both(Dialect::Gemini);
    let read = messages.read_response(answer.to_string().as_bytes(), Family::Anthropic, "");
    let shown = gemini.write_response(&read.unwrap(), &Reply::default());
    let shown: Value = serde_json::from_slice(&shown).unwrap();
    let mut turn = shown["candidates"][0]["content"].clone();
    for part in turn["parts"].as_array_mut().unwrap() {
        if let Some(secret) = part["thoughtSignature"].as_str() {
            let respelt = URL_SAFE_NO_PAD.encode(STANDARD.decode(secret).unwrap());
            part["thoughtSignature"] = respelt.into();
        }
    }
    let request = asked_again(Dialect::Gemini, vec![turn]);
    let target = abilities::of(Kind::Anthropic, "", "claude-sonnet-4-5");
    let written = messages
        .write_request(&request, &target, "claude-sonnet-4-5")
        .unwrap();
    let body: Value = serde_json::from_slice(&written.body).unwrap();
    assert_eq!(body["messages"][1]["content"], answer["content"]);
}
