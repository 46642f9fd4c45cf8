//! What is told of a loss in an answer is a path of the provider's own answer.

use manti::dialects::Dialect;
use manti::models::chat::{Citation, Content};
use serde_json::{Value, json};

use super::leads;
use crate::translation::pictures::answer;
use crate::translation::recordings;

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==";

/// An answer of each kind of provider, with all that it may hold; first what is nothing, so that
/// places among blocks are none among parts.
fn rich(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Chat => json!({"id": "c", "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "reasoning_content": "Hm.",
                "content": [{"type": "text", "text": ""}, {"type": "text", "text": "Here:"},
                    {"type": "image_url", "image_url": {"url": PNG}}],
                "refusal": "No.", "audio": {"data": "UklGRg==", "transcript": "Hi."},
                "images": [{}, {"type": "image_url", "image_url": {"url": PNG}}],
                "annotations": [{"type": "url_citation", "url_citation": {"url": "https://x.y"}}],
                "tool_calls": [{}, {"id": "1", "function": {"name": "f", "arguments": "{}"},
                    "extra_content": {"google": {"thought_signature": "c2ln"}}}],
                "function_call": {"name": "g", "arguments": "{}"}}}]}),
        Dialect::Responses => json!({"id": "resp_1", "status": "completed", "output": [
            {"type": "reasoning", "summary": []},
            {"type": "web_search_call", "id": "ws", "action": {"type": "search", "query": "a"}},
            {"type": "message", "content": [{"type": "output_text", "text": ""},
                {"type": "output_text", "text": "Yes.", "annotations": [
                    {"type": "file_citation", "file_id": "file_1", "index": 0}]},
                {"type": "refusal", "refusal": "No."}]},
            {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}]}),
        Dialect::Messages => json!({"id": "msg_1", "stop_reason": "end_turn", "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "s"},
            {"type": "text", "text": "Yes.", "citations": [{"type": "char_location",
                "cited_text": "y", "document_index": 0, "start_char_index": 0, "end_char_index": 1}]},
            {"type": "server_tool_use", "id": "s", "name": "bash_code_execution", "input": {}},
            {"type": "tool_use", "id": "1", "name": "f", "input": {}}]}),
        Dialect::Gemini => json!({"candidates": [
            {"index": 1, "finishReason": "STOP", "content": {"parts": [
                {"text": ""}, {"text": "Hm.", "thought": true}, {"text": "Yes."},
                {"executableCode": {"language": "PYTHON", "code": "x"}},
                {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
                {"functionCall": {"name": "f", "args": {}}}]}}]}),
        Dialect::Converse => json!({"stopReason": "end_turn", "output": {"message": {
            "role": "assistant", "content": [{"zork": {}}, {"text": "Well."},
                {"citationsContent": {"content": [{"text": "Yes."}], "citations": [
                    {"location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 1}}}]}},
                {"toolUse": {"toolUseId": "1", "name": "f", "input": {}}}]}}}),
        Dialect::Cohere => json!({"id": "c", "finish_reason": "COMPLETE", "message": {
            "role": "assistant", "tool_plan": "Hm.",
            "content": [{"type": "zork"}, {"type": "text", "text": "Yes."}],
            "citations": [{"start": 0, "end": 1, "sources": [{"type": "tool", "id": "1"}]}],
            "tool_calls": [{}, {"id": "1", "function": {"name": "f", "arguments": "{}"}}]}}),
        _ => json!({"model": "m", "done": true, "message": {"role": "assistant",
            "thinking": "Hm.", "content": "Yes.",
            "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}}),
    }
}

const PROVIDERS: [Dialect; 7] = [
    Dialect::Chat,
    Dialect::Responses,
    Dialect::Messages,
    Dialect::Gemini,
    Dialect::Converse,
    Dialect::Cohere,
    Dialect::Ollama,
];

/// Where blocks of an answer stand, and what supports them where some client cannot tell it.
fn places(dialect: Dialect, body: &Value) -> Vec<String> {
    let upstream = dialect.upstream().unwrap();
    let response = answer(dialect, body);
    let blocks = response.choices.iter().flat_map(|choice| &choice.blocks);
    let mut places = Vec::new();
    for block in blocks {
        places.push(block.at.clone());
        if let Content::Text { citations, .. } = &block.content
            && citations
                .iter()
                .any(|one| matches!(one, Citation::Other(_)))
        {
            places.push(upstream.supports_at(&block.at));
        }
    }
    places
}

#[test]
fn every_path_of_an_answer_leads_to_what_stands_there() {
    for dialect in PROVIDERS {
        let body = rich(dialect);
        let places = places(dialect, &body);
        assert!(places.len() > 2, "{dialect:?}: {places:?}");
        for place in places {
            assert!(leads(&place, &body), "{dialect:?}: {place}");
        }
    }
}

#[test]
fn what_has_no_place_is_told_by_the_place_it_has_in_the_providers_answer() {
    for (dialect, told) in [
        (Dialect::Chat, "choices[0].message.content[2]"),
        (Dialect::Chat, "choices[0].message.images[1]"),
        (Dialect::Chat, "choices[0].message.tool_calls[1]"),
        (Dialect::Responses, "output[2].content[1].annotations"),
        (Dialect::Messages, "content[1].citations"),
        (Dialect::Gemini, "candidates[0].content.parts[3]"),
        (
            Dialect::Converse,
            "output.message.content[2].citationsContent.citations",
        ),
        (Dialect::Cohere, "message.citations"),
        (Dialect::Cohere, "message.tool_calls[1]"),
    ] {
        let places = places(dialect, &rich(dialect));
        assert!(
            places.iter().any(|place| place == told),
            "{told}: {places:?}"
        );
    }
}

#[test]
fn every_path_of_a_recorded_answer_leads_to_what_stands_there() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let mut followed = 0;
    for recording in recordings.iter().filter(|one| one.status == 200) {
        let Some(body) = recording
            .body
            .as_ref()
            .filter(|body| body.get("error").is_none())
        else {
            continue;
        };
        for place in places(recording.dialect, body) {
            followed += 1;
            assert!(leads(&place, body), "{}: {place}", recording.id);
        }
    }
    assert!(followed > 500, "{followed}");
}
