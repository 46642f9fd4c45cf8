//! Housekeeping of the database: what expired goes, what the coming months need is made.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::models::clock::Clock;
use crate::store::Store;

/// How often.
const EVERY: Duration = Duration::from_hours(1);

/// How soon after a failure.
const AGAIN: Duration = Duration::from_mins(1);

/// Tidies until it is stopped.
pub(super) async fn run(store: Store, clock: Clock, stop: CancellationToken) {
    loop {
        let wait = match store.tidy(clock.now()).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::warn!(error = %error, "the database could not be tidied");
                AGAIN
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}
