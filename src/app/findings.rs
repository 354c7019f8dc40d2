//! The result of a check as people and spreadsheets read it.

use std::fmt::Write as _;

use serde_json::Value;

use super::terminal::{safe, wrap, writer};
use crate::dataset::manifest::rfc3339;
use crate::detect::Assessment;
use crate::detect::finding::{Finding, Lifecycle, RuleState, Status};
use crate::detect::origin;
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

/// Findings shown of one rule and severity before the rest is only counted.
const SHOWN: usize = 10;

/// A heading of the output: faults of a severity, or what could not be decided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Faults(Severity),
    Undecided,
}

impl Group {
    fn all() -> impl Iterator<Item = Self> {
        let faults = Severity::ALL.into_iter().map(Self::Faults);
        faults.chain([Self::Undecided])
    }

    fn holds(self, finding: &Finding) -> bool {
        match self {
            Self::Faults(severity) => {
                finding.status == Status::Fail && finding.severity == severity
            }
            Self::Undecided => finding.status == Status::Unknown,
        }
    }

    /// The heading over so many findings.
    fn heading(self, count: usize, paint: &Paint) -> String {
        let s = if count == 1 { "" } else { "s" };
        match self {
            Self::Faults(severity) => {
                let name = severity.name().to_uppercase();
                paint.severity(severity, &format!("{name}: {count} finding{s}"))
            }
            Self::Undecided => {
                paint.code("1;35", &format!("UNKNOWN: {count} finding{s} not decided"))
            }
        }
    }
}

/// The result of a check for people: findings by severity and rule, what could
/// not be decided and why, totals, what to do next.
pub(crate) fn findings_table(assessment: &Assessment, width: usize, colour: bool) -> String {
    let paint = Paint(colour);
    let width = width.clamp(40, 120);
    let mut text = String::new();
    let first = format!(
        "Snapshot {} as of {}, {}",
        assessment.snapshot,
        rfc3339(assessment.as_of),
        assessment.baseline.as_ref().map_or_else(
            || "no baseline".to_owned(),
            |b| format!("compared with {b}")
        )
    );
    paragraph(&mut text, &first, ["", "  "], width);
    for group in Group::all() {
        let mut rows: Vec<&Finding> = assessment
            .findings
            .iter()
            .filter(|f| f.state != Lifecycle::Resolved && group.holds(f))
            .collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", group.heading(rows.len(), &paint));
        // What could not be decided may be of several severities.
        rows.sort_by(|a, b| a.rule.cmp(&b.rule));
        for rows in rows.chunk_by(|a, b| a.rule == b.rule) {
            section(&mut text, assessment, rows, width, &paint);
        }
    }
    undecided(&mut text, assessment, width, &paint);
    totals(&mut text, assessment, width, &paint);
    text
}

/// Findings of one rule and severity.
fn section(
    text: &mut String,
    assessment: &Assessment,
    rows: &[&Finding],
    width: usize,
    paint: &Paint,
) {
    let Some(first) = rows.first() else {
        return;
    };
    let rule = &first.rule;
    let mut tail = format!(": {}", rows.len());
    if let Some(r) = assessment.rules.iter().find(|r| r.id == *rule) {
        let _ = write!(tail, " of {} {}", r.population, r.population_of);
        let all = r.findings + r.undecided;
        if all > rows.len() as u64 {
            let _ = write!(tail, "; {all} in all");
        }
    }
    if let Some(pack) = &first.pack {
        let _ = write!(tail, ", policy pack {}", safe(pack));
    }
    for (n, part) in wrap(&format!("{rule}{tail}"), width.saturating_sub(4))
        .iter()
        .enumerate()
    {
        // The id is shorter than any line.
        match part.strip_prefix(rule.as_str()) {
            Some(tail) if n == 0 => {
                let _ = writeln!(text, "  {}{tail}", paint.code("1", rule));
            }
            _ => {
                let _ = writeln!(text, "{}{part}", if n == 0 { "  " } else { "    " });
            }
        }
    }
    for finding in rows.iter().take(SHOWN) {
        let mut tail = String::new();
        if let Some(cause) = &finding.cause {
            let _ = write!(tail, " (cause: {})", safe(cause));
        }
        if finding.state != Lifecycle::Open {
            let _ = write!(tail, " [{}]", finding.state.name());
        }
        if let Some(waiver) = &finding.waiver {
            let _ = write!(tail, " [waived by {}]", safe(waiver));
        }
        let reason = format!("{}{tail}", safe(&finding.reason));
        paragraph(text, &reason, ["  - ", "    "], width);
    }
    if rows.len() > SHOWN {
        let more = format!(
            "… and {} more: countersign check --rule {rule} --format csv",
            rows.len() - SHOWN
        );
        paragraph(text, &more, ["  ", "    "], width);
    }
}

/// Text in lines that fit, the first and the following ones indented.
fn paragraph(text: &mut String, words: &str, [first, next]: [&str; 2], width: usize) {
    let room = width.saturating_sub(first.len().max(next.len()));
    for (n, part) in wrap(words, room).iter().enumerate() {
        let _ = writeln!(text, "{}{part}", if n == 0 { first } else { next });
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
            paragraph(text, &line, ["  ", "    "], width);
        }
    }
}

fn totals(text: &mut String, assessment: &Assessment, width: usize, paint: &Paint) {
    let by_state = |s: RuleState| assessment.rules.iter().filter(|r| r.state == s).count();
    let rules = format!(
        "{} rules: {} pass, {} fail, {} unknown, {} skipped",
        assessment.rules.len(),
        by_state(RuleState::Pass),
        by_state(RuleState::Fail),
        by_state(RuleState::Unknown),
        by_state(RuleState::Skipped)
    );
    text.push('\n');
    paragraph(text, &rules, ["", "  "], width);
    let departures = &assessment.departures;
    if !departures.is_empty() {
        let first = format!("rule set: {}", origin::summary(departures));
        paragraph(text, &paint.code("1;35", &first), ["", "  "], width);
        for departure in departures {
            paragraph(text, &safe(&departure.said()), ["  ", "    "], width);
        }
    }
    let live: Vec<&Finding> = assessment
        .findings
        .iter()
        .filter(|f| f.state != Lifecycle::Resolved)
        .collect();
    let counts: Vec<String> = Severity::ALL
        .iter()
        .filter_map(|s| {
            let faults = live.iter().filter(|f| Group::Faults(*s).holds(f));
            let n = faults.count();
            (n > 0).then(|| paint.severity(*s, &format!("{n} {}", s.name())))
        })
        .collect();
    let mut found = match counts.as_slice() {
        [] if assessment.complete => "findings: none".to_owned(),
        [] => "findings: none in what could be read".to_owned(),
        counts => format!("findings: {}", counts.join(", ")),
    };
    for (n, what) in [
        (
            live.iter().filter(|f| Group::Undecided.holds(f)).count(),
            "could not be decided",
        ),
        (live.iter().filter(|f| f.waiver.is_some()).count(), "waived"),
        (assessment.findings.len() - live.len(), "resolved"),
    ] {
        if n > 0 {
            let _ = write!(found, "; {n} {what}");
        }
    }
    paragraph(text, &found, ["", "  "], width);
    if !assessment.incomplete.is_empty() {
        let hidden = "INCOMPLETE: what could not be read may hide more";
        paragraph(text, hidden, ["", "  "], width);
        for (table, why) in &assessment.incomplete {
            let line = format!("{table}: {}", safe(why));
            paragraph(text, &line, ["  ", "    "], width);
        }
    }
    if !live.is_empty() {
        let next =
            "next: countersign rules show RULE says what to do; countersign report writes it down";
        paragraph(text, next, ["", "  "], width);
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
    // What is not as this version ships it stands beside what was found, so that
    // no file of findings is read without it.
    for departure in &document.departures {
        let mut row = vec![
            String::new(),
            neutral(&departure.id),
            departure.now.clone().unwrap_or_else(|| "info".to_owned()),
            "note".to_owned(),
            departure.change.clone(),
            neutral(&departure.id),
            neutral(&departure.said()),
        ];
        row.resize(14, String::new());
        csv.write_record(row).map_err(std::io::Error::from)?;
    }
    csv.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests;
