//! What a cell and the name of a tab can hold, and what becomes of the rest.
//!
//! A workbook is for reading: what XML or a cell cannot hold is shown instead
//! of stored, always in the same way. The other formats keep the text as it is.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rust_xlsxwriter::{DataValidation, Format, Worksheet, XlsxError};

/// UTF-16 units of a cell.
const MOST_UNITS: usize = 32_767;
/// What a run of a text adds to it at most, and a character that XML escapes.
const RUN: usize = 256;
const MARKUP: usize = 6;
/// Line feeds of a cell.
const MOST_LINE_FEEDS: usize = 253;
/// UTF-16 units of the name of a tab.
const NAME_UNITS: usize = 31;
/// UTF-16 units of a list to choose from, commas included.
const LIST_UNITS: usize = 255;

/// Text as a cell shows it. CR LF is a line break, as LF is; other control
/// characters become their pictures (`␀` to `␟`; a lone CR is `␍`), and the two
/// code points that XML forbids their numbers. Tabs and line feeds stay.
#[must_use]
pub(crate) fn cell_text(text: &str) -> Cow<'_, str> {
    let rare = |b: u8| (b < b' ' && b != b'\t' && b != b'\n') || b == 0xEF;
    if !text.bytes().any(rare) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\t' | '\n' => shown.push(c),
            '\0'..='\u{1f}' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{fffe}' => shown.push_str("[U+FFFE]"),
            '\u{ffff}' => shown.push_str("[U+FFFF]"),
            _ => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a cell can hold text just as it is, told at a glance: short, without
/// control characters and anything that reads like an escape.
#[must_use]
pub(crate) fn plain(text: &str) -> bool {
    let rare = |b: u8| b < b' ' || b == b'_' || b == 0xEF;
    text.len() <= MOST_LINE_FEEDS && !text.bytes().any(rare)
}

/// Whether text fits a cell.
#[must_use]
pub(crate) fn fits(text: &str) -> bool {
    cut(text).1.is_empty()
}

/// What fits a cell, and the rest.
#[must_use]
pub(crate) fn cut(text: &str) -> (&str, &str) {
    // No text has more UTF-16 units than bytes.
    if text.len() <= MOST_LINE_FEEDS {
        return (text, "");
    }
    cut_to(text, 0)
}

/// What fits a cell beside some UTF-16 units, and the rest. Text in runs
/// ([`apart`]) has less room: the library counts their markup.
#[must_use]
pub(crate) fn cut_to(text: &str, beside: usize) -> (&str, &str) {
    let mut escapes = escapes(text).peekable();
    let in_runs = escapes.peek().is_some();
    let (mut units, mut line_feeds) = (beside, 0);
    for (at, c) in text.char_indices() {
        units += match c {
            '&' | '<' | '>' | '"' | '\'' if in_runs => MARKUP,
            _ => c.len_utf16(),
        };
        if in_runs && escapes.next_if_eq(&at).is_some() {
            units += RUN;
        }
        line_feeds += usize::from(c == '\n');
        let room = if in_runs {
            MOST_UNITS - 2 * RUN
        } else {
            MOST_UNITS
        };
        if units > room || line_feeds > MOST_LINE_FEEDS {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Where something that reads like an escape of the format begins.
fn escapes(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices("_x").filter_map(|(at, _)| {
        let code = text.as_bytes().get(at + 2..at + 7)?;
        let escape = code[..4].iter().all(u8::is_ascii_hexdigit) && code[4] == b'_';
        escape.then_some(at)
    })
}

/// Writes text as text, whatever it looks like; gives what did not fit. Without
/// a format the cell looks as its column does.
///
/// # Errors
/// When the workbook refuses the cell.
pub(crate) fn write_text(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    text: &str,
    format: Option<&Format>,
) -> Result<Option<String>, XlsxError> {
    let shown = cell_text(text);
    let (head, rest) = cut(&shown);
    let parts = apart(head);
    match (parts.as_slice(), format) {
        (_, Some(format)) if parts.len() > 1 => {
            let plain = Format::new();
            let runs: Vec<(&Format, &str)> = parts.iter().map(|p| (&plain, *p)).collect();
            sheet.write_rich_string_with_format(row, at, &runs, format)?;
        }
        (_, None) if parts.len() > 1 => {
            let plain = Format::new();
            let runs: Vec<(&Format, &str)> = parts.iter().map(|p| (&plain, *p)).collect();
            sheet.write_rich_string(row, at, &runs)?;
        }
        (_, Some(format)) => {
            sheet.write_string_with_format(row, at, head, format)?;
        }
        (_, None) => {
            sheet.write_string(row, at, head)?;
        }
    }
    Ok((!rest.is_empty()).then(|| rest.to_owned()))
}

/// Text that reads like an escape of the format (`_x000D_`) in two runs: no
/// program takes it for one then, whether it knows escapes or not.
fn apart(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in escapes(text) {
        parts.push(&text[from..at + 2]);
        from = at + 2;
    }
    parts.push(&text[from..]);
    parts
}

/// A name that the format accepts and no other tab has, whatever its case.
pub(crate) fn sheet_name(title: &str, taken: &mut BTreeSet<String>) -> String {
    let clean: String = title
        .chars()
        .map(|c| match c {
            '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\u{fffe}' | '\u{ffff}' => '-',
            c if c.is_control() => '-',
            c => c,
        })
        .collect();
    let edge = |c: char| c == '\'' || c.is_whitespace();
    let clean = match clean.trim_matches(edge) {
        "" => "Sheet".to_owned(),
        // The name of a tab that spreadsheets keep for themselves.
        name if name.eq_ignore_ascii_case("history") => format!("{name}-"),
        name => name.to_owned(),
    };
    let mut number = 1;
    loop {
        let suffix = match number {
            1 => String::new(),
            n => format!(" ({n})"),
        };
        let mut room = NAME_UNITS.saturating_sub(suffix.len());
        let start: String = clean
            .chars()
            .take_while(|c| {
                let fits = room >= c.len_utf16();
                room = room.saturating_sub(c.len_utf16());
                fits
            })
            .collect();
        let name = format!("{}{suffix}", start.trim_end_matches(edge));
        if taken.insert(name.to_lowercase()) {
            return name;
        }
        number += 1;
    }
}

/// A list to choose from; `None` when the format cannot hold it: one that is too
/// long, or with a comma or a quote in a choice.
///
/// # Errors
/// When the workbook refuses the list.
pub(crate) fn choices(values: &[&str]) -> Result<Option<DataValidation>, XlsxError> {
    let units: usize = values.iter().map(|v| v.encode_utf16().count()).sum();
    let commas = values.len().saturating_sub(1);
    if values.is_empty()
        || units + commas > LIST_UNITS
        || values.iter().any(|v| v.contains([',', '"']))
    {
        return Ok(None);
    }
    DataValidation::new().allow_list_strings(values).map(Some)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{apart, cell_text, choices, cut, sheet_name};

    #[test]
    fn names_fit_and_differ() {
        let mut taken = BTreeSet::new();
        let long = "Findings of the access review of everything";
        let first = sheet_name(long, &mut taken);
        let second = sheet_name(&long.to_uppercase(), &mut taken);
        assert_eq!(first.chars().count(), 31);
        assert_eq!(second.chars().count(), 31);
        assert_ne!(first.to_lowercase(), second.to_lowercase());
        assert_eq!(sheet_name("a/b:c", &mut taken), "a-b-c");
    }

    #[test]
    fn names_at_the_limit() {
        for (length, expected) in [(30, 30), (31, 31), (32, 31)] {
            let name = sheet_name(&"n".repeat(length), &mut BTreeSet::new());
            assert_eq!(name.len(), expected);
        }
        // A pair of UTF-16 units counts twice and is not torn apart.
        let name = sheet_name(&"😀".repeat(16), &mut BTreeSet::new());
        assert_eq!(name, "😀".repeat(15));
        // An apostrophe must not end a name, where it was cut either.
        let name = sheet_name(&format!("{}'s", "n".repeat(30)), &mut BTreeSet::new());
        assert_eq!(name, "n".repeat(30));
    }

    #[test]
    fn forbidden_and_reserved_names_change() {
        let mut taken = BTreeSet::new();
        assert_eq!(sheet_name("[a]:*?/\\b", &mut taken), "-a------b");
        assert_eq!(sheet_name("History", &mut taken), "History-");
        assert_eq!(sheet_name("HISTORY", &mut taken), "HISTORY- (2)");
        assert_eq!(sheet_name("'quoted'", &mut taken), "quoted");
        assert_eq!(sheet_name(" ' ", &mut taken), "Sheet");
        assert_eq!(sheet_name("a\u{0}b\u{7f}", &mut taken), "a-b-");
    }

    #[test]
    fn nothing_of_a_long_value_is_lost() {
        let text = "é😀".repeat(20_000);
        let (head, rest) = cut(&text);
        assert!(head.encode_utf16().count() <= 32_767);
        assert_eq!(format!("{head}{rest}"), text);
    }

    #[test]
    fn cells_are_cut_at_their_limits() {
        for (length, rest) in [(32_766, 0), (32_767, 0), (32_768, 1)] {
            assert_eq!(cut(&"x".repeat(length)).1.len(), rest);
        }
        // Two units each: the last one does not fit by half.
        assert_eq!(cut(&"😀".repeat(16_383)).1, "");
        assert_eq!(cut(&"😀".repeat(16_384)).1, "😀");
        for (line_feeds, rest) in [(252, ""), (253, ""), (254, "\n")] {
            assert_eq!(cut(&"\n".repeat(line_feeds)).1, rest);
        }
    }

    #[test]
    fn text_in_runs_has_less_room() {
        for text in [
            format!("_x000D_{}", "x".repeat(32_760)),
            "_x000D_<&>".repeat(4_000),
            format!("{}_x000D_", "&".repeat(20_000)),
        ] {
            let (mut whole, mut rest) = (String::new(), text.as_str());
            while !rest.is_empty() {
                let (head, tail) = cut(rest);
                assert!(!head.is_empty());
                let mut sheet = rust_xlsxwriter::Worksheet::new();
                let left = super::write_text(&mut sheet, 0, 0, head, None);
                assert!(matches!(left, Ok(None)));
                whole.push_str(head);
                rest = tail;
            }
            assert_eq!(whole, text);
        }
    }

    #[test]
    fn what_a_cell_cannot_hold_is_shown() {
        assert_eq!(cell_text("plain\ttext\nＡ"), "plain\ttext\nＡ");
        assert_eq!(cell_text("a\r\nb\rc\n\rd"), "a\nb␍c\n␍d");
        assert_eq!(cell_text("\u{0}\u{1b}[31m\u{1f}"), "␀␛[31m␟");
        assert_eq!(
            cell_text("\u{fffe}\u{ffff}\u{feff}"),
            "[U+FFFE][U+FFFF]\u{feff}"
        );
    }

    #[test]
    fn text_that_reads_like_an_escape_is_torn_apart() {
        assert_eq!(apart("_x000D_"), ["_x", "000D_"]);
        assert_eq!(apart("a_x000D_x000a_b"), ["a_x", "000D_x", "000a_b"]);
        for plain in [
            "", "_x", "_x000D", "_x00G0_", "_X000D_", "_xé000_", "_x000é",
        ] {
            assert_eq!(apart(plain), [plain]);
        }
    }

    #[test]
    fn lists_that_the_format_cannot_hold_are_none() {
        let half = "x".repeat(127);
        for (second, fits) in [(126, true), (127, true), (128, false)] {
            let list = choices(&[&half, &"y".repeat(second)]).ok().flatten();
            assert_eq!(list.is_some(), fits);
        }
        assert!(choices(&["a,b"]).ok().flatten().is_none());
        assert!(choices(&["a\"b"]).ok().flatten().is_none());
        assert!(choices(&[]).ok().flatten().is_none());
    }
}
