//! Workbooks that Apple Numbers exported: a sheet for each table, named after both,
//! and one in front that lists them.

use std::collections::BTreeMap;

use crate::review::workbook::{CHANGES, EVERYTHING, PRIVILEGED, RECORD, START};

/// The sheet in front; nothing of a review is in it.
const SUMMARY: &str = "Export Summary";
/// What stands between the name of a sheet and that of a table.
const BETWEEN: &str = " - ";

/// Which sheet of a workbook is which of a review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Names in the review and in the workbook, in the order of the workbook.
    all: Vec<(String, String)>,
    /// What stands in the first cell of a sheet when names of tables were exported.
    titles: BTreeMap<String, String>,
    /// Whether Numbers made the workbook.
    numbers: bool,
}

impl Names {
    /// Of the sheets of a workbook. A name is taken for another only where no sheet
    /// bears that, and no second one could be meant.
    pub(super) fn of(sheets: Vec<String>) -> Self {
        let mut claims: BTreeMap<&str, u64> = BTreeMap::new();
        let known: Vec<Option<(&str, &str)>> = sheets.iter().map(|s| renamed(s)).collect();
        for (base, _) in known.iter().flatten() {
            *claims.entry(base).or_default() += 1;
        }
        let mut names = Self {
            numbers: sheets.iter().any(|s| s == SUMMARY),
            ..Self::default()
        };
        for (sheet, renamed) in sheets.iter().zip(&known) {
            let meant = renamed.filter(|(base, _)| {
                claims.get(base) == Some(&1) && !sheets.iter().any(|s| s == base)
            });
            if let Some((base, table)) = meant {
                names.numbers = true;
                names.titles.insert(base.to_owned(), table.to_owned());
            }
            let shown = meant.map_or(sheet.as_str(), |(base, _)| base);
            names.all.push((shown.to_owned(), sheet.clone()));
        }
        names
    }

    /// The sheets by their names in a review.
    pub(super) fn shown(&self) -> Vec<String> {
        let all = self.all.iter().map(|(shown, _)| shown);
        all.filter(|s| !(self.numbers && *s == SUMMARY))
            .cloned()
            .collect()
    }

    /// The name that a sheet of a review has in the workbook.
    pub(super) fn there<'a>(&'a self, sheet: &'a str) -> &'a str {
        let found = self.all.iter().find(|(shown, _)| shown == sheet);
        found.map_or(sheet, |(_, there)| there.as_str())
    }

    /// The name that a sheet of the workbook has in a review.
    pub(super) fn here<'a>(&'a self, sheet: &'a str) -> &'a str {
        let found = self.all.iter().find(|(_, there)| there == sheet);
        found.map_or(sheet, |(shown, _)| shown.as_str())
    }

    /// Whether Numbers made the workbook.
    pub(super) fn numbers(&self) -> bool {
        self.numbers
    }

    /// Whether the only cell of a first row is the name of a table.
    pub(super) fn title(&self, sheet: &str, cell: &str) -> bool {
        let named = self.titles.get(sheet).is_some_and(|title| title == cell);
        self.numbers && (named || cell == "Table 1")
    }
}

/// The sheet of a review that a name begins with, and the name of the table.
fn renamed(sheet: &str) -> Option<(&str, &str)> {
    let (base, table) = sheet.split_once(BETWEEN)?;
    let tables = [PRIVILEGED, EVERYTHING].iter().any(|name| {
        base.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
    });
    (tables || [START, CHANGES, RECORD].contains(&base)).then_some((base, table))
}

#[cfg(test)]
mod tests {
    use super::Names;

    fn names(sheets: &[&str]) -> Vec<String> {
        Names::of(sheets.iter().map(|s| (*s).to_owned()).collect()).shown()
    }

    #[test]
    fn sheets_are_known_under_the_names_of_numbers_and_never_by_guessing() {
        assert_eq!(
            names(&["Export Summary", "Start here - Table 1", "Everything - Tabelle 1", "Campaign"]),
            ["Start here", "Everything", "Campaign"]
        );
        // Either could be meant.
        assert_eq!(
            names(&["Everything - Table 1", "Everything - Table 2"]),
            ["Everything - Table 1", "Everything - Table 2"]
        );
        assert_eq!(
            names(&["Everything", "Everything - Table 1"]),
            ["Everything", "Everything - Table 1"]
        );
        assert_eq!(names(&["Mine - Table 1"]), ["Mine - Table 1"]);
    }
}
