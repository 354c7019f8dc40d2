//! The sheets beside the tables: what the first one says of the review, and
//! what changed. Whoever signs has read them, so they must be as they were.

use std::collections::BTreeMap;

use super::{Problem, Reading, plain};
use crate::review::campaign::Scope;
use crate::review::item::Item;
use crate::review::read::{SignOff, Value, Workbook, quote};
use crate::review::workbook::{
    CHANGES, FIRST_ABOUT, REVIEWED_BY, REVIEWED_ON, START, about, as_before, changed,
    nothing_changed, shown,
};

impl Reading<'_> {
    /// Compares the sheets that hold no decisions.
    pub(super) fn beside(
        &mut self,
        workbook: &mut Workbook<'_>,
        scope: &Scope,
        sign_off: &SignOff,
    ) -> Result<(), String> {
        let sheets = workbook.sheets();
        if sheets.iter().any(|s| s == START) {
            self.start(workbook, scope, sign_off)?;
        }
        if sheets.iter().any(|s| s == CHANGES) {
            self.changes(workbook, scope)?;
        }
        Ok(())
    }

    fn start(
        &mut self,
        workbook: &mut Workbook<'_>,
        scope: &Scope,
        sign_off: &SignOff,
    ) -> Result<(), String> {
        let opened = self.opened;
        let items: Vec<&Item> = opened.items_of(scope).collect();
        let mut wanted = vec![(1, "Title", shown(&opened.campaign.name))];
        let facts = about(&opened.campaign, scope, &items);
        for (row, (label, value, _)) in (FIRST_ABOUT + 1..).zip(facts) {
            wanted.push((row, label, shown(&value)));
        }
        let mut there: BTreeMap<u32, [String; 2]> = BTreeMap::new();
        let last = wanted.last().map_or(0, |(row, _, _)| *row);
        workbook.rows(START, &mut |(row, cells)| {
            let text = |column| cells.get(&column).map_or_else(String::new, Value::text);
            there.insert(row, [text(0), text(1)]);
            row < last
        })?;
        // Its own cells stand behind what it says of the review, and nowhere else.
        for (label, at, own) in [
            (REVIEWED_BY, sign_off.rows[0], last + 3),
            (REVIEWED_ON, sign_off.rows[1], last + 5),
        ] {
            if let Some(row) = at.filter(|row| *row != own) {
                self.problem(Problem {
                    kind: "altered-fact".to_owned(),
                    sheet: Some(START.to_owned()),
                    row: Some(row),
                    column: Some(label.to_owned()),
                    was: Some(own.to_string()),
                    is: Some(row.to_string()),
                    message: format!(
                        "{START}: {label} stands in row {row} and was written into row {own}: make sure that whoever is named there signed"
                    ),
                    ..Problem::default()
                });
            }
        }
        for (row, label, value) in wanted {
            let [first, second] = there.remove(&row).unwrap_or_default();
            let fine = match row {
                1 => plain(&first) == plain(&value),
                _ => {
                    first == label
                        && (plain(&second) == plain(&value) || as_before(label, &second))
                }
            };
            if !fine {
                let is = if row == 1 { first } else { second };
                self.problem(Problem {
                    kind: "altered-fact".to_owned(),
                    sheet: Some(START.to_owned()),
                    row: Some(row),
                    column: Some(label.to_owned()),
                    was: Some(quote(&value)),
                    is: Some(quote(&is)),
                    message: format!(
                        "{START} row {row}: {label} was changed: whoever signed may have read something else"
                    ),
                    ..Problem::default()
                });
            }
        }
        Ok(())
    }

    fn changes(&mut self, workbook: &mut Workbook<'_>, scope: &Scope) -> Result<(), String> {
        let rows = changed(&self.opened.campaign, scope);
        // One sentence stands where there are no rows.
        let sentence = rows
            .is_empty()
            .then(|| nothing_changed(&self.opened.campaign));
        let mut said = false;
        let mut wanted: BTreeMap<[String; 4], u64> = BTreeMap::new();
        for row in rows {
            *wanted.entry(row.map(|text| plain(&text))).or_default() += 1;
        }
        let mut more: Vec<(u32, String)> = Vec::new();
        workbook.rows(CHANGES, &mut |(row, cells)| {
            let text = |column| {
                let cell = cells.get(&column);
                cell.map_or_else(String::new, |v: &Value| plain(&v.text()))
            };
            let there = [text(0), text(1), text(2), text(3)];
            if row == 1 {
                return true;
            }
            if row == 2 && sentence.is_some_and(|s| there == [s, "", "", ""]) {
                said = true;
                return true;
            }
            match wanted.get_mut(&there) {
                Some(left) if *left > 0 => *left -= 1,
                _ => more.push((row, quote(&there.join(", ")))),
            }
            more.len() < 10_000
        })?;
        if let Some(sentence) = sentence.filter(|_| !said) {
            self.problem(Problem {
                kind: "altered-fact".to_owned(),
                sheet: Some(CHANGES.to_owned()),
                row: Some(2),
                was: Some(sentence.to_owned()),
                message: format!("{CHANGES} no longer says: {sentence}"),
                ..Problem::default()
            });
        }
        for (row, is) in more {
            self.problem(Problem {
                kind: "altered-fact".to_owned(),
                sheet: Some(CHANGES.to_owned()),
                row: Some(row),
                message: format!("{CHANGES} row {row} is none of this review's: {is}"),
                is: Some(is),
                ..Problem::default()
            });
        }
        for (row, _) in wanted.into_iter().filter(|(_, left)| *left > 0) {
            let was = quote(&row.join(", "));
            self.problem(Problem {
                kind: "altered-fact".to_owned(),
                sheet: Some(CHANGES.to_owned()),
                message: format!("{CHANGES} no longer says: {was}"),
                was: Some(was),
                ..Problem::default()
            });
        }
        Ok(())
    }
}
