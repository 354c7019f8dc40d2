//! Access keys out of IAM credential reports.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::collect::Import;
use crate::collect::sink::{Sink, coverage, missing};
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::writer::Cell;
use crate::time::parse_time;

const TABLE: &str = "aws_access_key";
const FOLDER: &str = "aws/iam-credential-report";

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    account: String,
    user: String,
    slot: i64,
    active: Option<bool>,
    rotated: Option<DateTime<Utc>>,
    used: Option<DateTime<Utc>>,
}

pub(super) fn import(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    let mut covered = coverage(TABLE)?;
    let mut rows = BTreeSet::new();
    let accounts = import.exports.list(FOLDER, ".csv");
    for account in &accounts {
        let file = format!("{FOLDER}/{account}.csv");
        match import.exports.open(&file) {
            None => {}
            Some(Err(reason)) => covered.worsen(State::Failed, reason),
            Some(Ok(opened)) => {
                import.places.insert((TABLE, account.clone()));
                let (text, input) = opened.text();
                covered.inputs.push(input);
                covered.pages += 1;
                match text {
                    Ok(text) => report(
                        &text,
                        account,
                        &file,
                        &mut rows,
                        &mut covered,
                        &mut import.exports.problems,
                    ),
                    Err(e) => {
                        covered.worsen(State::Failed, format!("{file} could not be read: {e}."));
                    }
                }
            }
        }
    }
    if accounts.is_empty() {
        missing(&mut covered, &format!("{FOLDER}/"));
    }
    sink.write(
        covered,
        rows.into_iter().map(|k| {
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
            ]
        }),
    )
}

fn report(
    text: &str,
    account: &str,
    file: &str,
    rows: &mut BTreeSet<Key>,
    covered: &mut Coverage,
    problems: &mut Vec<Problem>,
) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let column = |name: &str| header.iter().position(|h| h == name);
    let Some(user) = column("user") else {
        covered.worsen(
            State::Failed,
            format!("{file} is no credential report: it has no column `user`."),
        );
        return;
    };
    let wanted = ["active", "last_rotated", "last_used_date"];
    if let Some(name) = (1..=2)
        .flat_map(|n| wanted.map(|w| format!("access_key_{n}_{w}")))
        .find(|name| column(name).is_none())
    {
        covered.worsen(
            State::Failed,
            format!("{file} is no credential report: it has no column `{name}`."),
        );
        return;
    }
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(e) => {
                let line = e.position().map_or(0, csv::Position::line);
                covered.worsen(
                    State::Partial,
                    format!("{file} could not be read beyond line {line}."),
                );
                problems.push(Problem {
                    file: file.to_owned(),
                    position: format!("{line}:1"),
                    kind: ProblemKind::Malformed,
                    table: Some(TABLE.to_owned()),
                    expected: format!("{} columns", header.len()),
                    message:
                        "The row has another number of columns; it and what follows was not read."
                            .to_owned(),
                });
                return;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let name = record.get(user).unwrap_or_default().to_owned();
        for slot in 1..=2_i64 {
            let cell = |what: &str| {
                let found = column(&format!("access_key_{slot}_{what}"))
                    .and_then(|i| record.get(i))
                    .filter(|v| !matches!(*v, "N/A" | "no_information" | "not_supported" | ""))?;
                Some(found.to_owned())
            };
            let active = cell("active")
                .as_deref()
                .and_then(|v| match v.to_lowercase().as_str() {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => None,
                });
            let (rotated, used) = (cell("last_rotated"), cell("last_used_date"));
            if rotated.is_none() && active != Some(true) {
                continue;
            }
            let mut time = |text: Option<String>| {
                let text = text?;
                let at = parse_time(&text);
                if at.is_none() {
                    problems.push(Problem {
                        file: file.to_owned(),
                        position: format!("{line}:1"),
                        kind: ProblemKind::Malformed,
                        table: Some(TABLE.to_owned()),
                        expected: "a time such as 2026-01-31T12:00:00+00:00".to_owned(),
                        message:
                            "A date of an access key could not be read; it was taken as not known."
                                .to_owned(),
                    });
                }
                at
            };
            rows.insert(Key {
                account: account.to_owned(),
                user: name.clone(),
                slot,
                active,
                rotated: time(rotated),
                used: time(used),
            });
        }
    }
}
