//! Input that means no good: golden inputs with bytes changed, pieces doubled, values exchanged.
//!
//! Whatever comes in, nothing panics, what is written is JSON that its own reader takes, and a
//! stream is blocks that open, grow and close, whole or broken, never half.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use manti::dialects::Dialect;
use proptest::prelude::*;

use super::golden::FOLDERS;
use super::streams::BOTH;
use super::translated::{What, check};

/// Every golden input: what kind it is, its dialect, its bytes.
static SEEDS: LazyLock<Vec<(What, Dialect, Vec<u8>)>> = LazyLock::new(|| {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut seeds = Vec::new();
    for (folder, dialect) in FOLDERS {
        for case in fs::read_dir(golden.join(folder)).unwrap() {
            let case = case.unwrap().path();
            for (name, what) in [
                ("request.json", What::Request),
                ("answer.json", What::Answer),
                ("stream.sse", What::Stream),
            ] {
                if let Ok(bytes) = fs::read(case.join(name)) {
                    seeds.push((what, dialect, bytes));
                }
            }
        }
    }
    seeds.sort_by(|one, two| (one.0, &one.2).cmp(&(two.0, &two.2)));
    seeds
});

/// Values that stand where others were meant.
const VALUES: &[&str] = &[
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "\"\"",
    "\"\\ud83d\"",
    "[]",
    "{}",
    "[null]",
    "{\"type\":\"text\"}",
    "\"tool_use\"",
    "\"thinking\"",
    "0",
    "{\"functionCall\":{}}",
    "\"STOP\"",
    "{\"text\":\"\",\"thoughtSignature\":\"AA==\"}",
];

#[derive(Debug, Clone)]
enum Change {
    /// A byte becomes another.
    Byte(usize, u8),
    /// A piece is cut out.
    Cut(usize, usize),
    /// A piece comes twice.
    Double(usize, usize),
    /// A value becomes another.
    Value(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (any::<usize>(), 1..200_usize).prop_map(|(at, length)| Change::Double(at, length)),
        (any::<usize>(), 0..VALUES.len()).prop_map(|(at, value)| Change::Value(at, value)),
        (any::<usize>(), 0..VALUES.len()).prop_map(|(at, value)| Change::Value(at, value)),
        (any::<usize>(), 0..VALUES.len()).prop_map(|(at, value)| Change::Value(at, value)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        match *change {
            Change::Byte(at, byte) => {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            Change::Cut(at, length) => {
                let at = at % bytes.len();
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
            Change::Double(at, length) => {
                let at = at % bytes.len();
                let end = (at + length).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            Change::Value(at, value) => {
                // From one colon to the end of what looks like its value.
                let from = at % bytes.len();
                let Some(colon) = bytes[from..].iter().position(|byte| *byte == b':') else {
                    continue;
                };
                let start = from + colon + 1;
                let end = bytes[start..]
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']' | b'\n'))
                    .map_or(bytes.len(), |length| start + length);
                bytes.splice(start..end, VALUES[value].bytes());
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn changed_input_is_translated_or_refused(
        seed in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let (what, dialect, bytes) = seed.get(&SEEDS);
        let bytes = changed(bytes.clone(), &changes);
        check(*what, *dialect, &bytes);
    }

    #[test]
    fn any_bytes_are_translated_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for dialect in BOTH {
            for what in [What::Request, What::Answer, What::Stream] {
                check(what, dialect, &bytes);
            }
        }
    }
}
