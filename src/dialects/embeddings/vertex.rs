//! Vertex AI's embeddings: `:predict`.
//!
//! See <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>.

use super::{purpose, texts, vector};
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::{Malformed, Unsupported, Written};
use crate::models::embedding::{Request, Response};

pub(super) fn write_request(request: &Request) -> Result<Written, Unsupported> {
    let instances: Vec<Json<'_>> = texts(request)?
        .into_iter()
        .map(|text| {
            Fields::new()
                .with("content", text)
                .maybe("task_type", request.purpose.map(purpose::gemini))
                .into()
        })
        .collect();
    let dimensions = request.dimensions;
    let parameters = dimensions.map(|length| Fields::new().with("outputDimensionality", length));
    let body = Fields::new()
        .with("instances", instances)
        .maybe("parameters", parameters);
    Ok(Written {
        body: body.bytes(),
        dropped: request.unsaid.clone(),
        ..Written::default()
    })
}

pub(super) fn read_answer(root: &Object<'_>) -> Result<Response, Malformed> {
    let mut response = Response::default();
    for item in root.list("predictions") {
        let made = item.object().and_then(|item| item.object("embeddings"));
        let made = made.unwrap_or_default();
        let values = made.get("values");
        let values = values.ok_or_else(|| Malformed::new("a prediction has no values"))?;
        response.vectors.push(vector::read(values)?);
        let statistics = made.object("statistics").unwrap_or_default();
        if let Some(tokens) = statistics.get("token_count").and_then(Value::count) {
            let before = response.tokens.unwrap_or(0);
            response.tokens = Some(before.saturating_add(tokens));
        }
    }
    Ok(response)
}
