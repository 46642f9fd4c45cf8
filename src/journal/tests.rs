use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::config::{self, Fsync};
use crate::models::money::Money;
use crate::models::usage::{Source, Status, Tokens};

const NONE: Cursor = Cursor {
    segment: 0,
    offset: 0,
};

fn settings(max_size: u64, keep: Duration) -> config::Journal {
    config::Journal {
        fsync: Fsync::Never,
        max_size,
        keep,
    }
}

fn roomy() -> config::Journal {
    settings(1 << 30, Duration::from_mins(10))
}

fn record(name: &str) -> Record {
    Record {
        request_id: format!("req_{name}").into(),
        created_at: "2026-11-21T10:00:00.123456Z".parse().expect("a time"),
        user_id: "usr_1".into(),
        account_id: "acc_1".into(),
        key_id: Some("key_1".into()),
        end_user: None,
        tags: BTreeMap::new(),
        endpoint: "chat.completions".into(),
        requested_model: "gpt-4o".into(),
        provider: "openai".into(),
        model: "gpt-4o".into(),
        status: Status::Interrupted,
        http_status: 0,
        stream: true,
        attempts: 1,
        tokens: Tokens::default(),
        cost: Some(Money::from_nanos(5)),
        price: None,
        prices: [("input".to_owned(), "2.50".parse().expect("a price"))].into(),
        price_source: "none".into(),
        usage_source: Source::Unknown,
        flags: Vec::new(),
        latency_ms: 0,
        ttft_ms: None,
        error_code: None,
    }
}

fn ended(name: &str) -> Record {
    Record {
        status: Status::Ok,
        http_status: 200,
        price: Some(Money::from_nanos(7)),
        ..record(name)
    }
}

fn names(batch: &Batch) -> Vec<String> {
    batch
        .settled
        .iter()
        .map(|s| s.record.request_id.replace("req_", ""))
        .collect()
}

/// What a kill leaves: a copy of a journal's folder that nobody holds.
fn remains(of: &Journal, to: &Path) -> PathBuf {
    let root = to.join(FOLDER);
    let folder = root.join("rep_dead");
    fs::create_dir_all(&folder).expect("a folder");
    for entry in fs::read_dir(of.root().join(of.replica())).expect("a journal") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), folder.join(entry.file_name())).expect("a copy");
    }
    root
}

fn adopt(root: &Path) -> Dead {
    let mut found = dead(root, "rep_own").expect("journals");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "waited for: {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn settlements_are_read_back_in_their_order_from_memory_and_from_disk() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(home.path(), &roomy()).expect("a journal");
    for n in 0..10 {
        let hold = journal.hold(&record(&n.to_string())).expect("room");
        drop(journal.settle(hold, ended(&n.to_string())));
    }
    let warm = journal.take(NONE, 4).expect("settlements");
    assert_eq!(names(&warm), ["0", "1", "2", "3"]);
    // What was taken from memory once is read from the disk when it is asked for again.
    assert!(journal.take(NONE, 4).is_none());
    let cold = journal.read(NONE, 4).expect("settlements");
    assert_eq!(names(&cold), names(&warm));
    assert_eq!(
        (cold.next, &*cold.settled[3].record),
        (warm.next, &ended("3"))
    );
    let rest = journal.take(cold.next, 100).expect("settlements");
    assert_eq!(names(&rest), ["4", "5", "6", "7", "8", "9"]);
    assert_eq!(rest.settled[5].sequence, 10);
    assert_eq!(
        names(&journal.read(rest.next, 100).expect("nothing")),
        [""; 0]
    );
    assert_eq!(rest.next, journal.stats().tail);
}

#[test]
fn a_kill_at_any_byte_loses_nothing_that_was_written_and_invents_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(home.path(), &roomy()).expect("a journal");
    let mut ends = Vec::new();
    for name in ["a", "b", "c"] {
        let hold = journal.hold(&record(name)).expect("room");
        drop(journal.settle(hold, ended(name)));
        ends.push(journal.stats().tail.offset);
    }
    let last = journal.hold(&record("d")).expect("room");
    let whole = journal.stats().tail.offset;
    let away = tempfile::tempdir().expect("a folder");
    let root = remains(&journal, away.path());
    let file = segment::path(&root.join("rep_dead"), 1);
    let bytes = fs::read(&file).expect("a segment");
    for cut in (ends[0]..=whole).rev() {
        // Written up to here: what follows is room that was never used.
        let mut torn = bytes[..usize::try_from(cut).expect("small")].to_vec();
        torn.resize(bytes.len().min(torn.len() + 4096), 0);
        fs::remove_file(&file).expect("a segment");
        fs::write(&file, &torn).expect("a segment");
        let journal = adopt(&root);
        let settled = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(
            names(&journal.read(NONE, 100).expect("settlements")).len(),
            settled,
            "{cut}"
        );
        let open = journal.interrupted().expect("holds");
        let expected = match cut {
            _ if cut == whole => Some("req_d"),
            _ if ends.contains(&cut) => None,
            _ => open.first().map(|record| &*record.request_id),
        };
        assert_eq!(
            open.first().map(|record| &*record.request_id),
            expected,
            "{cut}"
        );
        assert!(open.len() <= 1 && journal.survey().damaged == 0, "{cut}");
    }
    drop(last);
}

#[test]
fn damage_in_the_middle_is_put_aside_and_everything_else_is_read() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(home.path(), &roomy()).expect("a journal");
    let mut ends = Vec::new();
    for n in 0..20 {
        let hold = journal.hold(&record(&n.to_string())).expect("room");
        drop(journal.settle(hold, ended(&n.to_string())));
        ends.push(usize::try_from(journal.stats().tail.offset).expect("small"));
    }
    let away = tempfile::tempdir().expect("a folder");
    let root = remains(&journal, away.path());
    let file = segment::path(&root.join("rep_dead"), 1);
    let mut bytes = fs::read(&file).expect("a segment");
    bytes[ends[4] - 3] ^= 1; // the settlement of 4
    bytes[ends[9]..ends[12]].fill(0); // a page that never reached the disk: 10, 11, 12
    bytes[ends[15]..ends[15] + 100].fill(0xFF); // the head and more of the hold of 16
    fs::write(&file, &bytes).expect("a segment");
    let journal = adopt(&root);
    let read = names(&journal.read(NONE, 100).expect("settlements"));
    let expected: Vec<String> = (0..20)
        .filter(|n| ![4, 10, 11, 12].contains(n))
        .map(|n| n.to_string())
        .collect();
    assert_eq!(read, expected);
    let open = journal.interrupted().expect("holds");
    assert_eq!(
        open.iter().map(|r| &*r.request_id).collect::<Vec<_>>(),
        ["req_4"]
    );
    assert_eq!(journal.survey().damaged, 3);
    let kept = fs::read_dir(root.join(QUARANTINE))
        .expect("a quarantine")
        .count();
    assert_eq!(kept, 3);
}

#[test]
fn a_call_whose_end_was_not_written_is_interrupted_at_no_price() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(home.path(), &roomy()).expect("a journal");
    let running = journal.hold(&record("running")).expect("room");
    let away = tempfile::tempdir().expect("a folder");
    let open = adopt(&remains(&journal, away.path()))
        .interrupted()
        .expect("holds");
    let expected = Record {
        cost: None,
        price: Some(Money::ZERO),
        ..record("running")
    };
    assert_eq!(open, std::slice::from_ref(&expected));
    // The same when the call is dropped by this process.
    drop(running);
    let batch = journal.read(NONE, 10).expect("a settlement");
    assert_eq!(*batch.settled[0].record, expected);
    assert_eq!(journal.stats().held, 0);
}

#[test]
fn only_journals_that_nobody_holds_are_adopted() {
    let home = tempfile::tempdir().expect("a folder");
    let own = Journal::open(home.path(), &roomy()).expect("a journal");
    let sibling = Journal::open(home.path(), &roomy()).expect("a journal");
    let gone: Vec<Journal> = (0..2)
        .map(|_| Journal::open(home.path(), &roomy()).expect("a journal"))
        .collect();
    for journal in &gone {
        let hold = journal.hold(&record(journal.replica())).expect("room");
        drop(journal.settle(hold, ended(journal.replica())));
    }
    let mut ids: Vec<String> = gone
        .iter()
        .map(|journal| journal.replica().to_owned())
        .collect();
    ids.sort();
    assert!(
        dead(own.root(), own.replica())
            .expect("journals")
            .is_empty()
    );
    drop(gone);
    let mut adopted = dead(own.root(), own.replica()).expect("journals");
    adopted.sort_by(|a, b| a.replica().cmp(b.replica()));
    assert_eq!(adopted.iter().map(Dead::replica).collect::<Vec<_>>(), ids);
    assert!(adopted.iter().all(|journal| journal.survey().settled == 1));
    // Room that was never used is given back at once.
    assert!(adopted.iter().all(|journal| journal.survey().bytes < 4096));
    assert!(
        dead(own.root(), own.replica())
            .expect("journals")
            .is_empty(),
        "held now"
    );
    for journal in adopted {
        journal.remove().expect("removal");
    }
    assert_eq!(
        fs::read_dir(own.root()).expect("a folder").count(),
        3,
        "two journals and the lock"
    );
    drop(sibling);
}

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
fn a_cursor_before_the_oldest_segment_starts_at_the_oldest() {
    let home = tempfile::tempdir().expect("a folder");
    let journal =
        Journal::open(home.path(), &settings(1 << 20, Duration::ZERO)).expect("a journal");
    for n in 0..300 {
        let hold = journal.hold(&record(&n.to_string())).expect("room");
        drop(journal.settle(hold, ended(&n.to_string())));
    }
    let tail = journal.stats().tail;
    journal.recorded(Cursor {
        segment: tail.segment,
        offset: 0,
    });
    let first = segment::path(&journal.root().join(journal.replica()), 1);
    wait_until("the first segment to go", || !first.exists());
    let read = names(
        &journal
            .read(
                Cursor {
                    segment: 1,
                    offset: 40,
                },
                1000,
            )
            .expect("settlements"),
    );
    assert!(!read.is_empty() && read.len() < 300);
    assert_eq!(read.last().map(String::as_str), Some("299"));
}

#[test]
fn what_is_written_at_once_by_many_threads_is_all_there() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(home.path(), &roomy()).expect("a journal");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let journal = journal.clone();
            scope.spawn(move || {
                for n in 0..1000 {
                    let name = format!("{thread}.{n}");
                    let hold = journal.hold(&record(&name)).expect("room");
                    drop(journal.settle(hold, ended(&name)));
                }
            });
        }
    });
    let mut seen: Vec<String> = Vec::new();
    let mut at = NONE;
    while seen.len() < 8000 {
        let batch = journal.read(at, 999).expect("settlements");
        assert!(batch.next > at, "{} seen", seen.len());
        at = batch.next;
        seen.extend(names(&batch));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 8000);
}

#[tokio::test]
async fn what_must_be_on_disk_before_anybody_goes_on_is_waited_for() {
    let home = tempfile::tempdir().expect("a folder");
    let always = config::Journal {
        fsync: Fsync::Always,
        ..roomy()
    };
    let journal = Journal::open(home.path(), &always).expect("a journal");
    for n in 0..5 {
        let mut hold = journal.hold(&record(&n.to_string())).expect("room");
        hold.written().await;
        journal.settle(hold, ended(&n.to_string())).await;
    }
}

#[test]
fn a_closed_journal_gives_back_its_room_and_an_unused_one_goes() {
    let home = tempfile::tempdir().expect("a folder");
    let unused = Journal::open(home.path(), &roomy()).expect("a journal");
    let used = Journal::open(home.path(), &roomy()).expect("a journal");
    let hold = used.hold(&record("a")).expect("room");
    drop(used.settle(hold, ended("a")));
    let root = used.root().to_owned();
    unused.close().expect("an end");
    used.close().expect("an end");
    assert!(used.hold(&record("b")).is_err());
    assert!(!root.join(unused.replica()).exists());
    let size = segment::list(&root.join(used.replica())).expect("segments")[0].1;
    assert!(size < 4096, "{size}");
    drop(used);
    assert_eq!(
        names(&adopt(&root).read(NONE, 9).expect("settlements")),
        ["a"]
    );
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
