//! A tab that is written row by row: a row that was written cannot be gone back to.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};
use polars::prelude::{DataFrame, DataType};
use rust_xlsxwriter::{
    DataValidation, DataValidationRule, ExcelDateTime, Format, Worksheet, XlsxError,
};

use super::binder::{Binder, Place};
use super::refused::{MOST_ROWS, Refused};
use super::style::{Style, height, lines_of, telling, widest};
use super::text::choices;
use crate::dataset::value::Value;
use crate::report::{Page, heading};

/// Rows that are given a height; those after them get theirs from whatever
/// opens the workbook, as each height stays in memory until it is saved.
const MOST_HEIGHTS: u32 = 20_000;
/// Whole numbers that a workbook keeps exactly have at most 15 digits.
const MOST_WHOLE: u128 = 999_999_999_999_999;
const DECISIONS: [&str; 4] = ["Keep", "Remove", "Change", "Don't know"];
/// Paper sizes as the format numbers them.
const A3: u8 = 8;
const A4: u8 = 9;

/// What became of a tab.
pub(super) struct Written {
    pub(super) name: String,
    pub(super) rows: u32,
    /// Numbers of its first and last column, when the sheet has more.
    pub(super) columns: Option<(usize, usize)>,
}

/// A column of a tab: how it is headed, how wide it is, what it takes.
struct Wide {
    name: String,
    title: String,
    width: usize,
    /// Width at which text wraps.
    most: usize,
    /// Whether its words are coloured.
    telling: bool,
    /// What kind of blank cells a reviewer fills in.
    input: Input,
}

#[derive(Clone, Copy, PartialEq)]
enum Input {
    None,
    Text,
    Day,
}

/// A tab that is being written.
pub(super) struct Tab {
    sheet: Worksheet,
    name: String,
    wide: Vec<Wide>,
    columns: Range<usize>,
    cut: bool,
    row: u32,
    /// Lines of the last row, when they are several.
    tall: Option<usize>,
}

impl Tab {
    /// Begins a tab with some columns of a sheet.
    pub(super) fn open(
        binder: &mut Binder<'_>,
        page: &Page,
        columns: Range<usize>,
    ) -> Result<Self, Refused> {
        let (mut sheet, name) = binder.open(&page.title)?;
        let style = binder.style;
        let schema = page.rows.schema();
        let mut wide = Vec::new();
        for (at, (column, dtype)) in
            (0_u16..).zip(schema.iter().skip(columns.start).take(columns.len()))
        {
            let column = column.as_str();
            let title = heading(column);
            let most = widest(column);
            // Cells that are not told apart look as their column does.
            sheet.set_column_format(at, usual(dtype, style))?;
            let place = Place {
                tab: &name,
                row: 0,
                at,
                heading: &title,
            };
            binder.text(&mut sheet, &place, &title, Some(&style.head))?;
            wide.push(Wide {
                name: column.to_owned(),
                width: match column {
                    "decision_reason" => most,
                    _ => most.min(title.chars().count() + 4),
                },
                title,
                most,
                telling: telling(column),
                input: match column {
                    "decision" | "reviewer" | "decision_reason" => Input::Text,
                    "decision_date" => Input::Day,
                    _ => Input::None,
                },
            });
        }
        Ok(Self {
            sheet,
            name,
            wide,
            cut: columns.len() < schema.len(),
            columns,
            row: 0,
            tall: None,
        })
    }

    /// Whether no row fits any more.
    pub(super) fn is_full(&self) -> bool {
        self.row >= MOST_ROWS
    }

    /// Writes a row of a batch.
    pub(super) fn write(
        &mut self,
        binder: &mut Binder<'_>,
        batch: &DataFrame,
        from: usize,
    ) -> Result<(), Refused> {
        // The writer would write a last row that has a height twice: the height
        // comes with the row after it, and a spreadsheet finds that of the last.
        if let Some(tall) = self.tall.take() {
            self.sheet.set_row_height(self.row, height(tall))?;
        }
        self.row += 1;
        let (row, style) = (self.row, binder.style);
        let sheet = &mut self.sheet;
        let columns = batch
            .columns()
            .get(self.columns.clone())
            .unwrap_or_default();
        let mut tall = 1;
        for (at, (wide, column)) in (0_u16..).zip(self.wide.iter_mut().zip(columns)) {
            let mut special = |wide: &Wide, text: &str, format: Option<&Format>| {
                let place = Place {
                    tab: &self.name,
                    row,
                    at,
                    heading: &wide.title,
                };
                binder.text(sheet, &place, text, format)
            };
            match Value::at(column, from) {
                Value::Text(text) => {
                    let lines = wide.lines(&text);
                    tall = tall.max(lines);
                    let format = match wide.telling.then(|| style.of(&text)).flatten() {
                        None if lines > 1 => Some(&style.wrap),
                        told => told,
                    };
                    special(wide, &text, format)?;
                }
                Value::Null => match wide.input {
                    Input::None => {}
                    Input::Text => {
                        sheet.write_blank(row, at, &style.input)?;
                    }
                    Input::Day => {
                        sheet.write_blank(row, at, &style.date)?;
                    }
                },
                Value::Flag(flag) => {
                    let word = if flag { "yes" } else { "no" };
                    special(wide, word, None)?;
                }
                Value::Whole(number) if number.unsigned_abs() <= MOST_WHOLE => {
                    wide.widen(digits(number) + 2);
                    sheet.write_number(row, at, exact(number))?;
                }
                Value::Fraction(number) if number.is_finite() => {
                    wide.widen(12);
                    sheet.write_number(row, at, number)?;
                }
                Value::Time(time) => {
                    wide.widen(18);
                    if let Some(serial) = serial(time) {
                        sheet.write_number(row, at, serial)?;
                    } else {
                        special(wide, &Value::Time(time).text(), Some(&style.text))?;
                        binder.times += 1;
                    }
                }
                Value::Day(day) => {
                    wide.widen(12);
                    if let Some(serial) = serial(NaiveDateTime::new(day, NaiveTime::MIN).and_utc())
                    {
                        sheet.write_number(row, at, serial)?;
                    } else {
                        special(wide, &Value::Day(day).text(), Some(&style.text))?;
                        binder.times += 1;
                    }
                }
                value => {
                    let text = value.text();
                    wide.widen(text.len() + 2);
                    special(wide, &text, Some(&style.text))?;
                    binder.numbers += usize::from(matches!(value, Value::Whole(_)));
                }
            }
        }
        self.tall = (tall > 1 && row <= MOST_HEIGHTS).then_some(tall);
        Ok(())
    }

    /// Ends the tab.
    pub(super) fn close(mut self, binder: &mut Binder<'_>) -> Result<Written, Refused> {
        let sheet = &mut self.sheet;
        for (at, wide) in (0_u16..).zip(&self.wide) {
            let width = f64::from(u32::try_from(wide.width).unwrap_or(60));
            sheet.set_column_width(at, width)?;
            validate(sheet, &wide.name, at, self.row)?;
        }
        let last = u16::try_from(self.wide.len().saturating_sub(1)).unwrap_or(u16::MAX);
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofilter(0, 0, self.row.max(1), last)?;
        sheet.set_landscape();
        sheet.set_paper_size(if self.wide.len() > 8 { A3 } else { A4 });
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_print_fit_to_pages(1, 0);
        binder.keep(self.sheet);
        Ok(Written {
            name: self.name,
            rows: self.row,
            columns: self
                .cut
                .then_some((self.columns.start + 1, self.columns.end)),
        })
    }
}

impl Wide {
    fn widen(&mut self, width: usize) {
        self.width = self.width.max(width.min(self.most));
    }

    /// Lines that a text takes; the column widens for it as far as it may.
    fn lines(&mut self, text: &str) -> usize {
        // No text has more characters than bytes.
        let breaks = text.contains('\n');
        if text.len() + 2 <= self.width && !breaks {
            return 1;
        }
        let longest = text.lines().map(|l| l.chars().count()).max().unwrap_or(0);
        self.widen(longest + 2);
        if longest + 2 > self.most || breaks {
            lines_of(text, self.most - 1)
        } else {
            1
        }
    }
}

/// How the cells of a column look when nothing else is said of them.
fn usual<'a>(dtype: &DataType, style: &'a Style) -> &'a Format {
    match dtype {
        DataType::Datetime(..) => &style.time,
        DataType::Date => &style.day,
        dtype if dtype.is_float() => &style.fraction,
        dtype if dtype.is_integer() => &style.number,
        _ => &style.text,
    }
}

fn digits(number: i128) -> usize {
    let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    usize::try_from(digits).unwrap_or(0) + usize::from(number < 0)
}

/// A number of at most 15 digits.
#[expect(
    clippy::cast_precision_loss,
    reason = "15 digits are less than the 53 bits that are exact"
)]
fn exact(number: i128) -> f64 {
    number as f64
}

/// Days since the day before 1900-01-00, which is where all programs agree from
/// 1900-03-01 on; `None` where they do not, or have no dates. The fraction of a
/// second is kept: as text it reads back to the microsecond.
fn serial(time: DateTime<Utc>) -> Option<f64> {
    let (first, end) = (
        NaiveDate::from_ymd_opt(1900, 3, 1)?,
        NaiveDate::from_ymd_opt(10_000, 1, 1)?,
    );
    let zero = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    let day = time.date_naive();
    if day < first || day >= end {
        return None;
    }
    let days = i32::try_from((day - zero).num_days()).ok()?;
    let (seconds, nanos) = (time.num_seconds_from_midnight(), time.nanosecond());
    Some(f64::from(days) + f64::from(seconds) / 86_400.0 + f64::from(nanos) / 86_400.0e9)
}

/// What may be entered into a column that a reviewer fills in.
fn validate(sheet: &mut Worksheet, kind: &str, at: u16, count: u32) -> Result<(), XlsxError> {
    if count == 0 {
        return Ok(());
    }
    let validation = match kind {
        "decision" => match choices(&DECISIONS)? {
            Some(list) => list.set_error_title("Not a decision")?.set_error_message(
                "Choose Keep, Remove, Change or Don't know; blank means not reviewed.",
            )?,
            None => return Ok(()),
        },
        "decision_date" => {
            let first = ExcelDateTime::from_ymd(2020, 1, 1)?;
            DataValidation::new()
                .allow_date(DataValidationRule::GreaterThanOrEqualTo(first))
                .set_error_title("Not a date")?
                .set_error_message("Enter the day of the decision, such as 2026-11-23.")?
        }
        _ => return Ok(()),
    };
    sheet.add_data_validation(1, at, count, at, &validation)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::{digits, exact, serial};

    fn at(text: &str) -> Option<f64> {
        serial(text.parse::<DateTime<Utc>>().ok()?)
    }

    #[test]
    fn dates_at_the_limits() {
        assert_eq!(at("1900-02-28T23:59:59Z"), None);
        assert_eq!(at("1900-03-01T00:00:00Z"), Some(61.0));
        assert_eq!(at("1970-01-01T12:00:00Z"), Some(25_569.5));
        assert_eq!(at("9999-12-31T00:00:00Z"), Some(2_958_465.0));
        assert_eq!(at("+10000-01-01T00:00:00Z"), None);
    }

    #[test]
    fn microseconds_are_kept() {
        let serial = at("2026-11-23T07:14:05.123457Z").unwrap_or_default();
        let micros = (serial.fract() * 86_400.0e6).round();
        assert!((micros - 26_045_123_457.0).abs() < f64::EPSILON, "{micros}");
    }

    #[test]
    fn whole_numbers_are_exact() {
        for number in [0, -1, 999_999_999_999_999, -999_999_999_999_999_i128] {
            assert_eq!(format!("{:.0}", exact(number) + 0.0), number.to_string());
        }
        assert_eq!([digits(0), digits(-10), digits(999)], [1, 3, 3]);
    }
}
