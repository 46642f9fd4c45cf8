//! Settings that change while the server runs.

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::command::Place;
use crate::support::process::Process;
use crate::support::recorded::Wire;
use crate::support::scene::{CHAT_KEY, settings_for};
use crate::support::socket::Upstream;
use crate::support::spoken;

/// Waits until something holds, at most so long.
async fn within(limit: Duration, mut holds: impl AsyncFnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < limit {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

async fn agreeable() -> Upstream {
    Upstream::start(|asked| async move {
        let answer = spoken::plain(asked.wire(), "yes");
        asked.json_answer(200, &answer).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_in_force_within_two_seconds_and_loses_no_call() {
    let upstream = agreeable().await;
    let before = settings_for(&upstream, "").replace("[\"*\"]", "[\"a\"]");
    let started = before.clone();
    let process = tokio::task::spawn_blocking(move || Process::start(&started))
        .await
        .unwrap();
    let request = spoken::request(Wire::Chat, "a", false);
    let ask = |model: &str| {
        let request = spoken::request(Wire::Chat, model, false);
        let client = process.client.clone();
        async move { client.chat(&request).await.status }
    };
    // While calls come in, the file changes.
    let calling = tokio::spawn({
        let client = process.client.clone();
        async move {
            let mut statuses = Vec::new();
            let began = Instant::now();
            while began.elapsed() < Duration::from_secs(6) {
                statuses.push(client.chat(&request).await.status);
            }
            statuses
        }
    });
    for round in 0..4 {
        let name = format!("new-{round}");
        assert_eq!(ask(&name).await, 404, "{name}");
        let more = format!("{before}\n[models.{name}]\ntargets = [{{ provider = \"chat\" }}]\n");
        process.place.write("manti.toml", &more);
        let served = within(Duration::from_secs(2), async || ask(&name).await == 200).await;
        assert!(served, "{name}\n{}", process.log());
    }
    let statuses = calling.await.unwrap();
    assert!(statuses.len() > 100, "{}", statuses.len());
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_not_valid_change_nothing_and_say_why() {
    let upstream = agreeable().await;
    let before = settings_for(&upstream, "[log]\nlevel = \"info\"");
    let started = before.clone();
    let process = tokio::task::spawn_blocking(move || Process::start(&started))
        .await
        .unwrap();
    let bad = format!("{before}\n[models.a]\ntargets = [{{ provider = \"nobody\" }}]\n");
    process.place.write("manti.toml", &bad);
    let told = || async {
        let status = process.client.get("/api/v1/status").await.json().await;
        status["configuration"]["problem"].clone()
    };
    let complained = within(Duration::from_secs(3), async || told().await != Value::Null).await;
    assert!(complained, "{}", process.log());
    let problem = told().await;
    let why = problem.as_str().unwrap();
    assert!(why.contains("models.a.targets.provider"), "{why}");
    assert!(process.log().contains("what was before stays"));
    let request = spoken::request(Wire::Chat, "chat/a", false);
    assert_eq!(process.client.chat(&request).await.status, 200);
    process.place.write("manti.toml", &before);
    assert!(within(Duration::from_secs(3), async || told().await == json!(null)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_raises_no_alarm_any_more() {
    let upstream = Upstream::start(|asked| async move {
        let key = asked
            .headers
            .iter()
            .find(|(name, _)| name == "authorization");
        if key.is_some_and(|(_, key)| key.ends_with("sk-good")) {
            let answer = spoken::plain(asked.wire(), "yes");
            return asked.json_answer(200, &answer).await;
        }
        let status = if asked.path.starts_with("/down") {
            500
        } else {
            401
        };
        asked
            .json_answer(status, &json!({"error": {"message": "no"}}))
            .await
    })
    .await;
    let address = upstream.address;
    let provider = |name: &str, keys: &str| {
        format!(
            "[providers.{name}]\nkind = \"openai-compatible\"\nmodels = [\"{name}-model\"]\n\
             base_url = \"http://{address}/{name}/v1\"\napi_keys = [{keys}]\n"
        )
    };
    let pool = provider("pool", "\"sk-good\", \"sk-bad\"");
    let model = "[models.m]\nstrategy = \"priority\"\ntargets = [\
                 { provider = \"down\", model = \"down-model\" }, \
                 { provider = \"pool\", model = \"pool-model\" }]\n";
    let before = format!(
        "[server]\nmetrics_token = \"figures\"\n{pool}{}{model}",
        provider("down", "\"sk-down\"")
    );
    let after = format!(
        "[server]\nmetrics_token = \"figures\"\n{}",
        provider("pool", "\"sk-good\"")
    );
    let process = tokio::task::spawn_blocking(move || Process::start(&before))
        .await
        .unwrap();
    let request = spoken::request(Wire::Chat, "m", false);
    for _ in 0..8 {
        assert_eq!(process.client.chat(&request).await.status, 200);
    }
    let figures = process.client.with_key("figures");
    let told = async |series: [&str; 2]| {
        let text = figures.get("/metrics").await.text().await;
        series
            .iter()
            .all(|one| text.lines().any(|line| line == *one))
    };
    let alarms = [
        "manti_credential_refused{provider=\"pool\",credential=\"2\"} 1",
        "manti_breaker_state{provider=\"down\",model=\"down-model\"} 2",
    ];
    assert!(within(Duration::from_secs(8), async || told(alarms).await).await);
    process.place.write("manti.toml", &after);
    let quiet = [
        "manti_credential_refused{provider=\"pool\",credential=\"2\"} 0",
        "manti_breaker_state{provider=\"down\",model=\"down-model\"} 0",
    ];
    let cleared = within(Duration::from_secs(10), async || told(quiet).await).await;
    assert!(cleared, "{}", figures.get("/metrics").await.text().await);
}

/// Why the settings are not in force, once that is as expected or it takes too long.
async fn problem(process: &Process, expected: bool) -> String {
    let mut told = Value::Null;
    within(Duration::from_secs(4), async || {
        let status = process.client.get("/api/v1/status").await.json().await;
        told = status["configuration"]["settings_problem"].clone();
        told.is_string() == expected
    })
    .await;
    assert_eq!(told.is_string(), expected, "{told} {}", process.log());
    told.as_str().unwrap_or_default().to_owned()
}

async fn started(place: Place, settings: &str) -> Process {
    let settings = settings.to_owned();
    tokio::task::spawn_blocking(move || Process::start_in(place, &settings))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_in_a_file_of_its_own_is_read_again_when_it_changes() {
    let upstream = agreeable().await;
    let settings = settings_for(&upstream, "").replace(
        &format!("api_key = \"{CHAT_KEY}\""),
        "api_key = \"file:chat.key\"",
    );
    let place = Place::new();
    place.write("chat.key", "sk-first\n");
    let process = started(place, &settings).await;
    let request = spoken::request(Wire::Chat, "chat/a", false);
    let sent = async || {
        assert_eq!(process.client.chat(&request).await.status, 200);
        let seen = upstream.last().await;
        seen.header("authorization").unwrap_or_default().to_owned()
    };
    assert_eq!(sent().await, "Bearer sk-first");
    process.place.write("chat.key", "sk-second\n");
    let second = async || sent().await == "Bearer sk-second";
    assert!(
        within(Duration::from_secs(3), second).await,
        "{}",
        process.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_while_manti_started_is_seen() {
    let upstream = agreeable().await;
    let place = Place::new();
    // A start that takes long: the file changes before anybody listens.
    let path = place.path().join("manti.toml");
    let settings = settings_for(&upstream, "");
    let changed = format!("{settings}\n[models.new]\ntargets = [{{ provider = \"chat\" }}]\n");
    let key = place.path().join("slow.key");
    assert!(Command::new("mkfifo").arg(&key).status().unwrap().success());
    let slow = format!("[server]\nmetrics_token = \"file:slow.key\"\n{settings}");
    let changed = format!("[server]\nmetrics_token = \"a-token-of-metrics\"\n{changed}");
    let meanwhile = std::thread::spawn(move || {
        // Whoever opens the pipe has read the file that names it.
        let mut pipe = std::fs::File::options().write(true).open(&key).unwrap();
        std::fs::write(&path, changed).unwrap();
        pipe.write_all(b"a-token-of-metrics").unwrap();
    });
    let process = started(place, &slow).await;
    meanwhile.join().unwrap();
    let request = spoken::request(Wire::Chat, "new", false);
    let served = async || process.client.chat(&request).await.status == 200;
    assert!(
        within(Duration::from_secs(4), served).await,
        "{}",
        process.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_in_the_place_of_the_file_is_told_of_and_waited_for_by_nobody() {
    let upstream = agreeable().await;
    let settings = settings_for(&upstream, "");
    let process = started(Place::new(), &settings).await;
    let path = process.place.path().join("manti.toml");
    std::fs::remove_file(&path).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    assert!(problem(&process, true).await.contains("is no file"));
    std::fs::remove_file(&path).unwrap();
    let more = format!("{settings}\n[models.new]\ntargets = [{{ provider = \"chat\" }}]\n");
    process.place.write("manti.toml", &more);
    problem(&process, false).await;
    let request = spoken::request(Wire::Chat, "new", false);
    assert_eq!(process.client.chat(&request).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_rows_keep_out_of_force_is_in_force_once_they_are_gone() {
    let upstream = agreeable().await;
    let settings = settings_for(&upstream, "").replace("[\"*\"]", "[\"a\"]");
    let own = format!(
        "\n[providers.own]\nkind = \"openai-compatible\"\nbase_url = \"http://{}/v1\"\nmodels = [\"own-model\"]\n",
        upstream.address
    );
    let process = started(Place::new(), &format!("{settings}{own}")).await;
    let made = process
        .place
        .run(&["model", "add", "row", "--target", "own/x"]);
    assert_eq!(made.code, 0, "{made:?}");
    process.place.write("manti.toml", &settings);
    assert!(problem(&process, true).await.contains("models.row"));
    let request = spoken::request(Wire::Chat, "own-model", false);
    assert_eq!(process.client.chat(&request).await.status, 200);
    let removed = process.place.run(&["model", "remove", "row"]);
    assert_eq!(removed.code, 0, "{removed:?}");
    problem(&process, false).await;
    assert_eq!(process.client.chat(&request).await.status, 404);
}
