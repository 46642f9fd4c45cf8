//! A stream between a provider and a client, from its first content on: polled by the client's connection, settled when it
//! ends.
//!
//! Start at [`Stream::poll`]. Bytes go through [`Flow`]; this file has the waiting: deadlines,
//! keep-alives, the end that is held until its settlement is written, and the client that leaves.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body as _, Frame};
use metrics::counter;
use tokio::time::{Sleep, sleep_until};

use super::flow::Flow;
use super::opening::Opening;
use super::permit::{Permit, Settled};
use super::settlement::{Ending, Used};
use super::settler::{Later, Settler};
use crate::config::{OnDisconnect, Upstream};
use crate::dialects::{EventWriter, Wire};
use crate::models::refusal::{Refusal, Situation};
use crate::models::usage::Status;
use crate::providers::{self, BodyError, Class};
use crate::telemetry::names;

/// How much is gathered before it is written, when more keeps coming.
const GATHER: usize = 16 * 1024;

/// Events that come so soon after one another are a burst, and are written together.
const BURST: Duration = Duration::from_millis(1);

/// How often a burst is asked for its next event before what came is written. The client's library
/// hands over one event a poll and needs a turn of its own for that; the server's polls a body
/// that is pending twice in one turn.
const LINGER: u8 = 2;

/// How long the provider's connection may take to end after the answer has.
const AFTER_THE_END: Duration = Duration::from_secs(1);

/// A stream between a provider and a client.
pub(super) struct Stream {
    flow: Flow,
    upstream: providers::Body,
    permit: Permit,
    stage: Stage,
    terms: Terms,
    /// When the provider last sent anything.
    heard: Instant,
    /// When the client was last sent anything.
    said: Instant,
    finished: Option<Instant>,
    /// The client is told that the answer is not complete; nothing may follow that.
    broken: bool,
    /// The client has left and the rest is read to settle exactly.
    nobody: bool,
    /// How often the bytes gathered so far may still be kept back.
    linger: u8,
    sleep: Pin<Box<Sleep>>,
}

/// What a stream goes by.
pub(super) struct Terms {
    pub(super) client: &'static dyn Wire,
    pub(super) request_id: Arc<str>,
    pub(super) timeouts: Upstream,
    pub(super) heartbeat: Duration,
    pub(super) usage_wait: Duration,
    /// When the whole call must be over.
    pub(super) deadline: Instant,
    pub(super) settler: Settler,
}

enum Stage {
    /// The provider is answering.
    Flowing,
    /// The settlement is being written; then the end is let go.
    Settling(Settled),
    /// All is settled; what still comes is passed on until this moment.
    Ending(Instant),
    Over,
}

impl Stream {
    /// A stream whose first content is here; `began` writes on what the client was told before.
    pub(super) fn new(
        opening: Opening,
        permit: Permit,
        terms: Terms,
        began: Option<Box<dyn EventWriter>>,
    ) -> Self {
        let now = Instant::now();
        let mut stream = Self {
            flow: opening.flow,
            upstream: opening.upstream,
            permit,
            stage: Stage::Flowing,
            heard: now,
            said: now,
            finished: None,
            broken: false,
            nobody: false,
            linger: 0,
            sleep: Box::pin(sleep_until((now + terms.heartbeat).into())),
            terms,
        };
        stream.flow.begin(began);
        stream.take_stock(now);
        if opening.over && matches!(stream.stage, Stage::Flowing) {
            stream.ended();
        }
        stream
    }

    /// The next bytes for the client; `None` at the end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match &mut self.stage {
                Stage::Flowing => {
                    if self.flow.ready() >= GATHER {
                        return Poll::Ready(self.send());
                    }
                    match Pin::new(&mut self.upstream).poll_frame(cx) {
                        Poll::Ready(frame) => self.heard(frame),
                        Poll::Pending => {
                            if self.flow.ready() > 0 {
                                if self.linger > 0 {
                                    self.linger -= 1;
                                    cx.waker().wake_by_ref();
                                    return Poll::Pending;
                                }
                                return Poll::Ready(self.send());
                            }
                            ready!(self.wait(cx));
                        }
                    }
                }
                Stage::Settling(settled) => {
                    let bill = ready!(settled.poll(cx));
                    self.flow.release(bill.counted);
                    self.stage = if self.broken {
                        Stage::Over
                    } else {
                        Stage::Ending(Instant::now() + AFTER_THE_END)
                    };
                }
                Stage::Ending(until) => {
                    let until = *until;
                    if self.flow.ready() >= GATHER {
                        return Poll::Ready(self.send());
                    }
                    if until <= Instant::now() {
                        // A provider that goes on and on never falls silent.
                        self.stage = Stage::Over;
                        continue;
                    }
                    match Pin::new(&mut self.upstream).poll_frame(cx) {
                        Poll::Ready(Some(Ok(frame))) => {
                            let counted = self.flow.meter().complete();
                            if let Ok(data) = frame.into_data()
                                && self.flow.push(data).is_err()
                            {
                                self.stage = Stage::Over;
                            }
                            if !counted && self.flow.meter().complete() {
                                counter!(names::LATE_USAGE).increment(1);
                            }
                        }
                        Poll::Ready(Some(Err(_)) | None) => {
                            if !self.flow.ended() && self.flow.failed().is_none() {
                                self.flow.close();
                            }
                            self.stage = Stage::Over;
                        }
                        Poll::Pending => {
                            if self.flow.ready() > 0 {
                                return Poll::Ready(self.send());
                            }
                            self.sleep.as_mut().reset(until.into());
                            ready!(self.sleep.as_mut().poll(cx));
                            self.stage = Stage::Over;
                        }
                    }
                }
                Stage::Over => return Poll::Ready(self.send()),
            }
        }
    }

    fn send(&mut self) -> Option<Bytes> {
        self.linger = 0;
        let bytes = self.flow.take()?;
        self.said = Instant::now();
        Some(bytes)
    }

    /// The provider sent something, broke off, or ended.
    fn heard(&mut self, frame: Option<Result<Frame<Bytes>, BodyError>>) {
        match frame {
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { return };
                let now = Instant::now();
                let burst = now.saturating_duration_since(self.heard) < BURST;
                self.linger = if burst { LINGER } else { 0 };
                self.heard = now;
                if self.flow.push(data).is_err() {
                    let message = "the provider sent an event too long to be one";
                    self.break_off(&Refusal::new(Situation::StreamInterrupted, message));
                    return;
                }
                if self.flow.started() {
                    self.permit.first_content(now);
                }
                self.take_stock(now);
            }
            Some(Err(error)) => {
                let refusal = Refusal::new(Situation::StreamInterrupted, error.to_string());
                self.over(&refusal);
            }
            None => {
                self.flow.close();
                self.ended();
            }
        }
    }

    /// Does what is to be done about what has come.
    fn take_stock(&mut self, now: Instant) {
        if self.flow.resumed() {
            // The end is waited for anew.
            self.finished = Some(now);
        } else if self.flow.finished() {
            self.finished.get_or_insert(now);
        }
        if self.flow.failed().is_some() {
            self.fail();
        } else if self.flow.ended() {
            self.settle(Status::Ok, None);
        } else if now >= self.terms.deadline {
            // A provider that never pauses is never waited for.
            self.too_long();
        }
    }

    /// The provider has ended its stream.
    fn ended(&mut self) {
        let message = "the provider ended its stream before the answer was complete";
        let refusal = Refusal::new(Situation::StreamInterrupted, message);
        // Some give fewer answers than were asked for.
        self.end(self.flow.whole(), &refusal);
    }

    /// Waits for the next thing to do by the clock, and does it.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timeouts = &self.terms.timeouts;
        let silence = self.heard + timeouts.idle_timeout;
        let total = self.terms.deadline;
        let alive = self.said + self.terms.heartbeat;
        let usage = self.finished.map(|at| at + self.terms.usage_wait);
        let next = silence.min(total).min(alive).min(usage.unwrap_or(total));

        let now = Instant::now();
        if now < next {
            // A timer that is set too early is cheaper than one set anew at each event.
            if self.sleep.deadline().into_std() > next || self.sleep.is_elapsed() {
                self.sleep.as_mut().reset(next.into());
            }
            ready!(self.sleep.as_mut().poll(cx));
            return Poll::Ready(());
        }
        if usage.is_some_and(|at| at <= now) {
            self.flow.conclude();
            if self.flow.failed().is_some() {
                self.fail();
            } else {
                self.settle(Status::Ok, None);
            }
        } else if total <= now {
            self.too_long();
        } else if silence <= now {
            self.over(&self.late("the provider was silent for too long"));
        } else {
            self.flow.stay(self.terms.client);
            self.linger = 0;
        }
        Poll::Ready(())
    }

    /// The whole call may take no longer.
    fn too_long(&mut self) {
        self.over(&self.late("the provider took too long for its answer"));
    }

    /// What a client is told when time is up.
    fn late(&self, message: &str) -> Refusal {
        let situation = if self.flow.started() {
            Situation::StreamInterrupted
        } else {
            Situation::UpstreamTimeout
        };
        Refusal::new(situation, message)
    }

    /// The provider broke off or fell silent: a normal end if all that was asked for is there.
    fn over(&mut self, refusal: &Refusal) {
        self.flow.close();
        self.end(self.flow.complete(), refusal);
    }

    /// Nothing more comes from the provider.
    fn end(&mut self, complete: bool, refusal: &Refusal) {
        if self.flow.failed().is_some() {
            self.fail();
        } else if complete {
            self.settle(Status::Ok, None);
        } else {
            self.break_off(refusal);
        }
    }

    /// The provider reported an error in its stream.
    fn fail(&mut self) {
        let Some(refusal) = self.flow.failed().cloned() else {
            return;
        };
        if self.flow.told() {
            self.settle(Status::Error, Some(&refusal));
        } else {
            self.break_off(&refusal);
        }
    }

    /// Tells the client that the answer is not complete.
    fn break_off(&mut self, refusal: &Refusal) {
        let event = self
            .flow
            .broken(self.terms.client, refusal, &self.terms.request_id);
        self.settle(Status::Error, Some(refusal));
        self.flow.break_off(event);
        self.broken = true;
    }

    /// Tells the client in the place of something that is too long for it.
    pub(super) fn unframed(&mut self) {
        let message = "the answer has an event that is too long for an array";
        let refusal = Refusal::new(Situation::StreamInterrupted, message);
        if matches!(self.stage, Stage::Flowing) {
            return self.break_off(&refusal);
        }
        let event = self
            .flow
            .broken(self.terms.client, &refusal, &self.terms.request_id);
        self.flow.break_off(event);
        self.stage = Stage::Over;
    }

    fn settle(&mut self, status: Status, refusal: Option<&Refusal>) {
        let used = if status == Status::Error {
            self.failed()
        } else {
            self.used()
        };
        let status = if self.nobody {
            Status::Cancelled
        } else {
            status
        };
        if let Some(refusal) = refusal {
            let class = match refusal.situation {
                Situation::UpstreamTimeout => Class::Timeout,
                _ => Class::Broken,
            };
            self.permit.log_failure(Some(200), class, refusal);
            self.permit.broke_off(Instant::now());
        }
        let settled = self.permit.settle(Ending {
            status,
            http_status: 200,
            error_code: refusal.map(|refusal| refusal.situation.words().code.into()),
            used,
            model: self.flow.meter().model().map(Into::into),
            flags: Vec::new(),
        });
        self.stage = Stage::Settling(settled);
    }

    /// What is known of what was used by a call that failed: as when a plain one does, nothing if
    /// nothing came of it.
    fn failed(&self) -> Used {
        if self.flow.started() || self.flow.meter().reading().is_some() {
            self.used()
        } else {
            Used::Unknown
        }
    }

    /// What is known of what was used.
    fn used(&self) -> Used {
        let meter = self.flow.meter();
        match meter.reading() {
            Some(reading) if meter.complete() && self.flow.whole() => Used::Whole(reading.clone()),
            Some(reading) => Used::Partial(reading.clone(), meter.delivered_text()),
            None => self.permit.by_request(meter.delivered_text()),
        }
    }

    /// The client left.
    pub(super) fn abandoned(mut self: Box<Self>) {
        if !matches!(self.stage, Stage::Flowing) {
            return;
        }
        if self.terms.timeouts.on_disconnect == OnDisconnect::Drain {
            self.nobody = true;
            let limit = self.terms.timeouts.drain_limit;
            let settler = self.terms.settler.clone();
            settler.send(Later::Drain {
                stream: self,
                limit,
            });
            return;
        }
        let model = self.flow.meter().model().map(Into::into);
        let used = self.used();
        drop(self.permit.settle(Ending::cancelled(used, model)));
    }

    /// Reads on for nobody, to know what was used.
    pub(super) async fn drain(mut self: Box<Self>, limit: Duration) {
        let whole = async { while std::future::poll_fn(|cx| self.poll(cx)).await.is_some() {} };
        if tokio::time::timeout(limit, whole).await.is_err() {
            self.terms.timeouts.on_disconnect = OnDisconnect::Cancel;
            self.abandoned();
        }
    }
}
