//! A secret exchanged for a token, as OAuth 2.0 has it.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde::Deserialize;

use super::{Token, Ungiven};

/// More than any token's answer has.
const MOST: usize = 64 << 10;

/// Who gives tokens, in the words of errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Giver {
    /// Its name.
    pub(super) name: &'static str,
    /// What to look at when it gives none.
    pub(super) check: &'static str,
    /// What to look at when it cannot be reached.
    pub(super) reach: &'static str,
}

impl Giver {
    /// Asks for a token; the error has no words of the giver's but its error's name.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Token, Ungiven> {
        let answer = request.send().await;
        let mut answer = answer.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let mut body = Vec::new();
        let broken = |error: reqwest::Error| self.unreachable(&error);
        while let Some(piece) = answer.chunk().await.map_err(broken)? {
            body.extend_from_slice(&piece);
            if body.len() > MOST {
                break;
            }
        }
        match serde_json::from_slice::<Answer>(&body) {
            Ok(Answer::Given {
                access_token,
                expires_in,
            }) if status.is_success() => Ok(Token::bearer(
                &access_token,
                Duration::from_secs(expires_in),
            )?),
            Ok(Answer::Refused { error }) if !status.is_server_error() => {
                let word: String = error.chars().filter(|c| is_of_word(*c)).take(64).collect();
                let Self { name, check, .. } = self;
                let message = format!("{name} gives no token ({word}): check {check}");
                Err(Ungiven::Refused(message))
            }
            _ => {
                let Self { name, check, .. } = self;
                let status = status.as_u16();
                let message = format!("{name} answered with status {status}: check {check}");
                Err(match status {
                    429 | 500.. => Ungiven::Away(message),
                    _ => Ungiven::Refused(message),
                })
            }
        }
    }

    /// What to do when it does not answer.
    pub(super) fn unreachable(&self, error: &reqwest::Error) -> Ungiven {
        let what = if error.is_timeout() {
            "did not answer in time"
        } else {
            "cannot be reached"
        };
        Ungiven::Away(format!("{} {what}: check {}", self.name, self.reach))
    }
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_lowercase() || c == '_'
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
