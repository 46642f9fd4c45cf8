//! Answers on their way: silence, the end that waits for the books, and what comes through
//! untouched.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::client::within;
use crate::support::recorded::{Wire, events, objects};
use crate::support::scene::Scene;
use crate::support::spoken::{self, End, PAIRS};

#[tokio::test]
async fn silence_is_filled_in_each_dialect_and_the_answer_follows() {
    // With and without the provider's headers.
    for ((client, provider), head) in PAIRS
        .into_iter()
        .flat_map(|pair| [(pair, true), (pair, false)])
    {
        let scene = Scene::with(
            "[stream]\nheartbeat = \"60ms\"",
            move |mut asked| async move {
                if head {
                    asked.begin().await?;
                }
                tokio::time::sleep(Duration::from_millis(350)).await;
                if !head {
                    asked.begin().await?;
                }
                for piece in spoken::stream(provider, &["The sea ", "is wide."]).all() {
                    asked.piece(piece).await?;
                }
                asked.end().await
            },
        )
        .await;
        let text = scene.ask(client, provider, true).await.text().await;
        let alive = match client {
            Wire::Chat => text.lines().filter(|line| line.starts_with(':')).count(),
            Wire::Responses => {
                let events = events(&text);
                let at_work = |event: &&crate::support::recorded::Event| {
                    event.name.as_deref() == Some("response.in_progress")
                };
                // Where they are passed through, the first event is the provider's own.
                let comments = text.lines().filter(|line| line.starts_with(':'));
                events.iter().filter(at_work).count() + comments.count()
            }
            // Nothing but what is blank may come.
            Wire::Gemini => text.split("data:").next().unwrap_or_default().len(),
            Wire::Messages => {
                let pings = events(&text);
                let ping = |event: &&crate::support::recorded::Event| {
                    event.name.as_deref() == Some("ping") && event.data.contains("\"ping\"")
                };
                pings.iter().filter(ping).count()
            }
        };
        assert!(alive >= 3, "{client:?} at {provider:?}: {text}");
        assert_eq!(spoken::text(client, &text), "The sea is wide.");
        assert_eq!(spoken::end(client, &text), End::Normal);
    }
}

/// The events of a stream of responses, which are numbered without a gap.
fn numbered(text: &str) -> Vec<Value> {
    let objects = objects(&events(text));
    for (number, event) in objects.iter().enumerate() {
        assert_eq!(event["sequence_number"], number, "{text}");
    }
    objects
}

#[tokio::test]
async fn a_client_of_responses_gets_events_before_the_provider_answers() {
    let scene = Scene::with("[stream]\nheartbeat = \"50ms\"", |mut asked| async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        asked.begin().await?;
        for piece in spoken::stream(Wire::Chat, &["The sea ", "is wide."]).all() {
            asked.piece(piece).await?;
        }
        asked.end().await
    })
    .await;
    let answer = scene.ask(Wire::Responses, Wire::Chat, true).await;
    let text = answer.text().await;
    let told = numbered(&text);
    let kinds: Vec<&str> = told
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    let count = |kind: &str| kinds.iter().filter(|known| **known == kind).count();
    assert_eq!(kinds[0], "response.created", "{text}");
    assert_eq!(count("response.created"), 1, "{text}");
    assert!(count("response.in_progress") >= 3, "{text}");
    assert!(
        !text.contains("\n:"),
        "events in the place of comments: {text}"
    );
    let last = told.last().unwrap();
    assert_eq!(last["type"], "response.completed", "{text}");
    assert_eq!(last["response"]["id"], told[0]["response"]["id"], "{text}");
    assert_eq!(spoken::text(Wire::Responses, &text), "The sea is wide.");
}

#[tokio::test]
async fn a_refusal_after_events_goes_on_from_them() {
    let scene = Scene::with("[stream]\nheartbeat = \"50ms\"", |asked| async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        asked.answer(500, &[], "{}").await
    })
    .await;
    let answer = scene.ask(Wire::Responses, Wire::Chat, true).await;
    let text = answer.text().await;
    let told = numbered(&text);
    assert_eq!(told[0]["type"], "response.created", "{text}");
    let last = told.last().unwrap();
    assert_eq!(last["type"], "response.failed", "{text}");
    assert_eq!(last["response"]["id"], told[0]["response"]["id"], "{text}");
}

#[tokio::test]
async fn an_array_ends_with_an_error_where_an_item_is_too_long_for_it() {
    // The arguments alone may be kept, what is written around them makes the item too long.
    const LONGEST: usize = 16 * 1024 * 1024;
    let scene = Scene::new(|mut asked| async move {
        let call = |arguments: &str| {
            let call = json!({"index": 0, "id": "call_0123456789abcdef", "type": "function",
                "function": {"name": "f", "arguments": arguments}});
            spoken::chunk(&json!({"tool_calls": [call]}), None)
        };
        asked.begin().await?;
        asked.piece(call("{\"a\":\"")).await?;
        for _ in 0..15 {
            asked.piece(call(&"x".repeat(1024 * 1024))).await?;
        }
        asked.piece(call(&"x".repeat(1024 * 1024 - 100))).await?;
        asked.piece(call("\"}")).await?;
        asked
            .piece(spoken::chunk(&json!({}), Some("tool_calls")))
            .await?;
        asked.piece("data: [DONE]\n\n").await?;
        asked.end().await
    })
    .await;
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}]}).to_string();
    let path = "/v1beta/models/chat/tiny:streamGenerateContent";
    let answer = scene.client.post(path, &[], body).await;
    let (status, text) = (answer.status, answer.text().await);
    assert_eq!(status, 200);
    assert!(text.len() < LONGEST);
    let told: Value = serde_json::from_str(&text).expect("an array");
    let last = told.as_array().unwrap().last().unwrap();
    let message = last["error"]["message"].as_str().unwrap();
    assert!(message.contains("too long for an array"), "{message}");
}

#[tokio::test]
async fn a_refusal_after_the_headers_went_out_is_an_error_event() {
    for (client, provider) in PAIRS {
        let scene = Scene::with("[stream]\nheartbeat = \"50ms\"", |asked| async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let error = json!({"error": {"message": "no room", "type": "overloaded"}});
            asked.json_answer(503, &error).await
        })
        .await;
        let answer = scene.ask(client, provider, true).await;
        let id = answer.id();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-manti-attempts"), "");
        let text = answer.text().await;
        let End::Error(..) = spoken::end(client, &text) else {
            panic!("{client:?} at {provider:?}: {text}");
        };
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "error");
        assert_eq!(record["error_code"], "upstream_overloaded");
        assert_eq!(record["price_usd"], "0.000000000");
    }
}

#[tokio::test]
async fn the_end_is_held_until_usage_has_come_and_is_journalled() {
    for (client, provider) in PAIRS {
        let go_on = Arc::new(Notify::new());
        let wait = Arc::clone(&go_on);
        let scene = Scene::new(move |mut asked| {
            let wait = Arc::clone(&wait);
            async move {
                let spoken = spoken::stream(provider, &["The sea ", "is wide."]);
                asked.begin().await?;
                asked.piece(spoken.open().concat()).await?;
                asked.piece(&spoken.finish).await?;
                wait.notified().await;
                asked.piece([spoken.usage, spoken.end].concat()).await?;
                asked.end().await
            }
        })
        .await;
        let mut answer = scene.ask(client, provider, true).await;
        let id = answer.id();
        answer.until("is wide").await;
        let more = tokio::time::timeout(Duration::from_millis(150), async {
            answer.until("_reason\":\"").await;
        });
        assert!(more.await.is_err(), "the finish came before the usage");
        assert!(scene.manti.journalled(&id).is_none(), "settled too early");
        go_on.notify_one();
        answer.until("_reason\":\"").await;
        let settled = scene
            .manti
            .journalled(&id)
            .expect("the end is out, so it is journalled");
        assert_eq!(settled["status"], "ok");
        assert_eq!(settled["tokens"]["input"], 1000);
        assert_eq!(settled["tokens"]["output"], 200);
    }
}

#[tokio::test]
async fn a_burst_of_events_is_written_together() {
    for provider in [Wire::Chat, Wire::Messages] {
        let scene = Scene::new(move |mut asked| async move {
            let spoken = spoken::stream(provider, &["word "; 100]);
            asked.begin().await?;
            let chunks = spoken.all();
            let chunks = chunks
                .iter()
                .map(|event| format!("{:x}\r\n{event}\r\n", event.len()));
            asked.raw(chunks.collect::<String>()).await?;
            asked.end().await
        })
        .await;
        let mut answer = scene.ask(provider, provider, true).await;
        let mut pieces = 0;
        while answer.piece().await.is_some() {
            pieces += 1;
        }
        // One at a time they would be more than a hundred.
        assert!(pieces < 50, "{provider:?}: {pieces} pieces");
    }
}

#[tokio::test]
async fn a_plain_answer_is_journalled_before_its_last_byte() {
    for (client, provider) in PAIRS {
        let scene = Scene::new(move |asked| async move {
            let answer = spoken::plain(provider, "The sea is wide.");
            asked.json_answer(200, &answer).await
        })
        .await;
        let answer = scene.ask(client, provider, false).await;
        let id = answer.id();
        assert_eq!(answer.header("x-manti-cost-usd"), "0.001400000");
        answer.text().await;
        let settled = scene
            .manti
            .journalled(&id)
            .expect("the end is out, so it is journalled");
        assert_eq!(settled["tokens"]["output"], 200);
    }
}

#[tokio::test]
async fn usage_that_does_not_come_is_waited_for_and_then_counted() {
    let scene = Scene::with("[stream]\nusage_wait = \"250ms\"", |mut asked| async move {
        let spoken = spoken::stream(Wire::Chat, &["The sea ", "is wide."]);
        asked.begin().await?;
        asked.piece(spoken.open().concat()).await?;
        asked.piece(&spoken.finish).await?;
        tokio::time::sleep(Duration::from_secs(4)).await;
        asked.piece([spoken.usage, spoken.end].concat()).await?;
        asked.end().await
    })
    .await;
    let began = Instant::now();
    let mut answer = scene.ask(Wire::Chat, Wire::Chat, true).await;
    let id = answer.id();
    answer.until("\"finish_reason\":\"stop\"").await;
    let waited = began.elapsed();
    assert!(waited > Duration::from_millis(230), "{waited:?}");
    assert!(waited < Duration::from_millis(3900), "{waited:?}");
    let text = answer.text().await;
    assert_eq!(spoken::end(Wire::Chat, &text), End::Normal);
    let record = scene.record(&id).await;
    assert_eq!(record["status"], "ok");
    // What comes later changes nothing.
    assert_eq!(record["usage_source"], "estimated");
    let output = record["output_tokens"].as_u64().unwrap();
    assert!((3..10).contains(&output), "{output}");
}

#[tokio::test]
async fn usage_is_asked_for_always_and_shown_to_those_who_asked() {
    let scene = Scene::new(|asked| async move {
        asked
            .stream(spoken::stream(Wire::Chat, &["The sea."]).all())
            .await
    })
    .await;
    for asks in [true, false] {
        let mut request = spoken::request(Wire::Chat, "chat/tiny", true);
        if asks {
            request["stream_options"] = json!({"include_usage": true});
        }
        let answer = scene.client.chat(&request).await;
        let id = answer.id();
        let text = answer.text().await;
        assert_eq!(text.contains("prompt_tokens"), asks, "{text}");
        assert!(text.contains("[DONE]"));
        let sent = scene.upstream.last().await.json();
        assert_eq!(sent["stream_options"]["include_usage"], true);
        let record = scene.record(&id).await;
        assert_eq!(record["usage_source"], "provider");
        assert_eq!(record["output_tokens"], 200);
    }
}

#[tokio::test]
async fn a_provider_can_be_addressed_with_the_model_in_its_own_words() {
    let scene = Scene::new(|asked| async move {
        let answer = spoken::plain(Wire::Chat, "yes");
        asked.json_answer(200, &answer).await
    })
    .await;
    for name in ["vendor/model-1:free", "a b", "ünï/☃", "chat/again", "%2F"] {
        let request = spoken::request(Wire::Chat, &format!("chat/{name}"), false);
        let answer = scene.client.chat(&request).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.header("x-manti-provider"), "chat");
        let id = answer.id();
        let seen = scene.upstream.last().await;
        assert_eq!(seen.json()["model"], name);
        assert_eq!(seen.path, "/v1/chat/completions");
        let record = scene.record(&id).await;
        assert_eq!(record["requested_model"], format!("chat/{name}"));
        assert_eq!(record["model"], spoken::MODEL);
    }
}

#[tokio::test]
async fn what_a_client_sends_reaches_its_own_dialect_byte_for_byte() {
    let scene = Scene::new(|asked| async move {
        let answer = spoken::plain(Wire::Chat, "yes");
        asked.json_answer(200, &answer).await
    })
    .await;
    let body = "{ \"temperature\" : 1.0, \"big\":123456789012345678901234567890, \"e\":1E400,\n\
        \"model\" : \"chat/tiny\" ,\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9 \\/ é\"}],\
        \"unknown\":{\"b\":1,\"a\":2,\"a\":3} }";
    let answer = scene.client.post("/v1/chat/completions", &[], body).await;
    assert_eq!(answer.status, 200);
    let sent = scene.upstream.last().await.body;
    assert_eq!(sent, body.replace("chat/tiny", "tiny"));
}

#[tokio::test]
async fn what_a_provider_sends_reaches_its_own_dialect_byte_for_byte() {
    const ODD: &str = ": hello\n\ndata: {\"id\":\"1\",\"model\":\"m\",\"choices\":[{\"index\":0,\
        \"delta\":{\"content\":\"a\"},\"finish_reason\":null}],\"x\":1.0}\r\n\r\n\
        id: 7\nevent: odd\ndata:{\"choices\":[{\"index\":0,\"delta\":{},\n\
        data: \"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n\
        data: [DONE]\n\n";
    let scene = Scene::new(|asked| async move { asked.stream([ODD]).await }).await;
    let answer = scene.ask(Wire::Chat, Wire::Chat, true).await;
    assert_eq!(answer.text().await, ODD);
}

#[tokio::test]
async fn a_line_of_five_megabytes_comes_through() {
    for (client, provider) in PAIRS {
        let word = "sea ".repeat(5 * 1024 * 1024 / 4);
        let expected = word.clone();
        let scene = Scene::new(move |mut asked| {
            let word = word.clone();
            async move {
                let spoken = spoken::stream(provider, &[&word, "."]);
                asked.begin().await?;
                let whole = spoken.all().concat();
                for piece in whole.as_bytes().chunks(60_000) {
                    asked.piece(piece).await?;
                }
                asked.end().await
            }
        })
        .await;
        let answer = scene.ask(client, provider, true).await;
        let text = answer.text().await;
        assert_eq!(spoken::end(client, &text), End::Normal);
        let said = spoken::text(client, &text);
        assert_eq!(said.len(), expected.len() + 1, "{client:?} at {provider:?}");
    }
}

#[tokio::test]
async fn a_burst_of_events_is_not_held_back() {
    let scene = Scene::new(|mut asked| async move {
        let words = vec!["sea "; 100];
        asked.begin().await?;
        for piece in spoken::stream(Wire::Chat, &words).open() {
            asked.piece(piece).await?;
        }
        // Everything sent must arrive although nothing follows for a while.
        asked.left().await;
        asked.close()
    })
    .await;
    let mut answer = scene.ask(Wire::Chat, Wire::Chat, true).await;
    let all = async {
        while String::from_utf8_lossy(&answer.read)
            .matches("sea ")
            .count()
            < 100
        {
            answer.piece().await;
        }
    };
    within(Duration::from_secs(5), "a burst", all).await;
}

#[tokio::test]
async fn what_a_target_cannot_be_told_is_named_and_refused_when_strict() {
    let scene = Scene::new(|asked| async move {
        let answer = spoken::plain(asked.wire(), "yes");
        asked.json_answer(200, &answer).await
    })
    .await;
    let mut request = spoken::request(Wire::Chat, "messages/tiny", false);
    request["logit_bias"] = json!({"50256": -100});
    request["seed"] = 7.into();
    let answer = scene.client.chat(&request).await;
    assert_eq!(answer.status, 200);
    let dropped = answer.header("x-manti-dropped").to_owned();
    assert!(dropped.contains("logit_bias"), "{dropped:?}");
    assert!(dropped.contains("seed"), "{dropped:?}");
    let asked = scene.upstream.seen().await.len();

    let strict = [("x-manti-strict", "1")];
    let answer = scene
        .client
        .post("/v1/chat/completions", &strict, request.to_string())
        .await;
    assert_eq!(answer.status, 400);
    let id = answer.id();
    let error = answer.json().await["error"].clone();
    assert_eq!(error["code"], "unsupported_parameter", "{error}");
    assert!(
        dropped.contains(error["param"].as_str().unwrap()),
        "{error}"
    );
    assert_eq!(scene.upstream.seen().await.len(), asked, "nothing was sent");
    let record = scene.record(&id).await;
    assert_eq!(record["status"], "rejected");
    assert_eq!(record["price_usd"], "0.000000000");

    // The same is nothing lost in its own dialect.
    request["model"] = "chat/tiny".into();
    let answer = scene
        .client
        .post("/v1/chat/completions", &strict, request.to_string())
        .await;
    assert_eq!(answer.header("x-manti-dropped"), "");
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn answers_say_who_answered_and_under_which_id() {
    for (client, provider) in PAIRS {
        let scene = Scene::new(move |asked| async move {
            let answer = spoken::plain(provider, "yes");
            asked.json_answer(200, &answer).await
        })
        .await;
        let answer = scene.ask(client, provider, false).await;
        let id = answer.id();
        assert!(id.starts_with("req_"), "{id}");
        assert_eq!(answer.header("x-manti-model"), "tiny");
        assert_eq!(answer.header("x-manti-attempts"), "1");
        let expected = match client {
            Wire::Chat | Wire::Responses | Wire::Gemini => "",
            Wire::Messages => id.as_str(),
        };
        assert_eq!(answer.header("request-id"), expected);
        assert!(
            answer
                .header("content-type")
                .starts_with("application/json")
        );
    }
}
