//! How the gateway is, for admins.

use std::sync::Arc;
use std::time::{Duration, Instant};

use poem_openapi::{Object, OpenApi};

use crate::api::extract::Member;
use crate::api::payload::Answer;
use crate::api::problem::Problem;
use crate::api::routes::Tag;
use crate::auth::Authenticator;
use crate::auth::policy::Act;
use crate::catalog::health::breaker::Verdict;
use crate::catalog::{Catalog, TargetState};
use crate::config::Offer;
use crate::models::clock::Clock;
use crate::offers::Offers;
use crate::store::Store;

/// `/api/v1/status`
#[derive(Clone)]
pub(in crate::api) struct Status {
    pub(in crate::api) offers: Offers,
    pub(in crate::api) catalog: Arc<Catalog>,
    pub(in crate::api) store: Store,
    pub(in crate::api) authenticator: Authenticator,
    pub(in crate::api) clock: Clock,
    pub(in crate::api) replica: Arc<str>,
    pub(in crate::api) started: Instant,
}

#[OpenApi(prefix_path = "/api/v1/status", tag = "Tag::Operations")]
impl Status {
    /// How the gateway is
    #[oai(path = "/", method = "get", operation_id = "status_show")]
    async fn show(&self, member: Member) -> Result<Answer<StatusView>, Problem> {
        member.permit(&Act::SeeStatus, "status")?;
        let state = self.offers.state();
        let providers = state.providers.values().map(|provider| ServingView {
            name: provider.name().to_owned(),
            kind: provider.kind().as_str().to_owned(),
        });
        let shadowed = state.shadowed.iter().map(|(offer, name)| ShadowedView {
            kind: offer.noun().to_owned(),
            name: name.clone(),
        });
        let uptime = self.clock.instant().saturating_duration_since(self.started);
        Ok(Answer(StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            replica: self.replica.to_string(),
            engine: self.store.engine().to_owned(),
            database: if self.store.ready().await.is_ok() {
                "up".to_owned()
            } else {
                "away".to_owned()
            },
            serves: self.authenticator.serves(),
            uptime_seconds: uptime.as_secs(),
            providers: providers.collect(),
            targets: self.targets(),
            models: self.catalog.offers().len() as u64,
            declared: Offer::ALL
                .iter()
                .map(|offer| state.declared(*offer) as u64)
                .sum(),
            shadowed: shadowed.collect(),
            configuration: ConfigurationView {
                valid: state.problems.is_empty(),
                problem: state.problems.told(),
                settings_problem: state.problems.settings.clone(),
                database_problem: state.problems.rows.clone(),
            },
        }))
    }
}

impl Status {
    /// How the targets do that were asked so far, and whose models are listed.
    fn targets(&self) -> Vec<TargetView> {
        let targets = self.catalog.targets(self.clock.instant()).into_iter();
        let mut targets: Vec<TargetView> = targets.map(TargetView::from).collect();
        targets.sort_by(|a, b| (&a.provider, &a.model).cmp(&(&b.provider, &b.model)));
        targets
    }
}

/// How the gateway is.
#[derive(Debug, Object)]
#[oai(rename = "Status")]
struct StatusView {
    /// The program's version.
    version: String,
    /// This process among those that share the database.
    replica: String,
    /// `sqlite` or `postgres`.
    engine: String,
    /// `up` or `away`.
    database: String,
    /// Whether callers are known: the database answered lately, or the grace still runs.
    serves: bool,
    /// How long this process has been running.
    uptime_seconds: u64,
    /// The providers in force.
    providers: Vec<ServingView>,
    /// How the targets do in this process that were asked so far, and whose models are listed.
    targets: Vec<TargetView>,
    /// How many models are known.
    models: u64,
    /// How many providers and models the database declares that are in force.
    declared: u64,
    /// Rows of the database that have no effect because file or environment declare the name.
    shadowed: Vec<ShadowedView>,
    /// Whether what files and database declare is in force.
    configuration: ConfigurationView,
}

/// A provider in force.
#[derive(Debug, Object)]
#[oai(rename = "ServingProvider")]
struct ServingView {
    /// Its name.
    name: String,
    /// What it is.
    kind: String,
}

/// How a target does.
#[derive(Debug, Object)]
#[oai(rename = "TargetState")]
struct TargetView {
    /// Its provider.
    provider: String,
    /// Its model, in the provider's words.
    model: String,
    /// `closed`, `half_open` or `open`.
    breaker: String,
    /// Milliseconds until its breaker lets a call through; null unless it is open.
    #[oai(nullable)]
    open_for_ms: Option<u64>,
    /// Milliseconds for which all its credentials are spared or left out; null when one is good.
    #[oai(nullable)]
    spared_for_ms: Option<u64>,
    /// The numbers, from 1, of the provider's credentials that it does not take, at all or for this
    /// model.
    refused_credentials: Vec<u32>,
    /// Calls that run there.
    running: u32,
    /// What the beginning of a streamed answer is expected to take beside what runs; null before
    /// any.
    #[oai(nullable)]
    latency_ms: Option<u64>,
    /// What an answer is expected to take that comes as a whole; null before any.
    #[oai(nullable)]
    whole_ms: Option<u64>,
}

impl From<TargetState> for TargetView {
    fn from(state: TargetState) -> Self {
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let view = state.view;
        let numbered = (1..).zip(state.refused);
        let took = |seconds: f64| (seconds > 0.0).then(|| millis(Duration::from_secs_f64(seconds)));
        Self {
            provider: state.provider,
            model: state.model.to_string(),
            breaker: view.breaker.as_str().to_owned(),
            open_for_ms: match view.breaker {
                Verdict::Open(wait) => Some(millis(wait)),
                Verdict::Closed | Verdict::HalfOpen | Verdict::Probing(_) => None,
            },
            spared_for_ms: view.spared.map(millis),
            refused_credentials: numbered
                .filter_map(|(number, refused)| refused.then_some(number))
                .collect(),
            running: view.running,
            latency_ms: took(view.latency),
            whole_ms: took(state.whole),
        }
    }
}

/// A row that has no effect.
#[derive(Debug, Object)]
#[oai(rename = "ShadowedOffer")]
struct ShadowedView {
    /// `provider` or `model`.
    kind: String,
    /// Its name.
    name: String,
}

/// Whether what is declared is in force.
#[derive(Debug, Object)]
#[oai(rename = "ConfigurationState")]
struct ConfigurationView {
    /// Whether all of it is.
    valid: bool,
    /// Why the newest is not, in one text; what was before stays in force.
    #[oai(nullable)]
    problem: Option<String>,
    /// Why file and environment as they are now are not.
    #[oai(nullable)]
    settings_problem: Option<String>,
    /// Why providers and models of the database as they are now are not.
    #[oai(nullable)]
    database_problem: Option<String>,
}
