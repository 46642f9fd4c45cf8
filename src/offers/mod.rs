//! Providers and models that are kept in the database, beside those of file and environment.
//!
//! Answers for what is declared where, for keeping it (credentials sealed), and for putting all
//! of it into the catalog whenever a row changes. A set of rows that a file would be refused for
//! leaves the catalog as it is. Start reading at [`Offers::reload`]; `change` writes rows.

mod change;
mod rows;
mod view;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

pub use view::{Offered, Origin};

use crate::auth::Vault;
use crate::catalog::Catalog;
use crate::config::{Beside, Config, Offer};
use crate::models::clock::Clock;
use crate::providers::{self, Providers};
use crate::store::{Error, Kind, OfferRow, Store};
use crate::telemetry;

/// The kinds of change after which rows are read again.
pub const KINDS: &[Kind] = &[Kind::Provider, Kind::Model];

/// How soon a database that was away is asked again.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// What is declared. Cheap to clone; the clones share one state.
#[derive(Clone)]
pub struct Offers(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    vault: Vault,
    base: ArcSwap<Base>,
    /// Where all of it goes; commands have none.
    catalog: Option<Arc<Catalog>>,
    state: ArcSwap<State>,
    turn: Mutex<()>,
}

/// What file and environment say.
struct Base {
    config: Config,
    /// What is built of it, used again whatever the rows say.
    built: Providers,
}

/// What is in force.
#[derive(Clone)]
pub struct State {
    /// The settings with the rows beside them.
    pub config: Arc<Config>,
    /// The providers of both.
    pub providers: Arc<Providers>,
    /// The rows that file or environment stand in front of.
    pub shadowed: Vec<(Offer, String)>,
    /// Why the rows as they are now are not in force.
    pub problem: Option<String>,
    rows: Arc<Vec<OfferRow>>,
}

impl State {
    /// How many rows of a sort are in force.
    pub fn declared(&self, offer: Offer) -> usize {
        let rows = self.rows.iter().filter(|row| row.offer == offer);
        let shadowed = |row: &&OfferRow| {
            let mut shadowed = self.shadowed.iter();
            !shadowed.any(|(other, name)| (*other, name) == (offer, &row.name))
        };
        rows.filter(shadowed).count()
    }
}

impl Offers {
    /// Works on a database beside settings; without a catalog it only tells and keeps.
    pub fn new(
        (store, clock, vault): (Store, Clock, Vault),
        config: Config,
        built: Providers,
        catalog: Option<Arc<Catalog>>,
    ) -> Self {
        let state = State {
            config: Arc::new(config.clone()),
            providers: Arc::new(built.clone()),
            shadowed: Vec::new(),
            problem: None,
            rows: Arc::default(),
        };
        Self(Arc::new(Inner {
            store,
            clock,
            vault,
            base: ArcSwap::from_pointee(Base { config, built }),
            catalog,
            state: ArcSwap::from_pointee(state),
            turn: Mutex::new(()),
        }))
    }

    /// What is in force now.
    pub fn state(&self) -> Arc<State> {
        self.0.state.load_full()
    }

    /// Reads the rows and puts them in force. Rows that cannot be are told of, and all stays as it
    /// was.
    pub async fn reload(&self) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        let rows = self.0.store.offers().await?;
        let before = self.state();
        if *before.rows == rows && before.problem.is_none() {
            return Ok(());
        }
        match self.0.built_with(&self.0.base.load(), &rows, &before) {
            Ok(state) => self.0.put(state, &before),
            Err(problem) => {
                if before.problem.as_ref() != Some(&problem) {
                    tracing::error!(
                        error = problem,
                        "providers and models of the database are not in force: what was before stays"
                    );
                }
                self.0.state.store(Arc::new(State {
                    problem: Some(problem),
                    ..(*before).clone()
                }));
            }
        }
        Ok(())
    }

    /// Puts other settings in the place of those of file and environment, with the rows that are
    /// known beside them. Settings that cannot be in force leave all as it was; why is told.
    ///
    /// Providers that did not change go on with all they know.
    pub async fn rebase(&self, config: Config) -> Result<(), String> {
        let _turn = self.0.turn.lock().await;
        let before = self.state();
        let base = self.0.base.load_full();
        let built = config.providers.iter().map(|(name, settings)| {
            let known = base.built.get(name);
            let provider = match known.filter(|_| base.config.providers.get(name) == Some(settings))
            {
                Some(known) => Arc::clone(known),
                None => providers::one(name, settings).map_err(|error| error.to_string())?,
            };
            Ok((name.clone(), provider))
        });
        let built = built.collect::<Result<Providers, String>>()?;
        let next = Base { config, built };
        let state = self.0.built_with(&next, &before.rows, &before)?;
        self.0.base.store(Arc::new(next));
        self.0.put(state, &before);
        Ok(())
    }

    /// Says why what was declared last is not in force, or that all is.
    pub fn complain(&self, problem: Option<&str>) {
        self.0.state.rcu(|state| {
            let mut state = State::clone(state);
            state.problem = problem.map(str::to_owned);
            state
        });
    }

    /// Puts rows in force whenever it is told that some changed, until stopped.
    pub async fn watch(self, mut told: watch::Receiver<u64>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                heard = told.changed() => if heard.is_err() { return },
            }
            while let Err(error) = self.reload().await {
                tracing::warn!(error = %error, "providers and models could not be read: again soon");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(AGAIN) => {}
                }
            }
        }
    }
}

impl Inner {
    /// The state of rows; providers that did not change are taken over, with all they know.
    fn built_with(&self, base: &Base, rows: &[OfferRow], before: &State) -> Result<State, String> {
        let opened = self.opened(rows)?;
        let beside = base.config.beside(&opened);
        let Beside { config, shadowed } = beside.map_err(|complaints| complaints.to_string())?;
        let row = |rows: &[OfferRow], name: &str| {
            let mut found = rows.iter();
            let theirs = |row: &&OfferRow| row.offer == Offer::Provider && row.name == name;
            found.find(theirs).cloned()
        };
        let mut all = Providers::new();
        for (name, settings) in &config.providers {
            let same = row(rows, name) == row(&before.rows, name);
            let known = match before.providers.get(name) {
                _ if base.config.declares(Offer::Provider, name) => base.built.get(name),
                known => known.filter(|_| same),
            };
            let provider = match known {
                Some(known) => Arc::clone(known),
                None => providers::one(name, settings).map_err(|error| error.to_string())?,
            };
            all.insert(name.clone(), provider);
        }
        Ok(State {
            config: Arc::new(config),
            providers: Arc::new(all),
            shadowed,
            problem: None,
            rows: Arc::new(rows.to_vec()),
        })
    }

    fn put(&self, state: State, before: &State) {
        for (offer, name) in &state.shadowed {
            if !before.shadowed.contains(&(*offer, name.clone())) {
                tracing::warn!(
                    offer = offer.noun(),
                    name,
                    "a row of the database has no effect: file or environment declare the name"
                );
            }
        }
        if let Some(catalog) = &self.catalog {
            catalog.replace(&state.config, &state.providers);
            let offers = catalog.offers().into_iter();
            telemetry::metrics::know_models(offers.map(|offer| offer.listed.id.to_string()));
            tracing::info!(
                providers = state.providers.len(),
                rows = state.rows.len(),
                "providers and models are in force as the database has them"
            );
        }
        self.state.store(Arc::new(state));
    }
}
