//! A provider at the other end of a connection: its addresses, its credential, its failures.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri};

use super::auth::{AUTHORITY, Application, Auth, Keys, Signature, Tokens};
use super::failure::Failures;
use super::openai::Scope;
use super::scrub::Scrub;
use super::site::Site;
use super::{Failure, Made, Misconfigured, Outbound, Provider, Request, SegmentsBody};
use super::{anthropic, azure, gemini, headers, openai};
use crate::config::{self, Kind, Speaks};
use crate::dialects::Dialect;
use crate::models::operation::Operation;

/// A provider at the other end of a connection.
#[derive(Debug)]
pub(super) struct Remote {
    name: String,
    kind: Kind,
    converses: bool,
    wants_usage_asked: bool,
    models: Vec<String>,
    site: Box<dyn Site>,
    auth: Auth,
    failures: Failures,
}

impl Remote {
    /// A provider as it is configured.
    pub(super) fn new(name: &str, config: &config::Provider) -> Result<Self, String> {
        let kind = config.kind;
        let row = config
            .base_url
            .as_deref()
            .map_or_else(|| kind.row(""), |base| kind.row(base));
        let dialect = config.dialect.unwrap_or(match kind {
            Kind::Anthropic => Speaks::Messages,
            Kind::Gemini => Speaks::Gemini,
            Kind::OpenAiCompatible => Speaks::Chat,
            _ if row.is_some_and(|row| row.prefers_responses) => Speaks::Responses,
            _ => Speaks::Chat,
        });
        let fits = match kind {
            Kind::OpenAi | Kind::AzureOpenAi => {
                matches!(dialect, Speaks::Chat | Speaks::Responses)
            }
            Kind::Anthropic => dialect == Speaks::Messages,
            Kind::Gemini => dialect == Speaks::Gemini,
            Kind::OpenAiCompatible | Kind::Preset(_) => true,
            Kind::Demo => false,
        };
        if !fits {
            return Err(format!("the kind {kind} cannot be spoken to so"));
        }
        let usual = match kind {
            Kind::Preset(row) if dialect == Speaks::Messages => row.messages,
            _ => kind.base_url(),
        };
        let own = config.base_url.as_deref();
        let base = own.or(usual).ok_or("base_url is missing: where is it?")?;
        let scope = Scope::of(kind, row, dialect);
        let (site, auth, spoken) = match (kind, dialect) {
            (Kind::AzureOpenAi, _) => azure(base, scope, config)?,
            (_, Speaks::Chat | Speaks::Responses) => openai(base, scope, config)?,
            (_, Speaks::Messages) => anthropic(base, config)?,
            (_, Speaks::Gemini) => gemini(base, config)?,
        };
        Ok(Self {
            name: name.to_owned(),
            kind,
            converses: row.is_none_or(|row| row.converses),
            wants_usage_asked: !row.is_some_and(|row| row.tells_usage),
            models: config.models.clone(),
            site,
            auth,
            failures: Failures::new(name.to_owned(), spoken, Scrub::new(&config.api_keys)),
        })
    }

    /// A request that is signed, or will be once its token is there.
    fn signed(&self, request: http::Request<SegmentsBody>) -> Made {
        let mut request = request;
        match self.auth.sign() {
            Signature::Ready(header) => {
                if let Some((name, value)) = header {
                    request.headers_mut().insert(name, value);
                }
                Made::Ready(Ok(Request::Send(request)))
            }
            Signature::Soon(token) => {
                let provider = self.name.clone();
                Made::Soon(Box::pin(async move {
                    let token = token
                        .await
                        .map_err(|message| Misconfigured { provider, message })?;
                    Auth::bear(request.headers_mut(), token);
                    Ok(Request::Send(request))
                }))
            }
        }
    }
}

/// Addresses, credential and the dialect of the errors.
type Parts = (Box<dyn Site>, Auth, Dialect);

fn openai(base: &str, scope: Scope, config: &config::Provider) -> Result<Parts, String> {
    let site = openai::OpenAi::new(base, scope)?;
    let auth = keys(AUTHORIZATION, "Bearer ", config)?;
    Ok((Box::new(site), auth, Dialect::Chat))
}

fn anthropic(base: &str, config: &config::Provider) -> Result<Parts, String> {
    let site = anthropic::Anthropic::new(base, config.kind == Kind::Anthropic)?;
    let auth = keys(anthropic::API_KEY, "", config)?;
    Ok((Box::new(site), auth, Dialect::Messages))
}

fn gemini(base: &str, config: &config::Provider) -> Result<Parts, String> {
    let site = gemini::Gemini::new(base)?;
    let auth = keys(gemini::API_KEY, "", config)?;
    Ok((Box::new(site), auth, Dialect::Gemini))
}

/// Azure: by the resource's key, or by an application's identity.
fn azure(base: &str, scope: Scope, config: &config::Provider) -> Result<Parts, String> {
    let cloud = &config.cloud;
    let site = azure::Azure::new(base, cloud.api_version.as_deref(), scope)?;
    let auth = match (&cloud.tenant_id, &cloud.client_id, &cloud.client_secret) {
        (Some(tenant), Some(client), Some(secret)) => {
            let authority = cloud.authority.as_deref().unwrap_or(AUTHORITY);
            let source = Application::new(authority, tenant, client, secret);
            Auth::Tokens(Tokens::new(Box::new(source)))
        }
        _ => keys(azure::API_KEY, "", config)?,
    };
    Ok((Box::new(site), auth, Dialect::Chat))
}

/// The configured keys in a header, behind a prefix.
fn keys(name: HeaderName, prefix: &str, config: &config::Provider) -> Result<Auth, String> {
    Ok(Auth::Keys(name, Keys::new(&config.api_keys, prefix)?))
}

fn request(
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: SegmentsBody,
) -> http::Request<SegmentsBody> {
    let mut request = http::Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

impl Provider for Remote {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn speaks(&self, operation: Operation, client: Dialect, model: &str) -> Option<Dialect> {
        if operation == Operation::Converse && !self.converses {
            return None;
        }
        self.site.speaks(operation, client, model)
    }

    fn wants_usage_asked(&self) -> bool {
        self.wants_usage_asked
    }

    fn request(&self, mut call: Outbound<'_>) -> Made {
        let mut headers = headers::outgoing(call.stream);
        headers::shape(&mut headers, &call);
        let body = std::mem::take(&mut call.body);
        let tail = call.upload.as_mut().and_then(|parts| parts.tail.take());
        let made = self
            .site
            .address(&call, &mut headers)
            .and_then(|uri| Ok((uri, self.site.body(&call, body)?)));
        match made {
            Ok((uri, body)) => {
                let body = body.followed(tail);
                self.signed(request(Method::POST, uri, headers, body))
            }
            Err(message) => Made::Ready(Err(Misconfigured {
                provider: self.name.clone(),
                message,
            })),
        }
    }

    fn failure(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        self.failures.read(status, headers, body)
    }

    fn clean(&self, text: &str) -> String {
        self.failures.clean(text)
    }

    fn models(&self) -> &[String] {
        &self.models
    }

    fn base_url(&self) -> &str {
        self.site.base_url()
    }

    fn probe(&self) -> Option<Made> {
        let mut headers = headers::outgoing(false);
        let uri = self.site.probe(&mut headers)?;
        Some(self.signed(request(Method::GET, uri, headers, SegmentsBody::default())))
    }
}

#[cfg(test)]
mod tests;
