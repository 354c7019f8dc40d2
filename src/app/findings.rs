//! The result of a check as people and spreadsheets read it.

use std::fmt::Write as _;

use serde_json::Value;

use super::terminal::{safe, wrap, writer};
use crate::dataset::manifest::rfc3339;
use crate::detect::Assessment;
use crate::detect::finding::{Finding, Lifecycle, RuleState, Status};
use crate::report::csv::neutral;
use crate::sqlfile::Severity;

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
        if let Some(cause) = &finding.cause
            && !finding.reason.contains(cause)
        {
            let _ = write!(tail, " (cause: {})", safe(cause));
        }
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
