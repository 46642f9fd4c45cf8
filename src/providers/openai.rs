//! OpenAI, and whoever speaks its chat completions.

use http::{HeaderMap, Uri};

use super::Outbound;
use super::address::Base;
use super::site::Site;
use crate::dialects::Dialect;
use crate::models::operation::Operation;

/// The dialect of an operation, at OpenAI and at those who do as it does.
pub(super) fn speaks(operation: Operation) -> Option<Dialect> {
    match operation {
        Operation::Converse => Some(Dialect::Chat),
        Operation::CountTokens => None,
    }
}

/// Where the operations of OpenAI's API are.
#[derive(Debug)]
pub(super) struct OpenAi {
    base: Base,
    chat: Uri,
    models: Uri,
}

impl OpenAi {
    pub(super) fn new(base: &str) -> Result<Self, String> {
        let base = Base::new(base)?.with_version();
        Ok(Self {
            chat: base.join("/chat/completions")?,
            models: base.join("/models")?,
            base,
        })
    }
}

impl Site for OpenAi {
    fn speaks(&self, operation: Operation, _: Dialect, _: &str) -> Option<Dialect> {
        speaks(operation)
    }

    fn address(&self, _: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        Ok(self.chat.clone())
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        Some(self.models.clone())
    }
}
