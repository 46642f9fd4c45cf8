use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use super::*;
use crate::config::Fsync;
use crate::journal::{FOLDER, QUARANTINE};
use crate::models::clock::Timestamp;
use crate::models::usage::{Cursor, Record, Source, Status, Tokens};

/// A database that goes away, forgets and refuses as it is told.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    rows: HashMap<String, Record>,
    places: HashMap<String, Cursor>,
    released: HashSet<String>,
    away: bool,
    /// Commits, and then the connection breaks.
    unheard: bool,
    refused: HashSet<String>,
    refuses_all: bool,
    batches: Vec<usize>,
    /// What a standby has.
    saved: Option<(HashMap<String, Record>, HashMap<String, Cursor>)>,
}

impl Fake {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().expect("no test panics with it")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.inside().rows.keys().cloned().collect();
        names.sort();
        names
    }
}

impl Records for Fake {
    async fn cursor(&self, replica: &str) -> Result<Option<Cursor>, Trouble> {
        let inside = self.inside();
        if inside.away {
            return Err(Trouble::Away("away".into()));
        }
        Ok(inside.places.get(replica).copied())
    }

    async fn record(
        &self,
        replica: &str,
        cursor: Cursor,
        records: &[Record],
    ) -> Result<(), Trouble> {
        let mut inside = self.inside();
        if inside.away {
            return Err(Trouble::Away("away".into()));
        }
        let bad = |record: &Record| inside.refused.contains(&*record.request_id);
        if inside.refuses_all || records.iter().any(bad) {
            return Err(Trouble::Refused("a value is out of range".into()));
        }
        for record in records {
            let id = record.request_id.to_string();
            inside.rows.entry(id).or_insert_with(|| record.clone());
        }
        inside.batches.push(records.len());
        inside.places.insert(replica.to_owned(), cursor);
        if inside.unheard {
            return Err(Trouble::Away("connection lost".into()));
        }
        Ok(())
    }

    async fn forget(&self, replica: &str) -> Result<(), Trouble> {
        self.inside().places.remove(replica);
        Ok(())
    }

    async fn release(&self, replica: &str, _now: Timestamp) -> Result<(), Trouble> {
        self.inside().released.insert(replica.to_owned());
        Ok(())
    }
}

fn settings(keep: Duration) -> config::Journal {
    config::Journal {
        fsync: Fsync::Never,
        max_size: 1 << 30,
        keep,
    }
}

fn open(home: &Path) -> Journal {
    Journal::open(home, &settings(Duration::from_mins(10))).expect("a journal")
}

fn start(journal: &Journal, fake: &Fake) -> Recorder {
    let settings = settings(Duration::from_mins(10));
    Recorder::start(journal.clone(), fake.clone(), &settings, Clock::system())
}

fn record(id: &str, status: Status) -> Record {
    Record {
        request_id: id.into(),
        created_at: Clock::system().now(),
        user_id: "usr_1".into(),
        account_id: "acc_1".into(),
        key_id: None,
        team_id: None,
        end_user: None,
        tags: BTreeMap::new(),
        endpoint: "messages".into(),
        requested_model: "m".into(),
        provider: "p".into(),
        model: "m".into(),
        status,
        http_status: 200,
        stream: false,
        attempts: 1,
        trace: Vec::new(),
        tokens: Tokens::default(),
        cost: None,
        stated_cost: None,
        price: None,
        prices: BTreeMap::new(),
        price_source: "none".into(),
        usage_source: Source::Unknown,
        flags: Vec::new(),
        latency_ms: 1,
        ttft_ms: None,
        error_code: None,
    }
}

fn call(journal: &Journal, id: &str) {
    let hold = journal
        .hold(&record(id, Status::Interrupted))
        .expect("room");
    drop(journal.settle(hold, record(id, Status::Ok)));
}

fn calls(journal: &Journal, ids: std::ops::Range<u32>) -> Vec<String> {
    let names: Vec<String> = ids.map(|n| format!("req_{n:06}")).collect();
    for name in &names {
        call(journal, name);
    }
    names
}

async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(
            start.elapsed() < Duration::from_secs(15),
            "waited for: {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn settled_calls_are_recorded_in_batches_and_soon() {
    let home = tempfile::tempdir().expect("a folder");
    let (journal, fake) = (open(home.path()), Fake::default());
    let recorder = start(&journal, &fake);
    let first = Instant::now();
    call(&journal, "req_first");
    until("the first call", || fake.names() == ["req_first"]).await;
    assert!(first.elapsed() < Duration::from_secs(1));
    let expected = calls(&journal, 0..5000);
    until("all calls", || fake.inside().rows.len() == 5001).await;
    assert!(
        expected
            .iter()
            .all(|name| fake.inside().rows.contains_key(name))
    );
    assert!(fake.inside().batches.len() < 100, "in batches");
    let done = recorder.finish(Duration::from_secs(5)).await;
    assert!(done.is_done(), "{done:?}");
    let place = fake.inside().places[journal.replica()];
    assert_eq!(place, journal.stats().tail);
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_while_the_database_is_away() {
    let home = tempfile::tempdir().expect("a folder");
    let (journal, fake) = (open(home.path()), Fake::default());
    let recorder = start(&journal, &fake);
    let mut expected = calls(&journal, 0..10);
    until("the first calls", || fake.inside().rows.len() == 10).await;
    fake.inside().away = true;
    // More than are kept in memory.
    expected.extend(calls(&journal, 10..6000));
    until("the outage to be noticed", || {
        recorder.progress().borrow().away
    })
    .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fake.inside().rows.len(), 10);
    fake.inside().away = false;
    let back = Instant::now();
    until("all calls", || fake.names() == expected).await;
    assert!(back.elapsed() < Duration::from_secs(10));
    let total: usize = fake.inside().batches.iter().sum();
    assert_eq!(total, 6000, "each was sent once");
}

#[tokio::test]
async fn a_commit_that_was_not_heard_of_is_neither_lost_nor_doubled() {
    let home = tempfile::tempdir().expect("a folder");
    let (journal, fake) = (open(home.path()), Fake::default());
    let recorder = start(&journal, &fake);
    fake.inside().unheard = true;
    let expected = calls(&journal, 0..100);
    until("a commit", || !fake.inside().batches.is_empty()).await;
    fake.inside().unheard = false;
    until("the place to be found", || {
        recorder.progress().borrow().is_done()
    })
    .await;
    assert_eq!(fake.names(), expected);
    let more = calls(&journal, 100..200);
    until("all calls", || fake.inside().rows.len() == 200).await;
    let done = recorder.finish(Duration::from_secs(5)).await;
    assert!(done.is_done(), "{done:?}");
    assert_eq!(fake.names(), [expected, more].concat());
}

#[tokio::test]
async fn calls_that_a_standby_never_got_are_sent_again() {
    let home = tempfile::tempdir().expect("a folder");
    let (journal, fake) = (open(home.path()), Fake::default());
    let _recorder = start(&journal, &fake);
    let mut expected = calls(&journal, 0..50);
    until("the first calls", || fake.inside().rows.len() == 50).await;
    {
        let mut inside = fake.inside();
        inside.saved = Some((inside.rows.clone(), inside.places.clone()));
    }
    expected.extend(calls(&journal, 50..100));
    until("the later calls", || fake.inside().rows.len() == 100).await;
    {
        let mut inside = fake.inside();
        (inside.rows, inside.places) = inside.saved.take().expect("saved before");
    }
    // Nobody calls any more, and still they come back.
    until("all calls", || fake.names() == expected).await;
}

#[tokio::test]
async fn a_record_that_the_database_refuses_is_put_aside_alone() {
    let home = tempfile::tempdir().expect("a folder");
    let (journal, fake) = (open(home.path()), Fake::default());
    fake.inside().refused = ["req_000017".to_owned(), "req_000099".to_owned()].into();
    calls(&journal, 0..100);
    let recorder = start(&journal, &fake);
    until("the others", || fake.inside().rows.len() == 98).await;
    let done = recorder.finish(Duration::from_secs(5)).await;
    assert!(done.is_done(), "{done:?}");
    let kept = journal.root().join(QUARANTINE).join("req_000017.json");
    let text = fs::read_to_string(kept).expect("a file");
    let read: Record = serde_json::from_str(&text).expect("the record");
    assert_eq!(&*read.request_id, "req_000017");
    assert_eq!(
        fs::read_dir(journal.root().join(QUARANTINE))
            .expect("files")
            .count(),
        2
    );
}

#[tokio::test]
async fn a_database_that_refuses_everything_is_in_trouble_itself() {
    let home = tempfile::tempdir().expect("a folder");
    let (journal, fake) = (open(home.path()), Fake::default());
    fake.inside().refuses_all = true;
    let recorder = start(&journal, &fake);
    let expected = calls(&journal, 0..20);
    until("the trouble to be noticed", || {
        recorder.progress().borrow().away
    })
    .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    fake.inside().refuses_all = false;
    until("all calls", || fake.names() == expected).await;
    let aside = fs::read_dir(journal.root().join(QUARANTINE)).map_or(0, Iterator::count);
    assert_eq!(aside, 0);
}

#[tokio::test]
async fn what_dead_processes_left_is_recorded_and_removed() {
    let home = tempfile::tempdir().expect("a folder");
    let fake = Fake::default();
    let mut expected = Vec::new();
    for n in 0..2 {
        // One that was killed: its folder, as it lay on the disk then, under a name of its own.
        let away = tempfile::tempdir().expect("a folder");
        let killed = open(away.path());
        expected.extend(calls(&killed, n * 10..n * 10 + 10));
        let running = killed.hold(&record(&format!("req_running{n}"), Status::Interrupted));
        expected.push(format!("req_running{n}"));
        let folder = home.path().join(FOLDER).join(format!("rep_dead{n}"));
        fs::create_dir_all(&folder).expect("a folder");
        for entry in fs::read_dir(killed.root().join(killed.replica())).expect("files") {
            let entry = entry.expect("a file");
            fs::copy(entry.path(), folder.join(entry.file_name())).expect("a copy");
        }
        drop(running);
    }
    // Half of the first was recorded before the kill.
    fake.inside()
        .rows
        .insert("req_000003".into(), record("req_000003", Status::Ok));
    let journal = open(home.path());
    let settings = settings(Duration::ZERO);
    let recorder = Recorder::start(journal.clone(), fake.clone(), &settings, Clock::system());
    until("all calls", || fake.inside().rows.len() == 22).await;
    expected.sort();
    assert_eq!(fake.names(), expected);
    assert_eq!(
        fake.inside().rows["req_running0"].status,
        Status::Interrupted
    );
    let folders = || fs::read_dir(journal.root()).expect("folders").count();
    until("the folders to go", || folders() == 2).await;
    until("the places to go", || fake.inside().places.is_empty()).await;
    let gone: HashSet<String> = ["rep_dead0".into(), "rep_dead1".into()].into();
    assert_eq!(fake.inside().released, gone);
    assert!(recorder.finish(Duration::from_secs(5)).await.is_done());
}

#[tokio::test]
async fn a_journal_whose_files_are_in_trouble_holds_up_no_other() {
    let home = tempfile::tempdir().expect("a folder");
    let fake = Fake::default();
    let earlier = open(home.path());
    calls(&earlier, 0..10);
    drop(earlier);
    // What the database refuses cannot be put aside.
    fake.inside().refused = ["req_000003".to_owned()].into();
    let aside = home.path().join(FOLDER).join(QUARANTINE);
    fs::write(&aside, "in the way").expect("a file");
    let journal = open(home.path());
    let recorder = start(&journal, &fake);
    until("the others", || {
        fake.inside().rows.contains_key("req_000002")
    })
    .await;
    for n in 100..120 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        call(&journal, &format!("req_{n:06}"));
        assert!(!recorder.progress().borrow().away, "the database is there");
    }
    until("own calls", || {
        fake.inside().rows.contains_key("req_000119")
    })
    .await;
    assert_eq!(recorder.progress().borrow().adopting, 1);
    let left = recorder.finish(Duration::from_secs(20)).await;
    assert_eq!((left.pending, left.adopting), (0, 1));
}

#[tokio::test]
async fn a_recorded_journal_of_an_earlier_process_takes_no_room_from_calls() {
    let home = tempfile::tempdir().expect("a folder");
    let fake = Fake::default();
    let small = config::Journal {
        max_size: 512 * 1024,
        ..settings(Duration::from_mins(10))
    };
    let full = Journal::open(home.path(), &small).expect("a journal");
    let mut count = 0;
    while let Ok(hold) = full.hold(&record(&format!("req_{count}"), Status::Interrupted)) {
        drop(full.settle(hold, record(&format!("req_{count}"), Status::Ok)));
        count += 1;
    }
    drop(full);
    let next = Journal::open(home.path(), &small).expect("a journal");
    let recorder = Recorder::start(next.clone(), fake.clone(), &small, Clock::system());
    until("all calls", || fake.inside().rows.len() == count).await;
    // As many again, although the first ones would be kept for ten minutes.
    let mut again = 0;
    until("room", || {
        while let Ok(hold) = next.hold(&record(&format!("req_again_{again}"), Status::Interrupted))
        {
            drop(next.settle(hold, record(&format!("req_again_{again}"), Status::Ok)));
            again += 1;
        }
        again > count / 2
    })
    .await;
    assert!(recorder.finish(Duration::from_secs(5)).await.is_done());
}

#[tokio::test]
async fn what_cannot_be_recorded_at_the_end_waits_for_the_next_process() {
    let home = tempfile::tempdir().expect("a folder");
    let fake = Fake::default();
    let journal = open(home.path());
    let recorder = start(&journal, &fake);
    let mut expected = calls(&journal, 0..10);
    until("the first calls", || fake.inside().rows.len() == 10).await;
    fake.inside().away = true;
    expected.extend(calls(&journal, 10..20));
    let left = recorder.finish(Duration::from_millis(300)).await;
    assert_eq!(left.pending, 10);
    drop(journal);
    fake.inside().away = false;
    let next = open(home.path());
    let recorder = start(&next, &fake);
    until("the rest", || fake.names() == expected).await;
    let total: usize = fake.inside().batches.iter().sum();
    assert_eq!(total, 20, "what was recorded is not sent again");
    assert!(recorder.finish(Duration::from_secs(5)).await.is_done());
}
