//! Recorded answers, read, written in the other dialect and read again: they say the same.

use manti::dialects::{Dialect, Memory, Reply};
use manti::models::chat::Response;

use super::exceptions::Exceptions;
use super::plain::{self, Said};
use super::recordings::{self, Recording};
use super::streams::{self, both};

fn reply() -> Reply {
    Reply {
        model: "shown".into(),
        created: 1_700_000_000,
        id: "01TEST".into(),
        include_usage: true,
        memory: Memory {
            sealed: true,
            ..Memory::default()
        },
        ..Reply::default()
    }
}

/// Whether the other dialect's reading says what was said, field by field.
fn compare(
    exceptions: &mut Exceptions,
    recording: &Recording,
    to: Dialect,
    first: &Response,
    second: &Response,
    straight: &(String, Vec<(String, serde_json::Value)>),
) {
    let (one, mut two) = (plain::of(first), plain::of(second));
    let calls: Vec<_> = one
        .calls
        .iter()
        .map(|(_, name, arguments)| (name.clone(), arguments.clone()))
        .collect();
    if one.stop == "Length" {
        // A call that was cut off is left out where its arguments must be an object.
        two.calls.extend(
            one.calls
                .get(two.calls.len()..)
                .unwrap_or_default()
                .iter()
                .cloned(),
        );
    }
    let mut check =
        |field: &str, equal: bool, one: &dyn std::fmt::Debug, two: &dyn std::fmt::Debug| {
            exceptions.check(&recording.id, (recording.dialect, to), field, equal, || {
                format!("{one:?} became {two:?}")
            });
        };
    check(
        "reading text",
        one.text == straight.0,
        &straight.0,
        &one.text,
    );
    check("reading calls", calls == straight.1, &straight.1, &calls);
    let Said {
        text,
        thinking,
        calls,
        secrets,
        stop,
        usage,
    } = &one;
    check("text", *text == two.text, text, &two.text);
    check(
        "thinking",
        *thinking == two.thinking,
        thinking,
        &two.thinking,
    );
    check("calls", *calls == two.calls, calls, &two.calls);
    check("secrets", *secrets == two.secrets, secrets, &two.secrets);
    check("stop", *stop == two.stop, stop, &two.stop);
    check(
        "usage",
        usage.is_none() || used(usage.as_ref()) == used(two.usage.as_ref()),
        usage,
        &two.usage,
    );
}

/// The counts both dialects have words for.
fn used(usage: Option<&manti::models::usage::Tokens>) -> [u64; 6] {
    let tokens = usage.cloned().unwrap_or_default();
    [
        tokens.input,
        tokens.cached_input,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.output,
        tokens.reasoning,
    ]
}

#[test]
fn a_recorded_answer_says_the_same_in_the_other_dialect() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let mut exceptions = Exceptions::of("answers");
    for recording in recordings
        .iter()
        .filter(|recording| recording.status == 200)
    {
        let Some(body) = &recording.body else {
            continue;
        };
        let own = both(recording.dialect);
        let bytes = serde_json::to_vec(body).unwrap();
        if body.get("error").is_some_and(|error| !error.is_null()) {
            assert!(
                own.read_response(&bytes, recording.dialect.family(), "")
                    .is_err(),
                "{}",
                recording.id
            );
            continue;
        }
        let family = recording.dialect.family();
        let first = own
            .read_response(&bytes, family, "")
            .unwrap_or_else(|error| panic!("{}: {error}", recording.id));
        let straight = plain::straight(recording.dialect, body);
        for to in recordings::targets(recording.dialect) {
            exceptions.looked_at += 1;
            let written = both(to).write_response(&first, &reply());
            let second = both(to).read_response(&written, to.family(), "").unwrap();
            compare(&mut exceptions, recording, to, &first, &second, &straight);
        }
    }
    exceptions.finish();
}

#[test]
fn a_recorded_stream_says_the_same_in_the_other_dialect_however_it_is_cut() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let mut exceptions = Exceptions::of("streams");
    for (place, recording) in recordings.iter().enumerate() {
        let Some(stream) = &recording.stream else {
            continue;
        };
        let events = streams::read(recording.dialect, stream.as_bytes(), &[usize::MAX]);
        let cut = streams::read(recording.dialect, stream.as_bytes(), &odd(place));
        assert_eq!(events, cut, "{}", recording.id);
        let first =
            streams::assemble(&events).unwrap_or_else(|error| panic!("{}: {error}", recording.id));
        let straight = plain::straight_stream(recording.dialect, stream);
        for to in recordings::targets(recording.dialect) {
            exceptions.looked_at += 1;
            let written = streams::write(to, &events, reply());
            let again = streams::read(to, &written, &odd(place + 1));
            let second = streams::assemble(&again)
                .unwrap_or_else(|error| panic!("{}: {error}", recording.id));
            compare(&mut exceptions, recording, to, &first, &second, &straight);
        }
    }
    exceptions.finish();
}

/// Lengths of pieces, other ones for each recording.
fn odd(seed: usize) -> Vec<usize> {
    let mut state = seed as u64 ^ 0x9e37_79b9_7f4a_7c15;
    (0..61)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % 97 + 1
        })
        .collect()
}

#[test]
fn a_recorded_stream_that_is_cut_off_never_ends_as_if_complete() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    for recording in &recordings {
        let Some(stream) = &recording.stream else {
            continue;
        };
        // Before the finish: at the half of what comes before the event that carries it.
        let finish = [
            "\"finish_reason\":\"",
            "\"finish_reason\": \"",
            "message_delta",
            "event: response.completed",
            "event: response.incomplete",
        ]
        .iter()
        .filter_map(|mark| stream.find(mark))
        .min()
        .unwrap();
        let before = &stream.as_bytes()[..finish / 2];
        let events = streams::read(recording.dialect, before, &[usize::MAX]);
        assert!(
            streams::assemble(&events).is_err(),
            "{}: {:?}",
            recording.id,
            events.last()
        );
    }
}
