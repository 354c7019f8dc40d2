//! What was sent, counted per table and operation, beside what was planned. Only
//! a budget that somebody set ends a collection: what a service needs to answer
//! is its own business, and an estimate of ours is no reason to lose a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use super::clock::Clock;
use super::operations::Operation;
use crate::dataset::manifest::RequestEntry;
use crate::dataset::schema::Source;

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
    /// What went wrong last, by source.
    trouble: BTreeMap<&'static str, String>,
}

/// Counts requests; shared by everything that sends.
#[derive(Debug)]
pub(crate) struct Ledger {
    clock: Clock,
    /// Requests that may be sent, of all sources together.
    most: Option<u64>,
    state: Mutex<State>,
}

impl Ledger {
    pub(crate) fn new(clock: Clock, most: Option<u64>) -> Self {
        Self {
            clock,
            most,
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
            let total: u64 = s.sent.values().sum();
            if let Some(most) = self.most.filter(|most| total >= *most) {
                let mut why = format!(
                    "--most-requests {most} is reached, so the rest of {source} was not asked for"
                );
                if let Some(trouble) = s.trouble.get(source) {
                    let _ = write!(why, "; before that, {trouble}");
                }
                return Err(why);
            }
            let sent = s.sent.entry(source).or_default();
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

    /// Keeps what went wrong with a request that is sent again: it may be what used
    /// the budget up.
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
