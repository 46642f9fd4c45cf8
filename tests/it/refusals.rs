//! Providers that refuse: what the client is told of it, and what not.

use serde_json::json;

use crate::support::recorded::Wire;
use crate::support::scene::{CHAT_KEY, GEMINI_KEY, MESSAGES_KEY, RESPONSES_KEY, Scene};
use crate::support::spoken::{self, PAIRS};

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
            let status = asked.json()[asked.wire().turns()][0].to_string();
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
                let model = format!("{}/m", provider.name());
                let mut request = spoken::request(client, &model, stream);
                let turn = &mut request[client.turns()][0];
                match client {
                    Wire::Gemini => turn["parts"][0]["text"] = theirs.to_string().into(),
                    _ => turn["content"] = theirs.to_string().into(),
                }
                let answer = scene.client.ask(client, &request).await;
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
                    Wire::Chat | Wire::Responses => {
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
                    Wire::Gemini => {
                        assert_eq!(error["code"], ours, "{at}: {body}");
                        assert!(error["status"].is_string(), "{at}: {body}");
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

/// The key that a provider knows.
fn own(provider: Wire) -> &'static str {
    match provider {
        Wire::Chat => CHAT_KEY,
        Wire::Messages => MESSAGES_KEY,
        Wire::Responses => RESPONSES_KEY,
        Wire::Gemini => GEMINI_KEY,
    }
}

#[tokio::test]
async fn a_provider_that_echoes_its_credential_is_not_believed() {
    for (client, provider) in PAIRS {
        for status in [400, 401, 404, 500, 529] {
            let scene = Scene::new(move |asked| async move {
                let key = own(provider);
                let text = format!("key {key} is wrong");
                let body = json!({"error": {"message": text, "type": key, "code": key,
                    "param": key}});
                asked.json_answer(status, &body).await
            })
            .await;
            for stream in [false, true] {
                let answer = scene.ask(client, provider, stream).await;
                let headers = format!("{:?}", answer.headers);
                let all = headers + &answer.text().await;
                assert!(
                    !all.contains(own(provider)),
                    "{client:?} at {provider:?}, {status}: {all}"
                );
            }
        }
        // The same in the middle of a stream.
        let scene = Scene::new(move |asked| async move {
            let error = json!({"type": "error", "error": {"type": "api_error",
                "message": format!("{0} {0}", own(provider))}});
            let first = spoken::stream(provider, &["The sea "]);
            asked
                .stream([first.begin, first.words.concat(), spoken::event(&error)])
                .await
        })
        .await;
        let text = scene.ask(client, provider, true).await.text().await;
        assert!(
            !text.contains(own(provider)),
            "{client:?} at {provider:?}: {text}"
        );
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
async fn an_error_inside_a_success_is_told_as_its_words_mean() {
    for (code, status) in [
        ("context_length_exceeded", 400),
        ("invalid_prompt", 400),
        ("model_not_found", 404),
        ("rate_limit_exceeded", 503),
        ("server_is_overloaded", 503),
        ("invalid_api_key", 502),
        ("server_error", 502),
    ] {
        let scene = Scene::new(move |asked| async move {
            let error = json!({"code": code, "message": "in the provider's words"});
            let body = json!({"object": "response", "status": "failed", "error": error});
            asked.json_answer(200, &body).await
        })
        .await;
        let answer = scene.ask(Wire::Chat, Wire::Chat, false).await;
        assert_eq!(answer.status, status, "{code}");
        let told = answer.json().await;
        if status < 500 {
            assert_eq!(
                told["error"]["message"], "in the provider's words",
                "{code}"
            );
            assert_eq!(told["error"]["code"], code);
        }
    }
}

#[tokio::test]
async fn an_error_whose_fields_stand_at_the_top_is_told_in_its_words() {
    for stream in [false, true] {
        let scene = Scene::new(move |asked| async move {
            let said = json!({"object": "error", "message": "the prompt is too long for me",
                "type": "BadRequestError", "param": null, "code": 400});
            if stream {
                asked.stream(vec![spoken::data(&said)]).await
            } else {
                asked.json_answer(200, &said).await
            }
        })
        .await;
        for client in [Wire::Chat, Wire::Messages] {
            let answer = scene.ask(client, Wire::Chat, stream).await;
            assert_eq!(answer.status, 400, "{client:?} {stream}");
            let told = answer.json().await;
            let message = &told["error"]["message"];
            assert_eq!(message, "the prompt is too long for me", "{told}");
        }
    }
}

#[tokio::test]
async fn what_has_the_shape_of_no_answer_is_none() {
    for body in [
        json!({"choices": [null]}),
        json!({"choices": [{"index": 0, "message": null, "finish_reason": "stop"}]}),
        json!({"choices": [{"message": {"role": "assistant", "content": 5}}]}),
        json!({"choices": []}),
    ] {
        let said = body.clone();
        let scene = Scene::new(move |asked| {
            let said = said.clone();
            async move { asked.json_answer(200, &said).await }
        })
        .await;
        let answer = scene.ask(Wire::Messages, Wire::Chat, false).await;
        assert_eq!(answer.status, 502, "{body}");
    }
}
