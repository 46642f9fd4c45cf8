//! Credentials: what a request is signed with.
//!
//! A key is there from the start. A token is fetched, kept while it is good and renewed before it
//! is not, so that hardly a call waits for one.

mod entra;
mod keys;
mod tokens;

use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};

pub(super) use self::entra::{AUTHORITY, Application};
pub(super) use self::keys::Keys;
pub(super) use self::tokens::Tokens;
use self::tokens::{Source, Token};

/// What requests are signed with.
#[derive(Debug)]
pub(super) enum Auth {
    /// Keys in a header, used in turn.
    Keys(HeaderName, Keys),
    /// A token that is fetched, as a bearer's.
    Tokens(Tokens),
}

/// A credential's header.
pub(super) enum Signature {
    /// It is here, or none is needed.
    Ready(Option<(HeaderName, HeaderValue)>),
    /// It is being fetched; the error says what to do.
    Soon(BoxFuture<'static, Result<HeaderValue, String>>),
}

impl Auth {
    /// The header of the next request.
    pub(super) fn sign(&self) -> Signature {
        match self {
            Self::Keys(name, keys) => {
                let key = keys.pick().cloned();
                Signature::Ready(key.map(|key| (name.clone(), key)))
            }
            Self::Tokens(tokens) => tokens.sign(),
        }
    }

    /// Puts a fetched token into headers.
    pub(super) fn bear(headers: &mut HeaderMap, token: HeaderValue) {
        headers.insert(http::header::AUTHORIZATION, token);
    }
}

/// A client for those who give tokens; not for calls.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(15))
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
