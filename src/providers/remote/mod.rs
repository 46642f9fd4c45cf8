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
    converses: bool,
    wants_usage_asked: bool,
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
        let kind = config.kind;
        let dialect = config.dialect.unwrap_or(match kind {
            Kind::Anthropic => Speaks::Messages,
            _ => Speaks::Chat,
        });
        let fits = match kind {
            Kind::OpenAi => dialect == Speaks::Chat,
            Kind::Anthropic => dialect == Speaks::Messages,
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
        let keys = &config.api_keys;
        let (api, spoken) = match dialect {
            Speaks::Chat => {
                let api = openai::Api::new(base, keys)?;
                (Api::Chat(Box::new(api)), Dialect::Chat)
            }
            Speaks::Messages => {
                let api = anthropic::Api::new(base, keys)?;
                (Api::Messages(Box::new(api)), Dialect::Messages)
            }
        };
        let row = kind.row(base);
        Ok(Self {
            name: name.to_owned(),
            kind,
            converses: row.is_none_or(|row| row.converses),
            wants_usage_asked: dialect == Speaks::Chat && !row.is_some_and(|row| row.tells_usage),
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
            (_, Operation::Converse) if !self.converses => None,
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
        self.wants_usage_asked
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
