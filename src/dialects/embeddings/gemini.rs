//! Gemini's `embedContent` and `batchEmbedContents`.

use super::{object, purpose, texts, vector};
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::{Malformed, Unsupported, Written};
use crate::models::embedding::{Input, Request, Response, Vector};

/// Reads `batchEmbedContents`. All requests must want the same of their vectors.
pub(super) fn read_requests(body: &[u8]) -> Result<Request, Malformed> {
    let root = object(body)?;
    let mut all = Request::default();
    for (place, item) in root.list("requests").into_iter().enumerate() {
        let at = format!("requests[{place}]");
        let item = item.object();
        let item = item.ok_or_else(|| Malformed::at(&at, format!("`{at}` must be an object")))?;
        let one = read(&item, &format!("{at}."))?;
        if place == 0 {
            all = one;
            continue;
        }
        if (one.dimensions, one.purpose) != (all.dimensions, all.purpose) {
            let message = format!("`{at}` wants other vectors than `requests[0]`");
            return Err(Malformed::at(at, message));
        }
        all.inputs.extend(one.inputs);
        all.unsaid.extend(one.unsaid);
    }
    Ok(all)
}

/// Reads `embedContent`.
pub(super) fn read_request(body: &[u8]) -> Result<Request, Malformed> {
    read(&object(body)?, "")
}

fn read(root: &Object<'_>, at: &str) -> Result<Request, Malformed> {
    let mut request = Request::default();
    for (name, value) in root.fields() {
        let path = format!("{at}{name}");
        match name {
            "model" => {}
            "content" => request.inputs.push(Input::Text(content(value, &path)?)),
            "outputDimensionality" | "output_dimensionality" => {
                let wrong = || Malformed::at(&path, format!("`{path}` must be a whole number"));
                request.dimensions = Some(value.count().ok_or_else(wrong)?);
            }
            "taskType" | "task_type" => {
                request.purpose = value.text().as_deref().and_then(purpose::read);
                if request.purpose.is_none() {
                    request.unsaid.push(path);
                }
            }
            _ => request.unsaid.push(path),
        }
    }
    if request.inputs.is_empty() {
        let path = format!("{at}content");
        return Err(Malformed::at(&path, format!("`{path}` is missing")));
    }
    Ok(request)
}

/// The texts of a content's parts, which make one vector.
fn content(value: Value<'_>, at: &str) -> Result<String, Malformed> {
    let parts = value.object().map(|content| content.list("parts"));
    let texts = parts.unwrap_or_default().into_iter().map(|part| {
        let part = part.object().unwrap_or_default();
        part.string("text")
    });
    let texts: Option<Vec<String>> = texts.collect();
    texts
        .filter(|texts| !texts.is_empty())
        .map(|texts| texts.join("\n"))
        .ok_or_else(|| Malformed::at(at, format!("`{at}` must be parts of text")))
}

/// Names a field in Google's words that others have in OpenAI's.
pub(super) fn in_clients_words(path: &mut String) {
    let known = [
        ("input_type", "taskType"),
        ("dimensions", "outputDimensionality"),
    ];
    if let Some((_, own)) = known.iter().find(|(theirs, _)| theirs == path) {
        (*own).clone_into(path);
    }
}

/// One, as Vertex AI wants it, which has nothing for many at once.
///
/// See <https://docs.cloud.google.com/gemini-enterprise-agent-platform/reference/rest/v1beta1/projects.locations.publishers.models/embedContent>.
pub(super) fn write_request(request: &Request) -> Result<Written, Unsupported> {
    let [text] = texts(request)?[..] else {
        return Err(Unsupported {
            message: "this model makes one vector a call: send one text".to_owned(),
            param: "input".to_owned(),
        });
    };
    let part = Fields::new().with("text", text);
    let config = Fields::new()
        .maybe("taskType", request.purpose.map(purpose::gemini))
        .maybe("outputDimensionality", request.dimensions);
    let body = Fields::new()
        .with("content", Fields::new().with("parts", vec![part.into()]))
        .maybe(
            "embedContentConfig",
            Some(config).filter(|config| !config.is_empty()),
        );
    Ok(Written {
        body: body.bytes(),
        dropped: request.unsaid.clone(),
        ..Written::default()
    })
}

/// Always many at once: one is a list of one.
pub(super) fn write_requests(request: &Request, model: &str) -> Result<Written, Unsupported> {
    let model = format!("models/{}", model.trim_start_matches("models/"));
    let requests: Vec<Json<'_>> = texts(request)?
        .into_iter()
        .map(|text| {
            let part = Fields::new().with("text", text);
            Fields::new()
                .with("model", model.clone())
                .with("content", Fields::new().with("parts", vec![part.into()]))
                .maybe("taskType", request.purpose.map(purpose::gemini))
                .maybe("outputDimensionality", request.dimensions)
                .into()
        })
        .collect();
    Ok(Written {
        body: Fields::new().with("requests", requests).bytes(),
        dropped: request.unsaid.clone(),
        ..Written::default()
    })
}

pub(super) fn read_answer(root: &Object<'_>) -> Result<Response, Malformed> {
    let lone = root.get("embedding");
    let items = lone.map_or_else(|| root.list("embeddings"), |item| vec![item]);
    let vectors = items.into_iter().map(|item| {
        let values = item.object().and_then(|item| item.get("values"));
        vector::read(values.ok_or_else(|| Malformed::new("an embedding has no values"))?)
    });
    let usage = root.object("usageMetadata").unwrap_or_default();
    Ok(Response {
        model: None,
        vectors: vectors.collect::<Result<_, _>>()?,
        tokens: usage.get("promptTokenCount").and_then(Value::count),
    })
}

pub(super) fn write_answers(response: &Response) -> Result<Vec<u8>, Malformed> {
    let embeddings = response.vectors.iter().map(values);
    let embeddings: Vec<Json<'_>> = embeddings.collect::<Result<_, _>>()?;
    Ok(usage(Fields::new().with("embeddings", embeddings), response).bytes())
}

pub(super) fn write_answer(response: &Response) -> Result<Vec<u8>, Malformed> {
    let first = response.vectors.first();
    let first = first.ok_or_else(|| Malformed::new("the answer has no vector"))?;
    let answer = Fields::new().with("embedding", values(first)?);
    Ok(usage(answer, response).bytes())
}

fn values(vector: &Vector) -> Result<Json<'static>, Malformed> {
    let numbers = Json::Raw(vector::numbers(vector)?.into());
    Ok(Fields::new().with("values", numbers).into())
}

fn usage<'a>(answer: Fields<'a>, response: &Response) -> Fields<'a> {
    let usage = response.tokens.map(|tokens| {
        Fields::new()
            .with("promptTokenCount", tokens)
            .with("totalTokenCount", tokens)
    });
    answer.maybe("usageMetadata", usage)
}
