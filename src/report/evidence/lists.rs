//! The sheets of the report as typed CSV, each with what it rests on that was
//! not read completely: a list without rows is empty only if nothing is missing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Book, Page, ReportError};
use super::material::Material;
use super::package::Resource;
use super::stage::Stage;
use super::typed;
use crate::dataset::DatasetError;
use crate::dataset::rows::Rows;
use crate::dataset::value::json_at;
use crate::detect::finding::RuleState;
use crate::detect::state;
use crate::sqlfile::ReportFile;
use crate::sqlfile::reads;

/// Columns that name the row of a list where they stand first.
const NAMING: [&str; 4] = ["finding_id", "rule", "table_name", "waiver"];
/// Tables that hold what rules came to.
const JUDGED: [&str; 5] = [
    "finding",
    "finding_about",
    "finding_on",
    "rule_control",
    "rule_result",
];

/// Writes the lists.
pub(super) fn write(
    stage: &mut Stage,
    material: &Material<'_>,
    report: &ReportFile,
    book: &Book,
) -> Result<Vec<Resource>, ReportError> {
    let mut all = Vec::new();
    for (page, sheet) in book.sheets.iter().zip(&report.sheets) {
        let gaps = gaps(material, &sheet.sql);
        all.push(list(stage, page, gaps)?);
    }
    Ok(all)
}

fn list(stage: &mut Stage, page: &Page, gaps: Vec<String>) -> Result<Resource, ReportError> {
    let name = page.slug();
    let path = format!("lists/{name}.csv");
    let fields = typed::fields(&page.rows.head(0)?);
    let written = typed::file(stage, &path, &fields, &page.rows)?;
    Ok(Resource {
        path,
        name,
        title: page.title.clone(),
        doc: page.notes.clone(),
        fields,
        rows: page.rows.count() as u64,
        primary_key: key(&page.rows)?,
        foreign_keys: Vec::new(),
        gaps,
        written,
    })
}

/// The first column, when it is made to name rows and does.
fn key(rows: &Rows) -> Result<Vec<String>, DatasetError> {
    let Some(first) = rows.names().next().filter(|n| NAMING.contains(n)) else {
        return Ok(Vec::new());
    };
    let mut seen = BTreeSet::new();
    for batch in rows.batches() {
        let (_, frame) = batch?;
        let Some(column) = frame.columns().first() else {
            return Ok(Vec::new());
        };
        for row in 0..frame.height() {
            match json_at(column, row) {
                Value::String(name) if seen.insert(name.clone()) => {}
                _ => return Ok(Vec::new()),
            }
        }
    }
    Ok(vec![first.to_owned()])
}

/// What keeps a list from being the whole truth.
fn gaps(material: &Material<'_>, sql: &str) -> Vec<String> {
    // A sheet was run already, so it parses.
    let Ok(query) = reads::parse(sql) else {
        return Vec::new();
    };
    let read = reads::reads(&query);
    let behind = state::behind(&read, material.session);
    let mut found = state::gaps(&read, material.session);
    if !material.session.has_baseline() && behind.iter().any(|t| t.starts_with("baseline_")) {
        found.push("There is no earlier snapshot: nothing was compared.".to_owned());
    }
    if material.reviews.is_none() && behind.iter().any(|t| t.starts_with("review_")) {
        found.push("No review is on record.".to_owned());
    }
    let unknown = material.assessment.rules.iter();
    let unknown = unknown.filter(|r| r.state == RuleState::Unknown).count();
    let undecided: u64 = material
        .assessment
        .rules
        .iter()
        .filter(|r| r.state != RuleState::Unknown)
        .map(|r| r.undecided)
        .sum();
    if undecided > 0 && behind.iter().any(|t| JUDGED.contains(&t.as_str())) {
        found.push(format!(
            "{undecided} rows of other rules could not be decided: each of them may be a fault."
        ));
    }
    if unknown > 0 && behind.iter().any(|t| JUDGED.contains(&t.as_str())) {
        found.push(format!(
            "{unknown} rules are unknown: what they would have found may be missing."
        ));
    }
    found
}
