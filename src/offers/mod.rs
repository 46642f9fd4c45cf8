//! Providers and models that are kept in the database, beside those of file and environment.
//!
//! Answers for what is declared where, for keeping it (credentials sealed), and for putting all
//! of it into the catalog whenever a row or the settings change. What a file would be refused for
//! leaves the catalog as it is. Start reading at [`Offers::reload`]; `turn` says what comes into
//! force, `change` writes rows.

mod change;
mod rows;
mod turn;
mod view;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use turn::Waiting;

pub use turn::Problems;
pub use view::{Offered, Origin};

use crate::auth::Vault;
use crate::catalog::Catalog;
use crate::config::{Config, Offer};
use crate::models::clock::Clock;
use crate::providers::Providers;
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
    /// What file and environment say, as it is in force.
    base: ArcSwap<Config>,
    /// Where all of it goes; commands have none.
    catalog: Option<Arc<Catalog>>,
    state: ArcSwap<State>,
    /// What was declared last and is not in force yet; held while that changes.
    turn: Mutex<Waiting>,
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
    /// Why what was declared last is not in force.
    pub problems: Problems,
    rows: Arc<Vec<OfferRow>>,
    /// Whether other rows are left out that were there before these.
    partial: bool,
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
            providers: Arc::new(built),
            shadowed: Vec::new(),
            problems: Problems::default(),
            rows: Arc::default(),
            partial: false,
        };
        Self(Arc::new(Inner {
            store,
            clock,
            vault,
            base: ArcSwap::from_pointee(config),
            catalog,
            state: ArcSwap::from_pointee(state),
            turn: Mutex::default(),
        }))
    }

    /// What is in force now.
    pub fn state(&self) -> Arc<State> {
        self.0.state.load_full()
    }

    /// What file and environment say, as it is in force.
    pub fn settings(&self) -> Arc<Config> {
        self.0.base()
    }

    /// Reads the rows and puts them in force, and with them settings that wait for that. What
    /// cannot be in force is told of, and all stays as it was.
    pub async fn reload(&self) -> Result<(), Error> {
        let mut waiting = self.0.turn.lock().await;
        let rows = self.0.store.offers().await?;
        let before = self.state();
        waiting.rows = (*before.rows != rows).then(|| Arc::new(rows));
        if !waiting.is_empty() || before.problems.rows.is_some() {
            self.0.settle(&mut waiting);
        }
        Ok(())
    }

    /// Puts other settings in the place of those of file and environment, with the rows of the
    /// database beside them, or those that are known while it is away. Whether they are in force:
    /// those that do not go with the rows are told of, leave all as it was, and wait for other
    /// rows.
    ///
    /// Providers that did not change go on with all they know.
    pub async fn rebase(&self, config: Config) -> bool {
        let mut waiting = self.0.turn.lock().await;
        waiting.settings = Some(Arc::new(config));
        if let Ok(rows) = self.0.store.offers().await {
            waiting.rows = (*self.state().rows != rows).then(|| Arc::new(rows));
        }
        self.0.settle(&mut waiting);
        waiting.settings.is_none()
    }

    /// Tells why file and environment, as they are now, are no settings.
    pub async fn refuse(&self, problem: String) {
        let mut waiting = self.0.turn.lock().await;
        waiting.settings = None;
        self.0.complain(Problems {
            settings: Some(problem),
            ..self.state().problems.clone()
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
    fn base(&self) -> Arc<Config> {
        self.base.load_full()
    }

    /// Puts a state of settings in force.
    fn put(&self, base: Arc<Config>, state: State, problems: Problems) {
        let before = self.state.load();
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
                "providers and models are in force as files and database have them"
            );
        }
        drop(before);
        self.base.store(base);
        self.state.store(Arc::new(state));
        self.complain(problems);
    }
}
