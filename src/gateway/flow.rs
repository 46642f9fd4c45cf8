//! A provider's stream on its way to the client: bytes in, bytes out, no waiting.
//!
//! In its own dialect a stream goes on untouched, event by event, while the meter reads along. To
//! another dialect it is read into [`crate::models::streaming`] and written anew. From the event
//! that carries the finish reason on, everything is held back until [`Flow::release`]: the end of
//! an answer is let go only when its settlement is written.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde::de::IgnoredAny;

use crate::dialects::meter::{Mark, Meter};
use crate::dialects::sse::{self, Splitter};
use crate::dialects::{Dialect, EventReader, EventWriter};
use crate::models::refusal::{Refusal, Situation};
use crate::models::streaming::Event;
use crate::providers::Provider;

/// A stream between a provider and a client.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the stream"
)]
pub(super) struct Flow {
    splitter: Splitter,
    meter: Meter,
    path: Path,
    gathered: Gathered,
    /// What the client may not see before the settlement is written.
    held: BytesMut,
    holding: bool,
    released: bool,
    started: bool,
    finished: bool,
    /// The provider said that something is wrong, in its stream.
    failed: Option<Refusal>,
    /// What it said was kept from the client.
    unsaid: bool,
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
    },
}

/// An event that is too long to be one.
#[derive(Debug)]
pub(super) struct TooLong;

impl Flow {
    pub(super) fn new(upstream: Dialect, choices: u32, path: Path) -> Self {
        Self {
            splitter: Splitter::new(),
            meter: Meter::new(upstream, choices),
            path,
            gathered: Gathered::default(),
            held: BytesMut::new(),
            holding: false,
            released: false,
            started: false,
            finished: false,
            failed: None,
            unsaid: false,
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

    /// Whether what has come may be all there is: every answer that began has its finish reason.
    pub(super) fn whole(&self) -> bool {
        self.meter.finished() || self.meter.ended()
    }

    /// Whether nothing more is to come.
    pub(super) fn ended(&self) -> bool {
        self.meter.ended()
    }

    /// What the provider said is wrong.
    pub(super) fn failed(&self) -> Option<&Refusal> {
        self.failed.as_ref()
    }

    /// Whether the client was told what is wrong in the provider's own words.
    pub(super) fn told(&self) -> bool {
        self.failed.is_some() && !self.unsaid && matches!(self.path, Path::Same { .. })
    }

    /// Takes bytes from the provider.
    pub(super) fn push(&mut self, chunk: Bytes) -> Result<(), TooLong> {
        self.splitter.push(chunk);
        while self.splitter.step().map_err(|_| TooLong)? {
            let mark = self.meter.event(self.splitter.event());
            self.started |= mark.content;
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
                    }
                    drop(self.splitter.take());
                    self.write(events);
                }
            }
        }
        if !self.holding {
            // What was not stopped by a mark goes on in one piece.
            self.gathered.push(self.splitter.take());
        }
        Ok(())
    }

    /// The provider's stream is over.
    pub(super) fn close(&mut self) {
        let rest = self.splitter.rest();
        if is_whole(&rest) {
            // Only its blank line is missing. What is cut inside an event is none, and would
            // spoil the one that says so.
            let mut event = BytesMut::from(rest);
            event.extend_from_slice(b"\n\n");
            let _ = self.push(event.freeze());
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
        self.gathered.push(event);
    }

    /// Lets the held end go, and from now on everything at once.
    pub(super) fn release(&mut self) {
        self.released = true;
        self.holding = false;
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.gathered.push(held.freeze());
        }
    }

    /// Adds bytes of our own, such as a keep-alive.
    pub(super) fn say(&mut self, bytes: Bytes) {
        self.gathered.push(bytes);
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
            if let Some(refusal) = self.unclean() {
                self.failed = Some(refusal);
                self.unsaid = true;
                if !self.holding {
                    self.gathered.push(self.splitter.take_before());
                }
                drop(self.splitter.take());
                return;
            }
            self.failed = Some(interrupted("the provider reported an error in its stream"));
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

    /// An error with something in it that the client must not be told, and what it is told.
    fn unclean(&self) -> Option<Refusal> {
        let event = sse::Event::parse(self.splitter.event())?;
        let said = String::from_utf8_lossy(&event.data);
        if cleaned(self.provider.as_ref(), &said) == said {
            return None;
        }
        let message = self.upstream.wire().read_error(&event.data).message;
        Some(interrupted(&cleaned(self.provider.as_ref(), &message)))
    }

    fn write(&mut self, events: Vec<Event>) {
        let Path::Translated { writer, .. } = &mut self.path else {
            return;
        };
        for event in events {
            if let Event::Error(failure) = &event {
                let mut refusal = interrupted(&cleaned(self.provider.as_ref(), &failure.message));
                let code = failure.code.as_ref();
                refusal.code = code.map(|code| cleaned(self.provider.as_ref(), code).into());
                self.failed.get_or_insert(refusal);
                return;
            }
            let mut bytes = Vec::new();
            writer.write(&event, &mut bytes);
            self.holding |= !self.released && matches!(event, Event::Stop { .. } | Event::End);
            if self.holding {
                self.held.extend_from_slice(&bytes);
            } else if !bytes.is_empty() {
                self.gathered.push(bytes.into());
            }
        }
    }
}

/// Whether what is left at the end of a stream is an event that only lacks its blank line.
fn is_whole(rest: &[u8]) -> bool {
    sse::Event::parse(rest).is_some_and(|event| {
        &*event.data == b"[DONE]" || serde_json::from_slice::<IgnoredAny>(&event.data).is_ok()
    })
}

fn cleaned(provider: Option<&Arc<dyn Provider>>, text: &str) -> String {
    match provider {
        Some(provider) => provider.clean(text),
        None => text.to_owned(),
    }
}

fn interrupted(message: &str) -> Refusal {
    Refusal::new(Situation::StreamInterrupted, message)
}

/// Bytes for one write: a lone piece goes on as it is, several are joined.
#[derive(Default)]
struct Gathered {
    lone: Option<Bytes>,
    joined: BytesMut,
}

impl Gathered {
    fn len(&self) -> usize {
        self.joined.len() + self.lone.as_ref().map_or(0, Bytes::len)
    }

    fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        if self.joined.is_empty() {
            match self.lone.take() {
                None => {
                    self.lone = Some(bytes);
                    return;
                }
                Some(first) => self.joined.extend_from_slice(&first),
            }
        }
        self.joined.extend_from_slice(&bytes);
    }

    fn take(&mut self) -> Option<Bytes> {
        if !self.joined.is_empty() {
            return Some(self.joined.split().freeze());
        }
        self.lone.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(hide_usage: bool) -> Flow {
        Flow::new(Dialect::Chat, 1, Path::Same { hide_usage })
    }

    fn taken(flow: &mut Flow) -> String {
        String::from_utf8(flow.take().unwrap_or_default().to_vec()).unwrap()
    }

    const HELLO: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";
    const FINISH: &str =
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}\n\n";
    const DONE: &str = "data: [DONE]\n\n";

    #[test]
    fn the_end_is_held_until_it_is_released() {
        let mut flow = same(false);
        let whole = [HELLO, FINISH, USAGE, DONE].concat();
        flow.push(Bytes::from(whole.clone())).unwrap();
        assert_eq!(taken(&mut flow), HELLO);
        assert!(flow.finished() && flow.whole() && flow.ended());
        flow.release();
        assert_eq!(taken(&mut flow), [FINISH, USAGE, DONE].concat());
    }

    #[test]
    fn usage_that_nobody_asked_for_is_read_and_left_out() {
        let mut flow = same(true);
        flow.push(Bytes::from([HELLO, FINISH, USAGE, DONE].concat()))
            .unwrap();
        flow.release();
        assert_eq!(taken(&mut flow), [HELLO, FINISH, DONE].concat());
        assert_eq!(flow.meter().reading().unwrap().tokens.input, 3);
    }

    #[test]
    fn any_cut_of_the_stream_gives_the_same_bytes() {
        let whole = [": hello\n\n", HELLO, HELLO, FINISH, USAGE, DONE].concat();
        let wanted = [": hello\n\n", HELLO, HELLO, FINISH, DONE].concat();
        for size in 1..whole.len() {
            let mut flow = same(true);
            let mut seen = String::new();
            for piece in whole.as_bytes().chunks(size) {
                flow.push(Bytes::copy_from_slice(piece)).unwrap();
                seen.push_str(&taken(&mut flow));
                assert!(
                    !seen.contains("\"stop\""),
                    "the finish came before its settlement"
                );
            }
            flow.release();
            seen.push_str(&taken(&mut flow));
            assert_eq!(seen, wanted, "in pieces of {size}");
        }
    }

    #[test]
    fn a_broken_stream_ends_with_the_event_that_says_so_and_never_with_its_finish() {
        let mut flow = Flow::new(Dialect::Chat, 2, Path::Same { hide_usage: true });
        flow.push(Bytes::from([HELLO, FINISH].concat())).unwrap();
        assert!(!flow.finished(), "the second answer is still open");
        flow.break_off(Bytes::from_static(b"data: {\"error\":{}}\n\n"));
        flow.release();
        assert!(taken(&mut flow).ends_with("data: {\"error\":{}}\n\n"));
    }

    #[test]
    fn a_last_event_without_its_blank_line_still_counts() {
        let mut flow = same(false);
        flow.push(Bytes::from([HELLO, FINISH, DONE.trim_end()].concat()))
            .unwrap();
        flow.close();
        assert!(flow.ended());
        flow.release();
        assert_eq!(taken(&mut flow), [HELLO, FINISH, DONE].concat());
    }

    #[test]
    fn what_was_cut_inside_an_event_is_left_out() {
        for cut in [
            "data: {\"choices\":[{\"ind",
            "data: [DON",
            "data: \"\u{fc}",
            "da",
        ] {
            let mut flow = same(false);
            flow.push(Bytes::from([HELLO, cut].concat())).unwrap();
            flow.close();
            assert!(!flow.ended());
            assert_eq!(taken(&mut flow), HELLO, "{cut}");
        }
    }

    #[test]
    fn what_comes_after_the_release_goes_on_at_once() {
        let mut flow = same(false);
        flow.push(Bytes::from([HELLO, FINISH].concat())).unwrap();
        flow.release();
        taken(&mut flow);
        flow.push(Bytes::from_static(DONE.as_bytes())).unwrap();
        assert_eq!(taken(&mut flow), DONE);
    }
}
