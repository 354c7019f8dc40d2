//! One bucket per documented quota. A call waits until its units are there;
//! what a service announces about its own bucket corrects ours.
//!
//! Our own and not a crate's: Graph charges units that only its answer names,
//! so a bucket must be corrected after the call, and every service may ask for
//! a pause. Quotas are those of the vendors' documentation; a quota that the
//! live sync shares is used by half.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::clock::{sleep, steady};

/// A documented quota.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    /// Name as plans and tables show it.
    pub name: &'static str,
    /// Units per second that are used.
    pub rate: f64,
    /// Units that may be used at once.
    pub burst: f64,
    /// What it follows from, in words.
    pub basis: &'static str,
}

/// Quotas by the name of their bucket.
pub(crate) const QUOTAS: [Quota; 13] = [
    quota(
        "sso-admin",
        10.0,
        5.0,
        "half of 20 calls a second, collective",
    ),
    quota(
        "identitystore",
        10.0,
        5.0,
        "half of 20 calls a second, shared with the sync",
    ),
    quota(
        "organizations",
        4.0,
        2.0,
        "not published; it throttles early",
    ),
    quota(
        "secretsmanager",
        40.0,
        20.0,
        "below half of 100 calls a second per account and Region",
    ),
    quota("iam", 5.0, 2.0, "not published"),
    quota("sts", 10.0, 5.0, "far below its quota"),
    quota(
        "cloudtrail",
        2.0,
        1.0,
        "2 calls a second per account and Region",
    ),
    quota(
        "graph",
        400.0,
        400.0,
        "half of 8,000 resource units in 10 seconds",
    ),
    quota(
        "graph-reports",
        0.45,
        1.0,
        "4.5 of 5 requests in 10 seconds",
    ),
    quota("graph-sign-ins", 0.15, 1.0, "9 of 10 requests a minute"),
    quota("github-rest", 7.5, 10.0, "half of 900 points a minute"),
    quota(
        "github-graphql",
        16.0,
        10.0,
        "half of 2,000 points a minute",
    ),
    quota(
        "auth0",
        2.0,
        2.0,
        "2 requests a second, what every tenant has",
    ),
];

const fn quota(name: &'static str, rate: f64, burst: f64, basis: &'static str) -> Quota {
    Quota {
        name,
        rate,
        burst,
        basis,
    }
}

/// Units that are left, and when that was so.
#[derive(Debug)]
struct Level {
    units: f64,
    at: Instant,
    closed_until: Instant,
}

/// A bucket that refills steadily.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: f64,
    burst: f64,
    level: Mutex<Level>,
}

impl Bucket {
    /// `pace` speeds the bucket up: a simulated service has its clock run faster.
    pub(crate) fn new(quota: &Quota, pace: f64) -> Self {
        let now = steady();
        Self {
            rate: quota.rate * pace,
            burst: quota.burst,
            level: Mutex::new(Level {
                units: quota.burst,
                at: now,
                closed_until: now,
            }),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Level, Instant) -> T) -> T {
        self.at(steady(), change)
    }

    fn at<T>(&self, now: Instant, change: impl FnOnce(&mut Level, Instant) -> T) -> T {
        let mut level = self
            .level
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let passed = now.saturating_duration_since(level.at).as_secs_f64();
        level.units = (level.units + passed * self.rate).min(self.burst);
        level.at = now;
        change(&mut level, now)
    }

    /// Takes units at a moment; says how long until they are there.
    fn reserve(&self, units: f64, now: Instant) -> Duration {
        self.at(now, |level, _| {
            level.units -= units;
            Duration::from_secs_f64((-level.units / self.rate).max(0.0))
        })
    }

    /// Takes units, in the order of the callers, and waits for them.
    pub(crate) async fn take(&self, units: f64) {
        sleep(self.reserve(units, steady())).await;
        loop {
            let closed = self.with(|level, now| level.closed_until.saturating_duration_since(now));
            if closed.is_zero() {
                return;
            }
            tokio::time::sleep(closed).await;
        }
    }

    /// Corrects what a call cost by what its answer announced.
    pub(crate) fn settle(&self, charged: f64, announced: f64) {
        self.with(|level, _| level.units -= announced - charged);
    }

    /// Nobody calls before this has passed.
    pub(crate) fn close(&self, time: Duration) {
        self.with(|level, now| level.closed_until = level.closed_until.max(now + time));
    }
}

/// Seconds that a number of units takes at least.
pub(crate) fn floor(quota: &Quota, units: f64) -> f64 {
    ((units - quota.burst) / quota.rate).max(0.0)
}

/// The quota of a bucket.
pub(crate) fn quota_of(name: &str) -> &'static Quota {
    QUOTAS.iter().find(|q| q.name == name).unwrap_or(&QUOTAS[0])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Bucket, QUOTAS, floor, quota};
    use crate::collect::clock::steady;

    #[test]
    fn the_floor_counts_what_the_burst_does_not_cover() {
        let q = quota("x", 10.0, 5.0, "");
        assert!((floor(&q, 105.0) - 10.0).abs() < 1e-9);
        assert!(floor(&q, 3.0).abs() < 1e-9);
        let names: std::collections::BTreeSet<_> = QUOTAS.iter().map(|q| q.name).collect();
        assert_eq!(names.len(), QUOTAS.len());
    }

    #[test]
    fn calls_wait_for_units_in_their_order() {
        let bucket = Bucket::new(&quota("x", 10.0, 5.0, ""), 1.0);
        let start = steady();
        let waits: Vec<u128> = (0..25)
            .map(|_| bucket.reserve(1.0, start).as_millis())
            .collect();
        assert_eq!(waits[..5], [0; 5]);
        assert_eq!(waits[5..8], [100, 200, 300]);
        assert_eq!(waits[24], 2000);
        // A second later ten units have come.
        assert_eq!(
            bucket
                .reserve(1.0, start + Duration::from_secs(1))
                .as_millis(),
            1100
        );
        // An answer that says it cost 100 makes the next one wait for it.
        bucket.settle(1.0, 101.0);
        assert!(bucket.reserve(1.0, start + Duration::from_secs(1)) > Duration::from_secs(10));
    }

    /// What Microsoft publishes: ten requests a minute for sign-ins, five in ten
    /// seconds for the logs, of every app in a tenant.
    #[test]
    fn sign_ins_and_logs_are_asked_for_below_what_is_published() {
        for (name, most, within) in [
            ("graph-sign-ins", 10, Duration::from_mins(1)),
            ("graph-reports", 5, Duration::from_secs(10)),
        ] {
            let quota = QUOTAS.iter().find(|q| q.name == name).expect("a quota");
            let bucket = Bucket::new(quota, 1.0);
            let start = steady();
            let sent: Vec<Duration> = (0..100).map(|_| bucket.reserve(1.0, start)).collect();
            for first in &sent {
                let near = |at: &&Duration| *at >= first && **at < *first + within;
                let in_time = sent.iter().filter(near).count();
                assert!(in_time <= most, "{name}: {in_time} within {within:?}");
            }
            // It is paced, and not merely cut off.
            assert!(sent[99] > within * 9, "{name}: {:?}", sent[99]);
        }
    }

    #[test]
    fn a_bucket_that_was_left_alone_is_full_and_no_fuller() {
        let bucket = Bucket::new(&quota("x", 10.0, 5.0, ""), 1.0);
        let later = steady() + Duration::from_hours(1);
        let waits: Vec<u128> = (0..6)
            .map(|_| bucket.reserve(1.0, later).as_millis())
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 100]);
    }
}
