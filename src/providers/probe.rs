//! Asking a provider whether address and credentials are good.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};

use super::{Client, Provider};
use crate::config::Upstream;

/// How long an error of a provider may take.
const TIME: Duration = Duration::from_secs(10);

/// How many credentials of a pool are tried at once.
const AT_ONCE: usize = 8;

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

/// What came of asking with one credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// The credential's number, from one.
    pub credential: usize,
    /// The status of a good answer, or why there is none; `None` of the one in this process.
    pub outcome: Result<Option<u16>, Unwell>,
    /// How long it took.
    pub latency: Duration,
}

/// Asks with each credential, in the order of their numbers.
pub async fn probe(provider: &dyn Provider, timeouts: &Upstream) -> Vec<Probed> {
    let each = (0..provider.credentials().max(1)).map(|credential| async move {
        let begun = Instant::now();
        let outcome = with(provider, credential, timeouts).await;
        Probed {
            credential: credential + 1,
            outcome,
            latency: begun.elapsed(),
        }
    });
    stream::iter(each).buffered(AT_ONCE).collect().await
}

async fn with(
    provider: &dyn Provider,
    credential: usize,
    timeouts: &Upstream,
) -> Result<Option<u16>, Unwell> {
    let Some(made) = provider.probe(credential) else {
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
