//! Golden files: what comes in stands beside what must come out.
//!
//! A case is a folder `tests/golden/<dialect>/<case>` with one of
//!
//! - `request.json`: a client's request in the dialect, written for `setup.json`'s target in
//!   another: `request.out.json`, and `report.json` with what was lost, or the refusal;
//! - `answer.json`, `stream.sse`: a provider's answer in the dialect, written for a client of
//!   another: `answer.out.json`, `stream.out.sse`. `asked.json` may hold the client's request.
//!
//! Which other, `setup.json` says as `to`. Where it names several, each has its own files
//! (`request.chat.json`, `report.chat.json`) and may have its own setup under its name.
//!
//! `UPDATE_GOLDEN=1` writes what comes out instead of comparing it.

use std::fs;
use std::path::{Path, PathBuf};

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Reply};
use manti::models::abilities::Abilities;
use serde_json::{Value, json};

use super::streams::{self, BOTH, both};

/// The folders of cases.
pub(super) const FOLDERS: [(&str, Dialect); 4] = [
    ("openai_chat", Dialect::Chat),
    ("anthropic_messages", Dialect::Messages),
    ("openai_responses", Dialect::Responses),
    ("gemini", Dialect::Gemini),
];

/// Where a request goes.
struct Setup {
    abilities: Abilities,
    model: String,
    include_usage: bool,
}

impl Setup {
    /// The setup of a case whose request goes to a target, or whose answer goes to a client.
    fn read(case: &Path, target: Dialect, other: Dialect) -> Self {
        let setup = setup(case);
        let own = setup.get(other.as_str());
        let setup = own.unwrap_or(&setup);
        let (kind, model) = match target {
            Dialect::Chat => ("openai", "gpt-4o"),
            Dialect::Messages => ("anthropic", "claude-sonnet-4-5"),
            Dialect::Responses => ("openai", "gpt-5.2"),
            Dialect::Gemini => ("openai-compatible", "gemini-2.5-flash"),
            _ => unreachable!("not asked so"),
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

    fn reply(&self, case: &Path, client: Dialect, target: Dialect) -> Reply {
        let mut reply = Reply {
            model: "shown-model".into(),
            created: 1_700_000_000,
            id: "01GOLDEN".into(),
            include_usage: self.include_usage,
            estimated_input: 7,
            ..Reply::default()
        };
        let own = format!("asked.{}.json", client.as_str());
        let asked = fs::read(case.join(own)).or_else(|_| fs::read(case.join("asked.json")));
        if let Ok(asked) = asked {
            let request = both(client).read_request(&asked).unwrap();
            let written = both(target)
                .write_request(&request, &self.abilities, &self.model)
                .unwrap();
            reply.memory = written.memory;
        }
        reply
    }
}

fn setup(case: &Path) -> Value {
    let text = fs::read_to_string(case.join("setup.json")).unwrap_or_else(|_| "{}".into());
    serde_json::from_str(&text).unwrap()
}

/// The dialects a case is written in.
fn targets(case: &Path, dialect: Dialect) -> Vec<Dialect> {
    let setup = setup(case);
    let named = match (&setup["to"], &setup["target"]) {
        (Value::String(one), _) | (_, Value::String(one)) => vec![one.as_str()],
        (Value::Array(several), _) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !named.is_empty() {
        let dialect = |name: &str| {
            let mut all = BOTH.into_iter();
            all.find(|dialect| dialect.as_str() == name).unwrap()
        };
        return named.into_iter().map(dialect).collect();
    }
    // Providers and models that are named, and what is asked, are of one other dialect.
    let exact =
        setup["kind"].is_string() || setup["model"].is_string() || case.join("asked.json").exists();
    match (dialect, exact) {
        (Dialect::Chat, true) => vec![Dialect::Messages],
        (Dialect::Messages | Dialect::Gemini, true) => vec![Dialect::Chat],
        (Dialect::Chat, false) => vec![Dialect::Messages, Dialect::Gemini],
        (Dialect::Messages, false) => vec![Dialect::Chat, Dialect::Gemini],
        _ => vec![Dialect::Chat, Dialect::Messages],
    }
}

/// What comes out of a case: files by name. Gemini's are called after the other dialect, those of
/// others only where there are several.
fn run(case: &Path, dialect: Dialect) -> Vec<(String, String)> {
    let targets = targets(case, dialect);
    let others = targets.iter().filter(|to| **to != Dialect::Gemini).count();
    let mut out = Vec::new();
    for target in &targets {
        let plain = others == 1 && *target != Dialect::Gemini && dialect != Dialect::Gemini;
        for (name, text) in run_to(case, dialect, *target) {
            let name = match name {
                name if plain => name.to_owned(),
                "report.json" => format!("report.{}.json", target.as_str()),
                name => name.replace(".out.", &format!(".{}.", target.as_str())),
            };
            out.push((name, text));
        }
    }
    out
}

fn run_to(case: &Path, dialect: Dialect, target: Dialect) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if let Ok(body) = fs::read(case.join("request.json")) {
        let setup = Setup::read(case, target, target);
        match both(dialect).read_request(&body) {
            Err(error) => out.push((
                "report.json",
                refusal(&error.message, error.param.as_deref()),
            )),
            Ok(request) => {
                let written = both(target).write_request(&request, &setup.abilities, &setup.model);
                match written {
                    Err(error) => {
                        out.push(("report.json", refusal(&error.message, Some(&error.param))));
                    }
                    Ok(written) => {
                        let report = json!({
                            "dropped": written.dropped,
                            "clamped": written.clamped,
                            "hints": written.hints,
                        });
                        let body = String::from_utf8(written.body).unwrap();
                        out.push(("request.out.json", pretty(&body)));
                        out.push(("report.json", pretty(&report.to_string())));
                        assert!(
                            both(target).read_request(body.as_bytes()).is_ok(),
                            "{}: what was written cannot be read",
                            case.display()
                        );
                    }
                }
            }
        }
    }
    let setup = Setup::read(case, dialect, target);
    if let Ok(body) = fs::read(case.join("answer.json")) {
        let text = match both(dialect).read_response(&body, dialect.family(), "") {
            Ok(response) => {
                let reply = setup.reply(case, target, dialect);
                let body = both(target).write_response(&response, &reply);
                pretty(&String::from_utf8(body).unwrap())
            }
            Err(error) => refusal(&error.message, error.param.as_deref()),
        };
        out.push(("answer.out.json", text));
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
            out.push(("stream.out.sse", format!("broken: {error}\n")));
        } else {
            let written = streams::write(target, &events, setup.reply(case, target, dialect));
            out.push(("stream.out.sse", String::from_utf8(written).unwrap()));
        }
    }
    out
}

pub(super) fn refusal(message: &str, param: Option<&str>) -> String {
    pretty(&json!({"refused": {"message": message, "param": param}}).to_string())
}

/// The same JSON on several lines; nothing is respelt.
pub(super) fn pretty(json: &str) -> String {
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

pub(super) fn cases(dialect: &str) -> Vec<PathBuf> {
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
    for (folder, dialect) in FOLDERS {
        for case in cases(folder) {
            let out = run(&case, dialect);
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
