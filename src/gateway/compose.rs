//! The request for the provider: spliced in the same dialect, translated to another.

use std::sync::Arc;

use bytes::Bytes;

use super::call::Call;
use super::flow::{Flow, Path};
use super::recollection::{Listener, Recollection};
use crate::catalog::Route;
use crate::dialects::peek::{self, Head, Segments};
use crate::dialects::{Dialect, Malformed, Own, Reply};
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
pub(super) struct Back {
    upstream: Dialect,
    choices: u32,
    include_usage: bool,
    /// `None` where the provider speaks the client's dialect.
    translation: Option<Box<Translation>>,
}

/// What an answer needs to be told in another dialect.
struct Translation {
    client: Dialect,
    /// Whose secrets the target verifies.
    family: Family,
    reply: Reply,
    /// Remembers what the client may not give back.
    listener: Option<Listener>,
}

/// Composes requests.
pub(super) struct Composer<'a> {
    /// What was thought in earlier answers.
    pub(super) recollection: &'a Recollection,
    /// When, in seconds since 1970.
    pub(super) created: i64,
}

impl Composer<'_> {
    /// Writes the request for a route's target.
    pub(super) fn compose(
        &self,
        call: &Call,
        head: &Head,
        route: &Route,
    ) -> Result<Composed, Refusal> {
        let operation = call.endpoint.operation();
        let target = &route.target;
        let Some(upstream) = target.provider.speaks(operation, call.dialect) else {
            let message = format!("{} cannot do {}", target.provider_name, call.endpoint);
            return Err(Refusal::new(Situation::UnsupportedParameter, message));
        };
        let back = |translation| Back {
            upstream,
            choices: head.n,
            include_usage: head.include_usage,
            translation,
        };
        if upstream == call.dialect {
            let (body, dropped) = passed_on(call, head, route)?;
            return Ok(Composed {
                upstream,
                body,
                dropped,
                clamped: Vec::new(),
                back: back(None),
            });
        }

        // Only chat clients forget, and whoever is spoken to in another dialect may want its
        // thoughts back before their calls.
        let forgets = call.dialect == Dialect::Chat;
        let whose = || Arc::clone(&call.principal.user_id);
        let mut request = call
            .dialect
            .wire()
            .read_request(&call.body)
            .map_err(malformed)?;
        if forgets {
            self.recollection.restore(&whose(), &mut request);
        }
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
            back: back(Some(Box::new(Translation {
                client: call.dialect,
                family: route.abilities.family,
                reply: Reply {
                    model: route.requested.to_string(),
                    created: self.created,
                    id: call.id.strip_prefix("req_").unwrap_or(&call.id).to_owned(),
                    include_usage: head.include_usage,
                    estimated_input: head.rough_input,
                    memory: written.memory,
                },
                listener: forgets.then(|| self.recollection.listener(whose())),
            }))),
        })
    }
}

/// The body as it came, but for what the target would refuse, and what had to go with that.
fn passed_on(call: &Call, head: &Head, route: &Route) -> Result<(Segments, Vec<String>), Refusal> {
    let (target, dialect) = (&route.target, call.dialect);
    let spliced = |body: &Bytes, head: &Head| {
        let asked = head.stream && target.provider.wants_usage_asked();
        peek::rewrite(body, head, dialect, Some(&target.model), asked)
    };
    let wire = dialect.wire();
    let own = head
        .may_hold_wrapped
        .then(|| wire.own(&call.body, &route.abilities));
    let Some(Own { body, dropped }) = own.flatten() else {
        return Ok((spliced(&call.body, head), Vec::new()));
    };
    let body = Bytes::from(body);
    let head = peek::head(&body, dialect).map_err(malformed)?;
    let head = call.addressed(head);
    Ok((spliced(&body, &head), dropped))
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
    /// How many answers were asked for.
    pub(super) fn choices(&self) -> u32 {
        self.choices
    }

    /// The way of a stream.
    pub(super) fn flow(&self) -> Flow {
        let path = match &self.translation {
            None => Path::Same {
                hide_usage: !self.include_usage,
            },
            Some(to) => Path::Translated {
                reader: self.upstream.wire().event_reader(to.family),
                writer: to.client.wire().event_writer(to.reply.clone()),
                listener: to.listener.clone(),
            },
        };
        Flow::new(self.upstream, self.choices, path)
    }

    /// A whole answer in the client's dialect.
    pub(super) fn whole(&self, body: Bytes) -> Result<Bytes, Malformed> {
        let Some(to) = &self.translation else {
            return Ok(body);
        };
        let response = self.upstream.wire().read_response(&body, to.family)?;
        if let Some(listener) = &to.listener {
            listener.clone().whole(&response);
        }
        Ok(to.client.wire().write_response(&response, &to.reply).into())
    }
}
