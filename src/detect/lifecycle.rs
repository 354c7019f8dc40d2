//! Compares findings with those of the baseline and of earlier assessments.

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use super::finding::{Finding, Kept, Lifecycle, RuleResult, RuleState, Status};
use super::state;
use crate::dataset::coverage::State;

/// Sets first-seen dates and states, and adds what was resolved and what could
/// not be looked for again.
///
/// A fault of the baseline that is gone is resolved only when everything that
/// it rested on and that was complete then is complete now, and its rule was
/// decided for every row: an undecided row may be the very finding under
/// another name. A rule whose header says `own_rows` names its rows by what
/// cannot be null, so that an undecided row speaks of itself alone. Otherwise
/// the fault stays open as unknown, and says what is missing.
pub(crate) fn compare(
    findings: &mut Vec<Finding>,
    rules: &mut [RuleResult],
    request: &Request<'_>,
) {
    compare_new(findings, request);
    let Some(before) = request.before else {
        return;
    };
    let here: BTreeMap<String, usize> = findings
        .iter()
        .enumerate()
        .map(|(at, f)| (f.finding_id.clone(), at))
        .collect();
    let decided: BTreeSet<String> = rules
        .iter()
        .filter(|r| r.decided())
        .map(|r| r.id.clone())
        .collect();
    for old in before.findings.iter().filter(|f| f.is_open_fault()) {
        let Some(result) = rules.iter_mut().find(|r| r.id == old.rule) else {
            continue;
        };
        let off = request.overrides.get(&old.rule);
        if off.is_some_and(|o| o.enabled == Some(false)) {
            continue;
        }
        let rests_on = rested_on(old, result, request);
        let gaps = Gaps::of(old, &rests_on, result, decided.contains(&old.rule), request);
        if let Some(found) = here
            .get(&old.finding_id)
            .and_then(|at| findings.get_mut(*at))
        {
            if found.status == Status::Unknown {
                found.kept = Some(gaps.kept(old, rests_on));
            }
        } else if gaps.why.is_empty() {
            findings.push(Finding {
                state: Lifecycle::Resolved,
                status: Status::Fail,
                reason: reason(old).to_owned(),
                waiver: None,
                waived_until: None,
                kept: None,
                ..old.clone()
            });
        } else {
            findings.push(Finding {
                state: Lifecycle::Open,
                status: Status::Unknown,
                reason: format!(
                    "Cannot be told any more ({}): {}",
                    gaps.why.join(" "),
                    reason(old)
                ),
                cause: None,
                waiver: None,
                waived_until: None,
                kept: Some(gaps.kept(old, rests_on)),
                ..old.clone()
            });
            stays_open(result, &gaps.why);
        }
    }
}

/// The reason that was given when the fault was found.
fn reason(old: &Finding) -> &str {
    old.kept.as_ref().map_or(&old.reason, |k| &k.reason)
}

/// What an earlier finding rested on: as it was kept with it, else what its rule
/// reads today and how complete that was in the baseline.
fn rested_on(
    old: &Finding,
    result: &RuleResult,
    request: &Request<'_>,
) -> BTreeMap<String, String> {
    if let Some(kept) = &old.kept {
        return kept.rests_on.clone();
    }
    let before = request.before.and_then(|b| b.rests_on.get(&old.rule));
    before
        .filter(|b| !b.is_empty())
        .cloned()
        .unwrap_or_else(|| {
            let then = |table: &String| {
                let state = request.session.baseline_state(table)?;
                Some((table.clone(), state.name().to_owned()))
            };
            let rule = request.rules.find(&old.rule);
            let read = rule.map_or_else(BTreeSet::new, |r| state::tables_read(r, request.session));
            let read = read.iter().chain(result.rests_on.keys());
            read.filter_map(then).collect()
        })
}

/// Why an earlier finding cannot be looked for again.
struct Gaps {
    why: Vec<String>,
    missing: BTreeSet<String>,
}

impl Gaps {
    fn of(
        old: &Finding,
        rests_on: &BTreeMap<String, String>,
        result: &RuleResult,
        decided: bool,
        request: &Request<'_>,
    ) -> Self {
        let session = request.session;
        let (mut why, mut missing) = (Vec::new(), BTreeSet::new());
        let mut tables = Vec::new();
        for (table, then) in rests_on {
            let Some(now) = session.state(table) else {
                continue;
            };
            if then == State::Complete.name() && now != State::Complete {
                tables.push(table.as_str());
                match session.lost(table) {
                    Some(lost) => missing.extend(lost.iter().cloned()),
                    None => {
                        missing.insert(table.clone());
                    }
                }
            }
        }
        if !tables.is_empty() {
            why.push(format!(
                "{} {} not complete, as when it was found.",
                tables.join(", "),
                if tables.len() == 1 { "is" } else { "are" }
            ));
        }
        // A row that lost its name may be the one that the finding is about.
        for table in rests_on.keys() {
            if let Some(more) = nameless(table, request) {
                missing.insert(table.clone());
                why.push(format!("{more} rows of {table} came without a name."));
            }
        }
        // What was missing when it was last looked for must have come back.
        let still = old.kept.iter().flat_map(|k| &k.missing);
        for key in still.filter(|k| !session.holds(k)) {
            if missing.insert(key.clone()) {
                why.push(format!("{key} is still missing."));
            }
        }
        let own = request.rules.find(&old.rule).is_some_and(|r| r.own_rows);
        if why.is_empty() && !decided {
            why.push(
                result
                    .why
                    .clone()
                    .unwrap_or_else(|| format!("The rule {} could not be decided.", result.id)),
            );
        } else if why.is_empty() && result.undecided > result.kept && !own {
            why.push(format!(
                "Rows of {} could not be decided, and one of them may be this.",
                result.population_of
            ));
        }
        Self { why, missing }
    }

    fn kept(&self, old: &Finding, rests_on: BTreeMap<String, String>) -> Kept {
        Kept {
            reason: reason(old).to_owned(),
            rests_on,
            missing: self.missing.clone(),
        }
    }
}

/// How many more rows of a table lack their name than in the baseline.
fn nameless(table: &str, request: &Request<'_>) -> Option<u64> {
    let lacks = crate::dataset::schema::table(table)?.nameless?;
    let count = |table: &str| request.session.count_where(table, lacks);
    // What cannot be counted is not known to be named.
    let now = count(table).unwrap_or(u64::MAX);
    let then = count(&format!("baseline_{table}")).unwrap_or(0);
    (now > then).then(|| now - then)
}

/// A rule with faults that could not be looked for again is not decided.
fn stays_open(result: &mut RuleResult, why: &[String]) {
    let first = result.kept == 0;
    result.kept += 1;
    result.undecided += 1;
    if matches!(result.state, RuleState::Pass | RuleState::Skipped) {
        result.state = RuleState::Unknown;
    }
    if first && result.why.is_none() {
        result.why = Some(format!(
            "Faults of the baseline could not be looked for again: {}",
            why.join(" ")
        ));
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
