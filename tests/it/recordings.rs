//! Every recorded conversation through the gateway: in its own dialect byte for byte, across the
//! dialects equal in meaning.
//!
//! `RECORDINGS_DIR` names the folder of the recordings; without it there is nothing to do. What
//! cannot be equal stands in `tests/recordings_exceptions.toml`. `MANTI_TEST_LONG=1` runs every
//! stream with every split; otherwise the commit's hash chooses 150 for the odd ones.

mod across;
mod back;
mod exceptions;
mod metered;
mod own;

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use futures_util::StreamExt;
use tokio::sync::Mutex;

use crate::support::client::Client;
use crate::support::gateway::Gateway;
use crate::support::recorded::{self, Body, Dice, Recording, Split, Wire};
use crate::support::socket::{After, Asked, Seen, Upstream};
use exceptions::Exceptions;

/// How many calls run at once.
const AT_ONCE: usize = 12;

/// How many streams are cut oddly when not all are.
const ODD: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recordings_come_through_in_their_own_dialect_and_across() {
    let Some(folder) = recorded::folder() else {
        tell("recordings: SKIPPED, RECORDINGS_DIR is not set");
        return;
    };
    let mut recordings = recorded::load(&folder);
    if !serves_responses() {
        tell("recordings: those of responses are left out, there is no route for them yet");
        recordings.retain(|recording| recording.wire != Wire::Responses);
    }
    assert!(
        recordings.len() > 800,
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
    pair: &'static str,
    field: &'static str,
    detail: String,
}

/// One call, or a short conversation, about one recording.
struct Case {
    /// Which recording is in question.
    recording: usize,
    ask: Ask,
    /// The wire format at the other end.
    other: Wire,
    /// Which recording the provider answers with.
    answer: usize,
    split: Split,
}

/// How a recording is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// The recorded request in its own dialect.
    Own,
    /// A small request of a client of another dialect: its answer is translated.
    Across,
    /// The recorded request to a provider of another dialect: it is translated.
    Sent,
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
    pair: &'static str,
    status: u16,
}

impl Suite {
    async fn start(recordings: Vec<Recording>) -> Self {
        let recordings = Arc::new(recordings);
        let cases = Arc::new(cases(&recordings));
        let seen = Arc::new(Mutex::new(HashMap::<usize, Vec<Seen>>::new()));
        let upstream = {
            let (recordings, cases) = (Arc::clone(&recordings), Arc::clone(&cases));
            let seen = Arc::clone(&seen);
            Upstream::start(move |asked| {
                let (recordings, cases) = (Arc::clone(&recordings), Arc::clone(&cases));
                let seen = Arc::clone(&seen);
                async move {
                    let number: usize = asked
                        .model()
                        .rsplit_once('~')
                        .and_then(|(_, number)| number.parse().ok())
                        .expect("the model names the case");
                    let sent = asked.seen();
                    seen.lock().await.entry(number).or_default().push(sent);
                    let case = &cases[number];
                    replay(asked, &recordings[case.answer], case.split, number).await
                }
            })
            .await
        };
        let responses = if serves_responses() {
            format!(
                r#"
                [providers.responses]
                kind = "openai-compatible"
                dialect = "responses"
                base_url = "http://{}/v1"
                api_key = "sk-upstream"
                models = ["*"]
                "#,
                upstream.address
            )
        } else {
            String::new()
        };
        let manti = Gateway::start(&format!(
            r#"{responses}

            [providers.chat]
            kind = "openai-compatible"
            base_url = "http://{0}/v1"
            api_key = "sk-upstream"
            models = ["*"]

            [providers.messages]
            kind = "anthropic"
            base_url = "http://{0}"
            api_key = "sk-upstream"
            models = ["*"]
            "#,
            upstream.address
        ))
        .await;
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

    /// The name by which a client asks for a case at a provider of a wire format.
    fn model(&self, wire: Wire, number: usize, case: &Case) -> String {
        format!("{}/{}", provider(wire), self.upstream_model(number, case))
    }

    /// The name under which the provider is asked.
    fn upstream_model(&self, number: usize, case: &Case) -> String {
        format!("{}~{number}", self.recordings[case.recording].id)
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

/// The configured provider of a wire format.
fn provider(wire: Wire) -> &'static str {
    match wire {
        Wire::Chat => "chat",
        Wire::Messages => "messages",
        Wire::Responses => "responses",
    }
}

/// Whether the gateway can be asked for responses, and ask for them.
fn serves_responses() -> bool {
    "responses".parse::<manti::config::Speaks>().is_ok()
}

/// The other wire formats.
fn others(wire: Wire) -> Vec<Wire> {
    let mut others = vec![Wire::Chat, Wire::Messages];
    if serves_responses() {
        others.push(Wire::Responses);
    }
    others.retain(|other| *other != wire);
    others
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
        Body::Events(text) => {
            asked.begin().await?;
            for piece in recorded::split(text, split, seed as u64) {
                asked.piece(piece).await?;
            }
            asked.end().await
        }
    }
}

/// Everything that is asked.
fn cases(recordings: &[Recording]) -> Vec<Case> {
    let mut cases = Vec::new();
    let answer = |wire: Wire, stream: bool| {
        recordings
            .iter()
            .position(|one| one.wire == wire && one.status == 200 && one.streamed() == stream)
            .expect("there is a recording of each kind")
    };
    for (at, recording) in recordings.iter().enumerate() {
        let mut asks = vec![(Ask::Own, recording.wire, at)];
        for other in others(recording.wire) {
            asks.push((Ask::Across, other, at));
            asks.push((Ask::Sent, other, answer(other, recording.streamed())));
        }
        cases.extend(asks.into_iter().map(|(ask, other, answer)| Case {
            recording: at,
            ask,
            other,
            answer,
            split: Split::Event,
        }));
    }
    let streams: Vec<usize> = (0..recordings.len())
        .filter(|at| matches!(recordings[*at].body, Body::Events(_)))
        .collect();
    let odd = |at: usize, other: Option<Wire>, split: Split| Case {
        recording: at,
        ask: other.map_or(Ask::Own, |_| Ask::Across),
        other: other.unwrap_or(recordings[at].wire),
        answer: at,
        split,
    };
    if std::env::var("MANTI_TEST_LONG").is_ok_and(|value| value == "1") {
        for at in streams {
            for split in [Split::Whole, Split::Byte, Split::Random, Split::Nasty] {
                cases.push(odd(at, None, split));
                for other in others(recordings[at].wire) {
                    cases.push(odd(at, Some(other), split));
                }
            }
        }
    } else {
        let mut dice = Dice(chosen_by());
        for turn in 0..ODD {
            let at = streams[dice.below(streams.len() as u64)];
            let others = others(recordings[at].wire);
            let other = others[dice.below(others.len() as u64)];
            let other = (turn % 2 == 1).then_some(other);
            let split = [Split::Random, Split::Nasty, Split::Byte, Split::Whole][turn / 2 % 4];
            cases.push(odd(at, other, split));
        }
    }
    cases
}

/// The commit's hash as a number, so that each commit tries other streams and a repeat the same.
fn chosen_by() -> u64 {
    let commit = std::env::var("MANTI_TEST_COMMIT").ok().or_else(|| {
        let git = std::process::Command::new("git")
            .args(["rev-parse", "HEAD"])
            .output()
            .ok()?;
        String::from_utf8(git.stdout).ok()
    });
    let commit = commit.unwrap_or_default();
    tell(&format!(
        "recordings: odd splits chosen by {:?}",
        commit.trim()
    ));
    commit.bytes().fold(0, |sum: u64, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    })
}
