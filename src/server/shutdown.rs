//! The stop: not ready, then closed, then empty.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Trouble;
use super::connection::Shared;
use crate::api::Readiness;

/// How long the parts of the stop may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long everything is still accepted.
    pub(super) delay: Duration,
    /// How long what is running may take to finish.
    pub(super) timeout: Duration,
}

/// Accepts until the stop, then lets what is running finish: connections, and calls that go on
/// without theirs until `idle` is ready. `abort` cuts everything short.
pub(super) async fn run(
    accepting: impl Future<Output = ()> + Send + 'static,
    stop: impl Future<Output = ()>,
    abort: impl Future<Output = ()>,
    idle: impl Future<Output = ()>,
    shared: &Arc<Shared>,
    readiness: &Readiness,
    limits: Limits,
) -> Result<(), Trouble> {
    let mut accepting = tokio::spawn(accepting);
    let mut abort = std::pin::pin!(abort);
    let mut ended = Ok(());
    tokio::select! {
        () = stop => {}
        _ = &mut accepting => {
            ended = Err(Trouble::Broken("no more connections are taken".to_owned()));
        }
    }
    tracing::info!(delay = ?limits.delay, timeout = ?limits.timeout, "stopping");
    readiness.drain();
    let finish = async {
        tokio::time::sleep(limits.delay).await;
        readiness.close();
        shared.closing.cancel();
        // The listener is dropped here: from now on nobody can connect.
        let _ = (&mut accepting).await;
        shared.tasks.close();
        let all = async {
            shared.tasks.wait().await;
            idle.await;
        };
        if timeout(limits.timeout, all).await.is_err() {
            let left = shared.tasks.len();
            tracing::warn!(
                connections = left,
                "the drain timeout is over: cutting off what is left"
            );
        }
    };
    tokio::select! {
        () = finish => {}
        () = &mut abort => tracing::warn!("asked to stop again: cutting off what is left"),
    }
    readiness.close();
    shared.closing.cancel();
    shared.aborted.cancel();
    accepting.abort();
    shared.tasks.close();
    if timeout(Duration::from_secs(5), shared.tasks.wait())
        .await
        .is_err()
    {
        tracing::warn!("some connections did not end");
    }
    ended
}

/// Takes SIGTERM and SIGINT over from their default effect: the first cancels one token, any
/// second the other.
pub(super) fn signals() -> io::Result<(CancellationToken, CancellationToken)> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (stop, abort) = (CancellationToken::new(), CancellationToken::new());
    let tokens = [stop.clone(), abort.clone()];
    tokio::spawn(async move {
        for token in tokens {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            token.cancel();
        }
    });
    Ok((stop, abort))
}

/// A panic's message may hold what was being worked on: only its place is written down.
pub(super) fn say_only_where_it_panicked() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place = place.as_deref(), "panicked");
    }));
}
