//! Golden files of formats that no client speaks: `tests/golden/<dialect>/<case>` with
//!
//! - `request.json`: the request of a client whose dialect `setup.json` names, written for the
//!   provider: `request.out.json`, and `report.json` with what was lost, or the refusal;
//! - `answer.json`, `stream.txt`: a provider's answer or its stream, written for that client:
//!   `answer.out.json`, `stream.out.sse`. `asked.json` may hold the client's request.
//!
//! `UPDATE_GOLDEN=1` writes what comes out instead of comparing it.

use std::fs;
use std::path::Path;

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Client, Dialect, Reply, framing, sse};
use manti::models::abilities::Abilities;
use serde_json::{Value, json};

use super::golden::{cases, pretty, refusal};

/// The dialects, by their folders, with the kind of provider that speaks them and one of its models.
const DIALECTS: &[(&str, Dialect, Kind, &str)] = &[
    ("ollama", Dialect::Ollama, Kind::Ollama, "qwen3:4b"),
    ("cohere", Dialect::Cohere, Kind::Cohere, "command-a-03-2025"),
    (
        "bedrock_converse",
        Dialect::Converse,
        Kind::Bedrock,
        "amazon.nova-lite-v1:0",
    ),
];

struct Setup {
    client: &'static dyn Client,
    dialect: Dialect,
    abilities: Abilities,
    model: String,
}

impl Setup {
    fn read(case: &Path, (_, dialect, kind, model): &(&str, Dialect, Kind, &str)) -> Self {
        let text = fs::read_to_string(case.join("setup.json")).unwrap_or_else(|_| "{}".into());
        let setup: Value = serde_json::from_str(&text).unwrap();
        let client = match setup["client"].as_str().unwrap_or("chat") {
            "chat" => Dialect::Chat,
            "messages" => Dialect::Messages,
            "responses" => Dialect::Responses,
            "gemini" => Dialect::Gemini,
            other => panic!("{other} is no client's dialect"),
        };
        let model = setup["model"].as_str().unwrap_or(model).to_owned();
        Self {
            client: client.client().unwrap(),
            dialect: *dialect,
            abilities: abilities::of(*kind, "", &model),
            model,
        }
    }

    /// What writes an answer; `asked.json` may hold the request it is for.
    fn reply(&self, case: &Path) -> Reply {
        let mut memory = manti::dialects::Memory::default();
        if let Ok(asked) = fs::read(case.join("asked.json")) {
            let request = self.client.read_request(&asked).unwrap();
            let spoken = self.dialect.upstream().unwrap();
            let written = spoken.write_request(&request, &self.abilities, &self.model);
            memory = written.unwrap().memory;
        }
        Reply {
            model: "shown-model".into(),
            created: 1_700_000_000,
            id: "01GOLDEN".into(),
            include_usage: true,
            estimated_input: 7,
            ends_in_words: false,
            memory,
        }
    }

    fn request(&self, body: &[u8]) -> Vec<(&'static str, String)> {
        let request = match self.client.read_request(body) {
            Ok(request) => request,
            Err(error) => {
                let text = refusal(&error.message, error.param.as_deref());
                return vec![("report.json", text)];
            }
        };
        let spoken = self.dialect.upstream().unwrap();
        match spoken.write_request(&request, &self.abilities, &self.model) {
            Err(error) => vec![("report.json", refusal(&error.message, Some(&error.param)))],
            Ok(written) => {
                let report = json!({
                    "dropped": written.dropped,
                    "clamped": written.clamped,
                    "hints": written.hints,
                });
                let body = String::from_utf8(written.body).unwrap();
                serde_json::from_str::<Value>(&body).unwrap();
                vec![
                    ("request.out.json", pretty(&body)),
                    ("report.json", pretty(&report.to_string())),
                ]
            }
        }
    }

    fn answer(&self, case: &Path, body: &[u8]) -> String {
        let spoken = self.dialect.upstream().unwrap();
        match spoken.read_response(body, self.abilities.family, "") {
            Ok(response) => {
                let body = self.client.write_response(&response, &self.reply(case));
                pretty(&String::from_utf8(body).unwrap())
            }
            Err(error) => refusal(&error.message, error.param.as_deref()),
        }
    }

    fn stream(&self, case: &Path, text: &[u8]) -> String {
        let mut splitter = sse::Splitter::new();
        let kind = if text.starts_with(b"{") {
            "application/x-ndjson"
        } else {
            "text/event-stream"
        };
        match framing::of(self.dialect, kind) {
            Some(mut framing) => {
                splitter.push(framing.events(text));
                splitter.push(framing.rest());
            }
            None => splitter.push(text.to_vec().into()),
        }
        let spoken = self.dialect.upstream().unwrap();
        let mut reader = spoken.event_reader(self.abilities.family, "");
        let mut events = Vec::new();
        while let Some(raw) = splitter.next_event().unwrap() {
            if let Some(event) = sse::Event::parse(&raw) {
                reader.read(&event, &mut events);
            }
        }
        reader.finish(&mut events);
        if let Err(error) = super::streams::assemble(&events) {
            return format!("broken: {error}\n");
        }
        let mut writer = self.client.event_writer(self.reply(case));
        let mut out = Vec::new();
        for event in &events {
            writer.write(event, &mut out);
        }
        String::from_utf8(out).unwrap()
    }
}

#[test]
fn every_golden_case_of_a_provider_alone_comes_out_as_it_stands() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();
    for row in DIALECTS {
        for case in cases(row.0) {
            let setup = Setup::read(&case, row);
            let mut out = Vec::new();
            if let Ok(body) = fs::read(case.join("request.json")) {
                out.extend(setup.request(&body));
            }
            if let Ok(body) = fs::read(case.join("answer.json")) {
                out.push(("answer.out.json", setup.answer(&case, &body)));
            }
            if let Ok(text) = fs::read(case.join("stream.txt")) {
                out.push(("stream.out.sse", setup.stream(&case, &text)));
            }
            assert!(!out.is_empty(), "{}: nothing comes in", case.display());
            for (name, text) in out {
                let file = case.join(name);
                if update {
                    fs::write(file, text).unwrap();
                } else if fs::read_to_string(&file).ok().as_deref() != Some(text.as_str()) {
                    differ.push(format!("{}:\n{text}", file.display()));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
