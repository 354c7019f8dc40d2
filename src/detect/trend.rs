//! How many findings earlier checks found, from the assessments that are kept.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::assessment::{Basis, is_newer, load_with_basis};
use super::finding::{Finding, Lifecycle, Status};
use super::first_seen::{PREFIX, time};
use super::{Assessment, DetectError};
use crate::dataset::id::snapshot_id;
use crate::dataset::store::Store;
use crate::sqlfile::Severity;

/// What an earlier check found, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The moment that it speaks of.
    pub as_of: DateTime<Utc>,
    /// Whether everything could be read and decided.
    pub complete: bool,
    /// Whether its rules and settings were the ones of now.
    pub comparable: bool,
    /// Faults by severity.
    pub found: BTreeMap<Severity, usize>,
    /// Findings that could not be decided.
    pub undecided: usize,
}

/// The latest checks of snapshots before a moment, oldest first, and how many
/// snapshots before them were checked too. Of several checks of one snapshot the
/// one with the rules and settings of now counts, else the last by its name.
///
/// # Errors
/// When one does not verify: a figure must not come from a file that was changed.
pub fn kept(
    at: &Store,
    before: DateTime<Utc>,
    basis: &Basis,
    most: usize,
) -> Result<(Vec<Kept>, usize), DetectError> {
    let until = snapshot_id(before);
    let mut by_snapshot: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in at.names(PREFIX)? {
        if let Some((snapshot, _)) = name.split_once('~')
            && snapshot < until.as_str()
        {
            by_snapshot
                .entry(snapshot.to_owned())
                .or_default()
                .push(name);
        }
    }
    let earlier = by_snapshot.len().saturating_sub(most);
    let mut all = Vec::new();
    for names in by_snapshot.values().skip(earlier) {
        let mut chosen: Option<Kept> = None;
        for name in names {
            let one = count(at, name, basis)?;
            let better = |held: &Kept| {
                one.as_ref()
                    .is_some_and(|o| o.comparable || !held.comparable)
            };
            if chosen.as_ref().is_none_or(better) && one.is_some() {
                chosen = one;
            }
        }
        all.extend(chosen);
    }
    Ok((all, earlier))
}

/// What this check found, counted.
#[must_use]
pub fn now(assessment: &Assessment) -> Kept {
    let live = |f: &&Finding| f.state != Lifecycle::Resolved;
    let mut found = BTreeMap::new();
    let mut undecided = 0;
    for finding in assessment.findings.iter().filter(live) {
        match finding.status {
            Status::Fail => *found.entry(finding.severity).or_default() += 1,
            Status::Unknown => undecided += 1,
        }
    }
    Kept {
        as_of: assessment.as_of,
        complete: assessment.complete,
        comparable: true,
        found,
        undecided,
    }
}

fn count(at: &Store, name: &str, basis: &Basis) -> Result<Option<Kept>, DetectError> {
    let (its, document) = match load_with_basis(at, name) {
        // Its figures are of rules that this version does not know.
        Err(error) if is_newer(&error) => return Ok(None),
        other => other?,
    };
    let Some(as_of) = time(&document.as_of) else {
        return Ok(None);
    };
    let mut found = BTreeMap::new();
    let mut undecided = 0;
    for finding in &document.findings {
        if finding.state == Lifecycle::Resolved.name() {
            continue;
        }
        match Severity::parse(&finding.severity) {
            Some(severity) if finding.status == Status::Fail.name() => {
                *found.entry(severity).or_default() += 1;
            }
            _ => undecided += 1,
        }
    }
    Ok(Some(Kept {
        as_of,
        complete: document.complete,
        comparable: its.rules_sha256 == basis.rules_sha256
            && its.config_sha256 == basis.config_sha256,
        found,
        undecided,
    }))
}
