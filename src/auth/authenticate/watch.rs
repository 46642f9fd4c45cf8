//! Hearing of changes.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use metrics::gauge;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{Authenticator, Inner};
use crate::store::{Change, Changes, Error, Kind, within};
use crate::telemetry::names;

/// How often changes are asked for.
const EVERY: Duration = Duration::from_millis(250);

/// How long the database may take to tell. Shorter than what counts as fresh: that it is away is
/// known before anybody has to ask for a known credential again.
const ANSWER: Duration = Duration::from_millis(700);

/// How often the use of keys is written down.
const WRITE_DOWN: Duration = Duration::from_secs(5);

/// How many keys' use is written down in one transaction.
const AT_ONCE: usize = 500;

/// When the database last told what changed.
#[derive(Debug)]
pub(super) struct News {
    origin: Instant,
    /// Microseconds after `origin`; 0: never.
    heard_at: AtomicU64,
    away: AtomicBool,
    version: AtomicI64,
}

impl News {
    pub(super) fn new(origin: Instant) -> Self {
        Self {
            origin,
            heard_at: AtomicU64::new(0),
            away: AtomicBool::new(false),
            version: AtomicI64::new(-1),
        }
    }

    /// How old the last news is.
    pub(super) fn age(&self, now: Instant) -> Option<Duration> {
        let heard = self.heard_at.load(Ordering::Acquire);
        let since = Duration::from_micros(heard);
        (heard > 0).then(|| (now - self.origin).saturating_sub(since))
    }

    /// Whether the database did not answer when it was last asked.
    pub(super) fn away(&self) -> bool {
        self.away.load(Ordering::Acquire)
    }
}

impl Authenticator {
    /// Hears what other processes changed, every 250 ms, and writes down which keys were used,
    /// until stopped. Others are told what changed too.
    pub async fn watch(&self, stop: CancellationToken, tell: impl Fn(&[Change])) {
        let listens = async {
            let mut tick = tokio::time::interval(EVERY);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                let changes = self.0.listen().await;
                tell(&changes);
            }
        };
        let writes = async {
            let mut tick = tokio::time::interval(WRITE_DOWN);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                self.write_down_used().await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = listens => {}
            () = writes => {}
        }
        self.write_down_used().await;
    }

    /// Tells whenever something of some kinds changed, also when it cannot be told whether. This
    /// is the one place that asks the database what changed; whoever else wants to know hears it
    /// here.
    pub fn subscribe(&self, kinds: &'static [Kind]) -> watch::Receiver<u64> {
        let (sender, receiver) = watch::channel(0);
        let mut listeners = self
            .0
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.push((kinds, sender));
        receiver
    }

    /// Asks once what changed. [`Authenticator::watch`] does so all the time.
    pub async fn listen(&self) {
        self.0.listen().await;
    }

    /// Writes down which keys were used since the last time.
    pub async fn write_down_used(&self) {
        let used: Vec<_> = self.0.cache.take_used().into_iter().collect();
        for (at, some) in used.chunks(AT_ONCE).enumerate() {
            let rows: Vec<_> = some.iter().map(|(id, at)| (id.to_string(), *at)).collect();
            let wrote = within(
                Duration::from_secs(3),
                Box::pin(self.0.store.touch_keys(&rows)),
            );
            if let Err(error) = wrote.await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "the use of keys is written down later"
                );
                self.0.cache.put_back(used[at * AT_ONCE..].iter().cloned());
                return;
            }
        }
    }
}

impl Inner {
    /// Asks once what changed, and gives what was named.
    async fn listen(&self) -> Vec<Change> {
        // What is told is true of a moment after this one.
        let asked = self.clock.instant();
        let since = self.news.version.load(Ordering::Relaxed);
        let told = within(ANSWER, self.store.changes_since(since)).await;
        gauge!(names::DATABASE_UP).set(f64::from(u8::from(told.is_ok())));
        match told {
            Ok(changes) => {
                if changes.version != since {
                    if !are_of_meters(&changes) {
                        self.cache.forget(&changes);
                    }
                    self.tell(&changes);
                    self.news.version.store(changes.version, Ordering::Relaxed);
                }
                let heard = (asked - self.news.origin).as_micros().max(1);
                let heard = u64::try_from(heard).unwrap_or(u64::MAX);
                self.news.heard_at.store(heard, Ordering::Release);
                if self.news.away.swap(false, Ordering::AcqRel) {
                    tracing::info!("the database is back");
                }
                changes.what.unwrap_or_default()
            }
            Err(error) => {
                self.unheard(&error);
                Vec::new()
            }
        }
    }

    fn tell(&self, changes: &Changes) {
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (kinds, listener) in &*listeners {
            let theirs = |what: &Vec<Change>| what.iter().any(|one| kinds.contains(&one.kind));
            if changes.what.as_ref().is_none_or(theirs) {
                listener.send_modify(|count| *count += 1);
            }
        }
    }

    fn unheard(&self, error: &Error) {
        if !self.news.away.swap(true, Ordering::AcqRel) {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                grace.seconds = self.grace.as_secs(),
                "the database is away: known credentials go on for the grace"
            );
        }
    }
}

/// Whether nothing changed that credentials depend on.
fn are_of_meters(changes: &Changes) -> bool {
    let what = changes.what.as_deref();
    what.is_some_and(|what| what.iter().all(|change| change.kind == Kind::Meter))
}
