//! The floors of ARCHITECTURE.md, held by reading the sources: no path climbs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The top-level modules by floor, lowest first. A module may use the floors below its own.
const FLOORS: [&[&str]; 12] = [
    &["models"],
    &["config"],
    &["telemetry", "dialects"],
    &["store", "journal", "providers"],
    &["limits"],
    &["auth", "catalog"],
    &["billing", "offers"],
    &["gateway"],
    &["api", "ui"],
    &["server"],
    &["cli"],
    &["main"],
];

#[test]
fn no_module_uses_its_own_floor_or_one_above() {
    let mut climbs = BTreeSet::new();
    let mut edges = 0;
    for (file, module) in sources() {
        let Some(from) = floor(&module[0]) else {
            panic!(
                "{} is on no floor: add it to FLOORS and to ARCHITECTURE.md",
                module[0]
            );
        };
        for used in used_modules(&code(&fs::read_to_string(&file).unwrap()), &module) {
            let Some(to) = floor(&used) else { continue };
            edges += 1;
            if used != module[0] && to >= from {
                climbs.insert(format!("{} uses {used}", file.display()));
            }
        }
    }
    assert!(
        edges > 50,
        "only {edges} edges were found: this test reads nothing"
    );
    assert!(climbs.is_empty(), "{climbs:#?}");
}

#[test]
fn the_reader_of_paths_sees_every_form() {
    let module = ["auth".to_owned(), "jwt".to_owned()];
    let used = |text: &str| {
        used_modules(&code(text), &module)
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(used("use crate::store::Store;"), ["store"]);
    assert_eq!(used("use crate::{store::Store, api};"), ["api", "store"]);
    assert_eq!(
        used("use crate::{\n store::{a, b::{c}},\n models\n};"),
        ["models", "store"]
    );
    assert_eq!(
        used("pub(crate) use super::super::gateway::Call;"),
        ["gateway"]
    );
    assert_eq!(used("use super::password;"), Vec::<String>::new());
    assert_eq!(used("fn f() { crate::server::run() }"), ["server"]);
    assert_eq!(used("manti::cli::run()"), ["cli"]);
    assert_eq!(
        used("// crate::server\n\"crate::server\" /* crate::server */"),
        Vec::<String>::new()
    );
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// Every source file with its module path: `src/auth/jwt.rs` is `[auth, jwt]`.
fn sources() -> Vec<(PathBuf, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let inside = path.strip_prefix(&root).unwrap().with_extension("");
                let mut module: Vec<String> = inside
                    .iter()
                    .map(|part| part.to_string_lossy().into_owned())
                    .collect();
                if module.last().is_some_and(|last| last == "mod") {
                    module.pop();
                }
                if module != ["lib"] {
                    found.push((path, module));
                }
            }
        }
    }
    found
}

/// The source without comments and texts.
fn code(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            text_length(rest)
        } else if let Some(hashes) = raw_text(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let open = hashes + 2;
            rest[open..]
                .find(&end)
                .map_or(rest.len(), |at| open + at + end.len())
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("'\\\"'") {
            4
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out.push(' ');
        rest = &rest[skip..];
    }
    out
}

/// The length of a text in quotes.
fn text_length(source: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in source.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    source.len()
}

/// How many hashes a raw text begins with, if one begins here.
fn raw_text(source: &str) -> Option<usize> {
    let after = source.strip_prefix('r')?;
    let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// The top-level modules that a file's paths lead to.
fn used_modules(code: &str, module: &[String]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for start in ["crate::", "manti::"] {
        for tail in tails(code, start) {
            used.extend(first_names(tail));
        }
    }
    // `super` once for each level above the root leads to the root.
    let to_root = "super::".repeat(module.len());
    for tail in tails(code, &to_root) {
        if !tail.starts_with("super") {
            used.extend(first_names(tail));
        }
    }
    used.retain(|name| floor(name).is_some());
    used
}

/// What follows each occurrence of a path's beginning.
fn tails<'a>(code: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(start)
        .filter(move |(at, _)| {
            let before = code[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$')
        })
        .map(move |(at, _)| &code[at + start.len()..])
}

/// The first names of a path or of a group of paths: `a::b` gives a; `{a::{x}, b}` gives a and b.
fn first_names(tail: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = tail.strip_prefix('{') else {
        return vec![name(tail)];
    };
    let (mut depth, mut names, mut begin) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&group[begin..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&group[begin..at]));
                begin = at + 1;
            }
            _ => {}
        }
    }
    names
}
