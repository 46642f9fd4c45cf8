//! One target after the other: who is asked, what a failure leads to, and what is told of it.

mod chosen;
mod content;
mod explained;
mod fallbacks;
mod pools;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::gateway::Gateway;
use crate::support::recorded::Wire;
use crate::support::socket::{After, Asked, Upstream};
use crate::support::spoken;

/// A gateway with the providers `one`, `two` and `three`, and the model `m` that they serve.
struct Route {
    upstream: Upstream,
    manti: Gateway,
    client: Client,
}

/// Who is asked, from the path.
fn name(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

impl Route {
    /// With settings of the model, and an answer for whoever is asked for the so many-th time.
    async fn new<A, F>(model: &str, answer: A) -> Self
    where
        A: Fn(String, usize, Asked) -> F + Send + Sync + 'static,
        F: Future<Output = std::io::Result<After>> + Send + 'static,
    {
        Self::with("", model, answer).await
    }

    async fn with<A, F>(more: &str, model: &str, answer: A) -> Self
    where
        A: Fn(String, usize, Asked) -> F + Send + Sync + 'static,
        F: Future<Output = std::io::Result<After>> + Send + 'static,
    {
        let counts = Arc::new([const { AtomicUsize::new(0) }; 3]);
        let upstream = Upstream::start(move |asked| {
            let name = name(&asked.path).to_owned();
            let at = ["one", "two", "three"]
                .iter()
                .position(|known| *known == name);
            let count = counts[at.unwrap_or(0)].fetch_add(1, Ordering::SeqCst);
            answer(name, count, asked)
        })
        .await;
        let address = upstream.address;
        let provider = |name: &str, keys: &str| {
            format!(
                "[providers.{name}]\nkind = \"openai-compatible\"\n\
                 base_url = \"http://{address}/{name}/v1\"\napi_keys = [{keys}]\n\
                 price = {{ input = \"1\", output = \"2\" }}\n"
            )
        };
        let settings = format!(
            "{more}\n{}{}{}[models.m]\n{model}\n",
            provider("one", "\"sk-one-a\", \"sk-one-b\""),
            provider("two", "\"sk-two\""),
            provider("three", "\"sk-three\""),
        );
        let manti = Gateway::start(&settings).await;
        let client = manti.client().await;
        Self {
            upstream,
            manti,
            client,
        }
    }

    async fn ask(&self, stream: bool) -> crate::support::client::Answer {
        let request = spoken::request(Wire::Chat, "m", stream);
        self.client.chat(&request).await
    }

    /// Who was asked, in order.
    async fn asked(&self) -> Vec<String> {
        let seen = self.upstream.seen().await;
        seen.iter()
            .map(|seen| name(&seen.path).to_owned())
            .collect()
    }
}

const PRIORITY: &str = "strategy = \"priority\"\n\
    targets = [{ provider = \"one\", model = \"m1\" }, { provider = \"two\", model = \"m2\" }]";

async fn yes(asked: Asked) -> std::io::Result<After> {
    if asked.json()["stream"] == true {
        let spoken = spoken::stream(asked.wire(), &["yes"]);
        return asked.stream(spoken.all()).await;
    }
    let answer = spoken::plain(asked.wire(), "yes");
    asked.json_answer(200, &answer).await
}

async fn no(asked: Asked, status: u16) -> std::io::Result<After> {
    let error = json!({"error": {"message": "no", "type": "t", "param": null, "code": null}});
    asked.json_answer(status, &error).await
}

#[tokio::test]
async fn what_one_cannot_the_next_one_does_at_once() {
    for status in [408, 500, 502, 503, 504, 529, 401, 402, 403, 418] {
        let route = Route::new(PRIORITY, move |who, _, asked| async move {
            if who == "one" {
                no(asked, status).await
            } else {
                yes(asked).await
            }
        })
        .await;
        let began = Instant::now();
        let answer = route.ask(false).await;
        assert_eq!(answer.status, 200, "{status}");
        assert!(
            began.elapsed() < Duration::from_millis(150),
            "{status}: nothing is waited for"
        );
        assert_eq!(answer.header("x-manti-provider"), "two");
        assert_eq!(answer.header("x-manti-model"), "m2");
        let id = answer.id();
        // One's other credential is tried first where it was the credential's fault.
        let credential = matches!(status, 401..=403);
        let wanted: &[&str] = if credential {
            &["one", "one", "two"]
        } else {
            &["one", "two"]
        };
        assert_eq!(route.asked().await, wanted, "{status}");
        assert_eq!(answer.header("x-manti-attempts"), wanted.len().to_string());
        let record = route.manti.record(&id).await;
        assert_eq!(record["attempts"], wanted.len());
        assert_eq!(
            (&record["provider"], &record["status"]),
            (&json!("two"), &json!("ok"))
        );
    }
}

#[tokio::test]
async fn a_connection_that_breaks_or_is_refused_leads_to_the_next() {
    let route = Route::new(PRIORITY, |who, _, asked| async move {
        if who == "one" {
            asked.reset()
        } else {
            yes(asked).await
        }
    })
    .await;
    for stream in [false, true] {
        let answer = route.ask(stream).await;
        assert_eq!(answer.status, 200);
        answer.text().await;
    }
    assert_eq!(route.asked().await, ["one", "two", "one", "two"]);

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let refusing = format!(
        "[providers.gone]\nkind = \"openai-compatible\"\nbase_url = \"http://{address}/v1\"\n\
         api_key = \"k\"\nprice = {{ input = \"1\", output = \"2\" }}"
    );
    let model =
        "strategy = \"priority\"\ntargets = [{ provider = \"gone\" }, { provider = \"two\" }]";
    let route = Route::with(&refusing, model, |_, _, asked| yes(asked)).await;
    for stream in [false, true] {
        assert_eq!(route.ask(stream).await.status, 200);
    }
    assert_eq!(route.asked().await, ["two", "two"]);
}

#[tokio::test]
async fn each_target_has_the_patience_it_asked_for() {
    let model = format!("{PRIORITY}\nmax_attempts = 4");
    let began = Instant::now();
    let route = Route::new(&model, move |who, count, asked| async move {
        match (who.as_str(), count) {
            ("one", 0) => asked.answer(503, &[("retry-after", "1")], "{}").await,
            ("two", 0 | 1) => no(asked, 500).await,
            _ => yes(asked).await,
        }
    })
    .await;
    assert_eq!(route.ask(false).await.status, 200);
    let asked = route.asked().await;
    // Two is asked again meanwhile, and one not before its time.
    assert_eq!(asked[..3], ["one", "two", "two"], "{:?}", began.elapsed());
    assert!(asked.len() == 4, "{asked:?}");
}

#[tokio::test]
async fn what_the_request_is_at_fault_for_is_told_at_once() {
    for status in [400, 409, 413, 415, 422] {
        let route = Route::new(PRIORITY, move |_, _, asked| no(asked, status)).await;
        let answer = route.ask(false).await;
        assert_eq!(answer.status, status);
        assert_eq!(route.asked().await, ["one"]);
    }
}

#[tokio::test]
async fn a_model_that_one_does_not_have_another_may() {
    let route = Route::new(PRIORITY, |who, _, asked| async move {
        if who == "two" {
            return yes(asked).await;
        }
        let error = json!({"message": "The model `m1` does not exist", "code": "model_not_found"});
        asked.json_answer(404, &json!({"error": error})).await
    })
    .await;
    for _ in 0..120 {
        assert_eq!(route.ask(false).await.status, 200);
    }
    let asked = route.asked().await;
    assert_eq!(asked[..3], ["one", "one", "two"]);
    // Then it is left alone, and whoever has the model has the calls.
    assert!(asked[3..].iter().all(|who| who == "two"), "{asked:?}");
}

#[tokio::test]
async fn an_address_with_nothing_behind_it_is_left_for_the_next_target() {
    const TARGETS: [&str; 2] = [
        PRIORITY,
        "targets = [{ provider = \"one\", model = \"m1\" }]",
    ];
    for (targets, status, asked) in [
        (TARGETS[0], 200, ["one", "two"].as_slice()),
        (TARGETS[1], 404, &["one"]),
    ] {
        let route = Route::new(targets, |who, _, asked| async move {
            if who == "two" {
                return yes(asked).await;
            }
            asked
                .json_answer(404, &json!({"detail": "Not Found"}))
                .await
        })
        .await;
        assert_eq!(route.ask(false).await.status, status);
        assert_eq!(route.asked().await, asked);
    }
}

#[tokio::test]
async fn what_is_moderated_costs_no_credential_its_place() {
    let route = Route::new(PRIORITY, |who, count, asked| async move {
        if who == "two" || count > 0 {
            return yes(asked).await;
        }
        let error = json!({"code": 403, "message": "Your input was flagged",
            "metadata": {"reasons": ["violence"], "flagged_input": "x"}});
        asked.json_answer(403, &json!({"error": error})).await
    })
    .await;
    assert_eq!(route.ask(false).await.status, 403);
    assert_eq!(route.ask(false).await.header("x-manti-provider"), "one");
}

#[tokio::test]
async fn the_only_target_is_asked_again_after_a_while() {
    let only = "targets = [{ provider = \"two\" }]";
    let route = Route::new(only, |_, count, asked| async move {
        if count < 2 {
            no(asked, 503).await
        } else {
            yes(asked).await
        }
    })
    .await;
    let answer = route.ask(false).await;
    assert_eq!(
        (answer.status, answer.header("x-manti-attempts")),
        (200, "3")
    );
}

#[tokio::test]
async fn attempts_end_with_the_most_there_may_be() {
    for (most, wanted) in [(1, vec!["one"]), (4, vec!["one", "two", "one", "two"])] {
        let model = format!("{PRIORITY}\nmax_attempts = {most}");
        let route = Route::new(&model, |_, _, asked| no(asked, 500)).await;
        let answer = route.ask(false).await;
        assert_eq!(answer.status, 502);
        assert_eq!(answer.header("x-manti-attempts"), most.to_string());
        assert_eq!(route.asked().await, wanted);
    }
}

#[tokio::test]
async fn without_a_retry_budget_there_is_one_attempt() {
    let model = format!("{PRIORITY}\nretry_budget = 0");
    let route = Route::new(&model, |_, _, asked| no(asked, 500)).await;
    assert_eq!(route.ask(false).await.status, 502);
    assert_eq!(route.asked().await, ["one"]);
}

#[tokio::test]
async fn a_provider_that_asks_for_patience_gets_it_up_to_a_limit() {
    let only = "targets = [{ provider = \"two\" }]";
    for (header, value, least, status) in [
        ("retry-after", "1", 1000, 200),
        ("retry-after-ms", "700", 700, 200),
        ("retry-after", "20", 0, 503),
    ] {
        let route = Route::new(only, move |_, count, asked| async move {
            if count == 0 {
                asked.answer(429, &[(header, value)], "{}").await
            } else {
                yes(asked).await
            }
        })
        .await;
        let began = Instant::now();
        let answer = route.ask(false).await;
        assert_eq!(answer.status, status, "{header}: {value}");
        let took = began.elapsed();
        assert!(
            took >= Duration::from_millis(least),
            "{header}: {value} took {took:?}"
        );
        assert!(
            took < Duration::from_millis(least + 1500),
            "{header}: {value} took {took:?}"
        );
        if status == 503 {
            assert_eq!(answer.header("retry-after"), "20");
        }
    }
}

#[tokio::test]
async fn the_whole_call_ends_in_time_however_often_it_is_tried() {
    let model = format!("{PRIORITY}\nmax_attempts = 20\ntotal_timeout = \"700ms\"");
    let route = Route::new(&model, |_, _, asked| async move {
        tokio::time::sleep(Duration::from_millis(150)).await;
        no(asked, 500).await
    })
    .await;
    let began = Instant::now();
    let answer = route.ask(false).await;
    assert!(answer.status >= 502, "{}", answer.status);
    assert!(
        began.elapsed() < Duration::from_millis(1200),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_target_that_keeps_failing_is_left_alone_until_it_is_back() {
    let route = Route::new(PRIORITY, |who, count, asked| async move {
        if who == "one" && count < 5 {
            no(asked, 500).await
        } else {
            yes(asked).await
        }
    })
    .await;
    for _ in 0..20 {
        assert_eq!(route.ask(false).await.status, 200);
    }
    let asked = route.asked().await;
    assert_eq!(asked.iter().filter(|who| *who == "one").count(), 5);
    // Half open: one call tries, and its answer closes it.
    tokio::time::sleep(Duration::from_millis(5100)).await;
    for _ in 0..3 {
        let answer = route.ask(false).await;
        assert_eq!(
            (answer.status, answer.header("x-manti-provider")),
            (200, "one")
        );
    }
}

#[tokio::test]
async fn with_every_target_left_out_the_call_is_refused_with_a_time() {
    let route = Route::new(PRIORITY, |_, _, asked| no(asked, 502)).await;
    let mut failed = 0;
    while route.ask(false).await.status == 502 {
        failed += 1;
    }
    assert!((2..=5).contains(&failed), "{failed}");
    let before = route.asked().await.len();
    let answer = route.ask(true).await;
    assert_eq!(answer.status, 503);
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    let id = answer.id();
    let body = answer.json().await;
    assert_eq!(body["error"]["code"], "no_usable_target", "{body}");
    assert_eq!(route.asked().await.len(), before, "nobody is asked");
    assert_eq!(route.manti.record(&id).await["status"], "rejected");
}

#[tokio::test]
async fn whoever_asks_for_too_much_patience_is_passed_over() {
    for status in [429, 503] {
        let model = "targets = [{ provider = \"two\" }]\nfallbacks = [\"n\"]\n\
                     [models.n]\ntargets = [{ provider = \"three\" }]";
        let route = Route::new(model, move |who, _, asked| async move {
            if who == "two" {
                return asked.answer(status, &[("retry-after", "20")], "{}").await;
            }
            yes(asked).await
        })
        .await;
        let answer = route.ask(false).await;
        assert_eq!(answer.status, 200, "{status}");
        assert_eq!(route.asked().await, ["two", "three"], "{status}");

        let route = Route::new(PRIORITY, move |who, _, asked| async move {
            if who == "one" {
                return asked.answer(status, &[("retry-after", "20")], "{}").await;
            }
            no(asked, 500).await
        })
        .await;
        assert_eq!(route.ask(false).await.status, 502, "{status}");
        let asked = route.asked().await;
        let one = asked.iter().filter(|who| *who == "one").count();
        // Both its credentials where each is limited, and nobody before the time is over.
        assert_eq!(
            one,
            if status == 429 { 2 } else { 1 },
            "{status}: {asked:?}"
        );
    }
}

#[tokio::test]
async fn tags_of_the_body_or_the_headers_choose_the_target() {
    let model = "strategy = \"priority\"\ntargets = [\n\
                 { provider = \"one\" },\n\
                 { provider = \"two\", when = { region = [\"eu\", \"eu-*\"] } },\n\
                 { provider = \"three\", when = { region = \"us\", tier = \"gold\" } }]";
    let route = Route::new(model, |_, _, asked| yes(asked)).await;
    for (tags, header, served) in [
        (json!({}), None, "one"),
        (json!({"region": "eu"}), None, "two"),
        (json!({"region": "eu-west"}), None, "two"),
        (json!({"region": "us"}), None, "one"),
        (json!({"region": "us"}), Some("tier=gold"), "three"),
        (json!({}), Some("region=eu"), "two"),
    ] {
        let mut request = spoken::request(Wire::Chat, "m", false);
        request["metadata"] = tags.clone();
        let headers: Vec<(&str, &str)> =
            header.iter().map(|tags| ("x-manti-tags", *tags)).collect();
        let body = request.to_string();
        let answer = route
            .client
            .post("/v1/chat/completions", &headers, body)
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("x-manti-provider"),
            served,
            "{tags} {header:?}"
        );
    }
}

#[tokio::test]
async fn weights_are_shares_of_live_calls() {
    let model =
        "targets = [{ provider = \"one\", weight = 3 }, { provider = \"two\", weight = 1 }]";
    let route = Route::new(model, |_, _, asked| yes(asked)).await;
    for _ in 0..400 {
        assert_eq!(route.ask(false).await.status, 200);
    }
    let one = route
        .asked()
        .await
        .iter()
        .filter(|who| *who == "one")
        .count();
    // Five standard deviations.
    assert!((257..=343).contains(&one), "{one} of 400");
}

#[tokio::test]
async fn the_least_busy_gets_the_next_call() {
    let model = "strategy = \"least-busy\"\n\
                 targets = [{ provider = \"one\" }, { provider = \"two\" }]";
    let route = Route::new(model, |who, _, asked| async move {
        if who == "one" {
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        yes(asked).await
    })
    .await;
    let (slow, fast) = tokio::join!(route.ask(false), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        route.ask(false).await
    });
    assert_eq!(slow.header("x-manti-provider"), "one");
    assert_eq!(fast.header("x-manti-provider"), "two");
}

#[tokio::test]
async fn a_call_that_fails_everywhere_takes_no_target_from_others() {
    // An error, an answer that is none, a silence, a stream that breaks before its content.
    for case in 0..4 {
        let model = format!("{PRIORITY}\nfirst_token_timeout = \"100ms\"\nmax_attempts = 2");
        let route = Route::new(&model, move |_, _, mut asked| async move {
            if asked.json()["user"] != "mallory" {
                return yes(asked).await;
            }
            match case {
                0 => no(asked, 500).await,
                1 => asked.answer(200, &[], "<html>").await,
                2 => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    asked.close()
                }
                _ => {
                    asked.begin().await?;
                    asked.reset()
                }
            }
        })
        .await;
        let mut poison = spoken::request(Wire::Chat, "m", case == 3);
        poison["user"] = "mallory".into();
        for _ in 0..10 {
            assert_ne!(route.client.chat(&poison).await.status, 200);
        }
        let answer = route.ask(false).await;
        assert_eq!(
            (answer.status, answer.header("x-manti-provider")),
            (200, "one"),
            "{case}"
        );
    }
}

#[tokio::test]
async fn a_call_that_only_hangs_takes_the_only_target_from_nobody() {
    let only =
        "targets = [{ provider = \"two\" }]\nfirst_token_timeout = \"100ms\"\nmax_attempts = 1";
    let route = Route::new(only, |_, _, asked| async move {
        if asked.json()["user"] == "mallory" {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        yes(asked).await
    })
    .await;
    let mut hanging = spoken::request(Wire::Chat, "m", true);
    hanging["user"] = "mallory".into();
    for _ in 0..8 {
        assert_ne!(route.client.chat(&hanging).await.status, 200);
    }
    assert_eq!(route.ask(false).await.status, 200);
}
