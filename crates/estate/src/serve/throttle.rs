//! The buckets of the services, as they are documented, run faster by a factor
//! that is stated.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio::time::Instant;

/// Units a second and units at once, by bucket.
const BUCKETS: [(&str, f64, f64); 8] = [
    ("sso-admin", 20.0, 20.0),
    ("identitystore", 20.0, 20.0),
    ("organizations", 8.0, 8.0),
    ("secretsmanager", 100.0, 100.0),
    ("cloudtrail", 2.0, 2.0),
    ("graph", 800.0, 8000.0),
    ("github", 15.0, 100.0),
    ("auth0", 2.0, 2.0),
];

/// What is left of each bucket.
#[derive(Debug)]
pub(super) struct Throttle {
    pace: f64,
    start: Instant,
    left: Mutex<BTreeMap<&'static str, (f64, f64)>>,
}

impl Throttle {
    pub(super) fn new(pace: f64, start: Instant) -> Self {
        Self {
            pace,
            start,
            left: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes units; says for how many seconds there are none when there are none.
    pub(super) fn take(&self, bucket: &str, units: f64) -> Result<(), f64> {
        let Some((name, rate, burst)) = BUCKETS.iter().find(|b| b.0 == bucket) else {
            return Ok(());
        };
        let now = self.start.elapsed().as_secs_f64();
        let mut left = self
            .left
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (units_left, at) = left.entry(name).or_insert((*burst, now));
        let rate = rate * self.pace;
        *units_left = (*units_left + (now - *at) * rate).min(*burst);
        *at = now;
        if *units_left < units {
            return Err((units - *units_left) / rate);
        }
        *units_left -= units;
        Ok(())
    }
}
