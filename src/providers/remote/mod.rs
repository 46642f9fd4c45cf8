//! A provider at the other end of a connection: its addresses, its credential, its failures.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri};

use super::auth::{
    self, AUTHORITY, Account, Application, Auth, Chain, Keys, Signature, Signer, Tokens, Ungiven,
};
use super::failure::Failures;
use super::openai::Scope;
use super::scrub::Scrub;
use super::site::Site;
use super::{Failure, Made, Misconfigured, Outbound, Provider, Request, SegmentsBody, Unready};
use super::{anthropic, azure, bedrock, cohere, gemini, headers, ollama, openai, vertex};
use crate::config::{self, Kind, Speaks};
use crate::dialects::Dialect;
use crate::models::operation::Operation;
use crate::models::preset::Preset;

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
            Kind::Bedrock | Kind::Vertex | Kind::Cohere | Kind::Ollama => config.dialect.is_none(),
            Kind::OpenAiCompatible | Kind::Preset(_) => true,
            Kind::Demo => false,
        };
        if !fits {
            return Err(format!("the kind {kind} cannot be spoken to so"));
        }
        let (site, auth, spoken) = parts(row, dialect, config)?;
        Ok(Self {
            name: name.to_owned(),
            kind,
            converses: row.is_none_or(|row| row.converses),
            wants_usage_asked: !row.is_some_and(|row| row.tells_usage),
            models: config.models.clone(),
            site,
            auth,
            failures: Failures::new(name.to_owned(), spoken, Scrub::new(&secrets(config))),
        })
    }

    /// A request that is signed, or will be once its token is there.
    fn signed(&self, request: http::Request<SegmentsBody>, credential: usize) -> Made {
        let mut request = request;
        match self.auth.sign(&mut request, credential) {
            Signature::Ready(signed) => Made::Ready(match signed {
                Ok(()) => Ok(Request::Send(request)),
                Err(message) => Err(Misconfigured {
                    provider: self.name.clone(),
                    message,
                }),
            }),
            Signature::Soon(credential) => {
                let provider = self.name.clone();
                Made::Soon(Box::pin(async move {
                    let signed = credential
                        .await
                        .and_then(|credential| Ok(credential.sign(&mut request)?));
                    match signed {
                        Ok(()) => Ok(Request::Send(request)),
                        Err(Ungiven::Refused(message)) => {
                            Err(Misconfigured { provider, message }.into())
                        }
                        Err(Ungiven::Away(message)) => {
                            Err(Unready::NoCredential { provider, message })
                        }
                    }
                }))
            }
        }
    }
}

/// Addresses, credential and the dialect of the errors.
type Parts = (Box<dyn Site>, Auth, Dialect);

/// What a provider's kind and address make of its settings.
fn parts(
    row: Option<&'static Preset>,
    dialect: Speaks,
    config: &config::Provider,
) -> Result<Parts, String> {
    let kind = config.kind;
    let usual = match kind {
        Kind::Preset(row) if dialect == Speaks::Messages => row.messages,
        _ => kind.base_url(),
    };
    let base = config.base_url.as_deref().or(usual);
    match kind {
        Kind::Bedrock => return bedrock(base, config),
        Kind::Vertex => return vertex(base, config),
        _ => {}
    }
    let base = base.ok_or("base_url is missing: where is it?")?;
    let scope = Scope::of(kind, row, dialect);
    match (kind, dialect) {
        (Kind::AzureOpenAi, _) => azure(base, scope, config),
        (Kind::Cohere, _) => cohere(base, config),
        (Kind::Ollama, _) => ollama(base, config),
        (_, Speaks::Chat | Speaks::Responses) => openai(base, scope, config),
        (_, Speaks::Messages) => anthropic(base, config),
        (_, Speaks::Gemini) => gemini(base, config),
    }
}

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

/// Bedrock: by a key of its own, a key of AWS that signs, or what the machine knows of AWS.
fn bedrock(base: Option<&str>, config: &config::Provider) -> Result<Parts, String> {
    let cloud = &config.cloud;
    let region = cloud.region.clone();
    let region = region
        .or_else(|| auth::region(cloud.profile.as_deref()))
        .ok_or(
            "region is missing: set it, or AWS_REGION, to where the models are, such as us-east-1",
        )?;
    let site = bedrock::Bedrock::new(base, &region)?;
    let pair = cloud
        .access_key_id
        .as_ref()
        .zip(cloud.secret_access_key.as_ref());
    let key = pair.map(|(id, key)| auth::key(id, key, cloud.session_token.as_ref()));
    let auth = match (key, &cloud.role_arn) {
        _ if !config.api_keys.is_empty() => keys(AUTHORIZATION, "Bearer ", config)?,
        (Some(key), None) => Auth::Aws(Signer::fixed(&region, key)),
        (key, role_arn) => Auth::Aws(Signer::found(Chain {
            region,
            profile: cloud.profile.clone(),
            role_arn: role_arn.clone(),
            key,
        })),
    };
    Ok((Box::new(site), auth, Dialect::Converse))
}

/// Vertex: by a key, by credentials, or by what the machine knows of Google Cloud.
fn vertex(base: Option<&str>, config: &config::Provider) -> Result<Parts, String> {
    let cloud = &config.cloud;
    let keyed = !config.api_keys.is_empty();
    let account = match &cloud.credentials {
        _ if keyed => None,
        Some(file) => Some(Account::read(file, base)?),
        None => Some(Account::found(base)?),
    };
    let of_account = || account.as_ref()?.project().map(str::to_owned);
    // Credentials that were named say more than the environment does.
    let project = cloud.project.clone().or_else(|| match &cloud.credentials {
        _ if keyed => None,
        Some(_) => of_account().or_else(auth::project),
        None => auth::project().or_else(of_account),
    });
    if project.is_none() && !keyed {
        return Err(
            "project is missing: set it, or GOOGLE_CLOUD_PROJECT, to the project whose models are called"
                .to_owned(),
        );
    }
    let location = cloud.location.as_deref().unwrap_or(vertex::GLOBAL);
    let quota = account.as_ref().and_then(Account::quota);
    let site = vertex::Vertex::new(base, project.as_deref(), location)?.charged(quota);
    let auth = match account {
        Some(account) => Auth::Tokens(Tokens::new(Box::new(account))),
        None => keys(gemini::API_KEY, "", config)?,
    };
    Ok((Box::new(site), auth, Dialect::Gemini))
}

/// Everything that nobody may be told.
fn secrets(config: &config::Provider) -> Vec<config::Secret> {
    let cloud = &config.cloud;
    let own = [
        &cloud.client_secret,
        &cloud.secret_access_key,
        &cloud.session_token,
        &cloud.credentials,
    ];
    let own = own.into_iter().flatten().cloned();
    // Who signs is told to nobody either.
    let signer = cloud.access_key_id.as_deref().map(config::Secret::new);
    let keys = config.api_keys.iter().cloned();
    keys.chain(own).chain(signer).collect()
}

fn cohere(base: &str, config: &config::Provider) -> Result<Parts, String> {
    let site = cohere::Cohere::new(base)?;
    let auth = keys(AUTHORIZATION, "Bearer ", config)?;
    Ok((Box::new(site), auth, Dialect::Cohere))
}

fn ollama(base: &str, config: &config::Provider) -> Result<Parts, String> {
    let site = ollama::Ollama::new(base)?;
    let auth = keys(AUTHORIZATION, "Bearer ", config)?;
    Ok((Box::new(site), auth, Dialect::Ollama))
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

    fn unheard(&self, dialect: Dialect, headers: &HeaderMap) -> Option<&'static str> {
        self.site.unheard(dialect, headers)
    }

    fn unheard_within(&self, dialect: Dialect, body: &[u8]) -> Option<&'static str> {
        self.site.unheard_within(dialect, body)
    }

    fn credentials(&self) -> usize {
        self.auth.count()
    }

    fn request(&self, mut call: Outbound<'_>) -> Made {
        let credential = call.credential;
        let mut headers = headers::outgoing(call.stream);
        headers::shape(&mut headers, &call);
        let tail = call.upload.as_mut().and_then(|parts| parts.tail.take());
        let uri = self.site.address(&call, &mut headers);
        let body = std::mem::take(&mut call.body);
        let made = uri.and_then(|uri| Ok((uri, self.site.body(&call, body)?)));
        match made {
            Ok((uri, body)) => {
                let body = body.followed(tail);
                self.signed(request(Method::POST, uri, headers, body), credential)
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

    fn probe(&self, credential: usize) -> Option<Made> {
        let mut headers = headers::outgoing(false);
        let uri = self.site.probe(&mut headers)?;
        let request = request(Method::GET, uri, headers, SegmentsBody::default());
        Some(self.signed(request, credential))
    }
}

#[cfg(test)]
mod tests;
