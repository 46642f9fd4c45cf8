//! OpenAI, and whoever speaks its chat completions.

use http::{HeaderMap, Uri};

use super::Outbound;
use super::address::Base;
use super::site::Site;
use crate::dialects::Dialect;
use crate::models::operation::Operation;

/// What of OpenAI's API somebody has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// Whether it has chat completions.
    pub(super) chat: bool,
    /// Whether it has responses.
    pub(super) responses: bool,
    /// The dialect that clients of others are translated to.
    pub(super) preferred: Dialect,
    /// Whether it makes conversations shorter.
    pub(super) compacts: bool,
}

impl Scope {
    /// The dialect of an operation.
    pub(super) fn speaks(self, operation: Operation, client: Dialect) -> Option<Dialect> {
        match operation {
            Operation::Converse => Some(match client {
                Dialect::Chat if self.chat => Dialect::Chat,
                Dialect::Responses if self.responses => Dialect::Responses,
                _ => self.preferred,
            }),
            Operation::Compact => {
                (self.compacts && client == Dialect::Responses).then_some(Dialect::Responses)
            }
            Operation::CountTokens => None,
        }
    }
}

/// The path of an operation, behind the `/v1`.
pub(super) fn path(operation: Operation, dialect: Dialect) -> &'static str {
    match (operation, dialect) {
        (Operation::Compact, _) => "/responses/compact",
        (_, Dialect::Responses) => "/responses",
        _ => "/chat/completions",
    }
}

/// Where the operations of OpenAI's API are.
#[derive(Debug)]
pub(super) struct OpenAi {
    base: Base,
    scope: Scope,
    chat: Uri,
    responses: Uri,
    models: Uri,
}

impl OpenAi {
    pub(super) fn new(base: &str, scope: Scope) -> Result<Self, String> {
        let base = Base::new(base)?.with_version();
        let at = |dialect| base.join(path(Operation::Converse, dialect));
        Ok(Self {
            scope,
            chat: at(Dialect::Chat)?,
            responses: at(Dialect::Responses)?,
            models: base.join("/models")?,
            base,
        })
    }
}

impl Site for OpenAi {
    fn speaks(&self, operation: Operation, client: Dialect, _: &str) -> Option<Dialect> {
        self.scope.speaks(operation, client)
    }

    fn address(&self, call: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        match (call.operation, call.dialect) {
            (Operation::Converse, Dialect::Chat) => Ok(self.chat.clone()),
            (Operation::Converse, Dialect::Responses) => Ok(self.responses.clone()),
            (operation, dialect) => self.base.join(path(operation, dialect)),
        }
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        Some(self.models.clone())
    }
}
