//! The charts of a page: bars beside their figures, drawn from data alone.
//!
//! A chart is a table whose last column is drawn, so that its text alternative is
//! the table itself. What is not known is a row or a pattern of its own, never a
//! bar of no length.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::DataFrame;
use serde_json::Value;

use super::ReportError;
use super::shown::shown;
use crate::dataset::session::Session;
use crate::dataset::value::json_at;
use crate::detect::state::gaps;
use crate::detect::trend::Kept;
use crate::sqlfile::Severity;
use crate::sqlfile::reads;

/// Credentials of the chart of ages; the rest is counted.
const MOST_SECRETS: usize = 20;
/// The end of the chart of ages, in hundredths of the period that counts.
const LONGEST: usize = 200;

/// A chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its id on the page.
    pub id: &'static str,
    /// Title.
    pub title: String,
    /// What it shows, in a sentence.
    pub notes: String,
    /// What it rests on that was not read completely.
    pub gaps: Vec<String>,
    /// What colours and patterns mean: class and words.
    pub legend: Vec<(&'static str, &'static str)>,
    /// Headings of the columns before the one that is drawn.
    pub headings: Vec<&'static str>,
    /// Heading of that one.
    pub drawn: &'static str,
    /// Bars, in their order.
    pub bars: Vec<Bar>,
    /// What is left out, in a sentence.
    pub rest: Option<String>,
}

/// A row of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it is about.
    pub label: String,
    /// Its figures.
    pub cells: Vec<String>,
    /// Its parts from left to right.
    pub parts: Vec<Part>,
    /// Where a limit is, in percent.
    pub limit: Option<String>,
    /// What is to be said of it.
    pub note: String,
}

/// A part of a bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Colour or pattern.
    pub class: &'static str,
    /// Where it begins, in percent.
    pub x: String,
    /// How long it is, in percent.
    pub width: String,
}

/// Names of the charts, as reports name them.
pub const NAMES: [&str; 3] = ["findings", "secrets", "access"];

/// Draws the charts of these names.
///
/// # Errors
/// When a query fails.
pub fn draw(
    names: &[String],
    session: &Session,
    findings: &Trend<'_>,
) -> Result<Vec<Chart>, ReportError> {
    let mut all = Vec::new();
    for name in names {
        match name.as_str() {
            "findings" => all.push(findings.chart()),
            "secrets" => all.push(secrets(session)?),
            "access" => all.push(access(session)?),
            _ => {}
        }
    }
    Ok(all)
}

/// Findings of the checks that are kept, and of this one.
pub struct Trend<'a> {
    /// Earlier checks, oldest first.
    pub earlier: &'a [Kept],
    /// How many snapshots before them were checked too.
    pub before: usize,
    /// This one.
    pub now: Kept,
}

impl Trend<'_> {
    fn chart(&self) -> Chart {
        let all = || self.earlier.iter().chain([&self.now]);
        let total = |k: &Kept| k.found.values().sum::<usize>() + k.undecided;
        let most = all().map(total).max().unwrap_or_default();
        let bars = all().map(|kept| {
            let figures = Severity::ALL
                .iter()
                .map(|s| (s.name(), kept.found.get(s).copied().unwrap_or_default()))
                .chain([("unknown", kept.undecided)]);
            let mut notes = Vec::new();
            if !kept.complete {
                notes.push("not complete: there may be more");
            }
            if !kept.comparable {
                notes.push("other rules or settings");
            }
            Bar {
                label: kept.as_of.format("%Y-%m-%d %H:%M").to_string(),
                cells: figures.clone().map(|(_, n)| n.to_string()).collect(),
                parts: stacked(figures, most),
                limit: None,
                note: notes.join("; "),
            }
        });
        Chart {
            id: "chart-findings",
            title: "Findings by severity over time".to_owned(),
            notes: "What each check that is kept found, the latest last.".to_owned(),
            gaps: Vec::new(),
            legend: vec![
                ("critical", "critical"),
                ("high", "high"),
                ("medium", "medium"),
                ("low", "low"),
                ("info", "info"),
                ("unknown", "could not be decided"),
            ],
            headings: vec![
                "As of (UTC)",
                "Critical",
                "High",
                "Medium",
                "Low",
                "Info",
                "Unknown",
            ],
            drawn: "Findings",
            bars: bars.collect(),
            rest: (self.before > 0).then(|| {
                format!(
                    "{} earlier snapshots were checked too and are not shown.",
                    self.before
                )
            }),
        }
    }
}

/// Parts side by side, the whole width being `most`.
fn stacked<'a>(figures: impl Iterator<Item = (&'a str, usize)>, most: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (name, n) in figures {
        if n > 0 {
            parts.push(part(class(name), from, from + n, most));
        }
        from += n;
    }
    parts
}

fn class(name: &str) -> &'static str {
    match name {
        "critical" => "critical",
        "high" => "high",
        "medium" => "medium",
        "low" => "low",
        "info" => "info",
        _ => "unknown",
    }
}

fn part(class: &'static str, from: usize, to: usize, whole: usize) -> Part {
    let at = |n: usize| (n * 10_000).checked_div(whole).unwrap_or_default();
    Part {
        class,
        x: percent(at(from)),
        width: percent(at(to) - at(from)),
    }
}

/// Hundredths of a percent as CSS spells them.
fn percent(hundredths: usize) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Runs a query; gives its rows and what it rests on that was not read completely.
fn rows(
    session: &Session,
    chart: &str,
    sql: &str,
) -> Result<(DataFrame, Vec<String>), ReportError> {
    let failed = |source| ReportError::Sheet {
        report: "chart".to_owned(),
        sheet: chart.to_owned(),
        source,
    };
    let frame = session.collect(sql).map_err(failed)?;
    let reads = reads::parse(sql).map(|query| reads::reads(&query));
    Ok((frame, gaps(&reads.unwrap_or_default(), session)))
}

fn value(frame: &DataFrame, column: &str, row: usize) -> Value {
    frame
        .column(column)
        .map_or(Value::Null, |c| json_at(c, row))
}

fn text(frame: &DataFrame, column: &str, row: usize) -> String {
    match value(frame, column, row) {
        Value::String(text) => text,
        _ => String::new(),
    }
}

fn number(frame: &DataFrame, column: &str, row: usize) -> Option<i64> {
    value(frame, column, row).as_i64()
}

const SECRETS: &str = "SELECT credential, issued_at, dated, rotation_days FROM secret_age \
    ORDER BY credential, issued_at, dated, rotation_days";

/// A credential, its age and the period that counts.
struct Secret {
    name: String,
    age: Option<TimeDelta>,
    dated: bool,
    period: Option<TimeDelta>,
}

impl Secret {
    /// The age in hundredths of the period.
    fn share(&self) -> Option<i64> {
        let period = self.period?.num_minutes();
        let age = self.age?.num_minutes().max(0);
        age.saturating_mul(100).checked_div(period)
    }

    fn over(&self) -> bool {
        matches!((self.age, self.period), (Some(age), Some(period)) if age > period)
    }

    fn bar(self) -> Bar {
        let days = |d: Option<TimeDelta>| {
            d.map_or_else(|| "not known".to_owned(), |d| d.num_days().to_string())
        };
        let class = if self.over() { "high" } else { "good" };
        let (parts, note) = match (self.share(), self.age, self.period) {
            (Some(share), Some(age), Some(period)) => {
                let note = match (age - period).num_days() {
                    0 if age > period => "less than a day over".to_owned(),
                    0 => "less than a day left".to_owned(),
                    days if days > 0 => format!("{} over", in_days(days)),
                    days => format!("{} left", in_days(-days)),
                };
                let length = usize::try_from(share).unwrap_or(LONGEST).min(LONGEST);
                (vec![part(class, 0, length, LONGEST)], note)
            }
            (None, Some(_), _) => (unknown(), "no period is stated".to_owned()),
            _ if self.dated => (unknown(), "when it was issued is not known".to_owned()),
            _ => (unknown(), "its store tells no dates".to_owned()),
        };
        Bar {
            cells: vec![days(self.age), days(self.period)],
            label: shown(&self.name).into_owned(),
            parts,
            limit: self.period.map(|_| percent(5_000)),
            note,
        }
    }
}

fn in_days(n: i64) -> String {
    format!("{n} day{}", if n == 1 { "" } else { "s" })
}

fn unknown() -> Vec<Part> {
    vec![part("unknown", 0, 1, 1)]
}

fn secrets(session: &Session) -> Result<Chart, ReportError> {
    let (frame, gaps) = rows(session, "secrets", SECRETS)?;
    let as_of = session.as_of();
    let mut all: Vec<Secret> = (0..frame.height())
        .map(|row| Secret {
            name: text(&frame, "credential", row),
            age: issued(&frame, row).map(|t| as_of - t),
            dated: value(&frame, "dated", row) == Value::Bool(true),
            period: number(&frame, "rotation_days", row)
                .filter(|days| *days > 0)
                .and_then(TimeDelta::try_days),
        })
        .collect();
    let over = all.iter().filter(|s| s.over()).count();
    let unknown = all.iter().filter(|s| s.share().is_none()).count();
    let notes = format!(
        "{} credentials: {over} older than their rotation period, {unknown} of an age or a period that is not known, {} within it. The line is the period; a bar ends at twice the period.",
        all.len(),
        all.len() - over - unknown
    );
    // The worst first; what is not known stands between what is over and what is not.
    all.sort_by_key(|s| {
        let place = u8::from(!s.over()) + u8::from(s.share().is_some() && !s.over());
        (place, Reverse(s.share()), s.name.clone())
    });
    let rest = all.len().saturating_sub(MOST_SECRETS);
    let left = all.iter().skip(MOST_SECRETS);
    let left_over = left.clone().filter(|s| s.over()).count();
    let left_unknown = left.filter(|s| s.share().is_none()).count();
    Ok(Chart {
        id: "chart-secrets",
        title: "Ages of secrets against their policy".to_owned(),
        notes,
        gaps,
        legend: vec![
            ("high", "older than its period"),
            ("good", "within its period"),
            ("unknown", "not known"),
        ],
        headings: vec!["Credential", "Age in days", "Period in days"],
        drawn: "Age against the period",
        bars: all.into_iter().take(MOST_SECRETS).map(Secret::bar).collect(),
        rest: (rest > 0).then(|| {
            format!(
                "{rest} more are not shown: {left_over} older than their period, {left_unknown} not known, {} within it.",
                rest - left_over - left_unknown
            )
        }),
    })
}

fn issued(frame: &DataFrame, row: usize) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(&text(frame, "issued_at", row))
        .ok()
        .map(|t| t.with_timezone(&Utc))
}

const ACCESS: &str = "SELECT source, people, privileged_people, paths, privileged_paths \
    FROM access_by_source ORDER BY source";

fn access(session: &Session) -> Result<Chart, ReportError> {
    let (frame, gaps) = rows(session, "access", ACCESS)?;
    let count = |column: &str, row: usize| {
        let n = number(&frame, column, row).unwrap_or_default();
        usize::try_from(n).unwrap_or_default()
    };
    let all = 0..frame.height();
    let most = all.clone().map(|row| count("paths", row)).max();
    let bars = all.map(|row| {
        let (paths, privileged) = (count("paths", row), count("privileged_paths", row));
        let figures = [("critical", privileged), ("low", paths - privileged)];
        Bar {
            label: shown(&text(&frame, "source", row)).into_owned(),
            cells: [
                count("people", row),
                count("privileged_people", row),
                paths,
                privileged,
            ]
            .map(|n| n.to_string())
            .to_vec(),
            parts: stacked(figures.into_iter(), most.unwrap_or_default()),
            limit: None,
            note: String::new(),
        }
    });
    Ok(Chart {
        id: "chart-access",
        title: "Access by source".to_owned(),
        notes: "Who reaches AWS accounts through Identity Center. A path is one way of one person to one permission set on one account.".to_owned(),
        gaps,
        legend: vec![("critical", "privileged"), ("low", "other")],
        headings: vec!["Source", "People", "Privileged people", "Paths", "Privileged paths"],
        drawn: "Paths",
        bars: bars.collect(),
        rest: None,
    })
}
