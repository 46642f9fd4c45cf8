//! Admission: limits are taken and the call is held in the journal, or nothing is.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::call::{Call, tags};
use super::permit::Permit;
use super::settlement::Running;
use super::{Asking, Gateway};
use crate::catalog::{Candidate, Route};
use crate::dialects::peek::Head;
use crate::journal::Written;
use crate::limits::{Admission, Asked, Estimate, Exceeded, Kind, Standings, Taken, Taking};
use crate::models::clock::Timestamp;
use crate::models::money::Money;
use crate::models::operation::Operation;
use crate::models::principal::Principal;
use crate::models::refusal::{Refusal, Situation};
use crate::models::usage::{Prices, Record, Source, Status, Tokens};

/// An admitted call.
pub(super) struct Admitted {
    pub(super) permit: Permit,
    pub(super) standings: Standings,
    /// To be awaited before the provider is asked.
    pub(super) held: Written,
}

impl Gateway {
    /// Takes what the call needs of all limits that hold for it with a model, but for what it has
    /// taken.
    pub(super) fn take(
        &self,
        call: &Call,
        head: &Head,
        route: &Route,
        besides: Option<&Taken>,
    ) -> Taking {
        let operation = call.endpoint.operation();
        let estimate = Estimate {
            input: match operation {
                Operation::CountTokens => 0,
                _ => head.rough_input,
            },
            max_output: match operation {
                Operation::Converse => head.max_output,
                _ => Some(0),
            },
        };
        let asked = asked(&call.principal, Some(route), estimate);
        self.limits.take_besides(&asked, besides)
    }

    /// How the limits stand that hold for a call.
    pub(super) fn standings(&self, call: &Call, route: Option<&Route>) -> Standings {
        let nothing = Estimate {
            input: 0,
            max_output: Some(0),
        };
        self.limits
            .standings(&asked(&call.principal, route, nothing))
    }

    /// Journals the hold of a call that passes its limits.
    pub(super) fn admit(
        &self,
        asking: &Asking,
        candidate: &Candidate,
        admission: Admission,
    ) -> Result<Admitted, Refusal> {
        let Asking {
            call,
            head,
            route,
            now,
            ..
        } = asking;
        let mut record = self.record(call, Some(head), &route.requested, *now);
        record.provider = Arc::clone(&candidate.target.provider_name);
        record.model = Arc::clone(&candidate.target.model);
        record.flags.extend(admission.flags);
        let Ok(mut hold) = self.journal.hold(&record) else {
            if let Some(taken) = admission.taken {
                taken.undo();
            }
            return Err(unaccounted("has no room"));
        };
        let written = hold.written();
        let permit = Permit::new(Running {
            journal: self.journal.clone(),
            settler: self.settler.clone(),
            record,
            received: call.received,
            hold: Some(hold),
            taken: admission.taken,
            pricing: candidate.pricing.clone(),
            operation: call.endpoint.operation(),
            dialect: call.dialect(),
            body: call.body.clone(),
            rough_input: head.rough_input,
            last: None,
            token: self.tracker.token(),
        });
        Ok(Admitted {
            permit,
            standings: admission.standings,
            held: written,
        })
    }

    /// Records a call that never went upstream. Nothing is charged.
    pub(super) fn reject(
        &self,
        call: &Call,
        head: Option<&Head>,
        refusal: &Refusal,
        now: Timestamp,
    ) {
        let requested = head.map_or_else(|| self.names.empty(), |head| head.model.as_str().into());
        let mut record = self.record(call, head, &requested, now);
        record.status = Status::Rejected;
        record.http_status = refusal.situation.words().status;
        record.error_code = refusal.told_code().map(Into::into);
        record.cost = Some(Money::ZERO);
        record.latency_ms = u64::try_from(call.received.elapsed().as_millis()).unwrap_or(u64::MAX);
        crate::telemetry::metrics::call(&record);
        // A flood of refusals must not take the room of calls that are paid for.
        if self.journal.is_roomy()
            && let Ok(hold) = self.journal.hold(&record)
        {
            drop(self.journal.settle(hold, record));
        }
    }

    /// The record as it would read if the gateway died at once.
    fn record(
        &self,
        call: &Call,
        head: Option<&Head>,
        requested: &Arc<str>,
        now: Timestamp,
    ) -> Record {
        let principal = &call.principal;
        let metadata = head.map_or(&[][..], |head| &head.metadata_tags);
        Record {
            request_id: Arc::clone(&call.id),
            created_at: now,
            user_id: Arc::clone(&principal.user_id),
            account_id: Arc::clone(&principal.account_id),
            key_id: principal.key.as_ref().map(|key| Arc::clone(&key.id)),
            team_id: principal.team.as_ref().map(|team| Arc::clone(&team.id)),
            end_user: head.and_then(|head| head.end_user.clone()),
            tags: tags(&call.tags, metadata),
            endpoint: self.names.endpoint(call.endpoint),
            requested_model: Arc::clone(requested),
            provider: self.names.empty(),
            model: self.names.empty(),
            status: Status::Interrupted,
            http_status: 0,
            stream: head.is_some_and(|head| head.stream),
            attempts: 0,
            trace: Vec::new(),
            tokens: Tokens::default(),
            cost: None,
            stated_cost: None,
            price: Some(Money::ZERO),
            prices: Prices::default(),
            price_source: self.names.none(),
            usage_source: Source::Unknown,
            flags: Vec::new(),
            latency_ms: 0,
            ttft_ms: None,
            error_code: None,
        }
    }
}

/// A call is not made that cannot be accounted for.
pub(super) fn unaccounted(disk: &str) -> Refusal {
    let message = format!("the gateway's disk {disk} to account for another call; try again soon");
    Refusal::new(Situation::StorageFull, message).retry_after(Duration::from_secs(5))
}

/// What is asked of the limits.
pub(super) fn asked<'a>(
    principal: &'a Principal,
    route: Option<&'a Route>,
    estimate: Estimate,
) -> Asked<'a> {
    static NO_MODEL: LazyLock<Arc<str>> = LazyLock::new(|| "".into());
    Asked {
        principal,
        requested: route.map_or("", |route| &route.requested),
        model: route.map_or(&*NO_MODEL, |route| &route.limited_as),
        model_caps: route
            .map(|route| &route.limits)
            .filter(|caps| !caps.is_empty()),
        estimate,
    }
}

/// What is said to a caller whose limit is used up.
pub(super) fn refuse(exceeded: &Exceeded, caller: &Principal) -> Refusal {
    let limit = exceeded.limit;
    let (whose, what) = (whose(exceeded, caller), exceeded.measure.words());
    let Some(wait) = exceeded.retry_after else {
        let message = format!(
            "{whose} is limited to {limit} {what}, and this call alone needs more; make it smaller"
        );
        return Refusal::new(Situation::RateLimited, message);
    };
    let seconds = wait.as_secs_f64().ceil();
    let message = format!("{whose} is limited to {limit} {what}; try again in {seconds} s");
    Refusal::new(Situation::RateLimited, message).retry_after(wait)
}

/// Whose limit it is, as the caller knows them.
fn whose(exceeded: &Exceeded, caller: &Principal) -> String {
    let scope = &exceeded.scope;
    let holder = match scope.kind {
        Kind::Key => caller
            .key
            .as_ref()
            .map(|key| format!("key \"{}\"", key.name)),
        Kind::User => Some(format!("user \"{}\"", caller.email)),
        Kind::Team => caller
            .team
            .as_ref()
            .map(|team| format!("team \"{}\"", team.name)),
        Kind::Model => None,
    };
    let holder = holder.unwrap_or_else(|| format!("{} \"{}\"", scope.kind, scope.holder));
    match &scope.pattern {
        Some(pattern) => format!("{holder}, for models \"{pattern}\","),
        None => holder,
    }
}
