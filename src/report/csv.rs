//! CSV: one file per sheet, RFC 4180, safe to open in a spreadsheet.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Book, ReportError, replace};
use crate::detect::evaluate::json_at;

/// Writes one file per sheet; gives their paths.
///
/// # Errors
/// When a file cannot be written.
pub fn write(book: &Book, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut paths = vec![about(book, out)?];
    for page in &book.sheets {
        let path = out.join(format!("{}-{}.csv", book.name, page.slug()));
        replace(&path, |file| {
            let mut csv = csv::WriterBuilder::new()
                .terminator(csv::Terminator::CRLF)
                .from_writer(file);
            let columns = page.frame.columns();
            csv.write_record(columns.iter().map(|c| c.name().as_str()))
                .map_err(|e| e.to_string())?;
            for row in 0..page.frame.height() {
                csv.write_record(columns.iter().map(|c| match json_at(c, row) {
                    Value::Null => String::new(),
                    // Only text can be run as a formula; typed columns stay as they are.
                    Value::String(text) if c.dtype().is_string() => neutral(&text),
                    Value::String(text) => text,
                    other => other.to_string(),
                }))
                .map_err(|e| e.to_string())?;
            }
            csv.flush().map_err(|e| e.to_string())
        })?;
        paths.push(path);
    }
    Ok(paths)
}

/// What the report stands on, as a file beside the sheets.
fn about(book: &Book, out: &Path) -> Result<PathBuf, ReportError> {
    let path = out.join(format!("{}-about.csv", book.name));
    replace(&path, |file| {
        let mut csv = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        let first = [("Report".to_owned(), book.title.clone())];
        csv.write_record(["name", "value"])
            .map_err(|e| e.to_string())?;
        for (name, value) in first.iter().chain(&book.about) {
            csv.write_record([neutral(name), neutral(value)])
                .map_err(|e| e.to_string())?;
        }
        for page in &book.sheets {
            let rows = format!("{} rows", page.frame.height());
            csv.write_record([neutral(&format!("Sheet {}", page.title)), rows])
                .map_err(|e| e.to_string())?;
        }
        csv.flush().map_err(|e| e.to_string())
    })?;
    Ok(path)
}

/// Text that a spreadsheet would run as a formula gets one apostrophe, and so
/// does text that has one already, so that taking one away always restores it.
#[must_use]
pub fn neutral(text: &str) -> String {
    let start = text.trim_start_matches([
        ' ', '\0', '\u{feff}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}',
    ]);
    let risky = |c: char| {
        matches!(
            c,
            '=' | '+'
                | '-'
                | '@'
                | '\t'
                | '\r'
                | '\n'
                | '|'
                | '%'
                | '\''
                | '＝'
                | '＋'
                | '－'
                | '＠'
        )
    };
    if start.starts_with(risky) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::neutral;

    #[test]
    fn formulas_are_neutralised_and_can_be_restored() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "\t=1",
            " =1",
            "'quoted",
            "\u{feff}=1",
        ] {
            let safe = neutral(text);
            assert_eq!(safe, format!("'{text}"));
            assert_eq!(safe.strip_prefix('\''), Some(text));
        }
        for text in ["000111222333", "a=b", "Ana Vale", ""] {
            assert_eq!(neutral(text), text);
        }
    }
}
