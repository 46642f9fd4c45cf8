//! An admitted call on its way: a whole answer or a stream, from the request to the relay.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use sync_wrapper::SyncWrapper;
use tokio::sync::oneshot;

use super::affinity::Conversation;
use super::attempt::{self, Asked, Failed, Opened, content_type, is_stream};
use super::attempts::Doubt;
use super::back::Whole;
use super::body::{Body, Relay, Waiting};
use super::call::{Answer, Call, Declined};
use super::compose::Composed;
use super::headers::Spelling;
use super::media::Form;
use super::opening::{self, Opening};
use super::permit::{Permit, Signs};
use super::pursuit::Pursuit;
use super::relay::{Stream, Terms};
use super::settlement::{Ending, Used};
use super::{Gateway, admit, headers};
use crate::catalog::{Candidate, Route};
use crate::config::OnDisconnect;
use crate::dialects::meter::{Meter, Plain};
use crate::dialects::peek::Head;
use crate::dialects::{EventWriter, Malformed, framing, peek};
use crate::limits::Standings;
use crate::models::clock::Timestamp;
use crate::models::operation::Operation;
use crate::models::refusal::{Refusal, Situation};
use crate::models::usage::Status;
use crate::providers::Sent;

/// The largest plain answer whose price is told in a header.
const LARGEST_PRICED: usize = 1 << 20;

/// A task of ours that did not come back.
fn lost() -> Refusal {
    Refusal::new(Situation::Internal, "the call was lost inside the gateway")
}

/// A call that goes on without its client, but not for ever: dropped, it is settled as cancelled.
async fn until_drained<T>(
    call: impl Future<Output = T>,
    gone: oneshot::Receiver<()>,
    signs: Signs,
    limit: Duration,
) -> Option<T> {
    let mut call = pin!(call);
    tokio::select! {
        biased;
        done = &mut call => return Some(done),
        _ = gone => signs.leave(),
    }
    tokio::time::timeout(limit, call).await.ok()
}

/// An admitted call on its way.
pub(super) struct Run {
    pub(super) gateway: Arc<Gateway>,
    pub(super) call: Call,
    pub(super) head: Head,
    pub(super) route: Arc<Route>,
    /// Whether a stream was asked for.
    pub(super) stream: bool,
    /// Whom the request is written for.
    pub(super) candidate: Arc<Candidate>,
    pub(super) composed: Composed,
    pub(super) pursuit: Pursuit,
    /// Targets that failed when they may be well.
    pub(super) doubts: Vec<Doubt>,
    /// By what its conversation is known.
    pub(super) conversation: Option<Conversation>,
    pub(super) permit: Permit,
    /// How the caller's limits stand.
    pub(super) standings: Standings,
    /// When the call was admitted.
    pub(super) now: Timestamp,
}

/// What a target gave.
pub(super) enum Got {
    /// An answer that is read whole.
    Whole(Box<Object>),
    /// A stream whose first content is here.
    Stream(Box<Opening>),
    /// Bytes that are no text; the first of them are here.
    Bytes(Option<Bytes>, Opened),
}

impl Got {
    /// What later requests may call the answer by.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Whole(object) => object.meter.id(),
            Self::Stream(opening) => opening.flow.meter().id(),
            Self::Bytes(..) => None,
        }
    }
}

/// An answer that is read whole.
pub(super) struct Object {
    status: StatusCode,
    meter: Meter,
    whole: Whole,
}

/// A stream that begins: its first content is here, and the client was told nothing of it.
pub(super) struct Beginning {
    opening: Opening,
    permit: Permit,
    terms: Terms,
    /// The headers of the answer.
    told: HeaderMap,
}

impl Beginning {
    /// The stream; `began` writes on what the client was told while it waited.
    pub(super) fn stream(self, began: Option<Box<dyn EventWriter>>) -> Stream {
        Stream::new(self.opening, self.permit, self.terms, began)
    }
}

impl Run {
    /// Asks for an answer and gives it, whole or as a stream.
    ///
    /// On the heap: whoever routes requests moves the futures of its handlers several times.
    pub(super) fn answer(self: Box<Self>) -> BoxFuture<'static, Result<Answer, Declined>> {
        let drain = self.candidate.target.timeouts.on_disconnect == OnDisconnect::Drain;
        let media = self.is_media();
        match (self.stream && !media, drain) {
            (true, _) => Box::pin(self.streamed(drain)),
            (false, false) => Box::pin(self.whole(media)),
            // On a task of its own the call goes on when the client leaves.
            (false, true) => {
                let (tracker, signs) = (self.gateway.tracker.clone(), self.permit.signs());
                let limit = self.candidate.target.timeouts.drain_limit;
                let (here, gone) = oneshot::channel();
                let whole = Box::pin(self.whole(media));
                let whole = tracker.spawn(until_drained(whole, gone, signs, limit));
                Box::pin(async move {
                    let _here: oneshot::Sender<()> = here;
                    whole
                        .await
                        .ok()
                        .flatten()
                        .unwrap_or_else(|| Err(lost().into()))
                })
            }
        }
    }

    /// What the answer's headers tell.
    pub(super) fn told(&self) -> HeaderMap {
        let mut told = Spelling::new();
        told.target(&self.candidate.target, self.permit.attempts());
        told.limits(&self.standings, self.call.dialect(), self.now);
        told.losses(&self.composed.dropped, &self.composed.clamped);
        told.into()
    }

    fn declined(&self, refusal: Refusal) -> Declined {
        Declined {
            refusal,
            headers: self.told(),
        }
    }

    /// The hold is not on disk as it must be: nobody is asked, and nothing is charged.
    pub(super) fn unaccounted(mut self: Box<Self>) -> Declined {
        let refusal = admit::unaccounted("fails");
        drop(self.permit.settle(Ending {
            status: Status::Rejected,
            http_status: refusal.situation.words().status,
            error_code: refusal.told_code().map(Into::into),
            used: Used::Nothing,
            model: None,
            flags: Vec::new(),
        }));
        let mut declined = self.declined(refusal);
        headers::unsettled(&mut declined.headers);
        declined
    }

    /// An answer that is read whole, or whose kind only the provider knows.
    async fn whole(mut self: Box<Self>, media: bool) -> Result<Answer, Declined> {
        match self.pursue(media).await {
            Err(refusal) => Err(self.declined(refusal)),
            Ok(Got::Whole(object)) => Ok(self.object(*object).await),
            Ok(Got::Bytes(first, opened)) => Ok(self.bytes(first, opened)),
            Ok(Got::Stream(opening)) => {
                let mut told = self.told();
                headers::events(&mut told);
                let relay = Relay::running(self.beginning(*opening).stream(None));
                Ok(Answer {
                    status: StatusCode::OK,
                    headers: told,
                    body: Body::Streamed(SyncWrapper::new(Box::new(relay))),
                })
            }
        }
    }

    /// Asks a target once, and takes what it gives as far as another one could still take its
    /// place.
    pub(super) async fn take(
        &mut self,
        asked: Asked<'_>,
        sent: &Sent,
        media: bool,
    ) -> Result<Got, Failed> {
        let gateway = Arc::clone(&self.gateway);
        let attempt = gateway.attempt(&mut self.call, &mut self.composed, asked, sent);
        let mut opened = attempt.await?;
        let form = if media {
            Form::of(&opened.headers)
        } else if !self.stream {
            Form::Object
        } else if is_stream(&opened.headers) {
            Form::Events
        } else {
            return Err(not_a_stream(opened, asked).await);
        };
        match form {
            Form::Bytes => {
                let first = attempt::first_bytes(&mut opened, asked).await?;
                self.permit.first_content(Instant::now());
                Ok(Got::Bytes(first, opened))
            }
            Form::Object => {
                let object = self.read(opened, asked).await?;
                self.permit.first_content(Instant::now());
                Ok(Got::Whole(Box::new(object)))
            }
            Form::Events => {
                let framing = framing::of(self.composed.upstream, content_type(&opened.headers));
                let flow = self.composed.back.flow();
                let flow = flow.of(&asked.target.provider).framed(framing);
                let opening = opening::content(opened, flow, asked).await?;
                self.permit.first_content(Instant::now());
                Ok(Got::Stream(Box::new(opening)))
            }
        }
    }

    /// Reads an answer whole.
    async fn read(&self, mut opened: Opened, asked: Asked<'_>) -> Result<Object, Failed> {
        let body = attempt::read_whole(&mut opened, asked).await?;
        let back = &self.composed.back;
        let mut meter = Meter::new(self.composed.upstream, back.choices());
        let whole = if self.counts() {
            match meter.plain(&body) {
                Plain::Answer => back.whole(body.clone()),
                _ => Err(Malformed::new("no answer")),
            }
        } else {
            self.counted(&body).map(Whole::written)
        };
        let status = opened.status;
        match whole {
            Ok(whole) => Ok(Object {
                status,
                meter,
                whole,
            }),
            Err(fault) => Err(Failed {
                failure: attempt::no_answer(
                    asked.target,
                    &opened.headers,
                    &body,
                    fault.error.as_deref(),
                ),
                status: Some(status),
                used: meter.reading().cloned().map_or(Used::Unknown, Used::Whole),
            }),
        }
    }

    /// Whether the answer uses tokens.
    fn counts(&self) -> bool {
        self.call.endpoint.operation() != Operation::CountTokens
    }

    /// Settles an answer that is read whole, and gives it.
    async fn object(mut self: Box<Self>, object: Object) -> Answer {
        let Object {
            status,
            mut meter,
            whole,
        } = object;
        let complete = meter.complete();
        let used = match meter.take_reading() {
            Some(reading) if complete => Used::Whole(reading),
            Some(reading) => Used::Partial(reading, meter.delivered_text()),
            None if !self.counts() => Used::Nothing,
            None => self.permit.by_request(meter.delivered_text()),
        };
        let mut told = self.told();
        let settled = self.permit.settle(Ending {
            status: Status::Ok,
            http_status: status.as_u16(),
            error_code: None,
            used,
            model: meter
                .model()
                .filter(|name| **name != *self.candidate.target.model)
                .map(Into::into),
            flags: Vec::new(),
        });
        let bill = settled.written().await;
        let back = &self.composed.back;
        headers::lost(&mut told, &back.lost(&whole));
        let written = back.written(whole, bill.counted);
        if self.counts() && written.len() <= LARGEST_PRICED {
            headers::cost(&mut told, bill.price);
        }
        headers::json(&mut told);
        Answer {
            status,
            headers: told,
            body: Body::Whole(written),
        }
    }

    /// How many tokens a provider counted, in the client's words.
    fn counted(&self, body: &Bytes) -> Result<Bytes, Malformed> {
        let (own, asked) = (
            self.composed.upstream.wire().counted(),
            self.call.client.counted(),
        );
        let count = peek::field(body, own).and_then(|count| std::str::from_utf8(count).ok());
        let count: Option<u64> = count.and_then(|count| count.parse().ok());
        let count = count.ok_or_else(|| Malformed::new("no count"))?;
        if own == asked {
            return Ok(body.clone());
        }
        Ok(format!("{{\"{asked}\":{count}}}").into())
    }

    /// A stream: as soon as there is content, or after the first silence.
    async fn streamed(self: Box<Self>, drain: bool) -> Result<Answer, Declined> {
        let heartbeat = self.gateway.stream.load().heartbeat;
        let asked = self.call.addressed.as_ref();
        let array = asked.is_some_and(|asked| asked.array);
        let (client, request_id) = (self.call.client, Arc::clone(&self.call.id));
        let signs = self.permit.signs();
        let mut early = self.told();
        // Whoever takes another's place may answer in another dialect.
        let sole = self.route.candidates.len() == 1 && self.route.fallbacks.all().next().is_none();
        let writer = self.composed.back.writer().filter(|_| sole);
        let mut opening: BoxFuture<'static, Result<Beginning, Declined>> = if drain {
            Box::pin(self.open_for_good())
        } else {
            Box::pin(self.open())
        };
        let (mut told, relay) = match tokio::time::timeout(heartbeat, &mut opening).await {
            Ok(Err(declined)) => return Err(declined),
            Ok(Ok(mut beginning)) => {
                let told = std::mem::take(&mut beginning.told);
                (told, Relay::running(beginning.stream(None)))
            }
            Err(_) => {
                signs.begin();
                headers::unsettled(&mut early);
                let sleep = Box::pin(tokio::time::sleep(Duration::ZERO));
                let waiting = Waiting {
                    opening,
                    client,
                    writer,
                    begun: false,
                    request_id,
                    heartbeat,
                    sleep,
                };
                (early, Relay::waiting(waiting))
            }
        };
        headers::events(&mut told);
        let relay = if array {
            headers::json(&mut told);
            relay.into_array()
        } else {
            relay
        };
        let body = Body::Streamed(SyncWrapper::new(Box::new(relay)));
        Ok(Answer {
            status: StatusCode::OK,
            headers: told,
            body,
        })
    }

    /// Asks for a stream that is read to its end even when the client leaves before it begins.
    async fn open_for_good(self: Box<Self>) -> Result<Beginning, Declined> {
        let (tracker, signs) = (self.gateway.tracker.clone(), self.permit.signs());
        let limit = self.candidate.target.timeouts.drain_limit;
        let (mut send, opened) = oneshot::channel();
        tracker.spawn(async move {
            let mut opening = pin!(self.open());
            let begun = tokio::select! {
                biased;
                begun = &mut opening => begun,
                () = send.closed() => {
                    signs.leave();
                    match tokio::time::timeout(limit, opening).await {
                        Ok(begun) => begun,
                        Err(_) => return,
                    }
                }
            };
            if let Err(Ok(beginning)) = send.send(begun) {
                Box::new(beginning.stream(None)).abandoned();
            }
        });
        opened.await.unwrap_or_else(|_| Err(lost().into()))
    }

    /// Asks for a stream.
    async fn open(mut self: Box<Self>) -> Result<Beginning, Declined> {
        match self.pursue(false).await {
            Ok(Got::Stream(opening)) => Ok(self.beginning(*opening)),
            // Nothing else is taken where a stream was asked for.
            Ok(Got::Whole(_) | Got::Bytes(..)) => Err(lost().into()),
            Err(refusal) => Err(self.declined(refusal)),
        }
    }

    /// A stream whose first content is here.
    fn beginning(self: Box<Self>, opening: Opening) -> Beginning {
        let stream = self.gateway.stream.load();
        let terms = Terms {
            client: self.call.client,
            request_id: Arc::clone(&self.call.id),
            timeouts: self.candidate.target.timeouts.clone(),
            deadline: self.pursuit.deadline,
            heartbeat: stream.heartbeat,
            usage_wait: stream.usage_wait,
            settler: self.gateway.settler.clone(),
        };
        Beginning {
            opening,
            told: self.told(),
            permit: self.permit,
            terms,
        }
    }
}

/// A provider that answers a stream with a page or an object: what it says is an error.
async fn not_a_stream(mut opened: Opened, asked: Asked<'_>) -> Failed {
    match attempt::read_whole(&mut opened, asked).await {
        Ok(body) => Failed {
            failure: attempt::no_answer(asked.target, &opened.headers, &body, None),
            status: Some(opened.status),
            used: Used::Unknown,
        },
        Err(failed) => failed,
    }
}
