//! Credentials: what a request is signed with.
//!
//! A key is there from the start. A token is fetched, kept while it is good and renewed before it
//! is not, so that hardly a call waits for one.

mod aws;
mod chain;
mod entra;
mod exchange;
mod google;
mod keys;
mod tokens;

use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Request};

use self::aws::Stamp;
pub(super) use self::aws::{Signer, key};
pub(super) use self::chain::{Chain, region};
pub(super) use self::entra::{AUTHORITY, Application};
pub(super) use self::google::{Account, project};
pub(super) use self::keys::Keys;
use self::tokens::{Fetched, Source, Token};
pub(super) use self::tokens::{Tokens, Ungiven};
use super::SegmentsBody;
use super::http::Resolver;

/// What requests are signed with.
#[derive(Debug)]
pub(super) enum Auth {
    /// Keys in a header.
    Keys(HeaderName, Keys),
    /// A token that is fetched, as a bearer's.
    Tokens(Tokens),
    /// A key that signs the whole of each request.
    Aws(Signer),
}

/// A request's signature.
pub(super) enum Signature {
    /// It is on the request, or none is needed; the error says what to do.
    Ready(Result<(), String>),
    /// What it takes is being fetched.
    Soon(BoxFuture<'static, Result<Credential, Ungiven>>),
}

/// What a request is signed with once it is there.
pub(super) enum Credential {
    /// A token.
    Bearer(HeaderValue),
    /// A key of AWS.
    Aws(Stamp),
}

impl Credential {
    /// Signs a request; the error says what to do.
    pub(super) fn sign(self, request: &mut Request<SegmentsBody>) -> Result<(), String> {
        match self {
            Self::Bearer(token) => {
                Auth::bear(request.headers_mut(), token);
                Ok(())
            }
            Self::Aws(stamp) => stamp.sign(request),
        }
    }
}

impl Auth {
    /// How many credentials there are to choose from.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Keys(_, keys) => keys.count(),
            Self::Tokens(_) | Self::Aws(_) => 1,
        }
    }

    /// Signs a request with one of them.
    pub(super) fn sign(&self, request: &mut Request<SegmentsBody>, credential: usize) -> Signature {
        match self {
            Self::Keys(name, keys) => {
                if let Some(key) = keys.get(credential) {
                    request.headers_mut().insert(name.clone(), key.clone());
                }
                Signature::Ready(Ok(()))
            }
            Self::Tokens(tokens) => match tokens.ready() {
                Ok(token) => Signature::Ready(Credential::Bearer(token).sign(request)),
                Err(token) => {
                    Signature::Soon(Box::pin(async { Ok(Credential::Bearer(token.await?)) }))
                }
            },
            Self::Aws(signer) => match signer.ready() {
                Ok(stamp) => Signature::Ready(stamp.sign(request)),
                Err(stamp) => {
                    Signature::Soon(Box::pin(async { Ok(Credential::Aws(stamp.await?)) }))
                }
            },
        }
    }

    /// Puts a fetched token into headers.
    pub(super) fn bear(headers: &mut HeaderMap, token: HeaderValue) {
        headers.insert(http::header::AUTHORIZATION, token);
    }
}

/// A client for those who give tokens at an address that settings or credentials name; not for
/// calls. A name leads it nowhere that calls may not go.
fn client() -> reqwest::ClientBuilder {
    bounded().dns_resolver(Resolver::new())
}

/// A client for what gives tokens to the machine itself, which no proxy reaches.
fn machine_client() -> reqwest::ClientBuilder {
    bounded().no_proxy()
}

fn bounded() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(15))
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
}
