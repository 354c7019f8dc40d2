//! Access keys out of IAM credential reports.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::place::{Place, places};
use crate::collect::Import;
use crate::collect::sink::{Entities, Sink, coverage, missing};
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::writer::Cell;
use crate::time::parse_time;

const TABLE: &str = "aws_access_key";
const FOLDER: &str = "aws/iam-credential-report";
/// What the report writes where there is nothing to say.
const NOTHING: [&str; 4] = ["N/A", "no_information", "not_supported", ""];

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    account: String,
    user: String,
    slot: i64,
    active: Option<bool>,
    rotated: Option<DateTime<Utc>>,
    used: Option<DateTime<Utc>>,
    /// Whether when it was used could be read.
    use_read: bool,
}

pub(super) fn import(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    let mut covered = coverage(TABLE)?;
    let mut rows: Entities<Key> = Entities::default();
    let names = import.exports.list(FOLDER, ".csv");
    let none = names.is_empty();
    let accounts = places(names, (FOLDER, ".csv"), false, &mut covered);
    for mut place in accounts {
        let file = format!("{FOLDER}/{}.csv", place.account);
        match import.exports.open(&file) {
            None => {}
            Some(Err(reason)) => covered.worsen(State::Failed, reason),
            Some(Ok(opened)) => {
                let (text, input) = opened.text();
                covered.inputs.push(input);
                covered.pages += 1;
                match text {
                    Ok(text) => {
                        let problems = &mut import.exports.problems;
                        let read = Report::read(&text, &file, &mut covered)
                            .is_some_and(|r| r.keys(&mut place, &mut rows, &mut covered, problems));
                        place.settle(&file, &mut covered);
                        if read && place.sound() {
                            import.places.insert((TABLE, place.account));
                        }
                    }
                    Err(e) => {
                        covered.worsen(State::Failed, format!("{file} could not be read: {e}."));
                    }
                }
            }
        }
    }
    if none {
        missing(&mut covered, &format!("{FOLDER}/"));
    }
    sink.write(
        covered,
        rows.into_values()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|k| {
                let registered = format!("iam/{}/{}", k.account, k.user);
                vec![
                    Cell::Text(k.account),
                    Cell::Text(k.user),
                    Cell::Int(k.slot),
                    Cell::flag(k.active),
                    Cell::time(k.rotated),
                    Cell::time(k.used),
                    Cell::Text(registered.clone()),
                    Cell::folded(Some(&registered)),
                    Cell::Null,
                    Cell::Flag(k.use_read),
                ]
            }),
    )
}

/// A credential report that has the columns it should.
struct Report<'a> {
    file: &'a str,
    header: csv::StringRecord,
    reader: csv::Reader<&'a [u8]>,
}

/// What a file holds in place of a report, where it is known.
fn other_form(text: &str) -> &'static str {
    let text = text.trim_start();
    let encoded = |c: char| c.is_ascii_alphanumeric() || "+/=\r\n".contains(c);
    if text.starts_with('{') || text.starts_with('[') {
        " It is JSON: write out its member Content, decoded from base64."
    } else if text.len() > 64 && text.chars().all(encoded) {
        " It seems to be encoded: decode it from base64."
    } else if text.is_empty() {
        " It is empty."
    } else {
        ""
    }
}

impl<'a> Report<'a> {
    fn read(text: &'a str, file: &'a str, covered: &mut Coverage) -> Option<Self> {
        let first = text.lines().next().unwrap_or_default();
        // A spreadsheet saves with the separator of its country.
        let separator = [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|s| (first.bytes().filter(|b| b == s).count(), *s == b','))
            .unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .from_reader(text.as_bytes());
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(e) => {
                covered.worsen(State::Failed, format!("{file} could not be read: {e}."));
                return None;
            }
        };
        let keys = (1..=2).flat_map(|n| {
            ["active", "last_rotated", "last_used_date"].map(|w| format!("access_key_{n}_{w}"))
        });
        let wanted = ["user", "arn"].into_iter().map(str::to_owned).chain(keys);
        for name in wanted {
            let found = header.iter().filter(|h| *h == name).count();
            if found != 1 {
                let what = if found == 0 {
                    "no column"
                } else {
                    "more than one column"
                };
                covered.worsen(
                    State::Failed,
                    format!(
                        "{file} is no credential report: it has {what} `{name}`.{}",
                        other_form(text)
                    ),
                );
                return None;
            }
        }
        Some(Self {
            file,
            header,
            reader,
        })
    }

    fn cell<'r>(&self, record: &'r csv::StringRecord, column: &str) -> Option<&'r str> {
        let at = self.header.iter().position(|h| h == column)?;
        record.get(at).map(str::trim)
    }

    /// The keys of every user; whether the report was read to its end.
    fn keys(
        mut self,
        place: &mut Place,
        rows: &mut Entities<Key>,
        covered: &mut Coverage,
        problems: &mut Vec<Problem>,
    ) -> bool {
        let mut records = Vec::new();
        let mut whole = true;
        let read: Vec<_> = self.reader.records().collect();
        for record in read {
            match record {
                Ok(record) => records.push(record),
                Err(e) => {
                    let line = e.position().map_or(0, csv::Position::line);
                    covered.worsen(
                        State::Partial,
                        format!("{} could not be read beyond line {line}.", self.file),
                    );
                    problems.push(self.problem(
                        line,
                        format!("{} columns", self.header.len()),
                        "The row has another number of columns; it and what follows was not read.",
                    ));
                    whole = false;
                    break;
                }
            }
        }
        let mut odd = 0_u64;
        let known = problems.len();
        for record in &records {
            let line = record.position().map_or(0, csv::Position::line);
            let arn = self.cell(record, "arn").unwrap_or_default();
            let position = format!("{line}:1");
            if !place.holds(arn, (self.file, &position, TABLE), problems) {
                continue;
            }
            let user = self.cell(record, "user").unwrap_or_default();
            if user.is_empty() {
                odd += 1;
                problems.push(self.problem(
                    line,
                    "a user".to_owned(),
                    "The row names no user and was left out.",
                ));
                continue;
            }
            for slot in 1..=2_i64 {
                let (key, unread) = self.key(record, slot, (&place.account, user));
                for what in unread {
                    odd += 1;
                    problems.push(self.problem(
                        line,
                        what.to_owned(),
                        "A value of an access key could not be read; it was taken as not known.",
                    ));
                }
                if let Some(key) = key {
                    let id = format!("{}/{user}/{slot}", place.account);
                    rows.add(id, key, self.file, TABLE, problems);
                }
            }
        }
        let twice: BTreeSet<String> = problems
            .iter()
            .skip(known)
            .filter(|p| p.kind == ProblemKind::Duplicate)
            .map(|p| p.position.clone())
            .collect();
        if !twice.is_empty() {
            covered.worsen(
                State::Partial,
                format!(
                    "{} has two rows of one user that say different things, so which of them holds is not known: {}.",
                    self.file,
                    crate::collect::some_of(&twice)
                ),
            );
        }
        if odd > 0 {
            covered.worsen(
                State::Partial,
                format!("{} holds {odd} values that could not be read.", self.file),
            );
        }
        whole
    }

    /// One key of a row, if there is one, and what of it could not be read.
    fn key(
        &self,
        record: &csv::StringRecord,
        slot: i64,
        (account, user): (&str, &str),
    ) -> (Option<Key>, Vec<&'static str>) {
        let mut unread = Vec::new();
        let cell = |what: &str| {
            self.cell(record, &format!("access_key_{slot}_{what}"))
                .filter(|v| !NOTHING.contains(v))
        };
        let active = match cell("active").map(str::to_lowercase).as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => {
                unread.push("true or false");
                None
            }
        };
        let (rotated, used) = (cell("last_rotated"), cell("last_used_date"));
        if rotated.is_none() && used.is_none() && active == Some(false) {
            return (None, unread);
        }
        let mut time = |text: Option<&str>| {
            let at = text.and_then(parse_time);
            if at.is_none() && text.is_some() {
                unread.push("a time such as 2026-01-31T12:00:00+00:00");
            }
            at
        };
        let key = Key {
            account: account.to_owned(),
            user: user.to_owned(),
            slot,
            active,
            rotated: time(rotated),
            used: time(used),
            use_read: used.is_none() || used.and_then(parse_time).is_some(),
        };
        (Some(key), unread)
    }

    fn problem(&self, line: u64, expected: String, message: &str) -> Problem {
        Problem {
            file: self.file.to_owned(),
            position: format!("{line}:1"),
            kind: ProblemKind::Malformed,
            table: Some(TABLE.to_owned()),
            expected,
            message: message.to_owned(),
        }
    }
}
