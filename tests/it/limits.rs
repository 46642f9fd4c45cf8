//! Limits of a key under many clients at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use manti::models::clock::Clock;
use serde_json::json;
use tokio::sync::Notify;

use crate::support::client::Client;
use crate::support::recorded::Wire;
use crate::support::scene::{self, Scene};
use crate::support::spoken;

/// Statuses of so many calls at once.
async fn all_at_once(client: &Client, calls: usize) -> BTreeMap<u16, usize> {
    let calls = (0..calls).map(|at| {
        let client = client.clone();
        tokio::spawn(async move {
            let wire = [Wire::Chat, Wire::Messages][at % 2];
            let answer = scene::ask(&client, wire, wire, false).await;
            let (status, retry) = (answer.status, answer.header("retry-after").to_owned());
            if status == 429 {
                let wait: u64 = retry.parse().expect("a refusal says when to try again");
                assert!((50..=61).contains(&wait), "{wait}");
                assert_eq!(answer.header("x-ratelimit-remaining-requests"), "0");
                let provider = ["chat", "messages"][at % 2];
                assert_eq!(answer.header("x-manti-provider"), provider);
                assert_eq!(answer.header("x-manti-model"), "tiny");
                assert_eq!(answer.header("x-manti-attempts"), "0");
            }
            answer.text().await;
            status
        })
    });
    let mut counts = BTreeMap::new();
    for call in calls.collect::<Vec<_>>() {
        *counts.entry(call.await.unwrap()).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_requests_holds_against_many_clients_and_is_usable() {
    const LIMIT: usize = 60;
    let scene = Scene::agreeable().await;
    let client = scene.manti.limited(&json!({"rpm": LIMIT})).await;
    let counts = all_at_once(&client, 150).await;
    let passed = counts.get(&200).copied().unwrap_or(0);
    assert!(passed <= LIMIT, "{counts:?}");
    assert!(passed * 100 >= LIMIT * 95, "{counts:?}");
    assert_eq!(counts.get(&429), Some(&(150 - passed)), "{counts:?}");
    assert_eq!(
        scene.upstream.seen().await.len(),
        passed,
        "a refused call is not sent"
    );
    // Another key is not held by it.
    let answer = scene.ask(Wire::Chat, Wire::Chat, false).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn headers_tell_how_the_limits_stand_and_a_refusal_takes_nothing() {
    let scene = Scene::agreeable().await;
    let client = scene
        .manti
        .limited(&json!({"rpm": 3, "tpm": 100_000}))
        .await;
    for left in [2, 1, 0] {
        let answer = scene::ask(&client, Wire::Chat, Wire::Chat, false).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-ratelimit-limit-requests"), "3");
        assert_eq!(
            answer.header("x-ratelimit-remaining-requests"),
            left.to_string()
        );
        assert_eq!(answer.header("x-ratelimit-limit-tokens"), "100000");
        for name in ["x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"] {
            let reset = answer.header(name);
            assert!(reset.ends_with('s'), "{name}: {reset}");
        }
    }
    let mut tokens = None;
    for _ in 0..3 {
        let answer = scene::ask(&client, Wire::Messages, Wire::Chat, false).await;
        assert_eq!(answer.status, 429);
        let id = answer.id();
        // A refusal takes no tokens either.
        let remaining = answer.header("x-ratelimit-remaining-tokens").to_owned();
        assert_eq!(*tokens.get_or_insert(remaining.clone()), remaining);
        let body = answer.json().await;
        assert_eq!(body["error"]["type"], "rate_limit_error", "{body}");
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "rejected");
        assert_eq!(record["http_status"], 429);
        assert_eq!(record["error_code"], "rate_limit_exceeded");
        assert_eq!(record["price_usd"], "0.000000000");
    }
    assert_eq!(scene.upstream.seen().await.len(), 3);
}

#[tokio::test]
async fn anthropic_clients_are_told_of_their_limits_in_their_own_words() {
    let scene = Scene::agreeable().await;
    let client = scene
        .manti
        .limited(&json!({"rpm": 1, "tpm": 100_000}))
        .await;
    for (status, left) in [(200, "0"), (429, "0")] {
        let answer = scene::ask(&client, Wire::Messages, Wire::Chat, false).await;
        assert_eq!(answer.status, status);
        let told = |name: &str| answer.header(&format!("anthropic-ratelimit-{name}"));
        assert_eq!(told("requests-limit"), "1");
        assert_eq!(told("requests-remaining"), left);
        assert_eq!(told("tokens-limit"), "100000");
        for name in ["requests-reset", "tokens-reset"] {
            let reset = told(name);
            let at = chrono::DateTime::parse_from_rfc3339(reset).unwrap();
            let wait = at
                .signed_duration_since(Clock::system().now())
                .num_seconds();
            assert!((-2..=61).contains(&wait), "{name}: {reset}");
        }
    }
    let answer = scene::ask(&scene.client, Wire::Chat, Wire::Chat, false).await;
    assert_eq!(answer.header("anthropic-ratelimit-requests-limit"), "");
}

#[tokio::test]
async fn refusals_of_other_kinds_take_no_part_of_a_limit() {
    let scene = Scene::agreeable().await;
    let client = scene.manti.limited(&json!({"rpm": 2})).await;
    for body in [
        "{",
        "{}",
        "{\"model\":7}",
        "[]",
        "{\"model\":\"chat/tiny\",\"n\":0}",
    ] {
        let answer = client.post("/v1/chat/completions", &[], body).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    for _ in 0..2 {
        let answer = scene::ask(&client, Wire::Chat, Wire::Chat, false).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_limit_of_tokens_is_settled_by_what_was_used() {
    let scene = Scene::agreeable().await;
    let client = scene.manti.limited(&json!({"tpm": 20_000})).await;
    // Each call is admitted with at most a tenth of the limit and uses 1,200 in all.
    let mut request = spoken::request(Wire::Chat, "chat/tiny", false);
    request["max_tokens"] = 8000.into();
    for call in 1..=15 {
        let answer = client.chat(&request).await;
        assert_eq!(answer.status, 200, "call {call}");
        answer.text().await;
    }
    // 18,000 are used; 2,000 and the prompt do not fit any more.
    let answer = client.chat(&request).await;
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    request["max_tokens"] = 1000.into();
    assert_eq!(client.chat(&request).await.status, 200);
}

#[tokio::test]
async fn a_call_that_could_never_pass_says_so() {
    let scene = Scene::agreeable().await;
    let client = scene.manti.limited(&json!({"tpm": 100})).await;
    let mut request = spoken::request(Wire::Chat, "chat/tiny", false);
    request["messages"][0]["content"] = "sea ".repeat(1000).into();
    let answer = client.chat(&request).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "", "waiting does not help");
    assert_eq!(answer.header("x-should-retry"), "false");
    assert!(scene.upstream.seen().await.is_empty());
}

#[tokio::test]
async fn parallel_calls_are_limited_and_their_places_come_back() {
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let scene = Scene::new(move |mut asked| {
        let wait = Arc::clone(&wait);
        async move {
            let spoken = spoken::stream(Wire::Chat, &["yes"]);
            asked.begin().await?;
            asked.piece(spoken.open().concat()).await?;
            tokio::select! {
                () = wait.notified() => {}
                () = asked.left() => return asked.close(),
            }
            asked.piece(spoken.close().concat()).await?;
            asked.end().await
        }
    })
    .await;
    let client = scene.manti.limited(&json!({"max_parallel": 2})).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut answer = scene::ask(&client, Wire::Chat, Wire::Chat, true).await;
        answer.until("yes").await;
        open.push(answer);
    }
    let third = scene::ask(&client, Wire::Chat, Wire::Chat, true).await;
    assert_eq!(third.status, 429);
    assert_ne!(third.header("retry-after"), "");

    // One ends, one is left: both places come back.
    go_on.notify_one();
    let first = open.remove(0);
    let first_ends = tokio::time::timeout(Duration::from_secs(2), first.text());
    let second = open.remove(0);
    let text = match first_ends.await {
        Ok(text) => {
            drop(second);
            text
        }
        Err(_) => second.text().await,
    };
    assert!(text.contains("[DONE]"));
    let began = Instant::now();
    for _ in 0..2 {
        let mut answer = scene::ask(&client, Wire::Chat, Wire::Chat, true).await;
        // The place of the one that left comes back when its tokens are counted.
        while answer.status == 429 && began.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = scene::ask(&client, Wire::Chat, Wire::Chat, true).await;
        }
        assert_eq!(answer.status, 200);
        answer.until("yes").await;
        open.push(answer);
    }
}
