//! Writing one batch: all at once, or by halves until the record that the database will not take
//! is alone.

use std::path::Path;
use std::time::Duration;

use metrics::counter;

use super::quarantine;
use super::records::{Records, Trouble};
use crate::journal::Settled;
use crate::models::usage::{Cursor, Record};
use crate::telemetry::names;

/// How long the database may take for one batch before it counts as away.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a journal cannot be recorded now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Halt {
    /// The database takes nothing: it is the same for every journal.
    #[error("{0}")]
    Away(String),
    /// Files of this journal cannot be read or written.
    #[error("{0}")]
    Files(String),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        Self::Away(trouble.to_string())
    }
}

/// Calls to be recorded, and the place in their journal after each.
#[derive(Debug, Default)]
pub(super) struct Rows {
    ends: Vec<Cursor>,
    records: Vec<Record>,
}

impl Rows {
    pub(super) fn new(settled: Vec<Settled>) -> Self {
        let rows = settled.into_iter();
        let (ends, records) = rows
            .map(|row| (row.end, std::sync::Arc::unwrap_or_clone(row.record)))
            .unzip();
        Self { ends, records }
    }

    /// Calls after which the place is always the same.
    pub(super) fn at(end: Cursor, records: Vec<Record>) -> Self {
        Self {
            ends: vec![end; records.len()],
            records,
        }
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }
}

/// Records calls and the place after them, or puts aside those that the database refuses though
/// it takes others. `Err`: from the place that the database knows all is to be done again.
pub(super) async fn write(
    records: &impl Records,
    root: &Path,
    replica: &str,
    rows: &Rows,
) -> Result<(), Halt> {
    // What is still to be written, the earliest last.
    let mut parts = vec![(rows.ends.as_slice(), rows.records.as_slice())];
    while let Some((ends, calls)) = parts.pop() {
        let Some(end) = ends.last() else {
            continue;
        };
        match within(records.record(replica, *end, calls)).await {
            Ok(()) => {
                counter!(names::RECORDER_BATCHES, "result" => "ok").increment(1);
                counter!(names::RECORDED).increment(calls.len() as u64);
            }
            Err(Trouble::Away(error)) => {
                counter!(names::RECORDER_BATCHES, "result" => "away").increment(1);
                return Err(Halt::Away(error));
            }
            Err(Trouble::Refused(error)) => {
                counter!(names::RECORDER_BATCHES, "result" => "refused").increment(1);
                if let [call] = calls {
                    put_aside(records, root, replica, *end, call, &error).await?;
                } else {
                    let (earlier, later) = ends.split_at(ends.len() / 2);
                    let (first, rest) = calls.split_at(earlier.len());
                    parts.push((later, rest));
                    parts.push((earlier, first));
                }
            }
        }
    }
    Ok(())
}

/// Puts a record aside and goes past it, if that is all the database minds.
async fn put_aside(
    records: &impl Records,
    root: &Path,
    replica: &str,
    end: Cursor,
    record: &Record,
    error: &str,
) -> Result<(), Halt> {
    let content =
        serde_json::to_vec_pretty(record).map_err(|error| Halt::Files(error.to_string()))?;
    let path = quarantine::keep(root, &record.request_id, &content)
        .map_err(|fault| Halt::Files(format!("a refused record cannot be put aside: {fault}")))?;
    // A database that does not take the bare place either is in trouble itself.
    if within(records.record(replica, end, &[])).await.is_err() {
        let _ = std::fs::remove_file(&path);
        return Err(Halt::Away(error.to_owned()));
    }
    counter!(names::QUARANTINED).increment(1);
    tracing::error!(
        request.id = %record.request_id, file = %path.display(), error,
        "the database refused a usage record; it was put aside"
    );
    Ok(())
}

/// Waits for the database no longer than makes sense: a connection that hangs is one that is gone.
pub(super) async fn within<T>(
    work: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => Err(Trouble::Away("the database does not answer".into())),
    }
}
