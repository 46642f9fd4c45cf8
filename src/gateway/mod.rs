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
mod settler;

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, StatusCode};
use sync_wrapper::SyncWrapper;
use tokio_util::task::TaskTracker;

pub use call::{Answer, Call, Declined};
pub use relay::{Body, Relay};

use self::admit::Admitted;
use self::attempt::{Opened, is_stream};
use self::compose::{Back, Composed};
use self::names::Names;
use self::permit::{Ending, Permit, Used};
use self::relay::{Stream, Terms, Waiting};
use self::settler::Settler;
use crate::catalog::{Catalog, Route};
use crate::config;
use crate::dialects::estimate;
use crate::dialects::meter::{Meter, Plain};
use crate::dialects::peek::{self, Head};
use crate::journal::Journal;
use crate::limits::{Limits, Standings};
use crate::models::api_key::Rules;
use crate::models::clock::Clock;
use crate::models::operation::Operation;
use crate::models::refusal::{Refusal, Situation};
use crate::models::usage::Status;
use crate::providers::Client;

/// The largest plain answer whose price is told in a header.
const LARGEST_PRICED: usize = 1 << 20;

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
        now: crate::models::clock::Timestamp,
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
        now: crate::models::clock::Timestamp,
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

/// An admitted call on its way.
struct Run {
    gateway: Arc<Gateway>,
    call: Call,
    route: Route,
    composed: Composed,
    permit: Permit,
}

impl Run {
    /// A whole answer.
    async fn plain(self, told: HeaderMap) -> Result<Answer, Declined> {
        let drain = self.route.target.timeouts.on_disconnect == config::OnDisconnect::Drain;
        if !drain {
            return self.whole(told).await;
        }
        // On a task of its own the call goes on when the client leaves.
        let tracker = self.gateway.tracker.clone();
        tracker.spawn(self.whole(told)).await.unwrap_or_else(|_| {
            Err(Refusal::new(Situation::Internal, "the call was lost inside the gateway").into())
        })
    }

    async fn whole(mut self, mut told: HeaderMap) -> Result<Answer, Declined> {
        let gateway = Arc::clone(&self.gateway);
        let target = &self.route.target;
        let opened = gateway
            .attempt(
                &self.call,
                &mut self.composed,
                target,
                false,
                &mut self.permit,
            )
            .await;
        let read = match opened {
            Ok(opened) => {
                let status = opened.status;
                gateway
                    .read_whole(opened, target, &mut self.permit)
                    .await
                    .map(|body| (status, body))
            }
            Err(refusal) => Err(refusal),
        };
        let (status, body) = match read {
            Ok(read) => read,
            Err(refusal) => {
                return Err(Declined {
                    refusal,
                    headers: told,
                });
            }
        };

        let counts = self.call.endpoint.operation() == Operation::Converse;
        let mut meter = Meter::new(self.composed.upstream, self.composed.back.choices());
        let readable = matches!(meter.plain(&body), Plain::Answer) || !counts;
        let written = if readable {
            self.composed.back.whole(body).ok()
        } else {
            None
        };
        let Some(written) = written else {
            let message = format!(
                "{} sent an answer that cannot be read",
                target.provider_name
            );
            let refusal = Refusal::new(Situation::UpstreamError, message);
            let used = meter.reading().cloned().map_or(Used::Unknown, Used::Whole);
            let refusal = attempt::settle(&mut self.permit, refusal, used).await;
            return Err(Declined {
                refusal,
                headers: told,
            });
        };
        self.permit.first_content(Instant::now());
        let used = match meter.reading() {
            Some(reading) => Used::Whole(reading.clone()),
            None if !counts => Used::Nothing,
            None => Used::Counted(meter.delivered_text()),
        };
        let settled = self.permit.settle(Ending {
            status: Status::Ok,
            http_status: status.as_u16(),
            error_code: None,
            used,
            model: meter.model().map(Into::into),
            flags: Vec::new(),
        });
        let price = settled.written().await;
        if counts && written.len() <= LARGEST_PRICED {
            headers::cost(&mut told, price);
        }
        headers::json(&mut told);
        Ok(Answer {
            status,
            headers: told,
            body: Body::Whole(written),
        })
    }

    /// A stream: as soon as the provider answers, or after the first silence.
    async fn streamed(self, mut told: HeaderMap) -> Result<Answer, Declined> {
        let heartbeat = self.gateway.stream.heartbeat;
        let (client, request_id) = (self.call.dialect, Arc::clone(&self.call.id));
        let mut opening = Box::pin(self.open());
        let relay = match tokio::time::timeout(heartbeat, &mut opening).await {
            Ok(Ok(stream)) => Relay::running(stream),
            Ok(Err(refusal)) => {
                return Err(Declined {
                    refusal,
                    headers: told,
                });
            }
            Err(_) => {
                headers::unsettled(&mut told);
                let sleep = Box::pin(tokio::time::sleep(std::time::Duration::ZERO));
                Relay::waiting(Waiting {
                    opening,
                    client,
                    request_id,
                    heartbeat,
                    sleep,
                })
            }
        };
        headers::events(&mut told);
        let body = Body::Streamed(SyncWrapper::new(Box::new(relay)));
        Ok(Answer {
            status: StatusCode::OK,
            headers: told,
            body,
        })
    }

    /// Asks the provider for a stream.
    async fn open(mut self) -> Result<Stream, Refusal> {
        let gateway = Arc::clone(&self.gateway);
        let target = &self.route.target;
        let opened = gateway
            .attempt(
                &self.call,
                &mut self.composed,
                target,
                true,
                &mut self.permit,
            )
            .await?;
        if !is_stream(&opened.headers) {
            return Err(self.not_a_stream(opened).await);
        }
        let terms = Terms {
            client: self.call.dialect,
            request_id: Arc::clone(&self.call.id),
            timeouts: target.timeouts.clone(),
            heartbeat: gateway.stream.heartbeat,
            usage_wait: gateway.stream.usage_wait,
            settler: gateway.settler.clone(),
        };
        let back: &Back = &self.composed.back;
        Ok(Stream::new(
            back.flow(),
            opened.body,
            self.permit,
            terms,
            opened.began,
        ))
    }

    /// A provider that answers a stream with a page or an object: what it says is an error.
    async fn not_a_stream(&mut self, opened: Opened) -> Refusal {
        let target = &self.route.target;
        let name = &target.provider_name;
        let headers = opened.headers.clone();
        let body = match self
            .gateway
            .read_whole(opened, target, &mut self.permit)
            .await
        {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let refusal = if peek::field(&body, "error").is_some() {
            target
                .provider
                .failure(StatusCode::BAD_GATEWAY, &headers, &body)
                .refusal
        } else {
            let message = format!("{name} answered without a stream although one was asked for");
            Refusal::new(Situation::UpstreamError, message)
        };
        attempt::settle(&mut self.permit, refusal, Used::Unknown).await
    }
}
