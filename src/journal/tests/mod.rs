use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::*;
use crate::config::{self, Fsync};
use crate::models::money::Money;
use crate::models::usage::{Source, Status, Tokens};

mod crash;
mod room;

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

pub(super) fn record(name: &str) -> Record {
    Record {
        request_id: format!("req_{name}").into(),
        created_at: "2026-11-21T10:00:00.123456Z".parse().expect("a time"),
        user_id: "usr_1".into(),
        account_id: "acc_1".into(),
        key_id: Some("key_1".into()),
        team_id: None,
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
        trace: Vec::new(),
        tokens: Tokens::default(),
        cost: Some(Money::from_nanos(5)),
        stated_cost: None,
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
    let mut found = dead(root, "rep_own").expect("journals").dead;
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
        assert!(hold.written().await);
        assert!(journal.settle(hold, ended(&n.to_string())).await);
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
