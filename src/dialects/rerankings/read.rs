//! What clients and providers say, read.

use crate::dialects::json::{Object, Value};
use crate::dialects::{Malformed, Service};
use crate::models::reranking::{Ranked, Request, Response};

pub(super) fn request(body: &[u8]) -> Result<Request, Malformed> {
    let root = object(body)?;
    let mut request = Request::default();
    for (name, value) in root.fields() {
        if value.is_null() {
            continue;
        }
        match name {
            "model" => {}
            "query" => {
                let wrong = || Malformed::at("query", "`query` must be a text");
                request.query = value.text().ok_or_else(wrong)?.into_owned();
            }
            "documents" => request.documents = documents(value)?,
            "top_n" | "top_k" => {
                let wrong = || Malformed::at(name, format!("`{name}` must be a whole number"));
                request.top = Some(value.count().ok_or_else(wrong)?);
            }
            "return_documents" => {
                let wrong = || Malformed::at(name, format!("`{name}` must be a boolean"));
                request.returns_documents = value.truth().ok_or_else(wrong)?;
            }
            _ => request.unsaid.push(name.to_owned()),
        }
    }
    for name in ["query", "documents"] {
        if root.get(name).is_none() {
            return Err(Malformed::at(name, format!("`{name}` is missing")));
        }
    }
    Ok(request)
}

/// Texts, or objects with one.
fn documents(value: Value<'_>) -> Result<Vec<String>, Malformed> {
    let wrong = || Malformed::at("documents", "`documents` must be a list of texts");
    let items = value.list().ok_or_else(wrong)?;
    if items.is_empty() {
        let message = "`documents` must not be empty";
        return Err(Malformed::at("documents", message));
    }
    let read = |(place, item): (usize, Value<'_>)| {
        let text = item.text().map(std::borrow::Cow::into_owned);
        let text = text.or_else(|| item.object()?.string("text"));
        text.ok_or_else(|| {
            let at = format!("documents[{place}]");
            let message = format!("`{at}` must be a text");
            Malformed::at(at, message)
        })
    };
    items.into_iter().enumerate().map(read).collect()
}

pub(super) fn answer(upstream: Service, body: &[u8]) -> Result<Response, Malformed> {
    let root = object(body)?;
    let list = match upstream {
        Service::VoyageRerank => "data",
        _ => "results",
    };
    let mut results = Vec::new();
    for (place, item) in root.list(list).into_iter().enumerate() {
        let wrong = || Malformed::new(format!("{list}[{place}] has no index or no score"));
        let item = item.object().ok_or_else(wrong)?;
        let index = item.get("index").and_then(Value::count);
        let score = item.get("relevance_score").or_else(|| item.get("score"));
        results.push(Ranked {
            index: index.ok_or_else(wrong)?,
            score: score.ok_or_else(wrong)?.raw(),
        });
    }
    let billed = root
        .object("meta")
        .and_then(|meta| meta.object("billed_units"))
        .unwrap_or_default();
    let usage = root.object("usage").unwrap_or_default();
    Ok(Response {
        id: root.word("id"),
        results,
        searches: billed.get("search_units").and_then(Value::count),
        tokens: usage.get("total_tokens").and_then(Value::count),
    })
}

/// A body as an object.
fn object(body: &[u8]) -> Result<Object<'_>, Malformed> {
    let text = std::str::from_utf8(body).map_err(|_| Malformed::new("the body is not UTF-8"))?;
    Value::parse(text)
        .ok()
        .and_then(Value::object)
        .ok_or_else(|| Malformed::new("the body must be a JSON object"))
}
