//! The command line: what it takes, prints, asks and leaves with.

use serde_json::Value;

use manti::config::Config;
use manti::models::clock::Timestamp;
use manti::models::money::Money;
use manti::models::usage::{Cursor, Record, Source, Status, Tokens};
use manti::store::Store;

use crate::support::command::Place;

/// A place with a user and their password.
fn with_user() -> Place {
    let place = Place::new();
    let made = place.run_with(
        &[
            "user",
            "create",
            "Ada@Example.com",
            "--name",
            "Ada",
            "--role",
            "admin",
            "--password-stdin",
        ],
        "correct horse battery\n",
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    place
}

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("{value}"));
    object.keys().map(String::as_str).collect()
}

#[test]
fn a_user_lives_from_create_to_delete() {
    let place = with_user();
    let user = place.run(&["user", "show", "ada@example.com"]).json();
    assert_eq!(
        keys(&user),
        [
            "id",
            "email",
            "name",
            "role",
            "status",
            "account_id",
            "created_at"
        ]
    );
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!(user["role"], "admin");
    assert_eq!(user["status"], "active");
    let id = user["id"].as_str().unwrap();
    assert!(id.starts_with("usr_"));

    let changed = place
        .run(&["user", "update", id, "--name", "Ada L.", "--role", "member"])
        .json();
    assert_eq!(changed["name"], "Ada L.");
    assert_eq!(changed["role"], "member");
    assert_eq!(
        place.run(&["user", "disable", id]).json()["status"],
        "disabled"
    );
    assert_eq!(
        place.run(&["user", "enable", id]).json()["status"],
        "active"
    );
    let list = place.run(&["user", "list"]).json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0], changed);

    place
        .run(&["user", "delete", id])
        .refused(2, "cannot be undone: add --yes");
    assert_eq!(place.run(&["user", "delete", id, "--yes"]).code, 0);
    let list = place.run(&["user", "list"]).json();
    assert_eq!(list.as_array().unwrap().len(), 0);
    place
        .run(&["user", "show", "ada@example.com"])
        .refused(3, "no user \"ada@example.com\"");
}

#[test]
fn a_key_lives_from_create_to_revoke() {
    let place = with_user();
    let made = place
        .run(&[
            "key",
            "create",
            "--user",
            "ada@example.com",
            "--name",
            "laptop",
            "--models",
            "gpt-*,claude-*",
            "--rpm",
            "60",
            "--tpm",
            "1000",
            "--max-parallel",
            "4",
            "--expires",
            "90d",
            "--allow-ip",
            "10.0.0.0/8,::1",
        ])
        .json();
    assert_eq!(keys(&made)[..5], ["id", "name", "user", "prefix", "secret"]);
    let secret = made["secret"].as_str().unwrap();
    assert!(
        secret.starts_with("sk-manti-") && secret.len() == 49,
        "{secret}"
    );
    assert!(secret.starts_with(made["prefix"].as_str().unwrap()));
    assert_eq!(made["user"], "ada@example.com");
    assert_eq!(made["models"], serde_json::json!(["gpt-*", "claude-*"]));
    assert_eq!(made["rpm"], 60);
    assert_eq!(made["max_parallel"], 4);
    assert_eq!(
        made["allowed_ips"],
        serde_json::json!(["10.0.0.0/8", "::1/128"])
    );
    assert!(made["expires_at"].is_string());

    let id = made["id"].as_str().unwrap();
    let shown = place.run(&["key", "show", id]).json();
    assert!(shown.get("secret").is_none(), "it is shown once");
    assert_eq!(shown["status"], "active");
    let changed = place
        .run(&[
            "key",
            "update",
            id,
            "--rpm",
            "none",
            "--expires",
            "never",
            "--name",
            "desk",
        ])
        .json();
    assert_eq!(changed["rpm"], Value::Null);
    assert_eq!(changed["expires_at"], Value::Null);
    assert_eq!(changed["name"], "desk");
    assert_eq!(changed["tpm"], 1000, "what was not named stays");

    let rotated = place.run(&["key", "rotate", id, "--grace", "24h"]).json();
    assert_eq!(rotated["id"], id);
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(
        place.run(&["key", "revoke", id]).json()["status"],
        "revoked"
    );
    assert_eq!(place.run(&["key", "revoke", id]).code, 0, "again is fine");
    assert_eq!(place.run(&["key", "rotate", id]).code, 4, "a revoked key");
    let list = place
        .run(&["key", "list", "--user", "ada@example.com"])
        .json();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn a_new_secret_stands_alone_when_asked_for() {
    let place = with_user();
    let ran = place.run(&[
        "key",
        "create",
        "-q",
        "--user",
        "ada@example.com",
        "--name",
        "ci",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.len(), 50, "{:?}", ran.stdout);
    assert!(ran.stdout.starts_with("sk-manti-"));
    assert_eq!(ran.stderr, "");
}

#[test]
fn exit_codes_tell_wrong_usage_missing_things_and_conflicts_apart() {
    let place = with_user();
    place
        .run(&["user", "create", "ada@example.com"])
        .refused(4, "ada@example.com");
    place
        .run(&["user", "create", "no address"])
        .refused(2, "email");
    for missing in [
        &["user", "show", "bob@example.com"][..],
        &["user", "disable", "usr_0"],
        &["key", "show", "key_0"],
        &["key", "create", "--user", "bob@example.com", "--name", "x"],
        &["usage", "show", "req_0"],
        &["provider", "show", "nobody"],
        &["model", "show", "no-such-model"],
        &["price", "show", "no-such-model"],
    ] {
        place.run(missing).refused(3, "see: manti");
    }
    for wrong in [
        &["nonsense"][..],
        &["user"],
        &["user", "create"],
        &["user", "update", "ada@example.com"],
        &["key", "create", "--user", "ada@example.com"],
        &[
            "key", "create", "--user", "a", "--name", "b", "--budget", "5/month",
        ],
        &["key", "create", "--user", "a", "--name", "b", "--rpm", "0"],
        &[
            "key",
            "create",
            "--user",
            "a",
            "--name",
            "b",
            "--allow-ip",
            "home",
        ],
        &["usage", "report", "--by", "team"],
        &["usage", "list", "--from", "yesterday"],
        &["user", "list", "-o", "xml"],
        &["migrate", "--status", "--dry-run"],
    ] {
        let ran = place.run(wrong);
        assert_eq!(ran.code, 2, "{wrong:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{wrong:?}");
        assert!(!ran.stderr.is_empty(), "{wrong:?}");
    }
    place
        .run(&[
            "key",
            "create",
            "--user",
            "ada@example.com",
            "--name",
            "x",
            "--expires",
            "2020-01-01",
        ])
        .refused(2, "--expires lies in the past");
}

#[test]
fn without_a_database_commands_say_what_to_do() {
    let mut place = Place::new();
    for command in [
        &["user", "list"][..],
        &["key", "list"],
        &["usage", "report"],
    ] {
        place.run(command).refused(1, "start with: manti serve");
    }
    assert!(!place.path().join("data").exists(), "asking makes nothing");
    place.set("DATABASE_URL", "postgres://manti@127.0.0.1:1/manti");
    place.run(&["user", "list"]).refused(1, "DATABASE_URL");
}

#[test]
fn nothing_is_asked_without_a_terminal() {
    let place = with_user();
    place
        .run(&["user", "passwd", "ada@example.com"])
        .refused(2, "--password-stdin");
    place
        .run_with(
            &["user", "passwd", "ada@example.com", "--password-stdin"],
            "",
        )
        .refused(2, "standard input is empty");
    let changed = place.run_with(
        &["user", "passwd", "ada@example.com", "--password-stdin"],
        "another long password\n",
    );
    assert_eq!(changed.code, 0, "{}", changed.stderr);
    assert!(!changed.stdout.contains("another"));
    let made = place.run(&["user", "create", "bob@example.com"]);
    assert_eq!(made.code, 0, "without a password: {}", made.stderr);
}

#[test]
fn on_a_terminal_passwords_are_asked_for_and_deeds_confirmed() {
    let place = with_user();
    let (code, shown) = place.run_on_terminal(
        &["user", "passwd", "ada@example.com"],
        80,
        &["another long password", "another long password"],
    );
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Password"), "{shown}");
    assert!(!shown.contains("another long"), "typed blindly: {shown}");

    let (code, shown) = place.run_on_terminal(&["user", "delete", "ada@example.com"], 80, &["n"]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("nothing was changed"), "{shown}");
    let (code, shown) = place.run_on_terminal(
        &["user", "delete", "ada@example.com", "--no-input"],
        80,
        &[],
    );
    assert_eq!(code, 2, "{shown}");
}

#[test]
fn a_terminal_gets_a_table_in_bold_that_fits_and_no_color_is_honoured() {
    let mut place = with_user();
    place.run(&[
        "user",
        "create",
        "a.rather.long.name@a-rather-long-department.example.com",
        "--name",
        "Somebody With A Rather Long Name",
    ]);
    for columns in [60, 80, 140] {
        let (code, shown) = place.run_on_terminal(&["user", "list"], columns, &[]);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains("\u{1b}[1mEMAIL"), "{shown:?}");
        let bare = shown.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        for line in bare.lines() {
            assert!(
                line.chars().count() <= usize::from(columns),
                "{columns}: {line:?}"
            );
        }
        assert_eq!(bare.contains("CREATED"), columns > 80, "{bare}");
    }
    place.set("NO_COLOR", "1");
    let (code, shown) = place.run_on_terminal(&["user", "list"], 80, &[]);
    assert_eq!(code, 0);
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn the_three_outputs_say_the_same() {
    let place = with_user();
    let json = place.run(&["user", "list"]).json();
    let csv = place.run(&["user", "list", "-o", "csv"]).stdout;
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("id,email,name,role,status,account_id,created_at")
    );
    let row: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(row[0], json[0]["id"].as_str().unwrap());
    let table = place.run(&["user", "list", "-o", "table"]).stdout;
    assert!(table.contains("ada@example.com"), "{table}");
    assert!(!table.contains('\u{1b}'), "{table}");
}

#[test]
fn what_a_user_typed_cannot_steer_the_terminal() {
    let place = with_user();
    let steering = "\u{1b}[2Jgone";
    let made = place.run(&[
        "key",
        "create",
        "--user",
        "ada@example.com",
        "--name",
        steering,
        "-o",
        "table",
    ]);
    assert!(!made.stdout.contains('\u{1b}'), "{made:?}");
    assert!(!made.stderr.contains('\u{1b}'), "{made:?}");
    let ran = place.run(&["user", "show", steering]);
    assert_eq!(ran.code, 3);
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:?}");
}

#[test]
fn an_empty_report_has_its_shape() {
    let place = with_user();
    let report = place.run(&["usage", "report", "--by", "user"]).json();
    assert_eq!(keys(&report), ["data", "total"]);
    assert_eq!(report["data"], serde_json::json!([]));
    assert_eq!(
        keys(&report["total"]),
        [
            "requests",
            "errors",
            "unpriced",
            "input_tokens",
            "cached_input_tokens",
            "output_tokens",
            "cost_usd",
            "price_usd"
        ]
    );
    assert_eq!(report["total"]["price_usd"], "0.000000000");
    for by in [
        "key", "model", "provider", "day", "hour", "endpoint", "end_user", "tag:team",
    ] {
        assert_eq!(place.run(&["usage", "report", "--by", by]).code, 0, "{by}");
    }
    assert_eq!(place.run(&["usage", "list"]).json(), serde_json::json!([]));
    assert_eq!(place.run(&["usage", "list", "--limit", "0"]).stdout, "[]\n");
}

#[test]
fn migrations_are_applied_once_and_their_state_is_told() {
    let place = Place::new();
    let before = place.run(&["migrate", "--status"]).json();
    assert_eq!(before["applied"], serde_json::json!([]));
    let pending = before["pending"].as_array().unwrap().len();
    assert!(pending > 0);
    let sql = place.run(&["migrate", "--dry-run", "-o", "table"]).stdout;
    assert!(sql.contains("CREATE TABLE"), "{sql}");
    assert!(!place.path().join("data").exists(), "asking makes nothing");
    let done = place.run(&["migrate"]).json();
    assert_eq!(done["applied"].as_array().unwrap().len(), pending);
    assert_eq!(done["pending"], serde_json::json!([]));
    assert!(done["applied"][0]["version"].is_i64());
    let again = place.run(&["migrate"]);
    assert_eq!(again.json(), done);
}

#[test]
fn health_says_when_nothing_answers() {
    let mut place = Place::new();
    place.set("MANTI_SERVER_LISTEN", "127.0.0.1:1");
    place
        .run(&["health"])
        .refused(1, "start it with: manti serve");
}

#[test]
fn scripts_are_printed_for_every_shell_and_pages_written() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = place.run(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains("manti"), "{shell}");
    }
    assert_eq!(place.run(&["man", "pages"]).code, 0);
    assert!(place.path().join("pages/manti-key-create.1").exists());
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let place = Place::new();
    let mut child = place
        .command(&["price", "list", "-o", "csv"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let left = child.wait_with_output().unwrap();
    assert_eq!(left.status.code(), Some(0), "{left:?}");
    assert_eq!(String::from_utf8_lossy(&left.stderr), "");
}

/// Records calls of a user, as the recorder does.
async fn record(place: &Place, user: &Value, records: &[(&str, &str, Status)]) {
    let config = Config::defaults(place.path().join("data"));
    let store = Store::open(&config).unwrap();
    let text = |name: &str| user[name].as_str().unwrap().into();
    let records: Vec<Record> = records
        .iter()
        .map(|(id, created_at, status)| Record {
            request_id: (*id).into(),
            created_at: created_at.parse::<Timestamp>().unwrap(),
            user_id: text("id"),
            account_id: text("account_id"),
            key_id: None,
            end_user: Some("end".to_owned()),
            tags: [("team".to_owned(), "blue".to_owned())].into(),
            endpoint: "chat.completions".into(),
            requested_model: "default".into(),
            provider: "demo".into(),
            model: "demo/echo".into(),
            status: *status,
            http_status: 200,
            stream: true,
            attempts: 1,
            tokens: Tokens {
                input: 1200,
                cached_input: 1024,
                cache_write_5m: 3,
                cache_write_1h: 4,
                output: 85,
                ..Tokens::default()
            },
            cost: Some(Money::from_nanos(2_570_000)),
            price: Some(Money::from_nanos(3_084_000)),
            prices: [("input".to_owned(), "2.50".parse().unwrap())].into(),
            price_source: "book:2026-11-01".into(),
            usage_source: Source::Provider,
            flags: Vec::new(),
            latency_ms: 912,
            ttft_ms: Some(244),
            error_code: None,
        })
        .collect();
    let cursor = Cursor {
        segment: 1,
        offset: 1,
    };
    store.record_batch("r1", cursor, &records).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn what_was_used_is_listed_shown_and_summed_up() {
    let place = with_user();
    let user = place.run(&["user", "show", "ada@example.com"]).json();
    let records = [
        ("req_1", "2026-11-20T23:59:59.5Z", Status::Ok),
        ("req_2", "2026-11-21T10:00:00.123456Z", Status::Ok),
        ("req_3", "2026-11-22T00:00:00Z", Status::Error),
    ];
    record(&place, &user, &records).await;

    let shown = place.run(&["usage", "show", "req_2"]).json();
    assert_eq!(
        shown,
        serde_json::json!({
            "request_id": "req_2", "created_at": "2026-11-21T10:00:00.123456Z",
            "user": "ada@example.com", "key_id": null, "team": null, "end_user": "end",
            "tags": {"team": "blue"}, "endpoint": "chat.completions",
            "requested_model": "default", "provider": "demo", "model": "demo/echo",
            "status": "ok", "http_status": 200, "stream": true, "attempts": 1,
            "input_tokens": 1200, "cached_input_tokens": 1024, "cache_write_tokens": 7,
            "output_tokens": 85, "reasoning_tokens": 0, "units": {},
            "cost_usd": "0.002570000", "price_usd": "0.003084000",
            "prices": {"input": "2.50"}, "price_source": "book:2026-11-01",
            "usage_source": "provider", "flags": [], "latency_ms": 912, "ttft_ms": 244,
            "error_code": null,
        })
    );
    let ids = |arguments: &[&str]| {
        let list = place.run(arguments).json();
        let list = list.as_array().unwrap().clone();
        let id = |record: &Value| record["request_id"].as_str().unwrap().to_owned();
        list.iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["usage", "list"]), ["req_3", "req_2", "req_1"]);
    assert_eq!(ids(&["usage", "list", "--limit", "2"]), ["req_3", "req_2"]);
    assert_eq!(ids(&["usage", "list", "--limit", "0"]).len(), 3);
    assert_eq!(ids(&["usage", "list", "--request", "req_1"]), ["req_1"]);
    assert_eq!(
        ids(&["usage", "list", "--user", "nobody@example.com"]).len(),
        0
    );
    assert_eq!(
        ids(&[
            "usage",
            "list",
            "--from",
            "2026-11-21",
            "--to",
            "2026-11-21"
        ]),
        ["req_2"],
        "a day is taken whole"
    );
    let csv = place.run(&["usage", "list", "-o", "csv"]).stdout;
    assert_eq!(csv.lines().count(), 4);
    assert!(
        csv.starts_with("request_id,created_at,user,key_id,"),
        "{csv}"
    );

    let report = place.run(&["usage", "report", "--by", "day"]).json();
    assert_eq!(report["data"][0]["group"], "2026-11-20");
    assert_eq!(report["data"].as_array().unwrap().len(), 3);
    assert_eq!(report["total"]["requests"], 3);
    assert_eq!(report["total"]["errors"], 1);
    assert_eq!(report["total"]["price_usd"], "0.009252000");
    let table = place
        .run(&["usage", "report", "--by", "tag:team", "-o", "table"])
        .stdout;
    let last = table.lines().last().unwrap();
    assert!(
        table.contains("blue") && last.starts_with("total"),
        "{table}"
    );
    assert!(last.ends_with("0.009252"), "{table}");
}

/// A gateway that runs until it is dropped.
struct Serving(std::process::Child);

impl Serving {
    fn start(place: &mut Place) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        place.set("MANTI_SERVER_LISTEN", &address);
        let child = place
            .command(&["serve"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let serving = Self(child);
        for _ in 0..200 {
            if place.run(&["health"]).code == 0 {
                return serving;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("it does not answer");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn commands_work_while_the_server_runs_and_a_second_server_does_not() {
    let mut place = with_user();
    let serving = Serving::start(&mut place);
    assert_eq!(place.run(&["health"]).json()["status"], "ok");
    let user = ["--user", "ada@example.com"];
    for name in ["one", "two"] {
        let made = place.run(&[&["key", "create", "--name", name][..], &user].concat());
        assert_eq!(made.code, 0, "{}", made.stderr);
    }
    let id = place.run(&["key", "list"]).json()[0]["id"].clone();
    let revoked = place.run(&["key", "revoke", id.as_str().unwrap()]).json();
    assert_eq!(revoked["status"], "revoked");

    let second = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, 4, "{second:?}");
    let last = second.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("error: ") && last.contains(&serving.0.id().to_string()),
        "{last}"
    );
}

#[test]
fn the_description_of_the_api_is_printed() {
    let document = Place::new().run(&["openapi"]).json();
    assert_eq!(document["openapi"], "3.0.3");
    assert!(document["paths"]["/v1/chat/completions"].is_object());
    // The command line and the API name the fields of a usage record alike.
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let record = schemas
        .values()
        .find(|schema| schema["properties"]["requested_model"].is_object())
        .unwrap();
    assert_eq!(record["properties"].as_object().unwrap().len(), 30);
}
