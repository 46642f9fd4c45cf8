//! Cohere's embeddings, version 2.

use super::{purpose, texts, vector};
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::{Malformed, Unsupported, Written};
use crate::models::embedding::{Purpose, Request, Response};

pub(super) fn write_request(request: &Request, model: &str) -> Result<Written, Unsupported> {
    let texts: Vec<Json<'_>> = texts(request)?.into_iter().map(Json::from).collect();
    // Required since its third models; documents are what is embedded most.
    let purpose = request.purpose.unwrap_or(Purpose::Document);
    let body = Fields::new()
        .with("model", model)
        .with("texts", texts)
        .with("input_type", purpose::cohere(purpose))
        .with("embedding_types", vec![Json::from("float")])
        .maybe("output_dimension", request.dimensions);
    Ok(Written {
        body: body.bytes(),
        dropped: request.unsaid.clone(),
        ..Written::default()
    })
}

pub(super) fn read_answer(root: &Object<'_>) -> Result<Response, Malformed> {
    let wrong = || Malformed::new("the answer has no embeddings.float");
    let embeddings = root.object("embeddings").ok_or_else(wrong)?;
    let vectors = embeddings.list("float");
    let vectors: Result<Vec<_>, _> = vectors.into_iter().map(vector::read).collect();
    let billed = root
        .object("meta")
        .and_then(|meta| meta.object("billed_units"));
    Ok(Response {
        model: None,
        vectors: vectors?,
        tokens: billed.and_then(|units| units.get("input_tokens").and_then(Value::count)),
    })
}
