//! What a machine knows of AWS: its environment, a profile, an identity on the web, the machine's
//! own role, and a role that is taken on with any of these.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_config::meta::region::ProvideRegion;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, profile};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Source, Token, Ungiven};
use crate::models::clock::Clock;

/// What the sessions of a role are called.
const SESSION: &str = "manti";

/// How long credentials are kept that never end: somebody may have changed them.
const ENDLESS: Duration = Duration::from_hours(1);

/// Where credentials of AWS are looked for.
pub(in crate::providers) struct Chain {
    pub(in crate::providers) region: String,
    pub(in crate::providers) profile: Option<String>,
    pub(in crate::providers) role_arn: Option<String>,
    /// A key to take the role on with.
    pub(in crate::providers) key: Option<Credentials>,
}

/// The region that the environment names, or else a profile.
pub(in crate::providers) fn region(profile: Option<&str>) -> Option<String> {
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|region| !region.is_empty());
    named.or_else(|| {
        let mut files = profile::region::Builder::default();
        if let Some(profile) = profile {
            files = files.profile_name(profile);
        }
        // Files are read at once, without waiting for anybody.
        let region = files.build().region().now_or_never().flatten()?;
        Some(region.as_ref().to_owned())
    })
}

impl Chain {
    async fn ask(&self) -> Result<Token<Credentials>, Ungiven> {
        let region = Region::new(self.region.clone());
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region);
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(key) = &self.key {
            loader = loader.credentials_provider(key.clone());
        }
        let config = loader.load().await;
        let found = match &self.role_arn {
            Some(role) => {
                let role = AssumeRoleProvider::builder(role)
                    .session_name(SESSION)
                    .configure(&config)
                    .build()
                    .await;
                role.provide_credentials().await
            }
            None => match config.credentials_provider() {
                Some(provider) => provider.provide_credentials().await,
                None => return Err(self.nothing("there are none").into()),
            },
        };
        let credentials = found.map_err(|error| {
            let message = self.nothing(&error.to_string());
            match error {
                CredentialsError::ProviderTimedOut(_) | CredentialsError::ProviderError(_) => {
                    Ungiven::Away(message)
                }
                _ => Ungiven::Refused(message),
            }
        })?;
        let now = SystemTime::from(Clock::system().now());
        let left = credentials.expiry().map(|end| end.duration_since(now));
        Ok(Token {
            life: left.map_or(ENDLESS, Result::unwrap_or_default),
            value: credentials,
        })
    }

    /// What to do without credentials. `why` is in the library's words for kinds of failure.
    fn nothing(&self, why: &str) -> String {
        let look = match (&self.role_arn, &self.profile) {
            (Some(_), _) => "check role_arn and who may take it on",
            (None, Some(_)) => "check profile and the shared configuration",
            (None, None) => {
                "set access_key_id and secret_access_key, a profile, or the environment"
            }
        };
        format!("AWS gives no credentials ({why}): {look}")
    }
}

impl Source<Credentials> for Chain {
    fn fetch(&self) -> BoxFuture<'_, Result<Token<Credentials>, Ungiven>> {
        Box::pin(self.ask())
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("region", &self.region)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}
