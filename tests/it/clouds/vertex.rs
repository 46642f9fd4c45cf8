//! Google's Vertex AI: Gemini in Google's format, Claude in Anthropic's and open models in OpenAI's,
//! asked by clients of every dialect.

use serde_json::{Value, json};

use super::google::{account, token};
use super::{CLIENTS, Scene};
use crate::support::client::{Answer, Client};
use crate::support::recorded::Wire;
use crate::support::upstream::{Act, Seen, answer, json as json_answer, stream};

pub(super) const GEMINI: &str = "vertex/gemini-2.5-flash";
const OPEN: &str = "vertex/llama-3.3-70b-instruct-maas";
const CLAUDE: &str = "vertex/claude-sonnet-4-5@20250929";

/// Where the models of a publisher are.
const PROJECT: &str = "/projects/models-of-ada/locations/us-east5";

/// What Gemini says: 20 tokens read, 9 written.
fn gemini(streamed: bool) -> Vec<Act> {
    let said = |text: &str| json!({"content": {"role": "model", "parts": [{"text": text}]}});
    let usage = json!({"promptTokenCount": 20, "candidatesTokenCount": 9, "totalTokenCount": 29,
        "trafficType": "ON_DEMAND"});
    let mut last = said(if streamed { "lo!" } else { "Hello!" });
    last["finishReason"] = "STOP".into();
    let last = json!({"candidates": [last], "usageMetadata": usage,
        "modelVersion": "gemini-2.5-flash", "responseId": "r-1"});
    if !streamed {
        return json_answer(200, &last.to_string());
    }
    let first = json!({"candidates": [said("Hel")], "usageMetadata": {"trafficType": "ON_DEMAND"},
        "modelVersion": "gemini-2.5-flash", "responseId": "r-1"});
    stream([first, last].map(|event| format!("data: {event}\r\n\r\n")))
}

/// What Claude says: the same.
fn claude(streamed: bool) -> Vec<Act> {
    let message = |content: Value, reason: Value, written: u64| {
        json!({"model": "claude-sonnet-4-5-20250929", "id": "msg_vrtx_1", "type": "message",
            "role": "assistant", "content": content, "stop_reason": reason, "stop_sequence": null,
            "usage": {"input_tokens": 20, "output_tokens": written}})
    };
    if !streamed {
        let text = json!([{"type": "text", "text": "Hello!"}]);
        return json_answer(200, &message(text, "end_turn".into(), 9).to_string());
    }
    let delta = |text: &str| {
        json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "text_delta", "text": text}})
    };
    let events = [
        json!({"type": "message_start", "message": message(json!([]), Value::Null, 1)}),
        json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "text", "text": ""}}),
        delta("Hel"),
        delta("lo!"),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "usage": {"output_tokens": 9},
            "delta": {"stop_reason": "end_turn", "stop_sequence": null}}),
        json!({"type": "message_stop"}),
    ];
    stream(events.map(|event| {
        let name = event["type"].as_str().unwrap_or_default();
        format!("event: {name}\ndata: {event}\n\n")
    }))
}

/// What an open model says: the same.
fn open(streamed: bool) -> Vec<Act> {
    let usage = json!({"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29});
    if !streamed {
        let message = json!({"role": "assistant", "content": "Hello!"});
        let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
        let answer = json!({"id": "c-1", "object": "chat.completion", "created": 1,
            "model": "meta/llama-3.3-70b-instruct-maas", "choices": [choice], "usage": usage});
        return json_answer(200, &answer.to_string());
    }
    let chunk = |delta: Value, reason: Value, usage: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        json!({"id": "c-1", "object": "chat.completion.chunk", "created": 1,
            "model": "meta/llama-3.3-70b-instruct-maas", "choices": [choice], "usage": usage})
    };
    let events = [
        chunk(
            json!({"role": "assistant", "content": "Hel"}),
            Value::Null,
            Value::Null,
        ),
        chunk(json!({"content": "lo!"}), "stop".into(), usage),
    ];
    let events = events.map(|event| format!("data: {event}\n\n"));
    stream(events.into_iter().chain(["data: [DONE]\n\n".to_owned()]))
}

/// Vectors by `:predict`: as many as are asked for, of three tokens each.
fn vectors(seen: &Seen) -> Vec<Act> {
    let asked = seen.json()["instances"].as_array().map_or(0, Vec::len);
    let made = json!({"embeddings": {"values": [0.5, -1],
        "statistics": {"truncated": false, "token_count": 3}}});
    json_answer(200, &json!({"predictions": vec![made; asked]}).to_string())
}

/// Answers by the address.
pub(super) fn agreeable(seen: &Seen) -> Vec<Act> {
    if seen.target == "/token" {
        return token("ya29.token", 3600);
    }
    if seen.target.ends_with("/endpoints/openapi/chat/completions") {
        return open(seen.json()["stream"] == true);
    }
    let (model, verb) = seen.target.rsplit_once(':').unwrap_or_default();
    match verb {
        "generateContent" => gemini(false),
        "streamGenerateContent?alt=sse" => gemini(true),
        "countTokens" => json_answer(200, r#"{"totalTokens":7,"totalBillableCharacters":20}"#),
        "rawPredict" if model.ends_with("/count-tokens") => {
            json_answer(200, r#"{"input_tokens":8}"#)
        }
        "rawPredict" => claude(false),
        "predict" => vectors(seen),
        "embedContent" => json_answer(
            200,
            r#"{"embedding":{"values":[0.5,-1]},"usageMetadata":{"promptTokenCount":3}}"#,
        ),
        "streamRawPredict" => claude(true),
        _ => answer(404, &[], b""),
    }
}

async fn scene() -> Scene {
    Scene::with(agreeable, |base| {
        let account = account(base);
        format!(
            r#"
            [providers.vertex]
            base_url = "{base}/v1"
            location = "us-east5"
            credentials = '{account}'
            models = ["*"]
            [providers.express]
            kind = "vertex"
            base_url = "{base}"
            api_key = "AIza-express-key"
            models = ["*"]
            [models."tuned"]
            targets = [{{ provider = "vertex", model = "endpoints/123" }}]
            "#
        )
    })
    .await
}

/// What a client of Gemini asks.
pub(super) fn contents() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "Say hello"}]}], "labels": {"team": "a"}})
}

/// Asks as a client of Gemini.
pub(super) async fn asked(client: &Client, verb: &str, body: &Value) -> Answer {
    let path = format!("/v1beta/models/{GEMINI}:{verb}");
    client.post(&path, &[], body.to_string()).await
}

#[tokio::test]
async fn gemini_and_claude_at_vertex_answer_clients_of_every_dialect() {
    let scene = scene().await;
    for client in CLIENTS {
        for (stream, model, verb) in [
            (false, GEMINI, "generateContent"),
            (true, GEMINI, "streamGenerateContent?alt=sse"),
            (false, CLAUDE, "rawPredict"),
            (true, CLAUDE, "streamRawPredict"),
        ] {
            scene.expect(client, model, stream).await;
            let seen = scene.seen();
            let name = model.trim_start_matches("vertex/");
            let (version, publisher) = if model == CLAUDE {
                ("v1", "anthropic")
            } else {
                ("v1beta1", "google")
            };
            let target = format!("/{version}{PROJECT}/publishers/{publisher}/models/{name}:{verb}");
            assert_eq!(seen.target, target);
            assert_eq!(seen.header("authorization"), Some("Bearer ya29.token"));
            let body = seen.json();
            assert_eq!(body["model"], Value::Null, "{body}");
            let version = &body["anthropic_version"];
            assert_eq!(version == "vertex-2023-10-16", model == CLAUDE, "{body}");
            if model == CLAUDE {
                assert_eq!(body["stream"] == true, stream, "{body}");
            }
        }
    }
}

#[tokio::test]
async fn open_models_at_vertex_answer_clients_of_every_dialect() {
    let scene = scene().await;
    for client in CLIENTS {
        for stream in [false, true] {
            scene.expect(client, OPEN, stream).await;
            let seen = scene.seen();
            let target = format!("/v1{PROJECT}/endpoints/openapi/chat/completions");
            assert_eq!(seen.target, target);
            let model = &seen.json()["model"];
            assert_eq!(model, "meta/llama-3.3-70b-instruct-maas");
        }
    }
}

#[tokio::test]
async fn vectors_are_made_at_vertex_for_clients_of_openai_and_of_google() {
    let scene = scene().await;
    let wanted = json!([0.5, -1]);
    let models = format!("{PROJECT}/publishers/google/models");
    let asked = json!({"model": "vertex/text-embedding-005", "input": ["a", "b"], "dimensions": 8});
    let answer = scene.client.post("/v1/embeddings", &[], asked.to_string());
    let answer = answer.await;
    let (status, id) = (answer.status, answer.id());
    let told = answer.json().await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["data"][1]["embedding"], wanted, "{told}");
    let seen = scene.seen();
    let target = format!("/v1beta1{models}/text-embedding-005:predict");
    assert_eq!(seen.target, target);
    let sent = json!({"instances": [{"content": "a"}, {"content": "b"}],
        "parameters": {"outputDimensionality": 8}});
    assert_eq!(seen.json(), sent);
    let record = scene.manti.record(&id).await;
    assert_eq!(record["input_tokens"], 6, "{record}");
    assert_eq!(record["usage_source"], "provider", "{record}");

    let content = json!({"content": {"parts": [{"text": "a"}]}, "model": "models/x", "new": 1.0});
    for (model, verb) in [
        ("gemini-embedding-001", "predict"),
        ("gemini-embedding-2", "embedContent"),
    ] {
        let path = format!("/v1beta/models/vertex/{model}:embedContent");
        let answer = scene.client.post(&path, &[], content.to_string()).await;
        let (status, id) = (answer.status, answer.id());
        let told = answer.json().await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["embedding"]["values"], wanted, "{told}");
        let seen = scene.seen();
        assert_eq!(seen.target, format!("/v1beta1{models}/{model}:{verb}"));
        assert_eq!(seen.json()["model"], Value::Null);
        assert_eq!(seen.json()["new"] == 1.0, verb == "embedContent");
        assert_eq!(scene.manti.record(&id).await["input_tokens"], 3);
    }
    let one = json!({"model": "vertex/gemini-embedding-2", "input": "a"});
    let answer = scene.client.post("/v1/embeddings", &[], one.to_string());
    assert_eq!(answer.await.json().await["data"][0]["embedding"], wanted);
    let two = json!({"model": "vertex/gemini-embedding-2", "input": ["a", "b"]});
    let answer = scene.client.post("/v1/embeddings", &[], two.to_string());
    assert_eq!(answer.await.status, 400);
}

#[tokio::test]
async fn a_client_of_gemini_gets_gemini_at_vertex_as_it_is() {
    let scene = scene().await;
    let answer = asked(&scene.client, "generateContent", &contents()).await;
    let (status, id) = (answer.status, answer.id());
    let told = answer.text().await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told, last_sent(&gemini(false)));
    assert_eq!(scene.seen().json(), contents(), "labels and all");
    let record = scene.manti.record(&id).await;
    assert_eq!(record["provider"], "vertex", "{record}");
    // 20 at 0.30 and 9 at 2.50 dollars a million.
    assert_eq!(record["cost_usd"], "0.000028500", "{record}");

    let answer = asked(&scene.client, "streamGenerateContent?alt=sse", &contents()).await;
    let (status, id) = (answer.status, answer.id());
    let told = answer.text().await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told.matches("data: ").count(), 2, "{told}");
    assert!(told.contains(r#""responseId":"r-1""#), "as it came: {told}");
    assert_eq!(scene.manti.record(&id).await["output_tokens"], 9);
}

/// The body of a whole answer.
fn last_sent(acts: &[Act]) -> String {
    let Some(Act::Send(body)) = acts.last() else {
        panic!("nothing is sent")
    };
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn claude_at_vertex_gets_what_anthropics_client_wrote_and_the_betas_that_are_known() {
    let scene = scene().await;
    let body = format!(
        r#"{{"model":"{CLAUDE}","max_tokens":10,"messages":[{{"role":"user","content":"x"}}], "new_field":[1.0],"stream":false}}"#
    );
    let betas = "claude-code-20250219, effort-2025-11-24,context-1m-2025-08-07,advanced-tool-use-2025-11-20";
    let headers = [
        ("anthropic-beta", betas),
        ("anthropic-version", "2023-06-01"),
    ];
    let answer = scene.client.post("/v1/messages", &headers, body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-manti-dropped"), "anthropic-beta");
    let id = answer.id();
    assert_eq!(answer.text().await, last_sent(&claude(false)));
    let seen = scene.seen();
    let known = "claude-code-20250219,context-1m-2025-08-07,tool-search-tool-2025-10-19";
    assert_eq!(seen.header("anthropic-beta"), Some(known));
    assert_eq!(seen.header("anthropic-version"), None);
    assert_eq!(
        String::from_utf8(seen.body).unwrap(),
        r#"{"anthropic_version":"vertex-2023-10-16","max_tokens":10,"messages":[{"role":"user","content":"x"}],"new_field":[1.0],"stream":false}"#
    );
    let record = scene.manti.record(&id).await;
    // 20 at 3 and 9 at 15 dollars a million.
    assert_eq!(record["cost_usd"], "0.000195000", "{record}");
}

#[tokio::test]
async fn vertex_counts_tokens_for_its_own_clients() {
    let scene = scene().await;
    let wrapped = json!({"generateContentRequest": {"model": "models/x", "contents": contents()["contents"]}});
    let answer = asked(&scene.client, "countTokens", &wrapped).await;
    let told = answer.json().await;
    assert_eq!(told["totalTokens"], 7, "{told}");
    let seen = scene.seen();
    assert!(
        seen.target
            .ends_with("/publishers/google/models/gemini-2.5-flash:countTokens")
    );
    assert_eq!(seen.json(), json!({"contents": contents()["contents"]}));

    let foreign = json!({"model": GEMINI, "messages": [{"role": "user", "content": "x"}]});
    let path = "/v1/messages/count_tokens";
    let answer = scene.client.post(path, &[], foreign.to_string()).await;
    assert_eq!(answer.json().await, json!({"input_tokens": 7}));
    let sent = scene.seen().json();
    let contents = json!([{"role": "user", "parts": [{"text": "x"}]}]);
    assert_eq!(sent, json!({"contents": contents}));

    let asked = json!({"model": CLAUDE, "messages": [{"role": "user", "content": "x"}]});
    let betas = [(
        "anthropic-beta",
        "web-search-2025-03-05,interleaved-thinking-2025-05-14",
    )];
    let path = "/v1/messages/count_tokens";
    let answer = scene.client.post(path, &betas, asked.to_string()).await;
    assert_eq!(answer.json().await, json!({"input_tokens": 8}));
    let seen = scene.seen();
    let target = format!("/v1{PROJECT}/publishers/anthropic/models/count-tokens:rawPredict");
    assert_eq!(seen.target, target);
    let known = Some("interleaved-thinking-2025-05-14");
    assert_eq!(seen.header("anthropic-beta"), known);
    let body = seen.json();
    assert_eq!(body["model"], "claude-sonnet-4-5@20250929", "{body}");
    assert_eq!(body["anthropic_version"], "vertex-2023-10-16", "{body}");
}

#[tokio::test]
async fn a_tier_is_asked_for_in_vertexs_way() {
    let scene = scene().await;
    let mut body = contents();
    body["serviceTier"] = "FLEX".into();
    assert_eq!(
        asked(&scene.client, "generateContent", &body).await.status,
        200
    );
    let seen = scene.seen();
    let tier = "x-vertex-ai-llm-shared-request-type";
    assert_eq!(seen.header(tier), Some("flex"));
    assert_eq!(seen.json(), contents());

    let mut chat = crate::support::spoken::request(Wire::Chat, GEMINI, false);
    for (asked, sent) in [("priority", Some("priority")), ("default", None)] {
        chat["service_tier"] = asked.into();
        assert_eq!(scene.client.chat(&chat).await.status, 200);
        let seen = scene.seen();
        assert_eq!(seen.header(tier), sent);
        assert_eq!(seen.json()["serviceTier"], Value::Null);
    }
}

#[tokio::test]
async fn a_key_and_a_tuned_model_have_addresses_of_their_own() {
    let scene = scene().await;
    assert_eq!(scene.ask(Wire::Chat, "tuned", false).await.status, 200);
    let target = format!("/v1beta1{PROJECT}/endpoints/123:generateContent");
    assert_eq!(scene.seen().target, target);

    let express = scene
        .ask(Wire::Chat, "express/gemini-2.5-flash", false)
        .await;
    assert_eq!(express.status, 200);
    let seen = scene.seen();
    let target = "/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent";
    assert_eq!(seen.target, target);
    assert_eq!(seen.header("x-goog-api-key"), Some("AIza-express-key"));
    assert_eq!(seen.header("authorization"), None);

    for other in [
        "vertex/engine-maas",
        "vertex/text-embedding-005",
        "express/llama-3.3-70b-instruct-maas",
        "express/claude-opus-5",
    ] {
        let refused = scene.ask(Wire::Chat, other, false).await;
        let (status, told) = (refused.status, refused.text().await);
        assert_eq!(status, 400, "{other}: {told}");
    }
}

#[tokio::test]
async fn a_provider_that_lists_nothing_serves_the_books_models_that_vertex_has() {
    let scene = Scene::with(agreeable, |base| {
        let account = account(base);
        format!("[providers.vertex]\nbase_url = \"{base}\"\ncredentials = '{account}'")
    })
    .await;
    let listed = scene.client.get("/v1/models").await.json().await;
    let listed = listed["data"].as_array().unwrap();
    let ids: Vec<&str> = listed
        .iter()
        .filter_map(|model| model["id"].as_str())
        .collect();
    assert!(ids.contains(&"gemini-2.5-pro"), "{ids:?}");
    assert!(ids.contains(&"claude-sonnet-4-5@20250929"), "{ids:?}");
    assert!(ids.contains(&"llama-3.3-70b-instruct-maas"), "{ids:?}");
    let makers = [
        "gemini-",
        "claude-",
        "text-embedding-",
        "text-multilingual-",
    ];
    let known =
        |id: &str| makers.iter().any(|begin| id.starts_with(begin)) || id.ends_with("-maas");
    let others: Vec<&&str> = ids.iter().filter(|id| !known(id)).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(
        scene
            .ask(Wire::Messages, "claude-sonnet-4-5@20250929", true)
            .await
            .status,
        200
    );
}
