//! The first sentences of a page: what was found, what is unknown and why.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::dataset::coverage::State;
use crate::report::front::Front;
use crate::report::shown::shown;
use crate::sqlfile::Severity;

/// Lines of a list before the rest is folded away.
const LINES: usize = 8;

/// A number with its label.
pub(super) struct Tile {
    pub(super) class: &'static str,
    pub(super) figure: String,
    pub(super) label: String,
    pub(super) more: String,
}

/// What could not be told.
pub(super) struct Notice {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) rest: Vec<String>,
}

/// What a page opens with.
pub(super) struct Opening {
    pub(super) lead: String,
    pub(super) tiles: Vec<Tile>,
    pub(super) notice: Option<Notice>,
    pub(super) skipped: Vec<String>,
    pub(super) skipped_words: String,
}

impl Opening {
    /// The sentences of an answer.
    pub(super) fn new(front: &Front) -> Self {
        let skipped_tables = front.incomplete.iter().filter(|t| t.1 == State::Skipped);
        let mut skipped: Vec<String> = skipped_tables
            .map(|(table, _, why)| said("Table", table, why))
            .collect();
        let tables = skipped.len();
        skipped.extend(
            front
                .skipped
                .iter()
                .chain(&front.partly)
                .map(|(rule, why)| said("Rule", rule, why)),
        );
        let skipped_words = format!(
            "{} and {}",
            counted(tables, "table"),
            counted(front.skipped.len() + front.partly.len(), "rule")
        );
        Self {
            lead: lead(front),
            tiles: tiles(front),
            notice: notice(front),
            skipped,
            skipped_words,
        }
    }
}

fn said(kind: &str, name: &str, why: &str) -> String {
    let text = if why.is_empty() {
        format!("{kind} {name}")
    } else {
        format!("{kind} {name}: {why}")
    };
    shown(&text).into_owned()
}

/// The answer in a sentence or two.
fn lead(front: &Front) -> String {
    let found = front.found();
    let waived: usize = front.counts.iter().map(|c| c.waived).sum();
    let new: usize = front.counts.iter().map(|c| c.new).sum();
    let mut text = format!("As of {}, ", minute(front.as_of));
    if found > 0 {
        let parts: Vec<String> = front
            .counts
            .iter()
            .filter(|c| c.found > 0)
            .map(|c| format!("{} {}", thousands(c.found), c.severity.name()))
            .collect();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "the check found {}: {}.",
            counted(found, "fault"),
            listed(&parts)
        );
        if waived > 0 {
            let _ = write!(text, " {} waived.", are(waived));
        }
    } else if front.complete {
        text.push_str("the check found nothing.");
    } else {
        text.push_str("the check found nothing in what could be read.");
    }
    let _ = match &front.baseline {
        Some(baseline) => write!(
            text,
            " Compared with snapshot {baseline}, {} new and {} gone.",
            are(new),
            are(front.resolved)
        ),
        None => write!(text, " There is no earlier snapshot to compare with."),
    };
    if front.complete {
        text.push_str(" Everything that was asked for could be read and decided.");
    } else {
        text.push_str(" Not everything could be read or decided, so there may be more.");
    }
    if let Some((first, all)) = front.departures.split_first() {
        let _ = write!(text, " Not as shipped: {first}: {}.", all.join("; "));
    }
    text
}

fn tiles(front: &Front) -> Vec<Tile> {
    let mut tiles: Vec<Tile> = front
        .counts
        .iter()
        .map(|c| {
            let mut more = Vec::new();
            if c.new > 0 && front.baseline.is_some() {
                more.push(format!("{} new", thousands(c.new)));
            }
            if c.waived > 0 {
                more.push(format!("{} waived", thousands(c.waived)));
            }
            Tile {
                class: if c.found == 0 {
                    "none"
                } else {
                    colour(c.severity)
                },
                figure: thousands(c.found),
                label: capital(c.severity.name()),
                more: more.join(", "),
            }
        })
        .collect();
    let [rules, .., unknown, skipped] = front.rules;
    tiles.push(Tile {
        class: if unknown + front.undecided == 0 {
            "none"
        } else {
            "unknown"
        },
        figure: thousands(unknown),
        label: "Rules that could not be decided".to_owned(),
        more: format!(
            "of {rules}; {skipped} not assessed; {} without a verdict",
            counted(front.undecided, "row")
        ),
    });
    let [tables, complete] = front.tables;
    let unread = front.incomplete.iter().filter(|t| t.1 != State::Skipped);
    let unread = unread.count();
    tiles.push(Tile {
        class: if unread == 0 { "good" } else { "unknown" },
        figure: format!("{complete} of {tables}"),
        label: "Tables read completely".to_owned(),
        more: format!(
            "{} incomplete, {} not asked for",
            unread,
            tables - complete - unread
        ),
    });
    tiles
}

fn notice(front: &Front) -> Option<Notice> {
    let mut lines: Vec<String> = front
        .incomplete
        .iter()
        .filter(|t| t.1 != State::Skipped)
        .map(|(table, state, why)| said("Table", &format!("{table} ({})", state.name()), why))
        .collect();
    lines.extend(
        front
            .unknown
            .iter()
            .map(|(rule, why)| said("Rule", rule, why)),
    );
    if lines.is_empty() {
        return None;
    }
    let rest = lines.split_off(lines.len().min(LINES));
    Some(Notice {
        title: "What is unknown, and why".to_owned(),
        lines,
        rest,
    })
}

fn colour(severity: Severity) -> &'static str {
    severity.name()
}

/// `1 row`, `2 rows`.
pub(super) fn counted(n: usize, thing: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {thing}{s}", thousands(n))
}

/// `1 row`, `2 rows`.
pub(super) fn rows_of(n: usize) -> String {
    counted(n, "row")
}

/// `1 is`, `2 are`.
fn are(n: usize) -> String {
    let verb = if n == 1 { "is" } else { "are" };
    format!("{} {verb}", thousands(n))
}

fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A number with commas.
pub(super) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 November 2026`.
pub(super) fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y").to_string()
}

/// `1 November 2026, 06:00 UTC`.
fn minute(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y, %H:%M UTC").to_string()
}
