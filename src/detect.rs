//! Runs rules over a snapshot, decides their states, compares with the
//! baseline and applies waivers.
//!
//! `rule` loads and checks rule files, `state` decides from coverage what a
//! rule may claim, `evaluate` turns rows into findings, `lifecycle` compares
//! with what was found before, `waiver` marks, `assessment` stores the result.

pub mod assessment;
pub mod evaluate;
pub mod finding;
mod first_seen;
pub mod history;
pub mod json;
pub mod lifecycle;
pub mod origin;
mod people;
pub mod rule;
mod rule_file;
pub mod state;
pub mod trend;
pub mod verify;
pub mod waiver;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};

use crate::dataset::DatasetError;
use crate::dataset::session::{FirstSeen, Session};
use crate::dataset::settings::Setting;
use crate::sqlfile::{Rule, Severity};

use evaluate::Sessions;
use finding::{Finding, RuleResult, RuleState};
use rule::RuleSet;
use waiver::Waiver;

/// What can go wrong while rules are loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// A rule, view or override is not what it must be.
    #[error("no rule was run: {message}")]
    Rules {
        /// Every problem, one a line, with file and position.
        message: String,
    },
    /// A rule's query failed: a defect of the rule.
    #[error("rule {rule} could not be run: {source}")]
    Run {
        /// Rule id.
        rule: String,
        /// The engine's reason.
        source: DatasetError,
    },
    /// A rule's rows are not findings.
    #[error("rule {rule} returned rows that are no findings: {message}")]
    Rows {
        /// Rule id.
        rule: String,
        /// What is missing.
        message: String,
    },
    /// Files of the dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// What the configuration says about a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Override {
    /// Replaces the severity of the rule and of its rows.
    pub severity: Option<Severity>,
    /// Whether the rule runs.
    pub enabled: Option<bool>,
    /// Replaces parameters.
    pub params: BTreeMap<String, Setting>,
    /// The policy pack that decides a threshold of the rule.
    pub pack: Option<String>,
}

/// A check to run.
pub struct Request<'a> {
    /// Snapshot, settings and views.
    pub session: &'a Session,
    /// Id of the snapshot.
    pub snapshot: &'a str,
    /// Id of the baseline, when there is one.
    pub baseline: Option<&'a str>,
    /// Rules to run.
    pub rules: &'a RuleSet,
    /// What the configuration says about rules, by id.
    pub overrides: &'a BTreeMap<String, Override>,
    /// Only rules that one of these globs matches; empty means all.
    pub filter: &'a [String],
    /// Waivers; `None` when no register of them is set.
    pub waivers: Option<&'a [Waiver]>,
    /// Findings of the baseline.
    pub before: Option<&'a Previous>,
    /// When each finding was first seen, from stored assessments.
    pub first_seen: &'a [FirstSeen],
    /// Told after each rule.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

/// What a check of the baseline found.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    /// As-of of the baseline.
    pub as_of: Option<DateTime<Utc>>,
    /// Its findings that were not resolved.
    pub findings: Vec<Finding>,
    /// What each rule rested on: the state of every table that it read.
    pub rests_on: BTreeMap<String, BTreeMap<String, String>>,
}

impl Previous {
    /// What a check of the baseline gives to the next one.
    #[must_use]
    pub fn of(assessment: Assessment) -> Self {
        Self {
            as_of: Some(assessment.as_of),
            findings: assessment.findings,
            rests_on: assessment
                .rules
                .into_iter()
                .map(|r| (r.id, r.rests_on))
                .collect(),
        }
    }
}

/// The result of a check.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// Snapshot that was checked.
    pub snapshot: String,
    /// The moment that ages are relative to.
    pub as_of: DateTime<Utc>,
    /// Snapshot that it was compared with.
    pub baseline: Option<String>,
    /// Whether every required table was complete and no rule is unknown.
    pub complete: bool,
    /// Tables of required or enabled sources that are not complete, with their reasons.
    pub incomplete: Vec<(String, String)>,
    /// One result per rule, by id.
    pub rules: Vec<RuleResult>,
    /// Findings: worst first, then by rule and resource.
    pub findings: Vec<Finding>,
    /// Waivers that were read.
    pub waivers: Vec<Waiver>,
    /// Rules and views that are not as this version ships them.
    pub departures: Vec<origin::Departure>,
}

/// Runs the rules.
///
/// # Errors
/// When a rule's query fails or its rows are no findings: a rule that cannot
/// be run is never left out silently.
pub fn check(request: &Request<'_>) -> Result<Assessment, DetectError> {
    let selected = request.rules.select(request.filter)?;
    let full = request.filter.is_empty();
    let mut rules = Vec::new();
    let mut findings = Vec::new();
    for (result, rows) in in_parallel(request, &selected)? {
        rules.push(result);
        findings.extend(rows);
    }
    lifecycle::compare(&mut findings, &mut rules, request);
    let waivers = request.waivers.unwrap_or_default().to_vec();
    let effects = waiver::effects(&findings, &waivers, request.rules, request.session)?;
    waiver::apply(&mut findings, &waivers, &effects);
    for rule in request.rules.select(request.filter)? {
        if rule.engine {
            let custom = request.overrides.get(&rule.id).cloned().unwrap_or_default();
            let (mut result, rows) =
                waiver::evaluate(request, rule, &custom, &findings, &effects, &rules, full);
            result.settle();
            rules.push(result);
            let mut rows = rows;
            lifecycle::compare_new(&mut rows, request);
            findings.extend(rows);
        }
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    let incomplete = state::incomplete_tables(request.session)?;
    let complete = incomplete.is_empty()
        && rules.iter().all(|r| r.state != RuleState::Unknown)
        && findings.iter().all(|f| f.kept.is_none());
    Ok(Assessment {
        snapshot: request.snapshot.to_owned(),
        as_of: request.session.as_of(),
        baseline: request.baseline.map(str::to_owned),
        complete,
        incomplete,
        rules,
        findings,
        waivers,
        departures: request.rules.departures(request.overrides),
    })
}

/// Evaluates rules side by side; the results are in the order of the rules, and
/// so is the error that is reported when there are several.
fn in_parallel(
    request: &Request<'_>,
    rules: &[&Rule],
) -> Result<Vec<(RuleResult, Vec<Finding>)>, DetectError> {
    /// Rules at a time: each holds its own tables in memory.
    const MOST: usize = 4;
    let rules: Vec<&Rule> = rules.iter().copied().filter(|r| !r.engine).collect();
    let views = state::views_read(&rules, request.session);
    let whole = request.session.keeping(&views);
    let sessions = Sessions {
        alone: if whole.baseline_is_whole() {
            whole.clone()
        } else {
            whole.without_baseline()?
        },
        whole,
    };
    let threads = std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(MOST);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(rule) = rules.get(next.fetch_add(1, Ordering::Relaxed)) {
            let custom = request.overrides.get(&rule.id).cloned().unwrap_or_default();
            done.push((
                rule.id.clone(),
                evaluate::evaluate(&sessions, rule, &custom),
            ));
            (request.progress)(&rule.id);
        }
        done
    };
    let mut done: Vec<_> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                // A panic is a defect, on whatever thread it happens.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by(|a, b| a.0.cmp(&b.0));
    done.into_iter().map(|(_, result)| result).collect()
}

impl Assessment {
    /// Whether a rule at or above the severity could not be decided, or a fault
    /// of it that was there could not be looked for again.
    #[must_use]
    pub fn undecided(&self, at_least: Severity) -> bool {
        // A row may weigh more than its rule does by default.
        let rows = |rule: &str| {
            let mut rows = self.findings.iter().filter(|f| f.rule == rule);
            rows.any(|f| f.status == finding::Status::Unknown && f.severity >= at_least)
        };
        !self.incomplete.is_empty()
            || self
                .rules
                .iter()
                .filter(|r| r.state == RuleState::Unknown)
                .any(|r| r.severity >= at_least || rows(&r.id))
            || self
                .findings
                .iter()
                .any(|f| f.kept.is_some() && f.severity >= at_least)
    }

    /// Whether something was found at or above the severity that no waiver covers.
    #[must_use]
    pub fn found(&self, at_least: Severity) -> bool {
        self.findings
            .iter()
            .any(|f| f.counts() && f.severity >= at_least)
    }

    /// Whether a row at or above the severity could not be told, of whatever rule.
    #[must_use]
    pub fn untold(&self, at_least: Severity) -> bool {
        self.findings
            .iter()
            .any(|f| f.status == finding::Status::Unknown && f.severity >= at_least)
    }
}
