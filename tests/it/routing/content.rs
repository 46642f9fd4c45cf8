//! Streams: another target takes over until there is content, and never after.

use super::*;

fn words(wire: Wire) -> spoken::Spoken {
    spoken::stream(wire, &["The sea ", "is wide."])
}

#[tokio::test]
async fn a_stream_that_breaks_before_its_content_is_another_s() {
    // Nothing, a comment, the beginning alone, an end alone, an error in the place of an answer.
    for case in 0..5 {
        let route = Route::new(PRIORITY, move |who, _, mut asked| async move {
            let spoken = words(asked.wire());
            if who == "two" {
                return asked.stream(spoken.all()).await;
            }
            asked.begin().await?;
            match case {
                0 => {}
                1 => asked.piece(": hello\n\n").await?,
                2 => asked.piece(spoken.begin).await?,
                3 => {
                    asked.piece(spoken.end).await?;
                    return asked.end().await;
                }
                _ => {
                    let error =
                        json!({"error": {"message": "no room", "type": "overloaded_error"}});
                    asked.piece(spoken::data(&error)).await?;
                }
            }
            asked.reset()
        })
        .await;
        let answer = route.ask(true).await;
        assert_eq!(answer.status, 200, "{case}");
        assert_eq!(answer.header("x-manti-provider"), "two", "{case}");
        let id = answer.id();
        let text = answer.text().await;
        assert_eq!(
            spoken::end(Wire::Chat, &text),
            spoken::End::Normal,
            "{case}: {text}"
        );
        assert_eq!(
            spoken::text(Wire::Chat, &text),
            "The sea is wide.",
            "{case}"
        );
        assert_eq!(
            text.matches("\"role\"").count(),
            1,
            "{case}: one beginning: {text}"
        );
        let record = route.manti.record(&id).await;
        assert_eq!(
            (&record["attempts"], &record["status"]),
            (&json!(2), &json!("ok"))
        );
    }
}

#[tokio::test]
async fn after_the_first_content_there_is_no_other_attempt() {
    let route = Route::new(PRIORITY, |_, _, mut asked| async move {
        let spoken = words(asked.wire());
        asked.begin().await?;
        asked.piece(spoken.begin).await?;
        asked.piece(&spoken.words[0]).await?;
        asked.reset()
    })
    .await;
    let answer = route.ask(true).await;
    assert_eq!(answer.status, 200);
    let id = answer.id();
    let text = answer.text().await;
    let ended = spoken::end(Wire::Chat, &text);
    assert!(matches!(ended, spoken::End::Error(..)), "{text}");
    assert_eq!(route.asked().await, ["one"]);
    let record = route.manti.record(&id).await;
    let tried = &record["trace"][0];
    assert_eq!(tried["status"], 200, "it had answered: {record}");
    assert_eq!(tried["model"], "m1", "the one that was asked: {record}");
    assert_ne!(record["model"], "m1", "the one that says it answered");
}

#[tokio::test]
async fn keep_alives_flow_while_another_target_is_looked_for() {
    for client in [Wire::Chat, Wire::Messages, Wire::Responses, Wire::Gemini] {
        let more = "[stream]\nheartbeat = \"100ms\"";
        let route = Route::with(more, PRIORITY, |who, _, mut asked| async move {
            let spoken = words(asked.wire());
            tokio::time::sleep(Duration::from_millis(350)).await;
            if who == "two" {
                return asked.stream(spoken.all()).await;
            }
            asked.begin().await?;
            asked.piece(spoken.begin).await?;
            asked.reset()
        })
        .await;
        let request = spoken::request(client, "m", true);
        let answer = route.client.ask(client, &request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-manti-provider"), "", "not settled yet");
        let text = answer.text().await;
        assert_eq!(
            spoken::end(client, &text),
            spoken::End::Normal,
            "{client:?}: {text}"
        );
        assert_eq!(
            spoken::text(client, &text),
            "The sea is wide.",
            "{client:?}: {text}"
        );
        assert_eq!(route.asked().await, ["one", "two"]);
    }
}

#[tokio::test]
async fn a_target_that_is_silent_gives_way() {
    let model = format!("{PRIORITY}\nfirst_token_timeout = \"300ms\"");
    let route = Route::new(&model, |who, _, mut asked| async move {
        let spoken = words(asked.wire());
        if who == "two" {
            return asked.stream(spoken.all()).await;
        }
        asked.begin().await?;
        asked.piece(spoken.begin).await?;
        tokio::time::sleep(Duration::from_secs(5)).await;
        asked.reset()
    })
    .await;
    let began = Instant::now();
    let text = route.ask(true).await.text().await;
    assert_eq!(spoken::text(Wire::Chat, &text), "The sea is wide.");
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_client_that_leaves_is_not_looked_on_for() {
    let model = format!("{PRIORITY}\nmax_attempts = 10");
    let route = Route::new(&model, |_, _, asked| async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        no(asked, 500).await
    })
    .await;
    let left = tokio::time::timeout(Duration::from_millis(300), route.ask(true)).await;
    assert!(left.is_err());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = route.asked().await.len();
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(
        route.asked().await.len(),
        before,
        "nobody is asked any more"
    );
    assert_eq!(route.manti.usage(1).await[0]["status"], "cancelled");
}

#[tokio::test]
async fn speech_that_breaks_before_its_first_byte_is_another_s() {
    let route = Route::new(PRIORITY, |who, _, mut asked| async move {
        asked.begin_as("audio/mpeg").await?;
        if who == "one" {
            return asked.reset();
        }
        asked.piece("sound").await?;
        asked.end().await
    })
    .await;
    let request = json!({"model": "m", "input": "hello", "voice": "alloy"});
    let answer = route
        .client
        .post("/v1/audio/speech", &[], request.to_string())
        .await;
    assert_eq!(
        (answer.status, answer.header("x-manti-provider")),
        (200, "two")
    );
    assert_eq!(answer.text().await, "sound");
}

#[tokio::test]
async fn a_long_recording_that_one_cannot_take_is_another_s() {
    let part = |head: &str, content: &str| {
        format!("--X\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
    };
    let recording: String = ('a'..='z').cycle().take(3 << 20).collect();
    let file = part("name=\"file\"; filename=\"a.wav\"", &recording);
    let model = part("name=\"model\"", "m");
    for body in [model.clone() + &file, file.clone() + &model] {
        // A refusal, no answer at all.
        for case in 0..2 {
            let route = Route::new(PRIORITY, move |who, _, asked| async move {
                match (who.as_str(), case) {
                    ("two", _) => asked.answer(200, &[], r#"{"text":"hello"}"#).await,
                    (_, 0) => no(asked, 503).await,
                    _ => asked.reset(),
                }
            })
            .await;
            let body = body.clone() + "--X--\r\n";
            let path = "/v1/audio/transcriptions";
            let answer = route.client.parts(path, body).await;
            let served = (answer.status, answer.header("x-manti-provider"));
            assert_eq!(served, (200, "two"), "{case}");
            let seen = route.upstream.seen().await;
            let [one, two] = &seen[..] else {
                panic!("{} were asked", seen.len());
            };
            let said = String::from_utf8_lossy(&two.body);
            assert!(said.contains(&recording), "{case}");
            assert_eq!(one.body.len(), two.body.len(), "{case}");
        }
    }
}
