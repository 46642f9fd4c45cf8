//! The settings as the rest of the program reads them: typed, defaulted, complete.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::{Declared, Kind, Secret};
use crate::models::caps::Caps;
use crate::models::usage::Prices;

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// `MANTI_DATA_DIR`: database, journal and generated secrets.
    pub data_dir: PathBuf,
    /// `[server]`
    pub server: Server,
    /// `[database]`
    pub database: Database,
    /// `[redis]`
    pub redis: Redis,
    /// `[journal]`
    pub journal: Journal,
    /// `[upstream]`
    pub upstream: Upstream,
    /// `[stream]`
    pub stream: Stream,
    /// `[limits]`
    pub limits: Limits,
    /// `[billing]`
    pub billing: Billing,
    /// `[log]`
    pub log: Log,
    /// `[providers.NAME]`
    pub providers: BTreeMap<String, Provider>,
    /// `[models."NAME"]`
    pub models: BTreeMap<String, Model>,
    /// `JWT_SECRET`, at least 32 bytes.
    pub jwt_secret: Option<Secret>,
    /// `MANTI_MASTER_KEY`, 32 bytes in base64: seals credentials that are kept in the database.
    pub master_key: Option<Secret>,
    /// `MANTI_ADMIN_EMAIL` and `MANTI_ADMIN_PASSWORD`: the first admin.
    pub first_admin: Option<(String, Secret)>,
    /// What file and environment declare, to read the database's rows beside it.
    pub declared: Declared,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The address to listen on; `0.0.0.0:8080`.
    pub listen: SocketAddr,
    /// The address users reach it by, for links.
    pub public_url: Option<String>,
    /// The largest request body in bytes; 32 MiB.
    pub request_body_limit: usize,
    /// How long everything is still accepted after a stop was asked for; 0.
    pub drain_delay: Duration,
    /// How long running calls may take to finish; 30 s.
    pub drain_timeout: Duration,
    /// Origins that may call from a browser.
    pub cors_origins: Vec<String>,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The bearer token that opens `/metrics`.
    pub metrics_token: Option<Secret>,
    /// A listener of its own for `/metrics`, without a token.
    pub metrics_listen: Option<SocketAddr>,
}

/// `[database]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// `sqlite://PATH` (relative to the data directory) or `postgres://…`, never printed whole.
    pub url: Secret,
    /// How long calls go on while the database is away; 10 min.
    pub grace: Duration,
}

/// When journal frames are forced to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fsync {
    /// Every 200 ms.
    Interval,
    /// Before each call goes on.
    Always,
    /// When the system sees fit.
    Never,
}

/// `[redis]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redis {
    /// Where it is: it grants requests, tokens and calls at once instead of the database.
    pub url: Option<Secret>,
}

/// `[journal]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// When frames are forced to disk.
    pub fsync: Fsync,
    /// The most disk it may take in bytes; 1 GiB.
    pub max_size: u64,
    /// How long segments are kept after they were recorded; 10 min.
    pub keep: Duration,
}

/// What happens upstream when a client leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDisconnect {
    /// The upstream call is cancelled.
    Cancel,
    /// The upstream call is read to its end (up to `drain_limit`) to settle exactly.
    Drain,
}

/// `[upstream]`, also under a provider or a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Until a connection stands; 5 s.
    pub connect_timeout: Duration,
    /// Until the first token; 120 s.
    pub first_token_timeout: Duration,
    /// Between tokens; 60 s.
    pub idle_timeout: Duration,
    /// The whole call, all tries together; 15 min.
    pub total_timeout: Duration,
    /// How often a provider is asked for one call, all targets of its model together; 3.
    pub max_attempts: u32,
    /// How much of the load on a target may come of its failures; 0.2.
    pub retry_budget: Share,
    /// Whether a target that keeps failing is left alone for a while.
    pub breaker: bool,
    /// What happens upstream when a client leaves.
    pub on_disconnect: OnDisconnect,
    /// How long a drained call may go on; 30 s.
    pub drain_limit: Duration,
}

/// A share of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    millionths: u32,
}

impl Share {
    /// A share from 0 to 1; what is beyond is cut.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 0 and a million"
    )]
    pub fn new(share: f64) -> Self {
        Self {
            millionths: (share.clamp(0.0, 1.0) * 1e6).round() as u32,
        }
    }

    /// It in millionths.
    pub const fn millionths(self) -> u32 {
        self.millionths
    }
}

/// The parts of [`Upstream`] that a provider or a model sets for itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpstreamOverrides {
    /// See [`Upstream::connect_timeout`].
    pub connect_timeout: Option<Duration>,
    /// See [`Upstream::first_token_timeout`].
    pub first_token_timeout: Option<Duration>,
    /// See [`Upstream::idle_timeout`].
    pub idle_timeout: Option<Duration>,
    /// See [`Upstream::total_timeout`].
    pub total_timeout: Option<Duration>,
    /// See [`Upstream::max_attempts`].
    pub max_attempts: Option<u32>,
    /// See [`Upstream::retry_budget`].
    pub retry_budget: Option<Share>,
    /// See [`Upstream::breaker`].
    pub breaker: Option<bool>,
    /// See [`Upstream::on_disconnect`].
    pub on_disconnect: Option<OnDisconnect>,
    /// See [`Upstream::drain_limit`].
    pub drain_limit: Option<Duration>,
}

impl Upstream {
    /// These settings with a provider's or a model's own on top.
    pub fn with(&self, own: &UpstreamOverrides) -> Self {
        Self {
            connect_timeout: own.connect_timeout.unwrap_or(self.connect_timeout),
            first_token_timeout: own.first_token_timeout.unwrap_or(self.first_token_timeout),
            idle_timeout: own.idle_timeout.unwrap_or(self.idle_timeout),
            total_timeout: own.total_timeout.unwrap_or(self.total_timeout),
            max_attempts: own.max_attempts.unwrap_or(self.max_attempts),
            retry_budget: own.retry_budget.unwrap_or(self.retry_budget),
            breaker: own.breaker.unwrap_or(self.breaker),
            on_disconnect: own.on_disconnect.unwrap_or(self.on_disconnect),
            drain_limit: own.drain_limit.unwrap_or(self.drain_limit),
        }
    }
}

/// `[stream]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The silence after which a keep-alive is sent; 15 s.
    pub heartbeat: Duration,
    /// How long the usage may come after the finish; 5 s.
    pub usage_wait: Duration,
}

/// What happens to calls whose price is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownPrice {
    /// Served, recorded without a price and counted.
    Flag,
    /// Refused with 400 `price_unknown`.
    Block,
}

/// `[limits]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a refused call waits for what other processes hold and do not use; 500 ms.
    pub wait: Duration,
}

/// `[billing]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billing {
    /// What happens to calls whose price is not known.
    pub unknown_price: UnknownPrice,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A level, or `tracing` directives; `info`.
    pub level: String,
    /// How lines are written.
    pub format: LogFormat,
}

/// The wire format that clients of another dialect are translated to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Speaks {
    /// OpenAI chat completions.
    Chat,
    /// Anthropic messages.
    Messages,
    /// OpenAI responses.
    Responses,
    /// Google's `generateContent`.
    Gemini,
}

crate::models::user::words!(Speaks { Chat = "chat", Messages = "messages", Responses = "responses", Gemini = "gemini" });

/// `[providers.NAME]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// What it is.
    pub kind: Kind,
    /// Where it is, without a trailing slash or a `/v1` too many; the kind's own when unset.
    pub base_url: Option<String>,
    /// Its credentials, used in turn; may be empty for local servers.
    pub api_keys: Vec<Secret>,
    /// What it serves; `["*"]` sends any name; empty: what the kind is known to serve.
    pub models: Vec<String>,
    /// The wire format it is spoken to in, where it differs from its kind's.
    pub dialect: Option<Speaks>,
    /// For its models that neither the book nor `[models]` prices.
    pub price: Option<Prices>,
    /// What clouds want to know beside or instead of a key.
    pub cloud: Cloud,
    /// Its own timeouts.
    pub upstream: UpstreamOverrides,
}

/// What clouds want to know beside or instead of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cloud {
    /// Azure: the version of the API, for addresses by deployment.
    pub api_version: Option<String>,
    /// Azure: the directory that gives tokens to an application.
    pub tenant_id: Option<String>,
    /// Azure: the application.
    pub client_id: Option<String>,
    /// Azure: the application's secret.
    pub client_secret: Option<Secret>,
    /// Azure: who gives tokens; `https://login.microsoftonline.com` when unset.
    pub authority: Option<String>,
    /// AWS: the region; the environment's or the profile's when unset.
    pub region: Option<String>,
    /// AWS: a key's id.
    pub access_key_id: Option<String>,
    /// AWS: the key.
    pub secret_access_key: Option<Secret>,
    /// AWS: what goes with a key that is good for a while.
    pub session_token: Option<Secret>,
    /// AWS: a profile of the shared configuration.
    pub profile: Option<String>,
    /// AWS: a role that is taken on.
    pub role_arn: Option<String>,
    /// Google: the project; that of the credentials or of the environment when unset.
    pub project: Option<String>,
    /// Google: where the models are; `global` when unset.
    pub location: Option<String>,
    /// Google: a file of credentials, as JSON; what the machine knows when unset.
    pub credentials: Option<Secret>,
}

/// How one of several targets is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// By chance, by the targets' weights.
    #[default]
    Weighted,
    /// As they are listed.
    Priority,
    /// The one that answered faster lately, of two by chance.
    LeastLatency,
    /// The one with the fewest running calls for its weight.
    LeastBusy,
    /// The one where the call costs least.
    LeastCost,
}

crate::models::user::words!(Strategy {
    Weighted = "weighted",
    Priority = "priority",
    LeastLatency = "least-latency",
    LeastBusy = "least-busy",
    LeastCost = "least-cost",
});

/// One target of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A provider's name.
    pub provider: String,
    /// The name the provider knows it by; the model's own when unset.
    pub model: Option<String>,
    /// Its share of the calls beside the others'; 1.
    pub weight: u32,
    /// What a call's tags must be: for each name one of some patterns.
    pub when: BTreeMap<String, Vec<String>>,
    /// Whether it is only reported when it would be chosen.
    pub observe: bool,
}

/// Which models serve a call that the targets cannot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fallbacks {
    /// When they fail, whatever the failure.
    pub any: Vec<String>,
    /// When the call is too long for them.
    pub context_window: Vec<String>,
    /// When they refuse what it says.
    pub content_policy: Vec<String>,
}

impl Fallbacks {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        let Self {
            any,
            context_window,
            content_policy,
        } = self;
        any.iter().chain(context_window).chain(content_policy)
    }

    /// Each list by the name of its setting.
    pub fn named(&self) -> [(&'static str, &[String]); 3] {
        [
            ("fallbacks", &self.any),
            ("context_window_fallbacks", &self.context_window),
            ("content_policy_fallbacks", &self.content_policy),
        ]
    }
}

/// `[models."NAME"]`
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// How one of several targets is chosen.
    pub strategy: Strategy,
    /// Who serves it; the provider that knows the name when empty.
    pub targets: Vec<Target>,
    /// Which models serve what these cannot.
    pub fallbacks: Fallbacks,
    /// Whether the calls of one conversation go to the same target.
    pub affinity: bool,
    /// Whether strategy, targets and fallbacks are only reported, not followed.
    pub observe: bool,
    /// What all its callers may use together.
    pub limits: Caps,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Overrides the price book.
    pub price: Option<Prices>,
    /// Refuse what the target cannot be told instead of dropping it.
    pub strict: bool,
    /// Its own timeouts.
    pub upstream: UpstreamOverrides,
}
