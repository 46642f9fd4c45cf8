//! What comes into force when settings or rows change: the newest of both that goes together.
//!
//! Settings that do not go with the rows, and rows that do not go with the settings, wait for the
//! other to change; what was before stays in force meanwhile. Where either could come into force
//! alone, the settings do. A process that starts has nothing before: of its rows those that are
//! wrong wait, with what needs them.

use std::sync::Arc;

use super::{Inner, State};
use crate::config::{Beside, Config};
use crate::providers::{self, Providers};
use crate::store::OfferRow;

/// Why what was declared last is not in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// Of file and environment.
    pub settings: Option<String>,
    /// Of the rows of the database.
    pub rows: Option<String>,
}

impl Problems {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.settings.is_none() && self.rows.is_none()
    }

    /// Both in one text.
    pub fn told(&self) -> Option<String> {
        let both = self.settings.iter().chain(&self.rows);
        let both: Vec<&str> = both.map(String::as_str).collect();
        (!both.is_empty()).then(|| both.join("; "))
    }
}

/// What was declared last and is not in force yet.
#[derive(Default)]
pub(super) struct Waiting {
    /// Settings that are valid by themselves.
    pub(super) settings: Option<Arc<Config>>,
    /// Rows.
    pub(super) rows: Option<Arc<Vec<OfferRow>>>,
}

impl Waiting {
    /// Whether all that was declared is in force.
    pub(super) fn is_empty(&self) -> bool {
        self.settings.is_none() && self.rows.is_none()
    }
}

impl Inner {
    /// Puts in force what can be of that which waits. Settings that nobody could read stay a
    /// problem.
    pub(super) fn settle(&self, waiting: &mut Waiting) {
        let before = self.state.load_full();
        let unread = before.problems.settings.clone();
        let unread = unread.filter(|_| waiting.settings.is_none());
        let newest = waiting.settings.clone().unwrap_or_else(|| self.base());
        let rows = waiting.rows.clone().unwrap_or_else(|| before.rows.clone());
        let refused = match self.built(&newest, &rows, &before) {
            Ok(state) => {
                *waiting = Waiting::default();
                let settings = unread;
                return self.put(
                    newest,
                    state,
                    Problems {
                        settings,
                        rows: None,
                    },
                );
            }
            Err(why) => why,
        };
        let mut problems = Problems {
            settings: unread,
            rows: None,
        };
        if waiting.settings.is_some() && waiting.rows.is_some() {
            problems.rows = Some(refused);
            match self.built(&newest, &before.rows, &before) {
                Ok(state) => {
                    waiting.settings = None;
                    return self.put(newest, state, problems);
                }
                Err(why) => problems.settings = Some(why),
            }
            match self.built(&self.base(), &rows, &before) {
                Ok(state) => {
                    waiting.rows = None;
                    problems.rows = None;
                    return self.put(self.base(), state, problems);
                }
                Err(why) => problems.rows = Some(why),
            }
        } else if waiting.settings.is_some() {
            problems.settings = Some(refused);
        } else if let Some((state, why)) = self.salvaged(&rows, &before) {
            problems.rows = Some(why);
            return self.put(self.base(), state, problems);
        } else {
            problems.rows = Some(refused);
        }
        self.complain(problems);
    }

    /// The rows that can be in force, and why others cannot: where none was before that could
    /// stay, as when a process starts.
    fn salvaged(&self, rows: &[OfferRow], before: &State) -> Option<(State, String)> {
        if !(before.rows.is_empty() || before.partial) {
            return None;
        }
        let base = self.base();
        let mut why = Vec::new();
        let mut left = rows.to_vec();
        left.retain(|row| {
            let opened = self.opened(std::slice::from_ref(row));
            opened.map_err(|closed| why.push(closed)).is_ok()
        });
        while let Err(complaints) = base.beside(&self.opened(&left).ok()?) {
            let count = left.len();
            left.retain(|row| {
                let mut errors = complaints.errors.iter();
                let own = errors.find(|error| error.field_of(row.offer, &row.name).is_some());
                why.extend(own.map(ToString::to_string));
                own.is_none()
            });
            if left.len() == count {
                return None;
            }
        }
        let state = self.built(&base, &left, before).ok()?;
        let partial = State {
            partial: true,
            ..state
        };
        Some((partial, why.join("; ")))
    }

    /// Settings with rows beside them. A provider whose settings stay the same stays, with all it
    /// knows.
    fn built(&self, base: &Config, rows: &[OfferRow], before: &State) -> Result<State, String> {
        let opened = self.opened(rows)?;
        let beside = base.beside(&opened);
        let Beside { config, shadowed } = beside.map_err(|complaints| complaints.to_string())?;
        let mut all = Providers::new();
        for (name, settings) in &config.providers {
            let known = before.providers.get(name);
            let same = before.config.providers.get(name) == Some(settings);
            let provider = match known.filter(|_| same) {
                Some(known) => Arc::clone(known),
                None => providers::one(name, settings).map_err(|error| error.to_string())?,
            };
            all.insert(name.clone(), provider);
        }
        Ok(State {
            config: Arc::new(config),
            providers: Arc::new(all),
            shadowed,
            problems: Problems::default(),
            rows: Arc::new(rows.to_vec()),
            partial: false,
        })
    }

    /// Leaves all as it is, and tells why.
    pub(super) fn complain(&self, problems: Problems) {
        let before = self.state.load_full();
        let new = |problem: &Option<String>, old: &Option<String>| {
            problem.clone().filter(|_| problem != old)
        };
        if let Some(error) = new(&problems.settings, &before.problems.settings) {
            tracing::error!(
                error,
                "the settings are not in force: what was before stays"
            );
        }
        if let Some(error) = new(&problems.rows, &before.problems.rows) {
            tracing::error!(
                error,
                "not all providers and models of the database are in force"
            );
        }
        self.state.store(Arc::new(State {
            problems,
            ..State::clone(&before)
        }));
    }
}
