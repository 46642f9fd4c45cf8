//! How many recordings came through, for each provider and each client.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::exceptions::Exceptions;
use super::pair::Pair;
use super::{Ask, Case, Fault};
use crate::support::recorded::Recording;
use crate::support::wire::Wire;

/// What became of the recordings of one row at one client.
#[derive(Default)]
struct Count {
    passed: BTreeSet<usize>,
    failed: BTreeSet<usize>,
    excepted: BTreeSet<usize>,
}

type Rows = BTreeMap<String, BTreeMap<Wire, Count>>;

/// The two tables: recorded answers by who gave them, recorded requests by who was asked instead.
pub(super) fn of(
    recordings: &[Recording],
    cases: &[Case],
    faults: &[Fault],
    exceptions: &Exceptions,
) -> String {
    let (mut answers, mut requests) = (Rows::new(), Rows::new());
    let mut wrong: BTreeMap<(&str, Pair), bool> = BTreeMap::new();
    for fault in faults {
        let excused = wrong.entry((&fault.recording, fault.pair)).or_insert(true);
        *excused &= exceptions.excuse(fault);
    }
    for case in cases {
        let recording = &recordings[case.recording];
        let (rows, row) = match case.ask {
            Ask::Own | Ask::Across => {
                let served = recording.served.name();
                (&mut answers, format!("{} {served}", recording.provider))
            }
            Ask::Sent => (&mut requests, case.pair.served.name().to_owned()),
        };
        let count = rows.entry(row).or_default();
        let count = count.entry(case.pair.client).or_default();
        let set = match wrong.get(&(recording.id.as_str(), case.pair)) {
            None => &mut count.passed,
            Some(true) => &mut count.excepted,
            Some(false) => &mut count.failed,
        };
        set.insert(case.recording);
    }
    let what = "passed/failed/excepted, a column a client";
    format!(
        "recorded answers by provider and its dialect, {what}\n{}\
         recorded requests by the dialect they were translated to, {what}\n{}",
        table(&answers),
        table(&requests)
    )
}

fn table(rows: &Rows) -> String {
    let mut out = format!("  {:<24}", "");
    for client in Wire::ALL {
        let _ = write!(out, "{:>13}", client.name());
    }
    out.push('\n');
    let mut sum: BTreeMap<Wire, [usize; 3]> = BTreeMap::new();
    for (row, counts) in rows {
        let _ = write!(out, "  {row:<24}");
        for client in Wire::ALL {
            let figures = counts
                .get(&client)
                .map(|count| [&count.passed, &count.failed, &count.excepted].map(BTreeSet::len));
            cell(&mut out, figures);
            let all = sum.entry(client).or_default();
            for (all, more) in all.iter_mut().zip(figures.unwrap_or_default()) {
                *all += more;
            }
        }
        out.push('\n');
    }
    let _ = write!(out, "  {:<24}", "all");
    for client in Wire::ALL {
        cell(&mut out, sum.get(&client).copied());
    }
    out.push('\n');
    out
}

fn cell(out: &mut String, figures: Option<[usize; 3]>) {
    let text = figures.map_or_else(
        || "-".to_owned(),
        |[passed, failed, excepted]| format!("{passed}/{failed}/{excepted}"),
    );
    let _ = write!(out, "{text:>13}");
}
