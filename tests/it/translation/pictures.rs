//! Answers with pictures, sound, and what a provider's own tools did, in every dialect.

use manti::dialects::{Dialect, Reply};
use manti::models::abilities::Abilities;
use manti::models::chat::{Content, Family, Response};
use serde_json::{Value, json};

use super::streams::{self, BOTH, both};

const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";
const WAV: &str = "UklGRiQAAABXQVZFZm10IA==";

pub(super) fn reply() -> Reply {
    Reply {
        model: "shown".into(),
        created: 1_700_000_000,
        id: "1".into(),
        ..Reply::default()
    }
}

pub(super) fn answer(dialect: Dialect, body: &Value) -> Response {
    let body = body.to_string();
    let upstream = dialect.upstream().unwrap();
    upstream
        .read_response(body.as_bytes(), dialect.family(), "")
        .unwrap()
}

pub(super) fn written(dialect: Dialect, response: &Response) -> Value {
    let body = both(dialect).write_response(response, &reply());
    serde_json::from_slice(&body).unwrap()
}

/// The data of the events that a client is told where the provider says these.
pub(super) fn told(from: Dialect, to: Dialect, events: &[Value]) -> Vec<Value> {
    let stream: String = events.iter().map(|event| framed(from, event)).collect();
    let read = streams::read(from, stream.as_bytes(), &[usize::MAX]);
    streams::assemble(&read).unwrap();
    let bytes = streams::write(to, &read, reply());
    let text = String::from_utf8(bytes).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

fn framed(dialect: Dialect, event: &Value) -> String {
    match dialect {
        Dialect::Messages => format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap()
        ),
        _ => format!("data: {event}\n\n"),
    }
}

/// What each provider says that made a picture and a few words.
fn pictured(dialect: Dialect) -> Value {
    let url = format!("data:image/png;base64,{PNG}");
    match dialect {
        Dialect::Chat => json!({"id": "c", "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Here:",
                "images": [{"type": "image_url", "image_url": {"url": url}}]}}]}),
        Dialect::Gemini => json!({"responseId": "g", "candidates": [{"finishReason": "STOP",
            "content": {"role": "model", "parts": [{"text": "Here:"},
                {"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "c2ln"}]}}]}),
        Dialect::Responses => json!({"id": "resp_1", "status": "completed", "output": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Here:"}]},
            {"type": "image_generation_call", "id": "ig_1", "status": "completed",
                "output_format": "png", "result": PNG}]}),
        other => panic!("{other:?} makes no pictures"),
    }
}

/// The same as it streams.
fn pictured_in_pieces(dialect: Dialect) -> Vec<Value> {
    let whole = pictured(dialect);
    match dialect {
        Dialect::Chat => {
            let message = &whole["choices"][0]["message"];
            vec![
                json!({"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Here:"}}]}),
                json!({"id": "c", "choices": [{"index": 0, "delta": {"images": message["images"]}}]}),
                json!({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
            ]
        }
        Dialect::Responses => vec![
            json!({"type": "response.created", "response": {"id": "resp_1"}}),
            json!({"type": "response.output_item.done", "output_index": 0, "item": whole["output"][0]}),
            json!({"type": "response.image_generation_call.partial_image", "output_index": 1,
                "partial_image_b64": "AAAA"}),
            json!({"type": "response.output_item.done", "output_index": 1, "item": whole["output"][1]}),
            json!({"type": "response.completed", "response": whole}),
        ],
        _ => vec![whole],
    }
}

const MAKERS: [Dialect; 3] = [Dialect::Chat, Dialect::Gemini, Dialect::Responses];

#[test]
fn a_picture_in_an_answer_stands_where_each_dialect_has_a_place_for_it() {
    for from in MAKERS {
        let response = answer(from, &pictured(from));
        let chat = written(Dialect::Chat, &response);
        let message = &chat["choices"][0]["message"];
        assert_eq!(message["content"], "Here:", "{from:?}");
        let url = format!("data:image/png;base64,{PNG}");
        assert_eq!(
            message["images"],
            json!([{"type": "image_url", "image_url": {"url": url}, "index": 0}])
        );

        let gemini = written(Dialect::Gemini, &response);
        let parts = &gemini["candidates"][0]["content"]["parts"];
        let inline = json!({"mimeType": "image/png", "data": PNG});
        assert_eq!(parts[0], json!({"text": "Here:"}), "{from:?}");
        assert_eq!(parts[1]["inlineData"], inline);
        let signed = (from == Dialect::Gemini).then_some("c2ln");
        assert_eq!(parts[1]["thoughtSignature"].as_str(), signed);

        let responses = written(Dialect::Responses, &response);
        let output = responses["output"].as_array().unwrap();
        let item = output.last().unwrap();
        assert_eq!(item["type"], "image_generation_call", "{from:?}");
        assert_eq!(item["result"], PNG);
        assert_eq!(item["output_format"], "png");

        for to in BOTH {
            let lost: Vec<&str> = response.choices[0]
                .blocks
                .iter()
                .filter(|block| !both(to).has_place(&block.content))
                .map(|block| block.at.as_str())
                .collect();
            let nowhere = match (from, to) {
                (Dialect::Chat, Dialect::Messages) => vec!["choices[0].message.images[0]"],
                (Dialect::Gemini, Dialect::Messages) => vec!["candidates[0].content.parts[1]"],
                (Dialect::Responses, Dialect::Messages) => vec!["output[1]"],
                _ => vec![],
            };
            assert_eq!(lost, nowhere, "{from:?} {to:?}");
        }
        let messages = written(Dialect::Messages, &response);
        let texts: Vec<&str> = messages["content"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|block| block["text"].as_str())
            .collect();
        assert_eq!(texts, ["Here:", "[picture: image/png]\n"], "{from:?}");
    }
}

#[test]
fn a_picture_in_a_stream_stands_where_each_dialect_has_a_place_for_it() {
    for from in MAKERS {
        let events = pictured_in_pieces(from);
        let chat = told(from, Dialect::Chat, &events);
        let images: Vec<&Value> = chat
            .iter()
            .map(|chunk| &chunk["choices"][0]["delta"]["images"])
            .filter(|images| !images.is_null())
            .collect();
        let url = format!("data:image/png;base64,{PNG}");
        assert_eq!(images.len(), 1, "{from:?}");
        assert_eq!(images[0][0]["image_url"]["url"], url.as_str());

        let gemini = told(from, Dialect::Gemini, &events);
        let data: Vec<&str> = gemini
            .iter()
            .filter_map(|chunk| {
                chunk["candidates"][0]["content"]["parts"][0]["inlineData"]["data"].as_str()
            })
            .collect();
        assert_eq!(data, [PNG], "{from:?}");

        let responses = told(from, Dialect::Responses, &events);
        let done = responses.iter().find(|event| {
            event["type"] == "response.output_item.done"
                && event["item"]["type"] == "image_generation_call"
        });
        let done = done.unwrap();
        assert_eq!(done["item"]["result"], PNG, "{from:?}");
        let last = responses.last().unwrap();
        assert!(
            last["response"]["output"]
                .as_array()
                .unwrap()
                .contains(&done["item"])
        );

        let messages = told(from, Dialect::Messages, &events);
        let texts: Vec<&str> = messages
            .iter()
            .filter_map(|event| event["delta"]["text"].as_str())
            .collect();
        assert_eq!(texts, ["Here:", "[picture: image/png]\n"], "{from:?}");
    }
}

#[test]
fn a_picture_that_a_client_gives_back_reaches_its_model_with_its_proof_where_one_fits() {
    let response = answer(Dialect::Gemini, &pictured(Dialect::Gemini));
    let target = Abilities {
        family: Family::Google,
        images: true,
        ..Abilities::default()
    };
    for client in [Dialect::Chat, Dialect::Gemini, Dialect::Responses] {
        let said = written(client, &response);
        let body = match client {
            Dialect::Chat => json!({"model": "m", "messages": [
                {"role": "user", "content": "Draw."}, said["choices"][0]["message"],
                {"role": "user", "content": "Again."}]}),
            Dialect::Gemini => json!({"contents": [
                {"role": "user", "parts": [{"text": "Draw."}]}, said["candidates"][0]["content"],
                {"role": "user", "parts": [{"text": "Again."}]}]}),
            _ => {
                let mut input = vec![json!({"role": "user", "content": "Draw."})];
                input.extend(said["output"].as_array().unwrap().iter().cloned());
                input.push(json!({"role": "user", "content": "Again."}));
                json!({"model": "m", "input": input})
            }
        };
        let request = both(client).read_request(body.to_string().as_bytes());
        let sent = both(Dialect::Gemini)
            .write_request(&request.unwrap(), &target, "gemini-3-pro-image")
            .unwrap();
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        let parts = body["contents"][1]["parts"].as_array().unwrap();
        let picture = parts.iter().find(|part| part["inlineData"].is_object());
        let picture = picture.unwrap_or_else(|| panic!("{client:?}: {body}"));
        assert_eq!(picture["inlineData"]["data"], PNG, "{client:?}");
        assert_eq!(picture["inlineData"]["mimeType"], "image/png", "{client:?}");
        // Items of pictures that responses made have no field for a proof.
        let proof = (client != Dialect::Responses).then_some("c2ln");
        assert_eq!(picture["thoughtSignature"].as_str(), proof, "{client:?}");
        assert_eq!(sent.dropped, [""; 0], "{client:?}");
    }
}

#[test]
fn sound_in_an_answer_is_told_with_its_words() {
    let body = json!({"id": "c", "choices": [{"index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": null,
            "audio": {"id": "audio_1", "data": WAV, "expires_at": 1, "transcript": "Hello."}}}]});
    let response = answer(Dialect::Chat, &body);
    let gemini = written(Dialect::Gemini, &response);
    assert_eq!(
        gemini["candidates"][0]["content"]["parts"],
        json!([{"text": "Hello."}, {"inlineData": {"mimeType": "audio/wav", "data": WAV}}])
    );
    let messages = written(Dialect::Messages, &response);
    assert_eq!(messages["content"][0]["text"], "Hello.");
    assert_eq!(messages["content"][1]["text"], "[sound]\n");
    let lost = response.choices[0].blocks.last().unwrap();
    assert!(!both(Dialect::Messages).has_place(&lost.content));
    assert_eq!(lost.at, "choices[0].message.audio");
}

#[test]
fn sound_that_is_no_base64_is_told_as_lost() {
    let body = json!({"candidates": [{"finishReason": "STOP", "content": {"role": "model", "parts": [
        {"inlineData": {"mimeType": "audio/wav", "data": "!"}}]}}]});
    let response = answer(Dialect::Gemini, &body);
    let sound = &response.choices[0].blocks[0];
    assert!(!both(Dialect::Chat).has_place(&sound.content));
    let chat = written(Dialect::Chat, &response);
    assert_eq!(chat["choices"][0]["message"]["content"], "[sound]\n");
    let chunks = told(Dialect::Gemini, Dialect::Chat, &[body]);
    let words = |chunk: &Value| chunk["choices"][0]["delta"]["content"] == "[sound]\n";
    assert!(chunks.iter().any(words), "{chunks:?}");
}

#[test]
fn googles_sound_reaches_chat_clients_as_one_whole_and_in_pieces() {
    let piece = |data: &str| {
        json!({"candidates": [{"content": {"role": "model", "parts": [
            {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": data}}]}}]})
    };
    let mut whole = piece("AAE=");
    let second = piece("AgM=")["candidates"][0]["content"]["parts"][0].clone();
    let parts = whole["candidates"][0]["content"]["parts"].as_array_mut();
    parts.unwrap().push(second);
    let chat = written(Dialect::Chat, &answer(Dialect::Gemini, &whole));
    let message = &chat["choices"][0]["message"];
    assert_eq!(message["content"], Value::Null);
    assert_eq!(message["audio"]["data"], "AAECAw==");

    let mut last = piece("AgM=");
    last["candidates"][0]["finishReason"] = "STOP".into();
    let chunks = told(
        Dialect::Gemini,
        Dialect::Chat,
        &[piece("AAE="), last.clone()],
    );
    let sounds: Vec<Value> = chunks
        .iter()
        .map(|chunk| chunk["choices"][0]["delta"]["audio"].clone())
        .filter(Value::is_object)
        .collect();
    assert_eq!(
        sounds,
        [
            json!({"id": "audio_1", "data": "AAE="}),
            json!({"data": "AgM="})
        ]
    );
    let events = told(Dialect::Gemini, Dialect::Messages, &[piece("AAE="), last]);
    let told: Vec<&str> = events
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .collect();
    assert_eq!(told, ["[sound]\n"], "once, however many pieces there are");
}

fn ran() -> Value {
    json!({"responseId": "g", "candidates": [{"finishReason": "STOP", "content": {"role": "model",
        "parts": [{"executableCode": {"language": "PYTHON", "code": "print(1)"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
            {"text": "One."}]}}]})
}

#[test]
fn code_that_google_ran_is_a_tool_of_the_server_to_anthropics_clients() {
    let body = written(Dialect::Messages, &answer(Dialect::Gemini, &ran()));
    let content = body["content"].as_array().unwrap();
    let id = &content[0]["id"];
    let used = json!({"type": "server_tool_use", "id": id, "name": "code_execution",
        "input": {"code": "print(1)"}});
    let printed = json!({"type": "code_execution_tool_result", "tool_use_id": id,
        "content": {"type": "code_execution_result", "stdout": "1\n", "stderr": "",
            "return_code": 0, "content": []}});
    assert_eq!(content[..2], [used.clone(), printed.clone()]);

    let events = told(Dialect::Gemini, Dialect::Messages, &[ran()]);
    let starts: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "content_block_start")
        .map(|event| &event["content_block"])
        .collect();
    assert_eq!(starts[..2], [&used, &printed]);
    let indexes: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "content_block_stop")
        .map(|event| &event["index"])
        .collect();
    assert_eq!(indexes, [0, 1, 2]);

    // To Google they go in words, and nothing is lost.
    let back = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "x"}, {"role": "assistant", "content": content},
        {"role": "user", "content": "y"}]});
    let request = both(Dialect::Messages).read_request(back.to_string().as_bytes());
    let sent = both(Dialect::Gemini)
        .write_request(&request.unwrap(), &Abilities::default(), "m")
        .unwrap();
    assert_eq!(sent.dropped, [""; 0]);
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    let parts = body["contents"][1]["parts"].as_array().unwrap();
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| part["text"].as_str())
        .collect();
    let printed = "[code_execution_tool_result]\n1\n\n";
    let words = [
        "[code_execution {\"code\":\"print(1)\"}]\n",
        printed,
        "One.",
    ];
    assert_eq!(texts, words);

    // Anthropic has never seen them.
    let back = json!({"model": "m", "messages": [{"role": "user", "content": "x"},
        {"role": "assistant", "content": content}]});
    let own = Dialect::Messages
        .wire()
        .own(back.to_string().as_bytes(), &Abilities::default())
        .unwrap();
    let left: Value = serde_json::from_slice(&own.body).unwrap();
    assert_eq!(
        left["messages"][1]["content"],
        json!([{"type": "text", "text": "One."}])
    );
    assert_eq!(
        own.hints,
        ["messages[1].content[0]", "messages[1].content[1]"]
    );
}

#[test]
fn code_that_google_ran_is_an_item_of_responses_and_no_text_of_chat() {
    let response = answer(Dialect::Gemini, &ran());
    let chat = written(Dialect::Chat, &response);
    assert_eq!(chat["choices"][0]["message"]["content"], "One.");
    let lost = response.choices[0].blocks.iter();
    let lost: Vec<&str> = lost
        .filter(|block| !both(Dialect::Chat).has_place(&block.content))
        .map(|block| block.at.as_str())
        .collect();
    assert_eq!(
        lost,
        [
            "candidates[0].content.parts[0]",
            "candidates[0].content.parts[1]"
        ]
    );
    let body = written(Dialect::Responses, &response);
    let item = json!({"id": "ci_1_0", "type": "code_interpreter_call", "status": "completed",
        "code": "print(1)", "container_id": "", "outputs": [{"type": "logs", "logs": "1\n"}]});
    assert_eq!(body["output"][0], item);
    assert_eq!(body["output"][1]["content"][0]["text"], "One.");
    let events = told(Dialect::Gemini, Dialect::Responses, &[ran()]);
    let end = events.last().unwrap();
    assert_eq!(end["response"]["output"][0], item);
    assert_eq!(end["response"]["output"][1]["content"][0]["text"], "One.");

    // And back: what responses ran, for Google's clients.
    let gemini = written(Dialect::Gemini, &answer(Dialect::Responses, &body));
    let parts = ran()["candidates"][0]["content"]["parts"].clone();
    assert_eq!(gemini["candidates"][0]["content"]["parts"], parts);
}

#[test]
fn a_search_is_told_as_each_dialect_tells_its_own() {
    let body = json!({"id": "resp_1", "status": "completed", "output": [
        {"type": "web_search_call", "id": "ws_1", "status": "completed",
            "action": {"type": "search", "query": "rust",
                "sources": [{"type": "url", "url": "https://rust-lang.org"}]}},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes."}]}]});
    let response = answer(Dialect::Responses, &body);
    let messages = written(Dialect::Messages, &response);
    let content = &messages["content"];
    assert_eq!(content[0]["name"], "web_search");
    assert_eq!(content[0]["input"], json!({"query": "rust"}));
    assert_eq!(content[1]["type"], "web_search_tool_result");
    assert_eq!(content[1]["tool_use_id"], content[0]["id"]);
    assert_eq!(content[1]["content"][0]["url"], "https://rust-lang.org");
    let gemini = written(Dialect::Gemini, &response);
    assert_eq!(
        gemini["candidates"][0]["groundingMetadata"]["webSearchQueries"],
        json!(["rust"])
    );
    let chat = written(Dialect::Chat, &response);
    assert_eq!(chat["choices"][0]["message"]["content"], "Yes.");
    let search = &response.choices[0].blocks[0];
    assert!(matches!(search.content, Content::Server { .. }));
    assert!(!both(Dialect::Chat).has_place(&search.content));
    assert_eq!(search.at, "output[0]");
}
