//! Reading a returned workbook cell by cell: a sheet is never held in memory,
//! however far apart its cells are.

mod numbers;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};

use super::workbook::{RECORD, REVIEWED_BY, REVIEWED_ON, START};
use numbers::Names;

/// UTF-16 units of a cell.
const MOST_CHARACTERS: usize = 32_767;
/// Rows of a sheet.
const MOST_ROW: u32 = 1_048_576;
/// Columns that are looked at: those of a review, and some that people add.
const MOST_COLUMN: u32 = 256;
/// Characters of a value that a problem quotes.
const QUOTED: usize = 200;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Blank,
    /// Text.
    Text(String),
    /// A number that is no time.
    Number(f64),
    /// A day and time, in days since the end of 1899.
    Time(f64),
    /// True or false.
    Flag(bool),
    /// An error such as #REF!.
    Error,
}

impl Value {
    fn of(cell: &DataRef<'_>) -> Self {
        let text = |t: &str| {
            if t.is_empty() {
                Self::Blank
            } else {
                Self::Text(t.to_owned())
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "cells hold no larger numbers")]
        match cell {
            DataRef::Int(number) => Self::Number(*number as f64),
            DataRef::Float(number) => Self::Number(*number),
            DataRef::String(t) | DataRef::DateTimeIso(t) | DataRef::DurationIso(t) => text(t),
            DataRef::SharedString(t) => text(t),
            DataRef::Bool(flag) => Self::Flag(*flag),
            DataRef::DateTime(at) => Self::Time(at.as_f64()),
            DataRef::Error(_) => Self::Error,
            DataRef::Empty => Self::Blank,
        }
    }

    /// As a problem quotes it: long ones are cut, and say so.
    #[must_use]
    pub fn quoted(&self) -> String {
        quote(&self.text())
    }

    /// As a person would read it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Time(serial) => {
                time_of(*serial).map_or_else(|| serial.to_string(), crate::time::rfc3339)
            }
            Self::Flag(flag) => if *flag { "TRUE" } else { "FALSE" }.to_owned(),
            Self::Error => "an error value".to_owned(),
        }
    }
}

/// A text as a problem quotes it.
#[must_use]
pub fn quote(text: &str) -> String {
    if text.chars().nth(QUOTED).is_none() {
        return text.to_owned();
    }
    let start: String = text.chars().take(QUOTED).collect();
    format!("{start}… ({} characters)", text.chars().count())
}

/// The moment of a serial number, to the second.
#[must_use]
pub fn time_of(serial: f64) -> Option<chrono::DateTime<chrono::Utc>> {
    const DAY: f64 = 86_400.0;
    /// Days from the end of 1899 to 1970.
    const EPOCH: f64 = 25_569.0;
    if !(0.0..3_000_000.0).contains(&serial) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "within the range of times")]
    let seconds = ((serial - EPOCH) * DAY).round() as i64;
    chrono::DateTime::from_timestamp(seconds, 0)
}

/// Who signed, and when, on the first sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct SignOff {
    /// Who reviewed.
    pub reviewer: Value,
    /// When.
    pub date: Value,
    /// Rows of the two, as people count; none where a label is missing.
    pub rows: [Option<u32>; 2],
}

/// A row of a sheet: its number as people count, and its cells by column.
pub type Row<'a> = (u32, &'a BTreeMap<u32, Value>);

/// A workbook that was vetted.
pub struct Workbook<'a> {
    xlsx: Xlsx<Cursor<&'a [u8]>>,
    names: Names,
    /// Cells that may still be read.
    left: u64,
    cells: u64,
}

impl<'a> Workbook<'a> {
    /// Opens it to read at most so many cells.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(bytes: &'a [u8], cells: u64) -> Result<Self, String> {
        let xlsx = Xlsx::new(Cursor::new(bytes)).map_err(|e| unreadable(&e))?;
        if xlsx.has_1904_epoch() {
            return Err("it counts days from 1904, which no workbook of a review does".to_owned());
        }
        // Of two sheets of one name a person may see the one that is not read.
        let mut names = BTreeSet::new();
        let twice = xlsx
            .sheet_names()
            .into_iter()
            .find(|name| !names.insert(name.to_lowercase()));
        if let Some(name) = twice {
            return Err(format!("it has two sheets {}", quote(&name)));
        }
        Ok(Self {
            names: Names::of(xlsx.sheet_names()),
            xlsx,
            left: cells,
            cells,
        })
    }

    /// Names of its sheets, as a review calls them.
    #[must_use]
    pub fn sheets(&self) -> Vec<String> {
        self.names.shown()
    }

    /// What a review calls a sheet of the file.
    #[must_use]
    pub fn name_in_review(&self, sheet: &str) -> String {
        self.names.here(sheet).to_owned()
    }

    /// Whether Apple Numbers exported it.
    #[must_use]
    pub fn of_numbers(&self) -> bool {
        self.names.numbers()
    }

    /// What it says of itself; `None` without the sheet that does.
    ///
    /// # Errors
    /// Why the sheet cannot be read.
    pub fn identity(&mut self) -> Result<Option<BTreeMap<String, String>>, String> {
        if !self.sheets().iter().any(|s| s == RECORD) {
            return Ok(None);
        }
        let mut all = BTreeMap::new();
        self.rows(RECORD, &mut |(_, cells)| {
            if let (Some(Value::Text(name)), Some(value)) = (cells.get(&0), cells.get(&1)) {
                all.insert(name.clone(), value.text());
            }
            all.len() < 100
        })?;
        Ok(Some(all))
    }

    /// Who signed on the first sheet.
    ///
    /// # Errors
    /// Why the sheet cannot be read.
    pub fn sign_off(&mut self) -> Result<SignOff, String> {
        let mut found = SignOff {
            reviewer: Value::Blank,
            date: Value::Blank,
            rows: [None; 2],
        };
        if !self.sheets().iter().any(|s| s == START) {
            return Ok(found);
        }
        // A second cell that says who signed may lie where nobody looks.
        let mut signs = [0_u32; 2];
        self.rows(START, &mut |(row, cells)| {
            for (column, value) in cells {
                let Value::Text(label) = value else { continue };
                let label = label.trim();
                let which = [REVIEWED_BY, REVIEWED_ON]
                    .iter()
                    .position(|known| known.eq_ignore_ascii_case(label));
                let Some(which) = which else { continue };
                if let Some(sign) = signs.get_mut(which) {
                    *sign += 1;
                }
                if *column == 0 {
                    if let Some(at) = found.rows.get_mut(which) {
                        *at = Some(row);
                    }
                    let value = cells.get(&1).cloned().unwrap_or(Value::Blank);
                    if which == 0 {
                        found.reviewer = value;
                    } else {
                        found.date = value;
                    }
                }
            }
            true
        })?;
        if signs.iter().any(|count| *count > 1) {
            return Err(format!(
                "sheet {START} says more than once who reviewed it, or when: leave the cells of the sign-off alone there"
            ));
        }
        Ok(found)
    }

    /// Hands over the rows of a sheet that hold anything, until told to stop.
    ///
    /// # Errors
    /// Why the sheet cannot be read further.
    pub fn rows(
        &mut self,
        sheet: &str,
        see: &mut dyn FnMut(Row<'_>) -> bool,
    ) -> Result<(), String> {
        let mut reader = self
            .xlsx
            .worksheet_cells_reader(self.names.there(sheet))
            .map_err(|e| unreadable(&e))?;
        let mut cells: BTreeMap<u32, Value> = BTreeMap::new();
        let mut current = 0;
        while let Some(cell) = reader.next_cell().map_err(|e| unreadable(&e))? {
            self.left = self
                .left
                .checked_sub(1)
                .ok_or_else(|| too_many(self.cells))?;
            let (row, column) = cell.get_position();
            if row >= MOST_ROW || row < current {
                return Err(format!(
                    "sheet {sheet} has rows out of order, or beyond the last of a sheet"
                ));
            }
            if row != current && !cells.is_empty() {
                untitled(&self.names, sheet, current, &cells)?;
                if !see((current + 1, &cells)) {
                    return Ok(());
                }
                cells.clear();
            }
            current = row;
            if column >= MOST_COLUMN {
                continue;
            }
            let value = Value::of(cell.get_value());
            if let Value::Text(text) = &value
                && text.encode_utf16().nth(MOST_CHARACTERS).is_some()
            {
                return Err(format!(
                    "sheet {sheet} has more text in {} than a cell can hold",
                    address(row + 1, column)
                ));
            }
            if value != Value::Blank && cells.insert(column, value).is_some() {
                return Err(format!(
                    "sheet {sheet} has the cell {} twice",
                    address(row + 1, column)
                ));
            }
        }
        if !cells.is_empty() {
            see((current + 1, &cells));
        }
        Ok(())
    }

    /// Addresses of the first cells that hold a formula.
    ///
    /// # Errors
    /// Why a sheet cannot be read.
    pub fn formulas(&mut self, most: usize) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        for sheet in self.xlsx.sheet_names() {
            let mut reader = match self.xlsx.worksheet_cells_reader(&sheet) {
                Ok(reader) => reader,
                Err(XlsxError::NotAWorksheet(_)) => continue,
                Err(e) => return Err(unreadable(&e)),
            };
            while let Some(cell) = reader.next_formula().map_err(|e| unreadable(&e))? {
                self.left = self
                    .left
                    .checked_sub(1)
                    .ok_or_else(|| too_many(self.cells))?;
                if !cell.get_value().is_empty() {
                    let (row, column) = cell.get_position();
                    found.push(format!("{sheet}!{}", address(row + 1, column)));
                }
                if found.len() >= most {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }
}

/// Refuses a sheet of Numbers whose rows the name of a table has moved down.
fn untitled(
    names: &Names,
    sheet: &str,
    row: u32,
    cells: &BTreeMap<u32, Value>,
) -> Result<(), String> {
    match (row, cells.len(), cells.get(&0)) {
        (0, 1, Some(Value::Text(only))) if names.title(sheet, only) => Err(format!(
            "it is an export of Apple Numbers with the names of tables above them, which moves the rows of {sheet}: take Table Name off in Numbers (Format, Table) and export again as Excel, or save it as .xlsx with Excel or LibreOffice"
        )),
        _ => Ok(()),
    }
}

fn too_many(cells: u64) -> String {
    format!("it has more than {cells} cells, far more than the review has")
}

fn unreadable(error: &XlsxError) -> String {
    format!("it cannot be read as a workbook: {error}")
}

/// A cell as people name it: the row counts from one, the column from zero.
#[must_use]
pub fn address(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{row}")
}

#[cfg(test)]
mod tests {
    use super::{address, time_of};

    #[test]
    fn cells_are_named_as_in_a_spreadsheet() {
        for (row, column, name) in [
            (1, 0, "A1"),
            (2, 25, "Z2"),
            (3, 26, "AA3"),
            (9, 16_383, "XFD9"),
        ] {
            assert_eq!(address(row, column), name);
        }
    }

    #[test]
    fn days_count_from_the_end_of_1899() {
        // 2026-11-25 is 46351 days after 1899-12-30.
        let at = time_of(46_351.5).map(crate::time::rfc3339);
        assert_eq!(at.as_deref(), Some("2026-11-25T12:00:00Z"));
        assert_eq!(time_of(f64::NAN), None);
        assert_eq!(time_of(-1.0), None);
    }
}
