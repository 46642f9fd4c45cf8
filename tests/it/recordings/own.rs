//! A recording in its own dialect: what the provider receives and what the client gets.

use serde_json::{Value, json};

use super::{Case, Done, Fault, Pair, Recorded, Suite};
use crate::support::client::Answer;
use crate::support::recorded::{Body, Event, Recording, events};
use crate::support::said::{Figures, Said, stated_cost};
use crate::support::wire::{self, Served, Wire};

/// What is wrong, and how.
pub(super) type Wrong = Vec<(&'static str, String)>;

pub(super) async fn run(suite: &Suite, number: usize, case: &Case) -> Done {
    let recording = &suite.recordings[case.recording];
    let pair = case.pair;
    let mut request = asked(recording);
    request["model"] = suite.model(number, case).into();
    let answer = match betas(recording) {
        Some(betas) => {
            let headers = [("anthropic-beta", betas.as_str())];
            let request = request.to_string();
            suite.client.post("/v1/messages", &headers, request).await
        }
        None => suite.client.ask(pair.client, &request).await,
    };
    let (request_id, status) = (answer.id(), answer.status);
    let mut wrong = check(recording, pair.client, answer).await;

    let model = suite.upstream_model(number, case);
    let seen = suite.seen(number).await;
    wrong.extend(match seen.as_slice() {
        [seen] if wire::model(&seen.path, &seen.json()) != model => {
            vec![("sent", format!("{} was asked for {model}", seen.path))]
        }
        [seen] if pair.served.addressed() => sent(recording, &recording.request, &seen.json()),
        [seen] => {
            request["model"] = model.into();
            sent(recording, &request, &seen.json())
        }
        seen => vec![("sent", format!("asked {} times", seen.len()))],
    });
    Done {
        faults: faults(recording, pair, wrong),
        calls: vec![Recorded {
            request_id,
            recording: case.recording,
            pair,
            status,
        }],
    }
}

/// The recorded request as a client of the dialect asks.
pub(super) fn asked(recording: &Recording) -> Value {
    let mut request = recording.request.clone();
    if recording.served.addressed() {
        request["stream"] = recording.streamed.into();
    }
    if recording.served == Served::Claude {
        // At Bedrock these stand in the body.
        let fields = request.as_object_mut().expect("a request is an object");
        fields.remove("anthropic_version");
        fields.remove("anthropic_beta");
    }
    request
}

/// The betas that a client of Anthropic's names in a header.
fn betas(recording: &Recording) -> Option<String> {
    let betas = recording.request["anthropic_beta"].as_array()?;
    let betas: Vec<&str> = betas.iter().filter_map(Value::as_str).collect();
    Some(betas.join(","))
}

pub(super) fn faults(recording: &Recording, pair: Pair, wrong: Wrong) -> Vec<Fault> {
    wrong
        .into_iter()
        .map(|(field, detail)| Fault {
            recording: recording.id.clone(),
            pair,
            field,
            detail,
        })
        .collect()
}

/// The status a client is told, and the provider's message if the answer is an error.
pub(super) fn told(recording: &Recording) -> (u16, Option<String>) {
    let Body::Json(body) = &recording.body else {
        return (200, None);
    };
    let own = |message: &Value| message.as_str().map(str::to_owned);
    let places = [&body["error"]["message"], &body["message"], &body["error"]];
    let error = places.into_iter().find_map(own);
    // xAI and Google say so of a credential they do not know.
    let stranger = ["Incorrect API key", "API key not valid"];
    let stranger = error
        .as_ref()
        .is_some_and(|error| stranger.iter().any(|words| error.contains(words)));
    match recording.status {
        400 if stranger => (502, None),
        // An error in the place of an answer: its own status, where it names one.
        200 if body["error"].is_object() => {
            let status = body["error"]["status"].as_u64().unwrap_or(502);
            (u16::try_from(status).expect("a status"), error)
        }
        200 => (200, None),
        status @ (400 | 404 | 409 | 413 | 415 | 422) => (status, error),
        _ => (502, None),
    }
}

/// What the provider received is what the client sent, but for the model and the wish for usage.
fn sent(recording: &Recording, request: &Value, seen: &Value) -> Wrong {
    let (mut expected, mut seen) = (request.clone(), seen.clone());
    let mut wrong = Vec::new();
    if recording.served == Served::Chat && recording.streamed {
        let mut options = expected["stream_options"].take();
        if !options.is_object() {
            options = json!({});
        }
        options["include_usage"] = true.into();
        if seen["stream_options"] != options {
            wrong.push(("sent", format!("stream_options {}", seen["stream_options"])));
        }
        for body in [&mut expected, &mut seen] {
            body.as_object_mut()
                .expect("a request is an object")
                .remove("stream_options");
        }
    }
    if seen != expected {
        wrong.push(("sent", format!("{seen} instead of {expected}")));
    }
    wrong
}

async fn check(recording: &Recording, client: Wire, answer: Answer) -> Wrong {
    let (status, message) = told(recording);
    let kind = answer.header("content-type").to_owned();
    let got = answer.status;
    let text = answer.text().await;
    if got != status {
        return vec![("status", format!("{got} instead of {status}: {text}"))];
    }
    if status != 200 {
        return error(client, &kind, &text, message.as_deref());
    }
    match &recording.body {
        Body::Json(body) => plain(&kind, &text, body),
        Body::Stream(_) => {
            let mut wrong = Vec::new();
            if !kind.starts_with("text/event-stream") {
                wrong.push(("events", format!("content type {kind}")));
            }
            if let Some(difference) = difference(&visible(recording), &events(&text)) {
                wrong.push(("events", difference));
            }
            wrong
        }
    }
}

fn plain(kind: &str, text: &str, body: &Value) -> Wrong {
    if !kind.starts_with("application/json") {
        return vec![("body", format!("content type {kind}"))];
    }
    // Read back from text as the answer is: numbers must be compared as they are read.
    let expected: Value = serde_json::from_str(&body.to_string()).expect("JSON stays JSON");
    match serde_json::from_str::<Value>(text) {
        Ok(got) if got == expected => Vec::new(),
        Ok(_) => vec![("body", format!("{text} instead of {expected}"))],
        Err(error) => vec![("body", format!("{error}: {text}"))],
    }
}

/// An error in the client's envelope with the provider's message.
pub(super) fn error(wire: Wire, kind: &str, text: &str, message: Option<&str>) -> Wrong {
    let mut wrong = Vec::new();
    if !kind.starts_with("application/json") {
        wrong.push(("error", format!("content type {kind}")));
    }
    let Ok(body) = serde_json::from_str::<Value>(text) else {
        return vec![("error", format!("not JSON: {text}"))];
    };
    let error = &body["error"];
    let shaped = match wire {
        Wire::Chat | Wire::Responses => ["message", "type", "param", "code"]
            .iter()
            .all(|field| error.get(field).is_some()),
        Wire::Messages => body["type"] == "error" && error["type"].is_string(),
        Wire::Gemini => error["code"].is_u64() && error["status"].is_string(),
    };
    if !shaped {
        wrong.push(("error", format!("not the dialect's envelope: {text}")));
    }
    let said = error["message"].as_str().unwrap_or_default();
    if said.is_empty() || message.is_some_and(|message| !said.contains(message)) {
        wrong.push(("error", format!("{said:?} instead of {message:?}")));
    }
    wrong
}

/// The events a client may see: without the one that only says the usage nobody asked for.
fn visible(recording: &Recording) -> Vec<Event> {
    let hide = recording.served == Served::Chat && !recording.usage_asked();
    let mut visible = recording.events();
    visible.retain(|event| {
        let object: Value = serde_json::from_str(&event.data).unwrap_or_default();
        let empty = object["choices"].as_array().is_some_and(Vec::is_empty);
        !(hide && empty && object["usage"].is_object())
    });
    visible
}

fn difference(expected: &[Event], got: &[Event]) -> Option<String> {
    if expected == got {
        return None;
    }
    let at = expected
        .iter()
        .zip(got)
        .take_while(|(one, other)| one == other)
        .count();
    Some(format!(
        "event {at} of {} is {:?} instead of {:?}",
        expected.len(),
        got.get(at),
        expected.get(at)
    ))
}

/// A usage record against the recording's figures.
pub(super) fn record(recording: &Recording, record: &Value, status: u16) -> Wrong {
    let mut wrong = Vec::new();
    let mut expect = |field: &'static str, name: &str, expected: Value| {
        if record[name] != expected {
            wrong.push((
                field,
                format!("{name} is {} instead of {expected}", record[name]),
            ));
        }
    };
    expect("record", "http_status", status.into());
    expect("record", "attempts", 1.into());
    let said = Said::read(recording.served, &recording.objects());
    if status != 200 {
        expect("record", "status", "error".into());
        expect("usage", "input_tokens", 0.into());
        expect("usage", "output_tokens", 0.into());
        expect("usage", "price_usd", "0.000000000".into());
        return wrong;
    }
    expect("record", "status", "ok".into());
    expect("record", "stream", recording.streamed.into());
    expect("record", "provider", recording.served.provider().into());
    let figures = Figures::of(recording.served, &said.usages);
    let source = match figures {
        _ if said.half_told() => "partial",
        Some(_) => "provider",
        None => "estimated",
    };
    expect("usage", "usage_source", source.into());
    // Only who speaks OpenAI's formats states costs.
    if matches!(recording.served, Served::Chat | Served::Responses)
        && let Some(nano) = stated_cost(&said.usages)
    {
        let cost = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
        expect("usage", "cost_usd", cost.into());
    }
    let model = record["model"].as_str().unwrap_or_default();
    // Bedrock's Converse and Cohere do not say which model answered.
    if !said.models.is_empty() && !said.models.iter().any(|known| known == model) {
        wrong.push(("model", format!("{model} is none of {:?}", said.models)));
    }
    if let Some(expected) = figures {
        let mut got = Figures::of_record(record);
        if said.half_told() {
            got.input = expected.input;
        }
        if got != expected {
            wrong.push(("usage", format!("{got:?} instead of {expected:?}")));
        }
    } else {
        if record["input_tokens"] == 0 {
            wrong.push(("usage", "the prompt was not counted".to_owned()));
        }
        let silent = [&said.text, &said.refusal, &said.thinking]
            .iter()
            .all(|text| text.is_empty());
        if (record["output_tokens"] == 0) != (silent && said.calls.is_empty()) {
            wrong.push(("usage", format!("output {}", record["output_tokens"])));
        }
    }
    wrong
}
