//! A check that is asked for, and what came of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::finding::{self, Finding, RuleResult, RuleState};
use super::origin::Departure;
use super::overrides::Override;
use super::rule::RuleSet;
use crate::config::waivers::Waiver;
use crate::dataset::session::{FirstSeen, Session};
use crate::sqlfile::Severity;

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
    pub departures: Vec<Departure>,
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
