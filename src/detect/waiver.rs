//! Waivers mark findings; they hide nothing. What is wrong with a waiver is a
//! finding of its own, evaluated after all rules.
//!
//! A waiver is judged by what it does, not by how it is written: one that takes in
//! too much, runs too long or is approved by its own owner marks nothing, and is
//! found at the severity of what it would have hidden.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::finding::{Finding, Lifecycle, RuleResult, RuleState, Status, finding_id};
use super::people::People;
use super::rule::RuleSet;
use super::{Override, Request, evaluate};
pub use crate::config::waivers::Waiver;
use crate::dataset::DatasetError;
use crate::dataset::manifest::rfc3339;
use crate::dataset::session::Session;
use crate::glob::{Glob, brief, is_exact};
use crate::sqlfile::{Rule, Severity};

/// Findings that one waiver may cover.
const MOST_COVERED: usize = 10;
/// Days beyond the snapshot when the configuration says nothing.
const LONGEST_DAYS: i64 = 365;

/// What a waiver does in a check.
#[derive(Debug, Default)]
pub(crate) struct Effect {
    /// What keeps it from being in force at all.
    defect: Option<String>,
    /// Why it is not honoured although it is in force.
    excess: Vec<String>,
    /// Places of the findings that it names.
    names: Vec<usize>,
    /// The worst of them.
    worst: Option<Severity>,
}

impl Effect {
    fn counts(&self) -> bool {
        self.defect.is_none() && self.excess.is_empty()
    }
}

impl Waiver {
    /// What keeps it from having any effect; `None` when it is in force.
    fn defect(&self, rules: &RuleSet, as_of: DateTime<Utc>) -> Option<String> {
        let blank = |v: &Option<String>| v.as_deref().is_none_or(|v| v.trim().is_empty());
        if rules.find(&self.rule).is_none() {
            return Some(format!(
                "names the rule {}, which does not exist",
                self.rule
            ));
        }
        if let Err(e) = Glob::new(&self.resource) {
            return Some(format!("names resources by a pattern that is none: {e}"));
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

    /// Why it would not be honoured whatever it covers.
    fn excess(&self, as_of: DateTime<Utc>, longest: i64, people: &People) -> Vec<String> {
        let mut excess = Vec::new();
        let text = |v: &Option<String>| v.clone().unwrap_or_default();
        if people.share(&text(&self.owner), &text(&self.approver)) {
            excess.push("is approved by its own owner".to_owned());
        }
        let last = TimeDelta::try_days(longest).and_then(|t| as_of.checked_add_signed(t));
        if let (Some(end), Some(last)) = (self.expires, last)
            && end > last
        {
            excess.push(format!(
                "runs until {}, longer than the {longest} days that waiver.longest_days allows",
                end.format("%Y-%m-%d")
            ));
        }
        excess
    }
}

/// What each waiver does to the findings of a check.
///
/// # Errors
/// When the people of the snapshot cannot be read.
pub(crate) fn effects(
    findings: &[Finding],
    waivers: &[Waiver],
    rules: &RuleSet,
    session: &Session,
) -> Result<Vec<Effect>, DatasetError> {
    let as_of = session.as_of();
    let longest = longest(session)?;
    let mut people = None;
    let mut live: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        if finding.state != Lifecycle::Resolved {
            live.entry(&finding.rule).or_default().push(at);
        }
    }
    let none = Vec::new();
    let mut effects = Vec::new();
    // What patterns take in together, by rule.
    let mut together: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for waiver in waivers {
        let mut effect = Effect {
            defect: waiver.defect(rules, as_of),
            ..Effect::default()
        };
        let rule = rules.find(&waiver.rule).map_or("", |r| r.id.as_str());
        if let Ok(glob) = Glob::new(&waiver.resource) {
            let of_rule = live.get(rule).unwrap_or(&none).iter();
            effect.names = of_rule
                .filter(|at| {
                    findings
                        .get(**at)
                        .is_some_and(|f| glob.is_match(&f.resource))
                })
                .copied()
                .collect();
        }
        let named = effect.names.iter().filter_map(|at| findings.get(*at));
        effect.worst = named.map(|f| f.severity).max();
        if effect.defect.is_none() {
            let people = match &people {
                Some(people) => people,
                None => people.insert(People::of(session)?),
            };
            effect.excess = waiver.excess(as_of, longest, people);
            if !is_exact(&waiver.resource) {
                let taken = together.entry(rule).or_default();
                taken.extend(&effect.names);
            }
        }
        effects.push(effect);
    }
    for (waiver, effect) in waivers.iter().zip(&mut effects) {
        // A full name is one decision on one thing, even where nothing else is found.
        if effect.defect.is_some() || effect.names.is_empty() || is_exact(&waiver.resource) {
            continue;
        }
        let rule = rules.find(&waiver.rule).map_or("", |r| r.id.as_str());
        let all = live.get(rule).map_or(0, Vec::len);
        let covered = effect.names.len();
        if covered == all {
            effect.excess.push(format!(
                "covers every finding of its rule ({all}) by a pattern"
            ));
        } else if covered > MOST_COVERED {
            effect.excess.push(format!(
                "covers {covered} of the {all} findings of its rule, more than {MOST_COVERED}"
            ));
        } else if together.get(rule).is_some_and(|taken| taken.len() == all) {
            effect.excess.push(format!(
                "covers, together with other patterns, every finding of its rule ({all})"
            ));
        }
    }
    Ok(effects)
}

/// The days that a waiver may run beyond the snapshot.
fn longest(session: &Session) -> Result<i64, DatasetError> {
    const KEY: &str = "waiver_longest_days";
    let setting = session.collect("SELECT * FROM setting")?;
    let days = setting.column(KEY).ok().and_then(|c| c.get(0).ok());
    Ok(days
        .and_then(|v| v.extract::<i64>())
        .unwrap_or(LONGEST_DAYS))
}

/// Marks the findings that a waiver covers; of several, the one that ends last.
pub(crate) fn apply(findings: &mut [Finding], waivers: &[Waiver], effects: &[Effect]) {
    for (waiver, effect) in waivers.iter().zip(effects).filter(|(_, e)| e.counts()) {
        for at in &effect.names {
            if let Some(finding) = findings.get_mut(*at)
                && finding.waived_until < waiver.expires
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
    effects: &[Effect],
    decided: &[RuleResult],
    full: bool,
) -> (RuleResult, Vec<Finding>) {
    let mut result = evaluate::blank(rule, custom, &BTreeMap::new());
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
    // What a rule that was not decided would have found is not known.
    let open = |waiver: &Waiver| {
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
    for (waiver, effect) in waivers.iter().zip(effects) {
        let mut wrong: Vec<String> = effect.defect.iter().cloned().collect();
        wrong.extend(effect.excess.iter().cloned());
        if effect.names.is_empty() && effect.defect.is_none() {
            if open(waiver) {
                undecided += 1;
            } else {
                wrong.push("matches no finding".to_owned());
            }
        }
        if !wrong.is_empty() {
            let mut finding = finding(request, rule, custom, waiver, &wrong.join(", and "));
            if !effect.excess.is_empty() && !effect.names.is_empty() {
                weigh(&mut finding, effect, custom, findings);
            }
            found.push(finding);
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

/// Says what a waiver that is not honoured would have hidden, and weighs as much.
fn weigh(finding: &mut Finding, effect: &Effect, custom: &Override, findings: &[Finding]) {
    const NAMED: usize = 20;
    if let Some(worst) = effect.worst {
        finding.severity = custom.severity.map_or(worst, |s| s.max(worst));
    }
    let count = effect.names.len();
    let s = if count == 1 { "" } else { "s" };
    finding.reason.pop();
    finding.reason = format!(
        "{}; it is not applied, and {count} finding{s} count.",
        finding.reason
    );
    let named = effect.names.iter().filter_map(|at| findings.get(*at));
    let resources = named.map(|f| Value::String(f.resource.clone()));
    finding
        .evidence
        .insert("would_cover".into(), Value::from(count));
    finding
        .evidence
        .insert("resources".into(), resources.take(NAMED).collect());
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
            waiver.id,
            waiver.rule,
            brief(&waiver.resource)
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
        kept: None,
    }
}

#[cfg(test)]
mod tests;
