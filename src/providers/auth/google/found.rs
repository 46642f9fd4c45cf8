//! Google's credentials as its own tools find them: a file that the environment names, the one that
//! `gcloud auth application-default login` leaves, else the machine's metadata server.
//!
//! See <https://cloud.google.com/docs/authentication/application-default-credentials>.

use std::path::{Path, PathBuf};

use super::{Account, SCOPE, Who, quota_of};
use crate::config::Secret;

/// The variable that names a file.
const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

/// The variable that names the project whose quota counts.
const QUOTA: &str = "GOOGLE_CLOUD_QUOTA_PROJECT";

/// Where the metadata server is, unless `GCE_METADATA_HOST` says otherwise.
const METADATA_HOST: &str = "metadata.google.internal";

/// More than any file of credentials has.
const MOST: u64 = 64 << 10;

/// The project that the environment names.
pub(in crate::providers) fn project() -> Option<String> {
    variable("GOOGLE_CLOUD_PROJECT").or_else(|| variable("GCLOUD_PROJECT"))
}

impl Account {
    /// What the machine has for a provider at `base`; the error says what to do.
    pub(in crate::providers) fn found(base: Option<&str>) -> Result<Self, String> {
        let mut account = Self::of_machine(base)?;
        if let Some(quota) = variable(QUOTA) {
            account.quota =
                Some(quota_of(&quota).map_err(|_| format!("{QUOTA} must be the id of a project"))?);
        }
        Ok(account)
    }

    fn of_machine(base: Option<&str>) -> Result<Self, String> {
        let named = variable(FILE).map(PathBuf::from);
        if let Some(path) = named.or_else(|| left().filter(|path| path.exists())) {
            let told = |what: &str| format!("{}: {what}", path.display());
            let text = read(&path)
                .map_err(|error| told(&format!("cannot be read ({error}); check {FILE}")))?;
            return Self::read(&Secret::new(text), base).map_err(|error| told(&error));
        }
        let host = variable("GCE_METADATA_HOST");
        let host = host.as_deref().unwrap_or(METADATA_HOST);
        Ok(Self {
            project: None,
            quota: None,
            who: Who::Machine(format!(
                "http://{host}/computeMetadata/v1/instance/service-accounts/default/token?scopes={SCOPE}"
            )),
        })
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where `gcloud` leaves a person's credentials.
fn left() -> Option<PathBuf> {
    let folder = variable("CLOUDSDK_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(Path::new(&variable("HOME")?).join(".config/gcloud")))?;
    Some(folder.join("application_default_credentials.json"))
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;

    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    file.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}
