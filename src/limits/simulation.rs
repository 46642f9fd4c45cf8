//! Several processes on one authority, in a time of their own: what may never happen, and what
//! must be usable.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::authority::{Grant, Tallies, Terms};
use super::bucket::Moment;
use super::contact::{Contact, LEASE, OVERDUE};
use super::measure::Measure;
use super::slice::{Footing, Slice, Verdict};

const START: u64 = 1_700_000_000_000;
const STEP: u64 = 250;
const ANSWER: u64 = 1000;
const GRACE: Duration = Duration::from_mins(10);

/// A process, as it sees itself.
struct Process {
    id: Arc<str>,
    slice: Slice,
    contact: Contact,
    /// How much its idea of the authority's time is ahead.
    ahead: u64,
    cut: bool,
    /// What was settled and whose answer is on its way, until when; `None`: the answer is lost.
    waits: Option<(u64, Option<(Grant, Moment)>)>,
    renewed: u64,
}

/// What the database knows of a process.
struct Known {
    id: Arc<str>,
    seen: u64,
    renewed: u64,
}

struct World {
    millis: u64,
    tallies: Tallies,
    known: Vec<Known>,
    processes: Vec<Process>,
    limit: u64,
    /// When calls passed, and by which process's which claim they can be taken back.
    passed: Vec<(u64, usize, (u64, u64))>,
    made: usize,
}

#[derive(Debug, Clone)]
enum Event {
    Pass(u64),
    Calls(usize, usize),
    Undo(usize),
    Crash(usize),
    LoseAnswer(usize, bool),
    Cut(usize, bool),
}

impl World {
    fn new(processes: usize, limit: u64, ahead: &[u64]) -> Self {
        let mut world = Self {
            millis: START,
            tallies: Tallies::default(),
            known: Vec::new(),
            processes: Vec::new(),
            limit,
            passed: Vec::new(),
            made: 0,
        };
        for index in 0..processes {
            let process = world.process(ahead[index % ahead.len()]);
            world.processes.push(process);
        }
        for _ in 0..2 {
            (0..processes).for_each(|index| world.renew(index));
        }
        world
    }

    fn process(&mut self, ahead: u64) -> Process {
        self.made += 1;
        Process {
            id: format!("rep_{}", self.made).into(),
            slice: Slice::new(Measure::Rpm),
            contact: Contact::default(),
            ahead,
            cut: false,
            waits: None,
            renewed: 0,
        }
    }

    fn now(&self) -> Moment {
        Moment(self.millis * 1000)
    }

    fn there(&self, index: usize) -> Moment {
        Moment((self.millis + self.processes[index].ahead) * 1000)
    }

    fn footing(&self, index: usize) -> Footing {
        let process = &self.processes[index];
        process.contact.footing(self.now(), self.there(index))
    }

    fn terms(&self, index: usize) -> (Terms, u64) {
        let own = &self.processes[index].id;
        let silent = |known: &Known| Duration::from_millis(self.millis - known.renewed);
        let others = || self.known.iter().filter(|known| known.id != *own);
        let is_alive = |known: &Known| silent(known) < LEASE;
        let is_lost = |known: &Known| silent(known) >= OVERDUE && silent(known) < GRACE;
        let alive = others().filter(|known| is_alive(known));
        let terms = Terms {
            now: self.now(),
            replica: Arc::clone(own),
            alive: alive
                .map(|known| Arc::clone(&known.id))
                .chain([Arc::clone(own)])
                .collect(),
            lost: others()
                .filter(|known| is_lost(known))
                .map(|known| known.seen)
                .collect(),
        };
        let count = others()
            .filter(|known| is_alive(known) || is_lost(known))
            .count();
        (terms, count as u64 + 1)
    }

    fn renew(&mut self, index: usize) {
        let (id, seen) = {
            let process = &self.processes[index];
            (Arc::clone(&process.id), process.contact.replicas())
        };
        self.known.retain(|known| known.id != id);
        let renewed = self.millis;
        self.known.push(Known { id, seen, renewed });
        let (_, count) = self.terms(index);
        let process = &mut self.processes[index];
        process.renewed = renewed;
        process.contact.renewed(Moment(renewed * 1000));
        process.contact.saw(count, Moment(renewed * 1000));
        process.contact.answers(true);
    }

    /// What the teller does, `delay` milliseconds from the answer.
    fn tell(&mut self, index: usize, delay: u64, lost: Option<bool>) {
        let now = self.there(index);
        let process = &self.processes[index];
        let silent = process.contact.is_silent();
        let is_due = process.slice.is_due(now) || silent && process.slice.has_untold();
        if process.waits.is_some() || !is_due {
            return;
        }
        let claim = self.processes[index].slice.claim(now);
        if self.processes[index].cut {
            let process = &mut self.processes[index];
            process.slice.unanswered(false, now);
            process.contact.answers(false);
            return;
        }
        if lost == Some(false) {
            self.processes[index].waits = Some((self.millis + ANSWER, None));
            return;
        }
        let (terms, count) = self.terms(index);
        let grant = self.tallies.settle(Measure::Rpm, &claim, &terms);
        let process = &mut self.processes[index];
        process.waits = match lost {
            Some(_) => Some((self.millis + ANSWER, None)),
            None => Some((self.millis + delay, Some((grant, terms.now)))),
        };
        process.contact.saw(count, terms.now);
        self.hear(index);
    }

    /// Answers that have arrived, or will not.
    fn hear(&mut self, index: usize) {
        let (now, millis) = (self.there(index), self.millis);
        let process = &mut self.processes[index];
        let Some((_, answer)) = process.waits.take_if(|(at, _)| *at <= millis) else {
            return;
        };
        if let Some((grant, then)) = answer {
            process.slice.answered(grant, then, now);
            process.contact.answers(true);
        } else {
            process.slice.unanswered(true, now);
            process.contact.answers(false);
        }
    }

    fn pass(&mut self, millis: u64) {
        let until = self.millis + millis;
        while self.millis < until {
            self.millis = until.min(self.millis + STEP);
            for index in 0..self.processes.len() {
                self.hear(index);
                if self.processes[index].contact.is_silent() {
                    self.tell(index, 0, None);
                }
                let process = &self.processes[index];
                if !process.cut && self.millis >= process.renewed + 1000 {
                    self.renew(index);
                }
                self.tell(index, 0, None);
            }
        }
    }

    /// One call: whether it passed.
    fn call(&mut self, index: usize, delay: u64, lost: Option<bool>) -> bool {
        for _ in 0..2 {
            let footing = self.footing(index);
            let limit = self.limit;
            let process = &mut self.processes[index];
            match process.slice.verdict(&footing, 1, limit) {
                Verdict::Fits => {
                    let mark = process.slice.take(footing.now, 1);
                    self.passed.push((self.millis, index, mark));
                    return true;
                }
                Verdict::Refused(_) => return false,
                Verdict::Short => process.slice.want(1),
            }
            self.tell(index, delay, lost);
        }
        false
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Pass(millis) => self.pass(*millis),
            Event::Calls(index, count) => {
                for _ in 0..*count {
                    self.call(*index, (*count as u64 % 3) * 150, None);
                }
            }
            Event::Undo(index) => {
                let (now, index) = (self.there(*index), *index);
                let Some(at) = self.passed.iter().rposition(|(_, by, _)| *by == index) else {
                    return;
                };
                let (_, _, mark) = self.passed.remove(at);
                self.processes[index].slice.give(now, mark, 1);
            }
            // What one served alone and told nobody is not known when it dies.
            Event::Crash(index) if self.processes[*index].cut => {}
            Event::Crash(index) => {
                let fresh = self.process(self.processes[*index].ahead);
                self.processes[*index] = fresh;
                // What the dead one let pass cannot be taken back any more.
                for (_, by, _) in self.passed.iter_mut().filter(|(_, by, _)| by == index) {
                    *by = usize::MAX;
                }
                self.renew(*index);
                self.renew(*index);
            }
            Event::LoseAnswer(index, settled) => {
                self.call(*index, 0, Some(*settled));
            }
            Event::Cut(index, cut) => self.processes[*index].cut = *cut,
        }
    }

    /// The most that passed in any sixty seconds.
    fn most(&self) -> usize {
        let mut times: Vec<u64> = self.passed.iter().map(|(at, _, _)| *at).collect();
        times.sort_unstable();
        let in_minute = |from: &u64| {
            let stretch = times
                .iter()
                .filter(|at| *at >= from && **at < from + 60_000);
            stretch.count()
        };
        times.iter().map(in_minute).max().unwrap_or(0)
    }
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let which = 0_usize..2;
    let event = prop_oneof![
        6 => (0_u64..6_000).prop_map(Event::Pass),
        1 => (0_u64..70_000).prop_map(Event::Pass),
        8 => (which.clone(), 1_usize..30).prop_map(|(index, count)| Event::Calls(index, count)),
        2 => which.clone().prop_map(Event::Undo),
        1 => which.clone().prop_map(Event::Crash),
        1 => (which.clone(), any::<bool>())
            .prop_map(|(index, settled)| Event::LoseAnswer(index, settled)),
        2 => (which, any::<bool>()).prop_map(|(index, cut)| Event::Cut(index, cut)),
    ];
    prop::collection::vec(event, 1..80)
}

proptest! {
    /// Whatever crashes, is cut off or loses answers, and however the clocks are off.
    #[test]
    fn no_minute_passes_more_than_the_limit(
        events in events(),
        limit in 1_u64..60,
        ahead in prop::collection::vec(0_u64..300, 2),
    ) {
        let mut world = World::new(2, limit, &ahead);
        for event in &events {
            world.happen(event);
            prop_assert!(world.most() as u64 <= limit, "{} of {limit}", world.most());
        }
    }
}

#[test]
fn what_is_allowed_can_be_used_however_uneven_the_load_is() {
    const LIMIT: usize = 50;
    for (often, seldom) in [(1, 1), (20, 1), (20, 0)] {
        let mut world = World::new(2, LIMIT as u64, &[5, 0]);
        for _ in 0..600 {
            for _ in 0..often {
                world.call(0, 0, None);
            }
            for _ in 0..seldom {
                world.call(1, 0, None);
            }
            world.pass(500);
        }
        // The window of a sub-bucket and a minute is full once in sixty-one seconds.
        let usable = 300 * LIMIT / 61;
        let passed = world.passed.len();
        assert!(
            passed * 100 >= usable * 95,
            "{passed} of {usable} at {often}:{seldom}"
        );
        assert!(world.most() <= LIMIT);
    }
}

/// All ask as often as they can.
fn ask(world: &mut World, seconds: usize) {
    for _ in 0..seconds * 4 {
        for index in 0..world.processes.len() {
            for _ in 0..3 {
                world.call(index, 0, None);
            }
        }
        world.pass(250);
    }
}

#[test]
fn a_replica_that_is_cut_off_and_one_that_is_restarted_hold_the_limit_together() {
    const LIMIT: u64 = 60;
    for (before, between) in [(20, 1), (20, 30), (90, 2), (131, 100)] {
        let mut world = World::new(2, LIMIT, &[5, 0]);
        ask(&mut world, before);
        world.processes[0].cut = true;
        ask(&mut world, between);
        let passed = world.passed.len();
        world.happen(&Event::Crash(1));
        ask(&mut world, 200);
        world.processes[0].cut = false;
        ask(&mut world, 100);
        let most = world.most() as u64;
        assert!(
            most <= LIMIT + LIMIT.div_ceil(50),
            "{most} at {before}:{between}"
        );
        assert!(
            world.passed.len() > passed + 4 * 40,
            "next to nothing passed"
        );
    }
}

#[test]
fn a_replica_that_is_cut_off_and_one_that_goes_on_hold_the_limit_together() {
    for limit in [10, 40, 60, 100] {
        // How long both ask before, and then nobody; a little use leaves much that is free.
        for (before, quiet) in [(0, 0), (1, 4), (2, 0), (20, 0), (20, 4), (20, 40), (90, 0)] {
            let mut world = World::new(2, limit, &[5, 0]);
            for _ in 0..3 {
                world.call(0, 0, None);
                world.call(1, 0, None);
            }
            ask(&mut world, before);
            world.pass(quiet * 1000);
            world.processes[0].cut = true;
            ask(&mut world, 200);
            let most = world.most() as u64;
            assert!(most <= limit, "{most} of {limit} at {before}:{quiet}");
            let cut = |(at, by, _): &&(u64, usize, _)| *by == 0 && *at > world.millis - 120_000;
            let served = world.passed.iter().filter(cut).count() as u64;
            assert!(served >= limit / 2, "{served} of {limit}");
        }
    }
}

#[test]
fn replicas_that_all_lost_the_database_hold_the_limit_together() {
    const LIMIT: u64 = 60;
    let mut world = World::new(2, LIMIT, &[5, 0]);
    ask(&mut world, 90);
    world
        .processes
        .iter_mut()
        .for_each(|process| process.cut = true);
    let before = world.passed.len();
    ask(&mut world, 300);
    assert!(world.most() as u64 <= LIMIT, "{}", world.most());
    let served = world.passed.len() - before;
    assert!(served as u64 >= 4 * LIMIT * 9 / 10, "{served}");
}

#[test]
fn however_many_are_cut_off_at_once_all_hold_the_limit_together() {
    const LIMIT: u64 = 60;
    for (replicas, cut) in [(3, 1), (3, 2), (4, 2), (4, 3)] {
        let mut world = World::new(replicas, LIMIT, &[5, 0]);
        ask(&mut world, 90);
        for process in &mut world.processes[..cut] {
            process.cut = true;
        }
        let before = world.passed.len();
        ask(&mut world, 300);
        let most = world.most() as u64;
        assert!(most <= LIMIT, "{most} with {cut} of {replicas} cut off");
        let served = (world.passed.len() - before) as u64;
        assert!(
            served >= 4 * LIMIT * 8 / 10,
            "{served} with {cut} of {replicas} cut off"
        );
        let left = world
            .passed
            .iter()
            .skip(before)
            .filter(|(_, by, _)| *by >= cut);
        assert!(
            left.count() > 20,
            "next to nothing passed where the database is"
        );
    }
}

#[test]
fn load_far_below_the_limit_goes_on_when_the_database_is_lost() {
    let mut world = World::new(2, 600, &[5, 0]);
    ask(&mut world, 0);
    let each = |world: &mut World, seconds: usize| {
        let calls = (0..seconds).flat_map(|_| {
            world.pass(1000);
            [world.call(0, 0, None), world.call(1, 0, None)]
        });
        calls.filter(|passed| !passed).count()
    };
    assert_eq!(each(&mut world, 90), 0);
    world
        .processes
        .iter_mut()
        .for_each(|process| process.cut = true);
    // Until the others count with it, a process has what is in hand; after that its share.
    assert!(each(&mut world, 5) <= 6);
    assert_eq!(each(&mut world, 300), 0);
}

#[test]
fn steady_load_never_waits_for_the_authority() {
    let mut world = World::new(2, 6000, &[5, 0]);
    let mut waited = 0;
    for call in 0..6000 {
        let footing = world.footing(0);
        if world.processes[0].slice.verdict(&footing, 1, 6000) == Verdict::Short {
            waited += 1;
        }
        assert!(world.call(0, 0, None), "call {call}");
        if world.processes[0].slice.runs_low() {
            world.tell(0, 0, None);
        }
        world.pass(20);
    }
    assert!(waited * 100 < 6000, "{waited} calls waited");
}
