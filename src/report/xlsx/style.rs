//! How cells look.

use rust_xlsxwriter::{Color, Format, FormatAlign};

/// The formats of a workbook: these few, however many cells it has.
pub(crate) struct Style {
    /// Headings.
    pub(crate) head: Format,
    /// Text on one line.
    pub(crate) text: Format,
    /// Text on several lines.
    pub(crate) wrap: Format,
    /// Moments.
    pub(crate) time: Format,
    /// Days.
    pub(crate) day: Format,
    /// What is wrong.
    pub(crate) bad: Format,
    /// What to look at.
    pub(crate) warn: Format,
    /// What a reviewer fills in.
    pub(crate) input: Format,
    /// A day that a reviewer fills in.
    pub(crate) date: Format,
    /// Whole numbers.
    pub(crate) number: Format,
    /// Numbers with a fraction.
    pub(crate) fraction: Format,
}

impl Style {
    /// The formats.
    pub(crate) fn new() -> Self {
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
            day: top()
                .set_num_format("yyyy-mm-dd")
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
            fraction: top(),
        }
    }
}

impl Style {
    /// The format of a word in a column whose words are told apart, if it has one.
    pub(crate) fn of(&self, word: &str) -> Option<&Format> {
        match word {
            "critical" | "high" | "failed" | "denied" | "no" => Some(&self.bad),
            "medium" | "unknown" | "partial" | "new" | "not known" => Some(&self.warn),
            _ => None,
        }
    }
}

/// Whether the words of a column are told apart by colour.
pub(crate) fn telling(column: &str) -> bool {
    matches!(
        column,
        "severity" | "state" | "status" | "answer" | "since_last_review"
    )
}

/// Lines that a text takes in a column of a width, in characters; words break
/// early, so long text takes a little more than its length.
pub(crate) fn lines_of(text: &str, width: usize) -> usize {
    let one = |line: &str| match line.chars().count() {
        n if n <= width => 1,
        n => (n + n / 10).div_ceil(width.max(1)),
    };
    text.lines().map(one).sum::<usize>().max(1)
}

/// Height of a row of some lines, in points.
pub(crate) fn height(lines: usize) -> f64 {
    const MOST: usize = 20;
    f64::from(u32::try_from(lines.min(MOST)).unwrap_or(1)) * 15.0
}

/// Widest column for text that wraps, in characters.
pub(crate) fn widest(column: &str) -> usize {
    match column {
        "reason" | "message" | "evidence" | "query" | "rationale" | "remediation" => 60,
        "resource" | "key" | "value" => 50,
        "decision_reason" => 30,
        _ => 40,
    }
}
