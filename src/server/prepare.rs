//! What must be done once before calls can be served: the schema, the first admin.
//!
//! Done before the first connection when the database is there, else as soon as it is: a gateway
//! that dies because its database starts later than itself is started again and again instead.

use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use tokio_util::sync::CancellationToken;

use super::Trouble;
use crate::api::Readiness;
use crate::auth::{AccountError, Accounts};
use crate::config::{Config, Secret};
use crate::offers::Offers;
use crate::store::migrate::MigrateError;
use crate::store::{Error, Store};
use crate::telemetry::names;

/// How long the first try may take.
const FIRST: Duration = Duration::from_secs(5);

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(5);

/// What is to be done, until it is.
pub(super) struct Prepare {
    store: Store,
    accounts: Accounts,
    offers: Offers,
    readiness: Arc<Readiness>,
    first_admin: Option<(String, Secret)>,
    setup_token: Option<String>,
    done: bool,
}

/// Why a try failed.
enum Failed {
    /// The database is away: another try may succeed.
    Away(String),
    /// No try will succeed.
    Hopeless(Trouble),
}

impl Prepare {
    pub(super) fn new(
        store: Store,
        accounts: Accounts,
        offers: Offers,
        readiness: Arc<Readiness>,
        config: &Config,
    ) -> Self {
        Self {
            store,
            accounts,
            offers,
            readiness,
            first_admin: config.first_admin.clone(),
            setup_token: None,
            done: false,
        }
    }

    /// The token to make the first admin with, once it is known that there are no users.
    pub(super) fn setup_token(&self) -> Option<&str> {
        self.setup_token.as_deref()
    }

    /// Tries once; a database that is away is no trouble yet.
    pub(super) async fn try_at_once(&mut self) -> Result<(), Trouble> {
        let tried = tokio::time::timeout(FIRST, self.attempt()).await;
        match tried.unwrap_or_else(|_| Err(Failed::Away("it does not answer".to_owned()))) {
            Ok(()) => Ok(()),
            Err(Failed::Away(why)) => {
                tracing::warn!(error = %why, "the database is away: not ready until it is back");
                Ok(())
            }
            Err(Failed::Hopeless(trouble)) => Err(trouble),
        }
    }

    /// Tries until it is done; tells whether it is.
    pub(super) async fn finish(mut self, stop: &CancellationToken) -> bool {
        let mut wait = Duration::from_millis(250);
        while !self.done {
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(wait) => {}
            }
            match self.attempt().await {
                Ok(()) => {
                    tracing::info!("the database is there: ready");
                    if let Some(token) = &self.setup_token {
                        tracing::warn!("there is no user yet: open /setup?token={token}");
                    }
                }
                Err(Failed::Away(why)) => {
                    tracing::debug!(error = %why, "the database is still away");
                }
                Err(Failed::Hopeless(trouble)) => {
                    tracing::error!(error = %trouble, "the database cannot be used as it is");
                }
            }
            wait = (wait * 2).min(LONGEST);
        }
        true
    }

    async fn attempt(&mut self) -> Result<(), Failed> {
        let tried = self.work().await;
        let up = !matches!(tried, Err(Failed::Away(_)));
        gauge!(names::DATABASE_UP).set(f64::from(u8::from(up)));
        tried
    }

    async fn work(&mut self) -> Result<(), Failed> {
        let applied = self.store.migrate().await?;
        for version in applied {
            tracing::info!(version = version.version, name = version.name, "migrated");
        }
        if let Some((email, password)) = &self.first_admin
            && let Some(user) = self.accounts.first_admin(email, password).await?
        {
            tracing::info!(user.id = user.id, "the first admin was made");
        }
        self.offers.reload().await?;
        self.setup_token = self.accounts.setup_token().await?;
        self.done = true;
        self.readiness.prepared();
        Ok(())
    }
}

impl From<MigrateError> for Failed {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Unavailable(error) => Self::Away(error.to_string()),
            error => Self::Hopeless(error.into()),
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        if error.is_unavailable() {
            Self::Away(error.to_string())
        } else {
            Self::Hopeless(error.into())
        }
    }
}

impl From<AccountError> for Failed {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Unavailable(error) => Self::Away(error.to_string()),
            error => Self::Hopeless(Trouble::Settings(format!(
                "the first admin (MANTI_ADMIN_EMAIL, MANTI_ADMIN_PASSWORD) cannot be made: {error}"
            ))),
        }
    }
}
