//! Recorded vectors and orders of providers whose formats no client speaks, as clients of OpenAI's
//! format get them.
//!
//! `RECORDINGS_DIR` names the folder of the recordings; without it there is nothing to do.

use std::io::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use super::recordings::answered;
use crate::support::gateway::Gateway;
use crate::support::socket::Upstream;

/// What a client asks for, of which provider, and where it is recorded.
const RECORDED: [(&str, &str, &str); 4] = [
    ("/v1/embeddings", "cohere", "cohere-v2-embed"),
    ("/v1/embeddings", "gemini", "batchEmbedContents"),
    ("/v1/rerank", "cohere", "cohere-v2-rerank"),
    ("/v1/rerank", "voyage", "rerank"),
];

fn settings(address: std::net::SocketAddr) -> String {
    let provider = |name: &str| {
        format!(
            "[providers.{name}]\nbase_url = \"http://{address}\"\napi_key = \"k\"\nmodels = [\"*\"]\n"
        )
    };
    ["cohere", "gemini", "voyage"].map(provider).concat()
}

/// What a client of OpenAI's format asks to get a recorded answer.
fn asked(model: &str, request: &Value, answer: &Value) -> Value {
    if request["documents"].is_array() {
        let (query, documents) = (&request["query"], &request["documents"]);
        return json!({"model": model, "query": query, "documents": documents});
    }
    let lists = [&answer["embeddings"]["float"], &answer["embeddings"]];
    let count = lists.into_iter().find_map(Value::as_array).unwrap().len();
    json!({"model": model, "input": vec!["a"; count]})
}

/// The vectors of an answer, or its places and scores.
fn told(answer: &Value) -> Vec<Value> {
    let lists = [
        &answer["embeddings"]["float"],
        &answer["embeddings"],
        &answer["data"],
        &answer["results"],
    ];
    let list = lists.into_iter().find_map(Value::as_array).unwrap();
    let tell = |item: &Value| match (&item["values"], &item["embedding"]) {
        (Value::Array(_), _) => item["values"].clone(),
        (_, Value::Array(_)) => item["embedding"].clone(),
        _ if item.is_array() => item.clone(),
        _ => json!([item["index"], item["relevance_score"]]),
    };
    list.iter().map(tell).collect()
}

#[tokio::test]
async fn recorded_services_of_other_formats_come_through_to_openais_clients() {
    let mut pairs = Vec::new();
    for (path, provider, endpoint) in RECORDED {
        let Some(found) = answered(provider, endpoint) else {
            return;
        };
        assert!(!found.is_empty(), "{provider} {endpoint}");
        pairs.extend(found.into_iter().map(|pair| (path, provider, pair)));
    }
    let pairs = Arc::new(pairs);
    let answers = Arc::clone(&pairs);
    let upstream = Upstream::start(move |asked| {
        let answers = Arc::clone(&answers);
        async move {
            let number: usize = asked.model().parse().expect("the model names the case");
            let (_, _, (_, answer)) = &answers[number];
            asked.json_answer(200, answer).await
        }
    })
    .await;
    let manti = Gateway::start(&settings(upstream.address)).await;
    let client = manti.client().await;
    for (number, (path, provider, (request, answer))) in pairs.iter().enumerate() {
        let request = asked(&format!("{provider}/{number}"), request, answer);
        let got = client.post(path, &[], request.to_string()).await;
        let (status, id) = (got.status, got.id());
        let body = got.json().await;
        assert_eq!(status, 200, "{provider} {number}: {body}");
        // Read back from text, as the client's is.
        let recorded: Value = serde_json::from_str(&answer.to_string()).unwrap();
        assert_eq!(told(&body), told(&recorded), "{provider} {number}");
        let record = manti.record(&id).await;
        assert_eq!(record["status"], "ok", "{record}");
        assert_eq!(record["provider"], *provider, "{record}");
    }
    let _ = writeln!(
        std::io::stderr(),
        "recorded services of other formats: {} answers come through",
        pairs.len()
    );
}
