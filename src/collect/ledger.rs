//! What was sent, counted per table and operation, against what was planned: a
//! source that sends a fifth more than its plan stops, and stays stopped.
//!
//! Two plans hold. One follows from the counts of an earlier snapshot, so that
//! lists which never end are noticed. The other grows with each call that is
//! known to be needed, so that repeating calls is noticed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use super::clock::Clock;
use super::operations::Operation;
use crate::dataset::manifest::RequestEntry;
use crate::dataset::schema::Source;

/// Requests beyond the plan that are never too many: a few retries.
const SLACK: u64 = 25;

#[derive(Debug, Default)]
struct Line {
    requests: u64,
    retries: u64,
    throttled: u64,
    bytes: u64,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    lines: BTreeMap<(&'static str, &'static str, &'static str), Line>,
    planned: BTreeMap<&'static str, u64>,
    sent: BTreeMap<&'static str, u64>,
    stopped: BTreeMap<&'static str, String>,
    /// What went wrong last, by source.
    trouble: BTreeMap<&'static str, String>,
}

/// Counts requests; shared by everything that sends.
#[derive(Debug)]
pub(crate) struct Ledger {
    clock: Clock,
    /// Calls that an earlier snapshot suggests, by source.
    expected: BTreeMap<Source, u64>,
    state: Mutex<State>,
}

impl Ledger {
    pub(crate) fn new(clock: Clock, expected: BTreeMap<Source, u64>) -> Self {
        Self {
            clock,
            expected,
            state: Mutex::new(State::default()),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut state)
    }

    /// Adds calls to the plan of a source: as many as are known to be needed.
    pub(crate) fn plan(&self, source: Source, calls: u64) {
        self.with(|s| *s.planned.entry(source.name()).or_default() += calls);
    }

    /// Counts a request that is about to be sent, or says why it is not.
    pub(crate) fn send(&self, operation: &'static Operation, again: bool) -> Result<(), String> {
        let source = operation.source.name();
        let now = self.clock.stamp();
        self.with(|s| {
            if let Some(why) = s.stopped.get(source) {
                return Err(why.clone());
            }
            let needed = s.planned.get(source).copied().unwrap_or_default();
            let sent = s.sent.entry(source).or_default();
            let over = |planned: u64| *sent >= planned + planned / 5 + SLACK;
            let expected = self.expected.get(&operation.source).copied();
            let why = if over(needed) {
                Some(format!("{sent} requests were sent and {needed} were planned: the rest of {source} was not asked for"))
            } else {
                expected.filter(|e| over(*e)).map(|e| {
                    format!("{sent} requests were sent and {e} were planned from the latest snapshot: the rest of {source} was not asked for; --unplanned lifts that limit")
                })
            };
            if let Some(mut why) = why {
                if let Some(trouble) = s.trouble.get(source) {
                    let _ = write!(why, "; before that, {trouble}");
                }
                s.stopped.insert(source, why.clone());
                return Err(why);
            }
            *sent += 1;
            let line = s
                .lines
                .entry((source, operation.service, operation.name))
                .or_default();
            line.requests += 1;
            line.retries += u64::from(again);
            line.first.get_or_insert_with(|| now.clone());
            line.last = Some(now);
            Ok(())
        })
    }

    /// Keeps what went wrong with a request that is sent again: when there are too
    /// many of these, it is the reason.
    pub(crate) fn failed(&self, operation: &'static Operation, why: &str) {
        let trouble = format!("{}: {why}", operation.name);
        self.with(|s| s.trouble.insert(operation.source.name(), trouble));
    }

    /// Counts what came back.
    pub(crate) fn received(&self, operation: &'static Operation, bytes: u64, throttled: bool) {
        self.with(|s| {
            let line = s
                .lines
                .entry((operation.source.name(), operation.service, operation.name))
                .or_default();
            line.bytes += bytes;
            line.throttled += u64::from(throttled);
        });
    }

    /// Planned calls and sent requests of a source.
    pub(crate) fn figures(&self, source: Source) -> (u64, u64) {
        self.with(|s| {
            let of = |map: &BTreeMap<&'static str, u64>| map.get(source.name()).copied();
            (
                of(&s.planned).unwrap_or_default(),
                of(&s.sent).unwrap_or_default(),
            )
        })
    }

    /// Everything that was sent, for the manifest.
    pub(crate) fn entries(&self) -> Vec<RequestEntry> {
        self.with(|s| {
            s.lines
                .iter()
                .map(|((source, service, operation), line)| RequestEntry {
                    source: (*source).to_owned(),
                    service: (*service).to_owned(),
                    operation: (*operation).to_owned(),
                    requests: line.requests,
                    retries: line.retries,
                    throttled: line.throttled,
                    bytes: line.bytes,
                    first: line.first.clone(),
                    last: line.last.clone(),
                })
                .collect()
        })
    }
}
