//! What whoever signed could not see: decisions in rows, columns and sheets that are
//! hidden, and cells that show something else than they hold.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::name_of;
use super::{Heading, Problem, Reading};
use crate::review::columns::{Answer, COLUMNS, FROZEN, Role};
use crate::review::item::Item;
use crate::review::look::{Look, SheetVisible, Unseen};
use crate::review::read::{Row, SignOff, Value, Workbook, address, quote};
use crate::review::workbook::{CHANGES, START};

/// What of a sheet was filled in where.
#[derive(Default)]
pub(super) struct Filled {
    /// Columns with answers, by place in [`COLUMNS`].
    columns: BTreeSet<usize>,
    /// Rows with answers that a filter leaves out.
    filtered: u64,
}

impl<'a> Reading<'a> {
    /// Looks at a row whose item is known; whether nothing of it may count.
    pub(super) fn unseen_row(
        &mut self,
        sheet: &str,
        heading: &Heading,
        (number, cells): Row<'_>,
        item: &Item,
    ) -> bool {
        let mut answered = false;
        let mut held = false;
        let look = self.looks.of(sheet);
        let places = COLUMNS.iter().zip(&heading.at).enumerate();
        for (index, (column, place)) in places {
            let Some((place, value)) = place.and_then(|p| Some((p, cells.get(&p)?))) else {
                continue;
            };
            if *value == Value::Blank {
                continue;
            }
            let answer = matches!(column.role, Role::Answer(_));
            if answer {
                answered = true;
                self.filled.columns.insert(index);
            }
            let text = matches!(value, Value::Text(_));
            let found = |kind: &str, message: String| Problem {
                kind: kind.to_owned(),
                sheet: Some(sheet.to_owned()),
                row: Some(number),
                column: Some(column.name.to_owned()),
                item_id: Some(item.item_id.clone()),
                is: Some(value.quoted()),
                held: true,
                message: format!(
                    "{sheet} row {number}, {} on {}: {message}",
                    item.person, item.account
                ),
                ..Problem::default()
            };
            if let Some(code) = look.and_then(|l| l.disguise(number, place, text)) {
                held = true;
                self.problem(found(
                    "misleading-format",
                    format!(
                        "{} holds `{}` and its format `{}` shows something else: no decision of this row counts; clear the format and decide again",
                        column.name,
                        value.quoted(),
                        quote(code)
                    ),
                ));
            }
            if answer && look.is_some_and(|l| l.covered(number, place)) {
                held = true;
                self.problem(found(
                    "hidden-cell",
                    format!(
                        "{} lies under a merged cell, so nobody sees `{}`: no decision of this row counts; split the cells and decide again",
                        column.name,
                        value.quoted()
                    ),
                ));
            }
        }
        if !answered {
            return held;
        }
        match look.and_then(|l| l.row(number)) {
            None => {}
            Some(Unseen::Filtered) => self.filled.filtered += 1,
            Some(Unseen::Hidden) => self.problem(Problem {
                kind: "hidden-row".to_owned(),
                sheet: Some(sheet.to_owned()),
                row: Some(number),
                item_id: Some(item.item_id.clone()),
                message: format!(
                    "{sheet} row {number}, {} on {}, is filled in and hidden, by no filter: whoever signed may not have seen it; make sure that it was meant",
                    item.person, item.account
                ),
                ..Problem::default()
            }),
        }
        held
    }

    /// Looks at a sheet of rows when all of it was read.
    pub(super) fn unseen_sheet(&mut self, sheet: &str, heading: &Heading) {
        let filled = std::mem::take(&mut self.filled);
        let look = self.looks.of(sheet);
        for (index, (column, place)) in COLUMNS.iter().zip(&heading.at).enumerate() {
            let hidden = place.is_some_and(|p| look.is_some_and(|l| l.column(p)));
            if !hidden || column.width.is_none() {
                continue;
            }
            let identity = index < usize::from(FROZEN);
            let told = |message: String| Problem {
                kind: "hidden-column".to_owned(),
                sheet: Some(sheet.to_owned()),
                column: Some(column.name.to_owned()),
                message,
                ..Problem::default()
            };
            if filled.columns.contains(&index) {
                self.problem(told(format!(
                    "the column {} of {sheet} is filled in and hidden: whoever signed may not have seen it; make sure that it was meant",
                    column.name
                )));
            } else if identity && !filled.columns.is_empty() {
                self.problem(told(format!(
                    "the column {} of {sheet} is hidden: whoever signed may not have seen what was decided about",
                    column.name
                )));
            } else {
                self.note(told(format!("the column {} of {sheet} is hidden", column.name)));
            }
        }
        if filled.filtered > 0 {
            self.note(Problem {
                kind: "filtered-row".to_owned(),
                sheet: Some(sheet.to_owned()),
                message: format!(
                    "{} rows of {sheet} are filled in and left out by a filter: they count",
                    filled.filtered
                ),
                ..Problem::default()
            });
        }
        let message = match (self.looks.hidden(sheet), filled.columns.is_empty()) {
            (None | Some(SheetVisible::Visible), _) => return,
            (Some(SheetVisible::VeryHidden), _) => format!(
                "the sheet {sheet} is hidden so that a spreadsheet does not offer to show it"
            ),
            (Some(SheetVisible::Hidden), false) => format!(
                "the sheet {sheet} is filled in and hidden: whoever signed may not have seen it; make sure that it was meant"
            ),
            (Some(SheetVisible::Hidden), true) => {
                self.note(hidden(sheet, format!("the sheet {sheet} is hidden")));
                return;
            }
        };
        self.problem(hidden(sheet, message));
    }

    /// Looks at the sheets that hold no decisions.
    ///
    /// # Errors
    /// When the sign-off cannot be seen, or shows another name or day than it holds;
    /// or why a sheet cannot be read.
    pub(super) fn unseen_beside(
        &mut self,
        workbook: &mut Workbook<'_>,
        sign_off: &SignOff,
    ) -> Result<(), String> {
        for sheet in workbook.sheets() {
            if ![START, CHANGES].contains(&sheet.as_str()) {
                continue;
            }
            match self.looks.hidden(&sheet) {
                None | Some(SheetVisible::Visible) => {}
                Some(SheetVisible::Hidden) if sheet == CHANGES => {
                    self.note(hidden(&sheet, format!("the sheet {sheet} is hidden")));
                }
                Some(_) => self.problem(hidden(
                    &sheet,
                    format!("the sheet {sheet} is hidden: whoever signed may not have read it"),
                )),
            }
            if let Some(look) = self.looks.of(&sheet) {
                self.disguised(workbook, &sheet, look, sign_off)?;
            }
        }
        Ok(())
    }

    fn disguised(
        &mut self,
        workbook: &mut Workbook<'_>,
        sheet: &str,
        look: &'a Look,
        sign_off: &SignOff,
    ) -> Result<(), String> {
        let signed = |row: u32, column: u32| {
            sheet == START && column == 1 && sign_off.rows.contains(&Some(row))
        };
        let mut unseen: BTreeMap<(u32, u32), (String, String)> = BTreeMap::new();
        let mut refused = None;
        workbook.rows(sheet, &mut |(row, cells)| {
            for (column, value) in cells {
                let place = address(row, *column);
                let text = matches!(value, Value::Text(_));
                let disguise = look.disguise(row, *column, text);
                if signed(row, *column) {
                    let hidden = look.row(row).is_some()
                        || look.column(*column)
                        || look.covered(row, *column);
                    if disguise.is_some() || hidden {
                        refused = Some(format!(
                            "{sheet}!{place}, a cell of the sign-off, is hidden or shows something else than it holds: show it as it was and sign again"
                        ));
                    }
                }
                if let Some(code) = disguise
                    && unseen.len() < 1_000
                {
                    unseen.insert((row, *column), (quote(code), value.quoted()));
                }
            }
            refused.is_none()
        })?;
        if let Some(why) = refused {
            return Err(why);
        }
        for ((row, column), (code, is)) in unseen {
            self.problem(Problem {
                kind: "misleading-format".to_owned(),
                sheet: Some(sheet.to_owned()),
                row: Some(row),
                column: Some(address(row, column)),
                message: format!(
                    "{sheet}!{} holds `{is}` and its format `{code}` shows something else: whoever signed may have read that",
                    address(row, column)
                ),
                is: Some(is),
                ..Problem::default()
            });
        }
        Ok(())
    }

    fn note(&mut self, note: Problem) {
        self.verdict.notes.push(note);
    }
}

fn hidden(sheet: &str, message: String) -> Problem {
    Problem {
        kind: "hidden-sheet".to_owned(),
        sheet: Some(sheet.to_owned()),
        message,
        ..Problem::default()
    }
}

/// Names people of whom nobody can tell whether they may decide, each once.
pub(super) fn not_known(reviewers: BTreeMap<String, (String, u64)>) -> Vec<Problem> {
    let all = reviewers.into_iter();
    all.map(|(reviewer, (why, decisions))| Problem {
        kind: super::NOT_KNOWN.to_owned(),
        column: Some(name_of(Answer::Reviewer).to_owned()),
        is: Some(quote(&reviewer)),
        message: format!(
            "whether {} is an enabled person cannot be known: {why}; {decisions} decisions were taken all the same, and it takes somebody who knows the reviewer to rely on them",
            quote(&reviewer)
        ),
        ..Problem::default()
    })
    .collect()
}
