//! Where calls go: how a provider is addressed and signed, and what its failures mean.
//!
//! A provider never parses a conversation and never sends: it makes a request, [`http::Client`]
//! sends it, and the provider says what a failed answer means. Start at [`Provider`], then
//! [`registry`].

mod address;
mod anthropic;
mod auth;
mod azure;
mod bedrock;
mod cohere;
mod demo;
pub mod failure;
mod gemini;
mod headers;
pub mod http;
mod ollama;
mod openai;
mod probe;
pub mod registry;
mod remote;
mod scrub;
mod site;
mod vertex;

use std::sync::Arc;

use ::http::{HeaderMap, StatusCode};
use futures_util::future::BoxFuture;

use crate::config;
use crate::dialects::Dialect;
use crate::dialects::peek::Segments;
use crate::models::operation::Operation;

pub use self::failure::{Class, Failure};
pub use self::headers::{forwardable, request_id};
pub use self::http::{
    Body, BodyError, Client, Following, Obstacle, Pieces, SegmentsBody, SendError, Sent, Tail,
    Unsent,
};
pub use self::probe::{Probed, Unwell, probe};
pub use self::registry::{Providers, build, one};

/// Who serves a call, and under which name.
#[derive(Clone)]
pub struct Target {
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// Its name.
    pub provider_name: Arc<str>,
    /// The model in the provider's words.
    pub model: Arc<str>,
    /// How long it may take.
    pub timeouts: config::Upstream,
}

impl Target {
    /// Which dialect a client's call goes there in; `None` when it cannot be made there.
    pub fn speaks(&self, operation: Operation, client: Dialect) -> Option<Dialect> {
        self.provider.speaks(operation, client, &self.model)
    }
}

/// A call on its way out.
pub struct Outbound<'a> {
    /// Who serves it.
    pub target: &'a Target,
    /// What it asks for.
    pub operation: Operation,
    /// The dialect of the body.
    pub dialect: Dialect,
    /// The body.
    pub body: Segments,
    /// What the body is and what follows it, where it comes in parts.
    pub upload: Option<Parts>,
    /// The client's headers, of which an allow-list goes on.
    pub client_headers: &'a HeaderMap,
    /// The client's query, of which an allow-list goes on.
    pub query: Option<&'a str>,
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// The number of the credential it goes with, from zero.
    pub credential: usize,
    /// The caller's key id, for the demo provider's tricks.
    pub caller: &'a str,
}

/// A body in parts.
#[derive(Debug)]
pub struct Parts {
    /// How it calls itself.
    pub content_type: String,
    /// What follows the body's beginning.
    pub tail: Option<Following>,
}

/// A request that is ready: to be sent, or answered already.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are to be sent, and none is kept"
)]
pub enum Request {
    /// To be sent.
    Send(::http::Request<SegmentsBody>),
    /// Answered in this process.
    Answered(::http::Response<Body>),
}

impl Request {
    /// Notes when a connection begins to take it.
    pub fn watch(&mut self, sent: &Sent) {
        match self {
            Self::Send(request) => request.body_mut().watched(sent.clone()),
            Self::Answered(_) => sent.begin(),
        }
    }
}

/// A request that is ready, or will be once its credential is there.
#[expect(
    clippy::large_enum_variant,
    reason = "a box for each call costs more than the room"
)]
pub enum Made {
    /// It is ready.
    Ready(Result<Request, Misconfigured>),
    /// Its credential is being fetched, in bounded time.
    Soon(BoxFuture<'static, Result<Request, Unready>>),
}

impl Made {
    /// The request.
    pub async fn request(self) -> Result<Request, Unready> {
        match self {
            Self::Ready(made) => Ok(made?),
            Self::Soon(made) => made.await,
        }
    }
}

/// A provider's settings that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("provider {provider}: {message}")]
pub struct Misconfigured {
    /// The provider's name.
    pub provider: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a request is not ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// It cannot be made.
    #[error(transparent)]
    Misconfigured(#[from] Misconfigured),
    /// Whoever gives its credential cannot be reached, fails or says nothing.
    #[error("provider {provider}: {message}")]
    NoCredential {
        /// The provider's name.
        provider: String,
        /// What is wrong and what to do.
        message: String,
    },
}

impl Unready {
    /// What is wrong and what to do.
    pub fn message(&self) -> &str {
        match self {
            Self::Misconfigured(Misconfigured { message, .. })
            | Self::NoCredential { message, .. } => message,
        }
    }

    /// What it means.
    pub fn class(&self) -> Class {
        match self {
            Self::Misconfigured(_) => Class::Misconfigured,
            Self::NoCredential { .. } => Class::NoCredential,
        }
    }
}

/// Somewhere that serves models.
pub trait Provider: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &str;

    /// What it is.
    fn kind(&self) -> config::Kind;

    /// The dialect in which it does an operation with a model for a client: the client's own where
    /// it is spoken, else the one to translate to; `None` when it cannot do the operation.
    fn speaks(&self, operation: Operation, client: Dialect, model: &str) -> Option<Dialect>;

    /// Whether usage has to be asked for in streams (`stream_options.include_usage`).
    fn wants_usage_asked(&self) -> bool {
        true
    }

    /// Which of a client's headers it cannot be told as they are, though others of the dialect can.
    fn unheard(&self, _: Dialect, _: &HeaderMap) -> Option<&'static str> {
        None
    }

    /// Which field of a body that is passed on it cannot be told as it is, though others of the
    /// dialect can.
    fn unheard_within(&self, _: Dialect, _: &[u8]) -> Option<&'static str> {
        None
    }

    /// How many credentials it has to choose from.
    fn credentials(&self) -> usize {
        1
    }

    /// Makes the request of a call.
    fn request(&self, call: Outbound<'_>) -> Made;

    /// What an answer with a status other than 200 to 299 means.
    fn failure(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure;

    /// A text of the provider's without its credentials.
    fn clean(&self, text: &str) -> String {
        text.to_owned()
    }

    /// The models it is configured to serve: `["*"]` for any, empty for what its kind is known for.
    fn models(&self) -> &[String];

    /// Where it is, for `provider list`; empty for the one in this process.
    fn base_url(&self) -> &str;

    /// A request that costs nothing and shows whether address and credential are good; the
    /// credential by its number from zero.
    fn probe(&self, credential: usize) -> Option<Made>;
}
