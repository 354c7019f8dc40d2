//! `countersign.findings/v1`: the JSON that other programs read.
//!
//! The types here are the format; they are not the internal ones, so that a
//! change inside cannot change what is printed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Assessment;
use super::finding::{Finding, Kept, RuleResult};
use super::origin::{self, Departure};
use crate::dataset::manifest::rfc3339;

/// Format tag.
pub const SCHEMA: &str = "countersign.findings/v1";

/// The document.
#[derive(Debug, Serialize, Deserialize)]
pub struct Document {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Snapshot id.
    pub snapshot: String,
    /// Its as-of.
    pub as_of: String,
    /// Baseline id.
    pub baseline: Option<String>,
    /// Whether everything could be decided.
    pub complete: bool,
    /// Tables that are not complete, and why.
    pub incomplete: BTreeMap<String, String>,
    /// How many rules and views are not those of this version, as a sentence.
    #[serde(default)]
    pub rule_set: String,
    /// Rules and views that are not as this version ships them.
    #[serde(default)]
    pub departures: Vec<Departure>,
    /// One entry per rule.
    pub rules: Vec<RuleEntry>,
    /// One entry per finding.
    pub findings: Vec<FindingEntry>,
}

/// A rule's result.
#[derive(Debug, Serialize, Deserialize)]
pub struct RuleEntry {
    /// Rule id.
    pub id: String,
    /// `pass`, `fail`, `unknown` or `skipped`.
    pub state: String,
    /// Rows that were assessed.
    pub population: u64,
    /// Faults.
    pub findings: u64,
    /// Rows that could not be decided.
    pub undecided: u64,
    /// Severity of the rule.
    pub severity: String,
    /// Title of the rule.
    pub title: String,
    /// Table or view that was assessed.
    pub population_of: String,
    /// Why it is unknown or skipped, or what its population leaves out.
    pub why: Option<String>,
    /// Tables that it was assessed without.
    #[serde(default)]
    pub assessed_without: Vec<String>,
    /// Tables that it reads, with the state of each; none in an assessment of
    /// an older version.
    #[serde(default)]
    pub rests_on: BTreeMap<String, String>,
}

/// A finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FindingEntry {
    /// Stable id.
    pub finding_id: String,
    /// Rule id.
    pub rule: String,
    /// Title of the rule.
    pub title: String,
    /// Severity.
    pub severity: String,
    /// `fail` or `unknown`.
    pub status: String,
    /// `new`, `open`, `reopened` or `resolved`.
    pub state: String,
    /// What it is about.
    pub resource: String,
    /// One full sentence.
    pub reason: String,
    /// Why it came about.
    pub cause: Option<String>,
    /// Policy pack.
    pub pack: Option<String>,
    /// Account concerned.
    pub account: Option<String>,
    /// Person concerned.
    pub person: Option<String>,
    /// First snapshot that had it.
    pub first_seen: String,
    /// Waiver that covers it.
    pub waiver: Option<String>,
    /// When that waiver ends.
    pub waived_until: Option<String>,
    /// Control ids by framework.
    pub controls: BTreeMap<String, Vec<String>>,
    /// Facts.
    pub evidence: Map<String, Value>,
    /// What it waits for, when it could not be looked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

impl From<&RuleResult> for RuleEntry {
    fn from(rule: &RuleResult) -> Self {
        Self {
            id: rule.id.clone(),
            state: rule.state.name().to_owned(),
            population: rule.population,
            findings: rule.findings,
            undecided: rule.undecided,
            severity: rule.severity.name().to_owned(),
            title: rule.title.clone(),
            population_of: rule.population_of.clone(),
            why: rule.why.clone(),
            assessed_without: rule.without.clone(),
            rests_on: rule.rests_on.clone(),
        }
    }
}

impl From<&Finding> for FindingEntry {
    fn from(f: &Finding) -> Self {
        Self {
            finding_id: f.finding_id.clone(),
            rule: f.rule.clone(),
            title: f.title.clone(),
            severity: f.severity.name().to_owned(),
            status: f.status.name().to_owned(),
            state: f.state.name().to_owned(),
            resource: f.resource.clone(),
            reason: f.reason.clone(),
            cause: f.cause.clone(),
            pack: f.pack.clone(),
            account: f.account.clone(),
            person: f.person.clone(),
            first_seen: rfc3339(f.first_seen),
            waiver: f.waiver.clone(),
            waived_until: f.waived_until.map(rfc3339),
            controls: f.controls.clone(),
            evidence: f.evidence.clone(),
            kept: f.kept.clone(),
        }
    }
}

/// The document of an assessment.
#[must_use]
pub fn document(assessment: &Assessment) -> Document {
    Document {
        schema: SCHEMA.to_owned(),
        snapshot: assessment.snapshot.clone(),
        as_of: rfc3339(assessment.as_of),
        baseline: assessment.baseline.clone(),
        complete: assessment.complete,
        incomplete: assessment.incomplete.iter().cloned().collect(),
        rule_set: origin::summary(&assessment.departures),
        departures: assessment.departures.clone(),
        rules: assessment.rules.iter().map(RuleEntry::from).collect(),
        findings: assessment.findings.iter().map(FindingEntry::from).collect(),
    }
}
