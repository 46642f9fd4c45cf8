//! Tokens that a provider's own servers give out for a while.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use http::header::AUTHORIZATION;

use super::Signature;

/// A token is renewed in the background when so little of its life is left.
const EARLY: Duration = Duration::from_mins(5);
/// A token with less of its life left is not sent any more.
const LATE: Duration = Duration::from_secs(20);
/// How long a token may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a failed attempt to renew keeps others from trying in the background.
const PAUSE: Duration = Duration::from_secs(10);

/// Where tokens come from.
pub(in crate::providers) trait Source: fmt::Debug + Send + Sync {
    /// Fetches a new one; the error says what is wrong and what to do, without secrets.
    fn fetch(&self) -> BoxFuture<'_, Result<Token, String>>;
}

/// A token.
pub(in crate::providers) struct Token {
    /// What is sent behind `Bearer `.
    pub(in crate::providers) value: String,
    /// How long it is good for.
    pub(in crate::providers) life: Duration,
}

/// The current token of a source.
#[derive(Debug, Clone)]
pub(in crate::providers) struct Tokens(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    source: Box<dyn Source>,
    current: ArcSwapOption<Held>,
    /// Taken by whoever fetches, so that one does; when the last attempt failed.
    fetching: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct Held {
    header: HeaderValue,
    until: Instant,
}

impl Held {
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

impl Tokens {
    pub(in crate::providers) fn new(source: Box<dyn Source>) -> Self {
        Self(Arc::new(Shared {
            source,
            current: ArcSwapOption::empty(),
            fetching: tokio::sync::Mutex::default(),
        }))
    }

    /// The header of the next request.
    pub(super) fn sign(&self) -> Signature {
        let shared = Arc::clone(&self.0);
        match &*self.0.current.load() {
            Some(held) if held.left() > LATE => {
                if held.left() < EARLY {
                    tokio::spawn(async move { shared.renew().await });
                }
                Signature::Ready(Some((AUTHORIZATION, held.header.clone())))
            }
            _ => Signature::Soon(Box::pin(async move { shared.fetch().await })),
        }
    }
}

impl Shared {
    /// Fetches a token unless somebody else just did.
    async fn fetch(&self) -> Result<HeaderValue, String> {
        let mut failed = self.fetching.lock().await;
        if let Some(held) = &*self.current.load()
            && held.left() > LATE
        {
            return Ok(held.header.clone());
        }
        let fetched = self.ask().await;
        *failed = fetched.is_err().then(Instant::now);
        fetched
    }

    /// Renews a token that is still good, unless somebody else does or just failed to.
    async fn renew(&self) {
        let Ok(mut failed) = self.fetching.try_lock() else {
            return;
        };
        let fresh = |held: &Arc<Held>| held.left() >= EARLY;
        let tried = failed.is_some_and(|when| when.elapsed() < PAUSE);
        if tried || self.current.load().as_ref().is_some_and(fresh) {
            return;
        }
        if let Err(error) = self.ask().await {
            tracing::warn!(%error, "a provider's token could not be renewed; the old one is used");
            *failed = Some(Instant::now());
        }
    }

    async fn ask(&self) -> Result<HeaderValue, String> {
        let asked = Instant::now();
        let token = tokio::time::timeout(PATIENCE, self.source.fetch())
            .await
            .map_err(|_| "the token did not come in time".to_owned())??;
        let mut header = HeaderValue::from_str(&format!("Bearer {}", token.value))
            .map_err(|_| "the token holds characters that cannot be sent".to_owned())?;
        header.set_sensitive(true);
        self.current.store(Some(Arc::new(Held {
            header: header.clone(),
            until: asked + token.life,
        })));
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Counted {
        given: Arc<AtomicU32>,
        life: Duration,
        fails: bool,
    }

    impl Source for Counted {
        fn fetch(&self) -> BoxFuture<'_, Result<Token, String>> {
            Box::pin(async {
                tokio::task::yield_now().await;
                let number = self.given.fetch_add(1, Ordering::Relaxed);
                if self.fails {
                    return Err("no".to_owned());
                }
                Ok(Token {
                    value: format!("t{number}"),
                    life: self.life,
                })
            })
        }
    }

    fn tokens(life: Duration, fails: bool) -> (Tokens, Arc<AtomicU32>) {
        let given = Arc::<AtomicU32>::default();
        let source = Counted {
            given: Arc::clone(&given),
            life,
            fails,
        };
        (Tokens::new(Box::new(source)), given)
    }

    async fn next(tokens: &Tokens) -> Result<HeaderValue, String> {
        match tokens.sign() {
            Signature::Ready(header) => Ok(header.unwrap().1),
            Signature::Soon(token) => token.await,
        }
    }

    #[tokio::test]
    async fn many_calls_fetch_one_token() {
        let (tokens, given) = tokens(Duration::from_hours(1), false);
        let calls = (0..20).map(|_| next(&tokens));
        let all = futures_util::future::join_all(calls).await;
        assert!(
            all.iter()
                .all(|token| token.as_ref().unwrap() == "Bearer t0")
        );
        assert!(matches!(tokens.sign(), Signature::Ready(_)));
        assert_eq!(given.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_token_near_its_end_is_renewed_while_it_is_used() {
        let (tokens, given) = tokens(Duration::from_mins(2), false);
        assert_eq!(next(&tokens).await.unwrap(), "Bearer t0");
        assert_eq!(next(&tokens).await.unwrap(), "Bearer t0");
        while given.load(Ordering::Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_token_that_is_over_is_not_sent() {
        let (tokens, _) = tokens(Duration::from_secs(1), false);
        assert_eq!(next(&tokens).await.unwrap(), "Bearer t0");
        assert_eq!(next(&tokens).await.unwrap(), "Bearer t1");
    }

    #[tokio::test]
    async fn a_source_that_fails_is_asked_again_by_the_next_call() {
        let (tokens, given) = tokens(Duration::ZERO, true);
        assert_eq!(next(&tokens).await.unwrap_err(), "no");
        assert_eq!(next(&tokens).await.unwrap_err(), "no");
        assert_eq!(given.load(Ordering::Relaxed), 2);
    }
}
