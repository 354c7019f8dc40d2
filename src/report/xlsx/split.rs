//! One workbook per value of a column: which rows belong into which.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::refused::Refused;
use crate::dataset::DatasetError;
use crate::dataset::value::Value;
use crate::report::{Book, Page};

/// Numbers of the rows of one value, by the place of their sheet.
type Places = BTreeMap<usize, Vec<u32>>;

/// The values of a column, over the sheets that have it, with their rows.
pub(super) struct Split<'a> {
    column: &'a str,
    values: BTreeMap<Option<String>, Places>,
}

/// The rows of one value of a column.
pub(super) struct Only<'a> {
    pub(super) column: &'a str,
    pub(super) value: Option<&'a str>,
    places: &'a Places,
}

/// The rows of a sheet that belong into a workbook.
pub(super) enum Part<'a> {
    All,
    Rows(&'a [u32]),
}

impl<'a> Split<'a> {
    /// Reads the column.
    ///
    /// # Errors
    /// When rows cannot be read back.
    pub(super) fn of(book: &Book, column: &'a str) -> Result<Self, DatasetError> {
        let mut values: BTreeMap<Option<String>, Places> = BTreeMap::new();
        for (at, page) in book.sheets.iter().enumerate() {
            if !has(page, column) {
                continue;
            }
            for batch in page.rows.batches() {
                let (first, frame) = batch?;
                let Ok(column) = frame.column(column) else {
                    continue;
                };
                for row in 0..frame.height() {
                    let value = match Value::at(column, row) {
                        Value::Null => None,
                        value => Some(value.text().into_owned()),
                    };
                    let places = values.entry(value).or_default().entry(at).or_default();
                    places.push(u32::try_from(first + row).unwrap_or(u32::MAX));
                }
            }
        }
        Ok(Self { column, values })
    }

    /// Every value with its rows.
    pub(super) fn parts(&self) -> impl Iterator<Item = Only<'_>> {
        self.values.iter().map(|(value, places)| Only {
            column: self.column,
            value: value.as_deref(),
            places,
        })
    }
}

fn has(page: &Page, column: &str) -> bool {
    page.rows.names().any(|name| name == column)
}

/// The rows of a sheet that belong into a workbook; `None` leaves the sheet out.
pub(super) fn part<'a>(page: &Page, at: usize, only: Option<&Only<'a>>) -> Option<Part<'a>> {
    let Some(only) = only else {
        return Some(Part::All);
    };
    if has(page, only.column) {
        let rows = only.places.get(&at).map_or(&[][..], Vec::as_slice);
        return Some(Part::Rows(rows));
    }
    // What was not read concerns everybody; what was found elsewhere does not.
    page.in_every_part.then_some(Part::All)
}

impl Part<'_> {
    /// Number of rows.
    pub(super) fn rows(&self, page: &Page) -> usize {
        match self {
            Self::All => page.rows.count(),
            Self::Rows(rows) => rows.len(),
        }
    }

    /// Hands over every row, with the batch that it is in.
    pub(super) fn each(
        &self,
        page: &Page,
        mut act: impl FnMut(&DataFrame, usize) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        match self {
            Self::All => {
                for batch in page.rows.batches() {
                    let (_, frame) = batch?;
                    for row in 0..frame.height() {
                        act(&frame, row)?;
                    }
                }
            }
            Self::Rows(rows) => {
                let within = |first: usize, count: usize| {
                    let from = rows.partition_point(|r| (*r as usize) < first);
                    let to = rows.partition_point(|r| (*r as usize) < first + count);
                    from..to
                };
                for batch in page
                    .rows
                    .batches_of(|first, n| !within(first, n).is_empty())
                {
                    let (first, frame) = batch?;
                    for row in &rows[within(first, frame.height())] {
                        act(&frame, *row as usize - first)?;
                    }
                }
            }
        }
        Ok(())
    }
}
