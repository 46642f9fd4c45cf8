//! An admitted call on its way: a whole answer or a stream, from the request to the relay.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use sync_wrapper::SyncWrapper;
use tokio::sync::oneshot;

use super::attempt::{self, Opened, content_type, is_stream};
use super::back::Whole;
use super::body::{Body, Relay, Waiting};
use super::call::{Answer, Call, Declined};
use super::compose::Composed;
use super::permit::{Ending, Permit, Signs, Used};
use super::relay::{Stream, Terms};
use super::{Gateway, admit, headers};
use crate::catalog::Route;
use crate::config::OnDisconnect;
use crate::dialects::meter::{Meter, Plain};
use crate::dialects::{Malformed, framing, peek};
use crate::models::operation::Operation;
use crate::models::refusal::{Refusal, Situation};
use crate::models::usage::Status;

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
    pub(super) route: Arc<Route>,
    /// Whether a stream was asked for.
    pub(super) stream: bool,
    pub(super) composed: Composed,
    pub(super) permit: Permit,
    /// The headers of the answer.
    pub(super) told: HeaderMap,
}

impl Run {
    /// Asks the provider and gives its answer, whole or as a stream.
    ///
    /// On the heap: whoever routes requests moves the futures of its handlers several times.
    pub(super) fn answer(self: Box<Self>) -> BoxFuture<'static, Result<Answer, Declined>> {
        let drain = self.route.target.timeouts.on_disconnect == OnDisconnect::Drain;
        let media = self.is_media();
        match (self.stream && !media, drain) {
            (true, _) => Box::pin(self.streamed(drain)),
            (false, false) if media => self.media(),
            (false, false) => Box::pin(self.whole()),
            // On a task of its own the call goes on when the client leaves.
            (false, true) => {
                let (tracker, signs) = (self.gateway.tracker.clone(), self.permit.signs());
                let limit = self.route.target.timeouts.drain_limit;
                let (here, gone) = oneshot::channel();
                let whole = if media {
                    self.media()
                } else {
                    Box::pin(self.whole())
                };
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
        headers::unsettled(&mut self.told);
        Declined {
            refusal,
            headers: self.told,
        }
    }

    /// A whole answer.
    async fn whole(mut self: Box<Self>) -> Result<Answer, Declined> {
        let gateway = Arc::clone(&self.gateway);
        let target = &self.route.target;
        let opened = gateway
            .attempt(
                &mut self.call,
                &mut self.composed,
                target,
                false,
                &mut self.permit,
            )
            .await;
        match opened {
            Ok(opened) => self.object(opened).await,
            Err(refusal) => Err(Declined {
                refusal,
                headers: self.told,
            }),
        }
    }

    /// An answer that is read whole.
    pub(super) async fn object(
        mut self: Box<Self>,
        mut opened: Opened,
    ) -> Result<Answer, Declined> {
        let target = &self.route.target;
        let read = self
            .gateway
            .read_whole(&mut opened, target, &mut self.permit);
        let body = match read.await {
            Ok(body) => body,
            Err(refusal) => {
                return Err(Declined {
                    refusal,
                    headers: self.told,
                });
            }
        };

        let counts = self.call.endpoint.operation() != Operation::CountTokens;
        let mut meter = Meter::new(self.composed.upstream, self.composed.back.choices());
        let whole = if counts {
            match meter.plain(&body) {
                Plain::Answer => self.composed.back.whole(body.clone()),
                _ => Err(Malformed::new("no answer")),
            }
        } else {
            self.counted(&body).map(Whole::written)
        };
        let whole = match whole {
            Ok(whole) => whole,
            Err(fault) => {
                let failure =
                    attempt::no_answer(target, &opened.headers, &body, fault.error.as_deref());
                let used = meter.reading().cloned().map_or(Used::Unknown, Used::Whole);
                let status = Some(opened.status);
                let refusal = attempt::settle(&mut self.permit, status, failure, used).await;
                return Err(Declined {
                    refusal,
                    headers: self.told,
                });
            }
        };
        self.permit.first_content(Instant::now());
        let complete = meter.complete();
        let used = match meter.take_reading() {
            Some(reading) if complete => Used::Whole(reading),
            Some(reading) => Used::Partial(reading, meter.delivered_text()),
            None if !counts => Used::Nothing,
            None => self.permit.by_request(meter.delivered_text()),
        };
        let settled = self.permit.settle(Ending {
            status: Status::Ok,
            http_status: opened.status.as_u16(),
            error_code: None,
            used,
            model: meter
                .model()
                .filter(|name| **name != *target.model)
                .map(Into::into),
            flags: Vec::new(),
        });
        let bill = settled.written().await;
        headers::lost(&mut self.told, &whole.lost());
        let written = whole.into_bytes(bill.counted);
        if counts && written.len() <= LARGEST_PRICED {
            headers::cost(&mut self.told, bill.price);
        }
        headers::json(&mut self.told);
        Ok(Answer {
            status: opened.status,
            headers: self.told,
            body: Body::Whole(written),
        })
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

    /// A stream: as soon as the provider answers, or after the first silence.
    async fn streamed(mut self: Box<Self>, drain: bool) -> Result<Answer, Declined> {
        let heartbeat = self.gateway.stream.heartbeat;
        let asked = self.call.addressed.as_ref();
        let array = asked.is_some_and(|asked| asked.array);
        let (client, request_id) = (self.call.client, Arc::clone(&self.call.id));
        let signs = self.permit.signs();
        let mut told = std::mem::take(&mut self.told);
        let writer = self.composed.back.writer();
        let mut opening: BoxFuture<'static, Result<Stream, Refusal>> = if drain {
            Box::pin(self.open_for_good())
        } else {
            Box::pin(self.open())
        };
        let until = tokio::time::Instant::now() + heartbeat;
        let opened = match tokio::time::timeout_at(until, &mut opening).await {
            Ok(Ok(stream)) => {
                let mut relay = Relay::running(stream);
                let first = relay.first(until).await;
                Ok(first.map(|()| relay))
            }
            Ok(Err(refusal)) => Ok(Err(refusal)),
            Err(late) => Err(late),
        };
        let relay = match opened {
            Ok(Ok(relay)) => relay,
            Ok(Err(refusal)) => {
                return Err(Declined {
                    refusal,
                    headers: told,
                });
            }
            Err(_) => {
                signs.begin();
                headers::unsettled(&mut told);
                let sleep = Box::pin(tokio::time::sleep(Duration::ZERO));
                Relay::waiting(Waiting {
                    opening,
                    client,
                    writer,
                    begun: false,
                    request_id,
                    heartbeat,
                    sleep,
                })
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

    /// Asks the provider for a stream that is read to its end even when the client leaves before
    /// it begins.
    async fn open_for_good(self: Box<Self>) -> Result<Stream, Refusal> {
        let tracker = self.gateway.tracker.clone();
        let (send, opened) = oneshot::channel();
        tracker.spawn(async move {
            if let Err(Ok(stream)) = send.send(self.open().await) {
                Box::new(stream).abandoned();
            }
        });
        opened.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Asks the provider for a stream.
    async fn open(mut self: Box<Self>) -> Result<Stream, Refusal> {
        let gateway = Arc::clone(&self.gateway);
        let target = &self.route.target;
        let opened = gateway
            .attempt(
                &mut self.call,
                &mut self.composed,
                target,
                true,
                &mut self.permit,
            )
            .await?;
        if !is_stream(&opened.headers) {
            return Err(self.not_a_stream(opened).await);
        }
        Ok(self.relayed(opened))
    }

    /// A stream whose head is here.
    pub(super) fn relayed(self: Box<Self>, opened: Opened) -> Stream {
        let target = &self.route.target;
        let terms = Terms {
            client: self.call.client,
            request_id: Arc::clone(&self.call.id),
            timeouts: target.timeouts.clone(),
            heartbeat: self.gateway.stream.heartbeat,
            usage_wait: self.gateway.stream.usage_wait,
            settler: self.gateway.settler.clone(),
            route: Arc::clone(&self.route),
            headers: opened.headers,
        };
        let framing = framing::of(self.composed.upstream, content_type(&terms.headers));
        let flow = self.composed.back.flow();
        let flow = flow.of(&target.provider).framed(framing);
        Stream::new(flow, opened.body, self.permit, terms, opened.began)
    }

    /// A provider that answers a stream with a page or an object: what it says is an error.
    async fn not_a_stream(&mut self, mut opened: Opened) -> Refusal {
        let target = &self.route.target;
        let read = self
            .gateway
            .read_whole(&mut opened, target, &mut self.permit);
        match read.await {
            Ok(body) => {
                let failure = attempt::no_answer(target, &opened.headers, &body, None);
                let status = Some(opened.status);
                attempt::settle(&mut self.permit, status, failure, Used::Unknown).await
            }
            Err(refusal) => refusal,
        }
    }
}
