//! Every input that fuzzing kept is replayed.

use std::path::Path;

use crate::support::corpus;
use crate::translation::translated;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        check(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 10, "the corpus of {target} is gone");
}

#[test]
fn heads_of_the_corpus_are_read_as_serde_json_reads_them() {
    replay("head", corpus::head);
}

#[test]
fn streams_of_the_corpus_are_cut_alike() {
    replay("stream", corpus::stream);
}

#[test]
fn lines_frames_and_arrays_of_the_corpus_are_cut_alike() {
    replay("frames", corpus::frames);
}

#[test]
fn answers_of_the_corpus_are_metered() {
    replay("meter", corpus::meter);
}

#[test]
fn requests_of_the_corpus_are_translated_or_refused() {
    replay("request", translated::request);
}

#[test]
fn whole_answers_of_the_corpus_are_translated_or_refused() {
    replay("answer", translated::answer);
}

#[test]
fn streams_of_the_corpus_are_translated_or_broken_in_both_dialects() {
    replay("events", translated::events);
}

#[test]
fn errors_of_the_corpus_are_read() {
    replay("error", translated::error);
}
