//! Providers that fail: each failure is the right answer, a clean error in the client's dialect,
//! or a visibly broken stream.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::recorded::Wire;
use crate::support::scene::{CHAT_KEY, MESSAGES_KEY, Scene};
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
                Wire::Chat => ("upstream_error", "stream_interrupted"),
                Wire::Messages => ("api_error", "api_error"),
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
async fn an_error_inside_a_stream_stays_visible() {
    for (client, provider) in PAIRS {
        for words in [0, 1] {
            let scene = Scene::new(move |asked| async move {
                let spoken = spoken::stream(provider, &["The sea "]);
                let error = json!({"message": "no room left", "type": "overloaded_error"});
                let error = match provider {
                    Wire::Chat => spoken::data(&json!({"error": error})),
                    Wire::Messages => spoken::event(&json!({"type": "error", "error": error})),
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
            if status == 200 {
                let End::Error(..) = spoken::end(client, &text) else {
                    panic!("{client:?} at {provider:?}: {text}");
                };
            }
            assert!(
                text.contains("no room left"),
                "{client:?} at {provider:?}: {text}"
            );
            assert_eq!(scene.record(&id).await["status"], "error");
        }
    }
}

/// What a client is told for a provider's status: its own, OpenAI's type and code, Anthropic's.
const TOLD: [(u16, u16, &str, &str, &str); 19] = [
    (
        400,
        400,
        "invalid_request_error",
        "",
        "invalid_request_error",
    ),
    (401, 502, "upstream_error", "upstream_error", "api_error"),
    (402, 502, "upstream_error", "upstream_error", "api_error"),
    (403, 502, "upstream_error", "upstream_error", "api_error"),
    (404, 404, "invalid_request_error", "", "not_found_error"),
    (405, 502, "upstream_error", "upstream_error", "api_error"),
    (408, 504, "upstream_error", "upstream_timeout", "api_error"),
    (
        409,
        409,
        "invalid_request_error",
        "",
        "invalid_request_error",
    ),
    (413, 413, "invalid_request_error", "", "request_too_large"),
    (
        415,
        415,
        "invalid_request_error",
        "",
        "invalid_request_error",
    ),
    (
        422,
        422,
        "invalid_request_error",
        "",
        "invalid_request_error",
    ),
    (
        429,
        503,
        "upstream_error",
        "upstream_overloaded",
        "overloaded_error",
    ),
    (500, 502, "upstream_error", "upstream_error", "api_error"),
    (501, 502, "upstream_error", "upstream_error", "api_error"),
    (502, 502, "upstream_error", "upstream_error", "api_error"),
    (
        503,
        503,
        "upstream_error",
        "upstream_overloaded",
        "overloaded_error",
    ),
    (504, 504, "upstream_error", "upstream_timeout", "api_error"),
    (520, 502, "upstream_error", "upstream_error", "api_error"),
    (
        529,
        503,
        "upstream_error",
        "upstream_overloaded",
        "overloaded_error",
    ),
];

#[tokio::test]
async fn each_status_of_a_provider_is_told_as_the_contract_says() {
    for (client, provider) in PAIRS {
        let scene = Scene::new(|asked| async move {
            let status = asked.json()["messages"][0]["content"].to_string();
            let status: String = status.chars().filter(char::is_ascii_digit).collect();
            let status: u16 = status.parse().expect("the prompt is a status");
            let body = json!({"type": "error", "error": {"message": "the sea is rough",
                "type": "invalid_request_error", "param": null, "code": null}});
            let headers = [
                ("content-type", "application/json"),
                ("retry-after", "7"),
                ("x-request-id", "theirs-1"),
                ("request-id", "theirs-1"),
            ];
            asked.answer(status, &headers, body.to_string()).await
        })
        .await;
        for stream in [false, true] {
            for (theirs, chat, kind, code, anthropic) in TOLD {
                let model = if provider == Wire::Chat {
                    "chat/m"
                } else {
                    "messages/m"
                };
                let mut request = spoken::request(client, model, stream);
                request["messages"][0]["content"] = theirs.to_string().into();
                let answer = match client {
                    Wire::Chat => scene.client.chat(&request).await,
                    Wire::Messages => scene.client.messages(&request).await,
                };
                let at = format!("{theirs} to {client:?} at {provider:?}");
                let overloaded = code == "upstream_overloaded";
                let ours = match client {
                    Wire::Messages if overloaded => 529,
                    _ => chat,
                };
                assert_eq!(answer.status, ours, "{at}");
                if overloaded {
                    assert_eq!(answer.header("retry-after"), "7", "{at}");
                }
                let id = answer.id();
                let body = answer.json().await;
                let error = &body["error"];
                match client {
                    Wire::Chat => {
                        assert_eq!(error["type"], kind, "{at}: {body}");
                        if !code.is_empty() {
                            assert_eq!(error["code"], code, "{at}: {body}");
                        }
                        assert!(error.get("param").is_some(), "{at}: {body}");
                    }
                    Wire::Messages => {
                        assert_eq!(body["type"], "error", "{at}: {body}");
                        assert_eq!(error["type"], anthropic, "{at}: {body}");
                    }
                }
                if theirs == chat && chat < 500 {
                    let message = error["message"].as_str().unwrap();
                    assert!(message.contains("the sea is rough"), "{at}: {body}");
                }
                let record = scene.record(&id).await;
                assert_eq!(record["status"], "error", "{at}");
                assert_eq!(record["http_status"], ours, "{at}");
                assert_eq!(record["price_usd"], "0.000000000", "{at}");
                assert_eq!(record["cost_usd"], "0.000000000", "{at}");
            }
        }
    }
}

#[tokio::test]
async fn the_providers_own_request_id_is_told_with_its_refusal() {
    for (client, provider) in PAIRS {
        let scene = Scene::new(|asked| async move {
            let body = json!({"type": "error", "error": {"message": "no", "type": "x"}});
            let headers = [
                ("content-type", "application/json"),
                ("x-request-id", "theirs-4711"),
                ("request-id", "theirs-4711"),
            ];
            asked.answer(400, &headers, body.to_string()).await
        })
        .await;
        let answer = scene.ask(client, provider, false).await;
        let headers = format!("{:?}", answer.headers);
        let text = answer.text().await;
        assert!(
            text.contains("theirs-4711") || headers.contains("theirs-4711"),
            "{client:?} at {provider:?}: {headers} {text}"
        );
    }
}

#[tokio::test]
async fn a_provider_that_echoes_its_credential_is_not_believed() {
    for (client, provider) in PAIRS {
        for status in [400, 401, 404, 500, 529] {
            let scene = Scene::new(move |asked| async move {
                let text = format!("key {CHAT_KEY} or {MESSAGES_KEY} is wrong");
                let body = json!({"error": {"message": text, "type": CHAT_KEY, "code": MESSAGES_KEY,
                    "param": CHAT_KEY}});
                asked.json_answer(status, &body).await
            })
            .await;
            for stream in [false, true] {
                let answer = scene.ask(client, provider, stream).await;
                let headers = format!("{:?}", answer.headers);
                let all = headers + &answer.text().await;
                let own = if provider == Wire::Chat {
                    CHAT_KEY
                } else {
                    MESSAGES_KEY
                };
                assert!(
                    !all.contains(own),
                    "{client:?} at {provider:?}, {status}: {all}"
                );
            }
        }
        // The same in the middle of a stream.
        let scene = Scene::new(move |asked| async move {
            let error = json!({"type": "error", "error": {"type": "api_error",
                "message": format!("{CHAT_KEY} {MESSAGES_KEY}")}});
            let first = spoken::stream(provider, &["The sea "]);
            asked
                .stream([first.begin, first.words.concat(), spoken::event(&error)])
                .await
        })
        .await;
        let text = scene.ask(client, provider, true).await.text().await;
        let own = if provider == Wire::Chat {
            CHAT_KEY
        } else {
            MESSAGES_KEY
        };
        assert!(!text.contains(own), "{client:?} at {provider:?}: {text}");
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
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let scene = Scene::new(move |asked| async move {
            let to = if asked.path.contains("elsewhere") {
                "/loop"
            } else {
                "/elsewhere"
            };
            asked.answer(status, &[("location", to)], "").await
        })
        .await;
        let answer = scene.ask(Wire::Chat, Wire::Chat, false).await;
        assert_eq!(answer.status, 502, "{status}");
        assert_eq!(answer.json().await["error"]["code"], "upstream_error");
        assert_eq!(scene.upstream.seen().await.len(), 1);
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
            assert_eq!(scene.record(&id).await["status"], "error");
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

#[tokio::test]
async fn a_provider_that_says_nothing_is_given_up_in_time() {
    for (client, provider) in PAIRS {
        // Nothing at all, headers alone, half an answer.
        for (stream, sends) in [(false, 0), (false, 1), (false, 2), (true, 0), (true, 1)] {
            let settings = "[upstream]\nfirst_token_timeout = \"300ms\"\nidle_timeout = \"300ms\"";
            let scene = Scene::with(settings, move |mut asked| async move {
                match (stream, sends) {
                    (true, 1) => asked.begin().await?,
                    (false, 1 | 2) => {
                        asked
                            .raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
                            .await?;
                        asked.raw("content-length: 100\r\n\r\n").await?;
                        if sends == 2 {
                            asked.raw("{\"id\":").await?;
                        }
                    }
                    _ => {}
                }
                asked.left().await;
                asked.close()
            })
            .await;
            let began = Instant::now();
            let answer = scene.ask(client, provider, stream).await;
            let (id, status) = (answer.id(), answer.status);
            let text = answer.text().await;
            let waited = began.elapsed();
            let at = format!("{client:?} at {provider:?}, {stream} {sends}: {text}");
            assert!(waited > Duration::from_millis(250), "{waited:?} {at}");
            assert!(waited < Duration::from_secs(3), "{waited:?} {at}");
            if status == 200 {
                assert!(matches!(spoken::end(client, &text), End::Error(..)), "{at}");
            } else {
                assert_eq!(status, 504, "{at}");
                assert!(
                    text.contains("upstream_timeout") || client == Wire::Messages,
                    "{at}"
                );
            }
            let record = scene.record(&id).await;
            assert_eq!(record["status"], "error", "{at}");
            // The provider got the whole request and may charge for it.
            assert_ne!(record["cost_usd"], "0.000000000", "{at}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_broken_off() {
    for (client, provider) in PAIRS {
        let settings = "[upstream]\nidle_timeout = \"300ms\"";
        let scene = Scene::with(settings, move |mut asked| async move {
            let spoken = spoken::stream(provider, &["The sea "]);
            asked.begin().await?;
            asked
                .piece([spoken.begin, spoken.words.concat()].concat())
                .await?;
            asked.left().await;
            asked.close()
        })
        .await;
        let began = Instant::now();
        let answer = scene.ask(client, provider, true).await;
        let id = answer.id();
        let text = answer.text().await;
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
        assert!(
            matches!(spoken::end(client, &text), End::Error(..)),
            "{text}"
        );
        assert_eq!(spoken::text(client, &text), "The sea ");
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "error");
        assert!(record["output_tokens"].as_u64().unwrap() > 0, "{record}");
    }
}

#[tokio::test]
async fn a_stream_that_never_ends_is_broken_off_at_the_total_limit() {
    for (client, provider) in PAIRS {
        let settings = "[upstream]\ntotal_timeout = \"500ms\"";
        let scene = Scene::with(settings, move |mut asked| async move {
            let spoken = spoken::stream(provider, &["sea "]);
            asked.begin().await?;
            asked.piece(spoken.begin).await?;
            loop {
                asked.piece(&spoken.words[0]).await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let began = Instant::now();
        let answer = scene.ask(client, provider, true).await;
        let text = answer.text().await;
        let waited = began.elapsed();
        assert!(waited > Duration::from_millis(450), "{waited:?}");
        assert!(waited < Duration::from_secs(3), "{waited:?}");
        assert!(
            matches!(spoken::end(client, &text), End::Error(..)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_whole_answer_that_drips_for_ever_is_given_up_at_the_total_limit() {
    let settings = "[upstream]\ntotal_timeout = \"500ms\"";
    let scene = Scene::with(settings, |mut asked| async move {
        asked
            .raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            .await?;
        asked.raw("content-length: 100000\r\n\r\n").await?;
        loop {
            asked.raw(" ").await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let began = Instant::now();
    let answer = scene.ask(Wire::Chat, Wire::Chat, false).await;
    assert_eq!(answer.status, 504);
    assert!(began.elapsed() < Duration::from_secs(3));
}
