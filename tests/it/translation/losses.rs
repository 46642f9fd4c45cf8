//! What a translation leaves out is told by the client's own paths, and refused when strict.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Written};
use serde_json::{Value, json};

use super::streams::both;
use crate::support::scene::Scene;

const STRICT: (&str, &str) = ("x-manti-strict", "1");

/// A request of a client's, written for a model of another dialect.
fn written(client: Dialect, target: Dialect, request: &Value) -> Written {
    let (kind, model) = match target {
        Dialect::Messages => (Kind::Anthropic, "claude-sonnet-4-5"),
        Dialect::Gemini => (Kind::Gemini, "gemini-2.5-flash"),
        Dialect::Converse => (Kind::Bedrock, "amazon.nova-lite-v1:0"),
        _ => (Kind::OpenAi, "gpt-4o"),
    };
    let read = both(client).read_request(request.to_string().as_bytes());
    let writer = target.upstream().unwrap();
    let target = abilities::of(kind, "", model);
    writer
        .write_request(&read.unwrap(), &target, model)
        .unwrap()
}

/// What a client is told of it.
fn told(client: Dialect, target: Dialect, request: &Value) -> Vec<String> {
    let written = written(client, target, request);
    [written.dropped, written.hints].concat()
}

#[tokio::test]
async fn nothing_unknown_below_the_top_vanishes_in_silence() {
    let scene = Scene::agreeable().await;
    let request = json!({"model": "messages/tiny",
        "messages": [{"role": "user", "yyy": 1,
            "content": [{"type": "text", "text": "hi", "zzz": 1}]}],
        "tools": [{"type": "function", "xxx": 1, "function": {"name": "f"}}]});
    let answer = scene.client.chat(&request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("x-manti-dropped"),
        "messages[0].content[0].zzz, messages[0].yyy, tools[0].xxx"
    );
    let strict = scene
        .client
        .post("/v1/chat/completions", &[STRICT], request.to_string());
    let answer = strict.await;
    assert_eq!(answer.status, 400);
    let error = answer.json().await["error"].clone();
    assert_eq!(error["code"], "unsupported_parameter", "{error}");
    assert_eq!(error["param"], "messages[0].content[0].zzz", "{error}");
}

#[tokio::test]
async fn betas_are_told_where_nobody_knows_them() {
    let scene = Scene::agreeable().await;
    let beta = ("anthropic-beta", "context-1m-2025-08-07");
    let (lenient, strict) = ([beta], [beta, STRICT]);
    for (model, dropped, status) in [
        ("chat/tiny", "anthropic-beta", 400),
        ("messages/tiny", "", 200),
    ] {
        let request = json!({"model": model, "max_tokens": 9,
            "messages": [{"role": "user", "content": "x"}]})
        .to_string();
        let client = &scene.client;
        let answer = client.post("/v1/messages", &lenient, request.clone()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-manti-dropped"), dropped, "{model}");
        let answer = client.post("/v1/messages", &strict, request).await;
        assert_eq!(answer.status, status, "{model}");
    }
}

#[tokio::test]
async fn another_familys_thoughts_are_told_in_their_own_dialect_and_never_refused() {
    let scene = Scene::agreeable().await;
    let inside = br#"{"f":"google","k":"thought","t":"","s":"AA=="}"#;
    let wrapped = format!("mt1.{}", URL_SAFE_NO_PAD.encode(inside));
    for signature in [wrapped.as_str(), "mt1.damaged"] {
        let request = json!({"model": "messages/tiny", "max_tokens": 9, "messages": [
            {"role": "user", "content": "x"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "t", "signature": signature},
                {"type": "text", "text": "y"}]},
            {"role": "user", "content": "z"}]});
        let strict = [STRICT];
        let asked = scene
            .client
            .post("/v1/messages", &strict, request.to_string());
        let answer = asked.await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-manti-dropped"), "messages[1].content[0]");
    }
}

#[test]
fn losses_are_told_in_the_words_the_client_wrote() {
    let file = |part: Value| json!([{"type": "text", "text": "x"}, part]);
    let pdf = "data:application/pdf;base64,JVBERi0=";
    for (client, target, request, path) in [
        (
            Dialect::Chat,
            Dialect::Gemini,
            json!({"safety_identifier": "u", "messages": [{"role": "user", "content": "x"}]}),
            "safety_identifier",
        ),
        (
            Dialect::Chat,
            Dialect::Gemini,
            json!({"messages": [{"role": "user", "content": file(json!({"type": "file",
                "file": {"file_data": pdf, "filename": "a.pdf"}}))}]}),
            "messages[0].content[1].file.filename",
        ),
        (
            Dialect::Responses,
            Dialect::Gemini,
            json!({"input": [{"role": "user", "content": [{"type": "input_file",
                "file_data": pdf, "filename": "a.pdf"}]}]}),
            "input[0].content[0].filename",
        ),
        (
            Dialect::Chat,
            Dialect::Gemini,
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "x",
                "prompt_cache_breakpoint": {"type": "ephemeral"}}]}]}),
            "messages[0].content[0].prompt_cache_breakpoint",
        ),
        (
            Dialect::Chat,
            Dialect::Gemini,
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "x",
                "cache_control": {"type": "ephemeral"}}]}]}),
            "messages[0].content[0].cache_control",
        ),
        (
            Dialect::Chat,
            Dialect::Converse,
            json!({"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function",
                "function": {"name": "f", "strict": true, "parameters": {"type": "object"}}}]}),
            "tools[0].function.strict",
        ),
        (
            Dialect::Messages,
            Dialect::Gemini,
            json!({"max_tokens": 9, "messages": [{"role": "user", "content": "x"},
                {"role": "assistant", "content":
                    [{"type": "tool_use", "id": "t", "name": "f", "input": "text"}]},
                {"role": "user", "content":
                    [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]}]}),
            "messages[1].content[0].input",
        ),
        (
            Dialect::Responses,
            Dialect::Messages,
            json!({"input": [{"role": "user", "content": "x"},
                {"role": "assistant", "content": [{"type": "output_text", "text": "y",
                    "annotations": [{"type": "url_citation", "url": "https://x", "title": "t",
                        "start_index": 0, "end_index": 1}]}]},
                {"role": "user", "content": "z"}]}),
            "input[1].content[0].annotations",
        ),
        (
            Dialect::Gemini,
            Dialect::Chat,
            json!({"contents": [{"parts": [{"text": "x"}]}],
                "tools": [{"googleSearch": {"excludeDomains": ["x.com"]}}]}),
            "tools[0].googleSearch",
        ),
    ] {
        assert_eq!(told(client, target, &request), [path], "{request}");
    }
}

#[test]
fn an_effort_that_nobody_knows_is_left_out_and_told() {
    let request = json!({"messages": [{"role": "user", "content": "x"}],
        "reasoning_effort": "zork"});
    for target in [Dialect::Messages, Dialect::Gemini, Dialect::Responses] {
        let written = written(Dialect::Chat, target, &request);
        assert_eq!(written.dropped, ["reasoning_effort"]);
        let body = String::from_utf8(written.body).unwrap();
        assert!(!body.contains("think") && !body.contains("zork"), "{body}");
    }
}

#[test]
fn a_kind_of_thinking_that_anthropic_does_not_have_is_refused() {
    let body = br#"{"max_tokens":9,"thinking":{"type":"zork"},
        "messages":[{"role":"user","content":"x"}]}"#;
    let error = both(Dialect::Messages).read_request(body).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("thinking.type"));
}

#[test]
fn what_a_search_found_is_kept_as_words_in_a_result_for_google() {
    let request = json!({"max_tokens": 9, "messages": [{"role": "user", "content": "x"},
        {"role": "assistant", "content":
            [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [
            {"type": "search_result", "title": "Found", "source": "https://x",
                "content": [{"type": "text", "text": "the words"}]}]}]}]});
    let written = written(Dialect::Messages, Dialect::Gemini, &request);
    let body: Value = serde_json::from_slice(&written.body).unwrap();
    let result = &body["contents"][2]["parts"][0]["functionResponse"]["response"]["result"];
    assert_eq!(result, "Found https://x\nthe words");
    assert_eq!(written.dropped, ["messages[2].content[0].content[0]"]);
}

#[test]
fn sound_and_films_that_a_model_cannot_take_are_told_and_never_sent_as_something_else() {
    let film = json!({"fileData": {"fileUri": "https://www.youtube.com/watch?v=x"}});
    let clip = json!({"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}});
    let song = json!({"inlineData": {"mimeType": "audio/ogg", "data": "T2dnUw=="}});
    let far = json!({"fileData": {"fileUri": "https://x.example/y.mp3",
        "mimeType": "audio/mpeg"}});
    for part in [film, clip, song, far] {
        let request = json!({"contents": [{"parts": [{"text": "x"}, part]}]});
        let alone = json!({"contents": [{"parts": [part]}]});
        for target in [
            Dialect::Chat,
            Dialect::Responses,
            Dialect::Messages,
            Dialect::Converse,
            Dialect::Cohere,
            Dialect::Ollama,
        ] {
            let written = written(Dialect::Gemini, target, &request);
            assert_eq!(
                written.dropped,
                ["contents[0].parts[1]"],
                "{target:?} {part}"
            );
            let body = String::from_utf8(written.body).unwrap();
            assert!(
                !body.contains("youtube") && !body.contains("y.mp3"),
                "{body}"
            );
            let alone = both(Dialect::Gemini).read_request(alone.to_string().as_bytes());
            let abilities = abilities::of(Kind::OpenAi, "", "gpt-4o");
            let writer = target.upstream().unwrap();
            let refused = writer.write_request(&alone.unwrap(), &abilities, "gpt-4o");
            assert!(refused.is_err(), "{target:?} {part}");
        }
    }
}

#[test]
fn sound_of_the_two_kinds_openai_hears_reaches_it() {
    let request = json!({"contents": [{"parts": [
        {"inlineData": {"mimeType": "audio/mpeg", "data": "SUQz"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}}]}]});
    let written = written(Dialect::Gemini, Dialect::Chat, &request);
    assert_eq!(written.dropped, [""; 0]);
    let body: Value = serde_json::from_slice(&written.body).unwrap();
    let parts = &body["messages"][0]["content"];
    assert_eq!(parts[0]["input_audio"]["format"], "mp3");
    assert_eq!(parts[1]["input_audio"]["format"], "wav");
}
