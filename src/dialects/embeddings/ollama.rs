//! Ollama's embeddings: `/api/embed`.

use super::{texts, vector};
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::{Malformed, Unsupported, Written};
use crate::models::embedding::{Request, Response};

pub(super) fn write_request(request: &Request, model: &str) -> Result<Written, Unsupported> {
    let texts: Vec<Json<'_>> = texts(request)?.into_iter().map(Json::from).collect();
    let mut dropped = request.unsaid.clone();
    if request.purpose.is_some() {
        dropped.push("input_type".to_owned());
    }
    let body = Fields::new()
        .with("model", model)
        .with("input", texts)
        .maybe("dimensions", request.dimensions);
    Ok(Written {
        body: body.bytes(),
        dropped,
        ..Written::default()
    })
}

pub(super) fn read_answer(root: &Object<'_>) -> Result<Response, Malformed> {
    let vectors = root.list("embeddings").into_iter().map(vector::read);
    Ok(Response {
        model: root.word("model"),
        vectors: vectors.collect::<Result<_, _>>()?,
        tokens: root.get("prompt_eval_count").and_then(Value::count),
    })
}
