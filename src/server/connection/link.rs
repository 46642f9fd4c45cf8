//! What the parts of one connection know of each other: bytes, requests and the watch over both.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::api::problem::Malformed;
use crate::models::clock::Clock;

/// How long a head may take, and how long a new connection may stay silent.
const HEAD: Duration = Duration::from_secs(15);

/// How long a connection is kept open between requests.
const IDLE: Duration = Duration::from_secs(75);

/// How long a client may take nothing of its answer.
const STALL: Duration = Duration::from_mins(1);

/// How often a connection is looked at.
pub(super) const TICK: Duration = Duration::from_secs(5);

/// The state that the socket's guard, the service and the watch share.
///
/// Times are milliseconds since the connection was accepted plus one; zero stands for "not now".
#[derive(Debug)]
pub(super) struct Link {
    clock: Clock,
    accepted: Instant,
    /// Requests whose answers have not ended.
    running: AtomicUsize,
    /// Requests seen so far, up to "some".
    used: AtomicBool,
    /// Since when nothing is running.
    idle: AtomicU64,
    /// Since when a part of a head has been waiting for the rest.
    head: AtomicU64,
    /// Since when the client has taken nothing of what waits for it.
    blocked: AtomicU64,
    /// What a head is refused for, as [`Malformed`]'s number plus one.
    refused: AtomicU8,
    /// The HTTP/2 streams that are being answered.
    streams: Mutex<Vec<Weak<Stream>>>,
}

/// One HTTP/2 stream: its answer can stand still while the connection goes on.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Since when its answer has had a piece that the client has not taken.
    waits: AtomicU64,
    cut: Notify,
}

impl Stream {
    /// Ready when the client has taken nothing for too long.
    pub(super) async fn stalled(&self) {
        self.cut.notified().await;
    }
}

/// What is to become of a connection that was looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Keep,
    /// Its head is refused.
    Refuse(Malformed),
    /// It ends once what is running is done.
    Finish,
    /// It ends now.
    Drop,
}

impl Link {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            accepted: clock.instant(),
            clock,
            running: AtomicUsize::new(0),
            used: AtomicBool::new(false),
            idle: AtomicU64::new(1),
            head: AtomicU64::new(0),
            blocked: AtomicU64::new(0),
            refused: AtomicU8::new(0),
            streams: Mutex::default(),
        }
    }

    fn now(&self) -> u64 {
        let passed = (self.clock.instant() - self.accepted).as_millis();
        u64::try_from(passed).unwrap_or(u64::MAX - 1) + 1
    }

    /// Notes whether a part of a head waits for the rest.
    pub(super) fn head_waits(&self, waits: bool) {
        if !waits {
            if self.head.load(Relaxed) != 0 {
                self.head.store(0, Relaxed);
            }
        } else if self.head.load(Relaxed) == 0 {
            self.head.store(self.now(), Relaxed);
        }
    }

    /// Notes whether the client takes what waits for it.
    pub(super) fn write_waits(&self, waits: bool) {
        if !waits {
            if self.blocked.load(Relaxed) != 0 {
                self.blocked.store(0, Relaxed);
            }
        } else if self.blocked.load(Relaxed) == 0 {
            self.blocked.store(self.now(), Relaxed);
        }
    }

    /// Notes that the head which comes next is refused.
    pub(super) fn refuse(&self, why: Malformed) {
        self.refused.store(why as u8 + 1, Relaxed);
    }

    /// Why the request that has come is refused, if it is.
    pub(super) fn refused(&self) -> Option<Malformed> {
        Malformed::from_number(self.refused.load(Relaxed).checked_sub(1)?)
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.load(Relaxed) > 0
    }

    /// Whether a part of a head waits for the rest.
    pub(super) fn is_in_head(&self) -> bool {
        self.head.load(Relaxed) != 0
    }

    /// Notes that a request has come; it runs until the guard is dropped.
    pub(super) fn start(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Relaxed);
        self.used.store(true, Relaxed);
        Running {
            link: Arc::clone(self),
            stream: None,
        }
    }

    /// What is to become of the connection.
    pub(super) fn verdict(&self) -> Verdict {
        let now = self.now();
        let passed = |since: u64, limit: Duration| {
            since != 0 && u128::from(now.saturating_sub(since)) > limit.as_millis()
        };
        if passed(self.blocked.load(Relaxed), STALL) {
            return Verdict::Drop;
        }
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|stream| stream.strong_count() > 0);
        for stream in streams.iter().filter_map(Weak::upgrade) {
            // The others on the connection have nothing to do with it.
            if passed(stream.waits.load(Relaxed), STALL) {
                stream.cut.notify_one();
            }
        }
        drop(streams);
        if self.is_running() {
            return Verdict::Keep;
        }
        let idle = self.idle.load(Relaxed);
        let head = self.head.load(Relaxed);
        if head != 0 {
            return if passed(head.max(idle), HEAD) {
                Verdict::Refuse(Malformed::Timeout)
            } else {
                Verdict::Keep
            };
        }
        let limit = if self.used.load(Relaxed) { IDLE } else { HEAD };
        if passed(idle, limit) {
            Verdict::Finish
        } else {
            Verdict::Keep
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Running {
    link: Arc<Link>,
    stream: Option<Arc<Stream>>,
}

impl Running {
    /// Watches whether the client takes the pieces of this answer.
    pub(super) fn watched(&mut self, stream: Arc<Stream>) {
        let mut streams = self
            .link
            .streams
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        streams.push(Arc::downgrade(&stream));
        drop(streams);
        self.stream = Some(stream);
    }

    /// Notes whether a piece of the answer waits to be taken.
    pub(super) fn piece_waits(&self, waits: bool) {
        if let Some(stream) = &self.stream {
            let since = if waits { self.link.now() } else { 0 };
            stream.waits.store(since, Relaxed);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.link.idle.store(self.link.now(), Relaxed);
        self.link.running.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn link() -> (Arc<Link>, Clock) {
        let clock = Clock::manual("2026-11-21T10:00:00Z".parse().unwrap());
        (Arc::new(Link::new(clock.clone())), clock)
    }

    #[test]
    fn a_slow_head_is_refused_and_a_silent_connection_ends() {
        let (link, clock) = link();
        assert_eq!(link.verdict(), Verdict::Keep);
        link.head_waits(true);
        clock.advance(HEAD + TICK);
        assert_eq!(link.verdict(), Verdict::Refuse(Malformed::Timeout));
        link.head_waits(false);
        assert_eq!(link.verdict(), Verdict::Finish);
    }

    #[test]
    fn a_running_request_may_take_its_time_and_then_the_connection_may_idle() {
        let (link, clock) = link();
        let running = link.start();
        link.head_waits(true);
        clock.advance(IDLE * 10);
        assert_eq!(link.verdict(), Verdict::Keep);
        drop(running);
        assert_eq!(link.verdict(), Verdict::Keep);
        link.head_waits(false);
        clock.advance(IDLE / 2);
        assert_eq!(link.verdict(), Verdict::Keep);
        clock.advance(IDLE);
        assert_eq!(link.verdict(), Verdict::Finish);
    }

    #[test]
    fn a_client_that_takes_nothing_is_dropped() {
        let (link, clock) = link();
        let _running = link.start();
        link.write_waits(true);
        clock.advance(STALL / 2);
        link.write_waits(true);
        assert_eq!(link.verdict(), Verdict::Keep);
        clock.advance(STALL);
        assert_eq!(link.verdict(), Verdict::Drop);
        link.write_waits(false);
        assert_eq!(link.verdict(), Verdict::Keep);
    }

    #[test]
    fn of_a_stream_that_nobody_takes_only_that_stream_ends() {
        let (link, clock) = link();
        let [slow, quick] = [true, false].map(|waits| {
            let stream = Arc::new(Stream::default());
            let mut running = link.start();
            running.watched(Arc::clone(&stream));
            running.piece_waits(waits);
            (stream, running)
        });
        clock.advance(STALL * 2);
        assert_eq!(link.verdict(), Verdict::Keep);
        assert!(slow.0.stalled().now_or_never().is_some());
        assert!(quick.0.stalled().now_or_never().is_none());
    }
}
