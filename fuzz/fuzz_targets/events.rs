#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/translation/streams.rs"]
#[allow(dead_code)]
mod streams;
#[path = "../../tests/it/translation/translated.rs"]
#[allow(dead_code)]
mod translated;

fuzz_target!(|bytes: &[u8]| translated::events(bytes));
