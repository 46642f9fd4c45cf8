//! Words that stand in every record, kept once.

use std::sync::Arc;

use crate::models::operation::Endpoint;

/// Shared words; cloning one is a count, not a copy.
pub(super) struct Names {
    empty: Arc<str>,
    none: Arc<str>,
    endpoints: [(Endpoint, Arc<str>); Endpoint::ALL.len()],
}

impl Default for Names {
    fn default() -> Self {
        let named = |endpoint: Endpoint| (endpoint, Arc::from(endpoint.as_str()));
        Self {
            empty: "".into(),
            none: "none".into(),
            endpoints: Endpoint::ALL.map(named),
        }
    }
}

impl Names {
    pub(super) fn empty(&self) -> Arc<str> {
        Arc::clone(&self.empty)
    }

    pub(super) fn none(&self) -> Arc<str> {
        Arc::clone(&self.none)
    }

    pub(super) fn endpoint(&self, endpoint: Endpoint) -> Arc<str> {
        let known = self.endpoints.iter().find(|(known, _)| *known == endpoint);
        known.map_or_else(|| endpoint.as_str().into(), |(_, name)| Arc::clone(name))
    }
}
