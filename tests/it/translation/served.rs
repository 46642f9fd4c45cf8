//! What a provider's own tools did, told whole to clients of other dialects, or told as lost.

use manti::dialects::Dialect;
use serde_json::{Value, json};

use super::pictures::{answer, told, written};
use super::streams::both;

fn output(items: &Value) -> Value {
    json!({"id": "resp_1", "status": "completed", "output": items})
}

/// Which of an answer's first blocks each of the other clients has a place for.
fn has_place(from: Dialect, body: &Value) -> [bool; 3] {
    let response = answer(from, body);
    let block = &response.choices[0].blocks[0];
    [Dialect::Messages, Dialect::Gemini, Dialect::Responses]
        .map(|client| both(client).has_place(&block.content))
}

#[test]
fn pictures_and_files_of_code_are_told_as_lost_where_only_its_logs_have_a_place() {
    let code = |outputs: Value| {
        output(
            &json!([{"type": "code_interpreter_call", "id": "ci_1", "status": "completed",
            "code": "draw()", "outputs": outputs}]),
        )
    };
    let logs = json!({"type": "logs", "logs": "1"});
    let picture = json!({"type": "image", "url": "https://x.y/1.png"});
    let drawn = code(json!([logs, picture]));
    assert_eq!(has_place(Dialect::Responses, &drawn), [false, false, true]);
    let printed = code(json!([logs]));
    assert_eq!(has_place(Dialect::Responses, &printed), [true; 3]);

    let result = |files: Value| {
        json!({"id": "msg_1", "type": "message", "role": "assistant", "stop_reason": "end_turn",
            "content": [{"type": "code_execution_tool_result", "tool_use_id": "srvtoolu_1",
                "content": {"type": "code_execution_result", "stdout": "1", "stderr": "",
                    "return_code": 0, "content": files}}]})
    };
    let file = json!([{"type": "code_execution_output", "file_id": "file_1"}]);
    let made = has_place(Dialect::Messages, &result(file));
    assert_eq!(made, [true, false, false]);
    assert_eq!(has_place(Dialect::Messages, &result(json!([]))), [true; 3]);
}

#[test]
fn every_query_of_a_search_and_what_it_found_reach_other_clients() {
    let body = output(&json!([
        {"type": "web_search_call", "id": "ws_1", "status": "completed",
            "action": {"type": "search", "query": "a", "queries": ["a", "b"], "sources": [
                {"type": "url", "url": "https://x.y"}, {"type": "url", "url": "https://z.y"}]}},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes.",
            "annotations": [{"type": "url_citation", "url": "https://z.y", "title": "Z",
                "start_index": 0, "end_index": 4}]}]}]));
    let response = answer(Dialect::Responses, &body);
    let events = [
        json!({"type": "response.created", "response": {"id": "resp_1"}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": body["output"][0]}),
        json!({"type": "response.output_item.done", "output_index": 1, "item": body["output"][1]}),
        json!({"type": "response.completed", "response": body}),
    ];

    let whole = written(Dialect::Gemini, &response)["candidates"][0].clone();
    let chunks = told(Dialect::Responses, Dialect::Gemini, &events);
    let last = &chunks.last().unwrap()["candidates"][0];
    for candidate in [&whole, last] {
        let grounding = &candidate["groundingMetadata"];
        assert_eq!(grounding["webSearchQueries"], json!(["a", "b"]));
        let pages = json!([{"web": {"uri": "https://z.y", "title": "Z"}},
            {"web": {"uri": "https://x.y", "title": "https://x.y"}}]);
        assert_eq!(grounding["groundingChunks"], pages, "cited, then found");
    }

    let messages = written(Dialect::Messages, &response);
    let content = messages["content"].as_array().unwrap();
    let kinds: Vec<&str> = content
        .iter()
        .filter_map(|one| one["type"].as_str())
        .collect();
    let (used, result) = ("server_tool_use", "web_search_tool_result");
    assert_eq!(kinds, [used, result, used, result, "text"]);
    let queries = [&content[0]["input"]["query"], &content[2]["input"]["query"]];
    assert_eq!(queries, ["a", "b"]);
    assert_eq!(content[1]["tool_use_id"], content[0]["id"]);
    assert_eq!(content[3]["content"].as_array().unwrap().len(), 2);
}

#[test]
fn what_code_printed_is_told_also_where_its_code_is_not() {
    let body = json!({"responseId": "g", "candidates": [{"finishReason": "STOP",
        "content": {"role": "model", "parts": [
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
            {"executableCode": {"language": "PYTHON", "code": "two()"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "3"}},
            {"text": "Six."}]}}]});
    assert_eq!(has_place(Dialect::Gemini, &body), [true; 3]);
    let response = answer(Dialect::Gemini, &body);

    let messages = written(Dialect::Messages, &response);
    let content = messages["content"].as_array().unwrap();
    let printed: Vec<&str> = content
        .iter()
        .filter_map(|block| block["content"]["stdout"].as_str())
        .collect();
    assert_eq!(printed, ["1", "2", "3"]);
    let used: Vec<&Value> = content
        .iter()
        .filter(|block| block["type"] == "server_tool_use")
        .map(|block| &block["input"])
        .collect();
    assert_eq!(used, [&json!({}), &json!({"code": "two()"}), &json!({})]);

    let whole = written(Dialect::Responses, &response);
    let events = told(Dialect::Gemini, Dialect::Responses, &[body]);
    let streamed = &events.last().unwrap()["response"];
    for answer in [&whole, streamed] {
        let ran: Vec<[&Value; 2]> = answer["output"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["type"] == "code_interpreter_call")
            .map(|item| [&item["code"], &item["outputs"][0]["logs"]])
            .collect();
        let expected = [
            [&Value::Null, &json!("1")],
            [&json!("two()"), &json!("2")],
            [&Value::Null, &json!("3")],
        ];
        assert_eq!(ran, expected);
        assert_eq!(answer["output"][3]["content"][0]["text"], "Six.");
    }
}
