//! Settings that change while the server runs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::process::Process;
use crate::support::recorded::Wire;
use crate::support::scene::settings_for;
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
