//! The one file grammar of `queries/` and `reports/`: a header that stays a
//! comment in every SQL tool, prose, and plain SQL.
//!
//! ```sql
//! -- ---
//! -- id = "family/bad-pattern"
//! -- …TOML…
//! -- ---
//! -- # Rationale
//! -- Prose.
//! SELECT …
//! ```

pub mod gate;
pub mod lint;
pub mod one_row;
pub mod reads;

use std::collections::BTreeMap;

use reads::Read;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A file of rules, views or reports that is not what the grammar asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {message}")]
pub struct SqlFileError {
    /// File as it was named to the parser.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl SqlFileError {
    pub(crate) fn new(path: &str, line: usize, column: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            column,
            message: message.into(),
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Naming or hygiene.
    Info,
    /// No live access.
    Low,
    /// Live access.
    Medium,
    /// Privileged or production access.
    High,
    /// Privileged access to production.
    Critical,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 5] = [
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Low,
        Self::Info,
    ];

    /// The word used in files and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// 0 for critical to 4 for info, for sorting.
    #[must_use]
    pub fn rank(self) -> i64 {
        4 - self as i64
    }
}

/// Value of a rule's parameter.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Param {
    /// Whole number.
    Int(i64),
    /// Truth value.
    Flag(bool),
    /// Text.
    Text(String),
}

impl std::fmt::Display for Param {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(v) => write!(f, "{v}"),
            Self::Flag(v) => write!(f, "{v}"),
            Self::Text(v) => write!(f, "{v}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the header")]
struct RuleHeader {
    id: String,
    title: String,
    severity: Severity,
    population: String,
    #[serde(default)]
    controls: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    optional: Vec<String>,
    #[serde(default)]
    needs_baseline: bool,
    #[serde(default)]
    baseline_finds: bool,
    #[serde(default)]
    engine: bool,
    #[serde(default)]
    own_rows: bool,
    #[serde(default)]
    named: Vec<String>,
    #[serde(default)]
    params: BTreeMap<String, Param>,
    #[serde(default)]
    aliases: Vec<String>,
    overrides: Option<String>,
}

/// A rule: a query whose rows are findings.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the header")]
pub struct Rule {
    /// File that it came from.
    pub path: String,
    /// `family/bad-pattern`, equal to the path.
    pub id: String,
    /// The compliant state.
    pub title: String,
    /// Severity of a row that states none.
    pub severity: Severity,
    /// Table or view that was assessed.
    pub population: String,
    /// Control ids by framework.
    pub controls: BTreeMap<String, Vec<String>>,
    /// Tables that may be skipped without skipping the rule.
    pub optional: Vec<String>,
    /// Whether the rule means nothing without a baseline.
    pub needs_baseline: bool,
    /// Whether a baseline shows faults that nothing else shows, so that one that
    /// was not complete leaves the rule without a pass.
    pub baseline_finds: bool,
    /// Whether its findings are computed after all rules instead of by its query.
    pub engine: bool,
    /// Whether an undecided row says nothing of any other resource.
    pub own_rows: bool,
    /// Tables of which no row may lack its name: without one the rule is undecided.
    pub named: Vec<String>,
    /// Parameters with their defaults.
    pub params: BTreeMap<String, Param>,
    /// Former ids.
    pub aliases: Vec<String>,
    /// SHA-256 of the file of ours that it stands in place of.
    pub overrides: Option<String>,
    /// Why it matters.
    pub rationale: String,
    /// What to do.
    pub remediation: String,
    /// The query.
    pub sql: String,
    /// What the query reads.
    pub reads: Vec<Read>,
    /// The whole file.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewHeader {
    id: String,
    doc: String,
    overrides: Option<String>,
}

/// A view: a query with a name that rules and reports use like a table.
#[derive(Clone, Debug)]
pub struct View {
    /// File that it came from.
    pub path: String,
    /// Name in SQL.
    pub name: String,
    /// What one row is.
    pub doc: String,
    /// SHA-256 of the file of ours that it stands in place of.
    pub overrides: Option<String>,
    /// The query.
    pub sql: String,
    /// What the query reads.
    pub reads: Vec<Read>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportHeader {
    id: String,
    title: String,
    doc: String,
    split_by: Option<String>,
    #[serde(default)]
    in_every_part: Vec<String>,
    #[serde(default)]
    charts: Vec<String>,
}

/// A sheet of a report.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Title of the sheet.
    pub title: String,
    /// Prose under the title.
    pub notes: String,
    /// The query.
    pub sql: String,
    /// Whether it stands whole in every workbook that the report is split into.
    pub in_every_part: bool,
}

/// A report: one query per sheet.
#[derive(Clone, Debug)]
pub struct ReportFile {
    /// File that it came from.
    pub path: String,
    /// Name on the command line.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// What it is for.
    pub doc: String,
    /// Column whose values get a workbook each, beside the one for everything.
    pub split_by: Option<String>,
    /// Charts of its page.
    pub charts: Vec<String>,
    /// Its sheets, in order.
    pub sheets: Vec<Sheet>,
}

/// Header, prose lines and SQL of a file, with the line that the SQL begins at.
struct Parts<'a> {
    header: String,
    rest: Vec<(usize, &'a str)>,
}

fn split<'a>(path: &str, text: &'a str) -> Result<Parts<'a>, SqlFileError> {
    let mut lines = text.lines().enumerate().map(|(i, l)| (i + 1, l));
    match lines.next() {
        Some((_, "-- ---")) => {}
        _ => {
            return Err(SqlFileError::new(
                path,
                1,
                1,
                "the first line must be `-- ---`, which opens the header",
            ));
        }
    }
    let mut header = String::new();
    for (number, line) in lines.by_ref() {
        if line == "-- ---" {
            return Ok(Parts {
                header,
                rest: lines.collect(),
            });
        }
        let Some(toml) = line.strip_prefix("--") else {
            return Err(SqlFileError::new(
                path,
                number,
                1,
                "a header line must begin with `-- `; a line `-- ---` closes the header",
            ));
        };
        header.push_str(toml.strip_prefix(' ').unwrap_or(toml));
        header.push('\n');
    }
    Err(SqlFileError::new(
        path,
        1,
        1,
        "the header is never closed by a second `-- ---`",
    ))
}

fn header<T: DeserializeOwned>(path: &str, toml: &str) -> Result<T, SqlFileError> {
    toml::from_str(toml).map_err(|e| {
        let (line, column) = position(toml, e.span().map_or(0, |s| s.start));
        // One line for the opening mark, three columns for the comment's `-- `.
        SqlFileError::new(path, line + 1, column + 3, e.message().to_owned())
    })
}

/// Line and column of a byte offset, both from 1.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

/// The text behind `# Heading` in the comment lines that precede the SQL.
fn sections(rest: &[(usize, &str)]) -> (BTreeMap<String, String>, String) {
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<String> = None;
    let mut sql = String::new();
    let mut in_sql = false;
    for (_, line) in rest {
        if !in_sql && (line.starts_with("--") || line.trim().is_empty()) {
            let prose = line.trim_start_matches("--").trim();
            if let Some(title) = prose.strip_prefix("# ") {
                current = Some(title.to_owned());
            } else if let Some(title) = &current {
                let text = sections.entry(title.clone()).or_default();
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(prose);
            }
            continue;
        }
        in_sql = true;
        sql.push_str(line);
        sql.push('\n');
    }
    (sections, sql.trim_end().trim_end_matches(';').to_owned())
}

/// Reads a rule.
///
/// # Errors
/// With file, line and column, when the header, the prose or the name is not what it must be.
pub fn parse_rule(path: &str, text: &str) -> Result<Rule, SqlFileError> {
    let parts = split(path, text)?;
    let head: RuleHeader = header(path, &parts.header)?;
    check_id(path, &head.id)?;
    let (mut prose, sql) = sections(&parts.rest);
    let mut take = |name: &str| {
        prose
            .remove(name)
            .map(|t| t.trim().to_owned())
            .filter(|t| !t.is_empty())
            .ok_or_else(|| {
                SqlFileError::new(path, 1, 1, format!("the section `-- # {name}` is missing"))
            })
    };
    let (rationale, remediation) = (take("Rationale")?, take("Remediation")?);
    if sql.trim().is_empty() {
        return Err(SqlFileError::new(
            path,
            1,
            1,
            "there is no SQL after the header",
        ));
    }
    Ok(Rule {
        path: path.to_owned(),
        id: head.id,
        title: head.title,
        severity: head.severity,
        population: head.population,
        controls: head.controls,
        optional: head.optional,
        needs_baseline: head.needs_baseline,
        baseline_finds: head.baseline_finds,
        engine: head.engine,
        own_rows: head.own_rows,
        named: head.named,
        params: head.params,
        aliases: head.aliases,
        overrides: head.overrides,
        rationale,
        remediation,
        reads: what_is_read(path, &sql)?,
        sql,
        text: text.to_owned(),
    })
}

/// Reads a view.
///
/// # Errors
/// With file, line and column, when the header or the name is not what it must be.
pub fn parse_view(path: &str, text: &str) -> Result<View, SqlFileError> {
    let parts = split(path, text)?;
    let head: ViewHeader = header(path, &parts.header)?;
    check_id(path, &head.id)?;
    let name = match head.id.split_once('/') {
        Some(("views", name)) => name.to_owned(),
        // Names that begin so are kept for countersign itself.
        Some(("rotation", name)) => format!("rotation_{name}"),
        _ => {
            return Err(SqlFileError::new(
                path,
                2,
                1,
                "the id of a view is `views/<name>`",
            ));
        }
    };
    let (_, sql) = sections(&parts.rest);
    Ok(View {
        path: path.to_owned(),
        name,
        doc: head.doc,
        overrides: head.overrides,
        reads: what_is_read(path, &sql)?,
        sql,
    })
}

fn what_is_read(path: &str, sql: &str) -> Result<Vec<Read>, SqlFileError> {
    let query = reads::parse(sql)
        .map_err(|e| SqlFileError::new(path, 1, 1, format!("it does not parse: {e}")))?;
    Ok(reads::reads(&query))
}

/// Reads a report.
///
/// # Errors
/// With file, line and column, when the header or a sheet is not what it must be.
pub fn parse_report(path: &str, text: &str) -> Result<ReportFile, SqlFileError> {
    let parts = split(path, text)?;
    let head: ReportHeader = header(path, &parts.header)?;
    check_id(path, &head.id)?;
    let mut sheets: Vec<(usize, Sheet)> = Vec::new();
    for (number, line) in parts.rest {
        if let Some(title) = line.strip_prefix("-- ## ") {
            let sheet = Sheet {
                title: title.trim().to_owned(),
                notes: String::new(),
                sql: String::new(),
                in_every_part: head.in_every_part.iter().any(|t| t == title.trim()),
            };
            sheets.push((number, sheet));
        } else if let Some((_, sheet)) = sheets.last_mut() {
            match line.strip_prefix("--") {
                Some(note) if sheet.sql.is_empty() => {
                    if !sheet.notes.is_empty() {
                        sheet.notes.push(' ');
                    }
                    sheet.notes.push_str(note.trim());
                }
                _ if sheet.sql.is_empty() && line.trim().is_empty() => {}
                _ => {
                    sheet.sql.push_str(line);
                    sheet.sql.push('\n');
                }
            }
        } else if !line.trim().is_empty() && !line.starts_with("--") {
            return Err(SqlFileError::new(
                path,
                number,
                1,
                "SQL must stand under a line `-- ## Sheet title`",
            ));
        }
    }
    for (number, sheet) in &mut sheets {
        sheet.sql = sheet.sql.trim_end().trim_end_matches(';').to_owned();
        if sheet.sql.is_empty() {
            return Err(SqlFileError::new(path, *number, 1, "the sheet has no SQL"));
        }
    }
    if sheets.is_empty() {
        return Err(SqlFileError::new(path, 1, 1, "the report has no sheet"));
    }
    let unknown = |title: &&String| !sheets.iter().any(|(_, sheet)| sheet.title == **title);
    if let Some(title) = head.in_every_part.iter().find(unknown) {
        let message = format!("`in_every_part` names {title}, and the report has no such sheet");
        return Err(SqlFileError::new(path, 1, 1, message));
    }
    Ok(ReportFile {
        path: path.to_owned(),
        id: head.id,
        title: head.title,
        doc: head.doc,
        split_by: head.split_by,
        charts: head.charts,
        sheets: sheets.into_iter().map(|(_, s)| s).collect(),
    })
}

/// `; did you mean …?` when one of the names is close to the given one.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|k| (strsim::damerau_levenshtein(name, k), k))
        .filter(|(distance, k)| *distance <= (k.len() / 3).max(2))
        .min()
        .map_or_else(String::new, |(_, k)| format!("; did you mean {k}?"))
}

/// The id must be the path, so that a file can be found from a finding.
fn check_id(path: &str, id: &str) -> Result<(), SqlFileError> {
    let stem = path.strip_suffix(".sql").unwrap_or(path);
    let fits = stem == id || stem.ends_with(&format!("/{id}"));
    let clean = id
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '/'));
    if fits && clean && !id.is_empty() {
        return Ok(());
    }
    Err(SqlFileError::new(
        path,
        2,
        1,
        format!("the id `{id}` must be the path without `.sql`, in lower case with hyphens"),
    ))
}

#[cfg(test)]
mod tests {
    use super::{parse_report, parse_rule, position};

    const RULE: &str = "-- ---\n-- id = \"x/y\"\n-- title = \"T\"\n-- severity = \"low\"\n-- population = \"t\"\n-- ---\n-- # Rationale\n-- Why.\n-- # Remediation\n-- How.\nSELECT 1;\n";

    #[test]
    fn a_rule_is_header_prose_and_query() {
        let rule = parse_rule("queries/x/y.sql", RULE).expect("parses");
        assert_eq!(
            (rule.rationale.as_str(), rule.remediation.as_str()),
            ("Why.", "How.")
        );
        assert_eq!(rule.sql, "SELECT 1");
    }

    #[test]
    fn errors_name_line_and_column() {
        let text = RULE.replace("-- population", "-- populatoin");
        let error = parse_rule("queries/x/y.sql", &text).expect_err("unknown key");
        assert_eq!((error.line, error.column), (5, 4), "{error}");
        assert!(error.message.contains("populatoin"), "{error}");
        let error = parse_rule("queries/x/z.sql", RULE).expect_err("other path");
        assert!(error.message.contains("must be the path"), "{error}");
        let error = parse_rule("queries/x/y.sql", "SELECT 1").expect_err("no header");
        assert_eq!(error.line, 1);
    }

    #[test]
    fn a_report_has_a_query_per_sheet() {
        let text = "-- ---\n-- id = \"r\"\n-- title = \"R\"\n-- doc = \"D\"\n-- ---\n-- ## One\n-- A note.\nSELECT 1;\n\n-- ## Two\nSELECT 2\n";
        let report = parse_report("reports/r.sql", text).expect("parses");
        assert_eq!(report.sheets.len(), 2);
        assert_eq!(report.sheets[0].notes, "A note.");
        assert_eq!(report.sheets[1].sql, "SELECT 2");
    }

    #[test]
    fn positions_count_from_one() {
        assert_eq!(position("ab\ncd", 0), (1, 1));
        assert_eq!(position("ab\ncd", 4), (2, 2));
    }
}
