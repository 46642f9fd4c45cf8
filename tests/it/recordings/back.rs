//! The second turn of a translated conversation: what the client gives back reaches the provider
//! as the provider said it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::own::Wrong;
use super::{Case, Suite};
use crate::support::given::Given;
use crate::support::said::{Call, Said};
use crate::support::turns;
use crate::support::wire::{Served, Wire};

/// Gives an answer back with results for its calls, and looks at what the provider receives.
pub(super) async fn run(
    suite: &Suite,
    number: usize,
    case: &Case,
    recorded: &Said,
    request: &Value,
    answers: &[Value],
) -> Wrong {
    let (client, served) = (case.pair.client, case.pair.served);
    // A call of the old `functions` has no id to come back to.
    let named = |call: &Call| !call.id.is_empty() || served != Served::Chat;
    let whole = recorded
        .calls
        .iter()
        .all(|call| call.arguments().is_some() && named(call));
    let plain = recorded.calls.is_empty() && recorded.secrets.is_empty();
    if plain || !whole || recorded.cut() {
        return Vec::new();
    }
    let mut next = request.clone();
    if client == Wire::Chat && !recorded.secrets.is_empty() {
        // A model that does not think is not given earlier thoughts.
        next["reasoning_effort"] = "low".into();
    }
    let messages = next[client.turns()].as_array_mut();
    let messages = messages.expect("there are messages");
    messages.extend(turns::after(client, answers));
    let answer = suite.client.ask(client, &next).await;
    let status = answer.status;
    let text = answer.text().await;
    let seen = suite.seen(number).await;
    if status != 200 || seen.len() != 2 {
        return vec![("back", format!("{status}: {text}"))];
    }
    let given = Given::read(served, &seen[1].json());
    let mut wrong = Vec::new();
    let same = given.calls.len() == recorded.calls.len()
        && given.calls.iter().zip(&recorded.calls).all(|(one, other)| {
            let id = one.id == other.id || other.id.is_empty();
            id && one.name == other.name && one.arguments() == other.arguments()
        });
    if !same {
        wrong.push((
            "back",
            format!("calls {:?} instead of {:?}", given.calls, recorded.calls),
        ));
    }
    let ids: Vec<&str> = given.calls.iter().map(|call| call.id.as_str()).collect();
    if given.results != ids {
        wrong.push((
            "back",
            format!("results of {:?} instead of {ids:?}", given.results),
        ));
    }
    let unsigned = matches!(served, Served::Chat | Served::Cohere | Served::Ollama);
    let (back, signed) = (
        spelt(served, &given.secrets),
        spelt(served, &recorded.secrets),
    );
    if !unsigned && back != signed {
        wrong.push(("back", format!("signatures {back:?} of {signed:?}")));
    }
    wrong
}

/// Signatures as they are compared: Google's libraries spell base64 in another alphabet, and where
/// a part goes its signature goes.
fn spelt(served: Served, secrets: &[String]) -> Vec<Vec<u8>> {
    let bytes = |secret: &String| {
        let standard = secret.replace('-', "+").replace('_', "/");
        let decoded = STANDARD.decode(standard);
        decoded.unwrap_or_else(|_| secret.as_bytes().to_vec())
    };
    if served != Served::Gemini {
        return secrets.iter().map(|one| one.as_bytes().to_vec()).collect();
    }
    let mut spelt: Vec<Vec<u8>> = secrets.iter().map(bytes).collect();
    spelt.sort();
    spelt
}

/// Whatever a person wrote in a request is in its translation, or reported as dropped.
pub(super) fn kept(request: &Value, sent: &Value, dropped: &str) -> Wrong {
    let there = texts(sent).join("\n");
    let missing: Vec<String> = written(request)
        .into_iter()
        .filter(|text| !there.contains(text.as_str()) && !told_as_json(sent, text))
        .collect();
    if missing.is_empty() || !dropped.is_empty() {
        Vec::new()
    } else {
        vec![("sent", format!("{missing:?} are not in {sent}"))]
    }
}

/// Whether a tool's result is there as the JSON that its text was.
fn told_as_json(sent: &Value, text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|value: Value| holds(sent, &value))
}

fn holds(whole: &Value, part: &Value) -> bool {
    let inside = match whole {
        Value::Array(values) => values.iter().any(|value| holds(value, part)),
        Value::Object(fields) => fields.values().any(|value| holds(value, part)),
        _ => false,
    };
    inside || whole == part
}

/// The texts of messages, system prompts and tools' names.
fn written(request: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut content = |content: &Value| match content {
        Value::String(text) => found.push(text.clone()),
        Value::Array(parts) => found.extend(parts.iter().map(|part| text(&part["text"]))),
        _ => {}
    };
    content(&request["systemInstruction"]["parts"]);
    for turn in request["contents"].as_array().into_iter().flatten() {
        content(&turn["parts"]);
    }
    content(&request["system"]);
    content(&request["instructions"]);
    match &request["input"] {
        Value::Array(items) => items.iter().for_each(|item| content(&item["content"])),
        input => content(input),
    }
    for message in request["messages"].as_array().into_iter().flatten() {
        content(&message["content"]);
    }
    // Of tools that may not be called none has to be told.
    let choice = &request["tool_choice"];
    let free = choice.is_null() || choice == "auto" || choice["type"] == "auto";
    let tools = request["tools"].as_array().filter(|_| free);
    for tool in tools.into_iter().flatten() {
        // A provider's own tools have other names at each.
        if tool["type"].is_null() || tool["type"] == "function" || tool["type"] == "custom" {
            found.push(text(&tool["name"]));
        }
        found.push(text(&tool["function"]["name"]));
    }
    for tool in request["tools"].as_array().into_iter().flatten() {
        let declared = tool["functionDeclarations"].as_array();
        found.extend(declared.into_iter().flatten().map(|one| text(&one["name"])));
    }
    found.retain(|text| !text.trim().is_empty());
    found
}

/// Every text in a JSON value.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
