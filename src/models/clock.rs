//! Time as a value that is handed in, so that decisions can be tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, Utc};

/// A moment in UTC, to the microsecond.
pub type Timestamp = DateTime<Utc>;

/// Tells the time: the system's, or one that a test moves by hand.
///
/// Windows and timeouts use [`Clock::instant`], which never jumps; only what a
/// person reads (records, expiry dates) uses [`Clock::now`].
#[derive(Debug, Clone, Default)]
pub struct Clock {
    manual: Option<Arc<Manual>>,
}

#[derive(Debug)]
struct Manual {
    start: Timestamp,
    origin: Instant,
    micros: AtomicI64,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at `start` until [`Clock::advance`] moves it.
    pub fn manual(start: Timestamp) -> Self {
        let origin = Instant::now();
        Self {
            manual: Some(Arc::new(Manual {
                start,
                origin,
                micros: AtomicI64::new(0),
            })),
        }
    }

    /// The wall clock, to the microsecond.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others are handed"
    )]
    pub fn now(&self) -> Timestamp {
        match &self.manual {
            None => Utc::now().trunc_subsecs(6),
            Some(manual) => {
                manual.start + chrono::Duration::microseconds(manual.micros.load(Ordering::Relaxed))
            }
        }
    }

    /// The monotonic clock.
    pub fn instant(&self) -> Instant {
        match &self.manual {
            None => Instant::now(),
            Some(manual) => {
                let micros = manual.micros.load(Ordering::Relaxed).unsigned_abs();
                manual.origin + Duration::from_micros(micros)
            }
        }
    }

    /// Moves a manual clock forward; the system's clock takes no notice.
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.manual {
            let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            manual.micros.fetch_add(micros, Ordering::Relaxed);
        }
    }
}
/// A timestamp as people read it, and as whole microseconds where nobody does.
pub(super) mod micros {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use super::{DateTime, Timestamp};

    pub(in crate::models) fn serialize<S: Serializer>(
        time: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            time.serialize(serializer)
        } else {
            serializer.serialize_i64(time.timestamp_micros())
        }
    }

    pub(in crate::models) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        if deserializer.is_human_readable() {
            return Timestamp::deserialize(deserializer);
        }
        let micros = i64::deserialize(deserializer)?;
        DateTime::from_timestamp_micros(micros).ok_or_else(|| de::Error::custom("no such time"))
    }
}
