//! Several credentials at one provider.

use super::*;

const ONE: &str = "targets = [{ provider = \"one\" }]";

/// The credentials that were used, in order.
async fn used(route: &Route) -> Vec<String> {
    let seen = route.upstream.seen().await;
    let key = |seen: &crate::support::socket::Seen| {
        let value = seen.header("authorization").unwrap();
        value.trim_start_matches("Bearer sk-").to_owned()
    };
    seen.iter().map(key).collect()
}

fn is_first(asked: &Asked) -> bool {
    let found = asked
        .headers
        .iter()
        .find(|(name, _)| name == "authorization");
    found.is_some_and(|(_, value)| value.ends_with("sk-one-a"))
}

#[tokio::test]
async fn a_limited_credential_is_spared_for_as_long_as_was_said_and_the_next_one_used_at_once() {
    let route = Route::new(ONE, |_, count, asked| async move {
        if is_first(&asked) && count < 1 {
            return asked.answer(429, &[("retry-after", "2")], "{}").await;
        }
        yes(asked).await
    })
    .await;
    let began = Instant::now();
    for _ in 0..6 {
        assert_eq!(route.ask(false).await.status, 200);
    }
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(
        used(&route).await,
        [
            "one-a", "one-b", "one-b", "one-b", "one-b", "one-b", "one-b"
        ]
    );
    tokio::time::sleep(Duration::from_millis(2100).saturating_sub(began.elapsed())).await;
    for _ in 0..2 {
        assert_eq!(route.ask(false).await.status, 200);
    }
    let used = used(&route).await;
    assert!(used[7..].contains(&"one-a".to_owned()), "{used:?}");
}

#[tokio::test]
async fn a_refused_credential_is_left_out_and_raises_an_alarm() {
    for status in [401, 402, 403] {
        let more = "[server]\nmetrics_token = \"figures\"";
        let route = Route::with(more, ONE, move |_, _, asked| async move {
            if is_first(&asked) {
                return no(asked, status).await;
            }
            yes(asked).await
        })
        .await;
        for _ in 0..6 {
            assert_eq!(route.ask(false).await.status, 200, "{status}");
        }
        let used = used(&route).await;
        let refused = used.iter().filter(|key| *key == "one-a").count();
        assert_eq!((refused, used.len()), (1, 7), "{status}: {used:?}");
        let figures = route
            .client
            .with_key("figures")
            .get("/metrics")
            .await
            .text()
            .await;
        let alarm = "manti_credential_refused{provider=\"one\",credential=\"1\"} 1";
        assert!(figures.contains(alarm), "{status}");
    }
}

#[tokio::test]
async fn an_account_without_money_counts_as_refused() {
    let route = Route::new(ONE, |_, _, asked| async move {
        if is_first(&asked) {
            let error =
                json!({"message": "You exceeded your current quota", "code": "insufficient_quota"});
            return asked.json_answer(429, &json!({"error": error})).await;
        }
        yes(asked).await
    })
    .await;
    for _ in 0..4 {
        assert_eq!(route.ask(false).await.status, 200);
    }
    assert_eq!(
        used(&route).await,
        ["one-a", "one-b", "one-b", "one-b", "one-b"]
    );
}

#[tokio::test]
async fn the_only_credential_is_used_whatever_was_said_of_it() {
    let only = "targets = [{ provider = \"two\" }]";
    for status in [401, 403] {
        let route = Route::new(only, move |_, count, asked| async move {
            if count < 3 {
                no(asked, status).await
            } else {
                yes(asked).await
            }
        })
        .await;
        for wanted in [502, 502, 502, 200] {
            assert_eq!(route.ask(false).await.status, wanted, "{status}");
        }
    }
}

#[tokio::test]
async fn the_trace_tells_each_attempt_with_its_credential() {
    let model =
        "strategy = \"priority\"\ntargets = [{ provider = \"one\" }, { provider = \"two\" }]";
    let route = Route::new(model, |who, _, asked| async move {
        if who == "one" {
            no(asked, 429).await
        } else {
            yes(asked).await
        }
    })
    .await;
    let answer = route.ask(false).await;
    let id = answer.id();
    assert_eq!(answer.status, 200);
    let record = route.manti.record(&id).await;
    let path = format!("/api/v1/usage/{id}");
    let shown = route.client.get(&path).await.json().await;
    let trace = shown["trace"]
        .as_array()
        .unwrap_or_else(|| panic!("{shown}"))
        .clone();
    let told: Vec<(&Value, &Value, &Value, &Value)> = trace
        .iter()
        .map(|one| {
            (
                &one["provider"],
                &one["credential"],
                &one["status"],
                &one["outcome"],
            )
        })
        .collect();
    let (one, two) = (json!("one"), json!("two"));
    let limited = json!("rate_limited");
    assert_eq!(
        told,
        [
            (&one, &json!(1), &json!(429), &limited),
            (&one, &json!(2), &json!(429), &limited),
            (&two, &json!(1), &json!(200), &json!("ok")),
        ]
    );
    assert_eq!(trace[2]["cost_usd"], record["cost_usd"]);
    assert_eq!(trace[0]["cost_usd"], "0.000000000");
}

#[tokio::test]
async fn credentials_that_are_turned_away_are_no_attempts() {
    let more = "[providers.many]\nkind = \"openai-compatible\"\nbase_url = \"BASE\"\n\
                api_keys = [\"b1\", \"b2\", \"b3\", \"b4\", \"good\"]\nprice = { input = \"1\", output = \"2\" }";
    let upstream = Upstream::start(|asked| async move {
        if asked.seen().header("authorization") == Some("Bearer good") {
            yes(asked).await
        } else {
            no(asked, 401).await
        }
    })
    .await;
    let more = more.replace("BASE", &format!("http://{}/v1", upstream.address));
    let model = "targets = [{ provider = \"many\" }]";
    let route = Route::with(&more, model, |_, _, asked| yes(asked)).await;
    for _ in 0..3 {
        assert_eq!(route.ask(false).await.status, 200);
    }
}
