//! What providers and clients are told, written.

use crate::dialects::json::{Fields, Json};
use crate::dialects::{Reply, Service, Written};
use crate::models::reranking::{Request, Response};

pub(super) fn request(upstream: Service, request: &Request, model: &str) -> Written {
    let documents: Vec<Json<'_>> = request.documents.iter().map(Json::from).collect();
    let top = match upstream {
        Service::VoyageRerank => "top_k",
        _ => "top_n",
    };
    let body = Fields::new()
        .with("model", model)
        .with("query", &request.query)
        .with("documents", documents)
        .maybe(top, request.top);
    Written {
        body: body.bytes(),
        dropped: request.unsaid.clone(),
        ..Written::default()
    }
}

pub(super) fn answer(response: &Response, documents: Option<&[String]>, reply: &Reply) -> Vec<u8> {
    let results: Vec<Json<'_>> = response
        .results
        .iter()
        .map(|result| {
            let place = usize::try_from(result.index).unwrap_or(usize::MAX);
            let text = documents.and_then(|documents| documents.get(place));
            Fields::new()
                .with("index", result.index)
                .with("relevance_score", &result.score)
                .maybe(
                    "document",
                    text.map(|text| Fields::new().with("text", text)),
                )
                .into()
        })
        .collect();
    let usage = response
        .tokens
        .map(|tokens| Fields::new().with("total_tokens", tokens));
    let meta = response.searches.map(|searches| {
        let billed = Fields::new().with("search_units", searches);
        Fields::new().with("billed_units", billed)
    });
    Fields::new()
        .maybe("id", response.id.as_ref())
        .with("model", &reply.model)
        .with("results", results)
        .maybe("usage", usage)
        .maybe("meta", meta)
        .bytes()
}
