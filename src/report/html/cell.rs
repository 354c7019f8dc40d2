//! A cell of a table on a page, and the heading of its column.

use std::fmt::Write as _;

use polars::prelude::{Column, DataType};
use serde_json::Value;

use crate::dataset::value::json_at;
use crate::report::shown::shown;

/// Characters of a cell before it is folded.
const LONG: usize = 400;
/// Lines of a cell before it is folded.
const LINES: usize = 8;
/// Characters of the line that stands for a folded cell.
const SUMMARY: usize = 90;
/// Characters of a cell: more is in the other formats.
const MOST: usize = 20_000;

/// A cell.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) class: &'static str,
    /// What stands for it while it is folded.
    pub(super) head: Option<String>,
    pub(super) text: String,
}

impl Cell {
    /// The cell of a column at a row.
    pub(super) fn at(column: &Column, row: usize) -> Self {
        match json_at(column, row) {
            Value::Null => Self::plain("nil", "—"),
            Value::Bool(flag) => Self::plain("", if flag { "yes" } else { "no" }),
            // The heading says that it is UTC.
            Value::String(text) if !column.dtype().is_string() => Self::plain(
                "time",
                text.trim_end_matches('Z').replace('T', " ").as_str(),
            ),
            Value::String(text) if text.is_empty() => Self::plain("nil", "(empty)"),
            Value::String(text) => Self::text(&text, column.name()),
            other => Self::plain("num", &other.to_string()),
        }
    }

    fn plain(class: &'static str, text: &str) -> Self {
        Self {
            class,
            head: None,
            text: text.to_owned(),
        }
    }

    fn text(text: &str, column: &str) -> Self {
        let mut text = shown(text).into_owned();
        let all = text.chars().count();
        if let Some((at, _)) = text.char_indices().nth(MOST) {
            text.truncate(at);
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n[The first {MOST} of {all} characters; the CSV and JSON files of this report have all of them.]"
            );
        }
        let lines = text.lines().count();
        let head = (all > LONG || lines > LINES).then(|| {
            let start: String = text
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(SUMMARY)
                .collect();
            format!("{}… ({all} characters)", start.trim_end())
        });
        let class = match (coloured(column).then(|| colour(&text)).flatten(), lines) {
            (Some(class), _) => class,
            (None, 0..=1) => "",
            (None, _) => "lines",
        };
        Self { class, head, text }
    }

    /// Bytes of its text.
    pub(super) fn len(&self) -> usize {
        self.text.len() + self.head.as_ref().map_or(0, String::len)
    }
}

/// Columns whose words have a colour.
fn coloured(column: &str) -> bool {
    matches!(
        column,
        "severity" | "worst" | "state" | "status" | "answer" | "verdict"
    )
}

/// The colour of a word; none for what is not on the list.
fn colour(word: &str) -> Option<&'static str> {
    Some(match word {
        "critical" | "no" | "NO-GO" => "critical",
        "high" | "failed" | "denied" | "fail" => "high",
        "medium" | "partial" => "medium",
        "low" => "low",
        "info" | "skipped" => "info",
        "unknown" => "unknown",
        "yes" | "GO" | "pass" | "complete" | "resolved" => "good",
        _ => return None,
    })
}

/// The heading of a column.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) text: String,
    pub(super) class: &'static str,
    /// How its cells are compared.
    pub(super) kind: &'static str,
}

impl Head {
    /// The heading of a column under that text.
    pub(super) fn new(column: &Column, mut text: String) -> Self {
        if matches!(column.dtype(), DataType::Datetime(..)) {
            text.push_str(" (UTC)");
        }
        let (class, kind) = match column.dtype() {
            DataType::String if matches!(column.name().as_str(), "severity" | "worst") => {
                ("", "severity")
            }
            DataType::String => (width(column), "text"),
            dtype if dtype.is_primitive_numeric() => ("num", "number"),
            _ => ("", "text"),
        };
        Self { text, class, kind }
    }
}

/// Room for a column by what its first rows hold.
fn width(column: &Column) -> &'static str {
    let longest = (0..column.len().min(50))
        .filter_map(|row| json_at(column, row).as_str().map(|t| t.chars().count()))
        .max();
    match longest {
        Some(61..) => "wide",
        Some(19..=60) => "text",
        _ => "",
    }
}
