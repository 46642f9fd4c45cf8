//! A provider at the other end of a connection, whichever of the two formats it speaks.

use http::{HeaderMap, StatusCode};

use super::failure::Failures;
use super::scrub::Scrub;
use super::{Failure, Misconfigured, Outbound, Provider, Request, SegmentsBody};
use super::{anthropic, openai};
use crate::config::{self, Kind, Speaks};
use crate::dialects::Dialect;
use crate::models::operation::Operation;

/// OpenAI, Anthropic, or a compatible one.
#[derive(Debug)]
pub(super) struct Remote {
    name: String,
    kind: Kind,
    models: Vec<String>,
    api: Api,
    failures: Failures,
}

#[derive(Debug)]
enum Api {
    Chat(Box<openai::Api>),
    Messages(Box<anthropic::Api>),
}

impl Remote {
    /// A provider as it is configured.
    pub(super) fn new(name: &str, config: &config::Provider) -> Result<Self, String> {
        let keys = &config.api_keys;
        let own = config.base_url.as_deref();
        let (api, spoken) = match (config.kind, config.dialect) {
            (Kind::OpenAi, None | Some(Speaks::Chat)) => {
                let api = openai::Api::new(own.unwrap_or(openai::HOST), keys)?;
                (Api::Chat(Box::new(api)), Dialect::Chat)
            }
            (Kind::Anthropic, None | Some(Speaks::Messages)) => {
                let api = anthropic::Api::new(own.unwrap_or(anthropic::HOST), keys)?;
                (Api::Messages(Box::new(api)), Dialect::Messages)
            }
            (Kind::OpenAiCompatible, dialect) => {
                let base = own.ok_or("base_url is missing: where is it?")?;
                match dialect {
                    None | Some(Speaks::Chat) => (
                        Api::Chat(Box::new(openai::Api::new(base, keys)?)),
                        Dialect::Chat,
                    ),
                    Some(Speaks::Messages) => {
                        let api = anthropic::Api::new(base, keys)?;
                        (Api::Messages(Box::new(api)), Dialect::Messages)
                    }
                }
            }
            (kind, _) => return Err(format!("the kind {kind} cannot be spoken to so")),
        };
        Ok(Self {
            name: name.to_owned(),
            kind: config.kind,
            models: config.models.clone(),
            api,
            failures: Failures::new(name.to_owned(), spoken, Scrub::new(keys)),
        })
    }
}

impl Provider for Remote {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn speaks(&self, operation: Operation, client: Dialect) -> Option<Dialect> {
        match (&self.api, operation) {
            (Api::Chat(_), Operation::Converse) => Some(Dialect::Chat),
            (Api::Messages(_), Operation::Converse) => Some(Dialect::Messages),
            // Whoever is compatible has the conversations, hardly ever the counting.
            (Api::Messages(_), Operation::CountTokens) => (self.kind == Kind::Anthropic
                && client == Dialect::Messages)
                .then_some(Dialect::Messages),
            (Api::Chat(_), Operation::CountTokens) => None,
        }
    }

    fn wants_usage_asked(&self) -> bool {
        match &self.api {
            Api::Chat(api) => api.wants_usage_asked,
            Api::Messages(_) => false,
        }
    }

    fn request(&self, call: Outbound<'_>) -> Result<Request, Misconfigured> {
        Ok(Request::Send(match &self.api {
            Api::Chat(api) => api.request(call),
            Api::Messages(api) => api.request(call),
        }))
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
        match &self.api {
            Api::Chat(api) => api.base.as_str(),
            Api::Messages(api) => api.base.as_str(),
        }
    }

    fn probe(&self) -> Option<http::Request<SegmentsBody>> {
        Some(match &self.api {
            Api::Chat(api) => api.probe(),
            Api::Messages(api) => api.probe(),
        })
    }
}

#[cfg(test)]
mod tests;
