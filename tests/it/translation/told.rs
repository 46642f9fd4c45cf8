//! What is told of a loss is a path of the client's own request.

mod answers;
mod rich;

use std::collections::BTreeMap;

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Unsupported, Written};
use manti::models::abilities::Abilities;
use serde_json::{Value, json};

use super::recordings;
use super::streams::both;

/// Whom a request is told to, in each format.
const TARGETS: &[(Dialect, &str, &str)] = &[
    (Dialect::Chat, "openai-compatible", "my-own-model"),
    (Dialect::Chat, "groq", "llama-3.3-70b-versatile"),
    (Dialect::Chat, "openrouter", "anthropic/claude-sonnet-4.5"),
    (Dialect::Responses, "openai", "gpt-5.2"),
    (Dialect::Messages, "anthropic", "claude-sonnet-4-5"),
    (Dialect::Gemini, "gemini", "gemini-2.5-flash"),
    (Dialect::Converse, "bedrock", "amazon.nova-lite-v1:0"),
    (Dialect::Cohere, "cohere", "command-a-03-2025"),
    (Dialect::Ollama, "ollama", "llama3.2"),
];

/// Where a field that nobody knows changes nothing, and why.
const MEANINGLESS: &[(&str, &str)] = &[
    (
        "/stream_options",
        "how a stream is told is the gateway's own",
    ),
    (
        "/messages/2/reasoning_details/",
        "an answer's own words, sent back",
    ),
    (
        "/generationConfig/responseSchema",
        "the form is told as lost where its type is",
    ),
];

/// Whether a path leads to something in a request. Where a schema stops it may lead one step
/// further: to what it lacks.
fn leads(path: &str, request: &Value) -> bool {
    let (path, pointer) = path.split_once('#').unwrap_or((path, ""));
    let mut at = request;
    for step in path.split('.') {
        let (name, places) = step
            .split_once('[')
            .map_or((step, ""), |(name, rest)| (name, rest));
        let Some(field) = field(at, name) else {
            return false;
        };
        at = field;
        for place in places.split(['[', ']']).filter(|place| !place.is_empty()) {
            match place.parse::<usize>().ok().and_then(|place| at.get(place)) {
                Some(inner) => at = inner,
                None => return false,
            }
        }
    }
    let lacking = pointer.rsplit_once('/').map_or("", |(start, _)| start);
    at.pointer(lacking).is_some()
}

/// A field, under either of the names that Google takes.
fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = object.as_object()?;
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let found = fields.iter().find(|(known, _)| plain(known) == plain(name));
    found.map(|(_, value)| value)
}

/// A request, written for each of the targets of other families.
fn written(client: Dialect, body: &[u8]) -> Vec<(Dialect, Result<Written, Unsupported>)> {
    let Ok(request) = both(client).read_request(body) else {
        return Vec::new();
    };
    let others = TARGETS.iter().filter(|(dialect, ..)| *dialect != client);
    let written = others.map(|(dialect, kind, model)| {
        let kind: Kind = kind.parse().unwrap();
        let target: Abilities = abilities::of(kind, "", model);
        let writer = dialect.upstream().unwrap();
        (*dialect, writer.write_request(&request, &target, model))
    });
    written.collect()
}

/// The paths that lead nowhere of what is told of a request, by their last words.
fn astray(client: Dialect, body: &[u8], astray: &mut BTreeMap<String, String>) -> usize {
    let asked: Value = serde_json::from_slice(body).unwrap();
    let mut told = 0;
    for (dialect, written) in written(client, body) {
        let Ok(written) = written else { continue };
        for path in [written.dropped, written.clamped, written.hints].concat() {
            told += 1;
            // Mistral's parts are told in OpenAI's words.
            let others = path.replace(".file.filename", ".document_name");
            if !leads(&path, &asked) && !leads(&others, &asked) {
                let (client, dialect) = (client.as_str(), dialect.as_str());
                let last = path.rsplit(['.', ']']).next().unwrap_or_default();
                let key = format!("{client} > {dialect}: {last}");
                astray.entry(key).or_insert(path);
            }
        }
    }
    told
}

/// The pointers of all objects in a request.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(at.to_owned());
            for (name, value) in fields {
                objects(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                objects(item, &format!("{at}/{place}"), found);
            }
        }
        _ => {}
    }
}

/// A path as a pointer: `messages[0].content` is `/messages/0/content`.
fn pointer(path: &str) -> String {
    let steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    steps.fold(String::new(), |pointer, step| pointer + "/" + step)
}

#[test]
fn a_field_that_nobody_knows_is_told_wherever_it_stands() {
    let mut silent = Vec::new();
    for client in rich::CLIENTS {
        let plain = rich::request(client);
        let known = written(client, plain.to_string().as_bytes());
        assert!(!known.is_empty(), "{client:?} cannot read its own request");
        let mut places = Vec::new();
        objects(&plain, "", &mut places);
        for place in places {
            let mut more = plain.clone();
            let object = more.pointer_mut(&place).unwrap().as_object_mut().unwrap();
            object.insert("zork".to_owned(), json!(7));
            let more = written(client, more.to_string().as_bytes());
            for (one, two) in known.iter().zip(more) {
                let Ok(told) = &two.1 else { continue };
                let told = [&told.dropped[..], &told.hints].concat();
                let mut whole = told.iter().map(|path| pointer(path));
                let above =
                    whole.any(|whole| place == whole || place.starts_with(&format!("{whole}/")));
                let known = |(start, _): &(&str, &str)| place.starts_with(start);
                if one.1 == two.1 && !above && !MEANINGLESS.iter().any(known) {
                    let (client, dialect) = (client.as_str(), one.0.as_str());
                    silent.push(format!("{client} > {dialect}: {place}"));
                }
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn every_path_that_is_told_is_one_of_the_clients() {
    let mut lost = BTreeMap::new();
    for client in rich::CLIENTS {
        let body = rich::request(client).to_string();
        assert!(astray(client, body.as_bytes(), &mut lost) > 50);
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn every_path_that_is_told_of_a_recording_is_one_of_the_clients() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let mut lost = BTreeMap::new();
    let told: usize = recordings
        .iter()
        .filter(|recording| recording.status == 200)
        .map(|recording| astray(recording.dialect, &recording.request, &mut lost))
        .sum();
    assert!(told > 1000, "{told}");
    assert!(lost.is_empty(), "{lost:#?}");
}
