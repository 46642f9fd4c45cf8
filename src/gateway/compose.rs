//! The request for the provider: spliced in the same dialect, translated to another.

use std::sync::Arc;

use bytes::Bytes;

use super::call::Call;
use super::flow::{Flow, Path};
use crate::catalog::Route;
use crate::dialects::peek::{self, Head, Segments};
use crate::dialects::{Dialect, Malformed, Memory, Reply, foreign};
use crate::models::chat::Family;
use crate::models::refusal::{Refusal, Situation};

/// What goes to the provider, and what its answer must be turned into.
pub(super) struct Composed {
    /// The dialect the provider is spoken to in.
    pub(super) upstream: Dialect,
    /// The body.
    pub(super) body: Segments,
    /// What the provider cannot be told, by the client's own paths.
    pub(super) dropped: Vec<String>,
    /// What was moved into its range.
    pub(super) clamped: Vec<String>,
    /// How the answer gets back to the client's dialect.
    pub(super) back: Back,
}

/// How an answer gets back to the client's dialect.
#[derive(Clone)]
pub(super) struct Back {
    pub(super) client: Dialect,
    pub(super) upstream: Dialect,
    /// Whose secrets the target verifies.
    family: Family,
    choices: u32,
    include_usage: bool,
    reply: Arc<Reply>,
}

/// Writes the request for a route's target.
pub(super) fn compose(
    call: &Call,
    head: &Head,
    route: &Route,
    created: i64,
) -> Result<Composed, Refusal> {
    let operation = call.endpoint.operation();
    let target = &route.target;
    let Some(upstream) = target.provider.speaks(operation, call.dialect) else {
        let message = format!("{} cannot do {}", target.provider_name, call.endpoint);
        return Err(Refusal::new(Situation::UnsupportedParameter, message));
    };
    let reply = |memory: Memory| {
        Arc::new(Reply {
            model: route.requested.to_string(),
            created,
            id: call.id.strip_prefix("req_").unwrap_or(&call.id).to_owned(),
            include_usage: head.include_usage,
            estimated_input: head.rough_input,
            memory,
        })
    };
    let back = |memory| Back {
        client: call.dialect,
        upstream,
        family: route.abilities.family,
        choices: head.n,
        include_usage: head.include_usage,
        reply: reply(memory),
    };
    if upstream == call.dialect {
        let spliced = |body: &Bytes, head: &Head| {
            let asked = head.stream && target.provider.wants_usage_asked();
            peek::rewrite(body, head, upstream, Some(&target.model), asked)
        };
        let body = match foreign::without(upstream, &call.body).map(Bytes::from) {
            None => spliced(&call.body, head),
            Some(own) => spliced(&own, &peek::head(&own, upstream).map_err(malformed)?),
        };
        return Ok(Composed {
            upstream,
            body,
            dropped: Vec::new(),
            clamped: Vec::new(),
            back: back(Memory::default()),
        });
    }

    let request = call
        .dialect
        .wire()
        .read_request(&call.body)
        .map_err(malformed)?;
    let written = upstream
        .wire()
        .write_request(&request, &route.abilities, &target.model)
        .map_err(|error| {
            Refusal::new(Situation::UnsupportedParameter, error.message).param(error.param)
        })?;
    if (call.strict || route.strict)
        && let Some(first) = written.dropped.first()
    {
        let message = format!(
            "{} cannot be told {}; leave it out, or do not ask for strict translation",
            target.provider_name,
            written.dropped.join(", ")
        );
        return Err(Refusal::new(Situation::UnsupportedParameter, message).param(first));
    }
    let mut dropped = written.dropped;
    dropped.extend(written.hints);
    Ok(Composed {
        upstream,
        body: [Bytes::from(written.body)].into_iter().collect(),
        dropped,
        clamped: written.clamped,
        back: back(written.memory),
    })
}

/// A body that cannot be read, as the client is told.
pub(super) fn malformed(error: Malformed) -> Refusal {
    let situation = if error.param.is_some() {
        Situation::InvalidValue
    } else {
        Situation::InvalidJson
    };
    let mut refusal = Refusal::new(situation, error.message);
    refusal.param = error.param;
    refusal
}

impl Back {
    /// Whether the client and the provider speak the same dialect.
    pub(super) fn same(&self) -> bool {
        self.client == self.upstream
    }

    /// How many answers were asked for.
    pub(super) fn choices(&self) -> u32 {
        self.choices
    }

    /// The way of a stream.
    pub(super) fn flow(&self) -> Flow {
        let path = if self.same() {
            Path::Same {
                hide_usage: !self.include_usage,
            }
        } else {
            Path::Translated {
                reader: self.upstream.wire().event_reader(self.family),
                writer: self.client.wire().event_writer((*self.reply).clone()),
            }
        };
        Flow::new(self.upstream, self.choices, path)
    }

    /// A whole answer in the client's dialect.
    pub(super) fn whole(&self, body: Bytes) -> Result<Bytes, Malformed> {
        if self.same() {
            return Ok(body);
        }
        let response = self.upstream.wire().read_response(&body, self.family)?;
        Ok(self
            .client
            .wire()
            .write_response(&response, &self.reply)
            .into())
    }
}
