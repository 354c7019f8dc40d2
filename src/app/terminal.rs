//! What people see on a terminal: tables that fit, text that cannot move the cursor.

use crate::report::csv::neutral;
use std::fmt::Write as _;

use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use crate::dataset::manifest::rfc3339;
use crate::detect::Assessment;
use crate::detect::evaluate::json_at;
use crate::detect::finding::{Finding, Lifecycle, RuleState, Status};
use crate::sqlfile::Severity;

/// Text from outside made harmless: no control characters, no escape
/// sequences, no change of direction, nothing invisible.
pub(crate) fn safe(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => ' ',
            c if c.is_control() => '\u{fffd}',
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn len(text: &str) -> usize {
    text.chars().count()
}

/// A table whose last column takes what is left and wraps there.
pub(crate) fn columns(names: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|r| r.iter().map(|c| safe(c)).collect())
        .collect();
    let mut widths: Vec<usize> = names.iter().map(|n| len(n)).collect();
    for row in &rows {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(len(cell));
        }
    }
    let before: usize = widths.iter().rev().skip(1).map(|w| w + 2).sum();
    let room = width.saturating_sub(before);
    if let Some(last) = widths.last_mut()
        && room >= 20
    {
        *last = (*last).min(room);
    }
    let mut text = String::new();
    let header: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    line(&mut text, &header, &widths);
    let rule: Vec<String> = widths.iter().map(|w| "-".repeat((*w).min(200))).collect();
    line(&mut text, &rule, &widths);
    for row in &rows {
        line(&mut text, row, &widths);
    }
    text
}

/// One row; the last cell wraps under itself.
fn line(text: &mut String, row: &[String], widths: &[usize]) {
    let mut out = String::new();
    let mut indent = 0;
    for (i, (cell, width)) in row.iter().zip(widths).enumerate() {
        if i + 1 < widths.len() {
            let pad = width.saturating_sub(len(cell)) + 2;
            out.push_str(cell);
            out.extend(std::iter::repeat_n(' ', pad));
            indent += width + 2;
        } else {
            for (n, part) in wrap(cell, *width).iter().enumerate() {
                if n > 0 {
                    out.push('\n');
                    out.extend(std::iter::repeat_n(' ', indent));
                }
                out.push_str(part);
            }
        }
    }
    text.push_str(out.trim_end());
    text.push('\n');
}

/// Breaks text at spaces; words longer than a line are broken anywhere.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        while let Some(current) = lines.last_mut() {
            let used = len(current);
            let needed = word.len() + usize::from(used > 0);
            if used + needed <= width {
                if used > 0 {
                    current.push(' ');
                }
                current.extend(word.iter());
                break;
            }
            if used > 0 {
                lines.push(String::new());
            } else {
                let rest = word.split_off(width.min(word.len()));
                current.extend(word.iter());
                lines.push(String::new());
                word = rest;
            }
        }
    }
    lines
}

/// The cells of a frame as text.
pub(crate) fn cells(frame: &DataFrame) -> Vec<Vec<String>> {
    (0..frame.height())
        .map(|row| {
            frame
                .columns()
                .iter()
                .map(|c| match json_at(c, row) {
                    Value::Null => String::new(),
                    Value::String(s) => s,
                    other => other.to_string(),
                })
                .collect()
        })
        .collect()
}

/// The rows of a frame as JSON objects.
pub(crate) fn objects(frame: &DataFrame) -> Vec<Map<String, Value>> {
    (0..frame.height())
        .map(|row| {
            frame
                .columns()
                .iter()
                .map(|c| (c.name().to_string(), json_at(c, row)))
                .collect()
        })
        .collect()
}

/// Colours, or nothing.
struct Paint(bool);

impl Paint {
    fn severity(&self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Critical => "1;31",
            Severity::High => "31",
            Severity::Medium => "33",
            Severity::Low => "36",
            Severity::Info => "2",
        };
        self.code(code, text)
    }

    fn code(&self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Findings shown of one rule before the rest is only counted.
const SHOWN: usize = 10;

/// The result of a check for people: findings by rule, what could not be
/// decided and why, totals, what to do next.
pub(crate) fn findings_table(assessment: &Assessment, width: usize, colour: bool) -> String {
    let paint = Paint(colour);
    let width = width.clamp(40, 120);
    let mut text = format!(
        "Snapshot {} as of {}, {}\n",
        assessment.snapshot,
        rfc3339(assessment.as_of),
        assessment.baseline.as_ref().map_or_else(
            || "no baseline".to_owned(),
            |b| format!("compared with {b}")
        )
    );
    let mut order: Vec<&str> = Vec::new();
    for finding in &assessment.findings {
        if finding.state != Lifecycle::Resolved && !order.contains(&finding.rule.as_str()) {
            order.push(&finding.rule);
        }
    }
    for rule in order {
        let rows: Vec<&Finding> = assessment
            .findings
            .iter()
            .filter(|f| f.rule == rule && f.state != Lifecycle::Resolved)
            .collect();
        section(&mut text, assessment, rule, &rows, width, &paint);
    }
    undecided(&mut text, assessment, width, &paint);
    totals(&mut text, assessment, width, &paint);
    text
}

fn section(
    text: &mut String,
    assessment: &Assessment,
    rule: &str,
    rows: &[&Finding],
    width: usize,
    paint: &Paint,
) {
    let of = assessment
        .rules
        .iter()
        .find(|r| r.id == rule)
        .map_or_else(String::new, |r| {
            format!(", {} of {} {}", r.findings, r.population, r.population_of)
        });
    let _ = writeln!(text, "\n{}{of}", paint.code("1", rule));
    for finding in rows.iter().take(SHOWN) {
        let mark = match finding.status {
            Status::Fail => format!("{:<8}", finding.severity.name()),
            Status::Unknown => "unknown ".to_owned(),
        };
        let mut tail = String::new();
        if finding.state != Lifecycle::Open {
            let _ = write!(tail, " [{}]", finding.state.name());
        }
        if let Some(waiver) = &finding.waiver {
            let _ = write!(tail, " [waived by {}]", safe(waiver));
        }
        let reason = format!("{}{tail}", safe(&finding.reason));
        for (n, part) in wrap(&reason, width.saturating_sub(11)).iter().enumerate() {
            if n == 0 {
                let _ = writeln!(text, "  {} {part}", paint.severity(finding.severity, &mark));
            } else {
                let _ = writeln!(text, "           {part}");
            }
        }
    }
    if rows.len() > SHOWN {
        let more = rows.len() - SHOWN;
        let _ = writeln!(
            text,
            "  … and {more} more: countersign check --rule {rule} --format csv"
        );
    }
}

fn undecided(text: &mut String, assessment: &Assessment, width: usize, paint: &Paint) {
    for (title, state) in [
        ("Could not be decided", RuleState::Unknown),
        ("Not assessed", RuleState::Skipped),
    ] {
        let rules: Vec<_> = assessment
            .rules
            .iter()
            .filter(|r| r.state == state)
            .collect();
        if rules.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", paint.code("1", title));
        for rule in rules {
            let why = rule
                .why
                .as_deref()
                .unwrap_or("some of its rows could not be decided");
            let line = format!("{}: {}", rule.id, safe(why));
            for (n, part) in wrap(&line, width.saturating_sub(4)).iter().enumerate() {
                let _ = writeln!(text, "{}{part}", if n == 0 { "  " } else { "    " });
            }
        }
    }
}

fn totals(text: &mut String, assessment: &Assessment, width: usize, paint: &Paint) {
    let by_state = |s: RuleState| assessment.rules.iter().filter(|r| r.state == s).count();
    let _ = writeln!(
        text,
        "\n{} rules: {} pass, {} fail, {} unknown, {} skipped",
        assessment.rules.len(),
        by_state(RuleState::Pass),
        by_state(RuleState::Fail),
        by_state(RuleState::Unknown),
        by_state(RuleState::Skipped)
    );
    let live: Vec<&Finding> = assessment
        .findings
        .iter()
        .filter(|f| f.state != Lifecycle::Resolved)
        .collect();
    let counts: Vec<String> = Severity::ALL
        .iter()
        .filter_map(|s| {
            let n = live
                .iter()
                .filter(|f| f.status == Status::Fail && f.severity == *s)
                .count();
            (n > 0).then(|| paint.severity(*s, &format!("{n} {}", s.name())))
        })
        .collect();
    let waived = live.iter().filter(|f| f.waiver.is_some()).count();
    let resolved = assessment.findings.len() - live.len();
    let _ = writeln!(
        text,
        "findings: {}{}{}",
        if counts.is_empty() {
            "none".to_owned()
        } else {
            counts.join(", ")
        },
        if waived > 0 {
            format!("; {waived} waived")
        } else {
            String::new()
        },
        if resolved > 0 {
            format!("; {resolved} resolved")
        } else {
            String::new()
        },
    );
    if !assessment.incomplete.is_empty() {
        let _ = writeln!(text, "INCOMPLETE: what could not be read may hide more");
        for (table, why) in &assessment.incomplete {
            let line = format!("{table}: {}", safe(why));
            for (n, part) in wrap(&line, width.saturating_sub(4)).iter().enumerate() {
                let _ = writeln!(text, "{}{part}", if n == 0 { "  " } else { "    " });
            }
        }
    }
    if !live.is_empty() {
        let _ = writeln!(
            text,
            "next: countersign rules show RULE says what to do; countersign report writes it down"
        );
    }
}

/// Findings as CSV, one line each.
pub(crate) fn findings_csv(
    assessment: &Assessment,
    out: &mut dyn std::io::Write,
) -> Result<(), super::AppError> {
    let document = crate::detect::json::document(assessment);
    let mut csv = writer(out);
    csv.write_record([
        "finding_id",
        "rule",
        "severity",
        "status",
        "state",
        "resource",
        "reason",
        "cause",
        "account",
        "person",
        "first_seen",
        "waiver",
        "waived_until",
        "evidence",
    ])
    .map_err(std::io::Error::from)?;
    for f in &document.findings {
        let optional = |v: &Option<String>| neutral(v.as_deref().unwrap_or_default());
        csv.write_record([
            f.finding_id.clone(),
            f.rule.clone(),
            f.severity.clone(),
            f.status.clone(),
            f.state.clone(),
            neutral(&f.resource),
            neutral(&f.reason),
            optional(&f.cause),
            optional(&f.account),
            optional(&f.person),
            f.first_seen.clone(),
            optional(&f.waiver),
            f.waived_until.clone().unwrap_or_default(),
            Value::Object(f.evidence.clone()).to_string(),
        ])
        .map_err(std::io::Error::from)?;
    }
    csv.flush()?;
    Ok(())
}

/// A frame as CSV.
pub(crate) fn frame_csv(
    frame: &DataFrame,
    out: &mut dyn std::io::Write,
) -> Result<(), super::AppError> {
    let mut csv = writer(out);
    csv.write_record(frame.columns().iter().map(|c| neutral(c.name())))
        .map_err(std::io::Error::from)?;
    for row in 0..frame.height() {
        csv.write_record(frame.columns().iter().map(|c| match json_at(c, row) {
            Value::Null => String::new(),
            Value::String(s) if c.dtype().is_string() => neutral(&s),
            Value::String(s) => s,
            other => other.to_string(),
        }))
        .map_err(std::io::Error::from)?;
    }
    csv.flush()?;
    Ok(())
}

fn writer(out: &mut dyn std::io::Write) -> csv::Writer<&mut dyn std::io::Write> {
    csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(out)
}

#[cfg(test)]
mod tests {
    use super::{columns, safe, wrap};
    use crate::report::csv::neutral;

    #[test]
    fn escape_sequences_and_direction_marks_do_nothing() {
        assert_eq!(
            safe("a\u{1b}[31mb\u{9b}c\u{202e}d\u{200b}e"),
            "a\u{fffd}[31mb\u{fffd}c\u{fffd}d\u{fffd}e"
        );
    }

    #[test]
    fn tables_fit_the_width() {
        let rows = vec![vec!["a".to_owned(), "word ".repeat(40)]];
        for line in columns(&["x", "y"], &rows, 60).lines() {
            assert!(line.chars().count() <= 60, "{line}");
        }
    }

    #[test]
    fn long_words_are_broken() {
        assert_eq!(wrap("abcdefghijkl", 8), ["abcdefgh", "ijkl"]);
    }

    #[test]
    fn neutral_text_is_restored_by_taking_one_apostrophe() {
        for text in ["=1+1", "'x", " =x", "plain", "", "＝x", "-1"] {
            let shown = neutral(text);
            let back = shown.strip_prefix('\'').unwrap_or(&shown);
            assert_eq!(back, text);
        }
    }
}
