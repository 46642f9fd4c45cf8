//! What is told of a loss is a path of the client's own request.

use std::collections::BTreeMap;

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::Dialect;
use serde_json::Value;

use super::recordings;
use super::streams::both;

/// Whom a request is told to, in each format.
const TARGETS: &[(Dialect, &str, &str)] = &[
    (Dialect::Chat, "openai-compatible", "my-own-model"),
    (Dialect::Chat, "groq", "llama-3.3-70b-versatile"),
    (Dialect::Responses, "openai", "gpt-5.2"),
    (Dialect::Messages, "anthropic", "claude-sonnet-4-5"),
    (Dialect::Gemini, "gemini", "gemini-2.5-flash"),
    (Dialect::Converse, "bedrock", "amazon.nova-lite-v1:0"),
    (Dialect::Cohere, "cohere", "command-a-03-2025"),
    (Dialect::Ollama, "ollama", "llama3.2"),
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

/// The paths that lead nowhere of what is told of a request, by their last words.
fn astray(client: Dialect, body: &[u8], astray: &mut BTreeMap<String, String>) -> usize {
    let Ok(request) = both(client).read_request(body) else {
        return 0;
    };
    let asked: Value = serde_json::from_slice(body).unwrap();
    let mut told = 0;
    for (dialect, kind, model) in TARGETS {
        let kind: Kind = kind.parse().unwrap();
        let target = abilities::of(kind, "", model);
        let writer = dialect.upstream().unwrap();
        let Ok(written) = writer.write_request(&request, &target, model) else {
            continue;
        };
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
