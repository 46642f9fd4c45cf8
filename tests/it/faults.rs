//! Providers that fail: each failure is the right answer, a clean error in the client's dialect,
//! or a visibly broken stream.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::recorded::Wire;
use crate::support::scene::Scene;
use crate::support::socket::{After, Asked};
use crate::support::spoken::{self, End, PAIRS};

/// How a provider's stream can end too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// The connection is reset.
    Reset,
    /// It is closed in the middle of the chunks.
    Closed,
    /// The body ends as HTTP ends it, but no finish came.
    Ended,
    /// The same inside an event.
    InsideAnEvent,
    /// The same inside a character.
    InsideACharacter,
    /// The chunks are garbage.
    Garbage,
}

const CUTS: [Cut; 6] = [
    Cut::Reset,
    Cut::Closed,
    Cut::Ended,
    Cut::InsideAnEvent,
    Cut::InsideACharacter,
    Cut::Garbage,
];

async fn cut(mut asked: Asked, provider: Wire, how: Cut) -> std::io::Result<After> {
    let spoken = spoken::stream(provider, &["The sea ", "is wïde"]);
    asked.begin().await?;
    asked.piece(&spoken.begin).await?;
    asked.piece(&spoken.words[0]).await?;
    // What was sent before a reset may be lost with it.
    tokio::time::sleep(Duration::from_millis(60)).await;
    let word = spoken.words[1].as_bytes();
    let character = word
        .iter()
        .position(|byte| *byte >= 0x80)
        .expect("a long character");
    match how {
        Cut::Reset => asked.reset(),
        Cut::Closed => asked.close(),
        Cut::Ended => asked.end().await,
        Cut::InsideAnEvent => {
            asked.piece(&word[..word.len() / 2]).await?;
            asked.end().await
        }
        Cut::InsideACharacter => {
            asked.piece(&word[..=character]).await?;
            asked.end().await
        }
        Cut::Garbage => {
            asked.raw("not a length\r\n\r\n").await?;
            asked.close()
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_with_an_error_event_and_never_as_if_complete() {
    for (client, provider) in PAIRS {
        for how in CUTS {
            let scene = Scene::new(move |asked| cut(asked, provider, how)).await;
            let answer = scene.ask(client, provider, true).await;
            let id = answer.id();
            let text = answer.text().await;
            let kind = match client {
                Wire::Chat | Wire::Responses => ("upstream_error", "stream_interrupted"),
                Wire::Messages => ("api_error", "api_error"),
                Wire::Gemini => ("INTERNAL", "INTERNAL"),
            };
            assert_eq!(
                spoken::end(client, &text),
                End::Error(kind.0.into(), kind.1.into()),
                "{client:?} at {provider:?}, {how:?}: {text}"
            );
            assert_eq!(spoken::text(client, &text), "The sea ", "{how:?}");
            let record = scene.record(&id).await;
            assert_eq!(record["status"], "error", "{record}");
            assert_eq!(record["error_code"], "stream_interrupted");
            assert_eq!(record["http_status"], 200);
            let output = record["output_tokens"].as_u64().unwrap();
            assert!((1..10).contains(&output), "{how:?}: {output}");
        }
    }
}

#[tokio::test]
async fn a_missing_terminator_after_the_finish_is_no_fault() {
    for (client, provider) in PAIRS {
        let scene = Scene::new(move |asked| async move {
            let mut spoken = spoken::stream(provider, &["The sea ", "is wide."]);
            spoken.end.clear();
            asked.stream(spoken.all()).await
        })
        .await;
        let answer = scene.ask(client, provider, true).await;
        let id = answer.id();
        let text = answer.text().await;
        // In its own dialect a stream stays as it came: Anthropic's then lacks its last event.
        if client == provider && client == Wire::Messages {
            assert!(text.contains("\"stop_reason\":\"end_turn\""), "{text}");
        } else {
            assert_eq!(spoken::end(client, &text), End::Normal, "{text}");
        }
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "ok");
        assert_eq!(record["output_tokens"], 200);
    }
}

#[tokio::test]
async fn a_stream_without_a_single_event_is_an_error() {
    for (client, provider) in PAIRS {
        for piece in ["", ": hello\n\n", "\n\n\n", "data:\n\n"] {
            let scene = Scene::new(move |asked| async move { asked.stream([piece]).await }).await;
            let answer = scene.ask(client, provider, true).await;
            let id = answer.id();
            // Nothing was told yet, so the status can say so.
            assert_eq!(answer.status, 502, "{piece:?}");
            let body = answer.json().await;
            assert!(body["error"]["message"].is_string(), "{piece:?}: {body}");
            let record = scene.record(&id).await;
            assert_eq!(record["status"], "error", "{piece:?}");
            // Nothing was delivered, and what it cost nobody knows.
            assert_eq!(record["price_usd"], "0.000000000", "{record}");
            assert_eq!(record["cost_usd"], Value::Null);
        }
    }
}

/// Asks for two answers at once of a provider that sends these pieces and then breaks off or ends.
async fn two_answers(pieces: Vec<String>, broken: bool) -> (String, Value) {
    let scene = Scene::new(move |mut asked| {
        let pieces = pieces.clone();
        async move {
            asked.begin().await?;
            for piece in pieces {
                asked.piece(piece).await?;
            }
            if broken {
                tokio::time::sleep(Duration::from_millis(60)).await;
                asked.reset()
            } else {
                asked.end().await
            }
        }
    })
    .await;
    let mut request = spoken::request(Wire::Chat, "chat/tiny", true);
    request["n"] = 2.into();
    let answer = scene.client.chat(&request).await;
    let id = answer.id();
    let text = answer.text().await;
    let record = scene.record(&id).await;
    (text, record)
}

fn choice(index: u32, word: &str, finish: Option<&str>) -> String {
    let delta = json!({"content": word});
    let choice = json!({"index": index, "delta": delta, "finish_reason": finish});
    spoken::data(
        &json!({"id": "c", "object": "chat.completion.chunk", "created": 1,
        "model": spoken::MODEL, "choices": [choice]}),
    )
}

#[tokio::test]
async fn a_stream_with_an_answer_left_open_is_not_complete() {
    let begun = vec![
        choice(0, "one", None),
        choice(1, "two", None),
        choice(0, "", Some("stop")),
    ];
    let one = vec![choice(0, "one", None), choice(0, "", Some("stop"))];
    for (pieces, broken) in [(begun.clone(), false), (begun, true), (one, true)] {
        let (text, record) = two_answers(pieces, broken).await;
        assert!(text.contains("stream_interrupted"), "{text}");
        assert!(!text.contains("[DONE]"), "{text}");
        assert_eq!(record["status"], "error");
    }
}

#[tokio::test]
async fn a_provider_may_give_fewer_answers_than_were_asked_for() {
    let one = vec![choice(0, "one", None), choice(0, "", Some("stop"))];
    let mut done = one.clone();
    done.push("data: [DONE]\n\n".to_owned());
    for (pieces, broken) in [(one, false), (done.clone(), false), (done, true)] {
        let (text, record) = two_answers(pieces, broken).await;
        assert!(!text.contains("error"), "{text}");
        assert_eq!(record["status"], "ok");
    }
}

#[tokio::test]
async fn a_terminator_without_a_finish_reason_is_an_end() {
    for client in [Wire::Chat, Wire::Messages] {
        let scene = Scene::new(|asked| async move {
            let mut spoken = spoken::stream(Wire::Chat, &["The sea ", "is wide."]);
            spoken.finish.clear();
            asked.stream(spoken.all()).await
        })
        .await;
        let answer = scene.ask(client, Wire::Chat, true).await;
        let id = answer.id();
        let text = answer.text().await;
        assert_eq!(spoken::end(client, &text), End::Normal, "{text}");
        assert_eq!(spoken::text(client, &text), "The sea is wide.");
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "ok");
        assert_eq!(record["output_tokens"], 200);
    }
}

#[tokio::test]
async fn what_was_read_before_an_error_is_paid_for_however_it_arrives() {
    for pieces in [1, 2] {
        let scene = Scene::new(move |mut asked| async move {
            let begin = spoken::stream(Wire::Messages, &[]).begin;
            let error = json!({"message": "no room left", "type": "overloaded_error"});
            let error = spoken::event(&json!({"type": "error", "error": error}));
            asked.begin().await?;
            if pieces == 1 {
                asked.piece(begin + &error).await?;
            } else {
                asked.piece(begin).await?;
                tokio::time::sleep(Duration::from_millis(60)).await;
                asked.piece(error).await?;
            }
            asked.end().await
        })
        .await;
        for client in [Wire::Messages, Wire::Chat] {
            let answer = scene.ask(client, Wire::Messages, true).await;
            let id = answer.id();
            assert_ne!(answer.status, 200);
            answer.text().await;
            let record = scene.record(&id).await;
            assert_eq!(record["status"], "error", "{record}");
            assert_eq!(record["input_tokens"], 1000, "{record}");
            assert_eq!(record["price_usd"], "0.001002000", "{record}");
        }
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_stays_visible() {
    for (client, provider) in PAIRS {
        for words in [0, 1] {
            let scene = Scene::new(move |asked| async move {
                let spoken = spoken::stream(provider, &["The sea "]);
                let error = json!({"message": "no room left", "type": "overloaded_error"});
                let error = match provider {
                    Wire::Chat => spoken::data(&json!({"error": error})),
                    Wire::Gemini => {
                        let error = json!({"code": 503, "message": "no room left",
                            "status": "UNAVAILABLE"});
                        spoken::data(&json!({"error": error}))
                    }
                    Wire::Messages | Wire::Responses => {
                        spoken::event(&json!({"type": "error", "error": error}))
                    }
                };
                let mut pieces = Vec::new();
                if words > 0 {
                    pieces = vec![spoken.begin, spoken.words.concat()];
                }
                pieces.push(error);
                asked.stream(pieces).await
            })
            .await;
            let answer = scene.ask(client, provider, true).await;
            let (id, status) = (answer.id(), answer.status);
            let text = answer.text().await;
            // While nothing was said the status can still tell.
            let overloaded = if client == Wire::Messages { 529 } else { 503 };
            assert_eq!(status, if words == 0 { overloaded } else { 200 }, "{text}");
            if status == 200 {
                let End::Error(..) = spoken::end(client, &text) else {
                    panic!("{client:?} at {provider:?}: {text}");
                };
            }
            let says = if words == 0 {
                "is overloaded"
            } else {
                "no room left"
            };
            assert!(text.contains(says), "{client:?} at {provider:?}: {text}");
            let record = scene.record(&id).await;
            assert_eq!(record["status"], "error");
            assert_eq!(record["http_status"], status, "{record}");
        }
    }
}

#[tokio::test]
async fn an_event_that_no_client_understands_is_an_error_that_every_client_does() {
    for (client, provider) in PAIRS {
        for piece in [
            "data: <html><body>Bad gateway</body></html>\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\n\n",
            "event: error\ndata: no room left\n\n",
            "event: error\ndata: {\"message\":\"no room left\"}\n\n",
            "data: {\"error\":{\"message\":\"no room left\",\"type\":\"x\"}}\n\n",
            "data: {\"type\":\"error\",\"error\":{\"message\":\"no room left\",\"type\":\"x\"}}\n\n",
        ] {
            let scene = Scene::new(move |asked| async move {
                let spoken = spoken::stream(provider, &["The sea "]);
                let words = [spoken.begin.clone(), spoken.words.concat()];
                // What would be a proper end follows at once.
                let rest = [
                    piece.to_owned(),
                    spoken.stop.clone(),
                    spoken.close().concat(),
                ];
                asked.stream([words.concat(), rest.concat()]).await
            })
            .await;
            let answer = scene.ask(client, provider, true).await;
            let id = answer.id();
            let text = answer.text().await;
            let end = spoken::end(client, &text.replace("data: [DONE]\n\n", ""));
            let at = format!("{piece:?} to {client:?} at {provider:?}: {text}");
            assert!(matches!(end, End::Error(..)), "{at}");
            assert_eq!(scene.record(&id).await["status"], "error", "{at}");
        }
    }
}

#[tokio::test]
async fn events_without_data_are_no_error() {
    for (client, provider) in PAIRS {
        let scene = Scene::new(move |asked| async move {
            let mut pieces = vec!["data:\n\n".to_owned()];
            for piece in spoken::stream(provider, &["The sea ", "is wide."]).all() {
                pieces.extend([piece, "data: \n\n".to_owned()]);
            }
            asked.stream(pieces).await
        })
        .await;
        let answer = scene.ask(client, provider, true).await;
        let id = answer.id();
        let text = answer.text().await.replace("data:\n\n", "");
        let text = text.replace("data: \n\n", "");
        assert_eq!(spoken::end(client, &text), End::Normal, "{text}");
        assert_eq!(spoken::text(client, &text), "The sea is wide.");
        assert_eq!(scene.record(&id).await["status"], "ok");
    }
}

#[tokio::test]
async fn an_error_nested_in_itself_does_not_end_the_process() {
    let deep = |times: usize| {
        let open = "{\"message\":".repeat(times);
        format!("{{\"error\":{open}\"no room\"{}}}", "}".repeat(times))
    };
    for (client, provider) in PAIRS {
        let scene = Scene::new(move |asked| async move {
            let seen = String::from_utf8_lossy(&asked.body).contains("\"stream\":true");
            if seen {
                let event = format!("event: error\ndata: {}\n\n", deep(200_000));
                return asked.stream([event]).await;
            }
            asked
                .answer(400, &[("content-type", "application/json")], &deep(15_000))
                .await
        })
        .await;
        for stream in [true, false] {
            let answer = scene.ask(client, provider, stream).await;
            let id = answer.id();
            answer.text().await;
            assert_eq!(scene.record(&id).await["status"], "error");
        }
    }
}

#[tokio::test]
async fn a_page_or_rubbish_in_the_place_of_an_answer_is_an_error() {
    const BODIES: [(&str, &str); 8] = [
        ("text/html", "<html><body>Welcome</body></html>"),
        ("application/json", "<html><body>Welcome</body></html>"),
        ("application/json", "{\"choices\":[{\"index\":0,\"mess"),
        ("application/json", "[]"),
        ("application/json", "\"yes\""),
        ("application/json", ""),
        ("text/plain", "upstream connect error"),
        (
            "application/json",
            "{\"error\":{\"message\":\"the sea is rough\",\"type\":\"x\"}}",
        ),
    ];
    for (client, provider) in PAIRS {
        for (kind, body) in BODIES {
            let scene = Scene::new(move |asked| async move {
                asked.answer(200, &[("content-type", kind)], body).await
            })
            .await;
            for stream in [false, true] {
                let at = format!("{body:?} as {kind} to {client:?} at {provider:?}, {stream}");
                let answer = scene.ask(client, provider, stream).await;
                let (id, status) = (answer.id(), answer.status);
                let text = answer.text().await;
                if status == 200 {
                    assert!(stream, "{at}: {text}");
                    let End::Error(..) = spoken::end(client, &text) else {
                        panic!("{at}: {text}");
                    };
                } else {
                    assert_eq!(status, 502, "{at}: {text}");
                    let error: Value = serde_json::from_str(&text).unwrap();
                    assert!(error["error"]["message"].is_string(), "{at}: {text}");
                    assert!(!text.contains("<html"), "{at}: {text}");
                }
                assert_eq!(scene.record(&id).await["status"], "error", "{at}");
            }
        }
    }
}

#[tokio::test]
async fn a_provider_that_hangs_up_without_an_answer_is_an_error() {
    for (client, provider) in PAIRS {
        for stream in [false, true] {
            let scene = Scene::new(|asked| async move { asked.reset() }).await;
            let answer = scene.ask(client, provider, stream).await;
            assert_eq!(answer.status, 502, "{client:?} at {provider:?}");
            let id = answer.id();
            let body = answer.json().await;
            assert!(body["error"]["message"].is_string(), "{body}");
            assert_eq!(scene.upstream.seen().await.len(), 1, "asked once");
            let record = scene.record(&id).await;
            assert_eq!(record["status"], "error");
            // The provider got the whole request and may charge for it.
            assert_eq!(record["cost_usd"], Value::Null, "{record}");
            assert_eq!(record["price_usd"], "0.000000000");
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_an_error() {
    // A port that was just free and is not listened on.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = free.local_addr().unwrap();
    drop(free);
    let settings = format!(
        "[providers.gone]\nkind = \"openai-compatible\"\nbase_url = \"http://{nobody}/v1\"\n\
         models = [\"*\"]"
    );
    let scene = Scene::with(&settings, |asked| async move { asked.close() }).await;
    for stream in [false, true] {
        let request = spoken::request(Wire::Chat, "gone/model", stream);
        let answer = scene.client.chat(&request).await;
        assert_eq!(answer.status, 502);
        let id = answer.id();
        let error = answer.json().await["error"].clone();
        assert_eq!(error["code"], "upstream_error", "{error}");
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "error");
        assert_eq!(record["price_usd"], "0.000000000");
    }
}

#[tokio::test]
async fn a_whole_answer_that_is_cut_is_an_error() {
    for (client, provider) in PAIRS {
        let scene = Scene::new(move |mut asked| async move {
            let body = spoken::plain(provider, "The sea is wide.").to_string();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000";
            asked.raw(format!("{head}\r\n\r\n{body}")).await?;
            asked.close()
        })
        .await;
        let answer = scene.ask(client, provider, false).await;
        assert_eq!(answer.status, 502, "{client:?} at {provider:?}");
        let id = answer.id();
        answer.json().await;
        assert_eq!(scene.record(&id).await["status"], "error");
    }
}
