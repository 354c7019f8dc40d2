//! The sheets of the report as typed CSV, each with what it rests on that was
//! not read completely: a list without rows is empty only if nothing is missing.

use polars::prelude::DataFrame;

use super::super::{Book, Page, ReportError};
use super::Material;
use super::package::Resource;
use super::stage::Stage;
use super::typed;
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
    let fields = typed::fields(&page.frame);
    let written = typed::file(stage, &path, &fields, &page.frame)?;
    Ok(Resource {
        path,
        name,
        title: page.title.clone(),
        doc: page.notes.clone(),
        fields,
        rows: page.frame.height() as u64,
        primary_key: key(&page.frame),
        foreign_keys: Vec::new(),
        gaps,
        written,
    })
}

/// The first column, when it is made to name rows and does.
fn key(frame: &DataFrame) -> Vec<String> {
    let Some(first) = frame.columns().first() else {
        return Vec::new();
    };
    let names = NAMING.contains(&first.name().as_str())
        && first.null_count() == 0
        && first.n_unique().is_ok_and(|n| n == frame.height());
    if names {
        vec![first.name().to_string()]
    } else {
        Vec::new()
    }
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
    if unknown > 0 && behind.iter().any(|t| JUDGED.contains(&t.as_str())) {
        found.push(format!(
            "{unknown} rules are unknown: what they would have found may be missing."
        ));
    }
    found
}
