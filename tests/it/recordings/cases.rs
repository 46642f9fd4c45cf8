//! Everything that is asked about the recordings.

use super::pair::Pair;
use super::tell;
use crate::support::recorded::{Body, Dice, Recording, Split};
use crate::support::wire::{Served, Wire};

/// How many streams are cut oddly when not all are.
const ODD: usize = 200;

/// One call, or a short conversation, about one recording.
pub(super) struct Case {
    /// Which recording is in question.
    pub(super) recording: usize,
    pub(super) ask: Ask,
    pub(super) pair: Pair,
    /// Which recording the provider answers with.
    pub(super) answer: usize,
    pub(super) split: Split,
}

/// How a recording is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// The recorded request in its own dialect.
    Own,
    /// A small request of a client of another dialect: its answer is translated.
    Across,
    /// The recorded request to a provider of another dialect: it is translated.
    Sent,
}

/// Whether every stream is cut in every way.
fn long() -> bool {
    std::env::var("MANTI_TEST_LONG").is_ok_and(|value| value == "1")
}

pub(super) fn all(recordings: &[Recording]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (at, recording) in recordings.iter().enumerate() {
        let served = recording.served;
        let case = |ask, client, served, answer| Case {
            recording: at,
            ask,
            pair: Pair { client, served },
            answer,
            split: Split::Event,
        };
        for client in Wire::ALL {
            cases.push(case(asked_by(client, served), client, served, at));
        }
        // What no client speaks was asked by none.
        let spoken = served
            .own()
            .filter(|client| Served::from(*client) == served);
        for other in spoken
            .map(|_| asked_instead(at, served))
            .unwrap_or_default()
        {
            let client = spoken.expect("a client asked");
            let answer = answer(recordings, other, recording.streamed);
            cases.push(case(Ask::Sent, client, other, answer));
        }
    }
    cut(recordings, &mut cases);
    cases
}

fn asked_by(client: Wire, served: Served) -> Ask {
    if served.own() == Some(client) {
        Ask::Own
    } else {
        Ask::Across
    }
}

/// Who is asked a recorded request in another's place: all that clients speak, and one of the
/// others in turn.
fn asked_instead(at: usize, served: Served) -> Vec<Served> {
    let (spoken, alone) = Served::ALL.split_at(Wire::ALL.len());
    let mut others = spoken.to_vec();
    if long() {
        others.extend(alone);
    } else {
        others.push(alone[at % alone.len()]);
    }
    others.retain(|other| *other != served);
    others
}

/// A recording with which a provider answers what it was not recorded for.
fn answer(recordings: &[Recording], served: Served, streamed: bool) -> usize {
    let fits = |one: &Recording| {
        let stream = matches!(one.body, Body::Stream(_));
        one.served == served && one.status == 200 && stream == streamed
    };
    recordings
        .iter()
        .position(fits)
        .expect("there is a recording of each kind")
}

/// Adds streams that are cut where it hurts.
fn cut(recordings: &[Recording], cases: &mut Vec<Case>) {
    let streams: Vec<usize> = (0..recordings.len())
        .filter(|at| matches!(recordings[*at].body, Body::Stream(_)))
        .collect();
    let odd = |at: usize, client: Wire, split: Split| {
        let served = recordings[at].served;
        Case {
            recording: at,
            ask: asked_by(client, served),
            pair: Pair { client, served },
            answer: at,
            split,
        }
    };
    if long() {
        for at in streams {
            for split in [Split::Whole, Split::Byte, Split::Random, Split::Nasty] {
                cases.extend(Wire::ALL.map(|client| odd(at, client, split)));
            }
        }
        return;
    }
    let mut dice = Dice(chosen_by());
    for turn in 0..ODD {
        // Each dialect in turn: some have few streams.
        let served = Served::ALL[turn / 4 % Served::ALL.len()];
        let of_it: Vec<usize> = streams
            .iter()
            .copied()
            .filter(|at| recordings[*at].served == served)
            .collect();
        let at = of_it[dice.below(of_it.len() as u64)];
        let client = Wire::ALL[dice.below(Wire::ALL.len() as u64)];
        let split = [Split::Random, Split::Nasty, Split::Byte, Split::Whole][turn % 4];
        cases.push(odd(at, client, split));
    }
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
