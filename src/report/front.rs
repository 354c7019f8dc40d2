//! What a page opens with: the answer of the check in figures, what is unknown
//! and why, and the charts.

use chrono::{DateTime, Utc};

use super::charts::Chart;
use crate::dataset::coverage::State;
use crate::dataset::manifest::Manifest;
use crate::detect::Assessment;
use crate::detect::finding::{Lifecycle, RuleState, Status};
use crate::detect::origin;
use crate::sqlfile::Severity;

/// Faults of one severity that are there now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The severity.
    pub severity: Severity,
    /// All of them, waived ones included.
    pub found: usize,
    /// Those that were not there at the baseline.
    pub new: usize,
    /// Those that a waiver covers.
    pub waived: usize,
}

/// The answer of the check.
#[derive(Clone, Debug)]
pub struct Front {
    /// Snapshot that was checked.
    pub snapshot: String,
    /// The moment that everything is relative to.
    pub as_of: DateTime<Utc>,
    /// Snapshot that it was compared with.
    pub baseline: Option<String>,
    /// Whether everything could be read and decided.
    pub complete: bool,
    /// Faults by severity, worst first; every severity is there.
    pub counts: Vec<Count>,
    /// Findings that could not be decided.
    pub undecided: usize,
    /// Findings of the baseline that are gone.
    pub resolved: usize,
    /// Rules, and those that passed, failed, are unknown and were skipped.
    pub rules: [usize; 5],
    /// Rules that could not be decided, and why.
    pub unknown: Vec<(String, String)>,
    /// Rules that were decided without some tables, and without which.
    pub partly: Vec<(String, String)>,
    /// Rules that were not assessed, and why.
    pub skipped: Vec<(String, String)>,
    /// Tables, and those that were read completely.
    pub tables: [usize; 2],
    /// Tables that were not, worst first, with their state and the reason.
    pub incomplete: Vec<(String, State, String)>,
    /// How many rules and views are not as this version ships them, and which; none
    /// when all are.
    pub departures: Vec<String>,
    /// Charts.
    pub charts: Vec<Chart>,
}

impl Front {
    /// The answer of a check.
    #[must_use]
    pub fn new(assessment: &Assessment, manifest: &Manifest, charts: Vec<Chart>) -> Self {
        let live = || {
            let all = assessment.findings.iter();
            all.filter(|f| f.state != Lifecycle::Resolved)
        };
        let counts = Severity::ALL
            .iter()
            .map(|severity| {
                let faults =
                    || live().filter(|f| f.status == Status::Fail && f.severity == *severity);
                let arrived = |l: Lifecycle| matches!(l, Lifecycle::New | Lifecycle::Reopened);
                Count {
                    severity: *severity,
                    found: faults().count(),
                    new: faults().filter(|f| arrived(f.state)).count(),
                    waived: faults().filter(|f| f.waiver.is_some()).count(),
                }
            })
            .collect();
        let undecided = live().filter(|f| f.status == Status::Unknown).count();
        let of = |state: RuleState| assessment.rules.iter().filter(move |r| r.state == state);
        let why = |state: RuleState, otherwise: &str| {
            of(state)
                .map(|r| {
                    let why = r.why.clone().unwrap_or_else(|| otherwise.to_owned());
                    (r.id.clone(), why)
                })
                .collect()
        };
        let mut incomplete: Vec<_> = manifest
            .tables
            .iter()
            .filter(|t| t.state != State::Complete)
            .map(|t| (t.table.clone(), t.state, t.reasons.join(" ")))
            .collect();
        // What could not be read stands before what nobody asked for.
        incomplete.sort_by(|a, b| (b.1.rank(), &a.0).cmp(&(a.1.rank(), &b.0)));
        Self {
            snapshot: assessment.snapshot.clone(),
            as_of: assessment.as_of,
            baseline: assessment.baseline.clone(),
            complete: decided(assessment),
            counts,
            undecided,
            resolved: assessment.findings.len() - live().count(),
            rules: [
                assessment.rules.len(),
                of(RuleState::Pass).count(),
                of(RuleState::Fail).count(),
                of(RuleState::Unknown).count(),
                of(RuleState::Skipped).count(),
            ],
            partly: assessment
                .rules
                .iter()
                .filter(|r| !r.without.is_empty())
                .map(|r| {
                    let without = format!("assessed without {}", r.without.join(", "));
                    (r.id.clone(), without)
                })
                .collect(),
            unknown: why(RuleState::Unknown, "Some of its rows could not be decided."),
            skipped: why(RuleState::Skipped, "It was not assessed."),
            tables: [
                manifest.tables.len(),
                manifest.tables.len() - incomplete.len(),
            ],
            incomplete,
            departures: departures(assessment),
            charts,
        }
    }

    /// Faults of all severities.
    #[must_use]
    pub fn found(&self) -> usize {
        self.counts.iter().map(|c| c.found).sum()
    }
}

fn departures(assessment: &Assessment) -> Vec<String> {
    let all = &assessment.departures;
    if all.is_empty() {
        return Vec::new();
    }
    let first = std::iter::once(origin::summary(all));
    first
        .chain(all.iter().map(origin::Departure::said))
        .collect()
}

/// Whether everything was read and every row decided: a rule that found faults
/// may have rows beside them that it could not decide.
pub(super) fn decided(assessment: &Assessment) -> bool {
    assessment.complete && assessment.rules.iter().all(|r| r.undecided == 0)
}
