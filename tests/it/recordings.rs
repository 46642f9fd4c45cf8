//! Every recorded conversation through the gateway: in its own dialect byte for byte, across the
//! dialects equal in meaning.
//!
//! `RECORDINGS_DIR` names the folder of the recordings; without it there is nothing to do. What
//! cannot be equal stands in `tests/recordings_exceptions.toml`. `MANTI_TEST_LONG=1` runs every
//! stream with every split; otherwise the commit's hash chooses 150 for the odd ones.

mod across;
mod back;
mod cases;
mod exceptions;
mod matrix;
mod metered;
mod own;
mod pair;
mod shapes;

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use futures_util::StreamExt;
use tokio::sync::Mutex;

use crate::support::client::Client;
use crate::support::gateway::Gateway;
use crate::support::recorded::{self, Body, Recording, Split};
use crate::support::socket::{After, Asked, Seen, Upstream};
use crate::support::wire::{self, Served};
use cases::{Ask, Case};
use exceptions::Exceptions;
use pair::Pair;

/// How many calls run at once.
const AT_ONCE: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recordings_come_through_in_their_own_dialect_and_across() {
    let Some(folder) = recorded::folder() else {
        tell("recordings: SKIPPED, RECORDINGS_DIR is not set");
        return;
    };
    let recordings = recorded::load(&folder);
    assert!(
        recordings.len() > 1500,
        "{} has few recordings",
        folder.display()
    );
    let suite = Suite::start(recordings).await;
    let results = futures_util::stream::iter(suite.cases.iter().enumerate())
        .map(|(number, case)| suite.run(number, case))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let mut faults: Vec<Fault> = results
        .iter()
        .flat_map(|done| done.faults.clone())
        .collect();
    faults.extend(suite.check_records(&results).await);
    faults.sort();
    faults.dedup();

    let exceptions = Exceptions::load();
    let verdict = exceptions.judge(&faults, &suite.recordings);
    tell(&matrix::of(
        &suite.recordings,
        &suite.cases,
        &faults,
        &exceptions,
    ));
    tell(&verdict.summary);
    assert!(verdict.complaints.is_empty(), "{}", verdict.complaints);
}

/// Says something even when the test passes: the harness keeps what is printed to itself.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Something that is not as recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    recording: String,
    pair: Pair,
    field: &'static str,
    detail: String,
}

struct Suite {
    recordings: Arc<Vec<Recording>>,
    cases: Arc<Vec<Case>>,
    seen: Arc<Mutex<HashMap<usize, Vec<Seen>>>>,
    manti: Gateway,
    client: Client,
    _upstream: Upstream,
}

/// What a case came to.
struct Done {
    faults: Vec<Fault>,
    /// Calls whose records must show the recording's figures.
    calls: Vec<Recorded>,
}

/// A call to be found among the records.
struct Recorded {
    request_id: String,
    recording: usize,
    pair: Pair,
    status: u16,
}

impl Suite {
    async fn start(recordings: Vec<Recording>) -> Self {
        let recordings = Arc::new(recordings);
        let cases = Arc::new(cases::all(&recordings));
        let seen = Arc::new(Mutex::new(HashMap::<usize, Vec<Seen>>::new()));
        let upstream = {
            let (recordings, cases) = (Arc::clone(&recordings), Arc::clone(&cases));
            let seen = Arc::clone(&seen);
            Upstream::start(move |asked| {
                let (recordings, cases) = (Arc::clone(&recordings), Arc::clone(&cases));
                let seen = Arc::clone(&seen);
                async move {
                    let number = number(&asked.model());
                    let sent = asked.seen();
                    seen.lock().await.entry(number).or_default().push(sent);
                    let case = &cases[number];
                    replay(asked, &recordings[case.answer], case.split, number).await
                }
            })
            .await
        };
        let manti = Gateway::start(&wire::settings(upstream.address)).await;
        let client = manti.client().await;
        Self {
            recordings,
            cases,
            seen,
            manti,
            client,
            _upstream: upstream,
        }
    }

    async fn run(&self, number: usize, case: &Case) -> Done {
        match case.ask {
            Ask::Own => own::run(self, number, case).await,
            Ask::Across => across::run(self, number, case).await,
            Ask::Sent => across::sent(self, number, case).await,
        }
    }

    /// What the provider was sent for a case.
    async fn seen(&self, number: usize) -> Vec<Seen> {
        self.seen
            .lock()
            .await
            .get(&number)
            .cloned()
            .unwrap_or_default()
    }

    /// The name by which a client asks for a case.
    fn model(&self, number: usize, case: &Case) -> String {
        let provider = case.pair.served.provider();
        format!("{provider}/{}", self.upstream_model(number, case))
    }

    /// The name under which the provider is asked: what a model can be told goes by its name where
    /// it has to be right for a provider to be asked at all.
    fn upstream_model(&self, number: usize, case: &Case) -> String {
        match case.pair.served {
            Served::Chat | Served::Messages | Served::Responses => {
                format!("{}~{number}", self.recordings[case.recording].id)
            }
            // Claude at Bedrock is asked in its maker's own format.
            Served::Converse => {
                let model = self.recordings[case.answer].model.replace("anthropic.", "");
                format!("{number}/{model}")
            }
            _ => format!("{number}/{}", self.recordings[case.answer].model),
        }
    }

    /// Holds the usage records against the recordings' figures.
    async fn check_records(&self, results: &[Done]) -> Vec<Fault> {
        let calls: Vec<&Recorded> = results.iter().flat_map(|done| &done.calls).collect();
        let ids = calls.iter().map(|call| call.request_id.clone());
        let records = self.manti.records(ids.collect()).await;
        let mut faults = Vec::new();
        for call in calls {
            let recording = &self.recordings[call.recording];
            let found = records.get(&call.request_id);
            let wrong = match found {
                None => vec![("record", format!("no record of {}", call.request_id))],
                Some(record) => own::record(recording, record, call.status),
            };
            faults.extend(wrong.into_iter().map(|(field, detail)| Fault {
                recording: recording.id.clone(),
                pair: call.pair,
                field,
                detail,
            }));
        }
        faults
    }
}

/// The case that a model's name tells.
fn number(model: &str) -> usize {
    let after = model.rsplit_once('~').map(|(_, number)| number);
    let before = model.split_once('/').map(|(number, _)| number);
    let number = [after, before].into_iter().flatten();
    let mut number = number.filter_map(|number| number.parse().ok());
    number.next().expect("the model names the case")
}

/// Answers as recorded.
async fn replay(
    mut asked: Asked,
    recording: &Recording,
    split: Split,
    seed: usize,
) -> std::io::Result<After> {
    let kind = recording.content_type.as_deref();
    match &recording.body {
        Body::Json(body) => {
            let kind = kind.unwrap_or("application/json");
            let headers = [("content-type", kind)];
            asked
                .answer(recording.status, &headers, body.to_string())
                .await
        }
        Body::Stream(bytes) => {
            let served = recording.served;
            asked.begin_as(served.streams_as()).await?;
            for piece in recorded::split(bytes, served, split, seed as u64) {
                asked.piece(piece).await?;
            }
            asked.end().await
        }
    }
}
