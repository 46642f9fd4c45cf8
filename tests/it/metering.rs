//! What is counted and what it costs, also when the provider's figures are missing or absurd.

use serde_json::{Value, json};

use crate::support::recorded::Wire;
use crate::support::scene::Scene;
use crate::support::spoken::{self, PAIRS};

/// Seventeen tokens or so.
const SENTENCE: &str = "The sea is wide and blue, and the wind above it never sleeps.";

/// The price of tokens at the scene's prices, as records spell it.
fn price(input: u64, output: u64) -> String {
    let nano = input * 1000 + output * 2000;
    format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000)
}

#[tokio::test]
async fn a_call_is_recorded_once_with_the_providers_figures_and_the_exact_price() {
    for (client, provider) in PAIRS {
        for stream in [false, true] {
            let scene = Scene::new(move |asked| async move {
                if stream {
                    return asked
                        .stream(spoken::stream(provider, &[SENTENCE]).all())
                        .await;
                }
                asked
                    .json_answer(200, &spoken::plain(provider, SENTENCE))
                    .await
            })
            .await;
            let answer = scene.ask(client, provider, stream).await;
            let id = answer.id();
            answer.text().await;
            let record = scene.only_record().await;
            assert_eq!(record["request_id"], id);
            for (field, expected) in [
                ("status", json!("ok")),
                ("http_status", json!(200)),
                ("stream", json!(stream)),
                ("attempts", json!(1)),
                ("input_tokens", json!(1000)),
                ("cached_input_tokens", json!(0)),
                ("cache_write_tokens", json!(0)),
                ("output_tokens", json!(200)),
                ("reasoning_tokens", json!(0)),
                ("units", json!({})),
                ("cost_usd", json!("0.001400000")),
                ("price_usd", json!("0.001400000")),
                ("prices", json!({"input": "1", "output": "2"})),
                ("price_source", json!("config")),
                ("usage_source", json!("provider")),
                ("flags", json!([])),
                ("tags", json!({})),
                ("end_user", Value::Null),
                ("team", Value::Null),
                ("error_code", Value::Null),
                ("model", json!(spoken::MODEL)),
            ] {
                let got = &record[field];
                let same =
                    got == &expected || (field == "prices" && decimals(got) == decimals(&expected));
                assert!(same, "{field} is {got}, not {expected}, in {record}");
            }
            assert!(record["latency_ms"].is_u64(), "{record}");
            assert!(record["ttft_ms"].is_u64(), "{record}");
            let endpoint = if client == Wire::Chat {
                "chat.completions"
            } else {
                "messages"
            };
            assert_eq!(record["endpoint"], endpoint);
        }
    }
}

/// Decimal strings without needless zeros.
fn decimals(prices: &Value) -> Vec<(String, String)> {
    let spell = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    let prices = prices.as_object().into_iter().flatten();
    prices
        .map(|(name, value)| (name.clone(), spell(value)))
        .collect()
}

#[tokio::test]
async fn usage_that_never_comes_is_counted_here_and_marked() {
    for (client, provider) in PAIRS {
        for stream in [false, true] {
            let scene = Scene::with(
                "[stream]\nusage_wait = \"200ms\"",
                move |asked| async move {
                    if !stream {
                        let mut answer = spoken::plain(provider, SENTENCE);
                        answer.as_object_mut().expect("an object").remove("usage");
                        return asked.json_answer(200, &answer).await;
                    }
                    let mut spoken = spoken::stream(provider, &[SENTENCE]);
                    spoken.usage.clear();
                    spoken.begin = spoken.begin.replace(
                        "\"usage\":{\"input_tokens\":1000,\"output_tokens\":1}",
                        "\"usage\":{}",
                    );
                    if provider == Wire::Messages {
                        spoken.finish = spoken::message_delta(&json!({}));
                    }
                    if provider == Wire::Responses {
                        spoken.finish = spoken.finish.replace("\"usage\":{", "\"unused\":{");
                    }
                    asked.stream(spoken.all()).await
                },
            )
            .await;
            let answer = scene.ask(client, provider, stream).await;
            let (id, status) = (answer.id(), answer.status);
            let text = answer.text().await;
            let at = format!("{client:?} at {provider:?}, {stream}: {text}");
            assert_eq!(status, 200, "{at}");
            let record = scene.record(&id).await;
            assert_eq!(record["status"], "ok", "{at}");
            assert_eq!(record["usage_source"], "estimated", "{at} {record}");
            let input = record["input_tokens"].as_u64().unwrap();
            let output = record["output_tokens"].as_u64().unwrap();
            assert!((7..30).contains(&input), "{input} {at}");
            assert!((13..20).contains(&output), "{output} {at}");
            assert_eq!(record["price_usd"], price(input, output));
        }
    }
}

#[tokio::test]
async fn a_usage_that_comes_twice_is_not_added_up() {
    let scene = Scene::new(|asked| async move {
        let mut spoken = spoken::stream(Wire::Chat, &["yes"]);
        let first = json!({"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000,
            "prompt_tokens_details": {"cached_tokens": 800}});
        let last = json!({"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200,
            "prompt_tokens_details": null});
        spoken.usage = spoken::usage_chunk(&first) + &spoken::usage_chunk(&last);
        asked.stream(spoken.all()).await
    })
    .await;
    let answer = scene.ask(Wire::Chat, Wire::Chat, true).await;
    let id = answer.id();
    answer.text().await;
    let record = scene.record(&id).await;
    assert_eq!(record["input_tokens"], 1000, "{record}");
    assert_eq!(record["output_tokens"], 200);
    // The last figure that says something.
    assert_eq!(record["cached_input_tokens"], 800);
}

#[tokio::test]
async fn anthropics_later_figures_replace_the_earlier_ones() {
    let scene = Scene::new(|asked| async move {
        let mut spoken = spoken::stream(Wire::Messages, &["yes"]);
        let later = json!({"input_tokens": 5000, "output_tokens": 300,
            "cache_read_input_tokens": 100, "cache_creation_input_tokens": 50,
            "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30}});
        spoken.finish = spoken::message_delta(&later);
        asked.stream(spoken.all()).await
    })
    .await;
    for client in [Wire::Messages, Wire::Chat] {
        let answer = scene.ask(client, Wire::Messages, true).await;
        let id = answer.id();
        answer.text().await;
        let record = scene.record(&id).await;
        assert_eq!(record["input_tokens"], 5150, "{record}");
        assert_eq!(record["cached_input_tokens"], 100);
        assert_eq!(record["cache_write_tokens"], 50);
        assert_eq!(record["output_tokens"], 300);
    }
}

#[tokio::test]
async fn absurd_figures_are_flagged_and_never_make_a_call_cheaper() {
    let absurd = [
        json!({"prompt_tokens": -1000, "completion_tokens": 200, "total_tokens": -800}),
        json!({"prompt_tokens": 1000, "completion_tokens": -200, "total_tokens": 800}),
        json!({"prompt_tokens": 10.5, "completion_tokens": 2.5, "total_tokens": 13}),
        json!({"prompt_tokens": "many", "completion_tokens": "few", "total_tokens": "all"}),
        json!({"prompt_tokens": 1e300, "completion_tokens": 1e300, "total_tokens": 1e300}),
        json!({"prompt_tokens": 18_446_744_073_709_551_615_u64, "completion_tokens":
            18_446_744_073_709_551_615_u64, "total_tokens": 18_446_744_073_709_551_615_u64}),
        json!({"prompt_tokens": 9_223_372_036_854_775_807_u64, "completion_tokens": 1,
            "total_tokens": 1}),
        json!({"prompt_tokens": [1], "completion_tokens": {"a": 1}, "total_tokens": true}),
        json!({"prompt_tokens": null, "completion_tokens": null, "total_tokens": null}),
        json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
        json!({}),
        json!("none"),
        json!([1000, 200]),
    ];
    for usage in absurd {
        for stream in [false, true] {
            let sent = usage.clone();
            let scene = Scene::with("[stream]\nusage_wait = \"200ms\"", move |asked| {
                let usage = sent.clone();
                async move {
                    if !stream {
                        let answer = spoken::plain_chat(SENTENCE, &usage);
                        return asked.json_answer(200, &answer).await;
                    }
                    let mut spoken = spoken::stream(Wire::Chat, &[SENTENCE]);
                    spoken.usage = spoken::usage_chunk(&usage);
                    asked.stream(spoken.all()).await
                }
            })
            .await;
            for client in [Wire::Chat, Wire::Messages] {
                let answer = scene.ask(client, Wire::Chat, stream).await;
                let (id, status) = (answer.id(), answer.status);
                let text = answer.text().await;
                let at = format!("{usage} to {client:?}, {stream}: {text}");
                assert_eq!(status, 200, "{at}");
                let record = scene.record(&id).await;
                let at = format!("{at} {record}");
                let marked = record["usage_source"] != "provider"
                    || record["flags"]
                        .as_array()
                        .is_some_and(|flags| !flags.is_empty());
                assert!(marked, "{at}");
                for field in ["input_tokens", "output_tokens", "cached_input_tokens"] {
                    let count = record[field].as_u64().unwrap_or_else(|| panic!("{at}"));
                    assert!(count < 1 << 53, "{at}");
                }
                // At least what the answer is worth, or visibly unknown.
                if let Some(price) = record["price_usd"].as_str() {
                    let price: f64 = price.parse().unwrap();
                    assert!(price >= 0.000_02, "{at}");
                    assert!(price < 1e9, "{at}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_smaller_usage_after_the_finish_lowers_nothing() {
    let scene = Scene::with("[stream]\nusage_wait = \"200ms\"", |asked| async move {
        let mut spoken = spoken::stream(Wire::Chat, &["yes"]);
        let end = std::mem::take(&mut spoken.end);
        spoken.end = end + &spoken::usage_chunk(&spoken::chat_usage(1, 1));
        asked.stream(spoken.all()).await
    })
    .await;
    let answer = scene.ask(Wire::Chat, Wire::Chat, true).await;
    let id = answer.id();
    answer.text().await;
    let record = scene.record(&id).await;
    assert_eq!(record["input_tokens"], 1000, "{record}");
    assert_eq!(record["output_tokens"], 200);
}

#[tokio::test]
async fn the_finish_of_several_choices_is_the_last_ones() {
    let scene = Scene::new(|mut asked| async move {
        let finish = |index: u32| {
            let choice = json!({"index": index, "delta": {}, "finish_reason": "stop"});
            spoken::data(
                &json!({"id": "c", "object": "chat.completion.chunk", "created": 1,
                "model": spoken::MODEL, "choices": [choice]}),
            )
        };
        asked.begin().await?;
        asked.piece(finish(1)).await?;
        let word = json!({"index": 0, "delta": {"content": "late"}, "finish_reason": null});
        let word = json!({"id": "c", "object": "chat.completion.chunk", "created": 1,
            "model": spoken::MODEL, "choices": [word]});
        asked.piece(spoken::data(&word)).await?;
        asked.piece(finish(0)).await?;
        asked
            .piece(spoken::usage_chunk(&spoken::chat_usage(1000, 200)))
            .await?;
        asked.piece("data: [DONE]\n\n").await?;
        asked.end().await
    })
    .await;
    let mut request = spoken::request(Wire::Chat, "chat/tiny", true);
    request["n"] = 2.into();
    let answer = scene.client.chat(&request).await;
    let id = answer.id();
    let text = answer.text().await;
    assert!(text.contains("late"), "{text}");
    assert_eq!(
        text.matches("\"finish_reason\":\"stop\"").count(),
        2,
        "{text}"
    );
    assert_eq!(scene.record(&id).await["output_tokens"], 200);
}

#[tokio::test]
async fn an_unknown_price_is_flagged_or_blocked_as_configured() {
    for blocks in [false, true] {
        let word = if blocks { "block" } else { "flag" };
        let settings = |address: std::net::SocketAddr| {
            format!(
                "[billing]\nunknown_price = \"{word}\"\n[providers.free]\n\
                 kind = \"openai-compatible\"\nbase_url = \"http://{address}/v1\"\nmodels = [\"*\"]"
            )
        };
        let upstream = crate::support::socket::Upstream::start(|asked| async move {
            asked
                .json_answer(200, &spoken::plain(Wire::Chat, "yes"))
                .await
        })
        .await;
        let scene = Scene::with(
            &settings(upstream.address),
            |asked| async move { asked.close() },
        )
        .await;
        let request = spoken::request(Wire::Chat, "free/unheard-of", false);
        let answer = scene.client.chat(&request).await;
        let (id, status) = (answer.id(), answer.status);
        let cost = answer.header("x-manti-cost-usd").to_owned();
        let body = answer.json().await;
        let record = scene.record(&id).await;
        if blocks {
            assert_eq!(status, 400, "{body}");
            assert_eq!(body["error"]["code"], "price_unknown");
            assert!(upstream.seen().await.is_empty(), "nothing was sent");
            assert_eq!(record["status"], "rejected");
        } else {
            assert_eq!(status, 200, "{body}");
            assert_eq!(cost, "", "an unknown price is not told");
            assert_eq!(record["price_usd"], Value::Null, "{record}");
            assert_eq!(record["cost_usd"], Value::Null);
            assert_eq!(record["price_source"], "none");
            assert_eq!(record["input_tokens"], 1000);
        }
    }
}

#[tokio::test]
async fn a_cost_that_the_provider_states_is_the_price_unless_the_operator_set_one() {
    let usage = json!({"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200,
        "cost": 0.5});
    let stating = crate::support::socket::Upstream::start(move |asked| {
        let answer = spoken::plain_chat("yes", &usage);
        async move { asked.json_answer(200, &answer).await }
    })
    .await;
    let settings = format!(
        "[providers.stating]\nkind = \"openai-compatible\"\nmodels = [\"*\"]\n\
         base_url = \"http://{0}/v1\"\n[providers.set]\nkind = \"openai-compatible\"\n\
         models = [\"*\"]\nbase_url = \"http://{0}/v1\"\n\
         price = {{ input = \"1\", output = \"2\" }}",
        stating.address
    );
    let scene = Scene::with(&settings, |asked| async move { asked.close() }).await;
    for (model, price, source) in [
        ("stating/m", "0.500000000", "provider"),
        ("set/m", "0.001400000", "config"),
    ] {
        let request = spoken::request(Wire::Chat, model, false);
        let answer = scene.client.chat(&request).await;
        assert_eq!(answer.header("x-manti-cost-usd"), price);
        let record = scene.record(&answer.id()).await;
        assert_eq!(record["cost_usd"], price, "{record}");
        assert_eq!(record["stated_cost_usd"], "0.500000000", "{record}");
        assert_eq!(record["price_usd"], price);
        assert_eq!(record["price_source"], source);
    }
}

#[tokio::test]
async fn end_users_and_tags_are_recorded() {
    let scene = Scene::new(|asked| async move {
        let answer = spoken::plain(asked.wire(), "yes");
        asked.json_answer(200, &answer).await
    })
    .await;
    let tags = [("x-manti-tags", "project=apollo, stage=test")];
    let mut chat = spoken::request(Wire::Chat, "chat/tiny", false);
    chat["user"] = "old-user".into();
    chat["metadata"] = json!({"feature": "search"});
    let answer = scene
        .client
        .post("/v1/chat/completions", &tags, chat.to_string())
        .await;
    assert_eq!(answer.status, 200);
    let record = scene.record(&answer.id()).await;
    assert_eq!(record["end_user"], "old-user");
    let expected = json!({"project": "apollo", "stage": "test", "feature": "search"});
    assert_eq!(record["tags"], expected);

    let mut messages = spoken::request(Wire::Messages, "messages/tiny", false);
    messages["metadata"] = json!({"user_id": "person-7"});
    let answer = scene.client.messages(&messages).await;
    let record = scene.record(&answer.id()).await;
    assert_eq!(record["end_user"], "person-7");
}

#[tokio::test]
async fn a_count_of_tokens_costs_nothing() {
    let scene = Scene::new(|asked| async move {
        assert!(asked.path.ends_with("/count_tokens"), "{}", asked.path);
        asked.json_answer(200, &json!({"input_tokens": 4711})).await
    })
    .await;
    for (model, exact) in [("messages/tiny", true), ("chat/tiny", false)] {
        let mut request = spoken::request(Wire::Messages, model, false);
        let fields = request.as_object_mut().unwrap();
        fields.remove("max_tokens");
        fields.remove("stream");
        let answer = scene
            .client
            .post("/v1/messages/count_tokens", &[], request.to_string())
            .await;
        assert_eq!(answer.status, 200);
        let id = answer.id();
        let body = answer.json().await;
        let count = body["input_tokens"].as_u64().unwrap();
        assert!(
            if exact {
                count == 4711
            } else {
                (5..40).contains(&count)
            },
            "{body}"
        );
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "ok", "{record}");
        assert_eq!(record["price_usd"], "0.000000000", "{record}");
        assert_eq!(record["input_tokens"], 0);
    }
}

#[tokio::test]
async fn a_prompt_too_long_to_be_counted_is_estimated() {
    let scene = Scene::new(|asked| async move { asked.close() }).await;
    let mut request = spoken::request(Wire::Messages, "chat/tiny", false);
    let words = 100_000;
    request["messages"][0]["content"] = "hello world ".repeat(words).into();
    let answer = scene
        .client
        .post("/v1/messages/count_tokens", &[], request.to_string())
        .await;
    assert_eq!(answer.status, 200);
    let count = answer.json().await["input_tokens"].as_u64().unwrap();
    let by_length = words as u64 * 12 / 4;
    assert!((by_length..by_length + 100).contains(&count), "{count}");
}
