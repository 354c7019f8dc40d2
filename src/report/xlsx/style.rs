//! How cells look and what fits them.

use std::collections::BTreeSet;

use rust_xlsxwriter::{Color, Format, FormatAlign};

/// Characters of a cell.
const MOST_CHARACTERS: usize = 32_767;
const NAME_LENGTH: usize = 31;

pub(super) struct Style {
    pub(super) head: Format,
    pub(super) text: Format,
    pub(super) wrap: Format,
    pub(super) time: Format,
    pub(super) bad: Format,
    pub(super) warn: Format,
    pub(super) input: Format,
    pub(super) date: Format,
    pub(super) number: Format,
}

impl Style {
    pub(super) fn new() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        Self {
            head: Format::new()
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(Color::RGB(0x0024_476B))
                .set_align(FormatAlign::VerticalCenter),
            text: top().set_num_format("@"),
            wrap: top().set_num_format("@").set_text_wrap(),
            time: top()
                .set_num_format("yyyy-mm-dd hh:mm")
                .set_align(FormatAlign::Left),
            bad: top()
                .set_bold()
                .set_font_color(Color::RGB(0x009B_1C1C))
                .set_background_color(Color::RGB(0x00FD_E8E8)),
            warn: top()
                .set_bold()
                .set_font_color(Color::RGB(0x007A_4D00))
                .set_background_color(Color::RGB(0x00FE_F3D6)),
            input: top().set_background_color(Color::RGB(0x00FF_FBE6)),
            date: top()
                .set_background_color(Color::RGB(0x00FF_FBE6))
                .set_num_format("yyyy-mm-dd"),
            number: top().set_num_format("0"),
        }
    }
}

impl Style {
    /// The format of a text by what it says.
    pub(super) fn of(&self, column: &str, text: &str) -> &Format {
        let telling = matches!(
            column,
            "severity" | "state" | "status" | "answer" | "since_last_review"
        );
        match text {
            "critical" | "high" | "failed" | "denied" | "no" if telling => &self.bad,
            "medium" | "unknown" | "partial" | "new" | "not known" if telling => &self.warn,
            _ if text.chars().count() + 2 > widest(column) || text.contains('\n') => &self.wrap,
            _ => &self.text,
        }
    }
}

/// Lines that a text takes in a column of a width, in characters; words break
/// early, so long text takes a little more than its length.
pub(super) fn lines_of(text: &str, width: usize) -> usize {
    let one = |line: &str| match line.chars().count() {
        n if n <= width => 1,
        n => (n + n / 10).div_ceil(width.max(1)),
    };
    text.lines().map(one).sum::<usize>().max(1)
}

/// Height of a row of some lines, in points.
pub(super) fn height(lines: usize) -> f64 {
    const MOST: usize = 20;
    f64::from(u32::try_from(lines.min(MOST)).unwrap_or(1)) * 15.0
}

/// Widest column for text that wraps, in characters.
pub(super) fn widest(column: &str) -> usize {
    match column {
        "reason" | "message" | "evidence" | "query" | "rationale" | "remediation" => 60,
        "resource" | "key" | "value" => 50,
        "decision_reason" => 30,
        _ => 40,
    }
}

/// What fits a cell, and the rest; the format counts UTF-16 units.
pub(super) fn cut(text: &str) -> (&str, &str) {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > MOST_CHARACTERS {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// A name that the format accepts and no other tab has, whatever its case.
pub(super) fn sheet_name(title: &str, taken: &mut BTreeSet<String>) -> String {
    let clean: String = title
        .chars()
        .map(|c| {
            if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || c.is_control() {
                '-'
            } else {
                c
            }
        })
        .collect();
    let clean = clean.trim_matches('\'').trim().to_owned();
    let clean = if clean.is_empty() {
        "Sheet".to_owned()
    } else {
        clean
    };
    let mut number = 1;
    loop {
        let suffix = if number == 1 {
            String::new()
        } else {
            format!(" ({number})")
        };
        let room = NAME_LENGTH - suffix.chars().count();
        let name: String = clean.chars().take(room).collect::<String>() + &suffix;
        if taken.insert(name.to_lowercase()) {
            return name;
        }
        number += 1;
    }
}
