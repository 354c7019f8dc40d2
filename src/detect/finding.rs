//! Findings and the results of rules, as every output shows them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::sqlfile::Severity;

/// Namespace of finding ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_4c1e_8a52_4b7e_9c3d_2b1f_0a7e_4d90);

/// Whether a finding is a fault or something that could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The fault is there.
    Fail,
    /// Whether it is there could not be told.
    Unknown,
}

impl Status {
    /// The word used in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// A finding against the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifecycle {
    /// Not there at the baseline, never seen before.
    New,
    /// There at the baseline too.
    Open,
    /// Not there at the baseline, but seen before it.
    Reopened,
    /// There at the baseline and gone now.
    Resolved,
}

impl Lifecycle {
    /// The word used in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Reopened => "reopened",
            Self::Resolved => "resolved",
        }
    }
}

/// What a rule may claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleState {
    /// Everything was read and nothing was found.
    Pass,
    /// At least one fault.
    Fail,
    /// It could not be decided.
    Unknown,
    /// It was not assessed.
    Skipped,
}

impl RuleState {
    /// The word used in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Stable over runs: a hash of rule and resource.
    pub finding_id: String,
    /// Rule id.
    pub rule: String,
    /// Title of the rule.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// Fault or undecided.
    pub status: Status,
    /// Against the baseline.
    pub state: Lifecycle,
    /// Stable key of what it is about.
    pub resource: String,
    /// One full sentence.
    pub reason: String,
    /// Why it came about, when the data shows it.
    pub cause: Option<String>,
    /// Policy pack that set its threshold.
    pub pack: Option<String>,
    /// Account concerned.
    pub account: Option<String>,
    /// Person concerned.
    pub person: Option<String>,
    /// As-of of the first snapshot that had it.
    pub first_seen: DateTime<Utc>,
    /// Waiver that covers it.
    pub waiver: Option<String>,
    /// When that waiver ends.
    pub waived_until: Option<DateTime<Utc>>,
    /// Control ids by framework.
    pub controls: BTreeMap<String, Vec<String>>,
    /// Facts of the row.
    pub evidence: Map<String, Value>,
    /// Of a fault that was found earlier and that could not be looked for since.
    pub kept: Option<Kept>,
}

/// What an open finding waits for that could not be looked for again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The reason that was given when the fault was found.
    pub reason: String,
    /// Tables that it rested on, with the state that each had then.
    pub rests_on: BTreeMap<String, String>,
    /// What was there then and is missing now: tables, places, files, registers.
    pub missing: BTreeSet<String>,
}

impl Finding {
    /// Whether it counts against the threshold: a fault, not resolved, not waived.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.status == Status::Fail && self.state != Lifecycle::Resolved && self.waiver.is_none()
    }

    /// Whether it is an open fault, or was one when it could last be looked for.
    #[must_use]
    pub fn is_open_fault(&self) -> bool {
        self.state != Lifecycle::Resolved && (self.status == Status::Fail || self.kept.is_some())
    }

    /// Worst first, then by rule and resource: a total order.
    pub(crate) fn order(&self) -> (i64, &str, &str, Lifecycle) {
        (self.severity.rank(), &self.rule, &self.resource, self.state)
    }
}

/// A UUID (version 5) of some text, the same on every run.
#[must_use]
pub fn stable_uuid(text: &str) -> String {
    Uuid::new_v5(&NAMESPACE, text.as_bytes()).to_string()
}

/// The id of the finding of a rule on a resource.
#[must_use]
pub fn finding_id(rule: &str, resource: &str) -> String {
    stable_uuid(&format!("{rule}\u{1f}{resource}"))
}

/// What came of one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleResult {
    /// Rule id.
    pub id: String,
    /// Title of the rule.
    pub title: String,
    /// Its severity, as configured.
    pub severity: Severity,
    /// What it may claim.
    pub state: RuleState,
    /// Why it is unknown or skipped, or what its population leaves out.
    pub why: Option<String>,
    /// Rows that were assessed.
    pub population: u64,
    /// Table or view that they are rows of.
    pub population_of: String,
    /// Faults.
    pub findings: u64,
    /// Rows that could not be decided.
    pub undecided: u64,
    /// Control ids by framework.
    pub controls: BTreeMap<String, Vec<String>>,
    /// Parameters that it ran with.
    pub parameters: BTreeMap<String, String>,
    /// Tables that it was assessed without: branches of a union that were skipped.
    pub without: Vec<String>,
    /// Tables that it reads, with the state of each.
    pub rests_on: BTreeMap<String, String>,
    /// Whether it was not assessed because there was nothing to assess.
    pub nothing: bool,
    /// Faults of the baseline that could not be looked for again.
    pub kept: u64,
    /// Its query.
    pub sql: String,
    /// Why it matters.
    pub rationale: String,
    /// What to do.
    pub remediation: String,
}

impl RuleResult {
    /// Nothing to assess is no pass.
    pub(crate) fn settle(&mut self) {
        if self.state == RuleState::Pass && self.population == 0 {
            self.state = RuleState::Skipped;
            self.nothing = true;
            let nothing = format!("nothing to assess: no rows in {}", self.population_of);
            self.why = Some(match self.why.take() {
                Some(why) => format!("{nothing}. {why}"),
                None => nothing,
            });
        }
    }

    /// Whether everything was decided, so that what it does not find is not there.
    pub(crate) fn decided(&self) -> bool {
        matches!(self.state, RuleState::Pass | RuleState::Fail) || self.nothing
    }
}

#[cfg(test)]
mod tests {
    use super::finding_id;

    #[test]
    fn ids_are_version_5_of_rule_and_resource() {
        // Computed with Python: uuid.uuid5(uuid.UUID("6f1d4c1e-8a52-4b7e-9c3d-2b1f0a7e4d90"),
        // "secret/overdue\x1fentra/app/k1")
        assert_eq!(
            finding_id("secret/overdue", "entra/app/k1"),
            "35bda87d-62d3-5b10-96bc-1ee41a0b8edb"
        );
    }
}
