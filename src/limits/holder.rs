//! The meters of everybody who called lately, in memory.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use foldhash::HashMap;

use super::bucket::Moment;
use super::measure::{Kind, Measure, Scope};
use super::slice::Slice;

/// The meters of one scope.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) scope: Scope,
    /// As the authority knows it.
    pub(super) id: Arc<str>,
    slices: Mutex<Slices>,
    /// Whether the teller has it on its list.
    enlisted: AtomicBool,
}

/// One slice for each measure that is limited, or was.
#[derive(Debug, Default)]
pub(super) struct Slices(Vec<Slice>);

/// Everybody who called lately.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// By kind and by what the holder is called.
    whole: [Names; Kind::ALL.len()],
    /// By kind, holder and pattern in one text.
    parts: Names,
    /// Those that the teller has to look at.
    list: Mutex<Vec<Arc<Holder>>>,
}

type Names = RwLock<HashMap<Arc<str>, Arc<Holder>>>;

impl Holder {
    fn new(scope: Scope) -> Self {
        Self {
            id: scope.to_string().into(),
            scope,
            slices: Mutex::default(),
            enlisted: AtomicBool::new(false),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Slices> {
        self.slices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slices {
    /// The slice of a measure.
    pub(super) fn of(&mut self, measure: Measure) -> &mut Slice {
        let found = self.0.iter().position(|slice| slice.measure() == measure);
        let at = found.unwrap_or_else(|| {
            self.0.push(Slice::new(measure));
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slice> {
        self.0.iter_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slice> {
        self.0.iter()
    }
}

impl Holders {
    /// The meters of a scope.
    pub(super) fn of(&self, kind: Kind, holder: &Arc<str>, pattern: Option<&str>) -> Arc<Holder> {
        let Some(pattern) = pattern else {
            let names = &self.whole[kind as usize];
            return find(names, holder).unwrap_or_else(|| make(names, kind, holder, None));
        };
        let mut name = String::with_capacity(holder.len() + pattern.len() + 8);
        for part in [kind.as_str(), ":", holder, "/", pattern] {
            name.push_str(part);
        }
        find(&self.parts, &name).unwrap_or_else(|| make(&self.parts, kind, holder, Some(pattern)))
    }

    /// Has the teller look at a holder.
    pub(super) fn enlist(&self, holder: &Arc<Holder>) {
        if holder.enlisted.load(Ordering::Relaxed) || holder.enlisted.swap(true, Ordering::AcqRel) {
            return;
        }
        self.list().push(Arc::clone(holder));
    }

    /// Those that the teller has to look at; who is at rest goes off the list.
    pub(super) fn enlisted(&self) -> Vec<Arc<Holder>> {
        let mut list = self.list();
        list.retain(|holder| {
            let slices = holder.lock();
            let rests = slices.iter().all(Slice::is_at_rest);
            if rests {
                // While its slices are locked: whoever takes from them next puts it on again.
                holder.enlisted.store(false, Ordering::Release);
            }
            !rests
        });
        list.clone()
    }

    /// Has idle remainder of these scopes go back.
    pub(super) fn recall(&self, ids: &BTreeSet<&str>) -> bool {
        let list = self.list();
        let wanted = list.iter().filter(|holder| ids.contains(&*holder.id));
        let mut found = false;
        for holder in wanted {
            found = true;
            holder.lock().iter_mut().for_each(Slice::recall);
        }
        found
    }

    /// All of them.
    pub(super) fn every(&self) -> Vec<Arc<Holder>> {
        let mut every = Vec::new();
        for names in self.whole.iter().chain([&self.parts]) {
            let names = names.read().unwrap_or_else(PoisonError::into_inner);
            every.extend(names.values().map(Arc::clone));
        }
        every
    }

    /// Forgets those that nobody uses.
    pub(super) fn sweep(&self, now: Moment) {
        for names in self.whole.iter().chain([&self.parts]) {
            let mut names = names.write().unwrap_or_else(PoisonError::into_inner);
            // Whoever was just handed one has not taken anything yet.
            names.retain(|_, holder| {
                Arc::strong_count(holder) > 1
                    || !holder.lock().iter().all(|slice| slice.is_forgettable(now))
            });
        }
    }

    fn list(&self) -> MutexGuard<'_, Vec<Arc<Holder>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(names: &Names, name: &str) -> Option<Arc<Holder>> {
    let names = names.read().unwrap_or_else(PoisonError::into_inner);
    names.get(name).map(Arc::clone)
}

fn make(names: &Names, kind: Kind, holder: &Arc<str>, pattern: Option<&str>) -> Arc<Holder> {
    let fresh = Arc::new(Holder::new(Scope {
        kind,
        holder: Arc::clone(holder),
        pattern: pattern.map(Into::into),
    }));
    let name = match pattern {
        None => Arc::clone(holder),
        Some(_) => Arc::clone(&fresh.id),
    };
    let mut names = names.write().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(names.entry(name).or_insert(fresh))
}
