//! One workbook per value of a column: which rows belong into which.

use std::collections::BTreeSet;

use crate::detect::evaluate::json_at;
use crate::report::{Book, Page};

/// The rows of one value of a column.
pub(super) struct Only<'a> {
    pub(super) column: &'a str,
    pub(super) value: Option<&'a str>,
}

/// Every value of a column, over the sheets that have it.
pub(super) fn values(book: &Book, column: &str) -> BTreeSet<Option<String>> {
    let mut all = BTreeSet::new();
    for page in &book.sheets {
        if let Ok(column) = page.frame.column(column) {
            for row in 0..page.frame.height() {
                all.insert(json_at(column, row).as_str().map(str::to_owned));
            }
        }
    }
    all
}

/// The rows of a sheet that belong into a workbook; `None` leaves the sheet out.
pub(super) fn rows_of(page: &Page, only: Option<&Only<'_>>) -> Option<Vec<usize>> {
    let all = 0..page.frame.height();
    let Some(only) = only else {
        return Some(all.collect());
    };
    match page.frame.column(only.column) {
        Ok(column) => Some(
            all.filter(|row| json_at(column, *row).as_str() == only.value)
                .collect(),
        ),
        // What was not read concerns everybody; what was found elsewhere does not.
        Err(_) if page.title == "Not read" => Some(all.collect()),
        Err(_) => None,
    }
}
