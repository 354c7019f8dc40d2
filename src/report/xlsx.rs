//! XLSX: one workbook, one tab per sheet. The limits of the format never lose
//! a row: sheets split, long cells continue in a sheet of their own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet,
    XlsxError,
};
use serde_json::Value;

use super::{Book, Page, ReportError, heading, replace};
use crate::detect::evaluate::json_at;

/// Rows of a tab beside its heading.
const MOST_ROWS: usize = 1_048_575;
/// Characters of a cell.
const MOST_CHARACTERS: usize = 32_767;
const NAME_LENGTH: usize = 31;
const DECISIONS: [&str; 4] = ["Keep", "Remove", "Change", "Don't know"];

struct Style {
    head: Format,
    text: Format,
    wrap: Format,
    time: Format,
    bad: Format,
    warn: Format,
    input: Format,
    date: Format,
}

impl Style {
    fn new() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        Self {
            head: Format::new()
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(Color::RGB(0x0024_476B))
                .set_align(FormatAlign::VerticalCenter),
            text: top().set_num_format("@"),
            wrap: top().set_num_format("@").set_text_wrap(),
            time: top().set_num_format("yyyy-mm-dd hh:mm"),
            bad: top()
                .set_bold()
                .set_font_color(Color::RGB(0x009B_1C1C))
                .set_background_color(Color::RGB(0x00FD_E8E8)),
            warn: top()
                .set_bold()
                .set_font_color(Color::RGB(0x007A_4D00))
                .set_background_color(Color::RGB(0x00FE_F3D6)),
            input: top().set_background_color(Color::RGB(0x00FF_FBE6)),
            date: top()
                .set_background_color(Color::RGB(0x00FF_FBE6))
                .set_num_format("yyyy-mm-dd"),
        }
    }
}

/// Cells that were too long, and where.
type Long = Vec<(String, u32, String, String)>;

/// Writes the workbook; gives its path.
///
/// # Errors
/// When the file cannot be written.
pub fn write(book: &Book, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let path = out.join(format!("{}.xlsx", book.name));
    let bytes = workbook(book).map_err(|e| ReportError::write(&path, &e))?;
    replace(&path, |file| {
        std::io::Write::write_all(file, &bytes).map_err(|e| e.to_string())
    })?;
    Ok(vec![path])
}

fn workbook(book: &Book) -> Result<Vec<u8>, XlsxError> {
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
    about(book, all.add_worksheet(), &style, &mut names)?;
    for page in &book.sheets {
        let height = page.frame.height();
        let parts = height.div_ceil(MOST_ROWS).max(1);
        for part in 0..parts {
            let title = if part == 0 {
                page.title.clone()
            } else {
                format!("{} ({})", page.title, part + 1)
            };
            let name = sheet_name(&title, &mut names);
            let sheet = all.add_worksheet();
            sheet.set_name(&name)?;
            let rows = part * MOST_ROWS..((part + 1) * MOST_ROWS).min(height);
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
    sheet: &mut Worksheet,
    style: &Style,
    names: &mut BTreeSet<String>,
) -> Result<(), XlsxError> {
    let name = sheet_name("About", names);
    sheet.set_name(&name)?;
    sheet.write_string_with_format(
        0,
        0,
        &book.title,
        &Format::new().set_bold().set_font_size(16),
    )?;
    sheet.write_string_with_format(1, 0, &book.doc, &Format::new())?;
    let mut row = 3;
    for (label, value) in &book.about {
        sheet.write_string_with_format(row, 0, cut(label).0, &style.text)?;
        sheet.write_string_with_format(row, 1, cut(value).0, &style.wrap)?;
        row += 1;
    }
    row += 1;
    sheet.write_string_with_format(row, 0, "Sheet", &style.head)?;
    sheet.write_string_with_format(row, 1, "Rows, and what they are", &style.head)?;
    for page in &book.sheets {
        row += 1;
        sheet.write_string_with_format(row, 0, &page.title, &style.text)?;
        sheet.write_string_with_format(
            row,
            1,
            format!("{} rows. {}", page.frame.height(), page.notes),
            &style.wrap,
        )?;
    }
    sheet.set_column_width(0, 34)?;
    sheet.set_column_width(1, 100)?;
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn tab(
    sheet: &mut Worksheet,
    page: &Page,
    rows: std::ops::Range<usize>,
    name: &str,
    style: &Style,
    long: &mut Long,
) -> Result<(), XlsxError> {
    let columns = page.frame.columns();
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    for (at, column) in (0_u16..).zip(columns) {
        let title = heading(column.name());
        let text = column.dtype().is_string();
        let kind = column.name().as_str();
        let review = ["decision", "reviewer", "decision_date", "decision_reason"].contains(&kind);
        sheet.write_string_with_format(0, at, &title, &style.head)?;
        let mut width = title.chars().count() + 3;
        for (row, source) in (1_u32..).zip(rows.clone()) {
            match json_at(column, source) {
                Value::Null if review => {
                    sheet.write_blank(
                        row,
                        at,
                        if kind == "decision_date" {
                            &style.date
                        } else {
                            &style.input
                        },
                    )?;
                }
                Value::Null => {}
                Value::Bool(flag) => {
                    sheet.write_string_with_format(
                        row,
                        at,
                        if flag { "yes" } else { "no" },
                        &style.text,
                    )?;
                }
                Value::Number(number) => {
                    sheet.write_number(row, at, number.as_f64().unwrap_or_default())?;
                    width = width.max(number.to_string().len() + 2);
                }
                Value::String(value) if text => {
                    let (head, rest) = cut(&value);
                    let format = match (kind, head) {
                        (
                            "severity" | "state" | "status",
                            "critical" | "high" | "fail" | "failed" | "denied",
                        ) => &style.bad,
                        ("severity" | "state" | "status", "medium" | "unknown" | "partial") => {
                            &style.warn
                        }
                        _ if head.chars().count() > 40 || head.contains('\n') => &style.wrap,
                        _ => &style.text,
                    };
                    sheet.write_string_with_format(row, at, head, format)?;
                    width =
                        width.max(head.lines().map(|l| l.chars().count()).max().unwrap_or(0) + 2);
                    if !rest.is_empty() {
                        long.push((name.to_owned(), row + 1, title.clone(), rest.to_owned()));
                    }
                }
                Value::String(value) => match chrono::DateTime::parse_from_rfc3339(&value) {
                    Ok(time) => {
                        let time = ExcelDateTime::from_timestamp(time.timestamp())?;
                        sheet.write_datetime_with_format(row, at, &time, &style.time)?;
                        width = width.max(18);
                    }
                    Err(_) => {
                        sheet.write_string_with_format(row, at, cut(&value).0, &style.text)?;
                    }
                },
                other => {
                    sheet.write_string_with_format(
                        row,
                        at,
                        cut(&other.to_string()).0,
                        &style.text,
                    )?;
                }
            }
        }
        let most = if ["query", "evidence"].contains(&kind) {
            50
        } else {
            60
        };
        sheet.set_column_width(at, f64::from(u32::try_from(width.min(most)).unwrap_or(60)))?;
        if count > 0 && kind == "decision" {
            let list = DataValidation::new().allow_list_strings(&DECISIONS)?;
            sheet.add_data_validation(1, at, count, at, &list)?;
        }
        if count > 0 && kind == "decision_date" {
            let first = ExcelDateTime::from_ymd(2020, 1, 1)?;
            let rule = rust_xlsxwriter::DataValidationRule::GreaterThanOrEqualTo(first);
            sheet.add_data_validation(1, at, count, at, &DataValidation::new().allow_date(rule))?;
        }
    }
    let last = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, count.max(1), last)?;
    sheet.set_landscape();
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_print_fit_to_pages(1, 0);
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

/// What fits a cell, and the rest; the format counts UTF-16 units.
fn cut(text: &str) -> (&str, &str) {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > MOST_CHARACTERS {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// A name that the format accepts and no other tab has, whatever its case.
fn sheet_name(title: &str, taken: &mut BTreeSet<String>) -> String {
    let clean: String = title
        .chars()
        .map(|c| {
            if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || c.is_control() {
                '-'
            } else {
                c
            }
        })
        .collect();
    let clean = clean.trim_matches('\'').trim().to_owned();
    let clean = if clean.is_empty() {
        "Sheet".to_owned()
    } else {
        clean
    };
    let mut number = 1;
    loop {
        let suffix = if number == 1 {
            String::new()
        } else {
            format!(" ({number})")
        };
        let room = NAME_LENGTH - suffix.chars().count();
        let name: String = clean.chars().take(room).collect::<String>() + &suffix;
        if taken.insert(name.to_lowercase()) {
            return name;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, sheet_name};

    #[test]
    fn names_fit_and_differ() {
        let mut taken = std::collections::BTreeSet::new();
        let long = "Findings of the access review of everything";
        let first = sheet_name(long, &mut taken);
        let second = sheet_name(&long.to_uppercase(), &mut taken);
        assert_eq!(first.chars().count(), 31);
        assert_eq!(second.chars().count(), 31);
        assert_ne!(first.to_lowercase(), second.to_lowercase());
        assert_eq!(sheet_name("a/b:c", &mut taken), "a-b-c");
    }

    #[test]
    fn nothing_of_a_long_value_is_lost() {
        let text = "é😀".repeat(20_000);
        let (head, rest) = cut(&text);
        assert!(head.encode_utf16().count() <= 32_767);
        assert_eq!(format!("{head}{rest}"), text);
    }
}
