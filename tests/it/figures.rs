//! The figures on `/metrics`: each is set by something, and means what its line says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::client::Client;
use crate::support::command::Place;
use crate::support::process::Process;
use crate::support::recorded::Wire;
use crate::support::scene::settings_for;
use crate::support::socket::Upstream;
use crate::support::spoken;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The sources without white space, but for those that only name or describe figures.
fn sources() -> String {
    let mut text = String::new();
    let mut folders = vec![PathBuf::from(ROOT).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("telemetry/names.rs")
                && !path.ends_with("telemetry/metrics/describe.rs")
            {
                let source = std::fs::read_to_string(&path).unwrap_or_default();
                text.extend(source.chars().filter(|c| !c.is_whitespace()));
            }
        }
    }
    text.replace("telemetry::names::", "names::")
}

/// What stands up to the bracket that closes the one which was opened before `text`.
fn up_to_the_end(text: &str) -> &str {
    let mut depth = 1;
    let end = text.char_indices().find(|(_, c)| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// Constants and names of all figures.
fn figures() -> Vec<(String, String)> {
    let names = std::fs::read_to_string(Path::new(ROOT).join("src/telemetry/names.rs")).unwrap();
    names
        .split("pub const ")
        .skip(1)
        .map(|line| {
            let constant = line.split(':').next().unwrap().to_owned();
            (constant, line.split('"').nth(1).unwrap().to_owned())
        })
        .collect()
}

#[test]
fn every_figure_is_set_somewhere_and_its_labels_are_documented() {
    let sources = sources();
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/operations.md")).unwrap();
    let figures = figures();
    assert!(figures.len() > 20, "{figures:?}");
    for (constant, name) in figures {
        let mut set = constant == "COST" && sources.contains("letname=names::COST;");
        let mut labels = BTreeSet::new();
        for call in ["counter!(", "gauge!(", "histogram!("] {
            let start = format!("{call}names::{constant}");
            for (at, _) in sources.match_indices(&start) {
                let rest = up_to_the_end(&sources[at + start.len()..]);
                if rest.starts_with(|c: char| c == '_' || c.is_alphanumeric()) {
                    continue;
                }
                set = true;
                let parts: Vec<&str> = rest.split("\"=>").collect();
                let named = parts[..parts.len() - 1].iter();
                labels.extend(named.map(|part| part.rsplit('"').next().unwrap().to_owned()));
            }
        }
        assert!(set, "nothing sets {name}");
        let line = page
            .lines()
            .find(|line| line.contains(&format!("`{name}`")));
        let line = line.unwrap_or_else(|| panic!("{name} is not documented"));
        for label in labels {
            let told = line.contains(&format!("`{label}`")) || line.contains("as a label");
            assert!(told, "{name} has the label {label}: {line}");
        }
    }
}

fn free_address() -> String {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().to_string()
}

/// The value of a figure; `None` where it is not told.
fn value(page: &str, series: &str) -> Option<f64> {
    let mut lines = page.lines();
    lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

async fn page(address: &str) -> String {
    let client = Client::new(address.parse().unwrap(), "");
    client.get("/metrics").await.text().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_credentials_connections_and_late_usage_are_counted() {
    let upstream = Upstream::start(|mut asked| async move {
        if asked.model() != "late" {
            return asked
                .json_answer(200, &spoken::plain(Wire::Chat, "yes"))
                .await;
        }
        let spoken = spoken::stream(Wire::Chat, &["The sea."]);
        asked.begin().await?;
        asked.piece(spoken.open().concat()).await?;
        asked.piece(&spoken.finish).await?;
        tokio::time::sleep(Duration::from_millis(400)).await;
        asked.piece([spoken.usage, spoken.end].concat()).await?;
        asked.end().await
    })
    .await;
    let own = free_address();
    let more = format!("[stream]\nusage_wait = \"100ms\"\n[server]\nmetrics_listen = \"{own}\"");
    let settings = settings_for(&upstream, &more);
    let process = tokio::task::spawn_blocking(move || Process::start(&settings))
        .await
        .unwrap();
    for _ in 0..3 {
        let request = spoken::request(Wire::Chat, "chat/fine", false);
        assert_eq!(process.client.chat(&request).await.status, 200);
    }
    let before = page(&own).await;
    assert_eq!(value(&before, "manti_database_up"), Some(1.0), "{before}");
    let lookups = |from: &str| format!("manti_credential_lookups_total{{from=\"{from}\"}}");
    let (asked, known) = (lookups("database"), lookups("cache"));
    let looked_up = [&asked, &known].map(|series| value(&before, series).unwrap_or_default());
    // How often it must be asked anew depends on the time that the calls take.
    assert!(looked_up[0] >= 1.0, "{before}");
    assert_eq!(looked_up.iter().sum::<f64>().to_string(), "3", "{before}");
    let opened = value(&before, "manti_upstream_connections_total");
    assert!(opened.is_some_and(|opened| opened >= 1.0), "{before}");
    assert_eq!(value(&before, "manti_late_usage_total"), Some(0.0));
    let request = spoken::request(Wire::Chat, "chat/late", true);
    process.client.chat(&request).await.text().await;
    let after = page(&own).await;
    assert_eq!(value(&after, "manti_late_usage_total"), Some(1.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_is_told() {
    let own = free_address();
    let mut place = Place::new();
    place
        .set("DATABASE_URL", "postgres://manti@127.0.0.1:1/manti")
        .set("MANTI_SERVER_LISTEN", "127.0.0.1:0")
        .set("MANTI_SERVER_METRICS_LISTEN", &own);
    let mut child = place
        .command(&["serve"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut told = None;
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if tokio::net::TcpStream::connect(&own).await.is_ok() {
            told = value(&page(&own).await, "manti_database_up");
            if told.is_some() {
                break;
            }
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(told, Some(0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_is_named_in_the_log_and_not_quoted() {
    let upstream = Upstream::start(|asked| async move {
        match asked.model().as_str() {
            "401" => {
                let headers = [
                    ("content-type", "application/json"),
                    ("x-request-id", "up_123"),
                ];
                let body = r#"{"error": {"message": "what was asked"}}"#;
                asked.answer(401, &headers, body).await
            }
            "400" => {
                let body = serde_json::json!({"error": {"message": "what was asked"}});
                asked.json_answer(400, &body).await
            }
            "cut" => {
                let spoken = spoken::stream(Wire::Chat, &["The sea."]);
                asked.stream(spoken.open()).await
            }
            _ => asked.reset(),
        }
    })
    .await;
    let settings = settings_for(&upstream, "[log]\nformat = \"json\"");
    let process = tokio::task::spawn_blocking(move || Process::start(&settings))
        .await
        .unwrap();
    let mut ids = Vec::new();
    for (model, stream) in [
        ("401", false),
        ("400", false),
        ("reset", false),
        ("cut", true),
    ] {
        let request = spoken::request(Wire::Chat, &format!("chat/{model}"), stream);
        let answer = process.client.chat(&request).await;
        ids.push(answer.id());
        answer.text().await;
    }
    let log = process.log();
    assert!(!log.contains("what was asked"), "{log}");
    let failures: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line["message"] == "the provider failed")
        .collect();
    let told: Vec<_> = failures
        .iter()
        .map(|line| {
            let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
            let status = line["http.response.status_code"].as_u64();
            (text("request.id"), text("error.class"), status)
        })
        .collect();
    let expected = [
        (ids[0].clone(), "credentials".to_owned(), Some(401)),
        (ids[2].clone(), "broken".to_owned(), None),
        (ids[3].clone(), "broken".to_owned(), Some(200)),
    ];
    assert_eq!(told, expected, "{log}");
    for line in &failures {
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["provider"], "chat");
    }
    assert_eq!(failures[0]["provider.request.id"], "up_123");
}
