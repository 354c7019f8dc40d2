//! XLSX: one workbook, one tab per sheet. The limits of the format never lose
//! a row: sheets split, long cells continue in a sheet of their own.

mod split;
pub(crate) mod style;
pub(crate) mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use polars::prelude::Column;
use rust_xlsxwriter::{
    DataValidation, DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError,
};
use serde_json::Value;

use super::{Book, Page, ReportError, heading, replace, slug};
use crate::detect::evaluate::json_at;
use split::{Only, rows_of, values};
use style::{Style, height, lines_of, widest};
use text::{choices, cut, sheet_name, write_text};

/// Rows of a tab beside its heading.
const MOST_ROWS: usize = 1_048_575;
const DECISIONS: [&str; 4] = ["Keep", "Remove", "Change", "Don't know"];

/// Cells that were too long, and where.
type Long = Vec<(String, u32, String, String)>;

/// Writes the workbook, and one per value of the column that the report is
/// split by; gives their paths.
///
/// # Errors
/// When a file cannot be written.
pub fn write(book: &Book, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut paths = vec![save(book, None, &out.join(format!("{}.xlsx", book.name)))?];
    let Some(column) = book.split_by.as_deref() else {
        return Ok(paths);
    };
    let folder = out.join(format!("{}-by-{}", book.name, slug(column)));
    let mut names = BTreeSet::new();
    for value in values(book, column) {
        let stem = match value.as_deref().map(slug) {
            Some(stem) if !stem.is_empty() => stem,
            _ => format!("no-{}", slug(column)),
        };
        // Two values may differ in what a file name cannot hold.
        let stem = (1..=names.len() + 1)
            .map(|n| match n {
                1 => stem.clone(),
                n => format!("{stem}-{n}"),
            })
            .find(|name| names.insert(name.clone()))
            .unwrap_or(stem);
        let only = Only {
            column,
            value: value.as_deref(),
        };
        let path = folder.join(format!("{stem}.xlsx"));
        paths.push(save(book, Some(&only), &path)?);
    }
    Ok(paths)
}

fn save(book: &Book, only: Option<&Only<'_>>, path: &Path) -> Result<PathBuf, ReportError> {
    let bytes = workbook(book, only).map_err(|e| ReportError::write(path, &e))?;
    replace(path, |file| {
        std::io::Write::write_all(file, &bytes).map_err(|e| e.to_string())
    })?;
    Ok(path.to_owned())
}

fn workbook(book: &Book, only: Option<&Only<'_>>) -> Result<Vec<u8>, XlsxError> {
    let style = Style::new();
    let mut all = Workbook::new();
    let created = ExcelDateTime::from_timestamp(book.as_of.timestamp())?;
    all.set_properties(
        &DocProperties::new()
            .set_title(&book.title)
            .set_author("countersign")
            .set_creation_datetime(&created),
    );
    let mut names = BTreeSet::new();
    let mut long = Long::new();
    let pages: Vec<(&Page, Vec<usize>)> = book
        .sheets
        .iter()
        .filter_map(|page| Some((page, rows_of(page, only)?)))
        .collect();
    if let Some(card) = &book.card {
        let sheet = all.add_worksheet();
        sheet.set_name(sheet_name("Card", &mut names))?;
        super::card::sheet::write(card, sheet)?;
    }
    about(book, only, &pages, all.add_worksheet(), &style, &mut names)?;
    for (page, rows) in &pages {
        let mut parts: Vec<&[usize]> = rows.chunks(MOST_ROWS).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for (part, rows) in parts.into_iter().enumerate() {
            let title = if part == 0 {
                page.title.clone()
            } else {
                format!("{} ({})", page.title, part + 1)
            };
            let name = sheet_name(&title, &mut names);
            let sheet = all.add_worksheet_with_constant_memory()?;
            sheet.set_name(&name)?;
            tab(sheet, page, rows, &name, &style, &mut long)?;
        }
    }
    if !long.is_empty() {
        let name = sheet_name("Long values", &mut names);
        let sheet = all.add_worksheet();
        sheet.set_name(&name)?;
        continued(sheet, &long, &style)?;
    }
    all.save_to_buffer()
}

fn about(
    book: &Book,
    only: Option<&Only<'_>>,
    pages: &[(&Page, Vec<usize>)],
    sheet: &mut Worksheet,
    style: &Style,
    names: &mut BTreeSet<String>,
) -> Result<(), XlsxError> {
    const WIDTH: usize = 100;
    let name = sheet_name("About", names);
    sheet.set_name(&name)?;
    sheet.write_string_with_format(
        0,
        0,
        &book.title,
        &Format::new().set_bold().set_font_size(16),
    )?;
    sheet.write_string_with_format(1, 0, &book.doc, &Format::new())?;
    let mut lines: Vec<(String, String)> = Vec::new();
    if let Some(only) = only {
        let value = only.value.unwrap_or("none");
        lines.push((heading(only.column), value.to_owned()));
    }
    lines.extend(book.about.iter().cloned());
    let mut row = 3;
    for (label, value) in &lines {
        let value = cut(value).0;
        sheet.write_string_with_format(row, 0, cut(label).0, &style.text)?;
        sheet.write_string_with_format(row, 1, value, &style.wrap)?;
        sheet.set_row_height(row, height(lines_of(value, WIDTH)))?;
        row += 1;
    }
    row += 1;
    sheet.write_string_with_format(row, 0, "Sheet", &style.head)?;
    sheet.write_string_with_format(row, 1, "Rows, and what they are", &style.head)?;
    for (page, rows) in pages {
        row += 1;
        let text = format!("{} rows. {}", rows.len(), page.notes);
        sheet.write_string_with_format(row, 0, &page.title, &style.text)?;
        sheet.write_string_with_format(row, 1, &text, &style.wrap)?;
        sheet.set_row_height(row, height(lines_of(&text, WIDTH)))?;
    }
    sheet.set_column_width(0, 34)?;
    sheet.set_column_width(1, 100)?;
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

/// A column of a tab: how it is headed, how wide it is, what it takes.
struct Wide<'a> {
    column: &'a Column,
    title: String,
    width: usize,
    /// Format of blank cells that a reviewer fills in.
    input: Option<&'a Format>,
}

/// Measures the columns, and gives the lines that each row takes.
fn measure<'a>(page: &'a Page, rows: &[usize], style: &'a Style) -> (Vec<Wide<'a>>, Vec<usize>) {
    let mut tall = vec![1; rows.len()];
    let mut all = Vec::new();
    for column in page.frame.columns() {
        let title = heading(column.name());
        let kind = column.name().as_str();
        let most = widest(kind);
        let mut width = title.chars().count() + 4;
        if kind == "decision_reason" {
            width = most;
        }
        let mut long: Vec<(usize, usize)> = Vec::new();
        for (place, source) in rows.iter().enumerate() {
            match json_at(column, *source) {
                Value::Number(number) => width = width.max(number.to_string().len() + 2),
                Value::String(value) if column.dtype().is_string() => {
                    let head = cut(&value).0;
                    let longest = head.lines().map(|l| l.chars().count()).max().unwrap_or(0);
                    width = width.max(longest + 2);
                    if longest + 2 > most || head.contains('\n') {
                        // A column that wraps is as wide as it may be.
                        long.push((place, lines_of(head, most - 1)));
                    }
                }
                Value::String(_) => width = width.max(18),
                _ => {}
            }
        }
        for (place, lines) in long {
            tall[place] = tall[place].max(lines);
        }
        all.push(Wide {
            column,
            title,
            width: width.min(most),
            input: match kind {
                "decision" | "reviewer" | "decision_reason" => Some(&style.input),
                "decision_date" => Some(&style.date),
                _ => None,
            },
        });
    }
    (all, tall)
}

/// Writes a tab row by row: in constant memory a row cannot be gone back to.
fn tab(
    sheet: &mut Worksheet,
    page: &Page,
    rows: &[usize],
    name: &str,
    style: &Style,
    long: &mut Long,
) -> Result<(), XlsxError> {
    let (columns, tall) = measure(page, rows, style);
    for (at, wide) in (0_u16..).zip(&columns) {
        let width = f64::from(u32::try_from(wide.width).unwrap_or(60));
        sheet.set_column_width(at, width)?;
        sheet.write_string_with_format(0, at, &wide.title, &style.head)?;
    }
    for ((row, source), lines) in (1_u32..).zip(rows).zip(&tall) {
        if *lines > 1 {
            sheet.set_row_height(row, height(*lines))?;
        }
        for (at, wide) in (0_u16..).zip(&columns) {
            let value = json_at(wide.column, *source);
            if let Some(rest) = cell(sheet, row, at, wide, value, style)? {
                long.push((name.to_owned(), row + 1, wide.title.clone(), rest));
            }
        }
    }
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    for (at, wide) in (0_u16..).zip(&columns) {
        validate(sheet, wide.column.name(), at, count)?;
    }
    let last = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, count.max(1), last)?;
    sheet.set_landscape();
    sheet.set_paper_size(if columns.len() > 8 { A3 } else { A4 });
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

/// Writes a cell; gives what did not fit.
fn cell(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    wide: &Wide<'_>,
    value: Value,
    style: &Style,
) -> Result<Option<String>, XlsxError> {
    match value {
        Value::Null => {
            if let Some(format) = wide.input {
                sheet.write_blank(row, at, format)?;
            }
        }
        Value::Bool(flag) => {
            let word = if flag { "yes" } else { "no" };
            sheet.write_string_with_format(row, at, word, &style.text)?;
        }
        Value::Number(number) => {
            let value = number.as_f64().unwrap_or_default();
            sheet.write_number_with_format(row, at, value, &style.number)?;
        }
        Value::String(value) if wide.column.dtype().is_string() => {
            let format = style.of(wide.column.name(), &value);
            return write_text(sheet, row, at, &value, Some(format));
        }
        Value::String(value) => {
            if let Ok(time) = chrono::DateTime::parse_from_rfc3339(&value) {
                let time = ExcelDateTime::from_timestamp(time.timestamp())?;
                sheet.write_datetime_with_format(row, at, &time, &style.time)?;
            } else {
                sheet.write_string_with_format(row, at, cut(&value).0, &style.text)?;
            }
        }
        other => {
            let text = other.to_string();
            sheet.write_string_with_format(row, at, cut(&text).0, &style.text)?;
        }
    }
    Ok(None)
}

/// Paper sizes as the format numbers them.
const A3: u8 = 8;
const A4: u8 = 9;

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
            let rule = rust_xlsxwriter::DataValidationRule::GreaterThanOrEqualTo(first);
            DataValidation::new()
                .allow_date(rule)
                .set_error_title("Not a date")?
                .set_error_message("Enter the day of the decision, such as 2026-11-23.")?
        }
        _ => return Ok(()),
    };
    sheet.add_data_validation(1, at, count, at, &validation)?;
    Ok(())
}

fn continued(sheet: &mut Worksheet, long: &Long, style: &Style) -> Result<(), XlsxError> {
    for (at, title) in (0_u16..).zip(["Sheet", "Row", "Column", "Part", "Continued value"]) {
        sheet.write_string_with_format(0, at, title, &style.head)?;
    }
    let mut row = 1_u32;
    for (name, line, column, rest) in long {
        let mut rest = rest.as_str();
        let mut part = 2_u32;
        while !rest.is_empty() {
            let (head, tail) = cut(rest);
            sheet.write_string(row, 0, name)?;
            sheet.write_number(row, 1, *line)?;
            sheet.write_string(row, 2, column)?;
            sheet.write_number(row, 3, part)?;
            sheet.write_string_with_format(row, 4, head, &style.text)?;
            row += 1;
            part += 1;
            rest = tail;
        }
    }
    sheet.set_column_width(4, 60)?;
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}
