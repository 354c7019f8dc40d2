//! The tables of an assessment, for the SQL of reports.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use polars::prelude::LazyFrame;

use super::reviews::Reviews;
use crate::dataset::DatasetError;
use crate::dataset::manifest::{Manifest, RequestEntry};
use crate::dataset::session::Session;
use crate::dataset::settings::{column, table, times};
use crate::detect::Assessment;
use crate::detect::finding::Lifecycle;
use crate::fold::fold;
use crate::hash::sha256;

pub(super) fn put(
    session: &mut Session,
    assessment: &Assessment,
    manifest: &Manifest,
    reviews: Option<&Reviews>,
) -> Result<(), DatasetError> {
    for (name, frame) in super::reviews::frames(reviews)? {
        session.put(name, frame);
    }
    session.put("request_ledger", requests(manifest)?);
    let f = &assessment.findings;
    let without: BTreeMap<&str, String> = assessment
        .rules
        .iter()
        .filter(|r| !r.without.is_empty())
        .map(|r| (r.id.as_str(), r.without.join("; ")))
        .collect();
    let text = |get: fn(&crate::detect::finding::Finding) -> Option<String>| {
        f.iter().map(get).collect::<Vec<_>>()
    };
    let finding = table(vec![
        column("finding_id", text(|f| Some(f.finding_id.clone()))),
        column("rule", text(|f| Some(f.rule.clone()))),
        column("title", text(|f| Some(f.title.clone()))),
        column("severity", text(|f| Some(f.severity.name().to_owned()))),
        column(
            "severity_rank",
            f.iter().map(|f| f.severity.rank()).collect::<Vec<i64>>(),
        ),
        column("status", text(|f| Some(f.status.name().to_owned()))),
        column("state", text(|f| Some(f.state.name().to_owned()))),
        column("resource", text(|f| Some(f.resource.clone()))),
        column("reason", text(|f| Some(f.reason.clone()))),
        column("cause", text(|f| f.cause.clone())),
        column("pack", text(|f| f.pack.clone())),
        column("account", text(|f| f.account.clone())),
        column("person", text(|f| f.person.clone())),
        times("first_seen", f.iter().map(|f| Some(f.first_seen)).collect())?,
        column("waiver", text(|f| f.waiver.clone())),
        times("waived_until", f.iter().map(|f| f.waived_until).collect())?,
        column("controls", text(|f| Some(controls(&f.controls)))),
        column(
            "evidence",
            text(|f| Some(serde_json::Value::Object(f.evidence.clone()).to_string())),
        ),
        column(
            "assessed_without",
            f.iter()
                .map(|f| without.get(f.rule.as_str()).cloned())
                .collect::<Vec<_>>(),
        ),
        column(
            "waits_for",
            text(|f| {
                let missing = &f.kept.as_ref()?.missing;
                let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
                Some(missing.join("; "))
            }),
        ),
    ])?;
    session.put("finding", finding);
    let live = || f.iter().filter(|f| f.state != Lifecycle::Resolved);
    let persons = live().filter_map(|f| Some((fold(f.person.as_deref()?), f.rule.clone())));
    session.put("finding_about", by_subject("person_folded", persons)?);
    let resources = live().map(|f| (f.resource.clone(), f.rule.clone()));
    session.put("finding_on", by_subject("resource", resources)?);
    let r = &assessment.rules;
    let text = |get: fn(&crate::detect::finding::RuleResult) -> Option<String>| {
        r.iter().map(get).collect::<Vec<_>>()
    };
    let number = |get: fn(&crate::detect::finding::RuleResult) -> u64| {
        r.iter()
            .map(|r| i64::try_from(get(r)).ok())
            .collect::<Vec<Option<i64>>>()
    };
    let results = table(vec![
        column("rule", text(|r| Some(r.id.clone()))),
        column("title", text(|r| Some(r.title.clone()))),
        column("severity", text(|r| Some(r.severity.name().to_owned()))),
        column("state", text(|r| Some(r.state.name().to_owned()))),
        column("why", text(|r| r.why.clone())),
        column("findings", number(|r| r.findings)),
        column("undecided", number(|r| r.undecided)),
        column("population", number(|r| r.population)),
        column("population_of", text(|r| Some(r.population_of.clone()))),
        column("controls", text(|r| Some(controls(&r.controls)))),
        column(
            "parameters",
            text(|r| {
                Some(
                    r.parameters
                        .iter()
                        .map(|(k, v)| format!("{k} = {v}"))
                        .collect::<Vec<_>>()
                        .join("; "),
                )
            }),
        ),
        column("rationale", text(|r| Some(r.rationale.clone()))),
        column("remediation", text(|r| Some(r.remediation.clone()))),
        column("query", text(|r| Some(r.sql.clone()))),
        column(
            "assessed_without",
            text(|r| (!r.without.is_empty()).then(|| r.without.join("; "))),
        ),
        column(
            "rests_on",
            text(|r| {
                let tables = r.rests_on.iter();
                let tables: Vec<String> = tables.map(|(t, s)| format!("{t}: {s}")).collect();
                Some(tables.join("; "))
            }),
        ),
        column("query_sha256", text(|r| Some(sha256(r.sql.as_bytes())))),
    ])?;
    session.put("rule_result", results);
    session.put("control", known_controls()?);
    session.put("rule_control", rule_controls(assessment)?);
    let w = &assessment.waivers;
    let text = |get: fn(&crate::detect::waiver::Waiver) -> Option<String>| {
        w.iter().map(get).collect::<Vec<_>>()
    };
    let waivers = table(vec![
        column("waiver", text(|w| Some(w.id.clone()))),
        column("rule", text(|w| Some(w.rule.clone()))),
        column("resource", text(|w| Some(w.resource.clone()))),
        column("reason", text(|w| Some(w.reason.clone()))),
        column("owner", text(|w| w.owner.clone())),
        column("approver", text(|w| w.approver.clone())),
        column("ticket", text(|w| w.ticket.clone())),
        times("expires", w.iter().map(|w| w.expires).collect())?,
    ])?;
    session.put("waiver_list", waivers);
    let mut entries: Vec<(String, String, String)> = Vec::new();
    let mut add = |section: &str, name: &str, value: String| {
        entries.push((section.to_owned(), name.to_owned(), value));
    };
    add("snapshot", "id", manifest.snapshot.clone());
    add("snapshot", "as of", manifest.as_of.clone());
    add(
        "snapshot",
        "sequence in the chain",
        manifest.sequence.to_string(),
    );
    if let Some(previous) = &manifest.previous {
        add("snapshot", "previous", previous.snapshot.clone());
        add(
            "snapshot",
            "previous manifest SHA-256",
            previous.manifest_sha256.clone(),
        );
    }
    add(
        "snapshot",
        "configuration SHA-256",
        manifest.config_sha256.clone(),
    );
    if let serde_json::Value::Object(settings) = &manifest.settings {
        for (name, value) in settings {
            add("setting", name, value.to_string());
        }
    }
    for register in &manifest.registers {
        add("register", &register.path, register.sha256.clone());
    }
    for t in &manifest.tables {
        add("table", &t.file, t.sha256.clone());
        for input in &t.inputs {
            add("input", &input.path, input.sha256.clone());
        }
    }
    entries.sort();
    entries.dedup();
    let part = |get: fn(&(String, String, String)) -> &String| {
        entries.iter().map(|e| get(e).clone()).collect::<Vec<_>>()
    };
    let manifest = table(vec![
        column("section", part(|e| &e.0)),
        column("name", part(|e| &e.1)),
        column("value", part(|e| &e.2)),
    ])?;
    session.put("manifest_entry", manifest);
    Ok(())
}

/// Requests that were sent, by operation.
fn requests(manifest: &Manifest) -> Result<LazyFrame, DatasetError> {
    let all = &manifest.requests;
    let text =
        |get: fn(&RequestEntry) -> &String| all.iter().map(|r| get(r).clone()).collect::<Vec<_>>();
    let number = |get: fn(&RequestEntry) -> u64| {
        all.iter()
            .map(|r| i64::try_from(get(r)).ok())
            .collect::<Vec<Option<i64>>>()
    };
    let moment = |get: fn(&RequestEntry) -> Option<&String>| {
        let parse = |t: &String| DateTime::parse_from_rfc3339(t).ok();
        let utc = all
            .iter()
            .map(|r| get(r).and_then(parse).map(|t| t.with_timezone(&Utc)));
        utc.collect::<Vec<_>>()
    };
    table(vec![
        column("source", text(|r| &r.source)),
        column("service", text(|r| &r.service)),
        column("operation", text(|r| &r.operation)),
        column("requests", number(|r| r.requests)),
        column("retries", number(|r| r.retries)),
        column("throttled", number(|r| r.throttled)),
        column("bytes", number(|r| r.bytes)),
        times("first_at", moment(|r| r.first.as_ref()))?,
        times("last_at", moment(|r| r.last.as_ref()))?,
    ])
}

/// Every control of every framework.
fn known_controls() -> Result<LazyFrame, DatasetError> {
    let all = crate::frameworks::controls();
    let text = |get: fn(&crate::frameworks::Control) -> &String| {
        all.iter().map(|c| get(c).clone()).collect::<Vec<_>>()
    };
    let place = (0..i64::try_from(all.len()).unwrap_or(i64::MAX)).collect::<Vec<i64>>();
    table(vec![
        column("place", place),
        column("framework", text(|c| &c.framework)),
        column("version", text(|c| &c.version)),
        column("control", text(|c| &c.control)),
        column("title", text(|c| &c.title)),
    ])
}

/// Which rule speaks of which control.
fn rule_controls(assessment: &Assessment) -> Result<LazyFrame, DatasetError> {
    let all: Vec<[&String; 3]> = assessment
        .rules
        .iter()
        .flat_map(|r| {
            let pairs = r.controls.iter();
            pairs.flat_map(move |(f, ids)| ids.iter().map(move |id| [&r.id, f, id]))
        })
        .collect();
    let part = |at: usize| all.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
    table(vec![
        column("rule", part(0)),
        column("framework", part(1)),
        column("control", part(2)),
    ])
}

/// The rules that found something, joined, once per subject.
fn by_subject(
    name: &str,
    pairs: impl Iterator<Item = (String, String)>,
) -> Result<LazyFrame, DatasetError> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (subject, rule) in pairs {
        all.entry(subject).or_default().insert(rule);
    }
    let rules = all
        .values()
        .map(|r| r.iter().cloned().collect::<Vec<_>>().join("; "));
    table(vec![
        column("rules", rules.collect::<Vec<_>>()),
        column(name, all.keys().cloned().collect::<Vec<_>>()),
    ])
}

fn controls(all: &std::collections::BTreeMap<String, Vec<String>>) -> String {
    all.iter()
        .map(|(framework, ids)| format!("{framework}: {}", ids.join(", ")))
        .collect::<Vec<_>>()
        .join("; ")
}
