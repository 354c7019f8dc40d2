//! Findings as events of OCSF 1.8.0, class Compliance Finding (2003), one a line.
//!
//! A rule that passed, is unknown or was skipped is one event; a rule that found
//! something is one event for each finding. What is unknown is a Warning, which
//! that schema has for results that lack information; it is never a Pass.

use std::io::Write;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::dataset::manifest::{Manifest, Tool};
use crate::detect::Assessment;
use crate::detect::finding::{Finding, Lifecycle, RuleResult, RuleState, Status, stable_uuid};
use crate::detect::origin::{self, Departure};
use crate::sqlfile::Severity;

/// Version of the schema.
pub const VERSION: &str = "1.8.0";
const CLASS: u64 = 2003;
const CATEGORY: u64 = 2;

/// A value of an enumeration and its caption.
type Coded = (u64, &'static str);

const PASS: Coded = (1, "Pass");
const WARNING: Coded = (2, "Warning");
const FAIL: Coded = (3, "Fail");
const SKIPPED: Coded = (99, "Not assessed");
const RESOLVED: Coded = (99, "No longer found");

const CREATE: Coded = (1, "Create");
const UPDATE: Coded = (2, "Update");
const CLOSE: Coded = (3, "Close");

/// Writes the events: rules by id, then findings, worst first.
///
/// # Errors
/// When the sink cannot be written.
pub fn write(
    mut sink: &mut dyn Write,
    assessment: &Assessment,
    manifest: &Manifest,
) -> std::io::Result<()> {
    let rules = assessment.rules.iter();
    let rules = rules
        .filter(|r| r.state != RuleState::Fail)
        .map(|r| rule_event(r, assessment, manifest));
    let findings = assessment.findings.iter();
    let findings = findings.map(|f| finding_event(f, assessment, manifest));
    for event in rules.chain(findings) {
        serde_json::to_writer(&mut sink, &event)?;
        sink.write_all(b"\n")?;
    }
    sink.flush()
}

/// What the events of one check share.
struct Event<'a> {
    activity: Coded,
    severity: Coded,
    status: Coded,
    message: &'a str,
    info: Map<String, Value>,
    compliance: Map<String, Value>,
}

fn rule_event(rule: &RuleResult, assessment: &Assessment, manifest: &Manifest) -> Value {
    let (status, severity) = match rule.state {
        RuleState::Pass => (PASS, (1, "Informational")),
        RuleState::Unknown => (WARNING, severity(rule.severity)),
        RuleState::Fail => (FAIL, severity(rule.severity)),
        RuleState::Skipped => (SKIPPED, (1, "Informational")),
    };
    let why = match (rule.state, &rule.why) {
        (RuleState::Pass, caveat) => format!(
            "Nothing found among {} rows of {}. {}",
            rule.population,
            rule.population_of,
            caveat.as_deref().unwrap_or_default()
        )
        .trim_end()
        .to_owned(),
        (_, Some(why)) if !why.is_empty() => why.clone(),
        (RuleState::Skipped, _) => "The rule was not assessed.".to_owned(),
        _ => "Rows could not be decided.".to_owned(),
    };
    let mut info = Map::new();
    info.insert(
        "uid".to_owned(),
        json!(stable_uuid(&format!("ocsf\u{1f}rule\u{1f}{}", rule.id))),
    );
    info.insert("title".to_owned(), json!(rule.title));
    info.insert("desc".to_owned(), json!(why));
    info.insert("types".to_owned(), json!(["rule"]));
    let compliance = compliance(&rule.id, &rule.title, &rule.controls, status, &why);
    let mut event = event(
        &Event {
            activity: CREATE,
            severity,
            status: (1, "New"),
            message: &why,
            info,
            compliance,
        },
        assessment,
        manifest,
    );
    event.insert(
        "unmapped".to_owned(),
        json!({
            "rule": rule.id,
            "state": rule.state.name(),
            "population": rule.population,
            "population_of": rule.population_of,
            "undecided": rule.undecided,
            "rule_set": rule_set(assessment),
            "assessed_without": rule.without,
        }),
    );
    Value::Object(event)
}

fn finding_event(finding: &Finding, assessment: &Assessment, manifest: &Manifest) -> Value {
    let (activity, triage) = match (finding.state, &finding.waiver) {
        (Lifecycle::Resolved, _) => (CLOSE, (4, "Resolved")),
        (Lifecycle::New, Some(_)) => (CREATE, (3, "Suppressed")),
        (Lifecycle::New, None) => (CREATE, (1, "New")),
        (_, Some(_)) => (UPDATE, (3, "Suppressed")),
        (_, None) => (UPDATE, (1, "New")),
    };
    let status = match (finding.state, finding.status) {
        (Lifecycle::Resolved, _) => RESOLVED,
        (_, Status::Fail) => FAIL,
        (_, Status::Unknown) => WARNING,
    };
    let mut info = Map::new();
    info.insert("uid".to_owned(), json!(finding.finding_id));
    info.insert("title".to_owned(), json!(finding.title));
    info.insert("desc".to_owned(), json!(finding.reason));
    info.insert("types".to_owned(), json!(["finding"]));
    let seen = json!(millis(finding.first_seen));
    info.insert("created_time".to_owned(), seen.clone());
    info.insert("first_seen_time".to_owned(), seen);
    if finding.state != Lifecycle::Resolved {
        let now = json!(millis(assessment.as_of));
        info.insert("last_seen_time".to_owned(), now);
    }
    let compliance = compliance(
        &finding.rule,
        &finding.title,
        &finding.controls,
        status,
        &finding.reason,
    );
    let mut event = event(
        &Event {
            activity,
            severity: severity(finding.severity),
            status: triage,
            message: &finding.reason,
            info,
            compliance,
        },
        assessment,
        manifest,
    );
    event.insert(
        "resources".to_owned(),
        json!([{ "uid": finding.resource, "name": finding.resource }]),
    );
    let mut unmapped = Map::new();
    let mut say = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            unmapped.insert(key.to_owned(), value);
        }
    };
    say("rule", Some(json!(finding.rule)));
    say("state", Some(json!(finding.state.name())));
    say("status", Some(json!(finding.status.name())));
    say("cause", finding.cause.as_ref().map(|c| json!(c)));
    say("pack", finding.pack.as_ref().map(|p| json!(p)));
    say("account", finding.account.as_ref().map(|a| json!(a)));
    say("person", finding.person.as_ref().map(|p| json!(p)));
    say("waiver", finding.waiver.as_ref().map(|w| json!(w)));
    say("rule_set", Some(rule_set(assessment)));
    event.insert("unmapped".to_owned(), Value::Object(unmapped));
    Value::Object(event)
}

/// How many rules and views are not those of this version, and which.
fn rule_set(assessment: &Assessment) -> Value {
    let departures = &assessment.departures;
    let all: Vec<String> = departures.iter().map(Departure::said).collect();
    json!({ "summary": origin::summary(departures), "not_as_shipped": all })
}

fn compliance(
    rule: &str,
    title: &str,
    controls: &std::collections::BTreeMap<String, Vec<String>>,
    status: Coded,
    detail: &str,
) -> Map<String, Value> {
    let standards: Vec<&String> = controls.keys().collect();
    let requirements: Vec<String> = controls
        .iter()
        .flat_map(|(framework, ids)| ids.iter().map(move |id| format!("{framework} {id}")))
        .collect();
    let mut map = Map::new();
    map.insert("control".to_owned(), json!(title));
    map.insert(
        "checks".to_owned(),
        json!([{ "uid": rule, "name": title, "status_id": status.0, "status": status.1 }]),
    );
    map.insert("standards".to_owned(), json!(standards));
    map.insert("requirements".to_owned(), json!(requirements));
    map.insert("status_id".to_owned(), json!(status.0));
    map.insert("status".to_owned(), json!(status.1));
    map.insert("status_detail".to_owned(), json!(detail));
    map
}

fn event(event: &Event<'_>, assessment: &Assessment, manifest: &Manifest) -> Map<String, Value> {
    let tool = Tool::this();
    let uid = event.info.get("uid").cloned().unwrap_or_default();
    let made = json!({
        "activity_id": event.activity.0,
        "activity_name": event.activity.1,
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "type_uid": CLASS * 100 + event.activity.0,
        "type_name": format!("Compliance Finding: {}", event.activity.1),
        "time": millis(assessment.as_of),
        "severity_id": event.severity.0,
        "severity": event.severity.1,
        "status_id": event.status.0,
        "status": event.status.1,
        "message": event.message,
        "metadata": {
            "version": VERSION,
            "uid": format!("{}/{}", manifest.snapshot, uid.as_str().unwrap_or_default()),
            "product": { "name": tool.name, "vendor_name": tool.name, "version": tool.version },
        },
        "finding_info": event.info,
        "compliance": event.compliance,
    });
    match made {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn severity(severity: Severity) -> Coded {
    match severity {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}
