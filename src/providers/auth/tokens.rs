//! Tokens that a provider's own servers give out for a while: headers, or keys to sign with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use tokio::time::Instant;

/// A token is renewed in the background when so little of its life is left.
const EARLY: Duration = Duration::from_mins(5);
/// A token with less of its life left is not sent any more.
const LATE: Duration = Duration::from_secs(20);
/// How long a token may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long an attempt to renew keeps others from trying in the background, whether it failed or
/// brought the same token again, as the servers of some machines do until its last minutes.
const PAUSE: Duration = Duration::from_secs(10);
/// How long calls are told what the last attempt failed with, in the place of another attempt: those
/// that waited for it, and those that come right after.
const MOMENT: Duration = Duration::from_secs(1);
/// The longest that a token is believed to be good for.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// Where tokens come from.
pub(in crate::providers) trait Source<T = HeaderValue>:
    fmt::Debug + Send + Sync
{
    /// Fetches a new one.
    fn fetch(&self) -> BoxFuture<'_, Result<Token<T>, Ungiven>>;
}

/// Why there is no token. Each says what to do, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::providers) enum Ungiven {
    /// What asks for it is refused, or cannot work.
    Refused(String),
    /// Whoever gives it cannot be reached, fails or says nothing.
    Away(String),
}

impl From<String> for Ungiven {
    fn from(message: String) -> Self {
        Self::Refused(message)
    }
}

impl Ungiven {
    /// What to do.
    pub(in crate::providers) fn message(&self) -> &str {
        let (Self::Refused(message) | Self::Away(message)) = self;
        message
    }
}

/// A token.
pub(in crate::providers) struct Token<T = HeaderValue> {
    /// What requests are signed with.
    pub(in crate::providers) value: T,
    /// How long it is good for.
    pub(in crate::providers) life: Duration,
}

impl Token {
    /// One that is sent behind `Bearer `.
    pub(in crate::providers) fn bearer(value: &str, life: Duration) -> Result<Self, String> {
        let mut header = HeaderValue::from_str(&format!("Bearer {value}"))
            .map_err(|_| "the token holds characters that cannot be sent".to_owned())?;
        header.set_sensitive(true);
        Ok(Self {
            value: header,
            life,
        })
    }
}

/// The current token of a source.
#[derive(Debug)]
pub(in crate::providers) struct Tokens<T = HeaderValue>(Arc<Shared<T>>);

/// A token that is being fetched.
pub(super) type Fetched<T> = BoxFuture<'static, Result<T, Ungiven>>;

#[derive(Debug)]
struct Shared<T> {
    source: Box<dyn Source<T>>,
    current: ArcSwapOption<Held<T>>,
    /// Taken by whoever fetches, so that one does.
    fetching: tokio::sync::Mutex<Option<Attempt>>,
}

/// The last attempt to renew, or that failed.
#[derive(Debug)]
struct Attempt {
    when: Instant,
    error: Option<Ungiven>,
}

impl Attempt {
    fn of<T>(fetched: &Result<T, Ungiven>) -> Self {
        Self {
            when: Instant::now(),
            error: fetched.as_ref().err().cloned(),
        }
    }

    fn is_younger_than(&self, age: Duration) -> bool {
        self.when.elapsed() < age
    }
}

#[derive(Debug)]
struct Held<T> {
    value: T,
    until: Instant,
}

impl<T> Held<T> {
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

impl<T: Clone + Send + Sync + 'static> Tokens<T> {
    pub(in crate::providers) fn new(source: Box<dyn Source<T>>) -> Self {
        Self(Arc::new(Shared {
            source,
            current: ArcSwapOption::empty(),
            fetching: tokio::sync::Mutex::default(),
        }))
    }

    /// The token of the next request, or what fetches it.
    pub(super) fn ready(&self) -> Result<T, Fetched<T>> {
        let shared = Arc::clone(&self.0);
        match &*self.0.current.load() {
            Some(held) if held.left() > LATE => {
                if held.left() < EARLY {
                    tokio::spawn(async move { shared.renew().await });
                }
                Ok(held.value.clone())
            }
            _ => Err(Box::pin(async move { shared.fetch().await })),
        }
    }
}

impl<T: Clone> Shared<T> {
    /// Fetches a token unless somebody else just did.
    async fn fetch(&self) -> Result<T, Ungiven> {
        let mut last = self.fetching.lock().await;
        if let Some(held) = &*self.current.load()
            && held.left() > LATE
        {
            return Ok(held.value.clone());
        }
        if let Some(last) = &*last
            && let Some(error) = &last.error
            && last.is_younger_than(MOMENT)
        {
            return Err(error.clone());
        }
        let fetched = self.ask().await;
        *last = fetched.is_err().then(|| Attempt::of(&fetched));
        fetched
    }

    /// Renews a token that is still good, unless somebody else does or just tried to.
    async fn renew(&self) {
        let Ok(mut last) = self.fetching.try_lock() else {
            return;
        };
        let fresh = |held: &Arc<Held<T>>| held.left() >= EARLY;
        let tried = last
            .as_ref()
            .is_some_and(|last| last.is_younger_than(PAUSE));
        if tried || self.current.load().as_ref().is_some_and(fresh) {
            return;
        }
        let renewed = self.ask().await;
        if let Err(error) = &renewed {
            let error = error.message();
            tracing::warn!(
                error,
                "a provider's token could not be renewed; the old one is used"
            );
        }
        *last = Some(Attempt::of(&renewed));
    }

    async fn ask(&self) -> Result<T, Ungiven> {
        let asked = Instant::now();
        let token = tokio::time::timeout(PATIENCE, self.source.fetch())
            .await
            .map_err(|_| Ungiven::Away("the token did not come in time".to_owned()))??;
        self.current.store(Some(Arc::new(Held {
            value: token.value.clone(),
            until: asked + token.life.min(LONGEST),
        })));
        Ok(token.value)
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
        fn fetch(&self) -> BoxFuture<'_, Result<Token, Ungiven>> {
            Box::pin(async {
                tokio::task::yield_now().await;
                let number = self.given.fetch_add(1, Ordering::Relaxed);
                if self.fails {
                    return Err(Ungiven::Away("no".to_owned()));
                }
                Ok(Token::bearer(&format!("t{number}"), self.life)?)
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

    async fn next(tokens: &Tokens) -> Result<HeaderValue, Ungiven> {
        match tokens.ready() {
            Ok(header) => Ok(header),
            Err(token) => token.await,
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
        assert!(tokens.ready().is_ok());
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

    #[tokio::test(start_paused = true)]
    async fn a_token_that_cannot_be_renewed_yet_is_not_asked_for_by_every_call() {
        let (tokens, given) = tokens(Duration::from_mins(2), false);
        for _ in 0..20 {
            next(&tokens).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(given.load(Ordering::Relaxed), 2);
        tokio::time::advance(PAUSE).await;
        next(&tokens).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(given.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_token_that_is_over_is_not_sent() {
        let (tokens, _) = tokens(Duration::from_secs(1), false);
        assert_eq!(next(&tokens).await.unwrap(), "Bearer t0");
        assert_eq!(next(&tokens).await.unwrap(), "Bearer t1");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_wait_for_a_source_that_fails_are_told_so_together() {
        let (tokens, given) = tokens(Duration::ZERO, true);
        let calls = (0..20).map(|_| next(&tokens));
        let all = futures_util::future::join_all(calls).await;
        assert!(
            all.iter()
                .all(|token| token.as_ref().unwrap_err().message() == "no")
        );
        assert_eq!(given.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_fails_is_asked_again_after_a_moment() {
        let (tokens, given) = tokens(Duration::ZERO, true);
        assert_eq!(next(&tokens).await.unwrap_err().message(), "no");
        tokio::time::advance(MOMENT).await;
        assert_eq!(next(&tokens).await.unwrap_err().message(), "no");
        assert_eq!(given.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_token_that_claims_to_be_good_for_ever_is_no_fault() {
        let (tokens, _) = tokens(Duration::MAX, false);
        assert_eq!(next(&tokens).await.unwrap(), "Bearer t0");
    }
}
