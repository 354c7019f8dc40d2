//! XLSX: one workbook, one tab per sheet, in the memory of a few rows. The limits
//! of the format never lose a value: rows and columns over them continue on
//! further tabs, cells that are too long say so and stand whole on a tab of
//! their own, and the first tab counts all of it.

mod about;
mod binder;
mod refused;
mod split;
pub(crate) mod style;
mod tab;
pub(crate) mod text;

use std::collections::BTreeSet;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Workbook, Worksheet};

use super::{Book, Page, ReportError, replace, slug};
use about::Told;
use binder::Binder;
use refused::Refused;
use split::{Only, Part, Split};
use style::Style;
use tab::{Tab, Written};

/// Columns of a tab.
const MOST_COLUMNS: usize = 16_384;

/// Writes the workbook, and one per value of the column that the report is
/// split by; gives their paths.
///
/// # Errors
/// When rows cannot be read back or a file cannot be written.
pub fn write(book: &Book, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut paths = vec![save(book, None, &out.join(format!("{}.xlsx", book.name)))?];
    let Some(column) = book.split_by.as_deref() else {
        return Ok(paths);
    };
    let folder = out.join(format!("{}-by-{}", book.name, slug(column)));
    let split = Split::of(book, column)?;
    let mut names = BTreeSet::new();
    for only in split.parts() {
        let stem = match only.value.map(slug) {
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
        let path = folder.join(format!("{stem}.xlsx"));
        paths.push(save(book, Some(&only), &path)?);
    }
    Ok(paths)
}

fn save(book: &Book, only: Option<&Only<'_>>, path: &Path) -> Result<PathBuf, ReportError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| ReportError::write(path, &e))?;
    let mut all = workbook(book, only, folder).map_err(|e| ReportError::write(path, &e))?;
    replace(path, |file| {
        let mut file = BufWriter::new(file);
        all.save_to_writer(&mut file).map_err(|e| e.to_string())?;
        file.flush().map_err(|e| e.to_string())
    })?;
    Ok(path.to_owned())
}

fn workbook(book: &Book, only: Option<&Only<'_>>, folder: &Path) -> Result<Workbook, Refused> {
    let style = Style::new();
    let mut binder = Binder::new(book, folder, &style)?;
    let mut front = Vec::new();
    if let Some(card) = &book.card {
        let mut sheet = Worksheet::new();
        sheet.set_name(binder.name("Card"))?;
        super::card::sheet::write(card, &mut sheet)?;
        front.push(sheet);
    }
    let first = binder.name("About");
    let mut all = Vec::new();
    for (at, page) in book.sheets.iter().enumerate() {
        if let Some(part) = split::part(page, at, only) {
            let tabs = sheet(&mut binder, page, &part)?;
            all.push(Told {
                page,
                rows: part.rows(page),
                tabs,
            });
        }
    }
    front.push(about::write(&mut binder, &first, book, only, &all)?);
    Ok(binder.bind(front))
}

/// Writes the tabs of a sheet.
fn sheet(binder: &mut Binder<'_>, page: &Page, part: &Part<'_>) -> Result<Vec<Written>, Refused> {
    let mut all = Vec::new();
    let width = page.rows.schema().len();
    let mut from = 0;
    loop {
        let until = width.min(from + MOST_COLUMNS);
        let mut tab = Tab::open(binder, page, from..until)?;
        part.each(page, |frame, row| {
            if tab.is_full() {
                let next = Tab::open(binder, page, from..until)?;
                all.push(std::mem::replace(&mut tab, next).close(binder)?);
            }
            tab.write(binder, frame, row)
        })?;
        all.push(tab.close(binder)?);
        from = until;
        if from >= width {
            return Ok(all);
        }
    }
}
