//! The list of all addresses.
//!
//! Each API struct is named once, in [`all`]: the document and the router are made of that same
//! value, so they cannot disagree. The addresses of model calls are taken out of it once more, by
//! name, for the short way through [`Api::answer`](super::Api::answer).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use poem::endpoint::BoxEndpoint;
use poem::{Endpoint, EndpointExt, IntoEndpoint, Request, Response};
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::{OpenApi, OpenApiService, Tags};

use super::admin::audit::Audit;
use super::admin::explain::Routes as Explained;
use super::admin::keys::Keys;
use super::admin::login::Login;
use super::admin::me::Me;
use super::admin::offers::{ModelOffers, ProviderOffers};
use super::admin::setup::Setup;
use super::admin::status::Status;
use super::admin::teams::Teams;
use super::admin::usage::Usage;
use super::admin::users::Users;
use super::anthropic::messages::Messages;
use super::docs::Docs;
use super::document::finish;
use super::extract::{Arrival, Caller};
use super::gemini::content::Content;
use super::gemini::embeddings::ContentEmbeddings;
use super::health::{Health, Readiness};
use super::metrics::Metrics;
use super::models::Models;
use super::openai::audio::Audio;
use super::openai::chat::Chat;
use super::openai::completions::Completions;
use super::openai::embeddings::Embeddings;
use super::openai::images::Images;
use super::openai::moderations::Moderations;
use super::openai::rerank::Rerank;
use super::openai::responses::Responses;
use super::openai::usage::OwnUsage;
use super::problem::Problem;
use crate::auth::{Authenticator, Door, Sessions};
use crate::catalog::Catalog;
use crate::config;
use crate::dialects::Wire;
use crate::gateway::{Addressed, Call, Gateway, Upload};
use crate::models::clock::Clock;
use crate::models::operation::Endpoint as CallEndpoint;
use crate::offers::Offers;
use crate::providers;
use crate::store::Store;

/// The addresses that take the short way: those that do not have parameters and are called most.
const HOT: [&str; 5] = [
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/messages",
    "/v1/responses",
    "/v1/messages/count_tokens",
];

/// What the addresses are about.
#[derive(Debug, Tags)]
pub(super) enum Tag {
    /// Calls to models, in OpenAI's and Anthropic's formats.
    Models,
    /// Signing in, users, keys and teams.
    People,
    /// Usage records and reports.
    Usage,
    /// For those who run the server.
    Operations,
}

/// What the API is made of.
pub struct Parts {
    /// `[server]`
    pub settings: config::Server,
    /// Answers model calls.
    pub gateway: Arc<Gateway>,
    /// The models.
    pub catalog: Arc<Catalog>,
    /// Users, keys and teams.
    pub accounts: Door,
    /// Sessions of signed-in users.
    pub sessions: Sessions,
    /// Knows the callers.
    pub authenticator: Authenticator,
    /// The database, for usage.
    pub store: Store,
    /// Providers and models of the database.
    pub offers: Offers,
    /// The time.
    pub clock: Clock,
    /// This process among those that share the database.
    pub replica: Arc<str>,
    /// When the process started.
    pub started: Instant,
    /// How far the process is in its life.
    pub readiness: Arc<Readiness>,
}

type All = (
    Chat,
    Messages,
    Responses,
    Content,
    ContentEmbeddings,
    Services,
    Models,
    OwnUsage,
    People,
    Usage,
    Operations,
    Docs,
);

/// What clients of OpenAI's ask beside chat.
type Services = (Completions, Embeddings, Rerank, Moderations, Images, Audio);

/// Who signs in, who belongs together, and what they call with.
type People = (Login, Me, Users, Keys, Teams);

/// What those ask who run the server.
type Operations = (
    ProviderOffers,
    ModelOffers,
    Explained,
    Audit,
    Status,
    Health,
    Metrics,
);

/// Everything that has an address.
fn all(parts: &Parts) -> All {
    let accounts = || parts.accounts.clone();
    let store = || parts.store.clone();
    let gateway = || Arc::clone(&parts.gateway);
    let secure = parts
        .settings
        .public_url
        .as_deref()
        .is_some_and(|url| url.starts_with("https:"));
    (
        Chat { gateway: gateway() },
        Messages { gateway: gateway() },
        Responses { gateway: gateway() },
        Content { gateway: gateway() },
        ContentEmbeddings { gateway: gateway() },
        (
            Completions { gateway: gateway() },
            Embeddings { gateway: gateway() },
            Rerank { gateway: gateway() },
            Moderations { gateway: gateway() },
            Images { gateway: gateway() },
            Audio { gateway: gateway() },
        ),
        Models {
            catalog: Arc::clone(&parts.catalog),
        },
        OwnUsage {
            store: store(),
            gateway: gateway(),
        },
        (
            Login {
                sessions: parts.sessions.clone(),
                secure,
            },
            Me {
                accounts: accounts(),
            },
            Users {
                accounts: accounts(),
            },
            Keys {
                accounts: accounts(),
                store: store(),
            },
            Teams {
                accounts: accounts(),
            },
        ),
        Usage {
            store: store(),
            accounts: accounts(),
        },
        (
            ProviderOffers {
                offers: parts.offers.clone(),
            },
            ModelOffers {
                offers: parts.offers.clone(),
            },
            Explained {
                accounts: accounts(),
                gateway: gateway(),
            },
            Audit {
                accounts: accounts(),
            },
            Status {
                offers: parts.offers.clone(),
                catalog: Arc::clone(&parts.catalog),
                store: store(),
                authenticator: parts.authenticator.clone(),
                clock: parts.clock.clone(),
                replica: Arc::clone(&parts.replica),
                started: parts.started,
            },
            Health {
                readiness: Arc::clone(&parts.readiness),
                authenticator: parts.authenticator.clone(),
            },
            Metrics {
                token: parts.settings.metrics_token.clone(),
            },
        ),
        Docs,
    )
}

/// The OpenAPI document as JSON.
pub fn document() -> String {
    let service = OpenApiService::new(Described, "Manti", env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        .license("MIT");
    finish(&service.spec())
}

const DESCRIPTION: &str = "One address between an organisation's applications and every LLM \
    provider. Model calls speak OpenAI's or Anthropic's format; errors come in the format of the \
    address that was called. `/api/v1` is Manti's own: JSON, snake_case, RFC 3339, decimal strings \
    for money.";

/// Everything that has an address, without the things it works with: for the document.
struct Described;

impl OpenApi for Described {
    fn meta() -> Vec<MetaApi> {
        All::meta()
    }

    fn register(registry: &mut Registry) {
        All::register(registry);
    }

    fn add_routes(self, _: &mut Handlers) {}
}

/// Handlers by path and method, as poem-openapi gives them.
type Handlers = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

/// From an address to its handler.
pub(super) struct Table {
    hot: Vec<(&'static str, BoxEndpoint<'static>)>,
    setup: Setup,
    rest: BoxEndpoint<'static>,
    allowed: HashMap<String, String>,
}

impl Table {
    pub(super) fn new(parts: &Parts) -> Self {
        let mut handlers = Handlers::new();
        all(parts).add_routes(&mut handlers);
        let allowed = handlers
            .iter()
            .map(|(path, methods)| (path.clone(), allowed(methods.keys())))
            .collect();
        let hot = HOT
            .into_iter()
            .filter_map(|path| Some((path, handlers.remove(path)?.remove(&Method::POST)?)))
            .collect();
        let accounts = parts.accounts.clone();
        Self {
            hot,
            setup: Setup { accounts },
            rest: OpenApiService::new(all(parts), "Manti", "")
                .into_endpoint()
                .boxed(),
            allowed,
        }
    }

    /// Hands a request to its handler.
    pub(super) async fn call(&self, request: Request) -> poem::Result<Response> {
        let path = request.uri().path();
        if request.method() == Method::POST
            && let Some((_, handler)) = self.hot.iter().find(|(hot, _)| *hot == path)
        {
            return handler.call(request).await;
        }
        if path == "/setup" {
            return Box::pin(self.setup.call(request)).await;
        }
        self.rest.call(request).await
    }

    /// The methods of a path, for whoever tried another one.
    pub(super) fn allowed(&self, pattern: &str) -> Option<&str> {
        self.allowed.get(pattern).map(String::as_str)
    }
}

fn allowed<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut names: Vec<&str> = methods.map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.join(", ")
}

/// A model call, as the gateway takes it.
pub(super) fn call(
    caller: Caller,
    request: &Request,
    body: Bytes,
    endpoint: CallEndpoint,
    client: &'static dyn Wire,
) -> Result<Call, Problem> {
    let arrival = Arrival::of(request)?;
    let headers = request.headers();
    Ok(Call {
        id: Arc::clone(&arrival.id),
        received: arrival.received,
        principal: caller.0,
        endpoint,
        client,
        addressed: None,
        body,
        upload: None,
        strict: strict(headers)?,
        tags: tags(headers)?,
        headers: providers::forwardable(headers),
        query: request.uri().query().map(str::to_owned),
    })
}

/// The same where the address names the model.
pub(super) fn addressed(
    caller: Caller,
    request: &Request,
    body: Bytes,
    endpoint: CallEndpoint,
    client: &'static dyn Wire,
    asked: Addressed,
) -> Result<Call, Problem> {
    let call = call(caller, request, body, endpoint, client)?;
    Ok(Call {
        addressed: Some(asked),
        ..call
    })
}

/// The same of a body in parts.
pub(super) fn upload(
    caller: Caller,
    request: &Request,
    parts: Upload,
    endpoint: CallEndpoint,
    client: &'static dyn Wire,
) -> Result<Call, Problem> {
    let call = call(caller, request, Bytes::new(), endpoint, client)?;
    Ok(Call {
        upload: Some(parts),
        ..call
    })
}

/// `x-manti-strict: 1` asks to refuse what the target cannot be told.
fn strict(headers: &HeaderMap) -> Result<bool, Problem> {
    const NAME: &str = "x-manti-strict";
    match headers.get(NAME).map(HeaderValue::as_bytes) {
        None | Some(b"0" | b"false") => Ok(false),
        Some(b"1" | b"true") => Ok(true),
        Some(_) => Err(Problem::invalid(NAME, "must be true or false")),
    }
}

/// The headers in which agents name their session, and the tags these become.
const SESSIONS: [(&str, &str); 4] = [
    ("x-claude-code-session-id", "session"),
    ("x-claude-code-agent-id", "agent"),
    ("session_id", "session"),
    ("session-id", "session"),
];

/// The longest name and the longest value of a tag.
const LONGEST_TAG: usize = 256;

/// What an agent's own headers say of its session.
fn session(headers: &HeaderMap) -> BTreeMap<String, String> {
    let named = SESSIONS.iter().filter_map(|(header, tag)| {
        let value = headers.get(*header)?.to_str().ok()?.trim();
        let fits = (1..=LONGEST_TAG).contains(&value.len());
        fits.then(|| ((*tag).to_owned(), value.to_owned()))
    });
    named.collect()
}

/// `x-manti-tags: name=value, name=value`, at most ten, beside the agent's session.
fn tags(headers: &HeaderMap) -> Result<BTreeMap<String, String>, Problem> {
    const NAME: &str = "x-manti-tags";
    const MOST: usize = 10;
    let mut tags = BTreeMap::new();
    for value in headers.get_all(NAME) {
        let wrong = || {
            Problem::invalid(
                NAME,
                format_args!("must be at most {MOST} pairs: name=value, name=value"),
            )
        };
        let text = value.to_str().map_err(|_| wrong())?;
        for pair in text
            .split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair.split_once('=').ok_or_else(wrong)?;
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() || name.len() > LONGEST_TAG || value.len() > LONGEST_TAG {
                return Err(wrong());
            }
            tags.insert(name.to_owned(), value.to_owned());
        }
        if tags.len() > MOST {
            return Err(wrong());
        }
    }
    for (name, value) in session(headers) {
        if tags.len() < MOST {
            tags.entry(name).or_insert(value);
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn tags_are_read_and_bounded() {
        let read = tags(&headers("x-manti-tags", "team=red, project = a=b ,")).unwrap();
        assert_eq!(read["team"], "red");
        assert_eq!(read["project"], "a=b");
        let many = (0..11)
            .map(|n| format!("t{n}=1"))
            .collect::<Vec<_>>()
            .join(",");
        for odd in ["x", "=y", &many, &format!("a={}", "b".repeat(300))] {
            let problem = tags(&headers("x-manti-tags", odd)).unwrap_err();
            assert_eq!(problem.refusal.param.as_deref(), Some("x-manti-tags"));
        }
    }

    #[test]
    fn an_agents_session_is_a_tag_unless_the_client_says_otherwise() {
        let mut claude = headers("x-claude-code-session-id", "s-1");
        assert_eq!(tags(&claude).unwrap()["session"], "s-1");
        claude.extend(headers("x-manti-tags", "session=mine"));
        assert_eq!(tags(&claude).unwrap()["session"], "mine");
        for name in ["session_id", "session-id"] {
            assert_eq!(tags(&headers(name, "c-1")).unwrap()["session"], "c-1");
        }
        let long = "x".repeat(300);
        assert!(tags(&headers("session_id", &long)).unwrap().is_empty());
    }

    #[test]
    fn strictness_is_a_flag() {
        assert!(strict(&headers("x-manti-strict", "1")).unwrap());
        assert!(!strict(&headers("x-manti-strict", "false")).unwrap());
        assert!(!strict(&HeaderMap::new()).unwrap());
        assert!(strict(&headers("x-manti-strict", "maybe")).is_err());
    }
}
