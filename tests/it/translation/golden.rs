//! Golden files: what comes in stands beside what must come out.
//!
//! A case is a folder `tests/golden/<dialect>/<case>` with one of
//!
//! - `request.json`: a client's request in the dialect, written for a target in each other one:
//!   `request.<target>.json`, and `report.<target>.json` with what was lost, or the refusal;
//! - `answer.json`, `stream.sse`: a provider's answer in the dialect, written for a client of each
//!   other one: `answer.<client>.json`, `stream.<client>.sse`. `asked.json` may hold the client's
//!   request, for an answer to the one client whose words it is in.
//!
//! `setup.json` may name the target: then the case is about that one alone. What chat completions
//! and messages write for each other is called `out`.
//!
//! `UPDATE_GOLDEN=1` writes what comes out instead of comparing it.

use std::fs;
use std::path::{Path, PathBuf};

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Reply};
use manti::models::abilities::Abilities;
use manti::models::chat::Family;
use serde_json::{Value, json};

use super::streams::{self, DIALECTS};

/// Whom a case is written for: all others, or the one it is about.
fn others(case: &Path, dialect: Dialect) -> Vec<Dialect> {
    let setup = setup(case);
    let named = setup["target"].as_str().map(|name| {
        let known = DIALECTS.into_iter().map(|(_, dialect)| dialect);
        known
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
            .unwrap_or_else(|| panic!("{name} is no dialect"))
    });
    // Providers and models that are named, and what is asked, are of one other dialect.
    let first =
        setup["kind"].is_string() || setup["model"].is_string() || case.join("asked.json").exists();
    let first = first.then_some(match dialect {
        Dialect::Chat => Dialect::Messages,
        _ => Dialect::Chat,
    });
    match named.or(first) {
        Some(one) => vec![one],
        None => DIALECTS
            .into_iter()
            .map(|(_, other)| other)
            .filter(|other| *other != dialect)
            .collect(),
    }
}

fn setup(case: &Path) -> Value {
    let text = fs::read_to_string(case.join("setup.json")).unwrap_or_else(|_| "{}".into());
    serde_json::from_str(&text).unwrap()
}

/// The name of a file that is written for a dialect.
fn named(stem: &str, dialect: Dialect, other: Dialect, end: &str) -> String {
    let first = [Dialect::Chat, Dialect::Messages];
    match (first.contains(&dialect) && first.contains(&other), stem) {
        (true, "report") => format!("{stem}.{end}"),
        (true, _) => format!("{stem}.out.{end}"),
        (false, _) => format!("{stem}.{}.{end}", other.as_str()),
    }
}

/// Where a request goes.
struct Setup {
    abilities: Abilities,
    model: String,
    include_usage: bool,
}

impl Setup {
    fn read(case: &Path, target: Dialect) -> Self {
        let setup = setup(case);
        let (kind, model) = match target {
            Dialect::Chat => ("openai", "gpt-4o"),
            Dialect::Messages => ("anthropic", "claude-sonnet-4-5"),
            Dialect::Gemini => ("openai-compatible", "gemini-2.5-flash"),
        };
        let kind: Kind = setup["kind"].as_str().unwrap_or(kind).parse().unwrap();
        let model = setup["model"].as_str().unwrap_or(model).to_owned();
        let base_url = setup["base_url"].as_str().unwrap_or("");
        Self {
            abilities: abilities::of(kind, base_url, &model),
            model,
            include_usage: setup["include_usage"].as_bool().unwrap_or(true),
        }
    }

    fn reply(&self, case: &Path, client: Dialect, provider: Dialect) -> Reply {
        let mut reply = Reply {
            model: "shown-model".into(),
            created: 1_700_000_000,
            id: "01GOLDEN".into(),
            include_usage: self.include_usage,
            estimated_input: 7,
            ..Reply::default()
        };
        if let Ok(asked) = fs::read(case.join("asked.json")) {
            let request = client.wire().read_request(&asked).unwrap();
            let written = provider
                .wire()
                .write_request(&request, &self.abilities, &self.model)
                .unwrap();
            reply.memory = written.memory;
        }
        reply
    }
}

/// What comes out of a case: files by name.
fn run(case: &Path, dialect: Dialect, target: Dialect) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let named = |stem, end| named(stem, dialect, target, end);
    if let Ok(body) = fs::read(case.join("request.json")) {
        let setup = Setup::read(case, target);
        match dialect.wire().read_request(&body) {
            Err(error) => out.push((
                named("report", "json"),
                refusal(&error.message, error.param.as_deref()),
            )),
            Ok(request) => {
                let written = target
                    .wire()
                    .write_request(&request, &setup.abilities, &setup.model);
                match written {
                    Err(error) => {
                        out.push((
                            named("report", "json"),
                            refusal(&error.message, Some(&error.param)),
                        ));
                    }
                    Ok(written) => {
                        let report = json!({
                            "dropped": written.dropped,
                            "clamped": written.clamped,
                            "hints": written.hints,
                        });
                        let body = String::from_utf8(written.body).unwrap();
                        out.push((named("request", "json"), pretty(&body)));
                        out.push((named("report", "json"), pretty(&report.to_string())));
                        assert!(
                            target.wire().read_request(body.as_bytes()).is_ok(),
                            "{}: what was written cannot be read",
                            case.display()
                        );
                    }
                }
            }
        }
    }
    let setup = Setup::read(case, dialect);
    if let Ok(body) = fs::read(case.join("answer.json")) {
        let text = match dialect.wire().read_response(&body, Family::Anthropic) {
            Ok(response) => {
                let reply = setup.reply(case, target, dialect);
                let body = target.wire().write_response(&response, &reply);
                pretty(&String::from_utf8(body).unwrap())
            }
            Err(error) => refusal(&error.message, error.param.as_deref()),
        };
        out.push((named("answer", "json"), text));
    }
    if let Ok(stream) = fs::read(case.join("stream.sse")) {
        let events = streams::read(dialect, &stream, &[usize::MAX]);
        assert_eq!(
            events,
            streams::read(dialect, &stream, &[1]),
            "{}: cut into bytes it is another stream",
            case.display()
        );
        if let Err(error) = streams::assemble(&events) {
            out.push((named("stream", "sse"), format!("broken: {error}\n")));
        } else {
            let written = streams::write(target, &events, setup.reply(case, target, dialect));
            out.push((named("stream", "sse"), String::from_utf8(written).unwrap()));
        }
    }
    out
}

fn refusal(message: &str, param: Option<&str>) -> String {
    pretty(&json!({"refused": {"message": message, "param": param}}).to_string())
}

/// The same JSON on several lines; nothing is respelt.
fn pretty(json: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    for char in json.chars() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' => {
                depth += 1;
                out.push(char);
                line(&mut out, depth);
                continue;
            }
            '}' | ']' => {
                depth -= 1;
                let empty = out.trim_end().ends_with(['{', '[']);
                if empty {
                    out.truncate(out.trim_end().len());
                } else {
                    line(&mut out, depth);
                }
            }
            ',' => {
                out.push(char);
                line(&mut out, depth);
                continue;
            }
            ':' => {
                out.push_str(": ");
                continue;
            }
            ' ' | '\n' => continue,
            _ => {}
        }
        out.push(char);
    }
    out.push('\n');
    out
}

fn cases(dialect: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(dialect);
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

#[test]
fn every_golden_case_comes_out_as_it_stands() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();
    let mut seen = 0;
    for (folder, dialect) in DIALECTS {
        for case in cases(folder) {
            let out: Vec<(String, String)> = others(&case, dialect)
                .into_iter()
                .flat_map(|target| run(&case, dialect, target))
                .collect();
            assert!(!out.is_empty(), "{}: nothing comes in", case.display());
            for (name, text) in out {
                let file = case.join(name);
                seen += 1;
                if update {
                    fs::write(file, text).unwrap();
                } else if fs::read_to_string(&file).ok().as_deref() != Some(text.as_str()) {
                    differ.push(format!("{}:\n{text}", file.display()));
                }
            }
        }
    }
    assert!(seen > 300, "only {seen} files were compared");
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
