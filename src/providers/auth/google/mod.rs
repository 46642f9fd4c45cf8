//! Google Cloud: tokens of a service account, of a person, or of the machine itself.
//!
//! Start at [`Account::read`] for credentials that are configured and at [`Account::found`] for those
//! that the machine has, which are looked for where Google's own tools look.

mod found;
mod service;

use std::fmt;

use futures_util::future::BoxFuture;
use serde::Deserialize;

pub(in crate::providers) use self::found::project;
use self::service::Service;
use super::exchange::Giver;
use super::{Source, Token, client};
use crate::config::Secret;

/// What a token is good for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Where a person's tokens come from.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

const GOOGLE: Giver = Giver {
    name: "Google",
    check: "credentials, and whether the account still exists",
    reach: "token_uri of the credentials and the network",
};

const METADATA: Giver = Giver {
    name: "the metadata server",
    check: "whether the machine has a service account, or set credentials",
    reach: "whether this runs at Google; elsewhere set credentials to the file of a service account, \
            or GOOGLE_APPLICATION_CREDENTIALS to its path",
};

/// Who asks for tokens.
pub(in crate::providers) struct Account {
    /// The project it says it is of.
    project: Option<String>,
    who: Who,
}

enum Who {
    Service(Service),
    Person(Person),
    /// Whoever the machine is, by the metadata server at this address.
    Machine(String),
}

/// A person, as `gcloud auth application-default login` leaves it.
#[derive(Deserialize)]
struct Person {
    client_id: String,
    client_secret: String,
    refresh_token: String,
    quota_project_id: Option<String>,
}

/// What kind of credentials a file has.
#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

impl Account {
    /// Reads a file of credentials; the error says what to do and nothing of what is in it.
    pub(in crate::providers) fn read(file: &Secret) -> Result<Self, String> {
        let text = file.expose();
        let lacking = |what: &str| format!("credentials hold no {what}: get the file anew");
        let kind = serde_json::from_str::<Kind>(text).map_err(|_| lacking("type"))?;
        match kind.r#type.as_str() {
            "service_account" => {
                let (service, project) = Service::read(text)?;
                Ok(Self {
                    project,
                    who: Who::Service(service),
                })
            }
            "authorized_user" => {
                let person: Person = serde_json::from_str(text)
                    .map_err(|_| lacking("client_id, client_secret and refresh_token"))?;
                Ok(Self {
                    project: person.quota_project_id.clone(),
                    who: Who::Person(person),
                })
            }
            _ => {
                Err("credentials must be of the type service_account or authorized_user".to_owned())
            }
        }
    }

    /// The project that it says it is of.
    pub(in crate::providers) fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    async fn ask(&self) -> Result<Token, String> {
        let unreachable = |error: reqwest::Error| GOOGLE.unreachable(&error);
        match &self.who {
            Who::Service(service) => {
                let client = client().build().map_err(unreachable)?;
                let form = service.form()?;
                GOOGLE.ask(client.post(service.address()).form(&form)).await
            }
            Who::Person(person) => {
                let client = client().build().map_err(unreachable)?;
                let form = [
                    ("grant_type", "refresh_token"),
                    ("client_id", &person.client_id),
                    ("client_secret", &person.client_secret),
                    ("refresh_token", &person.refresh_token),
                ];
                GOOGLE.ask(client.post(TOKENS).form(&form)).await
            }
            Who::Machine(address) => {
                // It is on the machine itself: no proxy reaches it.
                let client = client().no_proxy().build().map_err(unreachable)?;
                let request = client.get(address).header("metadata-flavor", "Google");
                METADATA.ask(request).await
            }
        }
    }
}

impl Source for Account {
    fn fetch(&self) -> BoxFuture<'_, Result<Token, String>> {
        Box::pin(self.ask())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match &self.who {
            Who::Service(service) => service.address(),
            Who::Person(_) => TOKENS,
            Who::Machine(address) => address,
        };
        f.debug_struct("Account")
            .field("asks", &who)
            .finish_non_exhaustive()
    }
}
