//! Compares findings with those of the baseline and of earlier assessments.

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use super::finding::{Finding, Lifecycle, RuleResult, RuleState, Status};

/// Sets first-seen dates and states, and adds what was resolved.
///
/// A finding of the baseline that is gone is resolved only when its rule was
/// decided now, for every row: nothing is concluded from what could not be
/// read, and an undecided row may be the very finding under another name. A
/// rule whose header says `own_rows` names its rows by what cannot be null, so
/// that an undecided row speaks of itself alone.
pub(crate) fn compare(findings: &mut Vec<Finding>, rules: &[RuleResult], request: &Request<'_>) {
    compare_new(findings, request);
    let Some(before) = request.before else {
        return;
    };
    let here: BTreeSet<String> = findings.iter().map(|f| f.finding_id.clone()).collect();
    let decided: BTreeMap<&str, &RuleResult> = rules
        .iter()
        .filter(|r| {
            matches!(r.state, RuleState::Pass | RuleState::Fail)
                && (r.undecided == 0 || request.rules.find(&r.id).is_some_and(|r| r.own_rows))
        })
        .map(|r| (r.id.as_str(), r))
        .collect();
    for old in &before.findings {
        if old.status == Status::Fail
            && old.state != Lifecycle::Resolved
            && !here.contains(&old.finding_id)
            && decided.contains_key(old.rule.as_str())
        {
            let mut gone = old.clone();
            gone.state = Lifecycle::Resolved;
            gone.waiver = None;
            gone.waived_until = None;
            findings.push(gone);
        }
    }
}

/// Sets first-seen dates and states of findings that are there now.
pub(crate) fn compare_new(findings: &mut [Finding], request: &Request<'_>) {
    let seen: BTreeMap<(&str, &str), _> = request
        .first_seen
        .iter()
        .map(|s| ((s.rule.as_str(), s.resource.as_str()), s.at))
        .collect();
    let before: BTreeMap<&str, &Finding> = request
        .before
        .map(|b| {
            b.findings
                .iter()
                .filter(|f| f.state != Lifecycle::Resolved)
                .map(|f| (f.finding_id.as_str(), f))
                .collect()
        })
        .unwrap_or_default();
    for finding in findings {
        let earlier = seen
            .get(&(finding.rule.as_str(), finding.resource.as_str()))
            .copied()
            .filter(|at| *at < finding.first_seen);
        let old = before.get(finding.finding_id.as_str());
        finding.state = match (old, earlier) {
            (None, None) => Lifecycle::New,
            (None, Some(_)) if request.before.is_some() => Lifecycle::Reopened,
            _ => Lifecycle::Open,
        };
        if let Some(at) = [earlier, old.map(|f| f.first_seen)]
            .into_iter()
            .flatten()
            .min()
        {
            finding.first_seen = finding.first_seen.min(at);
        }
    }
}
