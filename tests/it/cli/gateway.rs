//! The database, the server, and what it is made of.

use serde_json::{Value, json};

use super::with_user;
use crate::support::command::Place;
use crate::support::process::Process;
use crate::support::recorded::Wire;
use crate::support::scene::settings_for;
use crate::support::socket::Upstream;
use crate::support::spoken;

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
    assert_eq!(record["properties"].as_object().unwrap().len(), 31);
}

#[test]
fn without_a_provider_the_demo_is_served_and_priced() {
    let place = Place::new();
    let providers = place.run(&["provider", "list"]).json();
    assert_eq!(providers.as_array().unwrap().len(), 1);
    assert_eq!(providers[0]["name"], "demo");
    assert_eq!(providers[0]["kind"], "demo");
    let models = place.run(&["model", "list"]).json();
    assert!(!models.as_array().unwrap().is_empty());
    assert_eq!(models[0]["provider"], "demo");
    assert_eq!(place.run(&["price", "check"]).code, 0);
    let prices = place.run(&["price", "list", "--provider", "openai"]).json();
    let gpt = prices
        .as_array()
        .unwrap()
        .iter()
        .find(|price| price["model"] == "gpt-4o")
        .unwrap();
    assert_eq!(gpt["input"], "2.50");
    assert_eq!(gpt["output"], "10.00");
    assert_eq!(place.run(&["provider", "test", "demo"]).json()["ok"], true);
}

#[test]
fn a_provider_that_cannot_be_reached_fails_its_test() {
    let mut place = Place::new();
    place
        .set("MANTI_PROVIDERS_LAB_KIND", "openai-compatible")
        .set("MANTI_PROVIDERS_LAB_BASE_URL", "http://127.0.0.1:1/v1")
        .set("MANTI_PROVIDERS_LAB_API_KEY", "hush");
    let shown = place.run(&["provider", "show", "lab"]);
    assert_eq!(shown.json()["credentials"], 1);
    assert!(!shown.stdout.contains("hush"));
    let ran = place.run(&["provider", "test", "lab"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.starts_with("error: lab: "), "{}", ran.stderr);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["ok"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_tells_which_credential_of_a_pool_is_not_taken() {
    let upstream = Upstream::start(|asked| async move {
        let taken = asked.seen().header("authorization") != Some("Bearer k2");
        let (status, body) = if taken {
            (200, r#"{"data":[]}"#)
        } else {
            (
                401,
                r#"{"error":{"message":"no such key","code":"invalid_api_key"}}"#,
            )
        };
        asked.answer(status, &[], body).await
    })
    .await;
    let settings = format!(
        "[providers.pool]\nkind = \"openai-compatible\"\nbase_url = \"http://{}/v1\"\n\
         models = [\"m\"]\napi_keys = [\"k1\", \"k2\", \"k3\"]\n",
        upstream.address
    );
    let process = tokio::task::spawn_blocking(move || Process::start(&settings));
    let process = process.await.unwrap();
    let ran = process.place.run(&["provider", "test", "pool"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let by_command: Value = serde_json::from_str(&ran.stdout).unwrap();
    let answer = process
        .client
        .post("/api/v1/providers/pool/test", &[], "{}");
    let by_api = answer.await.json().await;
    for told in [by_command, by_api] {
        assert_eq!(
            (&told["ok"], &told["http_status"]),
            (&json!(false), &json!(401))
        );
        let message = told["message"].as_str().unwrap();
        assert!(message.starts_with("credential 2: "), "{told}");
        let credentials = told["credentials"].as_array().unwrap().iter();
        let each: Vec<_> = credentials
            .map(|one| {
                (
                    one["credential"].clone(),
                    one["ok"].clone(),
                    one["http_status"].clone(),
                )
            })
            .collect();
        let wanted = [(1, true, 200), (2, false, 401), (3, true, 200)];
        assert_eq!(each, wanted.map(|(a, b, c)| (json!(a), json!(b), json!(c))));
    }
    let (code, shown) = process
        .place
        .run_on_terminal(&["provider", "test", "pool"], 80, &[]);
    assert_eq!(code, 1, "{shown}");
    assert!(
        shown.contains("not good") && shown.contains("error: pool: credential 2: "),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_on_a_terminal_has_strategy_targets_and_what_is_left_of_limits() {
    let upstream = Upstream::start(|asked| async move {
        let body = spoken::plain(asked.wire(), "yes").to_string();
        let kind = [("content-type", "application/json")];
        asked.answer(200, &kind, body).await
    })
    .await;
    let model = "[models.m]\nstrategy = \"priority\"\nlimits = { rpm = 7, tpm = 10000 }\nfallbacks = [\"f\"]\n\
                 targets = [{ provider = \"chat\" }, { provider = \"messages\", when = { region = \"eu\" } }]\n\
                 [models.f]\ntargets = [{ provider = \"responses\" }]\n";
    let settings = format!("{}\n{model}", settings_for(&upstream, ""));
    let process = tokio::task::spawn_blocking(move || Process::start(&settings));
    let process = process.await.unwrap();
    let mut request = spoken::request(Wire::Chat, "m", false);
    request["max_tokens"] = json!(1);
    for _ in 0..2 {
        assert_eq!(process.client.chat(&request).await.status, 200);
    }
    let asked = ["model", "explain", "m", "--tokens", "20000"];
    let began = std::time::Instant::now();
    // A limit that a running process counts is told of to the database within a moment.
    let mut told = Value::Null;
    while told["limits"][0]["remaining"] != 5 && began.elapsed().as_secs() < 10 {
        told = process.place.run(&asked).json();
    }
    let limits = told["limits"].as_array().unwrap().iter();
    let limits: Vec<_> = limits
        .map(|line| {
            (
                line["measure"].clone(),
                line["remaining"].clone(),
                line["passes"].clone(),
            )
        })
        .collect();
    assert_eq!(limits[0], (json!("rpm"), json!(5), json!(true)), "{told}");
    assert_eq!(
        (&limits[1].0, &limits[1].2),
        (&json!("tpm"), &json!(false)),
        "{told}"
    );
    for columns in [80, 120] {
        let (code, shown) = process.place.run_on_terminal(&asked, columns, &[]);
        assert_eq!(code, 0, "{shown}");
        for part in [
            "priority",
            "WHY NOT",
            "chat",
            "tags",
            "failure",
            "LEFT",
            "model:m",
            "is refused",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}
