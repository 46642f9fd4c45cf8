//! The recorder's task: when which journal is looked at, and what happens while the database is
//! away.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::gauge;
use tokio::sync::{oneshot, watch};

use super::Progress;
use super::batch::{self, Halt};
use super::lane::{Lane, Source};
use super::records::Records;
use crate::config;
use crate::journal::{self, Journal};
use crate::models::clock::Clock;
use crate::telemetry::names;

/// How often journals are looked for whose process is gone.
const ADOPT: Duration = Duration::from_secs(5);
/// How often the database is asked for its place when there is nothing to record.
const COMPARE: Duration = Duration::from_secs(5);
/// How often figures are told when nothing happens.
const TELL: Duration = Duration::from_secs(1);
/// Between small batches, so that a call is in the database almost at once.
const SOON: Duration = Duration::from_millis(20);
/// Between large batches, which are cheaper a call.
const LATER: Duration = Duration::from_millis(100);
/// The batch from which on it is a large one.
const LARGE: usize = 64;
/// Between tries while the database is away, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

pub(super) struct Task<R> {
    records: Arc<R>,
    settings: config::Journal,
    clock: Clock,
    told: watch::Sender<Progress>,
    root: PathBuf,
    journal: Journal,
    own: Lane,
    gone: Vec<Lane>,
    /// Journals that cannot be adopted.
    failed: HashSet<String>,
    adopted: Option<Instant>,
    compared: Instant,
    /// Since when the database is away, and how often it was tried.
    away: Option<(Instant, u32)>,
}

impl<R: Records> Task<R> {
    pub(super) fn new(
        journal: Journal,
        records: Arc<R>,
        settings: config::Journal,
        clock: Clock,
        told: watch::Sender<Progress>,
    ) -> Self {
        Self {
            records,
            settings,
            clock,
            told,
            root: journal.root().to_owned(),
            own: Lane::new(Source::Own(journal.clone())),
            journal,
            gone: Vec::new(),
            failed: HashSet::new(),
            adopted: None,
            compared: Instant::now(),
            away: None,
        }
    }

    /// Records until it is told to finish; then what is left, for as long as is allowed.
    pub(super) async fn run(mut self, mut stopped: oneshot::Receiver<Duration>) -> Progress {
        let mut pause = Duration::ZERO;
        let patience = loop {
            let woken = async {
                tokio::time::sleep(pause).await;
                if self.adopted.is_some() && self.away.is_none() && !self.is_adopting() {
                    let _ = tokio::time::timeout(TELL, self.journal.more()).await;
                }
            };
            tokio::select! {
                patience = &mut stopped => break patience.ok(),
                () = woken => {}
            }
            pause = self.pass().await;
        };
        // Dropped rather than finished: as if the process had died.
        let Some(patience) = patience else {
            return self.tell();
        };
        let deadline = tokio::time::Instant::now() + patience;
        let rest = async {
            while self.tell().pending > 0 || self.is_adopting() {
                let pause = self.pass().await;
                tokio::time::sleep(pause.min(SOON.max(self.back_off()))).await;
            }
        };
        let _ = tokio::time::timeout_at(deadline, rest).await;
        if let Err(error) = self.journal.close() {
            tracing::error!(%error, "the journal cannot be closed; it is replayed at the next start");
        }
        self.tell()
    }

    /// Looks at every journal once. Gives the pause before the next time.
    async fn pass(&mut self) -> Duration {
        let done = self.record().await;
        let pause = match done {
            Ok((_, true)) => Duration::ZERO,
            Ok((count, false)) if count >= LARGE => LATER,
            Ok(_) => SOON,
            Err(error) => {
                self.missed(&error.to_string());
                self.back_off()
            }
        };
        self.tell();
        pause
    }

    /// One batch of each journal: how many calls, and whether there are more at once.
    async fn record(&mut self) -> Result<(usize, bool), Halt> {
        self.adopt().await;
        if self.compared.elapsed() >= COMPARE {
            self.own.compare(&*self.records).await?;
            self.compared = Instant::now();
        }
        let step = self.own.step(&*self.records, &self.root).await?;
        if let Some(last) = step.last {
            let lag = (self.clock.now() - last).to_std().unwrap_or_default();
            gauge!(names::RECORDER_LAG).set(lag.as_secs_f64());
        }
        let (mut recorded, mut more) = (step.recorded, step.more);
        for lane in self.gone.iter_mut().filter(|lane| lane.is_due()) {
            let step = match lane.step(&*self.records, &self.root).await {
                Ok(step) => step,
                Err(Halt::Files(error)) => {
                    // The others have nothing to do with it.
                    lane.halt(&error);
                    continue;
                }
                Err(away) => return Err(away),
            };
            recorded += step.recorded;
            more |= step.more;
        }
        self.release().await?;
        self.bury().await?;
        if let Some((since, _)) = self.away.take() {
            let seconds = since.elapsed().as_secs();
            tracing::info!(seconds, "the database is back; calls are recorded again");
        }
        Ok((recorded, more))
    }

    /// Takes the journals of processes that are gone.
    async fn adopt(&mut self) {
        if self.adopted.is_some_and(|at| at.elapsed() < ADOPT) {
            return;
        }
        self.adopted = Some(Instant::now());
        let (root, own) = (self.root.clone(), self.journal.replica().to_owned());
        let found = tokio::task::spawn_blocking(move || journal::dead(&root, &own)).await;
        let found = match found.map_err(std::io::Error::other).flatten() {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, "other journals cannot be looked for");
                return;
            }
        };
        for (replica, error) in found.failed {
            // It is tried again and again, and told once.
            if self.failed.insert(replica.clone()) {
                tracing::error!(%error, journal = replica, "a journal cannot be adopted");
            }
        }
        let dead = found.dead.into_iter();
        self.gone
            .extend(dead.map(|dead| Lane::new(Source::Gone(Arc::new(dead)))));
        self.weigh();
    }

    /// Says of processes whose journals are recorded that they are gone: their parts of limits come
    /// back at once.
    async fn release(&mut self) -> Result<(), Halt> {
        let now = self.clock.now();
        for lane in &mut self.gone {
            if lane.done.is_some() && !lane.released {
                batch::within(self.records.release(lane.replica(), now)).await?;
                lane.released = true;
            }
        }
        Ok(())
    }

    /// Removes adopted journals that were recorded long enough ago, or that were empty; all that
    /// are recorded when room is short.
    async fn bury(&mut self) -> Result<(), Halt> {
        let keep = self.settings.keep;
        let short = self.journal.is_short();
        let empty = |dead: &journal::Dead| {
            let survey = dead.survey();
            survey.settled + survey.interrupted == 0
        };
        let ready = |lane: &Lane| {
            let Source::Gone(dead) = &lane.source else {
                return false;
            };
            lane.done
                .is_some_and(|done| done.elapsed() >= keep || short || empty(dead))
        };
        while let Some(index) = self.gone.iter().position(ready) {
            let lane = &mut self.gone[index];
            lane.compare(&*self.records).await?;
            if lane.done.is_none() {
                // The database lost it meanwhile: once more.
                continue;
            }
            let replica = lane.replica().to_owned();
            if let Source::Gone(dead) = self.gone.swap_remove(index).source
                && let Some(dead) = Arc::into_inner(dead)
                && let Err(error) = dead.remove()
            {
                tracing::error!(%error, journal = replica, "a recorded journal cannot be removed");
            }
            batch::within(self.records.forget(&replica)).await?;
        }
        self.weigh();
        Ok(())
    }

    /// Tells the journal how much disk the adopted ones take that must stay: what is recorded is
    /// kept only where there is room for it.
    fn weigh(&self) {
        let staying = self.gone.iter().filter(|lane| lane.done.is_none());
        let bytes = staying.map(|lane| match &lane.source {
            Source::Gone(dead) => dead.survey().bytes,
            Source::Own(_) => 0,
        });
        self.journal.beside(bytes.sum());
    }

    fn is_adopting(&self) -> bool {
        self.gone.iter().any(Lane::is_due)
    }

    fn missed(&mut self, error: &str) {
        let (_, tries) = self.away.get_or_insert_with(|| {
            tracing::warn!(error, "calls cannot be recorded; they wait in the journal");
            (Instant::now(), 0)
        });
        *tries += 1;
        self.own.doubt();
        for lane in &mut self.gone {
            lane.doubt();
        }
    }

    fn back_off(&self) -> Duration {
        let (first, most) = BACK_OFF;
        let tries = self.away.map_or(0, |(_, tries)| tries);
        first
            .saturating_mul(1 << tries.clamp(1, 10).saturating_sub(1))
            .min(most)
    }

    /// Tells the figures.
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn tell(&self) -> Progress {
        let progress = Progress {
            pending: self.own.pending(),
            adopting: self.gone.iter().filter(|lane| lane.done.is_none()).count(),
            away: self.away.is_some(),
        };
        let waiting = self.gone.iter().map(Lane::pending).sum::<u64>() + progress.pending;
        let lanes = self.gone.iter().chain([&self.own]);
        let oldest = lanes.filter_map(|lane| lane.oldest).min();
        let age = oldest.and_then(|oldest| (self.clock.now() - oldest).to_std().ok());
        gauge!(names::JOURNAL_DEPTH).set(waiting as f64);
        gauge!(names::JOURNAL_AGE).set(age.unwrap_or_default().as_secs_f64());
        gauge!(names::JOURNAL_BYTES).set(self.journal.stats().bytes as f64);
        self.told.send_replace(progress);
        progress
    }
}
