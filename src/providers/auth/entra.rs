//! Microsoft Entra ID: an application's tokens, by its secret.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::{Source, Token, client};
use crate::config::Secret;

/// Who gives tokens in Microsoft's public cloud.
pub(in crate::providers) const AUTHORITY: &str = "https://login.microsoftonline.com";

/// What a token for Azure's models is good for.
const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

/// An application's identity.
pub(in crate::providers) struct Application {
    address: String,
    client_id: String,
    client_secret: Secret,
}

impl Application {
    pub(in crate::providers) fn new(
        authority: &str,
        tenant: &str,
        client_id: &str,
        client_secret: &Secret,
    ) -> Self {
        Self {
            address: format!("{authority}/{tenant}/oauth2/v2.0/token"),
            client_id: client_id.to_owned(),
            client_secret: client_secret.clone(),
        }
    }

    /// See <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.
    async fn ask(&self) -> Result<Token, String> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose()),
            ("scope", SCOPE),
        ];
        let client = client().map_err(|error| unreachable(&error))?;
        let answer = client.post(&self.address).form(&form).send().await;
        let answer = answer.map_err(|error| unreachable(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| unreachable(&error))?;
        match serde_json::from_slice::<Answer>(&body) {
            Ok(Answer::Given {
                access_token,
                expires_in,
            }) if status.is_success() => {
                Token::bearer(&access_token, Duration::from_secs(expires_in))
            }
            Ok(Answer::Refused { error }) => {
                let word: String = error.chars().filter(|c| is_of_word(*c)).take(64).collect();
                Err(format!(
                    "Entra ID gives no token ({word}): check tenant_id, client_id and client_secret"
                ))
            }
            _ => Err(format!("Entra ID answered with status {}", status.as_u16())),
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_lowercase() || c == '_'
}

fn unreachable(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "did not answer in time"
    } else {
        "cannot be reached"
    };
    format!("Entra ID {what}: check authority and the network")
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Given {
        access_token: String,
        expires_in: u64,
    },
    Refused {
        error: String,
    },
}

impl Source for Application {
    fn fetch(&self) -> BoxFuture<'_, Result<Token, String>> {
        Box::pin(self.ask())
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
