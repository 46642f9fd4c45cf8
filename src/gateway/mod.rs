//! A call from admission to settlement.
//!
//! [`Gateway::answer`] is the whole life of a call: routed, composed, admitted, sent, relayed. What
//! may fail before the provider is asked is a [`Declined`]; what fails later is settled where it
//! fails. It does not know HTTP servers, databases or who else is running.

mod admit;
mod attempt;
mod call;
mod compose;
mod flow;
mod headers;
mod names;
mod permit;
mod relay;
mod run;
mod settler;

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, StatusCode};
use tokio_util::task::TaskTracker;

pub use call::{Answer, Call, Declined};
pub use relay::{Body, Relay};

use self::admit::Admitted;
use self::names::Names;
use self::permit::{Ending, Used};
use self::run::Run;
use self::settler::Settler;
use crate::catalog::{Catalog, Route};
use crate::config;
use crate::dialects::estimate;
use crate::dialects::peek::{self, Head};
use crate::journal::Journal;
use crate::limits::{Limits, Standings};
use crate::models::api_key::Rules;
use crate::models::clock::{Clock, Timestamp};
use crate::models::operation::Operation;
use crate::models::refusal::Refusal;
use crate::models::usage::Status;
use crate::providers::Client;

/// Answers calls.
pub struct Gateway {
    catalog: Arc<Catalog>,
    client: Client,
    journal: Journal,
    limits: Limits,
    clock: Clock,
    stream: config::Stream,
    settler: Settler,
    tracker: TaskTracker,
    names: Names,
}

impl Gateway {
    /// A gateway that is ready to answer. Must be called within a runtime.
    pub fn new(
        catalog: Arc<Catalog>,
        client: Client,
        journal: Journal,
        clock: Clock,
        stream: config::Stream,
    ) -> Arc<Self> {
        let tracker = TaskTracker::new();
        Arc::new(Self {
            catalog,
            client,
            journal,
            limits: Limits::new(clock.instant()),
            settler: Settler::start(&tracker),
            clock,
            stream,
            tracker,
            names: Names::default(),
        })
    }

    /// Waits until every call is settled. Calls that begin later are waited for too.
    pub async fn idle(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// How many calls are running.
    pub fn running(&self) -> usize {
        self.tracker.len()
    }

    /// How a key's limits stand.
    pub fn standings(&self, key: &str, rules: &Rules) -> Standings {
        self.limits.standings(key, rules, Instant::now())
    }

    /// Forgets the limits of keys that are not used any more; to be called now and then.
    pub fn sweep(&self) {
        self.limits.sweep(Instant::now());
    }

    /// Answers a call: route, compose, admit, attempt, relay.
    pub async fn answer(self: &Arc<Self>, call: Call) -> Result<Answer, Declined> {
        let now = self.clock.now();
        let head = match peek::head(&call.body, call.dialect) {
            Ok(head) => head,
            Err(error) => return Err(self.decline(&call, None, compose::malformed(error), now)),
        };
        let route = match self.catalog.route(&call.principal, &head.model) {
            Ok(route) => route,
            Err(refusal) => return Err(self.decline(&call, Some(&head), refusal, now)),
        };
        if call.endpoint.operation() == Operation::CountTokens
            && route
                .target
                .provider
                .speaks(Operation::CountTokens, call.dialect)
                .is_none()
        {
            return self.count_here(&call, &head, &route, now).await;
        }
        let admitted = compose::compose(&call, &head, &route, now.timestamp())
            .and_then(|composed| Ok((composed, self.admit(&call, &head, &route, now)?)));
        let (
            composed,
            Admitted {
                permit,
                standings,
                held,
            },
        ) = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => return Err(self.decline(&call, Some(&head), refusal, now)),
        };
        held.await;

        let mut told = HeaderMap::with_capacity(16);
        headers::target(
            &mut told,
            &route.target.provider_name,
            &route.target.model,
            1,
        );
        headers::losses(&mut told, &composed.dropped, &composed.clamped);
        headers::limits(&mut told, &standings);
        let stream = head.stream && call.endpoint.operation() == Operation::Converse;
        let run = Run {
            gateway: Arc::clone(self),
            call,
            route,
            composed,
            permit,
        };
        if stream {
            run.streamed(told).await
        } else {
            run.plain(told).await
        }
    }

    /// Records a refusal of our own and says it.
    fn decline(
        &self,
        call: &Call,
        head: Option<&Head>,
        refusal: Refusal,
        now: Timestamp,
    ) -> Declined {
        self.reject(call, head, &refusal, now);
        let mut headers = HeaderMap::new();
        if let Some(key) = &call.principal.key {
            headers::limits(&mut headers, &self.standings(&key.id, &key.rules));
        }
        Declined { refusal, headers }
    }

    /// Counts tokens for a provider that does not.
    async fn count_here(
        &self,
        call: &Call,
        head: &Head,
        route: &Route,
        now: Timestamp,
    ) -> Result<Answer, Declined> {
        let Admitted {
            mut permit,
            standings,
            ..
        } = match self.admit(call, head, route, now) {
            Ok(admitted) => admitted,
            Err(refusal) => return Err(self.decline(call, Some(head), refusal, now)),
        };
        let (dialect, body, model) = (
            call.dialect,
            call.body.clone(),
            Arc::clone(&route.target.model),
        );
        let counting =
            tokio::task::spawn_blocking(move || estimate::prompt_tokens(dialect, &body, &model));
        let count = counting
            .await
            .unwrap_or_else(|_| estimate::rough(&call.body));
        let settled = permit.settle(Ending {
            status: Status::Ok,
            http_status: 200,
            error_code: None,
            used: Used::Nothing,
            model: None,
            flags: Vec::new(),
        });
        settled.written().await;
        let mut told = HeaderMap::new();
        headers::target(
            &mut told,
            &route.target.provider_name,
            &route.target.model,
            0,
        );
        headers::limits(&mut told, &standings);
        headers::json(&mut told);
        let body = Body::Whole(format!("{{\"input_tokens\":{count}}}").into());
        Ok(Answer {
            status: StatusCode::OK,
            headers: told,
            body,
        })
    }
}
