//! Embeddings from one format to another.
//!
//! Vectors are kept as their provider wrote them; they are packed or unpacked only where the
//! client asked for the other form.

mod cohere;
mod gemini;
mod ollama;
mod openai;
mod purpose;
mod vector;
mod vertex;

use super::json::{Object, Value};
use super::services::Untranslatable;
use super::{Malformed, Reply, Service, Unsupported, Written};
use crate::models::embedding::{Input, Request, Response};

/// How an answer gets back to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    client: Service,
    upstream: Service,
    /// Whether the client wants its vectors packed.
    packed: bool,
    /// How many vectors are to come.
    count: usize,
}

/// Translates a request.
pub(super) fn translate(
    client: Service,
    upstream: Service,
    body: &[u8],
    model: &str,
) -> Result<(Written, Back), Untranslatable> {
    let request = read_request(client, body)?;
    let back = Back {
        client,
        upstream,
        packed: request.packed,
        count: request.inputs.len(),
    };
    let mut written = write_request(upstream, &request, model)?;
    if matches!(client, Service::GeminiEmbeddings | Service::GeminiEmbedding) {
        let paths = written.dropped.iter_mut().chain(&mut written.clamped);
        paths.for_each(gemini::in_clients_words);
    }
    Ok((written, back))
}

/// Reads what a client asks for.
pub fn read_request(client: Service, body: &[u8]) -> Result<Request, Malformed> {
    let request = match client {
        Service::GeminiEmbeddings => gemini::read_requests(body),
        Service::GeminiEmbedding => gemini::read_request(body),
        _ => openai::read_request(body),
    }?;
    if request.inputs.is_empty() {
        return Err(Malformed::at("input", "`input` must not be empty"));
    }
    Ok(request)
}

/// Writes a request for a model, and says what had to be left out.
pub fn write_request(
    upstream: Service,
    request: &Request,
    model: &str,
) -> Result<Written, Unsupported> {
    match upstream {
        Service::CohereEmbeddings => cohere::write_request(request, model),
        Service::GeminiEmbeddings => gemini::write_requests(request, model),
        Service::GeminiEmbedding => gemini::write_request(request),
        Service::VertexEmbeddings => vertex::write_request(request),
        Service::OllamaEmbeddings => ollama::write_request(request, model),
        _ => openai::write_request(upstream, request, model),
    }
}

/// Reads a provider's answer.
pub fn read_answer(upstream: Service, body: &[u8]) -> Result<Response, Malformed> {
    let object = object(body)?;
    match upstream {
        Service::CohereEmbeddings => cohere::read_answer(&object),
        Service::GeminiEmbeddings | Service::GeminiEmbedding => gemini::read_answer(&object),
        Service::VertexEmbeddings => vertex::read_answer(&object),
        Service::OllamaEmbeddings => ollama::read_answer(&object),
        _ => openai::read_answer(&object),
    }
}

impl Back {
    /// An answer in the client's format.
    pub(super) fn answer(&self, body: &[u8], reply: &Reply) -> Result<Vec<u8>, Malformed> {
        let response = read_answer(self.upstream, body)?;
        if response.vectors.len() != self.count {
            let message = format!(
                "{} vectors came for {} inputs",
                response.vectors.len(),
                self.count
            );
            return Err(Malformed::new(message));
        }
        match self.client {
            Service::GeminiEmbeddings => gemini::write_answers(&response),
            Service::GeminiEmbedding => gemini::write_answer(&response),
            _ => openai::write_answer(&response, self.packed, reply),
        }
    }
}

/// A body as an object.
fn object(body: &[u8]) -> Result<Object<'_>, Malformed> {
    let text = std::str::from_utf8(body).map_err(|_| Malformed::new("the body is not UTF-8"))?;
    Value::parse(text)
        .ok()
        .and_then(Value::object)
        .ok_or_else(|| Malformed::new("the body must be a JSON object"))
}

/// The texts of a request, for a provider that takes nothing else.
fn texts(request: &Request) -> Result<Vec<&str>, Unsupported> {
    request
        .inputs
        .iter()
        .map(|input| match input {
            Input::Text(text) => Ok(text.as_str()),
            Input::Tokens(_) => Err(Unsupported {
                message: "this provider takes texts only: send `input` as texts, not as tokens"
                    .to_owned(),
                param: "input".to_owned(),
            }),
        })
        .collect()
}

#[cfg(test)]
mod tests;
