//! Clients that leave: their provider is hung up on, or drained, and they pay for what they got.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::support::client::within;
use crate::support::recorded::Wire;
use crate::support::scene::{self, Scene};
use crate::support::spoken::{self, PAIRS};

/// How soon an upstream must notice that the client left.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A plain call whose client left while it waited; its provider has noticed.
async fn left_in_a_plain_call(settings: &str, client: Wire, provider: Wire) -> Scene {
    let (asked_for, left) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrived, told) = (Arc::clone(&asked_for), Arc::clone(&left));
    let scene = Scene::with(settings, move |mut asked| {
        let (arrived, told) = (Arc::clone(&arrived), Arc::clone(&told));
        async move {
            arrived.notify_one();
            asked.left().await;
            told.notify_one();
            asked.close()
        }
    })
    .await;
    let asker = scene.client.clone();
    let call = tokio::spawn(async move { scene::ask(&asker, client, provider, false).await });
    within(AT_ONCE, "asking", asked_for.notified()).await;
    call.abort();
    within(AT_ONCE, "hanging up", left.notified()).await;
    scene
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_hangs_up_on_the_provider_and_pays_for_what_it_got() {
    for (client, provider) in PAIRS {
        let left = Arc::new(Notify::new());
        let told = Arc::clone(&left);
        let scene = Scene::new(move |mut asked| {
            let told = Arc::clone(&told);
            async move {
                let spoken = spoken::stream(provider, &["The sea ", "is wide ", "and never"]);
                asked.begin().await?;
                asked.piece(&spoken.begin).await?;
                asked.piece(spoken.words.concat()).await?;
                asked.left().await;
                told.notify_one();
                asked.close()
            }
        })
        .await;
        let mut answer = scene.ask(client, provider, true).await;
        let id = answer.id();
        answer.until("and never").await;
        drop(answer);
        within(AT_ONCE, "hanging up", left.notified()).await;

        let record = scene.record(&id).await;
        assert_eq!(record["status"], "cancelled", "{client:?} at {provider:?}");
        assert_eq!(record["attempts"], 1);
        // Anthropic's streams say at once what was read; what was written is counted here.
        let (source, read) = match provider {
            Wire::Chat | Wire::Responses | Wire::Gemini => ("estimated", 5..40),
            Wire::Messages => ("partial", 1000..1001),
        };
        assert_eq!(record["usage_source"], source, "{record}");
        let input = record["input_tokens"].as_u64().unwrap();
        let output = record["output_tokens"].as_u64().unwrap();
        assert!(read.contains(&input), "read {input}");
        assert!((4..12).contains(&output), "wrote {output}");
        let price = format!("0.{:09}", input * 1000 + output * 2000);
        assert_eq!(record["price_usd"], price);
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_token_hangs_up_and_pays_for_the_prompt() {
    for (client, provider, head) in [
        (Wire::Chat, Wire::Chat, true),
        (Wire::Chat, Wire::Chat, false),
        (Wire::Messages, Wire::Messages, true),
        (Wire::Messages, Wire::Chat, false),
    ] {
        let (asked_for, left) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (arrived, told) = (Arc::clone(&asked_for), Arc::clone(&left));
        let scene = Scene::new(move |mut asked| {
            let (arrived, told) = (Arc::clone(&arrived), Arc::clone(&told));
            async move {
                if head {
                    asked.begin().await?;
                }
                arrived.notify_one();
                asked.left().await;
                told.notify_one();
                asked.close()
            }
        })
        .await;
        let asker = scene.client.clone();
        let call = tokio::spawn(async move {
            let mut answer = scene::ask(&asker, client, provider, true).await;
            while answer.piece().await.is_some() {}
        });
        within(AT_ONCE, "asking", asked_for.notified()).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        call.abort();
        within(AT_ONCE, "hanging up", left.notified()).await;

        let record = scene.only_record().await;
        assert_eq!(record["status"], "cancelled", "{record}");
        assert_eq!(record["usage_source"], "estimated");
        assert_eq!(record["output_tokens"], 0);
        assert!(record["input_tokens"].as_u64().unwrap() >= 5, "{record}");
        assert_ne!(record["price_usd"], "0.000000000");
    }
}

#[tokio::test]
async fn a_client_that_leaves_a_plain_call_hangs_up_and_pays_for_the_prompt() {
    for (client, provider) in PAIRS {
        let scene = left_in_a_plain_call("", client, provider).await;
        let record = scene.only_record().await;
        assert_eq!(record["status"], "cancelled", "{record}");
        assert_eq!(record["stream"], false);
        assert_eq!(record["output_tokens"], 0);
        assert!(record["input_tokens"].as_u64().unwrap() >= 5, "{record}");
    }
}

#[tokio::test]
async fn a_drained_call_is_settled_exactly_although_its_client_left() {
    for (stream, client, provider) in [
        (true, Wire::Chat, Wire::Chat),
        (true, Wire::Messages, Wire::Messages),
        (true, Wire::Messages, Wire::Chat),
        (false, Wire::Chat, Wire::Chat),
        (false, Wire::Chat, Wire::Messages),
    ] {
        let (asked_for, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (arrived, wait) = (Arc::clone(&asked_for), Arc::clone(&go_on));
        let settings = "[upstream]\non_disconnect = \"drain\"";
        let scene = Scene::with(settings, move |mut asked| {
            let (arrived, wait) = (Arc::clone(&arrived), Arc::clone(&wait));
            async move {
                if !stream {
                    arrived.notify_one();
                    wait.notified().await;
                    let answer = spoken::plain(provider, "The sea is wide.");
                    return asked.json_answer(200, &answer).await;
                }
                let spoken = spoken::stream(provider, &["The sea ", "is wide."]);
                asked.begin().await?;
                asked.piece(&spoken.begin).await?;
                asked.piece(&spoken.words[0]).await?;
                arrived.notify_one();
                wait.notified().await;
                for piece in [
                    &spoken.words[1..],
                    std::slice::from_ref(&spoken.stop),
                    &spoken.close(),
                ]
                .concat()
                {
                    asked.piece(piece).await?;
                }
                asked.end().await
            }
        })
        .await;
        let asker = scene.client.clone();
        let call = tokio::spawn(async move {
            let mut answer = scene::ask(&asker, client, provider, stream).await;
            while answer.piece().await.is_some() {}
        });
        within(AT_ONCE, "asking", asked_for.notified()).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        call.abort();
        tokio::time::sleep(Duration::from_millis(100)).await;
        go_on.notify_one();

        let record = scene.only_record().await;
        assert_eq!(record["status"], "cancelled", "{record}");
        assert_eq!(record["usage_source"], "provider", "{record}");
        assert_eq!(record["input_tokens"], 1000);
        assert_eq!(record["output_tokens"], 200);
        assert_eq!(record["price_usd"], "0.001400000");
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_the_provider_is_reached_pays_nothing() {
    // It takes connections and never says a word of TLS.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = format!(
        "[providers.silent]\nkind = \"openai-compatible\"\nmodels = [\"*\"]\n\
         base_url = \"https://{}/v1\"\nprice = {{ input = \"1\", output = \"2\" }}",
        silent.local_addr().unwrap()
    );
    let scene = Scene::with(&settings, |asked| async move { asked.close() }).await;
    for (calls, stream) in [(1, false), (2, true)] {
        let asker = scene.client.clone();
        let request = spoken::request(Wire::Chat, "silent/model", stream);
        let call = tokio::spawn(async move { asker.chat(&request).await });
        let connected = tokio::time::timeout(AT_ONCE, silent.accept()).await;
        connected.expect("the gateway connects").unwrap();
        call.abort();
        let records = scene.manti.usage(calls).await;
        for record in records {
            assert_eq!(record["status"], "cancelled", "{record}");
            assert_eq!(record["price_usd"], "0.000000000", "{record}");
            assert_eq!(record["cost_usd"], "0.000000000");
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_event_left_whatever_comes_then() {
    let settings = "[upstream]\non_disconnect = \"drain\"";
    let (asked_for, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrived, left) = (Arc::clone(&asked_for), Arc::clone(&gone));
    let scene = Scene::with(settings, move |mut asked| {
        let (arrived, left) = (Arc::clone(&arrived), Arc::clone(&left));
        async move {
            asked.begin().await?;
            arrived.notify_one();
            left.notified().await;
            asked
                .piece("data: {\"error\":{\"message\":\"no room left\",\"code\":503}}\n\n")
                .await?;
            asked.end().await
        }
    })
    .await;
    let asker = scene.client.clone();
    let call = tokio::spawn(async move { scene::ask(&asker, Wire::Chat, Wire::Chat, true).await });
    within(AT_ONCE, "asking", asked_for.notified()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    call.abort();
    tokio::time::sleep(Duration::from_millis(100)).await;
    gone.notify_one();
    let record = scene.only_record().await;
    assert_eq!(record["status"], "cancelled", "{record}");
}

#[tokio::test]
async fn a_plain_call_is_drained_no_longer_than_is_said() {
    let settings = "[upstream]\non_disconnect = \"drain\"\ndrain_limit = \"300ms\"";
    let scene = left_in_a_plain_call(settings, Wire::Chat, Wire::Chat).await;
    let record = scene.only_record().await;
    assert_eq!(record["status"], "cancelled", "{record}");
    assert_eq!(record["usage_source"], "estimated");
}

#[tokio::test]
async fn a_refusal_after_keep_alives_is_recorded_as_the_client_saw_it() {
    let scene = Scene::with("[stream]\nheartbeat = \"50ms\"", |asked| async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        asked.answer(500, &[], "{}").await
    })
    .await;
    let answer = scene.ask(Wire::Chat, Wire::Chat, true).await;
    assert_eq!(answer.status, 200);
    let id = answer.id();
    answer.text().await;
    let record = scene.record(&id).await;
    assert_eq!(record["status"], "error", "{record}");
    assert_eq!(record["http_status"], 200, "{record}");
}

#[tokio::test]
async fn a_drained_call_that_takes_too_long_is_hung_up() {
    let left = Arc::new(Notify::new());
    let told = Arc::clone(&left);
    let settings = "[upstream]\non_disconnect = \"drain\"\ndrain_limit = \"300ms\"";
    let scene = Scene::with(settings, move |mut asked| {
        let told = Arc::clone(&told);
        async move {
            let spoken = spoken::stream(Wire::Chat, &["The sea ", "is wide."]);
            asked.begin().await?;
            asked.piece(spoken.open().concat()).await?;
            asked.left().await;
            told.notify_one();
            asked.close()
        }
    })
    .await;
    let mut answer = scene.ask(Wire::Chat, Wire::Chat, true).await;
    let id = answer.id();
    answer.until("is wide").await;
    drop(answer);
    let began = Instant::now();
    within(AT_ONCE, "hanging up", left.notified()).await;
    assert!(
        began.elapsed() > Duration::from_millis(200),
        "was not drained"
    );
    let record = scene.record(&id).await;
    assert_eq!(record["status"], "cancelled");
    assert_eq!(record["usage_source"], "estimated");
}

#[tokio::test]
async fn what_has_not_begun_is_drained_no_longer_than_is_said() {
    let (asked_for, left) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrived, told) = (Arc::clone(&asked_for), Arc::clone(&left));
    let settings = "[upstream]\non_disconnect = \"drain\"\ndrain_limit = \"300ms\"";
    let scene = Scene::with(settings, move |mut asked| {
        let (arrived, told) = (Arc::clone(&arrived), Arc::clone(&told));
        async move {
            asked.begin().await?;
            arrived.notify_one();
            asked.left().await;
            told.notify_one();
            asked.close()
        }
    })
    .await;
    let asker = scene.client.clone();
    let call = tokio::spawn(async move { scene::ask(&asker, Wire::Chat, Wire::Chat, true).await });
    within(AT_ONCE, "asking", asked_for.notified()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    call.abort();
    within(AT_ONCE, "hanging up", left.notified()).await;
    assert_eq!(scene.only_record().await["status"], "cancelled");
}

#[tokio::test]
async fn a_client_that_leaves_during_keep_alives_hangs_up_and_pays_for_the_prompt() {
    let left = Arc::new(Notify::new());
    let told = Arc::clone(&left);
    let scene = Scene::with("[stream]\nheartbeat = \"50ms\"", move |mut asked| {
        let told = Arc::clone(&told);
        async move {
            asked.left().await;
            told.notify_one();
            asked.close()
        }
    })
    .await;
    for (client, alive) in [(Wire::Chat, ":"), (Wire::Messages, "event: ping")] {
        let mut answer = scene.ask(client, Wire::Chat, true).await;
        let id = answer.id();
        answer.until(alive).await;
        drop(answer);
        within(AT_ONCE, "hanging up", left.notified()).await;
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "cancelled", "{record}");
        assert_eq!(record["output_tokens"], 0);
        assert_ne!(record["price_usd"], "0.000000000");
    }
}
