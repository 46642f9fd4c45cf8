//! Room: running out of it, and getting it back.

use proptest::prelude::*;

use super::*;
use crate::journal::frame;
use crate::models::money::{Money, UnitPrice};
use crate::models::usage::Attempt;

#[test]
fn a_full_journal_refuses_calls_settles_running_ones_and_recovers() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(home.path(), &settings(512 * 1024, Duration::from_mins(10)))
        .expect("a journal");
    let running: Vec<Hold> = (0..20)
        .map(|n| journal.hold(&record(&format!("long{n}"))).expect("room"))
        .collect();
    let mut count = 0;
    let mut fill = || {
        while let Ok(hold) = journal.hold(&record(&count.to_string())) {
            drop(journal.settle(hold, ended(&count.to_string())));
            count += 1;
        }
        count
    };
    let count = fill();
    assert!(count > 200, "{count}");
    let most = journal.stats();
    assert!(most.bytes <= 512 * 1024, "{}", most.bytes);
    let mut large = ended("large");
    large.flags = (0..500)
        .map(|n| format!("flag_{n}_{}", "x".repeat(40)))
        .collect();
    large.model = "m\u{1}".repeat(5000).into();
    for (n, hold) in running.into_iter().enumerate() {
        let name = format!("long{n}");
        drop(journal.settle(
            hold,
            Record {
                request_id: record(&name).request_id,
                ..large.clone()
            },
        ));
    }
    assert!(journal.stranded().is_empty());
    let count = fill().max(count);
    let mut all = Vec::new();
    let mut at = NONE;
    loop {
        let batch = journal.read(at, 100).expect("settlements");
        at = batch.next;
        if batch.settled.is_empty() {
            break;
        }
        all.extend(names(&batch));
    }
    assert_eq!(all.len(), count + 20);
    assert!(journal.hold(&record("refused")).is_err());
    // Recorded calls give their room back, although they would be kept for longer.
    journal.recorded(at);
    wait_until("room", || journal.hold(&record("next")).map(drop).is_ok());
}

#[test]
fn half_of_the_room_is_for_calls_alone() {
    let home = tempfile::tempdir().expect("a folder");
    let journal =
        Journal::open(home.path(), &settings(1 << 20, Duration::from_mins(10))).expect("a journal");
    let mut count = 0;
    while journal.is_roomy() {
        let hold = journal.hold(&record("refused")).expect("there is room");
        drop(journal.settle(hold, ended("refused")));
        count += 1;
    }
    assert!(count > 100, "{count}");
    assert!(journal.hold(&record("paid")).is_ok());
    // What is recorded is in nobody's way, although it is kept.
    journal.recorded(journal.stats().tail);
    assert!(journal.is_roomy());
}

#[test]
fn a_long_call_does_not_keep_its_segment() {
    let home = tempfile::tempdir().expect("a folder");
    let journal =
        Journal::open(home.path(), &settings(1 << 20, Duration::ZERO)).expect("a journal");
    let long = journal.hold(&record("long")).expect("room");
    let first = segment::path(&journal.root().join(journal.replica()), 1);
    let mut at = NONE;
    wait_until("the first segment to go", || {
        for _ in 0..50 {
            if let Ok(hold) = journal.hold(&record("short")) {
                drop(journal.settle(hold, ended("short")));
            }
        }
        at = journal.read(at, 10_000).expect("settlements").next;
        journal.recorded(at);
        !first.exists()
    });
    let folder = journal.root().join(journal.replica());
    wait_until("all recorded segments to go", || {
        segment::list(&folder).is_ok_and(|all| all[0].0 == journal.stats().tail.segment)
    });
    // Its hold is still there for the process after a kill …
    let away = tempfile::tempdir().expect("a folder");
    let open = adopt(&remains(&journal, away.path()))
        .interrupted()
        .expect("holds");
    assert_eq!(
        open.iter().map(|r| &*r.request_id).collect::<Vec<_>>(),
        ["req_long"]
    );
    // … and its end for everybody.
    drop(journal.settle(long, ended("long")));
    let last = journal.read(at, 10_000).expect("settlements");
    assert_eq!(names(&last).last().map(String::as_str), Some("long"));
}

#[test]
fn recorded_segments_stay_until_they_were_kept_long_enough() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(home.path(), &settings(1 << 20, Duration::from_millis(700)))
        .expect("a journal");
    let first = segment::path(&journal.root().join(journal.replica()), 1);
    for n in 0..100 {
        let hold = journal.hold(&record(&n.to_string())).expect("room");
        drop(journal.settle(hold, ended(&n.to_string())));
    }
    assert!(journal.stats().tail.segment > 1);
    let recorded = Instant::now();
    journal.recorded(journal.stats().tail);
    wait_until("the first segment to go", || !first.exists());
    assert!(
        recorded.elapsed() >= Duration::from_millis(700),
        "{:?}",
        recorded.elapsed()
    );
}

#[test]
fn the_longest_that_a_settlement_adds_fits_into_its_room() {
    let long = |letter: &str| -> std::sync::Arc<str> { letter.repeat(600).into() };
    let hold = record("small");
    let mut settled = hold.clone();
    settled.provider = long("p");
    settled.model = long("m");
    settled.price_source = long("s");
    settled.error_code = Some(long("e"));
    settled.flags = (0..40).map(|n| format!("{n}{}", "f".repeat(45))).collect();
    settled.trace = (0..40)
        .map(|_| Attempt {
            provider: long("p"),
            model: long("m"),
            credential: u32::MAX,
            status: Some(u16::MAX),
            outcome: long("o"),
            wait_ms: u64::MAX,
            latency_ms: u64::MAX,
            ttft_ms: Some(u64::MAX),
            cost: Some(Money::from_nanos(i64::MAX)),
        })
        .collect();
    for unit in 0..20 {
        settled.tokens.units.insert(format!("{unit:024}"), u64::MAX);
        settled.prices.insert(
            format!("{unit:024}"),
            UnitPrice::from_nanos_per_million(i64::MAX),
        );
    }
    let length = |record: &Record| {
        let mut frame = Vec::new();
        frame::write(&mut frame, frame::Kind::Settlement, 1, record);
        frame.len()
    };
    let (before, after) = (length(&hold), length(&frame::trim(&settled)));
    assert!(after <= before + frame::GROWTH, "{before} and {after}");
}

#[test]
fn an_oversized_record_is_trimmed_rather_than_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(home.path(), &roomy()).expect("a journal");
    let mut large = record("large");
    large.end_user = Some("\"e".repeat(100_000));
    large.requested_model = "\u{1}m".repeat(50_000).into();
    large.tags = (0..10)
        .map(|n| (format!("{n}{}", "k".repeat(9000)), "v".repeat(9000)))
        .collect();
    let hold = journal.hold(&large).expect("room");
    drop(journal.settle(
        hold,
        Record {
            status: Status::Ok,
            ..large.clone()
        },
    ));
    let batch = journal.read(NONE, 1).expect("from disk");
    let read = &batch.settled[0].record;
    assert_eq!(
        (&read.request_id, read.status),
        (&large.request_id, Status::Ok)
    );
    assert_eq!(read.tags.len(), 10);
    assert!(read.flags.contains(&"record_trimmed".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_held_can_be_settled(steps in proptest::collection::vec((0_usize..6000, any::<bool>(), 0_usize..9000), 1..400)) {
        let home = tempfile::tempdir().expect("a folder");
        let journal = Journal::open(home.path(), &settings(400 * 1024, Duration::from_mins(10))).expect("a journal");
        let mut running = Vec::new();
        let mut settled = 0;
        for (size, settle, grown) in steps {
            let mut held = record("x");
            held.end_user = Some("u".repeat(size));
            if let Ok(hold) = journal.hold(&held) {
                running.push((hold, held));
            }
            if settle && let Some((hold, mut held)) = running.pop() {
                held.flags = vec!["f".repeat(grown)];
                drop(journal.settle(hold, held));
                settled += 1;
            }
        }
        for (hold, held) in running.drain(..) {
            drop(journal.settle(hold, held));
            settled += 1;
        }
        prop_assert!(journal.stranded().is_empty());
        prop_assert_eq!(journal.stats().settled, settled);
        let mut read = 0;
        let mut at = NONE;
        loop {
            let batch = journal.read(at, 50).expect("settlements");
            if batch.settled.is_empty() { break; }
            read += batch.settled.len() as u64;
            at = batch.next;
        }
        prop_assert_eq!(read, settled);
    }
}
