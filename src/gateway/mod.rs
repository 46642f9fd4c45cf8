//! A call from admission to settlement.
//!
//! [`Gateway::answer`] is the whole life of a call: routed, composed, admitted, sent to one target
//! after the other until one answers, relayed. What may fail before a provider is asked is a
//! [`Declined`]; what fails later is settled where it fails. It does not know HTTP servers, databases or who else is running.

mod admit;
mod affinity;
mod attempt;
mod attempts;
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
mod settlement;
mod settler;
mod shown;
mod upload;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::runtime::RuntimeFlavor;
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
use self::shown::Shown;
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
    shown: Shown,
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
            shown: Shown::default(),
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

    /// Answers a call: route, admit, compose, attempt, relay.
    ///
    /// The answer is worked out on the heap: whoever routes requests moves the futures of its
    /// handlers several times, and this one is large.
    pub async fn answer(self: &Arc<Self>, call: Call) -> Result<Answer, Declined> {
        let length = call.body.len();
        let (asking, taking) = aside(length, || self.begin(call))?;
        let taken = match taking {
            Taking::Ready(taken) => taken,
            Taking::Later(taken) => taken.await,
        };
        match aside(length, || self.enter(asking, taken))? {
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

    /// Routes a call and asks its limits, without waiting for anything.
    fn begin(&self, call: Call) -> Result<(Box<Asking>, Taking), Declined> {
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
        let pursuit = Pursuit::new(&route, &plan, call.received);
        let taking = self.take(&call, &head, &route, None);
        let asking = Asking {
            call,
            head,
            route,
            pursuit,
            conversation,
            would,
            now,
        };
        Ok((Box::new(asking), taking))
    }

    /// Admits and composes a call of which it is known whether it passes its limits.
    fn enter(
        self: &Arc<Self>,
        mut asking: Box<Asking>,
        taken: Result<Admission, Exceeded>,
    ) -> Result<Begun, Declined> {
        let mut admission = match taken {
            Ok(admission) => admission,
            Err(exceeded) => {
                let refusal = admit::refuse(&exceeded, &asking.call.principal);
                return Err(self.turn_away(&asking, refusal));
            }
        };
        let (candidate, composed) = match self.write(&mut asking) {
            Ok(written) => written,
            Err(refusal) => {
                if let Some(taken) = admission.taken {
                    taken.undo();
                }
                return Err(self.turn_away(&asking, refusal));
            }
        };
        admission.flags.extend(asking.would.take());
        let admitted = self.admit(&asking, &candidate, admission);
        let Admitted {
            permit,
            standings,
            held,
        } = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => return Err(self.turn_away(&asking, refusal)),
        };
        let Asking {
            call,
            head,
            route,
            pursuit,
            conversation,
            would: _,
            now,
        } = *asking;
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
        let run = Run {
            gateway: Arc::clone(self),
            stream: head.stream && call.endpoint.operation() != Operation::CountTokens,
            call,
            head,
            route,
            candidate,
            composed,
            pursuit,
            doubts: Vec::new(),
            conversation,
            permit,
            standings,
            now,
        };
        Ok(Begun::Run(Box::new(run), held))
    }

    /// Writes the request for the first who can be told it; nothing where the tokens of a prompt
    /// are to be counted here, and nothing yet where other models are to be asked.
    fn write(&self, asking: &mut Asking) -> Result<(Arc<Candidate>, Option<Composed>), Refusal> {
        let Asking {
            call,
            head,
            route,
            pursuit,
            ..
        } = asking;
        let composer = Composer {
            recollection: &self.recollection,
            created: asking.now.timestamp(),
            requested: &route.requested,
            strict: call.strict || route.strict,
        };
        let counts = call.endpoint.operation() == Operation::CountTokens;
        while let Some(candidate) = pursuit.first().cloned() {
            if counts
                && candidate
                    .target
                    .speaks(Operation::CountTokens, call.dialect())
                    .is_none()
            {
                return Ok((candidate, None));
            }
            match composer.compose(call, head, &candidate) {
                Ok(request) => return Ok((candidate, Some(request))),
                Err(refusal) if refusal.is_of_target() => pursuit.skip(refusal),
                Err(refusal) => return Err(refusal),
            }
        }
        let first = Arc::clone(route.first());
        if counts {
            return Ok((first, None));
        }
        if pursuit.has_others() {
            return Ok((first, Some(Composed::unwritten(call.dialect()))));
        }
        Err(pursuit.nobody(&route.requested))
    }

    /// Declines a call that was routed.
    fn turn_away(&self, asking: &Asking, refusal: Refusal) -> Declined {
        let target = asking.pursuit.first().map(|candidate| &candidate.target);
        let told = Some((&*asking.route, target));
        self.decline(&asking.call, Some(&asking.head), told, refusal, asking.now)
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

/// Does what may take some milliseconds beside the threads that everybody's streams run on, where
/// it is about so many bytes.
fn aside<T>(length: usize, work: impl FnOnce() -> T) -> T {
    let several = || {
        let runtime = tokio::runtime::Handle::try_current();
        runtime.is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
    };
    if length > LARGE && several() {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

/// A call that is routed and asks its limits.
struct Asking {
    call: Call,
    head: Head,
    route: Arc<Route>,
    pursuit: Pursuit,
    /// By what its conversation is known.
    conversation: Option<Conversation>,
    /// Who would be asked if what is only observed were followed.
    would: Option<String>,
    now: Timestamp,
}

/// A call that is admitted.
enum Begun {
    /// To be sent to a provider, once its hold is written.
    Run(Box<Run>, Written),
    /// To be counted here, for a provider that does not.
    Count(Box<Count>),
}
