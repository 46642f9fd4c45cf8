//! What is asked of a person, and only of a person: without a terminal nothing is asked.

use std::io::{self, BufRead, IsTerminal, Read};

use dialoguer::{Confirm, Password};

use super::failure::Failure;
use crate::config::Secret;

/// More than any password.
const MOST: u64 = 4096;

/// Whether and how people may be asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prompt {
    /// A person is there and wants to be asked.
    asks: bool,
    /// Whatever would be asked is agreed to.
    agreed: bool,
}

impl Prompt {
    /// Asks on a terminal unless told not to.
    pub(super) fn new(no_input: bool, agreed: bool) -> Self {
        Self {
            asks: !no_input && io::stdin().is_terminal() && io::stderr().is_terminal(),
            agreed,
        }
    }

    /// Makes sure that something which cannot be undone is meant.
    pub(super) fn confirm(self, question: &str) -> Result<(), Failure> {
        if self.agreed {
            return Ok(());
        }
        if !self.asks {
            return Err(Failure::usage(format!(
                "{question} This cannot be undone: add --yes"
            )));
        }
        self.ask(question)
    }

    /// The same where nobody can be asked and the command itself is clear enough.
    pub(super) fn confirm_on_terminal(self, question: &str) -> Result<(), Failure> {
        if self.agreed || !self.asks {
            return Ok(());
        }
        self.ask(question)
    }

    fn ask(self, question: &str) -> Result<(), Failure> {
        let _ = self;
        let sure = Confirm::new()
            .with_prompt(question)
            .default(false)
            .interact()
            .map_err(|error| broken(&error))?;
        if sure {
            Ok(())
        } else {
            Err(Failure::failed("nothing was changed"))
        }
    }

    /// A new password: from standard input when told so, else from a person, else none.
    pub(super) fn password(self, from_stdin: bool) -> Result<Option<Secret>, Failure> {
        if from_stdin {
            return stdin_line().map(Some);
        }
        if !self.asks {
            return Ok(None);
        }
        let password = Password::new()
            .with_prompt("Password (empty for none)")
            .allow_empty_password(true)
            .with_confirmation("Once more", "The two differ")
            .interact()
            .map_err(|error| broken(&error))?;
        Ok((!password.is_empty()).then(|| Secret::new(password)))
    }
}

/// A credential from standard input.
pub(super) fn credential() -> Result<Secret, Failure> {
    stdin_line()
}

/// The first line of standard input.
fn stdin_line() -> Result<Secret, Failure> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(MOST)
        .read_line(&mut line)
        .map_err(|error| Failure::failed(format!("standard input: {error}")))?;
    let line = line.trim_end_matches(['\n', '\r']);
    if line.is_empty() {
        return Err(Failure::usage(
            "standard input is empty; give the secret there, such as: printf %s \"$SECRET\" | manti …",
        ));
    }
    Ok(Secret::new(line))
}

fn broken(error: &dialoguer::Error) -> Failure {
    Failure::failed(format!("nothing was answered: {error}"))
}
