//! Rerankings from one format to another.
//!
//! Clients speak the form that Cohere began and Jina, vLLM and llama.cpp share; providers that
//! differ are told in their own words. Documents come back from the request, so that every
//! provider gives them.

mod read;
mod write;

use super::services::Untranslatable;
use super::{Malformed, Reply, Service, Written};
use crate::models::reranking::{Request, Response};

/// How an answer gets back to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    upstream: Service,
    /// How many documents there are.
    count: usize,
    /// The documents, where they are wanted back.
    documents: Option<Vec<String>>,
}

/// Translates a request of the common form.
pub(super) fn translate(
    upstream: Service,
    body: &[u8],
    model: &str,
) -> Result<(Written, Back), Untranslatable> {
    let request = read_request(body)?;
    let written = write_request(upstream, &request, model);
    let back = Back {
        upstream,
        count: request.documents.len(),
        documents: request.returns_documents.then_some(request.documents),
    };
    Ok((written, back))
}

/// Reads what a client asks for.
pub fn read_request(body: &[u8]) -> Result<Request, Malformed> {
    read::request(body)
}

/// Writes a request for a model, and says what had to be left out.
pub fn write_request(upstream: Service, request: &Request, model: &str) -> Written {
    write::request(upstream, request, model)
}

/// Reads a provider's answer.
pub fn read_answer(upstream: Service, body: &[u8]) -> Result<Response, Malformed> {
    read::answer(upstream, body)
}

impl Back {
    /// An answer in the client's format.
    pub(super) fn answer(&self, body: &[u8], reply: &Reply) -> Result<Vec<u8>, Malformed> {
        let response = read_answer(self.upstream, body)?;
        let known = |index| usize::try_from(index).is_ok_and(|index| index < self.count);
        if let Some(odd) = response.results.iter().find(|result| !known(result.index)) {
            let message = format!("there is no document {}", odd.index);
            return Err(Malformed::new(message));
        }
        Ok(write::answer(&response, self.documents.as_deref(), reply))
    }
}

#[cfg(test)]
mod tests;
