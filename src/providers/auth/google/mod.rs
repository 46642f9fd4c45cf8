//! Google Cloud: tokens of a service account, of a person, or of the machine itself.
//!
//! Start at [`Account::read`] for credentials that are configured and at [`Account::found`] for those
//! that the machine has, which are looked for where Google's own tools look.

mod file;
mod found;
mod service;

use std::fmt;

use futures_util::future::BoxFuture;
use http::HeaderValue;

use self::file::File;
pub(in crate::providers) use self::found::project;
use self::service::Service;
use super::exchange::Giver;
use super::{Source, Token, Ungiven, client, machine_client};
use crate::config::Secret;

/// What a token is good for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Where a person's tokens come from, unless the file says otherwise.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

const GOOGLE: Giver = Giver {
    name: "Google",
    check: "credentials, and whether the account still exists",
    reach: "token_uri of the credentials and the network",
};

const PERSONS: Giver = Giver {
    check: "credentials, or log in anew with gcloud auth application-default login",
    ..GOOGLE
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
    /// Whose quota its calls count against, where that is not the called project's.
    quota: Option<HeaderValue>,
    who: Who,
}

enum Who {
    Service(Service),
    Person(Person),
    /// Whoever the machine is, by the metadata server at this address.
    Machine(String),
}

/// A person, as `gcloud auth application-default login` leaves it.
struct Person {
    address: String,
    client_id: String,
    client_secret: String,
    refresh_token: String,
}

impl Person {
    fn read(file: &File, base: Option<&str>) -> Result<Self, String> {
        let text = |field| file.text(field).map(str::to_owned);
        Ok(Self {
            address: file.token_uri(Some(TOKENS), base)?,
            client_id: text("client_id")?,
            client_secret: text("client_secret")?,
            refresh_token: text("refresh_token")?,
        })
    }
}

impl Account {
    /// Reads a file of credentials for a provider at `base`; the error says what to do and nothing of
    /// what is in it.
    pub(in crate::providers) fn read(file: &Secret, base: Option<&str>) -> Result<Self, String> {
        let file = File::read(file)?;
        let quota = file.maybe("quota_project_id");
        let (who, project) = match file.text("type")? {
            "service_account" => {
                let project = file.maybe("project_id").or(quota);
                (Who::Service(Service::read(&file, base)?), project)
            }
            "authorized_user" => (Who::Person(Person::read(&file, base)?), quota),
            "external_account" | "external_account_authorized_user" => {
                return Err(
                    "credentials of the type external_account (workload identity federation) are \
                     not known here: use those of a service_account or an authorized_user"
                        .to_owned(),
                );
            }
            _ => {
                return Err(
                    "credentials must be of the type service_account or authorized_user".to_owned(),
                );
            }
        };
        Ok(Self {
            project: project.map(str::to_owned),
            quota: quota.map(quota_of).transpose()?,
            who,
        })
    }

    /// The project that it says it is of.
    pub(in crate::providers) fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// Whose quota its calls count against, as a header says it.
    pub(in crate::providers) fn quota(&self) -> Option<HeaderValue> {
        self.quota.clone()
    }

    async fn ask(&self) -> Result<Token, Ungiven> {
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
                PERSONS.ask(client.post(&person.address).form(&form)).await
            }
            Who::Machine(address) => {
                let client = machine_client().build().map_err(unreachable)?;
                let request = client.get(address).header("metadata-flavor", "Google");
                METADATA.ask(request).await
            }
        }
    }
}

fn quota_of(project: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(project)
        .map_err(|_| "quota_project_id of the credentials must be the id of a project".to_owned())
}

impl Source for Account {
    fn fetch(&self) -> BoxFuture<'_, Result<Token, Ungiven>> {
        Box::pin(self.ask())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match &self.who {
            Who::Service(service) => service.address(),
            Who::Person(person) => &person.address,
            Who::Machine(address) => address,
        };
        f.debug_struct("Account")
            .field("asks", &who)
            .finish_non_exhaustive()
    }
}
