//! A provider's stream on its way to the client: bytes in, bytes out, no waiting.
//!
//! In its own dialect a stream goes on untouched, event by event, while the meter reads along. To
//! another dialect it is read into [`crate::models::streaming`] and written anew. From the event
//! that carries the finish reason on, everything is held back until [`Flow::release`]: the end of
//! an answer is let go only when its settlement is written.

mod gathered;
mod wrong;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use self::gathered::Gathered;
use self::wrong::{cleaned, interrupted, said_wrong};
use super::recollection::Listener;
use crate::dialects::framing::Framing;
use crate::dialects::json::Value;
use crate::dialects::meter::{Mark, Meter};
use crate::dialects::sse::{self, LARGEST, Splitter};
use crate::dialects::{Dialect, EventReader, EventWriter, Wire};
use crate::models::refusal::Refusal;
use crate::models::streaming::Event;
use crate::models::usage::Tokens;
use crate::providers::Provider;

/// The most bytes, and the most events, that are held back before any content.
const LONGEST_EARLY: usize = 1024 * 1024;
const MOST_EARLY: usize = 10_000;

/// A stream between a provider and a client.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the stream"
)]
pub(super) struct Flow {
    /// Makes events of what the provider sends, where that is something else.
    framing: Option<Box<dyn Framing>>,
    splitter: Splitter,
    meter: Meter,
    path: Path,
    gathered: Gathered,
    /// What the client may not see before the settlement is written.
    held: BytesMut,
    holding: bool,
    released: bool,
    /// The end of a translated answer is to be written, behind the figures that are recorded.
    ending: bool,
    /// The tokens that were counted here, where the provider did not tell them.
    counted: Option<Tokens>,
    started: bool,
    finished: bool,
    /// Whether an answer went on after its finish.
    resumed: bool,
    /// The provider said that something is wrong, in its stream.
    failed: Option<Refusal>,
    /// What it said was kept from the client.
    unsaid: bool,
    /// Its words for what is wrong, as an error answer would have them.
    reported: Option<Vec<u8>>,
    /// How many events the provider sent that were no errors.
    events: u64,
    /// What is to be written once it is known that this is the answer.
    early: Option<Vec<Event>>,
    /// The event that may be repeated to show that the answer is still being made.
    alive: Option<Bytes>,
    upstream: Dialect,
    /// Takes credentials out of what the provider says is wrong.
    provider: Option<Arc<dyn Provider>>,
}

/// How events get from the provider's dialect to the client's.
pub(super) enum Path {
    /// As they came; the usage event is left out when nobody asked for it.
    Same {
        /// Leave out the event with usage and no choices.
        hide_usage: bool,
    },
    /// Read and written anew.
    Translated {
        /// Reads the provider's dialect.
        reader: Box<dyn EventReader>,
        /// Writes the client's.
        writer: Box<dyn EventWriter>,
        /// Remembers what the client may not give back.
        listener: Option<Listener>,
    },
}

/// An event that is too long to be one, or more than may wait for something else.
#[derive(Debug)]
pub(super) struct TooLong;

impl Flow {
    pub(super) fn new(upstream: Dialect, choices: u32, path: Path) -> Self {
        Self {
            framing: None,
            splitter: Splitter::new(),
            meter: Meter::new(upstream, choices),
            path,
            gathered: Gathered::default(),
            held: BytesMut::new(),
            holding: false,
            released: false,
            ending: false,
            counted: None,
            started: false,
            finished: false,
            resumed: false,
            failed: None,
            unsaid: false,
            reported: None,
            events: 0,
            early: None,
            alive: None,
            upstream,
            provider: None,
        }
    }

    /// The same for a provider whose credentials are to be kept out of what it says is wrong.
    pub(super) fn of(self, provider: &Arc<dyn Provider>) -> Self {
        Self {
            provider: Some(Arc::clone(provider)),
            ..self
        }
    }

    /// The same for a provider that sends something else than events.
    pub(super) fn framed(self, framing: Option<Box<dyn Framing>>) -> Self {
        Self { framing, ..self }
    }

    /// The same, to be told to nobody before [`Flow::begin`].
    pub(super) fn held_back(self) -> Self {
        Self {
            early: Some(Vec::new()),
            ..self
        }
    }

    /// Whether too much has come to be held back any longer.
    pub(super) fn overflows(&self) -> bool {
        self.ready() > LONGEST_EARLY
            || self
                .early
                .as_ref()
                .is_some_and(|all| all.len() > MOST_EARLY)
    }

    /// What the meter has read so far.
    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Whether the first content has come.
    pub(super) fn started(&self) -> bool {
        self.started
    }

    /// Whether the finish reason of every answer asked for has come.
    pub(super) fn finished(&self) -> bool {
        self.finished
    }

    /// Whether an answer went on after its finish since this was asked last.
    pub(super) fn resumed(&mut self) -> bool {
        std::mem::take(&mut self.resumed)
    }

    /// Whether what has come may be all there is: every answer that began has its finish reason.
    pub(super) fn whole(&self) -> bool {
        self.meter.finished() || self.meter.ended()
    }

    /// Whether what has come is all there is: every answer asked for has its finish reason.
    pub(super) fn complete(&self) -> bool {
        self.meter.all_finished() || self.meter.ended()
    }

    /// Whether nothing more is to come.
    pub(super) fn ended(&self) -> bool {
        self.meter.ended()
    }

    /// What the provider said is wrong.
    pub(super) fn failed(&self) -> Option<&Refusal> {
        self.failed.as_ref()
    }

    /// What the provider said is wrong, as an error answer would have it.
    pub(super) fn reported(&self) -> Option<&[u8]> {
        self.reported.as_deref()
    }

    /// Whether the client was told what is wrong in the provider's own words.
    pub(super) fn told(&self) -> bool {
        self.failed.is_some() && !self.unsaid && self.stays()
    }

    /// Whether events go on as they came.
    fn stays(&self) -> bool {
        matches!(self.path, Path::Same { .. })
    }

    /// Takes bytes from the provider.
    pub(super) fn push(&mut self, chunk: Bytes) -> Result<(), TooLong> {
        match &mut self.framing {
            None => self.events(chunk),
            Some(framing) => {
                let events = framing.events(&chunk);
                self.events(events)
            }
        }
    }

    /// Takes events, or pieces of them.
    fn events(&mut self, chunk: Bytes) -> Result<(), TooLong> {
        self.splitter.push(chunk);
        while self.splitter.step().map_err(|_| TooLong)? {
            if self.failed.is_some() && self.stays() {
                // Nothing follows an error: an end of the provider's own would hide it.
                let told = self.splitter.take_before();
                if self.holding {
                    self.held.extend_from_slice(&told);
                } else {
                    self.gathered.push(told);
                }
                drop(self.splitter.take());
                continue;
            }
            let mark = self.meter.event(self.splitter.event());
            self.events += u64::from(!mark.error);
            if mark.alive && self.stays() {
                self.alive = Some(Bytes::copy_from_slice(self.splitter.event()));
            }
            self.started |= mark.content;
            self.resumed |= self.finished && mark.content;
            self.finished |= mark.finish;
            match &mut self.path {
                Path::Same { hide_usage } => {
                    let hide = mark.usage_only && *hide_usage;
                    self.pass(mark, hide);
                }
                Path::Translated { reader, .. } => {
                    let mut events = Vec::new();
                    if let Some(event) = sse::Event::parse(self.splitter.event()) {
                        reader.read(&event, &mut events);
                        let broken = |event: &Event| matches!(event, Event::Error(_));
                        if !self.started && events.iter().any(broken) {
                            self.reported = said_wrong(self.upstream, &event);
                        }
                    }
                    drop(self.splitter.take());
                    self.write(events);
                }
            }
            if self.kept() > LARGEST {
                return Err(TooLong);
            }
        }
        if !self.holding {
            // What was not stopped by a mark goes on in one piece.
            self.gathered.push(self.splitter.take());
        }
        Ok(())
    }

    /// How many bytes wait: for the settlement, or for their turn in the client's dialect.
    fn kept(&self) -> usize {
        let waiting = match &self.path {
            Path::Same { .. } => 0,
            Path::Translated { reader, writer, .. } => reader.kept() + writer.kept(),
        };
        self.held.len() + waiting
    }

    /// The provider's stream is over.
    pub(super) fn close(&mut self) {
        if let Some(mut framing) = self.framing.take() {
            let _ = self.events(framing.rest());
        }
        let rest = self.splitter.rest();
        if sse::is_whole(&rest) {
            // Only its blank line is missing. What is cut inside an event is none, and would
            // spoil the one that says so.
            let mut event = BytesMut::from(rest);
            event.extend_from_slice(b"\n\n");
            let _ = self.events(event.freeze());
        }
        self.conclude();
    }

    /// Writes the client's end of a translated answer; what came of the provider's is all there is.
    pub(super) fn conclude(&mut self) {
        if let Path::Translated { reader, .. } = &mut self.path {
            let mut events = Vec::new();
            reader.finish(&mut events);
            self.write(events);
        }
    }

    /// Ends with an event that says so, in the place of the end that was held.
    pub(super) fn break_off(&mut self, event: Bytes) {
        self.held.clear();
        self.ending = false;
        self.gathered.push(event);
    }

    /// Lets the held end go, and from now on everything at once.
    ///
    /// `counted`: the tokens that are recorded, where they were counted here: a client whose
    /// answer is written anew is told the same.
    pub(super) fn release(&mut self, counted: Option<Tokens>) {
        self.released = true;
        self.holding = false;
        self.counted = counted;
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.gathered.push(held.freeze());
        }
        if std::mem::take(&mut self.ending) {
            self.write(vec![Event::End]);
        }
    }

    /// Lets what has come so far go to the client, behind what it was told before that.
    pub(super) fn begin(&mut self, began: Option<Box<dyn EventWriter>>) {
        if let (Path::Translated { writer, .. }, Some(began)) = (&mut self.path, began) {
            *writer = began;
        }
        if let Some(early) = self.early.take() {
            self.write(early);
        }
    }

    /// Shows the client that the answer is still being made.
    pub(super) fn stay(&mut self, client: &dyn Wire) {
        let mut said = Vec::new();
        match &mut self.path {
            Path::Same { .. } => said.extend(self.alive.iter().flatten()),
            Path::Translated { writer, .. } => writer.keep_alive(&mut said),
        }
        self.gathered.push(if said.is_empty() {
            Bytes::from_static(client.keep_alive())
        } else {
            said.into()
        });
    }

    /// The event that tells the client its stream broke.
    pub(super) fn broken(
        &mut self,
        client: &dyn Wire,
        refusal: &Refusal,
        request_id: &str,
    ) -> Bytes {
        let told = match &mut self.path {
            Path::Same { .. } => None,
            Path::Translated { writer, .. } => writer.error_event(refusal),
        };
        told.unwrap_or_else(|| client.error_event(refusal, request_id, self.events))
            .into()
    }

    /// How many bytes may go to the client.
    pub(super) fn ready(&self) -> usize {
        self.gathered.len()
    }

    /// Takes the bytes that may go to the client.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        self.gathered.take()
    }

    /// Passes the event that was just found, holds it back or leaves it out.
    fn pass(&mut self, mark: Mark, hide: bool) {
        if mark.error && self.failed.is_none() {
            if !self.started {
                let event = sse::Event::parse(self.splitter.event());
                self.reported = event.and_then(|event| said_wrong(self.upstream, &event));
            }
            let (refusal, tells) = self.error();
            self.failed = Some(refusal);
            if !tells {
                self.unsaid = true;
                if !self.holding {
                    self.gathered.push(self.splitter.take_before());
                }
                drop(self.splitter.take());
                return;
            }
        }
        let hold = self.holding || (mark.finish && !self.released);
        if !hold && !hide {
            return;
        }
        if !self.holding {
            self.gathered.push(self.splitter.take_before());
        }
        let event = self.splitter.take();
        self.holding |= hold;
        if !hide {
            self.held.extend_from_slice(&event);
        }
    }

    /// What is wrong, and whether the event itself may tell it to the client: one that no library
    /// takes for an error, or with something in it that is nobody's business, may not.
    fn error(&self) -> (Refusal, bool) {
        let reported = "the provider reported an error in its stream";
        let Some(event) = sse::Event::parse(self.splitter.event()) else {
            return (interrupted(reported), false);
        };
        let said = String::from_utf8_lossy(&event.data);
        let clean = cleaned(self.provider.as_ref(), &said) == said;
        if clean && self.upstream.wire().is_error(&event) {
            return (interrupted(reported), true);
        }
        let read = Value::parse(said.trim()).ok().and_then(Value::object);
        if read.is_none() {
            let message = "the provider sent something that is no event";
            return (interrupted(message), false);
        }
        let said = self.upstream.wire().read_error(&event.data);
        let message = cleaned(self.provider.as_ref(), &said.message);
        let mut refusal = interrupted(if message.is_empty() {
            reported
        } else {
            &message
        });
        let code = said.code.as_ref();
        refusal.code = code.map(|code| cleaned(self.provider.as_ref(), code).into());
        (refusal, false)
    }

    fn write(&mut self, events: Vec<Event>) {
        let Path::Translated {
            writer, listener, ..
        } = &mut self.path
        else {
            return;
        };
        for event in events {
            if let (Some(early), false) = (&mut self.early, matches!(event, Event::Error(_))) {
                early.push(event);
                continue;
            }
            if let Some(listener) = listener {
                listener.hear(&event);
            }
            if let Event::Error(failure) = &event {
                let mut refusal = interrupted(&cleaned(self.provider.as_ref(), &failure.message));
                let code = failure.code.as_ref();
                refusal.code = code.map(|code| cleaned(self.provider.as_ref(), code).into());
                self.failed.get_or_insert(refusal);
                return;
            }
            if event == Event::End && !self.released {
                self.ending = true;
                self.holding = true;
                return;
            }
            let mut bytes = Vec::new();
            if let Some(counted) = self.counted.take_if(|_| event == Event::End) {
                writer.write(&Event::Usage(counted), &mut bytes);
            }
            writer.write(&event, &mut bytes);
            if let Some(message) = writer.unsayable() {
                self.failed.get_or_insert_with(|| interrupted(message));
                return;
            }
            self.holding |= !self.released && matches!(event, Event::Stop { .. });
            if self.holding {
                self.held.extend_from_slice(&bytes);
            } else if !bytes.is_empty() {
                self.gathered.push(bytes.into());
            }
        }
    }
}

#[cfg(test)]
mod responses;
#[cfg(test)]
mod tests;
