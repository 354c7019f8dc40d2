//! The tab that a reader opens first: what the report stands on, and counts
//! that reconcile with the other tabs.

use rust_xlsxwriter::{Format, Worksheet};

use super::binder::{Binder, Place};
use super::refused::Refused;
use super::split::Only;
use super::style::{height, lines_of};
use super::tab::Written;
use crate::report::{Book, Page, heading};

/// Widths of the two columns, in characters.
const WIDTHS: [usize; 2] = [34, 100];

/// A sheet of the report, and what became of it.
pub(super) struct Told<'a> {
    pub(super) page: &'a Page,
    pub(super) rows: usize,
    pub(super) tabs: Vec<Written>,
}

/// Writes the tab.
///
/// # Errors
/// When the format refuses it.
pub(super) fn write(
    binder: &mut Binder<'_>,
    name: &str,
    book: &Book,
    only: Option<&Only<'_>>,
    all: &[Told<'_>],
) -> Result<Worksheet, Refused> {
    let style = binder.style;
    let mut lines = Lines {
        sheet: Worksheet::new(),
        name,
        row: 0,
    };
    lines.sheet.set_name(name)?;
    let title = Format::new().set_bold().set_font_size(16);
    lines.cell(binder, 0, &book.title, &title)?;
    lines.row = 1;
    lines.cell(binder, 0, &book.doc, &Format::new())?;
    lines.row = 3;
    if let Some(only) = only {
        let value = only.value.unwrap_or("none");
        lines.pair(binder, &heading(only.column), value)?;
    }
    for (label, value) in &book.about {
        lines.pair(binder, label, value)?;
    }
    lines.row += 1;
    lines.cell(binder, 0, "Sheet", &style.head)?;
    lines.cell(binder, 1, "Rows, and what they are", &style.head)?;
    lines.row += 1;
    for told in all {
        for (tab, text) in counts(told) {
            lines.pair(binder, tab, &text)?;
        }
    }
    for (label, text) in binder.remarks() {
        lines.pair(binder, &label, &text)?;
    }
    let mut sheet = lines.sheet;
    for (at, width) in (0_u16..).zip(WIDTHS) {
        sheet.set_column_width(at, f64::from(u32::try_from(width).unwrap_or(100)))?;
    }
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    Ok(sheet)
}

/// What is said of each tab of a sheet: its rows first.
fn counts<'a>(told: &'a Told<'_>) -> impl Iterator<Item = (&'a str, String)> {
    let (total, notes) = (told.rows, told.page.notes.as_str());
    let first = told.tabs.first().map_or("", |t| t.name.as_str());
    told.tabs.iter().map(move |tab| {
        let columns = tab
            .columns
            .map(|(from, to)| format!(" with columns {from} to {to}"))
            .unwrap_or_default();
        let text = match told.tabs.len() {
            1 => format!("{total} rows. {notes}"),
            _ if tab.name == first => format!("{} of {total} rows{columns}. {notes}", tab.rows),
            _ => format!(
                "{} of {total} rows{columns}, continued from {first}.",
                tab.rows
            ),
        };
        (tab.name.as_str(), text)
    })
}

struct Lines<'a> {
    sheet: Worksheet,
    name: &'a str,
    row: u32,
}

impl Lines<'_> {
    fn cell(
        &mut self,
        binder: &mut Binder<'_>,
        at: u16,
        text: &str,
        format: &Format,
    ) -> Result<(), Refused> {
        let place = Place {
            tab: self.name,
            row: self.row,
            at,
            heading: if at == 0 { "Label" } else { "Value" },
        };
        binder.text(&mut self.sheet, &place, text, Some(format))
    }

    fn pair(&mut self, binder: &mut Binder<'_>, label: &str, value: &str) -> Result<(), Refused> {
        let style = binder.style;
        self.cell(binder, 0, label, &style.wrap)?;
        self.cell(binder, 1, value, &style.wrap)?;
        let lines = lines_of(label, WIDTHS[0] - 1).max(lines_of(value, WIDTHS[1]));
        self.sheet.set_row_height(self.row, height(lines))?;
        self.row += 1;
        Ok(())
    }
}
