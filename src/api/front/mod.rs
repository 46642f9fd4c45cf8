//! The way every request takes: it gets an id, finds its handler, and whatever comes of that goes
//! out in the right envelope with one line in the log.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use futures_util::FutureExt;
use http::header::{
    CONTENT_LENGTH, CONTENT_SECURITY_POLICY, REFERRER_POLICY, TRANSFER_ENCODING,
    X_CONTENT_TYPE_OPTIONS,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use metrics::gauge;
use poem::{PathPattern, Request, Response};
use poem_openapi::OperationId;

mod access;
mod cors;

use access::Entry;
use cors::Cors;

use super::extract::{Arrival, Entrance};
use super::health::Readiness;
use super::problem::{Envelope, Malformed, Problem, closing, of_error};
use super::routes::{Parts, Table};
use crate::models::id;
use crate::models::refusal::Situation;
use crate::telemetry;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Answers requests.
pub struct Api {
    entrance: Arc<Entrance>,
    table: Table,
    readiness: Arc<Readiness>,
    cors: Cors,
    running: metrics::Gauge,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// What came of a request.
struct Outcome {
    response: Response,
    route: &'static str,
    code: Option<String>,
}

impl Api {
    /// An API over the parts it is made of.
    pub fn new(parts: &Parts) -> Self {
        telemetry::metrics::install();
        Self {
            entrance: Arc::new(Entrance {
                authenticator: parts.authenticator.clone(),
                trusted_proxies: parts.settings.trusted_proxies.clone(),
                body_limit: parts.settings.request_body_limit,
            }),
            table: Table::new(parts),
            readiness: Arc::clone(&parts.readiness),
            cors: Cors::new(&parts.settings.cors_origins),
            running: gauge!(telemetry::names::REQUESTS_RUNNING),
        }
    }

    /// Answers a request, whatever it is.
    pub async fn answer(&self, mut request: Request) -> Response {
        let arrival = Arc::new(Arrival {
            id: id::mint("req").into(),
            received: Instant::now(),
            entrance: Arc::clone(&self.entrance),
            caller: OnceLock::new(),
        });
        if let Some(uri) = tidy(request.uri()) {
            *request.uri_mut() = uri;
        }
        let method = known_method(request.method());
        let envelope = Envelope::of(request.uri().path());
        let origin = self.cors.origin(request.headers());
        request.set_data(Arc::clone(&arrival));
        let mut entry = Entry::begin(Arc::clone(&arrival), method, self.running.clone());
        let Outcome {
            mut response,
            route,
            code,
        } = self.outcome(request, envelope, &arrival).await;
        entry.route(route, response.status().as_u16(), code);
        let headers = response.headers_mut();
        if let Some(origin) = origin {
            Cors::allow(headers, origin);
        }
        dress(headers, envelope, &arrival.id);
        entry.follow(response)
    }

    /// Answers for a request to `path` that cannot be read.
    pub fn refuse(&self, why: Malformed, path: &str) -> Response {
        let arrival = Arc::new(Arrival {
            id: id::mint("req").into(),
            received: Instant::now(),
            entrance: Arc::clone(&self.entrance),
            caller: OnceLock::new(),
        });
        let mut entry = Entry::begin(Arc::clone(&arrival), "other", self.running.clone());
        let problem = Problem::from(why.refusal()).closing();
        let envelope = Envelope::of(path);
        let mut response = problem.answer(envelope, &arrival.id);
        entry.route("malformed", response.status().as_u16(), None);
        dress(response.headers_mut(), envelope, &arrival.id);
        entry.follow(response)
    }

    async fn outcome(&self, request: Request, envelope: Envelope, arrival: &Arrival) -> Outcome {
        if request.headers().len() > 100 {
            // HTTP/1.1 never comes this far with so many; HTTP/2 only bounds their size.
            return refused(
                &Malformed::HeadersTooLarge.refusal().into(),
                envelope,
                arrival,
            );
        }
        if self.readiness.is_closing() && !is_watched(request.uri().path()) {
            let problem = Problem::from(closing()).closing();
            return refused(&problem, envelope, arrival);
        }
        if let Some(response) = self.cors.preflight(&request) {
            return Outcome {
                response,
                route: "preflight",
                code: None,
            };
        }
        let long = announces_much(request.headers());
        match AssertUnwindSafe(self.table.call(request))
            .catch_unwind()
            .await
        {
            Ok(Ok(response)) => Outcome {
                route: route(response.data()),
                response,
                code: None,
            },
            Ok(Err(error)) => {
                let route = route(error.data());
                let pattern = error.data::<PathPattern>().map(|pattern| &*pattern.0);
                let allowed = pattern.and_then(|pattern| self.table.allowed(pattern));
                let mut problem = error
                    .downcast::<Problem>()
                    .unwrap_or_else(|error| of_error(&error, allowed));
                problem.close |= long && was_before_the_body(problem.refusal.situation);
                Outcome {
                    route,
                    ..refused(&problem, envelope, arrival)
                }
            }
            Err(_) => {
                tracing::error!(request.id = arrival.id.as_ref(), "a handler panicked");
                let problem = Problem::new(Situation::Internal, "Something went wrong here.");
                refused(&problem, envelope, arrival)
            }
        }
    }
}

fn refused(problem: &Problem, envelope: Envelope, arrival: &Arrival) -> Outcome {
    Outcome {
        response: problem.answer(envelope, &arrival.id),
        route: "none",
        code: problem.refusal.told_code().map(str::to_owned),
    }
}

fn route(operation: Option<&OperationId>) -> &'static str {
    operation.map_or("none", |operation| operation.0)
}

/// Whether a body is announced that will not be skipped for the sake of the next request.
fn announces_much(headers: &HeaderMap) -> bool {
    const SKIPPED: u64 = 4096;
    headers.contains_key(TRANSFER_ENCODING)
        || headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse::<u64>().ok())
            .is_some_and(|length| length > SKIPPED)
}

/// Whether it was said before anybody looked at the body.
fn was_before_the_body(situation: Situation) -> bool {
    matches!(
        situation,
        Situation::Unauthenticated
            | Situation::AddressNotAllowed
            | Situation::AccountDisabled
            | Situation::Forbidden
            | Situation::DatabaseUnavailable
            | Situation::NotFound
            | Situation::MethodNotAllowed
    )
}

/// What is asked for by those who watch the server, also while it stops.
fn is_watched(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// Headers that every answer has.
fn dress(headers: &mut HeaderMap, envelope: Envelope, id: &str) {
    const POLICY: HeaderValue =
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    if let Ok(id) = HeaderValue::from_str(id) {
        if envelope == Envelope::Anthropic {
            headers.insert(REQUEST_ID, id.clone());
        }
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
}

/// The method as a label: a client may send any word.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The address without doubled and trailing slashes, with a model's id in one piece and Google's
/// verb behind a slash; `None` when it is so already.
fn tidy(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let slashes = path.contains("//") || (path.len() > 1 && path.ends_with('/'));
    let model = of_model(path).is_some_and(|id| id.contains(['/', ':']));
    if !slashes && !model {
        return None;
    }
    let mut tidied = String::with_capacity(path.len() + 8);
    for part in path.split('/').filter(|part| !part.is_empty()) {
        tidied.push('/');
        tidied.push_str(part);
    }
    if tidied.is_empty() {
        tidied.push('/');
    }
    if let Some(id) = of_model(&tidied) {
        let (id, verb) = match id.rsplit_once(':') {
            Some((id, verb)) if VERBS.contains(&verb) => (id, Some(verb)),
            _ => (id, None),
        };
        let id = id.replace('/', "%2F");
        tidied = match verb {
            Some(verb) => format!("{GOOGLE_MODELS}{id}/{verb}"),
            None => format!("{}{id}", &tidied[..tidied.len() - of_model(&tidied)?.len()]),
        };
    }
    if let Some(query) = uri.query() {
        tidied.push('?');
        tidied.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(tidied).ok()?);
    Uri::from_parts(parts).ok()
}

const MODELS: &str = "/v1/models/";
const GOOGLE_MODELS: &str = "/v1beta/models/";

/// What Google's clients ask of a model, behind its name and a colon.
const VERBS: [&str; 5] = [
    "generateContent",
    "streamGenerateContent",
    "countTokens",
    "embedContent",
    "batchEmbedContents",
];

/// What stands in the place of a model's id.
fn of_model(path: &str) -> Option<&str> {
    path.strip_prefix(MODELS)
        .or_else(|| path.strip_prefix(GOOGLE_MODELS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_tidied_before_they_are_looked_up() {
        for (given, tidied) in [
            ("//v1//chat/completions", "/v1/chat/completions"),
            ("/v1/messages/?beta=true", "/v1/messages?beta=true"),
            ("/v1/models/a/b", "/v1/models/a%2Fb"),
            ("/v1/models/a%2Fb/c/", "/v1/models/a%2Fb%2Fc"),
            ("/v1/models/", "/v1/models"),
            ("/v1beta/models/a/b", "/v1beta/models/a%2Fb"),
            (
                "/v1beta/models/google/g:generateContent?alt=sse",
                "/v1beta/models/google%2Fg/generateContent?alt=sse",
            ),
            ("/v1/models/m:countTokens", "/v1beta/models/m/countTokens"),
            (
                "/v1/models/m:7b:countTokens",
                "/v1beta/models/m:7b/countTokens",
            ),
            ("//", "/"),
        ] {
            let uri: Uri = given.parse().unwrap();
            assert_eq!(tidy(&uri).unwrap().to_string(), tidied, "{given}");
        }
        for fine in ["/", "/v1/models", "/v1/models/a%2Fb", "/v1/messages?x=//"] {
            assert_eq!(tidy(&fine.parse().unwrap()), None, "{fine}");
        }
    }
}
