//! A returned workbook against the campaign: which decisions count, and what
//! is wrong with the rest. Facts come from the campaign, never from the workbook.

mod beside;
mod decide;
mod unseen;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::campaign::{Opened, Scope};
use super::columns::{Answer, COLUMNS, Cell, ITEM_ID, Role, facts};
use super::decisions::Decision;
use super::item::Item;
use super::look::Looks;
use super::people::{Roll, Standing};
use super::read::{Row, SignOff, Value, Workbook, address, quote, time_of};
use super::workbook::{CHANGES, EVERYTHING, PRIVILEGED, RECORD, START, shown};
use decide::{decide, decision_of, name_of, problem_at};
use unseen::{Filled, not_known};

/// The kind of problem that names a reviewer of whom nobody can tell whether he may decide.
pub const NOT_KNOWN: &str = "reviewer-not-known";

/// Problems of one kind that are listed; more are counted.
const MOST_OF_A_KIND: u64 = 10_000;
/// Bytes of everything that was filled in.
const MOST_ANSWERS: usize = 48 << 20;

/// Something that is wrong with a returned workbook.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Problem {
    /// Kind, such as `altered-fact`.
    pub kind: String,
    /// Sheet.
    pub sheet: Option<String>,
    /// Row, as the spreadsheet counts.
    pub row: Option<u32>,
    /// Column.
    pub column: Option<String>,
    /// Item.
    pub item_id: Option<String>,
    /// What the campaign says.
    pub was: Option<String>,
    /// What the workbook says.
    pub is: Option<String>,
    /// In words, with what to do.
    pub message: String,
    /// Whether a decision was left out because of it.
    pub held: bool,
}

/// What came of a workbook.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Decisions that count.
    pub decisions: Vec<Decision>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What is not wrong, and may be worth knowing.
    pub notes: Vec<Problem>,
    /// Decisions that do not count, because of a problem of their row.
    pub held: u64,
    /// Items without a decision.
    pub blank: u64,
}

/// What a row says.
#[derive(Clone, Debug)]
struct Seen {
    sheet: String,
    row: u32,
    answers: BTreeMap<&'static str, Value>,
    held: bool,
}

/// Compares a workbook with its campaign.
///
/// # Errors
/// Why the workbook cannot be read to its end; nothing of it counts then.
pub fn judge(
    workbook: &mut Workbook<'_>,
    looks: &Looks,
    opened: &Opened,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Verdict, String> {
    let sheets = workbook.sheets();
    let tables = |name: &str| -> Vec<String> {
        let mut all: Vec<String> = sheets
            .iter()
            .filter(|s| is_part(s, name))
            .cloned()
            .collect();
        all.sort();
        all
    };
    let (privileged, everything) = (tables(PRIVILEGED), tables(EVERYTHING));
    let mine: BTreeSet<&str> = opened.items_of(scope).map(|i| i.item_id.as_str()).collect();
    let mut reading = Reading {
        opened,
        looks,
        filled: Filled::default(),
        index: opened.index(),
        mine,
        seen: BTreeMap::new(),
        verdict: Verdict::default(),
        counts: BTreeMap::new(),
        heavy: 0,
    };
    for (name, there) in [
        (START, sheets.iter().any(|s| s == START)),
        (CHANGES, sheets.iter().any(|s| s == CHANGES)),
        (PRIVILEGED, !privileged.is_empty()),
        (EVERYTHING, !everything.is_empty()),
    ] {
        if !there {
            reading.problem(Problem {
                kind: "missing-sheet".to_owned(),
                sheet: Some(name.to_owned()),
                message: format!(
                    "the sheet {name} is not there, or was renamed: what it held was not read"
                ),
                ..Problem::default()
            });
        }
    }
    for sheet in &sheets {
        let known = [START, CHANGES, RECORD].contains(&sheet.as_str())
            || privileged.contains(sheet)
            || everything.contains(sheet);
        if !known {
            reading.problem(Problem {
                kind: "unknown-sheet".to_owned(),
                sheet: Some(quote(sheet)),
                message: format!(
                    "the sheet {} is none of this review's: nothing in it was read",
                    quote(sheet)
                ),
                ..Problem::default()
            });
        }
    }
    let sign_off = workbook.sign_off()?;
    reading.beside(workbook, scope, &sign_off)?;
    reading.unseen_beside(workbook, &sign_off)?;
    for sheet in privileged.iter().chain(&everything) {
        reading.sheet(workbook, sheet)?;
    }
    reading.missing(PRIVILEGED, &privileged, scope);
    reading.missing(EVERYTHING, &everything, scope);
    Ok(reading.finish(scope, &sign_off, now))
}

/// `Everything`, `Everything (2)` and so on.
fn is_part(sheet: &str, name: &str) -> bool {
    sheet
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with(" (") && rest.ends_with(')')))
}

/// The columns of a sheet, by what they are here.
struct Heading {
    /// Place in the sheet of each of [`COLUMNS`].
    at: Vec<Option<u32>>,
    /// Columns that have a heading, known or not.
    headed: BTreeSet<u32>,
    /// Whether a fact's column is missing, so that no row can be told to be whole.
    broken: bool,
}

struct Reading<'a> {
    opened: &'a Opened,
    looks: &'a Looks,
    /// What was filled in of the sheet that is being read.
    filled: Filled,
    index: BTreeMap<&'a str, usize>,
    mine: BTreeSet<&'a str>,
    /// Rows by place of the item.
    seen: BTreeMap<usize, Vec<Seen>>,
    verdict: Verdict,
    /// Problems by kind, listed or not.
    counts: BTreeMap<String, u64>,
    /// Bytes of what was filled in.
    heavy: usize,
}

impl Reading<'_> {
    fn sheet(&mut self, workbook: &mut Workbook<'_>, sheet: &str) -> Result<(), String> {
        let mut heading: Option<Heading> = None;
        workbook.rows(sheet, &mut |(number, cells)| {
            match &heading {
                None if number == 1 => heading = Some(self.heading(sheet, cells)),
                None => {}
                Some(heading) => self.row(sheet, heading, (number, cells)),
            }
            heading.is_some() && self.heavy <= MOST_ANSWERS
        })?;
        if self.heavy > MOST_ANSWERS {
            return Err(format!(
                "more than {} MiB were filled in",
                MOST_ANSWERS >> 20
            ));
        }
        match &heading {
            Some(heading) => self.unseen_sheet(sheet, heading),
            None => self.problem(Problem {
                kind: "missing-heading".to_owned(),
                sheet: Some(sheet.to_owned()),
                message: format!(
                    "the sheet {sheet} does not begin with its heading: nothing in it was read"
                ),
                ..Problem::default()
            }),
        }
        Ok(())
    }

    fn heading(&mut self, sheet: &str, cells: &BTreeMap<u32, Value>) -> Heading {
        let mut at = vec![None; COLUMNS.len()];
        let mut broken = false;
        for (place, value) in cells {
            let name = value.text();
            let said = quote(&name);
            match COLUMNS.iter().position(|c| c.name == name) {
                Some(column) => {
                    let slot = at.get_mut(column);
                    if let Some(slot) = slot {
                        if slot.is_some() {
                            broken = true;
                            self.problem(Problem {
                                kind: "duplicate-column".to_owned(),
                                sheet: Some(sheet.to_owned()),
                                column: Some(name.clone()),
                                message: format!("the column {name} is there twice in {sheet}: no decision of this sheet counts"),
                                held: true,
                                ..Problem::default()
                            });
                        }
                        *slot = Some(*place);
                    }
                }
                None => self.problem(Problem {
                    kind: "unknown-column".to_owned(),
                    sheet: Some(sheet.to_owned()),
                    column: Some(said.clone()),
                    message: format!(
                        "the column {said} of {sheet} is none of this review's: it was not read"
                    ),
                    ..Problem::default()
                }),
            }
        }
        for (column, place) in COLUMNS.iter().zip(&at) {
            if place.is_none() {
                broken = true;
                self.problem(Problem {
                    kind: "missing-column".to_owned(),
                    sheet: Some(sheet.to_owned()),
                    column: Some(column.name.to_owned()),
                    message: format!(
                        "the column {} of {sheet} is not there, or was renamed: no decision of this sheet counts",
                        column.name
                    ),
                    held: true,
                    ..Problem::default()
                });
            }
        }
        Heading {
            at,
            headed: cells.keys().copied().collect(),
            broken,
        }
    }

    fn row(&mut self, sheet: &str, heading: &Heading, (number, cells): Row<'_>) {
        let get = |column: usize| {
            let place = heading.at.get(column).copied().flatten();
            place.and_then(|p| cells.get(&p)).unwrap_or(&Value::Blank)
        };
        let place = |name: &str| COLUMNS.iter().position(|c| c.name == name);
        let id = place(ITEM_ID).map_or(&Value::Blank, get);
        let known = match id {
            Value::Text(id) => self.index.get(id.as_str()).copied(),
            _ => None,
        };
        let at = |kind: &str, message: String| Problem {
            kind: kind.to_owned(),
            sheet: Some(sheet.to_owned()),
            row: Some(number),
            message,
            ..Problem::default()
        };
        for (column, value) in cells.iter().filter(|(c, _)| !heading.headed.contains(c)) {
            self.problem(Problem {
                column: Some(address(number, *column)),
                is: Some(value.quoted()),
                ..at(
                    "unknown-cell",
                    format!(
                        "{sheet}!{} holds something below no heading: it was not read",
                        address(number, *column)
                    ),
                )
            });
        }
        let Some(index) = known else {
            let person = place("Person").map_or_else(String::new, |c| get(c).quoted());
            let account = place("Account").map_or_else(String::new, |c| get(c).quoted());
            let named = if person.is_empty() {
                "without a person".to_owned()
            } else {
                format!("of {person} on {account}")
            };
            self.problem(Problem {
                is: Some(id.quoted()),
                column: Some(ITEM_ID.to_owned()),
                held: true,
                ..at("foreign-row", format!("{sheet} row {number}, {named}, is none of this review's: it has no item id of it, so it does not count"))
            });
            return;
        };
        let opened = self.opened;
        let Some(item) = opened.items.get(index) else {
            return;
        };
        let mut held = heading.broken;
        held |= self.unseen_row(sheet, heading, (number, cells), item);
        if !self.mine.contains(item.item_id.as_str()) {
            held = true;
            self.problem(Problem {
                item_id: Some(item.item_id.clone()),
                held: true,
                ..at("row-of-another-workbook", format!("{sheet} row {number}, {} on {}, belongs into another workbook of this review: it does not count", item.person, item.account))
            });
        }
        if is_part(sheet, PRIVILEGED) && !item.is_privileged() {
            self.problem(Problem {
                item_id: Some(item.item_id.clone()),
                ..at(
                    "row-in-wrong-sheet",
                    format!(
                        "{sheet} row {number}, {} on {}, was moved here: it is not privileged",
                        item.person, item.account
                    ),
                )
            });
        }
        let mut answers = BTreeMap::new();
        for ((column, fact), index) in COLUMNS.iter().zip(facts(item, &opened.campaign)).zip(0..) {
            let value = get(index);
            let there = heading.at.get(index).copied().flatten().is_some();
            match (column.role, fact) {
                (Role::Answer(answer), _) if *value != Value::Blank => {
                    self.heavy += value.text().len();
                    answers.insert(name_of(answer), value.clone());
                }
                (_, Some(fact)) if there && !same(&fact, value) => {
                    held = true;
                    self.problem(Problem {
                            column: Some(column.name.to_owned()),
                            item_id: Some(item.item_id.clone()),
                            was: Some(quote(&fact.text())),
                            is: Some(value.quoted()),
                            held: true,
                            ..at("altered-fact", format!(
                                "{sheet} row {number}, {} on {}: {} was changed: no decision of this row counts; decide again in an unchanged workbook",
                                item.person, item.account, column.name
                            ))
                        });
                }
                _ => {}
            }
        }
        self.seen.entry(index).or_default().push(Seen {
            sheet: sheet.to_owned(),
            row: number,
            answers,
            held,
        });
    }

    /// Names items whose rows are gone.
    fn missing(&mut self, name: &str, sheets: &[String], scope: &Scope) {
        if sheets.is_empty() {
            return;
        }
        let opened = self.opened;
        let wanted: Vec<&Item> = opened
            .items_of(scope)
            .filter(|i| name == EVERYTHING || i.is_privileged())
            .collect();
        for item in wanted {
            let index = self.index.get(item.item_id.as_str()).copied();
            let there = index
                .and_then(|i| self.seen.get(&i))
                .is_some_and(|all| all.iter().any(|s| is_part(&s.sheet, name)));
            if !there {
                self.problem(Problem {
                    kind: "missing-row".to_owned(),
                    sheet: Some(name.to_owned()),
                    item_id: Some(item.item_id.clone()),
                    message: format!(
                        "{name} has no row for {} on {} with {}: it was removed from the workbook, which removes no access",
                        item.person, item.account, item.permission_set
                    ),
                    ..Problem::default()
                });
            }
        }
    }

    fn problem(&mut self, problem: Problem) {
        let count = self.counts.entry(problem.kind.clone()).or_default();
        *count += 1;
        if *count <= MOST_OF_A_KIND {
            self.verdict.problems.push(problem);
        }
    }

    /// Says how many problems are not listed.
    fn unlisted(&mut self) {
        for (kind, count) in std::mem::take(&mut self.counts) {
            if count > MOST_OF_A_KIND {
                self.verdict.problems.push(Problem {
                    message: format!("{} more of the kind {kind}", count - MOST_OF_A_KIND),
                    kind,
                    ..Problem::default()
                });
            }
        }
    }

    fn finish(mut self, scope: &Scope, sign_off: &SignOff, now: DateTime<Utc>) -> Verdict {
        let seen = std::mem::take(&mut self.seen);
        let opened = self.opened;
        let roll = Roll::of(opened.campaign.people.as_ref());
        let mut unsure: BTreeMap<String, (String, u64)> = BTreeMap::new();
        let mut answered = 0;
        for (index, rows) in &seen {
            let Some(item) = opened.items.get(*index) else {
                continue;
            };
            self.duplicates(item, rows);
            let with: Vec<&Seen> = rows
                .iter()
                .filter(|r| r.answers.contains_key(name_of(Answer::Decision)))
                .collect();
            let Some(first) = with.first() else {
                if let Some(row) = rows
                    .iter()
                    .find(|r| r.answers.contains_key(name_of(Answer::Justification)))
                {
                    self.problem(problem_at("no-decision", item, row, format!(
                        "{} row {}, {} on {}: there is a justification and no decision: it stays not reviewed",
                        row.sheet, row.row, item.person, item.account
                    ), false));
                }
                continue;
            };
            if self.mine.contains(item.item_id.as_str()) {
                answered += 1;
            }
            if rows.iter().any(|r| r.held) {
                self.verdict.held += 1;
                continue;
            }
            let said: BTreeSet<Option<&str>> = with.iter().map(|r| decision_of(r)).collect();
            if said.len() > 1 {
                self.verdict.held += 1;
                let places: Vec<String> = with
                    .iter()
                    .map(|r| {
                        format!(
                            "{} row {}: {}",
                            r.sheet,
                            r.row,
                            r.answers
                                .get(name_of(Answer::Decision))
                                .map_or_else(String::new, Value::quoted)
                        )
                    })
                    .collect();
                self.problem(problem_at(
                    "conflict",
                    item,
                    first,
                    format!(
                        "{} on {}: two decisions that differ ({}): none of them counts; keep one",
                        item.person,
                        item.account,
                        places.join("; ")
                    ),
                    true,
                ));
                continue;
            }
            match decide((opened, &roll), item, first, rows, sign_off, now) {
                Ok(decision) => {
                    if let Standing::NotKnown(why) = roll.standing(&decision.reviewer) {
                        unsure.entry(decision.reviewer.clone()).or_insert((why, 0)).1 += 1;
                    }
                    self.verdict.decisions.push(decision);
                }
                Err(problem) => {
                    self.verdict.held += 1;
                    self.problem(*problem);
                }
            }
        }
        not_known(unsure).into_iter().for_each(|p| self.problem(p));
        self.verdict.blank = scope.items.saturating_sub(answered);
        self.unlisted();
        self.verdict
    }

    /// Rows of one item in one sheet.
    fn duplicates(&mut self, item: &Item, rows: &[Seen]) {
        let mut by_sheet: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
        for row in rows {
            let name = if is_part(&row.sheet, PRIVILEGED) {
                PRIVILEGED
            } else {
                EVERYTHING
            };
            by_sheet.entry(name).or_default().push(row);
        }
        for rows in by_sheet.values().filter(|r| r.len() > 1) {
            if let Some(last) = rows.last() {
                let places: Vec<String> = rows.iter().map(|r| r.row.to_string()).collect();
                self.problem(problem_at(
                    "duplicate-row",
                    item,
                    last,
                    format!(
                        "{} has {} on {} more than once, in rows {}",
                        last.sheet,
                        item.person,
                        item.account,
                        places.join(", ")
                    ),
                    false,
                ));
            }
        }
    }
}

/// Whether a cell still holds the fact that was written into it.
fn same(fact: &Cell, value: &Value) -> bool {
    match (fact, value) {
        (Cell::Blank, Value::Blank) => true,
        (Cell::Text(text), Value::Blank) => shown(text).is_empty(),
        (Cell::Text(text), Value::Text(there)) => {
            let text = shown(text);
            text == *there || plain(&text) == plain(there)
        }
        (Cell::Time(at), Value::Time(serial) | Value::Number(serial)) => {
            time_of(*serial).is_some_and(|there| there.timestamp() == at.timestamp())
        }
        (Cell::Time(at), Value::Text(text)) => {
            crate::time::parse_time(text).is_some_and(|there| there.timestamp() == at.timestamp())
        }
        _ => false,
    }
}

/// Text without what readers and writers of workbooks do to line breaks and to
/// the escapes of the format.
fn plain(text: &str) -> String {
    let text = text.replace("_x005F_", "_").replace("_x000D_", "\r");
    text.replace("\r\n", "\n").replace('\r', "\n")
}
