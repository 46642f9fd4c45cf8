//! What a kill or a power loss leaves.

use super::*;

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
        // A frame that ends in zeros is whole before its last byte.
        let is_whole = |end: u64| {
            let cut_off =
                usize::try_from(cut).expect("small")..usize::try_from(end).expect("small");
            bytes
                .get(cut_off)
                .is_none_or(|rest| rest.iter().all(|byte| *byte == 0))
        };
        let settled = ends.iter().filter(|end| is_whole(**end)).count();
        assert_eq!(
            names(&journal.read(NONE, 100).expect("settlements")).len(),
            settled,
            "{cut}"
        );
        let open = journal.interrupted().expect("holds");
        let expected = match cut {
            _ if is_whole(whole) => Some("req_d"),
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
        stated_cost: None,
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
            .dead
            .is_empty()
    );
    drop(gone);
    let mut adopted = dead(own.root(), own.replica()).expect("journals").dead;
    adopted.sort_by(|a, b| a.replica().cmp(b.replica()));
    assert_eq!(adopted.iter().map(Dead::replica).collect::<Vec<_>>(), ids);
    assert!(adopted.iter().all(|journal| journal.survey().settled == 1));
    // Room that was never used is given back at once.
    assert!(adopted.iter().all(|journal| journal.survey().bytes < 4096));
    assert!(
        dead(own.root(), own.replica())
            .expect("journals")
            .dead
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
fn a_journal_of_a_newer_version_is_left_to_that_version() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(home.path(), &roomy()).expect("a journal");
    let hold = journal.hold(&record("a")).expect("room");
    drop(journal.settle(hold, ended("a")));
    let away = tempfile::tempdir().expect("a folder");
    let root = remains(&journal, away.path());
    let file = segment::path(&root.join("rep_dead"), 1);
    let mut bytes = fs::read(&file).expect("a segment");
    bytes[8] = 2;
    fs::write(&file, &bytes).expect("a segment");
    let found = dead(&root, "rep_own").expect("journals");
    assert!(found.dead.is_empty());
    assert_eq!(found.failed.len(), 1);
    assert_eq!(fs::read(&file).expect("a segment"), bytes);
}
