//! Answers of providers whose formats no client speaks, changed in any way: each is read or
//! refused, never a panic, and what is read is blocks that open, grow and close.

use std::fs;

use manti::dialects::meter::Meter;
use manti::dialects::sse::{Event, Splitter};
use manti::dialects::{Dialect, framing};
use manti::models::chat::Family;
use proptest::prelude::*;

use super::golden::cases;
use super::streams::assemble;

const DIALECTS: [(&str, Dialect, &str); 3] = [
    ("ollama", Dialect::Ollama, "application/x-ndjson"),
    ("cohere", Dialect::Cohere, "text/event-stream"),
    ("bedrock_converse", Dialect::Converse, "text/event-stream"),
];

/// The golden cases' files of a name.
fn samples(folder: &str, name: &str) -> Vec<Vec<u8>> {
    let found = cases(folder).into_iter();
    let found = found.filter_map(|case| fs::read(case.join(name)).ok());
    let found: Vec<Vec<u8>> = found.collect();
    assert!(!found.is_empty(), "{folder} has no {name}");
    found
}

fn stream(dialect: Dialect, kind: &str, bytes: &[u8]) {
    let mut framing = framing::of(dialect, kind);
    let mut splitter = Splitter::new();
    let mut meter = Meter::new(dialect, 1);
    let mut reader = dialect.upstream().unwrap().event_reader(Family::Other, "");
    let mut events = Vec::new();
    for piece in bytes.chunks(37) {
        splitter.push(match &mut framing {
            Some(framing) => framing.events(piece),
            None => piece.to_vec().into(),
        });
        while let Some(raw) = splitter.next_event().unwrap() {
            meter.event(&raw);
            if let Some(event) = Event::parse(&raw) {
                reader.read(&event, &mut events);
            }
        }
    }
    reader.finish(&mut events);
    let _ = assemble(&events);
}

fn changed(sample: &[u8], changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for (place, how, byte) in changes {
        if bytes.is_empty() {
            break;
        }
        let at = place.index(bytes.len());
        match how % 4 {
            0 => bytes[at] = *byte,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, *byte),
            _ => {
                // A piece of it comes again.
                let end = (at + usize::from(*byte)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

proptest! {
    #[test]
    fn changed_answers_of_providers_alone_are_read_or_refused(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 0..6),
    ) {
        for (folder, dialect, kind) in DIALECTS {
            let answers = samples(folder, "answer.json");
            let body = changed(&answers[which.index(answers.len())], &changes);
            let _ = dialect.upstream().unwrap().read_response(&body, Family::Other, "");
            Meter::new(dialect, 1).plain(&body);
            let streams = samples(folder, "stream.txt");
            let bytes = changed(&streams[which.index(streams.len())], &changes);
            stream(dialect, kind, &bytes);
        }
    }
}
