//! A CSV register: its header is checked, every mistake has line and column,
//! and what looks like a secret is dropped and reported. Separators and encodings
//! of spreadsheets are read; a workbook is refused by name.

use std::io::{Cursor, Read as _};

use chrono::{DateTime, Utc};

use super::cells::{account, account_id, address, clean, login};
use crate::bounds::{CELL, COLUMNS, MISTAKES, ROWS, size};
use crate::collect::import::encoding::Text;
use crate::config::fault::{Source, show, suggest};
use crate::config::{Fault, Issue, Place};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::secret::looks_secret;
use crate::time::{Bound, parse_date_or_time};

/// What the file is when it is a workbook.
fn workbook(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Some("a workbook or another archive"),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Some("a workbook of an old version of Excel"),
        _ => None,
    }
}

/// Lines that `sep=;` takes at the beginning, and what follows. Excel writes that.
fn hint_of_excel(text: &str) -> (u64, &str) {
    // Not lost: an empty text has no first line.
    let first = text.lines().next().unwrap_or_default();
    let hint = first
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("sep="))
        && first.trim_end().chars().count() == 5;
    match text.split_once('\n') {
        Some((_, rest)) if hint => (1, rest),
        _ => (0, text),
    }
}

/// The separator: the first of those that spreadsheets write which the header
/// holds. No name of a column holds one.
fn separator(text: &str) -> u8 {
    let header = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
    let found = header
        .bytes()
        .find(|b| matches!(b, b',' | b';' | b'\t' | b'|'));
    found.unwrap_or(b',')
}

/// The name of a column as the documentation spells it.
fn column_of(heading: &str) -> String {
    heading.to_lowercase().replace([' ', '-'], "_")
}

/// The rows of a register, with what was wrong so far.
pub(super) struct Table<'a> {
    file: String,
    header: Vec<String>,
    rows: Vec<(i64, Vec<String>, Vec<usize>)>,
    /// Lines before the header that only say which separator there is.
    skipped: u64,
    issues: &'a mut Vec<Issue>,
    problems: &'a mut Vec<Problem>,
}

/// One row.
pub(super) struct Row<'t> {
    pub line: i64,
    cells: &'t [String],
    columns: &'t [usize],
    header: &'t [String],
}

impl Row<'_> {
    /// What is written in a column; empty or absent is null.
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        let at = self.header.iter().position(|h| h == column)?;
        self.cells
            .get(at)
            .map(|c| clean(c))
            .filter(|c| !c.is_empty())
    }

    /// The address of a person.
    pub(super) fn address(&self, column: &str) -> Option<String> {
        self.get(column).map(address)
    }

    /// Column at which a cell begins, from 1.
    fn column(&self, column: &str) -> usize {
        self.header
            .iter()
            .position(|h| h == column)
            .and_then(|at| self.columns.get(at).copied())
            .unwrap_or(1)
    }
}

/// What to do about an account id that lost digits.
const ALL_DIGITS: &str =
    "write all twelve digits, and format the column as text before you paste them";

/// Collects mistakes of one register.
pub(super) struct Faults<'a> {
    file: &'a str,
    issues: &'a mut Vec<Issue>,
}

impl Faults<'_> {
    /// A mistake in a cell.
    pub(super) fn add(&mut self, row: &Row<'_>, column: &str, message: String, hint: &str) {
        self.issues.push(Issue {
            place: Place::File {
                file: self.file.to_owned(),
                line: usize::try_from(row.line).unwrap_or(0),
                column: row.column(column),
            },
            fault: Fault::Malformed(message),
            hint: hint.to_owned(),
        });
    }

    /// A date or time; a mistake when it is neither.
    pub(super) fn time(
        &mut self,
        row: &Row<'_>,
        column: &str,
        bound: Bound,
    ) -> Option<DateTime<Utc>> {
        let text = row.get(column)?;
        let at = parse_date_or_time(text, bound);
        if at.is_none() {
            self.add(
                row,
                column,
                format!("`{column}` is {}, which is no date", show(text)),
                "write 2026-01-31 or 2026-01-31T12:00:00Z",
            );
        }
        at
    }

    /// A cell that `read` makes something of; a mistake when it cannot.
    fn read<T>(
        &mut self,
        row: &Row<'_>,
        column: &str,
        hint: &str,
        read: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let text = row.get(column)?;
        match read(text) {
            Ok(value) => Some(value),
            Err(why) => {
                let message = format!("`{column}` is {}, which {why}", show(text));
                self.add(row, column, message, hint);
                None
            }
        }
    }

    /// The id of an account.
    pub(super) fn account_id(&mut self, row: &Row<'_>, column: &str) -> Option<String> {
        self.read(row, column, ALL_DIGITS, account_id)
    }

    /// Names or ids of accounts, with `;` between them.
    pub(super) fn accounts(&mut self, row: &Row<'_>, column: &str) -> Option<String> {
        self.read(row, column, ALL_DIGITS, |list| {
            let items: Result<Vec<String>, _> =
                list.split(';').map(|i| account(clean(i))).collect();
            items.map(|items| items.join(";"))
        })
    }

    /// A login of GitHub.
    pub(super) fn login(&mut self, row: &Row<'_>, column: &str) -> Option<String> {
        self.required(row, column)?;
        self.read(
            row,
            column,
            "write it as it stands in the address of the person's page",
            |text| login(text).ok_or("is no login of GitHub"),
        )
    }

    /// A cell that must not be empty.
    pub(super) fn required(&mut self, row: &Row<'_>, column: &str) -> Option<String> {
        let value = row.get(column).map(str::to_owned);
        if value.is_none() {
            self.add(
                row,
                column,
                format!("`{column}` is empty"),
                "fill it in, or remove the row",
            );
        }
        value
    }
}

impl<'a> Table<'a> {
    /// Reads the bytes of a register.
    pub(super) fn read(
        file: &str,
        bytes: &[u8],
        issues: &'a mut Vec<Issue>,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        let mut table = Self {
            file: file.to_owned(),
            header: Vec::new(),
            rows: Vec::new(),
            skipped: 0,
            issues,
            problems,
        };
        if let Some(what) = workbook(bytes) {
            table.malformed(1, 1, format!("the file is {what} and not CSV"));
            return table;
        }
        let mut text = String::new();
        let mut decoded = Text::new(Box::new(Cursor::new(bytes.to_vec())));
        if let Err(e) = decoded.read_to_string(&mut text) {
            let good = std::str::from_utf8(bytes)
                .err()
                .map_or(0, |e| e.valid_up_to());
            let good = String::from_utf8_lossy(bytes.get(..good).unwrap_or_default());
            let source = Source {
                name: file,
                text: &good,
            };
            table.issues.push(Issue {
                place: source.place(good.len()),
                fault: Fault::Malformed(format!("the file is not UTF-8: {e}")),
                hint: "save it as CSV UTF-8".to_owned(),
            });
            return table;
        }
        let (skipped, rest) = hint_of_excel(&text);
        table.skipped = skipped;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator(rest))
            .from_reader(rest.as_bytes());
        for record in reader.records() {
            match record {
                Err(e) => {
                    let line = e.position().map_or(0, csv::Position::line) + table.skipped;
                    table.malformed(line, 1, e.to_string());
                }
                Ok(record) => table.add(&record),
            }
            if table.issues.len() >= MISTAKES || !table.bounded() {
                break;
            }
        }
        if table.header.is_empty() {
            table.malformed(1, 1, "the register has no header".to_owned());
        }
        table
    }

    /// Whether the register is no larger than one may be; says so when it is.
    fn bounded(&mut self) -> bool {
        let (line, what) = if self.header.len() > COLUMNS {
            // Nothing of such a header is looked at.
            self.header.truncate(1);
            (1, format!("the register has more than {COLUMNS} columns"))
        } else if self.rows.len() > ROWS {
            let line = self.rows.last().map_or(0, |(line, ..)| *line);
            let line = u64::try_from(line).unwrap_or(0);
            (line, format!("the register has more than {ROWS} rows"))
        } else {
            return true;
        };
        self.malformed(line, 1, what);
        false
    }

    fn malformed(&mut self, line: u64, column: usize, message: String) {
        self.issues.push(Issue {
            place: Place::File {
                file: self.file.clone(),
                line: usize::try_from(line).unwrap_or(0),
                column,
            },
            fault: Fault::Malformed(message),
            hint: "the README lists the columns of every register".to_owned(),
        });
    }

    fn add(&mut self, record: &csv::StringRecord) {
        let line = record.position().map_or(0, csv::Position::line) + self.skipped;
        if record.iter().all(|c| clean(c).is_empty()) {
            return;
        }
        if self.header.is_empty() {
            // Columns without a name at the end are what is left of deleted ones.
            self.header = record.iter().map(|h| column_of(clean(h))).collect();
            while self.header.last().is_some_and(String::is_empty) {
                self.header.pop();
            }
            return;
        }
        let beyond = record.iter().skip(self.header.len());
        let left_over = beyond.clone().count() > 0 && beyond.clone().all(|c| clean(c).is_empty());
        if record.len() != self.header.len() && !left_over {
            let message = format!(
                "the row has {} cells and the header {}",
                record.len(),
                self.header.len()
            );
            self.malformed(line, 1, message);
            return;
        }
        let mut columns = Vec::with_capacity(record.len());
        let mut at = 1;
        let mut cells = Vec::with_capacity(record.len());
        for (cell, name) in record.iter().zip(&self.header) {
            columns.push(at);
            if cell.len() > CELL {
                let message = format!("a cell is longer than {}", size(CELL as u64));
                self.malformed(line, at, message);
                return;
            }
            let quoted = cell.contains([',', '"', '\n', '\r']);
            at += cell.chars().count() + 1 + if quoted { 2 } else { 0 };
            if looks_secret(cell) {
                self.problems.push(Problem {
                    file: self.file.clone(),
                    position: format!("{line}:{}", columns.last().copied().unwrap_or(1)),
                    kind: ProblemKind::Secret,
                    table: None,
                    expected: "a register without secret values".to_owned(),
                    message: format!("The column `{name}` holds what looks like the value of a secret; it was dropped and not stored. Treat it as exposed and rotate it."),
                });
                cells.push("[redacted]".to_owned());
            } else {
                cells.push(cell.to_owned());
            }
        }
        self.rows
            .push((i64::try_from(line).unwrap_or(0), cells, columns));
    }

    /// The file as it is shown.
    pub(super) fn file(&self) -> String {
        self.file.clone()
    }

    /// Checks the header and gives each row to `read`.
    pub(super) fn each<T>(
        &mut self,
        known: &[&str],
        required: &[&str],
        mut read: impl FnMut(&Row<'_>, &mut Faults<'_>) -> Option<T>,
    ) -> Vec<T> {
        if self.header.is_empty() {
            return Vec::new();
        }
        let before = self.issues.len();
        for (i, name) in self.header.iter().enumerate() {
            let column = 1 + self
                .header
                .iter()
                .take(i)
                .map(|h| h.chars().count() + 1)
                .sum::<usize>();
            let place = Place::File {
                file: self.file.clone(),
                line: 1,
                column,
            };
            if !known.contains(&name.as_str()) {
                self.issues.push(Issue {
                    place,
                    fault: Fault::UnknownKey(name.clone()),
                    hint: suggest(name, known, "columns"),
                });
            } else if self.header.iter().take(i).any(|h| h == name) {
                self.issues.push(Issue {
                    place,
                    fault: Fault::Duplicate(format!("the column `{name}` is there twice")),
                    hint: "remove one".to_owned(),
                });
            }
        }
        for name in required {
            if !self.header.iter().any(|h| h == name) {
                self.issues.push(Issue {
                    place: Place::File {
                        file: self.file.clone(),
                        line: 1,
                        column: 1,
                    },
                    fault: Fault::Missing((*name).to_owned()),
                    hint: format!("the columns are {}", known.join(", ")),
                });
            }
        }
        if self.issues.len() > before {
            return Vec::new();
        }
        let mut faults = Faults {
            file: &self.file,
            issues: self.issues,
        };
        self.rows
            .iter()
            .filter_map(|(line, cells, columns)| {
                let row = Row {
                    line: *line,
                    cells,
                    columns,
                    header: &self.header,
                };
                read(&row, &mut faults)
            })
            .collect()
    }
}
