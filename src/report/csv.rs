//! CSV: one file per sheet, RFC 4180, safe to open in a spreadsheet, and exact
//! for programs: what keeps a spreadsheet from running text as a formula can be
//! taken away again, and touches nothing but text.
//!
//! Text is in quotes, other values are not: an empty field is null, `""` is text
//! without characters.

use std::borrow::Cow;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Book, ReportError, replace};
use crate::dataset::value::Value;

/// How text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// What a spreadsheet would run as a formula gets one apostrophe.
    #[default]
    Safe,
    /// As it is: for programs only.
    Raw,
    /// With a byte order mark; what a spreadsheet would take for a number or a
    /// date gets one apostrophe too.
    Excel,
}

impl Form {
    /// Text as it is written.
    #[must_use]
    pub fn text(self, text: &str) -> Cow<'_, str> {
        let marked = match self {
            Self::Raw => false,
            Self::Safe => risky(text),
            Self::Excel => risky(text) || guessed(text),
        };
        if marked {
            Cow::Owned(format!("'{text}"))
        } else {
            Cow::Borrowed(text)
        }
    }

    /// End of the names of files.
    fn ending(self) -> &'static str {
        match self {
            Self::Safe => ".csv",
            Self::Raw => ".raw.csv",
            Self::Excel => ".excel.csv",
        }
    }

    /// What a reader has to know to have the text as it was.
    fn meaning(self) -> &'static str {
        match self {
            Self::Safe => {
                "apostrophe-1: text that a spreadsheet would run as a formula, and text that begins with an apostrophe, has one apostrophe before it; take one away. An empty field is no value, \"\" is empty text"
            }
            Self::Raw => {
                "none: text is as it is, and a spreadsheet may run it as a formula. An empty field is no value, \"\" is empty text"
            }
            Self::Excel => {
                "apostrophe-1: text that a spreadsheet would run as a formula or take for a number or a date, and text that begins with an apostrophe, has one apostrophe before it; take one away. An empty field is no value, \"\" is empty text"
            }
        }
    }
}

/// Writes one file per sheet; gives their paths.
///
/// # Errors
/// When rows cannot be read back or a file cannot be written.
pub fn write(book: &Book, form: Form, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut paths = vec![about(book, form, out)?];
    for page in &book.sheets {
        let path = out.join(format!("{}-{}{}", book.name, page.slug(), form.ending()));
        replace(&path, |file| {
            let mut csv = Lines::begin(file, form)?;
            for name in page.rows.names() {
                csv.text(name)?;
            }
            csv.end()?;
            for batch in page.rows.batches() {
                let (_, frame) = batch.map_err(|e| e.to_string())?;
                for row in 0..frame.height() {
                    for column in frame.columns() {
                        match Value::at(column, row) {
                            Value::Text(text) => csv.text(&text)?,
                            value => csv.value(&value.text())?,
                        }
                    }
                    csv.end()?;
                }
            }
            csv.finish()
        })?;
        paths.push(path);
    }
    Ok(paths)
}

/// What the report stands on, as a file beside the sheets.
fn about(book: &Book, form: Form, out: &Path) -> Result<PathBuf, ReportError> {
    let path = out.join(format!("{}-about{}", book.name, form.ending()));
    replace(&path, |file| {
        let mut csv = Lines::begin(file, form)?;
        csv.pair("name", "value")?;
        csv.pair("Report", &book.title)?;
        for (name, value) in &book.about {
            csv.pair(name, value)?;
        }
        csv.pair("Form of text", form.meaning())?;
        for page in &book.sheets {
            let rows = format!("{} rows", page.rows.count());
            csv.pair(&format!("Sheet {}", page.title), &rows)?;
        }
        csv.finish()
    })?;
    Ok(path)
}

/// A CSV file that is being written. The library quotes either everything or
/// what needs it; here quotes tell text from other values.
struct Lines<W: Write> {
    out: BufWriter<W>,
    form: Form,
    fields: usize,
    empty: bool,
}

impl<W: Write> Lines<W> {
    fn begin(out: W, form: Form) -> Result<Self, String> {
        let mut out = BufWriter::new(out);
        if form == Form::Excel {
            out.write_all("\u{feff}".as_bytes())
                .map_err(|e| e.to_string())?;
        }
        Ok(Self {
            out,
            form,
            fields: 0,
            empty: true,
        })
    }

    fn put(&mut self, text: &str) -> Result<(), String> {
        self.out
            .write_all(text.as_bytes())
            .map_err(|e| e.to_string())
    }

    /// A value that is not text, or none.
    fn value(&mut self, value: &str) -> Result<(), String> {
        if self.fields > 0 {
            self.put(",")?;
        }
        self.fields += 1;
        self.empty &= value.is_empty();
        self.put(value)
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        let text = self.form.text(text);
        self.value("\"")?;
        if text.contains('"') {
            self.put(&text.replace('"', "\"\""))?;
        } else {
            self.put(&text)?;
        }
        self.put("\"")
    }

    fn end(&mut self) -> Result<(), String> {
        // A line without anything is no row to most readers.
        if self.empty && self.fields == 1 {
            self.put("\"\"")?;
        }
        self.fields = 0;
        self.empty = true;
        self.put("\r\n")
    }

    fn pair(&mut self, name: &str, value: &str) -> Result<(), String> {
        self.text(name)?;
        self.text(value)?;
        self.end()
    }

    fn finish(mut self) -> Result<(), String> {
        self.out.flush().map_err(|e| e.to_string())
    }
}

/// Text that a spreadsheet would run as a formula gets one apostrophe, and so
/// does text that has one already, so that taking one away always restores it.
#[must_use]
pub fn neutral(text: &str) -> String {
    Form::Safe.text(text).into_owned()
}

/// Whether text begins like a formula, after what programs skip.
fn risky(text: &str) -> bool {
    let skipped = |c: char| {
        (c.is_whitespace() && !matches!(c, '\t' | '\r' | '\n'))
            || matches!(
                c,
                '\0' | '\u{ad}'
                    | '\u{61c}'
                    | '\u{180e}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{feff}'
            )
    };
    let first = text.trim_start_matches(skipped).chars().next();
    first.is_some_and(|c| {
        c.is_control()
            || matches!(
                c,
                '=' | '+'
                    | '-'
                    | '@'
                    | '|'
                    | '%'
                    | '\''
                    | '＝'
                    | '＋'
                    | '－'
                    | '＠'
                    | '−'
                    | '﹢'
                    | '﹣'
                    | '﹦'
                    | '﹫'
            )
    })
}

/// Whether a spreadsheet would take text for a number, a date or a truth value, in
/// whatever language it speaks: rather too often than not.
fn guessed(text: &str) -> bool {
    let text = text.trim();
    if text.len() > 64 {
        return text.chars().all(char::is_numeric);
    }
    let word = text.to_lowercase();
    if ["true", "false", "wahr", "falsch", "vrai", "faux"].contains(&word.as_str()) {
        return true;
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    if word.starts_with(char::is_alphabetic) {
        // A month and a day or a year.
        let rest = word.trim_start_matches(char::is_alphabetic);
        let digits = rest.trim_start_matches([' ', '-', '/', '.']);
        return (3..=9).contains(&letters)
            && (1..=4).contains(&digits.chars().count())
            && digits.chars().all(char::is_numeric);
    }
    word.contains(char::is_numeric) && letters <= 9
}

#[cfg(test)]
mod tests {
    use super::{Form, Lines, neutral};

    #[test]
    fn formulas_are_neutralised_and_can_be_restored() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "\t=1",
            " =1",
            "\u{a0}=1",
            "\u{2066}=1",
            "'quoted",
            "\u{feff}=1",
            "\n=1",
            "−1",
        ] {
            let safe = neutral(text);
            assert_eq!(safe, format!("'{text}"));
            assert_eq!(safe.strip_prefix('\''), Some(text));
        }
        for text in ["000111222333", "a=b", "Ana Vale", "", "1E5", "2026-11-23"] {
            assert_eq!(neutral(text), text);
        }
    }

    #[test]
    fn what_a_spreadsheet_guesses_at_is_text_in_its_form() {
        for text in [
            "000111222333",
            "1E5",
            "2026-11-23",
            "3 Mar",
            "TRUE",
            "1/2",
            "MARCH1",
            "Okt 4",
            "$5",
            "(7)",
            "=1",
            "'1",
        ] {
            assert_eq!(Form::Excel.text(text), format!("'{text}"));
        }
        for text in [
            "Ana Vale",
            "",
            "t0",
            "administrator-access-1",
            "nomis-production",
        ] {
            assert_eq!(Form::Excel.text(text), text);
        }
        assert_eq!(Form::Raw.text("=1+1"), "=1+1");
    }

    #[test]
    fn null_and_empty_text_differ() {
        let mut bytes = Vec::new();
        let written = Lines::begin(&mut bytes, Form::Safe).and_then(|mut csv| {
            csv.value("")?;
            csv.text("")?;
            csv.text("a\"b\r\n")?;
            csv.value("-1")?;
            csv.end()?;
            csv.value("")?;
            csv.end()?;
            csv.finish()
        });
        assert_eq!(written, Ok(()));
        let text = String::from_utf8(bytes).unwrap_or_default();
        assert_eq!(text, ",\"\",\"a\"\"b\r\n\",-1\r\n\"\"\r\n");
    }
}
