//! Why a command did not do what it was asked, and the exit code that says so.

use crate::auth::AccountError;
use crate::config::{Complaints, Offer};
use crate::server::Trouble;
use crate::store;
use crate::store::migrate::MigrateError;

/// What a reader's leaving is told as, if it ever were.
const BROKEN_PIPE: &str = "nobody reads standard output";

/// The exit codes of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It failed.
    Failed = 1,
    /// Wrong usage or invalid configuration.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// It clashes with what is there.
    Conflict = 4,
}

/// A command that failed: what to tell, and the code to leave with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened and what to do next; one line, or one for each complaint about the
    /// configuration. Empty when everything was told already.
    pub message: String,
}

impl Failure {
    /// Something went wrong.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// The command was used wrongly.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// There is no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, message)
    }

    /// It clashes with what is there.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Exit::Conflict, message)
    }

    /// Everything was told already.
    pub fn told(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    /// Whether it failed only because nobody reads on.
    pub(super) fn is_broken_pipe(&self) -> bool {
        self.message == BROKEN_PIPE
    }

    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }

    /// What a failure about a user or a key means, for the one that was asked for.
    pub(super) fn account(error: AccountError, asked: &str) -> Self {
        match error {
            AccountError::NotFound(what) => {
                let noun = what.split_whitespace().next().unwrap_or("user");
                Self::not_found(format!("no {what} \"{asked}\"; see: manti {noun} list"))
            }
            AccountError::Forbidden => Self::failed("only an admin may do this"),
            AccountError::Conflict(message) => {
                let noun = match () {
                    () if asked.starts_with("key_") => "key",
                    () if message.contains("team") => "team",
                    () => "user",
                };
                Self::conflict(format!("{message}; see: manti {noun} show {asked}"))
            }
            AccountError::Invalid { field, message } => {
                Self::usage(format!("{}: {message}", typed(&field)))
            }
            AccountError::WrongPassword => Self::failed("the password is wrong"),
            AccountError::TooMany { retry_after } => Self::failed(format!(
                "too many wrong tries; try again in {} s",
                retry_after.as_secs()
            )),
            AccountError::Unavailable(source) => source.into(),
            AccountError::Internal(source) => Self::failed(chain(&source)),
        }
    }
}

impl Failure {
    /// What a failure about a provider or a model means.
    pub(super) fn offer(error: AccountError, offer: Offer, name: &str) -> Self {
        let noun = offer.noun();
        match error {
            AccountError::NotFound(_) => {
                Self::not_found(format!("no {noun} \"{name}\"; see: manti {noun} list"))
            }
            AccountError::Conflict(message) => {
                Self::conflict(format!("{message}; see: manti {noun} show {name}"))
            }
            AccountError::Invalid { field, message } => {
                Self::usage(format!("{}.{field}: {message}", offer.path(name)))
            }
            other => Self::account(other, name),
        }
    }
}

impl From<Complaints> for Failure {
    fn from(complaints: Complaints) -> Self {
        Self::usage(complaints.to_string())
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let what = chain(&error);
        if error.is_unavailable() {
            Self::failed(format!("{what}; check DATABASE_URL and MANTI_DATA_DIR"))
        } else {
            Self::failed(what)
        }
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Unavailable(source) => source.into(),
            other => Self::failed(chain(&other)),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Taken { .. } => Self::conflict(trouble.to_string()),
            Trouble::Settings(message) => Self::usage(message),
            Trouble::Schema(error) => error.into(),
            Trouble::Database(error) => error.into(),
            other => Self::failed(chain(&other)),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::failed(BROKEN_PIPE);
        }
        Self::failed(error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::failed(format!("{error:#}"))
    }
}

/// A field of the API as it is typed here.
fn typed(field: &str) -> String {
    match field {
        "email" | "password" => field.to_owned(),
        "allowed_ips" => "--allow-ip".to_owned(),
        "expires_at" => "--expires".to_owned(),
        "user_id" => "--user".to_owned(),
        "team_id" => "--team".to_owned(),
        "routes" => "--route".to_owned(),
        other if other.starts_with("model_limits") => {
            other.replacen("model_limits", "--model-limit", 1)
        }
        other => format!("--{}", other.replace('_', "-")),
    }
}

/// An error with its causes on one line, each said once.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text.replace(['\n', '\r'], " ")
}
