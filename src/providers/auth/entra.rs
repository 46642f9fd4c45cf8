//! Microsoft Entra ID: an application's tokens, by its secret.

use std::fmt;

use futures_util::future::BoxFuture;

use super::exchange::Giver;
use super::{Source, Token, Ungiven, client};
use crate::config::Secret;

/// Who gives tokens in Microsoft's public cloud.
pub(in crate::providers) const AUTHORITY: &str = "https://login.microsoftonline.com";

/// What a token for Azure's models is good for.
const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

const ENTRA: Giver = Giver {
    name: "Entra ID",
    check: "tenant_id, client_id and client_secret",
    reach: "authority and the network",
};

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
    async fn ask(&self) -> Result<Token, Ungiven> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose()),
            ("scope", SCOPE),
        ];
        let client = client().build();
        let client = client.map_err(|error| ENTRA.unreachable(&error))?;
        ENTRA.ask(client.post(&self.address).form(&form)).await
    }
}

impl Source for Application {
    fn fetch(&self) -> BoxFuture<'_, Result<Token, Ungiven>> {
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
