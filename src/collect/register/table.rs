//! A CSV register: its header is checked, every mistake has line and column,
//! and what looks like a secret is dropped and reported.

use chrono::{DateTime, Utc};

use crate::config::fault::{Source, show, suggest};
use crate::config::{Fault, Issue, Place};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::secret::looks_secret;
use crate::time::{Bound, parse_date_or_time};

/// The rows of a register, with what was wrong so far.
pub(super) struct Table<'a> {
    file: String,
    header: Vec<String>,
    rows: Vec<(i64, Vec<String>, Vec<usize>)>,
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
    /// The trimmed cell of a column; empty or absent is null.
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        let at = self.header.iter().position(|h| h == column)?;
        self.cells
            .get(at)
            .map(|c| c.trim())
            .filter(|c| !c.is_empty())
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
            issues,
            problems,
        };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}'),
            Err(e) => {
                let good = bytes.get(..e.valid_up_to()).unwrap_or_default();
                let good = String::from_utf8_lossy(good);
                let source = Source {
                    name: file,
                    text: &good,
                };
                table.issues.push(Issue {
                    place: source.place(good.len()),
                    fault: Fault::Malformed("the file is not UTF-8".to_owned()),
                    hint: "save it as CSV UTF-8".to_owned(),
                });
                return table;
            }
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        for record in reader.records() {
            match record {
                Err(e) => {
                    let line = e.position().map_or(0, csv::Position::line);
                    table.malformed(line, 1, e.to_string());
                }
                Ok(record) => table.add(&record),
            }
        }
        if table.header.is_empty() {
            table.malformed(1, 1, "the register has no header".to_owned());
        }
        table
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
        let line = record.position().map_or(0, csv::Position::line);
        if self.header.is_empty() {
            self.header = record.iter().map(|h| h.trim().to_owned()).collect();
            return;
        }
        if record.iter().all(|c| c.trim().is_empty()) {
            return;
        }
        if record.len() != self.header.len() {
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
