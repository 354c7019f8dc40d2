//! Wall time of a run: the time that `main` read at its start, carried on by a
//! steady clock, so that a clock that is set back during a run moves nothing.

use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use tokio::time::Instant;

use crate::dataset::manifest::rfc3339;
pub(crate) use crate::time::steady;

/// The time of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: DateTime<Utc>,
    at: Instant,
}

impl Clock {
    pub(crate) fn start(now: DateTime<Utc>) -> Self {
        Self {
            started: now,
            at: steady(),
        }
    }

    /// The second that it is, as manifests write it.
    pub(crate) fn stamp(&self) -> String {
        rfc3339(self.now().trunc_subsecs(0))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        let passed = TimeDelta::from_std(self.at.elapsed()).unwrap_or_default();
        self.started + passed
    }
}

/// Sleeps; a millisecond is not worth a timer.
pub(crate) async fn sleep(time: Duration) {
    if time > Duration::from_millis(1) {
        tokio::time::sleep(time).await;
    }
}
