//! Runs one rule and turns its rows into findings.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use super::finding::{Finding, Lifecycle, RuleResult, RuleState, Status, finding_id};
use super::state::{self, Allowed};
use super::{DetectError, Override};
use crate::dataset::session::Session;
use crate::dataset::settings::{self, Setting};
use crate::dataset::value::{json_at, text_at};
use crate::sqlfile::{Param, Rule, Severity};

/// Columns that are fields of a finding; all others are evidence.
const FIELDS: [&str; 7] = [
    "resource", "reason", "severity", "status", "account", "person", "cause",
];

/// The session of a check, and the same as it looks without a baseline.
pub(crate) struct Sessions {
    /// With the baseline, when there is one.
    pub(crate) whole: Session,
    /// For rules that read a table that the baseline lacks.
    pub(crate) alone: Session,
}

/// Runs a rule over the session of a check.
///
/// # Errors
/// When the query fails or its rows are no findings.
pub(crate) fn evaluate(
    sessions: &Sessions,
    rule: &Rule,
    custom: &Override,
) -> Result<(RuleResult, Vec<Finding>), DetectError> {
    let whole = &sessions.whole;
    let params = parameters(rule, custom);
    let mut result = blank(rule, custom, &params);
    if custom.enabled == Some(false) {
        result.why = Some("The rule is disabled in the configuration.".to_owned());
        return Ok((result, Vec::new()));
    }
    let reads = state::reads_of(rule, whole);
    result.rests_on = state::rests_on(&reads, whole);
    let allowed = state::allowed(rule, &reads, whole)?;
    if let Allowed::Skip { why } = allowed {
        result.why = Some(why);
        return Ok((result, Vec::new()));
    }
    let usable = state::baseline_usable(&reads, whole);
    if rule.needs_baseline && !whole.has_baseline() {
        result.why = Some(
            "The rule compares with a baseline and there is none: check a later snapshot, or name one with --baseline.".to_owned(),
        );
        return Ok((result, Vec::new()));
    }
    let mut session = if usable || !whole.has_baseline() {
        whole.clone()
    } else {
        sessions.alone.clone()
    };
    if !params.is_empty() {
        session.put("param", settings::param(&params, session.as_of())?);
    }
    let mut findings = run(&session, rule, custom)?;
    let run_error = |source| DetectError::Run {
        rule: rule.id.clone(),
        source,
    };
    result.population = session.count(&rule.population).map_err(run_error)?;
    let mut state = None;
    match allowed {
        Allowed::NoPass { rows_stand, why } => {
            let why = why.join(" ");
            if !rows_stand {
                for finding in &mut findings {
                    finding.status = Status::Unknown;
                    finding.reason = format!("Cannot be told ({why}): {}", finding.reason);
                }
            }
            result.why = Some(why);
            state = Some(RuleState::Unknown);
        }
        Allowed::Decide { without } if !without.is_empty() => {
            result.why = Some(format!("Assessed without {}.", without.join(", ")));
            result.without = without;
        }
        _ => {}
    }
    if (rule.needs_baseline || rule.baseline_finds) && whole.has_baseline() && !usable {
        let also = "A table that the rule compares was not complete in the baseline.";
        result.why = Some(match result.why.take() {
            Some(why) => format!("{why} {also}"),
            None => also.to_owned(),
        });
        state = Some(RuleState::Unknown);
        if rule.needs_baseline {
            findings.clear();
        }
    }
    // Why something is so is only said of what is known to be so.
    let shown = state::shows_causes(rule, whole);
    for finding in &mut findings {
        if !shown || finding.status == Status::Unknown {
            finding.cause = None;
        }
    }
    let count = |status| findings.iter().filter(|f| f.status == status).count() as u64;
    result.findings = count(Status::Fail);
    result.undecided = count(Status::Unknown);
    result.state = state.unwrap_or(match (result.findings, result.undecided) {
        (0, 0) => RuleState::Pass,
        (0, _) => RuleState::Unknown,
        _ => RuleState::Fail,
    });
    result.settle();
    Ok((result, findings))
}

/// The rule's parameters, overridden by the configuration.
fn parameters(rule: &Rule, custom: &Override) -> BTreeMap<String, Setting> {
    let mut params: BTreeMap<String, Setting> = rule
        .params
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Param::Int(v) => Setting::Int(*v),
                Param::Flag(v) => Setting::Flag(*v),
                Param::Text(v) => Setting::Text(v.clone()),
            };
            (name.clone(), value)
        })
        .collect();
    for (name, value) in &custom.params {
        params.insert(name.clone(), value.clone());
    }
    params
}

/// The result of a rule that was not assessed.
pub(crate) fn blank(
    rule: &Rule,
    custom: &Override,
    params: &BTreeMap<String, Setting>,
) -> RuleResult {
    RuleResult {
        id: rule.id.clone(),
        title: rule.title.clone(),
        severity: custom.severity.unwrap_or(rule.severity),
        state: RuleState::Skipped,
        why: None,
        population: 0,
        population_of: rule.population.clone(),
        findings: 0,
        undecided: 0,
        controls: rule.controls.clone(),
        parameters: params
            .iter()
            .map(|(name, value)| {
                let shown = match value {
                    Setting::Int(v) => v.to_string(),
                    Setting::Flag(v) => v.to_string(),
                    Setting::Text(v) => v.clone(),
                };
                (name.clone(), shown)
            })
            .collect(),
        without: Vec::new(),
        rests_on: BTreeMap::new(),
        nothing: false,
        kept: 0,
        sql: rule.sql.clone(),
        rationale: rule.rationale.clone(),
        remediation: rule.remediation.clone(),
    }
}

/// Runs the query and merges rows of the same resource.
fn run(session: &Session, rule: &Rule, custom: &Override) -> Result<Vec<Finding>, DetectError> {
    let rows = session
        .rows(&rule.sql, &rule.reads)
        .map_err(|source| DetectError::Run {
            rule: rule.id.clone(),
            source,
        })?;
    let mut merged: BTreeMap<String, (Finding, Vec<Value>)> = BTreeMap::new();
    for row in 0..rows.height() {
        let finding = finding(session, rule, custom, &rows, row)?;
        let evidence = Value::Object(finding.evidence.clone());
        match merged.get_mut(&finding.resource) {
            None => {
                merged.insert(finding.resource.clone(), (finding, vec![evidence]));
            }
            Some((kept, all)) => {
                // A fault outweighs what could not be told, then severity; the
                // rule's own order breaks ties.
                let worse = (finding.status == Status::Fail, finding.severity)
                    > (kept.status == Status::Fail, kept.severity);
                let severity = kept.severity.max(finding.severity);
                if worse {
                    *kept = finding;
                }
                kept.severity = severity;
                if !all.contains(&evidence) {
                    all.push(evidence);
                }
            }
        }
    }
    Ok(merged
        .into_values()
        .map(|(mut finding, mut all)| {
            if all.len() > 1 {
                let mut evidence = Map::new();
                evidence.insert("rows".to_owned(), Value::Array(std::mem::take(&mut all)));
                finding.evidence = evidence;
            }
            finding
        })
        .collect())
}

fn finding(
    session: &Session,
    rule: &Rule,
    custom: &Override,
    rows: &DataFrame,
    row: usize,
) -> Result<Finding, DetectError> {
    let bad = |message: String| DetectError::Rows {
        rule: rule.id.clone(),
        message,
    };
    let text = |column: &str| rows.column(column).ok().and_then(|c| text_at(c, row));
    let resource =
        text("resource").ok_or_else(|| bad(format!("row {} has no resource", row + 1)))?;
    let reason =
        text("reason").ok_or_else(|| bad(format!("the row for {resource} has no reason")))?;
    let severity = match text("severity") {
        None => rule.severity,
        Some(word) => Severity::parse(&word)
            .ok_or_else(|| bad(format!("`{word}` of {resource} is no severity")))?,
    };
    let status = match text("status").as_deref() {
        None | Some("fail") => Status::Fail,
        Some("unknown") => Status::Unknown,
        Some(word) => return Err(bad(format!("`{word}` of {resource} is no status"))),
    };
    let mut evidence = Map::new();
    for column in rows.columns() {
        let name = column.name().as_str();
        if !FIELDS.contains(&name) {
            evidence.insert(name.to_owned(), json_at(column, row));
        }
    }
    Ok(Finding {
        finding_id: finding_id(&rule.id, &resource),
        rule: rule.id.clone(),
        title: rule.title.clone(),
        severity: custom.severity.unwrap_or(severity),
        status,
        state: Lifecycle::New,
        resource,
        reason,
        cause: text("cause"),
        pack: custom.pack.clone(),
        account: text("account"),
        person: text("person"),
        first_seen: session.as_of(),
        waiver: None,
        waived_until: None,
        controls: rule.controls.clone(),
        evidence,
        kept: None,
    })
}
