//! One journal's way into the database: up to where it is recorded, and the next batch.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::counter;

use super::batch::{self, Halt, Rows};
use super::quarantine;
use super::records::Records;
use crate::journal::{Batch, Dead, Journal, Unreadable};
use crate::models::clock::Timestamp;
use crate::models::usage::{Cursor, Record};
use crate::telemetry::names;

/// The most settlements of one batch.
pub(super) const MOST: usize = 1000;
/// After so long without a word from the database it is asked for its place again: another one
/// may have taken over that never got the last batches.
const TRUST: Duration = Duration::from_millis(500);
/// How soon a journal is tried again whose files cannot be read or written.
const AGAIN: Duration = Duration::from_secs(5);

/// Where settlements come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// This process.
    Own(Journal),
    /// A process that is gone.
    Gone(Arc<Dead>),
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// How many calls were recorded.
    pub(super) recorded: usize,
    /// Whether there is more at once.
    pub(super) more: bool,
    /// When the last of them ended.
    pub(super) last: Option<Timestamp>,
}

/// One journal's way.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) source: Source,
    /// Up to where everything is recorded.
    at: Cursor,
    /// What the database has been told, or said.
    told: Cursor,
    /// Whether that can be relied on.
    known: bool,
    heard: Instant,
    /// How many settlements there are up to `at`.
    recorded: u64,
    /// When the oldest settlement ended that could not be recorded.
    pub(super) oldest: Option<Timestamp>,
    /// Settlements that are in memory only.
    stranded: Vec<Record>,
    /// Since when all is recorded, in a journal that does not grow any more.
    pub(super) done: Option<Instant>,
    /// Whether everybody knows that its process is gone.
    pub(super) released: bool,
    /// When its own files last kept it from being recorded.
    stuck: Option<Instant>,
}

impl Lane {
    pub(super) fn new(source: Source) -> Self {
        Self {
            // Nobody else writes this process's place, and nothing was written yet.
            known: matches!(source, Source::Own(_)),
            source,
            at: Cursor::default(),
            told: Cursor::default(),
            heard: Instant::now(),
            recorded: 0,
            oldest: None,
            stranded: Vec::new(),
            done: None,
            released: false,
            stuck: None,
        }
    }

    /// Whether there is something to do now.
    pub(super) fn is_due(&self) -> bool {
        self.done.is_none() && self.stuck.is_none_or(|since| since.elapsed() >= AGAIN)
    }

    /// Notes that its own files keep it from being recorded: it is tried again later.
    pub(super) fn halt(&mut self, error: &str) {
        if self.stuck.replace(Instant::now()).is_none() {
            tracing::error!(
                error,
                journal = self.replica(),
                "the journal of an earlier process cannot be recorded; it is tried again"
            );
        }
        self.doubt();
    }

    pub(super) fn replica(&self) -> &str {
        match &self.source {
            Source::Own(journal) => journal.replica(),
            Source::Gone(dead) => dead.replica(),
        }
    }

    /// How many settlements are not recorded, in this process's own journal.
    pub(super) fn pending(&self) -> u64 {
        match &self.source {
            Source::Own(journal) => {
                let settled = journal.stats().settled.saturating_sub(self.recorded);
                settled + self.stranded.len() as u64
            }
            Source::Gone(dead) if self.done.is_none() => {
                dead.survey().settled.saturating_sub(self.recorded)
            }
            Source::Gone(_) => 0,
        }
    }

    /// Nothing is certain any more about what the database has.
    pub(super) fn doubt(&mut self) {
        self.known = false;
    }

    /// Compares places with the database, and goes back to its own when it is behind.
    pub(super) async fn compare(&mut self, records: &impl Records) -> Result<(), Halt> {
        if self.known && self.told == Cursor::default() {
            return Ok(());
        }
        let there = batch::within(records.cursor(self.replica())).await;
        let there = there?.unwrap_or_default();
        if there < self.told {
            tracing::warn!(
                journal = self.replica(),
                "the database has lost calls that it had recorded; they are sent again"
            );
        }
        if there != self.told {
            self.told = there;
            self.at = there;
            self.done = None;
            self.recorded = 0;
            self.release();
        }
        self.known = true;
        self.heard = Instant::now();
        Ok(())
    }

    /// Records the next batch. `Err`: it is to be tried again later.
    pub(super) async fn step(&mut self, records: &impl Records, root: &Path) -> Result<Step, Halt> {
        if !self.known {
            self.compare(records).await?;
        }
        self.rescue(records, root).await?;
        let mut batch = self.read().await?;
        if !batch.settled.is_empty() && self.heard.elapsed() > TRUST {
            let before = self.at;
            self.compare(records).await?;
            if self.at != before {
                batch = self.read().await?;
            }
        }
        for frame in &batch.unreadable {
            self.put_aside(root, frame)
                .map_err(|error| Halt::Files(error.to_string()))?;
        }
        let count = batch.settled.len();
        if let Some(first) = batch.settled.first() {
            self.recorded = first.sequence.saturating_sub(1);
        }
        let end = batch.settled.last().map(|last| last.end);
        let rows = Rows::new(batch.settled);
        let last = rows.records().last().map(ended);
        self.oldest = rows.records().first().map(ended);
        batch::write(records, root, self.replica(), &rows).await?;
        self.oldest = None;
        if let Some(end) = end {
            self.told = end;
            self.heard = Instant::now();
        }
        self.at = batch.next;
        self.recorded = batch.count.unwrap_or(self.recorded);
        self.release();
        let more = count + batch.unreadable.len() == MOST;
        if !more {
            self.conclude(records, root).await?;
        }
        Ok(Step {
            recorded: count,
            more,
            last,
        })
    }

    /// Records settlements that the disk did not take.
    async fn rescue(&mut self, records: &impl Records, root: &Path) -> Result<(), Halt> {
        let Source::Own(journal) = &self.source else {
            return Ok(());
        };
        self.stranded
            .extend(journal.stranded().into_iter().map(Arc::unwrap_or_clone));
        if self.stranded.is_empty() {
            return Ok(());
        }
        let rows = Rows::at(self.told, self.stranded.clone());
        batch::write(records, root, self.replica(), &rows).await?;
        self.stranded.clear();
        Ok(())
    }

    async fn read(&self) -> Result<Batch, Halt> {
        let at = self.at;
        let read = match &self.source {
            Source::Own(journal) => {
                if let Some(batch) = journal.take(at, MOST) {
                    return Ok(batch);
                }
                let journal = journal.clone();
                blocking(move || journal.read(at, MOST)).await
            }
            Source::Gone(dead) => {
                let dead = Arc::clone(dead);
                blocking(move || dead.read(at, MOST)).await
            }
        };
        read.map_err(|error| Halt::Files(format!("the journal cannot be read: {error}")))
    }

    /// At the end of a journal that does not grow any more: records the calls that were running.
    async fn conclude(&mut self, records: &impl Records, root: &Path) -> Result<(), Halt> {
        let Source::Gone(dead) = &self.source else {
            return Ok(());
        };
        if self.done.is_some() {
            return Ok(());
        }
        let survey = dead.survey();
        let tail = dead.tail();
        let held = Arc::clone(dead);
        let open = blocking(move || held.interrupted())
            .await
            .map_err(|error| Halt::Files(error.to_string()))?;
        for part in open.chunks(MOST) {
            let rows = Rows::at(tail, part.to_vec());
            batch::write(records, root, self.replica(), &rows).await?;
            self.told = tail;
        }
        self.heard = Instant::now();
        self.done = Some(Instant::now());
        self.stuck = None;
        tracing::info!(
            journal = self.replica(),
            settled = survey.settled,
            interrupted = survey.interrupted,
            "recorded what an earlier process left"
        );
        Ok(())
    }

    fn release(&self) {
        if let Source::Own(journal) = &self.source {
            journal.recorded(self.at);
        }
    }

    fn put_aside(&self, root: &Path, frame: &Unreadable) -> io::Result<()> {
        let name = format!(
            "{}-{}-{}",
            self.replica(),
            frame.end.segment,
            frame.end.offset
        );
        let path = quarantine::keep(root, &name, &frame.payload)?;
        counter!(names::QUARANTINED).increment(1);
        tracing::error!(file = %path.display(), "the journal has a record that this version cannot read; it was put aside");
        Ok(())
    }
}

/// When a call ended.
fn ended(record: &Record) -> Timestamp {
    let latency = i64::try_from(record.latency_ms).unwrap_or(i64::MAX / 1000);
    let latency = chrono::Duration::try_milliseconds(latency).unwrap_or_default();
    record
        .created_at
        .checked_add_signed(latency)
        .unwrap_or(record.created_at)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}
