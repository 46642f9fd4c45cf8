#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/support/corpus.rs"]
#[allow(dead_code)]
mod corpus;

fuzz_target!(|bytes: &[u8]| corpus::frames(bytes));
