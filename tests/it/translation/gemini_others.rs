//! The recordings of others translated for Google's clients, and their requests for Gemini.

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Reply};
use manti::models::chat::{Family, Request};
use serde_json::Value;

use super::gemini::{figures, meaning, objects, said};
use super::plain::{straight, straight_stream};
use super::recordings::{self, say};
use super::streams::{self, both};

#[test]
fn recorded_answers_of_others_say_the_same_to_googles_clients() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let wire = both(Dialect::Gemini);
    for recording in recordings.into_iter().filter(|one| one.status == 200) {
        if let Some(body) = &recording.body {
            let read = both(recording.dialect).read_response(
                body.to_string().as_bytes(),
                Family::Anthropic,
                "",
            );
            let Ok(response) = read else { continue };
            let written = wire.write_response(&response, &Reply::default());
            let said = said(&[serde_json::from_slice(&written).unwrap()]);
            let (text, calls) = straight(recording.dialect, body);
            assert_eq!(said.text, text, "{}", recording.id);
            assert_eq!(said.calls, uncut(calls), "{}", recording.id);
        }
        if let Some(stream) = &recording.stream {
            let events = streams::read(recording.dialect, stream.as_bytes(), &[usize::MAX]);
            let Ok(response) = streams::assemble(&events) else {
                continue;
            };
            let reply = Reply::default();
            let written = String::from_utf8(streams::write(Dialect::Gemini, &events, reply));
            let written = written.unwrap();
            check_form(&recording.id, &written);
            let said = said(&objects(&written));
            let (text, calls) = straight_stream(recording.dialect, stream);
            assert_eq!(said.text, text, "{}", recording.id);
            assert_eq!(said.calls, uncut(calls), "{}", recording.id);
            let last = objects(&written).pop().unwrap();
            assert!(
                last["candidates"][0]["finishReason"].is_string(),
                "{}",
                recording.id
            );
            if let Some(used) = response.usage {
                let told = figures(&[last]);
                assert_eq!(
                    (told.input, told.output, told.reasoning, told.cached_input),
                    (used.input, used.output, used.reasoning, used.cached_input),
                    "{}",
                    recording.id
                );
            }
        }
    }
}

/// The calls that Google's clients are told of: arguments that were cut off are no object.
fn uncut(calls: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let whole = |call: &(String, Value)| !call.1.is_string();
    calls.into_iter().filter(whole).collect()
}

/// A stream for Google's libraries: no comments, no names, no terminator, a space behind `data:`.
fn check_form(id: &str, stream: &str) {
    for event in stream.split_terminator("\r\n\r\n") {
        assert!(event.starts_with("data: {"), "{id}: {event}");
        assert!(!event.contains(['\n', '\r']), "{id}: {event}");
    }
    assert!(stream.ends_with("\r\n\r\n"), "{id}");
}

#[test]
fn recorded_requests_of_others_are_told_to_gemini() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let wire = both(Dialect::Gemini);
    let mut told = 0;
    for recording in recordings {
        let Ok(request) = both(recording.dialect).read_request(&recording.request) else {
            continue;
        };
        for model in ["gemini-2.5-flash", "gemini-3-pro-preview"] {
            let target = abilities::of(Kind::OpenAiCompatible, "", model);
            let written = match wire.write_request(&request, &target, model) {
                Ok(written) => written,
                Err(error) => {
                    assert!(!error.param.is_empty(), "{}", recording.id);
                    continue;
                }
            };
            let again = wire
                .read_request(&written.body)
                .unwrap_or_else(|error| panic!("{}: {error}", recording.id));
            let calls = |request: &Request| -> Vec<String> {
                let said = meaning(request).into_iter();
                said.filter(|said| said.contains(" {")).collect()
            };
            let mut kept = request.clone();
            for turn in &mut kept.turns {
                turn.blocks
                    .retain(|block| !written.dropped.contains(&block.at));
            }
            assert_eq!(calls(&again), calls(&kept), "{}", recording.id);
            told += 1;
        }
    }
    say(&format!("{told} requests of others told to Gemini"));
}
