//! Reports: the sheets of a report file, run on a snapshot and handed to a format.
//!
//! A report is data (`reports/<name>.sql`); a format is one file below this one.
//! The same snapshot and configuration give the same bytes: nothing here knows
//! the clock.

mod book;
pub mod card;
pub mod charts;
pub mod csv;
mod error;
pub mod evidence;
pub mod front;
pub mod html;
pub mod json;
pub mod reviews;
mod tables;
pub mod xlsx;

pub use crate::shown;

use std::collections::BTreeMap;
use std::path::Path;

use crate::dataset::manifest::{Manifest, rfc3339};
use crate::dataset::session::Session;
use crate::detect::Assessment;
use crate::detect::origin;
use crate::detect::state::gaps;
use crate::sqlfile::reads;
use crate::sqlfile::{ReportFile, nearest, parse_report};
pub(crate) use book::slug;
pub use book::{Book, Page};
pub use error::ReportError;

/// Every report of this version.
///
/// # Errors
/// When a report file is malformed: a defect of the build.
pub fn files() -> Result<Vec<ReportFile>, ReportError> {
    crate::embedded::REPORTS
        .iter()
        .map(|(path, text)| parse_report(path, text).map_err(ReportError::from))
        .collect()
}

/// The report of a name.
///
/// # Errors
/// When there is none.
pub fn find(name: &str) -> Result<ReportFile, ReportError> {
    let all = files()?;
    let hint = nearest(name, all.iter().map(ReportFile::name));
    all.into_iter()
        .find(|r| r.name() == name)
        .ok_or_else(|| ReportError::Unknown {
            name: name.to_owned(),
            hint,
        })
}

impl ReportFile {
    /// Name on the command line.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or(&self.id)
    }
}

/// Adds the tables of an assessment to a session: `finding`, `rule_result`,
/// `waiver_list`, `manifest_entry`, and what was kept of reviews: `None` when
/// no record was.
///
/// # Errors
/// When the engine refuses a frame.
pub fn prepare(
    session: &mut Session,
    assessment: &Assessment,
    manifest: &Manifest,
    reviews: Option<&reviews::Reviews>,
) -> Result<(), ReportError> {
    Ok(tables::put(session, assessment, manifest, reviews)?)
}

/// Runs the sheets of a report.
///
/// # Errors
/// When a query fails.
pub fn build(
    session: &Session,
    report: &ReportFile,
    about: Vec<(String, String)>,
) -> Result<Book, ReportError> {
    let mut sheets = Vec::new();
    for sheet in &report.sheets {
        let rows = session
            .stream(&sheet.sql)
            .map_err(|source| ReportError::Sheet {
                report: report.name().to_owned(),
                sheet: sheet.title.clone(),
                source,
            })?;
        let reads = reads::parse(&sheet.sql).map(|query| reads::reads(&query));
        sheets.push(Page {
            title: sheet.title.clone(),
            notes: sheet.notes.clone(),
            rows,
            gaps: gaps(&reads.unwrap_or_default(), session),
            in_every_part: sheet.in_every_part,
        });
    }
    Ok(Book {
        name: report.name().to_owned(),
        title: report.title.clone(),
        doc: report.doc.clone(),
        about,
        split_by: report.split_by.clone(),
        sheets,
        as_of: session.as_of(),
        card: None,
        front: None,
    })
}

/// What every report stands on, as it opens with.
#[must_use]
pub fn about(assessment: &Assessment, manifest: &Manifest) -> Vec<(String, String)> {
    let mut rows = vec![
        ("Snapshot".to_owned(), manifest.snapshot.clone()),
        ("As of".to_owned(), rfc3339(assessment.as_of)),
        (
            "Baseline".to_owned(),
            assessment
                .baseline
                .clone()
                .unwrap_or_else(|| "none".to_owned()),
        ),
        (
            "Complete".to_owned(),
            if assessment.complete {
                "yes"
            } else {
                "no: see the tables and rules below"
            }
            .to_owned(),
        ),
        (
            "Sealed by".to_owned(),
            format!(
                "{} {} ({})",
                manifest.tool.name, manifest.tool.version, manifest.tool.commit
            ),
        ),
        (
            "Configuration SHA-256".to_owned(),
            manifest.config_sha256.clone(),
        ),
        (
            "Rule set".to_owned(),
            origin::summary(&assessment.departures),
        ),
    ];
    for departure in &assessment.departures {
        rows.push(("Not as shipped".to_owned(), departure.said()));
    }
    let mut states: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut read, mut kept, mut excluded) = (0, 0, 0);
    for table in &manifest.tables {
        *states.entry(table.state.name()).or_default() += 1;
        read += table.read;
        kept += table.rows;
        excluded += table.excluded.values().sum::<u64>();
    }
    let states: Vec<String> = states.iter().map(|(s, n)| format!("{n} {s}")).collect();
    rows.push(("Tables".to_owned(), states.join(", ")));
    rows.push((
        "Rows".to_owned(),
        format!("{read} read = {kept} stored + {excluded} excluded with a reason"),
    ));
    for source in &manifest.sources {
        rows.push((
            format!("Source {}", source.source),
            format!(
                "{}, read {}",
                source.identity,
                source.read_at.as_deref().unwrap_or("at a time not stated")
            ),
        ));
    }
    for register in &manifest.registers {
        rows.push((
            format!("Register {}", register.name),
            format!(
                "{}, {} rows, SHA-256 {}",
                register.path, register.rows, register.sha256
            ),
        ));
    }
    for (table, reason) in &assessment.incomplete {
        rows.push((format!("Not complete: {table}"), reason.clone()));
    }
    for rule in assessment
        .rules
        .iter()
        .filter(|r| r.state == crate::detect::finding::RuleState::Unknown)
    {
        rows.push((
            format!("Unknown: {}", rule.id),
            rule.why.clone().unwrap_or_default(),
        ));
    }
    rows
}

/// The heading of a column.
fn heading(column: &str) -> String {
    let mut text = column.replace('_', " ");
    if let Some(first) = text.get(..1) {
        let first = first.to_uppercase();
        text.replace_range(..1, &first);
    }
    text
}

/// Writes a file whole or not at all.
fn replace(
    path: &Path,
    write: impl FnOnce(&mut std::fs::File) -> Result<(), String>,
) -> Result<(), ReportError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| ReportError::write(path, &e))?;
    let mut file =
        tempfile::NamedTempFile::new_in(folder).map_err(|e| ReportError::write(path, &e))?;
    write(file.as_file_mut()).map_err(|e| ReportError::write(path, &e))?;
    file.persist(path)
        .map_err(|e| ReportError::write(path, &e))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn charts_of_reports_are_those_that_there_are() {
        for report in super::files().expect("reports") {
            for chart in &report.charts {
                assert!(super::charts::NAMES.contains(&chart.as_str()), "{chart}");
            }
        }
    }

    #[test]
    fn every_rule_about_people_groups_and_access_says_whether_it_compares() {
        let about = ["access", "entra", "github", "identity"];
        let rules: Vec<&str> = crate::embedded::QUERIES
            .iter()
            .filter_map(|(path, _)| path.strip_prefix("queries/")?.strip_suffix(".sql"))
            .filter(|id| {
                about
                    .iter()
                    .any(|family| id.split('/').next() == Some(family))
            })
            .collect();
        let view = crate::embedded::QUERIES
            .iter()
            .find(|(path, _)| path.ends_with("views/drift_direction.sql"))
            .map_or("", |(_, text)| text);
        let mut named: Vec<&str> = view
            .lines()
            .filter_map(|line| line.strip_prefix("SELECT '")?.split('\'').next())
            .collect();
        named.sort_unstable();
        assert_eq!(named, rules);
    }

    #[test]
    fn every_report_file_parses_and_is_named_after_its_path() {
        let names: Vec<String> = super::files()
            .map(|all| all.iter().map(|r| r.name().to_owned()).collect())
            .unwrap_or_default();
        assert_eq!(
            names,
            ["access-review", "auditor-evidence", "drift", "pre-rotation"]
        );
    }
}
