//! What people see on a terminal: tables that fit, text that cannot move the cursor.

use polars::prelude::DataFrame;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::dataset::value::json_at;
use crate::report::csv::neutral;
use crate::report::shown;

/// Text from outside made harmless: what would move the cursor, change the
/// direction or cannot be seen is shown by name, on one line.
pub(crate) fn safe(text: &str) -> String {
    shown::line(text)
}

/// Columns of a terminal that text takes: two for wide characters, none for
/// accents that combine.
pub(crate) fn len(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Fewer columns than this are no use for a cell.
const NARROWEST: usize = 10;
/// Columns between cells.
const APART: usize = 2;

/// A table that fits the width: its widest columns are narrowed, and their cells
/// wrap under themselves. Where there are too many columns for that, each row
/// becomes a block of lines.
pub(crate) fn columns(names: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|r| r.iter().map(|c| safe(c)).collect())
        .collect();
    let names: Vec<String> = names.iter().map(|n| safe(n)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut natural: Vec<usize> = names.iter().map(|n| len(n)).collect();
    for row in &rows {
        for (w, cell) in natural.iter_mut().zip(row) {
            *w = (*w).max(len(cell));
        }
    }
    let Some(widths) = fitted(&natural, width) else {
        return blocks(&names, &rows, width);
    };
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

/// Widths that fit: no column is wider than the widest that lets all of them in,
/// and what is left goes to those that need it, from the right. `None` where
/// there are too many columns.
fn fitted(natural: &[usize], width: usize) -> Option<Vec<usize>> {
    let gaps = APART * natural.len().saturating_sub(1);
    let room = width.saturating_sub(gaps);
    if natural.iter().sum::<usize>() <= room {
        return Some(natural.to_vec());
    }
    let with = |most: usize| natural.iter().map(move |w| (*w).min(most));
    let most = (NARROWEST..=room)
        .rev()
        .find(|most| with(*most).sum::<usize>() <= room)?;
    let mut widths: Vec<usize> = with(most).collect();
    let mut left = room - widths.iter().sum::<usize>();
    for (w, natural) in widths.iter_mut().zip(natural).rev() {
        let more = (natural - *w).min(left);
        *w += more;
        left -= more;
    }
    Some(widths)
}

/// Rows as blocks of `name  value` lines.
fn blocks(names: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let indent = names.iter().map(|n| len(n)).max().unwrap_or_default() + APART;
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        for (name, cell) in names.iter().zip(row) {
            line(
                &mut text,
                &[(*name).to_owned(), cell.clone()],
                &[indent - APART, width.saturating_sub(indent)],
            );
        }
    }
    text
}

/// One row; cells wrap under themselves.
fn line(text: &mut String, row: &[String], widths: &[usize]) {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| wrap(cell, *width))
        .collect();
    let high = cells.iter().map(Vec::len).max().unwrap_or_default();
    for at in 0..high {
        let mut out = String::new();
        let mut pad = 0;
        for (cell, width) in cells.iter().zip(widths) {
            let part = cell.get(at).map_or("", String::as_str);
            out.extend(std::iter::repeat_n(' ', pad));
            out.push_str(part);
            pad = width.saturating_sub(len(part)) + APART;
        }
        text.push_str(out.trim_end());
        text.push('\n');
    }
}

/// Breaks text at spaces; words longer than a line are broken anywhere, but not
/// before an accent. Text that fits stays as it is.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    if len(text) <= width && !text.contains('\n') {
        return vec![text.to_owned()];
    }
    let width = width.max(8);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let long = len(word);
        if used > 0 && used + 1 + long > width {
            lines.push(String::new());
            used = 0;
        }
        let Some(current) = lines.last_mut() else {
            break;
        };
        if used > 0 {
            current.push(' ');
            used += 1;
        }
        if used + long <= width {
            current.push_str(word);
            used += long;
            continue;
        }
        let mut letter = [0; 4];
        for c in word.chars() {
            // This one widens the sign before it.
            let wide = match c {
                '\u{fe0f}' => 1,
                c => len(c.encode_utf8(&mut letter)),
            };
            if used + wide > width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(current) = lines.last_mut() {
                current.push(c);
            }
            used += wide;
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

/// The rows of a frame as JSON objects, whose keys keep the order of the columns.
pub(crate) struct Objects<'a>(pub(crate) &'a DataFrame);

impl Serialize for Objects<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.0.height()).map(|row| Object(self.0, row)))
    }
}

struct Object<'a>(&'a DataFrame, usize);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.0.columns().iter();
        serializer.collect_map(columns.map(|c| (c.name().as_str(), json_at(c, self.1))))
    }
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
    use super::{columns, len, safe, wrap};
    use crate::report::csv::neutral;

    #[test]
    fn what_moves_the_cursor_or_turns_text_is_named() {
        assert_eq!(
            safe("a\u{1b}[31mb\u{9b}c\u{202e}d\u{200b}e\nf"),
            "a\u{241b}[31mb[U+009B]c[U+202E]d[U+200B]e f"
        );
    }

    #[test]
    fn tables_fit_every_width_and_lose_nothing() {
        let rows = vec![
            vec!["東京の部署".to_owned(), "word ".repeat(40), "x".repeat(90)],
            vec![
                "e\u{301}e\u{301}".to_owned(),
                "👍🏽".repeat(30),
                "short".to_owned(),
            ],
        ];
        for width in [24, 40, 60, 80, 120] {
            let text = columns(&["x", "long name", "y"], &rows, width);
            for line in text.lines() {
                assert!(len(line) <= width, "{width}: {line}");
            }
            let letters = |t: &str| t.chars().filter(|c| !" -\n".contains(*c)).count();
            let cells: usize = rows.iter().flatten().map(|c| letters(c)).sum();
            // Headings stand once, or once per row.
            assert!(
                letters(&text) >= cells + letters("xlongnamey"),
                "{width}: {text}"
            );
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let rows = vec![
            vec!["東京".to_owned(), "a".to_owned()],
            vec!["Zoe\u{308}".to_owned(), "b".to_owned()],
        ];
        assert_eq!(
            columns(&["name", "v"], &rows, 80),
            "name  v\n----  -\n東京  a\nZoe\u{308}   b\n"
        );
    }

    #[test]
    fn too_many_columns_become_blocks() {
        let names = ["one", "two", "three", "four"];
        let row: Vec<String> = names.iter().map(|n| n.repeat(4)).collect();
        assert_eq!(
            columns(&names, &[row.clone(), row], 30),
            "one    oneoneoneone\ntwo    twotwotwotwo\nthree  threethreethreethree\nfour   fourfourfourfour\n\n".repeat(2).trim_end().to_owned() + "\n"
        );
    }

    #[test]
    fn long_words_are_broken_and_accents_stay_with_their_letter() {
        assert_eq!(wrap("abcdefghijkl", 8), ["abcdefgh", "ijkl"]);
        assert_eq!(
            wrap(&"e\u{301}".repeat(9), 8),
            ["e\u{301}".repeat(8), "e\u{301}".to_owned()]
        );
        assert_eq!(wrap("東京東京東", 8), ["東京東京", "東"]);
        assert_eq!(wrap("  as it  is ", 20), ["  as it  is "]);
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
