//! Embeddings as OpenAI has them, and the others who took its form with words of their own.

use super::{object, purpose, vector};
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::report::Report;
use crate::dialects::{Malformed, Reply, Service, Unsupported, Written};
use crate::models::embedding::{Input, Request, Response, Vector};

pub(super) fn read_request(body: &[u8]) -> Result<Request, Malformed> {
    let root = object(body)?;
    let mut request = Request::default();
    for (name, value) in root.fields() {
        if value.is_null() {
            continue;
        }
        match name {
            "model" => {}
            "input" => request.inputs = inputs(value)?,
            "dimensions" | "output_dimension" => {
                let wrong = || Malformed::at(name, format!("`{name}` must be a whole number"));
                request.dimensions = Some(value.count().ok_or_else(wrong)?);
            }
            "encoding_format" => {
                request.packed = match value.text().as_deref() {
                    Some("float") => false,
                    Some("base64") => true,
                    _ => {
                        let message = "`encoding_format` must be float or base64";
                        return Err(Malformed::at(name, message));
                    }
                };
            }
            "input_type" | "task" | "task_type" => {
                request.purpose = value.text().as_deref().and_then(purpose::read);
                if request.purpose.is_none() {
                    request.unsaid.push(name.to_owned());
                }
            }
            _ => request.unsaid.push(name.to_owned()),
        }
    }
    if root.get("input").is_none() {
        return Err(Malformed::at("input", "`input` is missing"));
    }
    Ok(request)
}

/// A text, texts, tokens, or lists of tokens.
fn inputs(value: Value<'_>) -> Result<Vec<Input>, Malformed> {
    const WANTED: &str = "must be a text, a list of texts, or tokens";
    if let Some(text) = value.text() {
        return Ok(vec![Input::Text(text.into_owned())]);
    }
    let wrong = || Malformed::at("input", format!("`input` {WANTED}"));
    let items = value.list().ok_or_else(wrong)?;
    if items.first().is_some_and(|item| item.count().is_some()) {
        return Ok(vec![tokens(value, "input")?]);
    }
    let read = |(place, item): (usize, &Value<'_>)| match item.text() {
        Some(text) => Ok(Input::Text(text.into_owned())),
        None => tokens(*item, &format!("input[{place}]")),
    };
    items.iter().enumerate().map(read).collect()
}

fn tokens(value: Value<'_>, at: &str) -> Result<Input, Malformed> {
    let wrong = || Malformed::at(at, format!("`{at}` must be a text or a list of tokens"));
    let tokens = value.list().ok_or_else(wrong)?;
    if tokens.is_empty() || tokens.iter().any(|token| token.count().is_none()) {
        return Err(wrong());
    }
    Ok(Input::Tokens(value.source().to_owned()))
}

pub(super) fn write_request(
    upstream: Service,
    request: &Request,
    model: &str,
) -> Result<Written, Unsupported> {
    let mut report = Report::default();
    for path in &request.unsaid {
        report.dropped(path);
    }
    let tokens = upstream == Service::Embeddings;
    let inputs: Vec<Json<'_>> = if tokens {
        request.inputs.iter().map(written).collect()
    } else {
        super::texts(request)?.into_iter().map(Json::from).collect()
    };
    let dimensions = match upstream {
        Service::VoyageEmbeddings => "output_dimension",
        _ => "dimensions",
    };
    let purpose = request.purpose.and_then(|purpose| match upstream {
        Service::VoyageEmbeddings => Some(("input_type", purpose::voyage(purpose)?)),
        Service::JinaEmbeddings => Some(("task", purpose::jina(purpose))),
        _ => None,
    });
    if request.purpose.is_some() && purpose.is_none() {
        report.dropped("input_type");
    }
    let mut body = Fields::new()
        .with("model", model)
        .with("input", inputs)
        .maybe(dimensions, request.dimensions);
    if let Some((name, word)) = purpose {
        body.put(name, word);
    }
    Ok(Written {
        body: body.bytes(),
        dropped: report.dropped,
        ..Written::default()
    })
}

fn written(input: &Input) -> Json<'_> {
    match input {
        Input::Text(text) => text.into(),
        Input::Tokens(tokens) => Json::Raw(tokens.into()),
    }
}

pub(super) fn read_answer(root: &Object<'_>) -> Result<Response, Malformed> {
    let mut vectors: Vec<(u64, Vector)> = Vec::new();
    for item in root.list("data") {
        let item = item.object().unwrap_or_default();
        let place = item.get("index").and_then(Value::count);
        let place = place.unwrap_or(vectors.len() as u64);
        let embedding = item.get("embedding");
        let embedding =
            embedding.ok_or_else(|| Malformed::new(format!("data[{place}] has no vector")))?;
        vectors.push((place, vector::read(embedding)?));
    }
    vectors.sort_by_key(|(place, _)| *place);
    let usage = root.object("usage").unwrap_or_default();
    let count = |name| usage.get(name).and_then(Value::count);
    Ok(Response {
        model: root.word("model"),
        vectors: vectors.into_iter().map(|(_, vector)| vector).collect(),
        tokens: count("prompt_tokens").or_else(|| count("total_tokens")),
    })
}

pub(super) fn write_answer(
    response: &Response,
    packed: bool,
    reply: &Reply,
) -> Result<Vec<u8>, Malformed> {
    let mut data: Vec<Json<'_>> = Vec::with_capacity(response.vectors.len());
    for (place, vector) in response.vectors.iter().enumerate() {
        let embedding = if packed {
            Json::from(vector::packed(vector)?)
        } else {
            Json::Raw(vector::numbers(vector)?.into())
        };
        let item = Fields::new()
            .with("object", "embedding")
            .with("index", place as u64)
            .with("embedding", embedding);
        data.push(item.into());
    }
    let tokens = response.tokens.unwrap_or(reply.estimated_input);
    let usage = Fields::new()
        .with("prompt_tokens", tokens)
        .with("total_tokens", tokens);
    Ok(Fields::new()
        .with("object", "list")
        .with("data", data)
        .with("model", &reply.model)
        .with("usage", usage)
        .bytes())
}
