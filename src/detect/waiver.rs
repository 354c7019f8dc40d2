//! Waivers mark findings; they hide nothing. What is wrong with a waiver is a
//! finding of its own, evaluated after all rules.

use chrono::{DateTime, Utc};
use globset::{Glob, GlobMatcher};
use serde_json::{Map, Value};

use super::finding::{Finding, Lifecycle, RuleResult, RuleState, Status, finding_id};
use super::rule::RuleSet;
use super::{Override, Request, evaluate};
pub use crate::config::waivers::Waiver;
use crate::dataset::manifest::rfc3339;
use crate::sqlfile::Rule;

impl Waiver {
    fn matcher(&self) -> Option<GlobMatcher> {
        Glob::new(&self.resource).ok().map(|g| g.compile_matcher())
    }

    /// What keeps it from having any effect; `None` when it is in force.
    fn defect(&self, rules: &RuleSet, as_of: DateTime<Utc>) -> Option<String> {
        let blank = |v: &Option<String>| v.as_deref().is_none_or(|v| v.trim().is_empty());
        if rules.find(&self.rule).is_none() {
            return Some(format!(
                "names the rule {}, which does not exist",
                self.rule
            ));
        }
        if self.matcher().is_none() {
            return Some(format!(
                "names resources by `{}`, which is no glob",
                self.resource
            ));
        }
        if blank(&self.owner) {
            return Some("has no owner".to_owned());
        }
        if blank(&self.approver) {
            return Some("has no approver".to_owned());
        }
        match self.expires {
            None => Some("has no end date".to_owned()),
            Some(end) if end < as_of => Some(format!("ended at {}", rfc3339(end))),
            Some(_) => None,
        }
    }

    /// Whether it names every resource of its rule.
    fn over_broad(&self) -> bool {
        !self.resource.chars().any(char::is_alphanumeric)
    }

    fn covers(&self, finding: &Finding, rules: &RuleSet, matcher: &GlobMatcher) -> bool {
        rules.find(&self.rule).is_some_and(|r| r.id == finding.rule)
            && matcher.is_match(&finding.resource)
    }
}

/// Marks the findings that a waiver in force covers; of several, the one that
/// ends last.
pub(crate) fn apply(
    findings: &mut [Finding],
    waivers: &[Waiver],
    rules: &RuleSet,
    as_of: DateTime<Utc>,
) {
    for waiver in waivers {
        let (None, Some(matcher)) = (waiver.defect(rules, as_of), waiver.matcher()) else {
            continue;
        };
        for finding in findings.iter_mut() {
            if finding.state != Lifecycle::Resolved
                && finding.waived_until < waiver.expires
                && waiver.covers(finding, rules, &matcher)
            {
                finding.waiver = Some(waiver.id.clone());
                finding.waived_until = waiver.expires;
            }
        }
    }
}

/// The rule on waivers themselves.
pub(crate) fn evaluate(
    request: &Request<'_>,
    rule: &Rule,
    custom: &Override,
    findings: &[Finding],
    decided: &[RuleResult],
    full: bool,
) -> (RuleResult, Vec<Finding>) {
    let mut result = evaluate::blank(rule, custom, &std::collections::BTreeMap::new());
    if custom.enabled == Some(false) {
        result.why = Some("The rule is disabled in the configuration.".to_owned());
        return (result, Vec::new());
    }
    if !full {
        result.why = Some("Waivers are judged on a full check only.".to_owned());
        return (result, Vec::new());
    }
    let Some(waivers) = request.waivers else {
        result.why = Some("registers.waivers is not set.".to_owned());
        return (result, Vec::new());
    };
    let as_of = request.session.as_of();
    // What a rule that was not decided would have found is not known.
    let blind = |waiver: &Waiver| {
        request.rules.find(&waiver.rule).is_some_and(|rule| {
            !decided.iter().any(|r| {
                r.id == rule.id
                    && matches!(r.state, RuleState::Pass | RuleState::Fail)
                    && r.undecided == 0
            })
        })
    };
    let mut found = Vec::new();
    let mut undecided = 0;
    for waiver in waivers {
        let defect = waiver.defect(request.rules, as_of).or_else(|| {
            let matcher = waiver.matcher()?;
            let hit = findings.iter().any(|f| {
                f.state != Lifecycle::Resolved && waiver.covers(f, request.rules, &matcher)
            });
            if !hit && blind(waiver) {
                undecided += 1;
                None
            } else if !hit {
                Some("matches no finding".to_owned())
            } else if waiver.over_broad() {
                Some("covers every resource of its rule".to_owned())
            } else {
                None
            }
        });
        if let Some(defect) = defect {
            found.push(finding(request, rule, custom, waiver, &defect));
        }
    }
    result.population = waivers.len() as u64;
    "waivers".clone_into(&mut result.population_of);
    result.findings = found.len() as u64;
    result.undecided = undecided;
    result.state = if !found.is_empty() {
        RuleState::Fail
    } else if undecided > 0 {
        result.why = Some(format!(
            "Whether {undecided} of the waivers still match cannot be told: their rules were not decided."
        ));
        RuleState::Unknown
    } else {
        RuleState::Pass
    };
    (result, found)
}

fn finding(
    request: &Request<'_>,
    rule: &Rule,
    custom: &Override,
    waiver: &Waiver,
    defect: &str,
) -> Finding {
    let mut evidence = Map::new();
    let text = |v: &Option<String>| v.clone().map_or(Value::Null, Value::String);
    evidence.insert("rule".into(), Value::String(waiver.rule.clone()));
    evidence.insert(
        "waived_resource".into(),
        Value::String(waiver.resource.clone()),
    );
    evidence.insert("owner".into(), text(&waiver.owner));
    evidence.insert("approver".into(), text(&waiver.approver));
    evidence.insert(
        "expires".into(),
        waiver
            .expires
            .map_or(Value::Null, |t| Value::String(rfc3339(t))),
    );
    Finding {
        finding_id: finding_id(&rule.id, &waiver.id),
        rule: rule.id.clone(),
        title: rule.title.clone(),
        severity: custom.severity.unwrap_or(rule.severity),
        status: Status::Fail,
        state: Lifecycle::New,
        resource: waiver.id.clone(),
        reason: format!(
            "Waiver {} for {} on {} {defect}.",
            waiver.id, waiver.rule, waiver.resource
        ),
        cause: None,
        pack: None,
        account: None,
        person: None,
        first_seen: request.session.as_of(),
        waiver: None,
        waived_until: None,
        controls: rule.controls.clone(),
        evidence,
    }
}
