//! OSCAL assessment results: one result for each framework, an observation for
//! each rule, and a finding for each control that could be decided.
//!
//! A target of that format is satisfied or it is not; there is no third state.
//! So a control that is unknown, or of which only a part was assessed, has
//! observations that say so and no finding.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::dataset::manifest::{Manifest, Tool};
use crate::detect::Assessment;
use crate::detect::finding::{RuleResult, RuleState, stable_uuid};
use crate::detect::origin;
use crate::frameworks;
use crate::hash::sha256;

/// Version of the format.
pub const VERSION: &str = "1.1.2";
const NAMESPACE: &str = "urn:countersign:evidence";

/// What the rules of a control say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlState {
    /// Every rule was assessed and passed.
    Pass,
    /// A rule found a fault.
    Fail,
    /// No fault was found, and a rule could not be decided.
    Unknown,
    /// What was assessed passed, and a rule was skipped.
    Partly,
    /// No rule was assessed.
    NotAssessed,
}

impl ControlState {
    /// The state of a control with rules in these states.
    #[must_use]
    pub fn of(states: &[RuleState]) -> Self {
        let has = |state| states.contains(&state);
        if has(RuleState::Fail) {
            Self::Fail
        } else if has(RuleState::Unknown) {
            Self::Unknown
        } else if !has(RuleState::Pass) {
            Self::NotAssessed
        } else if has(RuleState::Skipped) {
            Self::Partly
        } else {
            Self::Pass
        }
    }
}

/// The document. `findings` is the path and SHA-256 of the list of findings
/// beside it, when there is one.
#[must_use]
pub fn document(
    assessment: &Assessment,
    manifest: &Manifest,
    findings: Option<(&str, &str)>,
) -> Value {
    let mut frameworks: BTreeMap<&str, BTreeMap<&str, Vec<&RuleResult>>> = BTreeMap::new();
    for rule in &assessment.rules {
        for (framework, ids) in &rule.controls {
            let controls = frameworks.entry(framework).or_default();
            for id in ids {
                controls.entry(id).or_default().push(rule);
            }
        }
    }
    let results: Vec<Value> = frameworks
        .iter()
        .map(|(framework, controls)| result(framework, controls, manifest, findings))
        .collect();
    let tool = Tool::this();
    let plan = stable_uuid("oscal\u{1f}plan");
    let mut resources = vec![json!({
        "uuid": plan,
        "title": "No assessment plan in OSCAL",
        "description": "The rules, their queries and parameters are the plan: see the list of rules.",
    })];
    if let Some((path, hash)) = findings {
        resources.push(json!({
            "uuid": stable_uuid(&format!("oscal\u{1f}file\u{1f}{hash}")),
            "title": "Findings",
            "rlinks": [{
                "href": path,
                "media-type": "text/csv",
                "hashes": [{ "algorithm": "SHA-256", "value": hash }],
            }],
        }));
    }
    let mut props = vec![
        prop("tool", &format!("{} {}", tool.name, tool.version)),
        prop("complete", if assessment.complete { "yes" } else { "no" }),
        prop("rule-set", &origin::summary(&assessment.departures)),
    ];
    let departures = assessment.departures.iter();
    props.extend(departures.map(|d| prop("not-as-shipped", &d.said())));
    let mut body = json!({
        "metadata": {
            "title": format!("Assessment of snapshot {}", manifest.snapshot),
            "last-modified": manifest.as_of,
            "version": manifest.snapshot,
            "oscal-version": VERSION,
            "props": props,
        },
        "import-ap": {
            "href": format!("#{plan}"),
            "remarks": "A stub: there is no assessment plan in OSCAL.",
        },
        "results": results,
        "back-matter": { "resources": resources },
    });
    let hash = sha256(body.to_string().as_bytes());
    if let Some(map) = body.as_object_mut() {
        let uuid = stable_uuid(&format!("oscal\u{1f}document\u{1f}{hash}"));
        map.insert("uuid".to_owned(), json!(uuid));
    }
    json!({ "assessment-results": body })
}

fn result(
    framework: &str,
    controls: &BTreeMap<&str, Vec<&RuleResult>>,
    manifest: &Manifest,
    evidence: Option<(&str, &str)>,
) -> Value {
    let id = |kind: &str, of: &str| {
        stable_uuid(&format!(
            "oscal\u{1f}{kind}\u{1f}{}\u{1f}{framework}\u{1f}{of}",
            manifest.snapshot
        ))
    };
    let rules: BTreeMap<&str, &RuleResult> = controls
        .values()
        .flatten()
        .map(|r| (r.id.as_str(), *r))
        .collect();
    let observations: Vec<Value> = rules
        .values()
        .map(|rule| observation(rule, &id("observation", &rule.id), manifest, evidence))
        .collect();
    let mut findings = Vec::new();
    let mut undecided = Vec::new();
    for (control, rules) in controls {
        let states: Vec<RuleState> = rules.iter().map(|r| r.state).collect();
        let (state, reason) = match ControlState::of(&states) {
            ControlState::Pass => ("satisfied", "pass"),
            ControlState::Fail => ("not-satisfied", "fail"),
            _ => {
                undecided.push(*control);
                continue;
            }
        };
        let title = frameworks::title(framework, control).unwrap_or(control);
        let related: Vec<Value> = rules
            .iter()
            .map(|r| json!({ "observation-uuid": id("observation", &r.id) }))
            .collect();
        findings.push(json!({
            "uuid": id("finding", control),
            "title": format!("{framework} {control}"),
            "description": title,
            "target": {
                "type": "statement-id",
                "target-id": target(framework, control),
                "title": title,
                "status": { "state": state, "reason": reason },
            },
            "related-observations": related,
        }));
    }
    let mut made = Map::new();
    made.insert("uuid".to_owned(), json!(id("result", "")));
    made.insert("title".to_owned(), json!(framework));
    made.insert(
        "description".to_owned(),
        json!(format!(
            "What the rules that speak of {framework} found in snapshot {}.",
            manifest.snapshot
        )),
    );
    made.insert("start".to_owned(), json!(manifest.as_of));
    made.insert("end".to_owned(), json!(manifest.as_of));
    let selected: BTreeSet<String> = controls.keys().map(|c| name(framework, c).0).collect();
    let selected: Vec<Value> = selected
        .iter()
        .map(|c| json!({ "control-id": c }))
        .collect();
    made.insert(
        "reviewed-controls".to_owned(),
        json!({ "control-selections": [{ "include-controls": selected }] }),
    );
    made.insert("observations".to_owned(), json!(observations));
    if !findings.is_empty() {
        made.insert("findings".to_owned(), json!(findings));
    }
    if !undecided.is_empty() {
        let text = format!(
            "Neither satisfied nor not satisfied, because not everything was read or assessed: {}.",
            undecided.join(", ")
        );
        made.insert("remarks".to_owned(), json!(text));
    }
    Value::Object(made)
}

fn observation(
    rule: &RuleResult,
    uuid: &str,
    manifest: &Manifest,
    evidence: Option<(&str, &str)>,
) -> Value {
    let mut props = vec![
        prop("rule", &rule.id),
        prop("state", rule.state.name()),
        prop("severity", rule.severity.name()),
        prop("population", &rule.population.to_string()),
        prop("findings", &rule.findings.to_string()),
        prop("undecided", &rule.undecided.to_string()),
    ];
    if matches!(rule.state, RuleState::Unknown | RuleState::Skipped) {
        props.push(prop("coverage", "partial"));
    }
    for table in &rule.without {
        props.push(prop("assessed-without", table));
    }
    let found = match rule.state {
        RuleState::Pass => format!(
            "Nothing found among {} rows of {}.",
            rule.population, rule.population_of
        ),
        RuleState::Fail => format!(
            "{} findings among {} rows of {}.",
            rule.findings, rule.population, rule.population_of
        ),
        RuleState::Unknown => "It could not be decided.".to_owned(),
        RuleState::Skipped => "It was not assessed.".to_owned(),
    };
    let mut made = json!({
        "uuid": uuid,
        "title": rule.title,
        "description": found,
        "props": props,
        "methods": ["TEST"],
        "types": ["control-objective"],
        "collected": manifest.as_of,
    });
    if let Some(map) = made.as_object_mut() {
        if let Some(why) = rule.why.as_deref().map(str::trim).filter(|w| !w.is_empty()) {
            map.insert("remarks".to_owned(), json!(why));
        }
        if let Some((path, hash)) = evidence {
            let text = format!("Rows of rule {}; SHA-256 {hash}.", rule.id);
            map.insert(
                "relevant-evidence".to_owned(),
                json!([{ "href": path, "description": text }]),
            );
        }
    }
    made
}

fn prop(name: &str, value: &str) -> Value {
    json!({ "name": name, "ns": NAMESPACE, "value": value })
}

/// The id of the statement that a finding is about.
fn target(framework: &str, control: &str) -> String {
    let (id, statement) = name(framework, control);
    if framework.starts_with("nist-800-53") {
        match statement {
            Some(part) => format!("{id}_smt.{part}"),
            None => format!("{id}_smt"),
        }
    } else {
        id
    }
}

/// The id of a control and, for the catalogue of NIST, of the statement in it:
/// `AC-2(3)(d)` is statement d of `ac-2.3`. Other frameworks have no catalogue of
/// that format, so their ids carry the name of the framework.
fn name(framework: &str, control: &str) -> (String, Option<String>) {
    if !framework.starts_with("nist-800-53") {
        return (token(&format!("{framework}_{control}")), None);
    }
    let lower = control.to_lowercase();
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let dash = lower.find('-').map_or(0, |at| at + 1);
    let (_, number) = lower.split_at(dash);
    let (base, mut rest) = lower.split_at(dash + digits(number));
    let mut id = base.to_owned();
    if let Some((enhancement, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')'))
        && digits(enhancement) == enhancement.len()
    {
        id.push('.');
        id.push_str(enhancement);
        rest = after;
    }
    let part = rest.replace(['(', ')'], "");
    (token(&id), (!part.is_empty()).then(|| token(&part)))
}

/// Text as a token: letters, digits, dots, hyphens, underscores, a letter first.
fn token(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') {
                c
            } else {
                '-'
            }
        })
        .collect();
    if clean.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        clean
    } else {
        format!("_{clean}")
    }
}

#[cfg(test)]
mod tests {
    use super::{ControlState, target};
    use crate::detect::finding::RuleState::{Fail, Pass, Skipped, Unknown};

    #[test]
    fn what_is_unknown_or_not_assessed_is_never_a_pass() {
        let cases: [(&[_], ControlState); 9] = [
            (&[Pass, Pass], ControlState::Pass),
            (&[Pass, Unknown], ControlState::Unknown),
            (&[Pass, Skipped], ControlState::Partly),
            (&[Pass, Unknown, Skipped], ControlState::Unknown),
            (&[Pass, Fail], ControlState::Fail),
            (&[Unknown, Fail], ControlState::Fail),
            (&[Skipped], ControlState::NotAssessed),
            (&[Unknown, Skipped], ControlState::Unknown),
            (&[], ControlState::NotAssessed),
        ];
        for (states, wanted) in cases {
            assert_eq!(ControlState::of(states), wanted, "{states:?}");
        }
    }

    #[test]
    fn statements_have_the_ids_of_the_catalogue() {
        for (control, wanted) in [
            ("AC-2", "ac-2_smt"),
            ("AC-2h", "ac-2_smt.h"),
            ("AC-2i.1", "ac-2_smt.i.1"),
            ("AC-2(3)", "ac-2.3_smt"),
            ("AC-2(3)(d)", "ac-2.3_smt.d"),
            ("CM-8a.2", "cm-8_smt.a.2"),
        ] {
            assert_eq!(target("nist-800-53r5", control), wanted);
        }
        assert_eq!(target("pci-dss-4.0.1", "8.2.5"), "pci-dss-4.0.1_8.2.5");
        assert_eq!(target("iso27001:2022", "A.5.16"), "iso27001-2022_A.5.16");
        assert_eq!(target("7 rules", "a b"), "_7-rules_a-b");
    }
}
