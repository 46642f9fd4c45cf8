use serde_json::{Value, json};

use super::*;
use crate::models::embedding::{Purpose, Vector};

fn written(upstream: Service, body: &Value) -> (Value, Vec<String>) {
    let (written, _) = translated(upstream, body).unwrap();
    (
        serde_json::from_slice(&written.body).unwrap(),
        written.dropped,
    )
}

fn translated(upstream: Service, body: &Value) -> Result<(Written, Back), Untranslatable> {
    let body = body.to_string();
    translate(Service::Embeddings, upstream, body.as_bytes(), "m")
}

fn refused(upstream: Service, body: &Value) -> String {
    match translated(upstream, body).unwrap_err() {
        Untranslatable::Malformed(error) => error.param.unwrap_or_default(),
        Untranslatable::Unsupported(error) => error.param,
    }
}

#[test]
fn a_request_is_said_in_each_providers_words() {
    let asked = json!({"model": "x", "input": ["a", "b"], "dimensions": 8,
        "encoding_format": "base64", "input_type": "query", "user": "u"});
    for (upstream, wanted, dropped) in [
        (
            Service::CohereEmbeddings,
            json!({"model": "m", "texts": ["a", "b"], "input_type": "search_query",
                "embedding_types": ["float"], "output_dimension": 8}),
            vec!["user"],
        ),
        (
            Service::GeminiEmbeddings,
            json!({"requests": [
                {"model": "models/m", "content": {"parts": [{"text": "a"}]},
                 "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 8},
                {"model": "models/m", "content": {"parts": [{"text": "b"}]},
                 "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 8}]}),
            vec!["user"],
        ),
        (
            Service::VertexEmbeddings,
            json!({"instances": [{"content": "a", "task_type": "RETRIEVAL_QUERY"},
                {"content": "b", "task_type": "RETRIEVAL_QUERY"}],
                "parameters": {"outputDimensionality": 8}}),
            vec!["user"],
        ),
        (
            Service::OllamaEmbeddings,
            json!({"model": "m", "input": ["a", "b"], "dimensions": 8}),
            vec!["user", "input_type"],
        ),
        (
            Service::VoyageEmbeddings,
            json!({"model": "m", "input": ["a", "b"], "output_dimension": 8, "input_type": "query"}),
            vec!["user"],
        ),
        (
            Service::JinaEmbeddings,
            json!({"model": "m", "input": ["a", "b"], "dimensions": 8, "task": "retrieval.query"}),
            vec!["user"],
        ),
    ] {
        let (body, lost) = written(upstream, &asked);
        assert_eq!(body, wanted, "{upstream:?}");
        assert_eq!(lost, dropped, "{upstream:?}");
    }
}

#[test]
fn what_cannot_be_embedded_names_its_field() {
    for (body, param) in [
        (json!({"model": "x"}), "input"),
        (json!({"input": []}), "input"),
        (json!({"input": 7}), "input"),
        (json!({"input": ["a", 7]}), "input[1]"),
        (json!({"input": [[1, 2], [1.5]]}), "input[1]"),
        (json!({"input": [1, "a"]}), "input"),
        (json!({"input": [[]]}), "input[0]"),
        (json!({"input": "a", "dimensions": "x"}), "dimensions"),
        (
            json!({"input": "a", "encoding_format": "int8"}),
            "encoding_format",
        ),
        (json!({"input": [1, 2]}), "input"),
        (json!({"input": [[1, 2], [3]]}), "input"),
    ] {
        assert_eq!(refused(Service::CohereEmbeddings, &body), param, "{body}");
    }
    let tokens = json!({"input": [[1, 2], [3]]});
    let (body, _) = written(Service::Embeddings, &tokens);
    assert_eq!(body["input"], tokens["input"]);
}

#[test]
fn a_model_that_makes_one_vector_a_call_is_asked_for_one() {
    let asked = json!({"model": "x", "input": ["a"], "dimensions": 8, "user": "u"});
    let (body, lost) = written(Service::GeminiEmbedding, &asked);
    let wanted = json!({"content": {"parts": [{"text": "a"}]},
        "embedContentConfig": {"outputDimensionality": 8}});
    assert_eq!((body, lost), (wanted, vec!["user".to_owned()]));
    let (body, _) = written(Service::GeminiEmbedding, &json!({"input": "a"}));
    assert_eq!(body, json!({"content": {"parts": [{"text": "a"}]}}));
    let several = json!({"input": ["a", "b"]});
    assert_eq!(refused(Service::GeminiEmbedding, &several), "input");
}

#[test]
fn answers_come_back_as_openai_would_give_them() {
    let reply = Reply {
        model: "x".into(),
        estimated_input: 3,
        ..Reply::default()
    };
    for (upstream, answer, tokens) in [
        (
            Service::CohereEmbeddings,
            r#"{"id":"i","embeddings":{"float":[[1.0,-0.50],[0.25,2]]},"meta":{"billed_units":{"input_tokens":5}}}"#,
            5,
        ),
        (
            Service::GeminiEmbeddings,
            r#"{"embeddings":[{"values":[1.0,-0.50]},{"values":[0.25,2]}]}"#,
            3,
        ),
        (
            Service::VertexEmbeddings,
            r#"{"predictions":[{"embeddings":{"values":[1.0,-0.50],"statistics":{"token_count":4}}},{"embeddings":{"values":[0.25,2],"statistics":{"token_count":5}}}]}"#,
            9,
        ),
        (
            Service::OllamaEmbeddings,
            r#"{"model":"m","embeddings":[[1.0,-0.50],[0.25,2]],"prompt_eval_count":4}"#,
            4,
        ),
        (
            Service::VoyageEmbeddings,
            r#"{"object":"list","data":[{"embedding":[0.25,2],"index":1},{"embedding":[1.0,-0.50],"index":0}],"usage":{"total_tokens":6}}"#,
            6,
        ),
    ] {
        let (_, back) = translated(upstream, &json!({"input": ["a", "b"]})).unwrap();
        let text = String::from_utf8(back.answer(answer.as_bytes(), &reply).unwrap()).unwrap();
        let wanted = format!(
            r#"{{"object":"list","data":[{{"object":"embedding","index":0,"embedding":[1.0,-0.50]}},{{"object":"embedding","index":1,"embedding":[0.25,2]}}],"model":"x","usage":{{"prompt_tokens":{tokens},"total_tokens":{tokens}}}}}"#
        );
        assert_eq!(text, wanted, "{upstream:?}");
        let asked = json!({"input": ["a", "b"], "encoding_format": "base64"});
        let (_, back) = translated(upstream, &asked).unwrap();
        let packed: Value =
            serde_json::from_slice(&back.answer(answer.as_bytes(), &reply).unwrap()).unwrap();
        assert_eq!(packed["data"][0]["embedding"], "AACAPwAAAL8=");
        let (_, back) = translated(upstream, &json!({"input": "a"})).unwrap();
        assert!(back.answer(answer.as_bytes(), &reply).is_err(), "too many");
    }
}

#[test]
fn a_gemini_client_is_answered_in_its_own_words() {
    let body = br#"{"requests":[{"model":"models/x","content":{"parts":[{"text":"a"}]},"taskType":"CLASSIFICATION"},
        {"content":{"parts":[{"text":"b"},{"text":"c"}]},"task_type":"CLASSIFICATION","title":"t"}]}"#;
    let request = read_request(Service::GeminiEmbeddings, body).unwrap();
    assert_eq!(request.purpose, Some(Purpose::Classification));
    assert_eq!(request.unsaid, ["requests[1].title"]);
    assert_eq!(request.inputs[1], Input::Text("b\nc".into()));
    let (_, back) = translate(Service::GeminiEmbeddings, Service::Embeddings, body, "m").unwrap();
    let answer = br#"{"data":[{"embedding":"AACAPwAAAL8=","index":0},{"embedding":[2],"index":1}],"usage":{"prompt_tokens":2}}"#;
    let text = back.answer(answer, &Reply::default()).unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        r#"{"embeddings":[{"values":[1,-0.5]},{"values":[2]}],"usageMetadata":{"promptTokenCount":2,"totalTokenCount":2}}"#
    );
    let one = br#"{"content":{"parts":[{"text":"a"}]},"outputDimensionality":4}"#;
    let request = read_request(Service::GeminiEmbedding, one).unwrap();
    assert_eq!((request.inputs.len(), request.dimensions), (1, Some(4)));
    assert!(read_request(Service::GeminiEmbedding, b"{}").is_err());
    let image = br#"{"content":{"parts":[{"inlineData":{}}]}}"#;
    assert!(read_request(Service::GeminiEmbedding, image).is_err());
    assert_eq!(
        vector::numbers(&Vector::Numbers("[1]".into())).unwrap(),
        "[1]"
    );
}
