//! Recorded services through the gateway, in their own format.
//!
//! `RECORDINGS_DIR` names the folder of the recordings; without it there is nothing to do.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use serde_json::Value;

use manti::dialects::{Service, embeddings, rerankings};
use manti::models::embedding::Vector;

use crate::support::gateway::Gateway;
use crate::support::recorded;
use crate::support::scene;
use crate::support::socket::Upstream;

/// One recorded exchange.
struct Exchange {
    id: String,
    endpoint: String,
    request: Value,
    status: u16,
    answer: Value,
    events: Option<String>,
}

/// Google's vectors, whose model stands in the address.
const BATCH: &str = "/v1beta/models/{model}:batchEmbedContents";

/// The address of an endpoint, where its recordings are in the format that is served there.
fn path(entry: &Value) -> Option<&'static str> {
    if entry["stream"] == true && entry["endpoint"] != "completions" {
        return None;
    }
    Some(
        match (entry["endpoint"].as_str()?, entry["provider"].as_str()?) {
            ("embeddings", _) => "/v1/embeddings",
            ("batchEmbedContents", "gemini") => BATCH,
            ("rerank", "llamacpp") | ("cohere-v2-rerank", _) => "/v1/rerank",
            ("moderations", _) => "/v1/moderations",
            ("images.generations", _) => "/v1/images/generations",
            ("completions", "openai" | "together") => "/v1/completions",
            _ => return None,
        },
    )
}

/// A recording's request and answer.
pub(super) type Pair = (Value, Value);

/// The recordings of some endpoints of a provider that were answered.
pub(super) fn answered(provider: &str, endpoint: &str) -> Option<Vec<Pair>> {
    let folder = recorded::folder()?;
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let entries = index.lines().filter_map(|line| {
        let entry: Value = serde_json::from_str(line).unwrap();
        let wanted = entry["provider"] == provider && entry["endpoint"] == endpoint;
        if !wanted || entry["status"] != 200 {
            return None;
        }
        let file = folder.join(entry["file"].as_str()?);
        let whole: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let pair = [&whole["request"]["body"], &whole["response"]["body"]];
        Some((pair[0].clone(), pair[1].clone()))
    });
    Some(entries.collect())
}

#[test]
fn recorded_vectors_of_every_format_are_read() {
    let mut read = 0;
    for (provider, endpoint, service, list, tokens) in [
        (
            "cohere",
            "cohere-v2-embed",
            Service::CohereEmbeddings,
            "/embeddings/float",
            "/meta/billed_units/input_tokens",
        ),
        (
            "gemini",
            "batchEmbedContents",
            Service::GeminiEmbeddings,
            "/embeddings",
            "/usageMetadata/promptTokenCount",
        ),
        (
            "voyage",
            "embeddings",
            Service::VoyageEmbeddings,
            "/data",
            "/usage/total_tokens",
        ),
        (
            "openai",
            "embeddings",
            Service::Embeddings,
            "/data",
            "/usage/prompt_tokens",
        ),
        (
            "mistral",
            "embeddings",
            Service::VoyageEmbeddings,
            "/data",
            "/usage/prompt_tokens",
        ),
    ] {
        let Some(pairs) = answered(provider, endpoint) else {
            return;
        };
        assert!(!pairs.is_empty(), "{provider}");
        for (request, answer) in pairs {
            let response = embeddings::read_answer(service, answer.to_string().as_bytes()).unwrap();
            let vectors = answer.pointer(list).unwrap().as_array().unwrap();
            assert_eq!(response.vectors.len(), vectors.len(), "{provider}");
            assert_eq!(
                response.tokens,
                answer.pointer(tokens).and_then(Value::as_u64)
            );
            for vector in &response.vectors {
                match vector {
                    Vector::Numbers(numbers) => assert!(numbers.len() > 2),
                    Vector::Packed(packed) => assert!(packed.len() > 2),
                }
            }
            if service == Service::CohereEmbeddings {
                read += 1;
                continue;
            }
            let said = embeddings::read_request(service, request.to_string().as_bytes()).unwrap();
            assert_eq!(said.inputs.len(), vectors.len(), "{provider}");
            let written = embeddings::write_request(service, &said, "m").unwrap();
            let again = embeddings::read_request(service, &written.body).unwrap();
            assert_eq!(again.inputs, said.inputs, "{provider}");
            assert_eq!(again.dimensions, said.dimensions, "{provider}");
            read += 1;
        }
    }
    let _ = writeln!(std::io::stderr(), "recorded vectors: {read} answers read");
}

#[test]
fn recorded_orders_of_every_format_are_read() {
    for (provider, endpoint, service, list, top) in [
        (
            "cohere",
            "cohere-v2-rerank",
            Service::CohereRerank,
            "results",
            "top_n",
        ),
        ("voyage", "rerank", Service::VoyageRerank, "data", "top_k"),
        ("llamacpp", "rerank", Service::Rerank, "results", "top_n"),
    ] {
        let Some(pairs) = answered(provider, endpoint) else {
            return;
        };
        assert!(!pairs.is_empty(), "{provider}");
        for (request, answer) in pairs {
            let response = rerankings::read_answer(service, answer.to_string().as_bytes()).unwrap();
            let results = answer[list].as_array().unwrap();
            assert_eq!(response.results.len(), results.len(), "{provider}");
            let searches = &answer["meta"]["billed_units"]["search_units"];
            assert_eq!(response.searches, searches.as_u64(), "{provider}");
            assert_eq!(response.tokens, answer["usage"]["total_tokens"].as_u64());
            let said = rerankings::read_request(request.to_string().as_bytes()).unwrap();
            let written = rerankings::write_request(service, &said, "m");
            let written: Value = serde_json::from_slice(&written.body).unwrap();
            assert_eq!(written["documents"], request["documents"], "{provider}");
            assert_eq!(written[top], request[top], "{provider}");
        }
    }
}

fn load() -> Option<Vec<(Exchange, &'static str)>> {
    let folder = recorded::folder()?;
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let entries = index.lines().map(|line| {
        let entry: Value = serde_json::from_str(line).unwrap();
        let path = path(&entry)?;
        let file = folder.join(entry["file"].as_str()?);
        let whole: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        // The same words stand in addresses that tell what was used.
        let asked = whole["request"]["path"].as_str()?;
        if asked.contains("/usage/") || !whole["request"]["body"].is_object() {
            return None;
        }
        let exchange = Exchange {
            id: entry["id"].as_str()?.to_owned(),
            endpoint: entry["endpoint"].as_str()?.to_owned(),
            request: whole["request"]["body"].clone(),
            status: u16::try_from(whole["response"]["status"].as_u64()?).ok()?,
            answer: whole["response"]["body"].clone(),
            events: whole["response"]["sse_text"].as_str().map(str::to_owned),
        };
        Some((exchange, path))
    });
    Some(entries.flatten().collect())
}

/// The input tokens and the units that an answer tells, read without our readers.
fn figures(endpoint: &str, answer: &Value) -> (Option<u64>, BTreeMap<String, u64>) {
    if endpoint == "batchEmbedContents" {
        let tokens = &answer["usageMetadata"]["promptTokenCount"];
        return (tokens.as_u64(), BTreeMap::new());
    }
    let usage = &answer["usage"];
    let first = |names: &[&str]| names.iter().find_map(|name| usage[*name].as_u64());
    let mut units = BTreeMap::new();
    if let Some(searches) = answer["meta"]["billed_units"]["search_units"].as_u64() {
        units.insert("searches".to_owned(), searches);
        return (Some(0), units);
    }
    let input = first(&["prompt_tokens", "input_tokens", "total_tokens"]);
    if endpoint == "images.generations" && input.is_none() {
        let count = answer["data"].as_array().map_or(0, Vec::len) as u64;
        units.insert("images".to_owned(), count);
        return (Some(0), units);
    }
    let details = &usage["input_tokens_details"]["image_tokens"];
    if let Some(images @ 1..) = details.as_u64() {
        units.insert("image_input_tokens".to_owned(), images);
    }
    let details = &usage["output_tokens_details"]["image_tokens"];
    if let Some(images @ 1..) = details.as_u64() {
        units.insert("image_output_tokens".to_owned(), images);
    }
    (input, units)
}

/// A recorded request for a model, as a client sends it or as the provider gets it.
fn asked(exchange: &Exchange, path: &str, model: &str) -> (String, Value) {
    let mut request = exchange.request.clone();
    if path != BATCH {
        request["model"] = model.into();
    }
    for one in request["requests"].as_array_mut().into_iter().flatten() {
        one["model"] = format!("models/{model}").into();
    }
    (path.replace("{model}", model), request)
}

/// The tokens that a stream tells.
fn told_in(events: &str) -> (Option<u64>, Option<u64>) {
    let objects = recorded::objects(&recorded::events(events));
    let usage = objects.iter().map(|object| &object["usage"]);
    let usage = usage.rev().find(|usage| usage.is_object());
    let count = |name| usage.and_then(|usage| usage[name].as_u64());
    (count("prompt_tokens"), count("completion_tokens"))
}

/// A stream comes as it was recorded, but for usage that nobody asked for; and is asked for.
fn streamed(id: &str, asked: &Value, seen: &Value, events: &str, text: &str) {
    let wants = asked["stream_options"]["include_usage"] == true;
    let mut expected = asked.clone();
    expected["stream_options"]["include_usage"] = true.into();
    assert_eq!(*seen, expected, "{id}");
    let mut wanted = recorded::events(events);
    wanted.retain(|event| wants || !event.data.contains("\"choices\":[]"));
    assert_eq!(recorded::events(text), wanted, "{id}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_services_come_through_in_their_own_format() {
    let Some(exchanges) = load() else {
        let _ = writeln!(
            std::io::stderr(),
            "recorded services: SKIPPED, RECORDINGS_DIR is not set"
        );
        return;
    };
    assert!(exchanges.len() > 20, "few recordings");
    let exchanges = Arc::new(exchanges);
    let answers = Arc::clone(&exchanges);
    let upstream = Upstream::start(move |asked| {
        let answers = Arc::clone(&answers);
        async move {
            let number: usize = asked.model().parse().expect("the model names the case");
            let (exchange, _) = &answers[number];
            match &exchange.events {
                Some(events) => asked.stream([events]).await,
                None => asked.json_answer(exchange.status, &exchange.answer).await,
            }
        }
    })
    .await;
    let manti = Gateway::start(&scene::settings_for(&upstream, "")).await;
    let client = manti.client().await;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, (exchange, path)) in exchanges.iter().enumerate() {
        let id = &exchange.id;
        let provider = if *path == BATCH { "gemini" } else { "chat" };
        let (address, request) = asked(exchange, path, &format!("{provider}/{number}"));
        let answer = client.post(&address, &[], request.to_string()).await;
        let (status, request_id) = (answer.status, answer.id());
        let text = answer.text().await;
        let seen = upstream.last().await;
        let (address, request) = asked(exchange, path, &number.to_string());
        assert_eq!(seen.path, address, "{id}");
        if let Some(events) = &exchange.events {
            *counts.entry("completions streamed").or_default() += 1;
            streamed(id, &request, &seen.json(), events, &text);
            let record = manti.record(&request_id).await;
            assert_eq!(record["status"], "ok", "{id}: {record}");
            let (input, output) = told_in(events);
            let source = if input.is_some() {
                "provider"
            } else {
                "estimated"
            };
            assert_eq!(record["usage_source"], source, "{id}: {record}");
            if let (Some(input), Some(output)) = (input, output) {
                assert_eq!(record["input_tokens"], input, "{id}: {record}");
                assert_eq!(record["output_tokens"], output, "{id}: {record}");
            }
            continue;
        }
        assert_eq!(seen.json(), request, "{id}");
        let told: Value = serde_json::from_str(&text).unwrap();
        let record = manti.record(&request_id).await;
        *counts.entry(&exchange.endpoint).or_default() += 1;
        if exchange.status != 200 {
            let wanted = match exchange.status {
                status @ (400 | 404 | 409 | 413 | 415 | 422) => status,
                _ => 502,
            };
            assert_eq!(status, wanted, "{id}: {told}");
            assert!(told["error"]["message"].is_string(), "{id}: {told}");
            assert_eq!(record["status"], "error", "{id}: {record}");
            continue;
        }
        assert_eq!(status, 200, "{id}: {told}");
        let wanted: Value = serde_json::from_str(&exchange.answer.to_string()).unwrap();
        assert_eq!(told, wanted, "{id}");
        assert_eq!(record["status"], "ok", "{id}: {record}");
        let (input, units) = figures(&exchange.endpoint, &exchange.answer);
        if let Some(input) = input {
            assert_eq!(record["input_tokens"], input, "{id}: {record}");
            assert_eq!(record["usage_source"], "provider", "{id}: {record}");
            assert_eq!(record["units"], serde_json::json!(units), "{id}: {record}");
        } else {
            assert_eq!(record["usage_source"], "estimated", "{id}: {record}");
        }
    }
    let _ = writeln!(std::io::stderr(), "recorded services: {counts:?}");
}
