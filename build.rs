//! Tells cargo what is embedded, and where in the price book each provider's models stand.
//!
//! The places are worked out here so that a start reads nothing of the book: hundreds of models
//! are read only when their provider is asked for. `catalog::prices` tests that they are right.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

const BOOK: &str = "src/catalog/prices/book.json";

fn main() -> io::Result<()> {
    // Cargo does not see new files in a folder by itself.
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed={BOOK}");
    let book = fs::read_to_string(BOOK)?;
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("book_index.rs"), index(&book)?)
}

/// A list of `(provider, start, end)`, the list of models included with its brackets.
///
/// In the book a provider begins with a line `    "name": [` and ends with a line `    ]`.
fn index(book: &str) -> io::Result<String> {
    let mut index = String::from("&[\n");
    let mut open: Option<(&str, usize)> = None;
    let mut at = 0;
    for line in book.split_inclusive('\n') {
        let text = line.trim_end();
        if let Some(name) = text
            .strip_prefix("    \"")
            .and_then(|rest| rest.strip_suffix("\": ["))
        {
            open = Some((name, at + text.len() - 1));
        } else if matches!(text, "    ]" | "    ],")
            && let Some((name, start)) = open.take()
        {
            let end = at + "    ]".len();
            let (start, end) = (grouped(start), grouped(end));
            writeln!(index, "    ({name:?}, {start}, {end}),").map_err(io::Error::other)?;
        }
        at += line.len();
    }
    index.push_str("]\n");
    Ok(index)
}

/// A number as the lints want it to be read: `109_013`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}
