//! What people see on a terminal: tables that fit, text that cannot move the cursor.

use crate::report::csv::neutral;

use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use crate::detect::evaluate::json_at;

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

pub(super) fn writer(out: &mut dyn std::io::Write) -> csv::Writer<&mut dyn std::io::Write> {
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
