//! A call from admission to settlement.
//!
//! [`Gateway::answer`] is the whole life of a call: routed, composed, admitted, sent to one target
//! after the other until one answers, relayed. What may fail before a provider is asked is a
//! [`Declined`]; what fails later is settled where it fails. It does not know HTTP servers, databases or who else is running.

mod admit;
mod affinity;
mod attempt;
mod back;
mod body;
mod call;
mod candidates;
mod chance;
mod compose;
mod count;
mod explain;
mod flow;
mod headers;
mod media;
mod names;
mod opening;
mod permit;
mod plan;
mod pour;
mod pursuit;
mod react;
mod recollection;
mod relay;
mod run;
mod settler;
mod shown;
mod upload;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_util::task::TaskTracker;

pub use body::{Body, Poured, Relay};
pub use call::{Addressed, Answer, Call, Declined};
pub use explain::{Explanation, Fallback, Question, Seat, Seats, explain};
pub use pour::Broken;
pub use upload::{Fault, Upload};

use self::admit::Admitted;
use self::affinity::{Affinity, Conversation};
use self::candidates::Wanted;
use self::compose::{Composed, Composer};
use self::count::Count;
use self::headers::Spelling;
use self::names::Names;
use self::pursuit::Pursuit;
use self::recollection::Recollection;
use self::run::Run;
use self::settler::Settler;
use crate::catalog::{Candidate, Catalog, Route};
use crate::config;
use crate::dialects::peek::{self, Head};
use crate::journal::{Journal, Written};
use crate::limits::{Admission, Exceeded, Limits, Taking};
use crate::models::clock::{Clock, Timestamp};
use crate::models::operation::Operation;
use crate::models::refusal::Refusal;
use crate::providers::{Client, Target};

/// A longer body is read and translated beside the threads that everybody's streams run on: at this
/// length that takes some milliseconds.
const LARGE: usize = 1024 * 1024;

/// Answers calls.
pub struct Gateway {
    catalog: Arc<Catalog>,
    client: Client,
    journal: Journal,
    limits: Limits,
    clock: Clock,
    stream: ArcSwap<config::Stream>,
    settler: Settler,
    tracker: TaskTracker,
    names: Names,
    recollection: Recollection,
    affinity: Affinity,
}

impl Gateway {
    /// A gateway that is ready to answer. Must be called within a runtime.
    pub fn new(
        catalog: Arc<Catalog>,
        client: Client,
        journal: Journal,
        limits: Limits,
        clock: Clock,
        stream: config::Stream,
    ) -> Arc<Self> {
        let tracker = TaskTracker::new();
        Arc::new(Self {
            catalog,
            client,
            journal,
            limits,
            settler: Settler::start(&tracker),
            clock,
            stream: ArcSwap::from_pointee(stream),
            tracker,
            names: Names::default(),
            recollection: Recollection::new(),
            affinity: Affinity::new(),
        })
    }

    /// Goes by other settings from now on; streams that run keep theirs.
    pub fn set_stream(&self, stream: config::Stream) {
        self.stream.store(Arc::new(stream));
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

    /// Who may use how much, and how it stands.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Answers a call: route, compose, admit, attempt, relay.
    ///
    /// The answer is worked out on the heap: whoever routes requests moves the futures of its
    /// handlers several times, and this one is large.
    pub async fn answer(self: &Arc<Self>, call: Call) -> Result<Answer, Declined> {
        let begun = if call.body.len() > LARGE {
            let gateway = Arc::clone(self);
            let begun = tokio::task::spawn_blocking(move || gateway.begin(call)).await;
            begun.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
        } else {
            self.begin(call)
        };
        let mut asking = begun?;
        let taken =
            match std::mem::replace(&mut asking.taking, Taking::Ready(Ok(Admission::default()))) {
                Taking::Ready(taken) => taken,
                Taking::Later(taken) => taken.await,
            };
        match self.enter(asking, taken)? {
            Begun::Run(run, held) => {
                if !held.await {
                    return Err(run.unaccounted());
                }
                if self.running() > 1 {
                    // After the others that came in with this one: what they all ask then goes out
                    // close together, and wakes a provider on this machine once, not once a call.
                    tokio::task::yield_now().await;
                }
                run.answer().await
            }
            Begun::Count(count) => count.answer().await,
        }
    }

    /// Routes and composes a call and asks its limits, without waiting for anything.
    fn begin(&self, call: Call) -> Result<Asking, Declined> {
        let now = self.clock.now();
        let head = match &call.upload {
            Some(upload) => Ok(upload.head()),
            None => peek::head(&call.body, call.dialect()).map(|head| call.addressed(head)),
        };
        let head = match head {
            Ok(head) => head,
            Err(error) => {
                let refusal = compose::malformed(error);
                return Err(self.decline(&call, None, None, refusal, now));
            }
        };
        let route = match self.catalog.route(&call.principal, &head.model) {
            Ok(route) => route,
            Err(refusal) => return Err(self.decline(&call, Some(&head), None, refusal, now)),
        };
        let mut wanted = Wanted::of(&call, &head);
        let conversation = self.affinity.conversation(&call, &route);
        if let Some(conversation) = &conversation {
            wanted.served = self.affinity.served(conversation);
            wanted.stored = conversation.stored;
        }
        let plan = self.plan(&route, &wanted);
        let would = self.would(&route, &plan, &wanted);
        drop(wanted);
        let mut pursuit = Pursuit::new(&route, &plan, call.received);
        let written = self.write(&call, &head, &route, &mut pursuit, now);
        let (candidate, composed) = match written {
            Ok(written) => written,
            Err(refusal) => {
                let target = pursuit.first().map(|candidate| &candidate.target);
                let told = Some((&*route, target));
                return Err(self.decline(&call, Some(&head), told, refusal, now));
            }
        };
        Ok(Asking {
            taking: self.take(&call, &head, &route),
            call,
            head,
            route,
            candidate,
            composed,
            pursuit,
            conversation,
            would,
            now,
        })
    }

    /// Admits a call of which it is known whether it passes its limits.
    fn enter(
        self: &Arc<Self>,
        asking: Asking,
        taken: Result<Admission, Exceeded>,
    ) -> Result<Begun, Declined> {
        let Asking {
            taking: _,
            call,
            head,
            route,
            candidate,
            composed,
            pursuit,
            conversation,
            would,
            now,
        } = asking;
        let taken = taken.map(|mut admission| {
            admission.flags.extend(would);
            admission
        });
        let admitted = self.admit(&call, &head, &route, &candidate, taken, now);
        let Admitted {
            permit,
            standings,
            held,
        } = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => {
                let told = Some((&*route, Some(&candidate.target)));
                return Err(self.decline(&call, Some(&head), told, refusal, now));
            }
        };
        let Some(composed) = composed else {
            let mut told = Spelling::new();
            told.target(&candidate.target, 0);
            told.limits(&standings, call.dialect(), now);
            return Ok(Begun::Count(Box::new(Count {
                call,
                candidate,
                permit,
                settler: self.settler.clone(),
                rough_input: head.rough_input,
                told: told.into(),
            })));
        };
        let uploaded = call.upload.as_ref();
        let run = Run {
            gateway: Arc::clone(self),
            stream: head.stream && call.endpoint.operation() != Operation::CountTokens,
            repeatable: uploaded.is_none_or(|upload| upload.tail.is_none()),
            call,
            head,
            route,
            candidate,
            composed,
            pursuit,
            conversation,
            permit,
            standings,
            now,
        };
        Ok(Begun::Run(Box::new(run), held))
    }

    /// Writes the request for the first who can be told it; nothing where the tokens of a prompt
    /// are to be counted here.
    fn write(
        &self,
        call: &Call,
        head: &Head,
        route: &Route,
        pursuit: &mut Pursuit,
        now: Timestamp,
    ) -> Result<(Arc<Candidate>, Option<Composed>), Refusal> {
        let composer = Composer {
            recollection: &self.recollection,
            created: now.timestamp(),
            requested: &route.requested,
            strict: call.strict || route.strict,
        };
        let operation = call.endpoint.operation();
        loop {
            self.find_fallback(pursuit, &Wanted::of(call, head));
            let Some(candidate) = pursuit.first().cloned() else {
                return Err(pursuit.nobody(&route.requested));
            };
            let target = &candidate.target;
            let speaks = || {
                let provider = &target.provider;
                provider.speaks(operation, call.dialect(), &target.model)
            };
            if operation == Operation::CountTokens && speaks().is_none() {
                return Ok((candidate, None));
            }
            match composer.compose(call, head, &candidate) {
                Ok(request) => return Ok((candidate, Some(request))),
                Err(refusal) if refusal.is_of_target() => pursuit.skip(refusal),
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// Records a refusal of our own and says it.
    fn decline(
        &self,
        call: &Call,
        head: Option<&Head>,
        asked: Option<(&Route, Option<&Target>)>,
        refusal: Refusal,
        now: Timestamp,
    ) -> Declined {
        self.reject(call, head, &refusal, now);
        let mut told = Spelling::new();
        if let Some((_, Some(target))) = asked {
            told.target(target, 0);
        }
        let route = asked.map(|(route, _)| route);
        told.limits(&self.standings(call, route), call.dialect(), now);
        Declined {
            refusal,
            headers: told.into(),
        }
    }
}

/// A call that is composed and asks its limits.
struct Asking {
    call: Call,
    head: Head,
    route: Arc<Route>,
    /// Who is to be asked first.
    candidate: Arc<Candidate>,
    /// What goes there; `None`: it is counted here.
    composed: Option<Composed>,
    pursuit: Pursuit,
    /// By what its conversation is known.
    conversation: Option<Conversation>,
    /// Who would be asked if what is only observed were followed.
    would: Option<String>,
    taking: Taking,
    now: Timestamp,
}

/// A call that is admitted.
enum Begun {
    /// To be sent to a provider, once its hold is written.
    Run(Box<Run>, Written),
    /// To be counted here, for a provider that does not.
    Count(Box<Count>),
}
