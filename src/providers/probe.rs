//! Asking a provider whether address and credential are good.

use std::time::Duration;

use super::{Client, Provider};
use crate::config::Upstream;

/// How long an error of a provider may take.
const TIME: Duration = Duration::from_secs(10);

/// More than any list of models.
const ANSWER: usize = 4 << 20;

/// Why a provider does not answer as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwell {
    /// The status of its answer, if there was one.
    pub status: Option<u16>,
    /// What it or the way to it says.
    pub message: String,
}

/// The status of a good answer, or why there is none; `None` of the one in this process.
pub async fn probe(provider: &dyn Provider, timeouts: &Upstream) -> Result<Option<u16>, Unwell> {
    let Some(made) = provider.probe(0) else {
        return Ok(None);
    };
    let unanswered = |message| Unwell {
        status: None,
        message,
    };
    let request = made.request().await;
    let request = request.map_err(|error| unanswered(error.message().to_owned()))?;
    let answer = Client::new(timeouts)
        .send(request, timeouts)
        .await
        .map_err(|error| unanswered(error.to_string()))?;
    let (head, body) = answer.into_parts();
    let status = head.status.as_u16();
    if head.status.is_success() {
        return Ok(Some(status));
    }
    let body = tokio::time::timeout(TIME, body.read(ANSWER)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    let failure = provider.failure(head.status, &head.headers, &body);
    Err(Unwell {
        status: Some(status),
        message: failure.refusal.message,
    })
}
