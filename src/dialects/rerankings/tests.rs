use serde_json::{Value, json};

use super::*;

fn translated(upstream: Service, body: &Value) -> (Value, Vec<String>, Back) {
    let body = body.to_string();
    let (written, back) = translate(upstream, body.as_bytes(), "m").unwrap();
    let said = serde_json::from_slice(&written.body).unwrap();
    (said, written.dropped, back)
}

#[test]
fn a_question_is_said_in_each_providers_words() {
    let asked = json!({"model": "x", "query": "q", "documents": ["a", {"text": "b"}],
        "top_n": 1, "return_documents": true, "rank_fields": ["text"]});
    for (upstream, top) in [
        (Service::CohereRerank, "top_n"),
        (Service::VoyageRerank, "top_k"),
    ] {
        let (said, dropped, _) = translated(upstream, &asked);
        let wanted = json!({"model": "m", "query": "q", "documents": ["a", "b"], top: 1});
        assert_eq!(said, wanted);
        assert_eq!(dropped, ["rank_fields"]);
    }
}

#[test]
fn an_answer_comes_back_in_the_common_form_with_its_documents() {
    let asked = json!({"query": "q", "documents": ["a", "b"], "return_documents": true});
    let reply = Reply {
        model: "x".into(),
        ..Reply::default()
    };
    for (upstream, answer, rest) in [
        (
            Service::CohereRerank,
            r#"{"id":"i","results":[{"index":1,"relevance_score":0.9990}],"meta":{"billed_units":{"search_units":1}}}"#,
            r#""meta":{"billed_units":{"search_units":1}}"#,
        ),
        (
            Service::VoyageRerank,
            r#"{"id":"i","data":[{"index":1,"relevance_score":0.9990}],"usage":{"total_tokens":7}}"#,
            r#""usage":{"total_tokens":7}"#,
        ),
    ] {
        let (_, _, back) = translated(upstream, &asked);
        let text = back.answer(answer.as_bytes(), &reply).unwrap();
        let wanted = format!(
            r#"{{"id":"i","model":"x","results":[{{"index":1,"relevance_score":0.9990,"document":{{"text":"b"}}}}],{rest}}}"#
        );
        assert_eq!(String::from_utf8(text).unwrap(), wanted);
        for odd in [
            r#"{"results":[{"index":2,"relevance_score":1}],"data":[{"index":2,"relevance_score":1}]}"#,
            r#"{"results":[{"index":0}],"data":[{"index":0}]}"#,
            "[]",
        ] {
            assert!(back.answer(odd.as_bytes(), &reply).is_err(), "{odd}");
        }
    }
}

#[test]
fn what_cannot_be_ranked_names_its_field() {
    for (body, param) in [
        (json!({"documents": ["a"]}), "query"),
        (json!({"query": "q"}), "documents"),
        (json!({"query": 1, "documents": ["a"]}), "query"),
        (json!({"query": "q", "documents": []}), "documents"),
        (json!({"query": "q", "documents": "a"}), "documents"),
        (json!({"query": "q", "documents": ["a", 1]}), "documents[1]"),
        (
            json!({"query": "q", "documents": ["a"], "top_n": "x"}),
            "top_n",
        ),
        (
            json!({"query": "q", "documents": ["a"], "return_documents": 1}),
            "return_documents",
        ),
    ] {
        let error = read_request(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.param.as_deref(), Some(param), "{body}");
    }
}
