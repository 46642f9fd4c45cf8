//! Small things that must be done now and then.

use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;
use crate::store::Store;
use crate::telemetry::{self, names};

/// How often.
const EVERY: Duration = Duration::from_secs(5);

/// Folds figures, shows the pools, forgets the limits of keys that nobody uses.
pub(super) async fn run(gateway: Arc<Gateway>, store: Store, stop: CancellationToken) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        telemetry::metrics::upkeep();
        gateway.limits().sweep();
        gateway.show_targets();
        for pool in store.pools() {
            let used = pool.open.saturating_sub(pool.idle);
            for (state, count) in [("idle", pool.idle), ("used", used)] {
                gauge!(names::DATABASE_CONNECTIONS, "pool" => pool.name, "state" => state)
                    .set(f64::from(count));
            }
        }
    }
}
