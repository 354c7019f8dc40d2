//! What the sheets of the report say, as values that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::DataFrame;
use serde_json::Value;

use super::walk::{Member, Walk};
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::session::Session;
use crate::detect::evaluate::json_at;
use crate::fold::fold;
use crate::report::Book;
use crate::report::card::{Person, Reach};

/// Two clocks may differ by this much.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Something that happened, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) what: String,
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) ends_at: Option<DateTime<Utc>>,
    pub(super) state: String,
    pub(super) place: Option<String>,
    pub(super) table: String,
    pub(super) event: String,
}

/// What uses the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Consumer {
    pub(super) consumer: String,
    pub(super) role: String,
    pub(super) name: String,
    pub(super) source: Option<String>,
    pub(super) interval_hours: Option<i64>,
}

/// Why a table is not complete, and what would make it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) table: String,
    pub(super) state: String,
    pub(super) reason: String,
    pub(super) permission: Option<String>,
}

/// Somebody with privilege on the account of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) person: String,
    pub(super) source: String,
    pub(super) account: String,
    pub(super) account_id: String,
    pub(super) permission_set: String,
    /// Whether the account in Identity Center is known to be enabled.
    pub(super) enabled: bool,
}

/// A credential with its age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Aged {
    pub(super) credential: String,
    pub(super) role: String,
    pub(super) age_days: Option<i64>,
    pub(super) rotation_days: Option<i64>,
    pub(super) days_until_end: Option<i64>,
}

/// A check that the sheet of checks answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) weight: i64,
    pub(super) question: String,
    pub(super) answer: String,
    pub(super) reason: String,
}

/// Everything that the card is made of.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) secret: String,
    pub(super) store: String,
    pub(super) as_of: DateTime<Utc>,
    pub(super) members: Vec<Member>,
    moments: BTreeMap<String, Vec<Moment>>,
    pub(super) consumers: Vec<Consumer>,
    pub(super) gaps: BTreeMap<String, Gap>,
    /// The baseline's as-of; `None` without one.
    pub(super) baseline: Option<DateTime<Utc>>,
    /// Tables of the baseline that were read completely.
    baseline_complete: Vec<String>,
    pub(super) holders: Vec<Holder>,
    pub(super) rotators: Vec<Person>,
    pub(super) reach: Vec<Reach>,
    pub(super) aged: Vec<Aged>,
    /// Kind, rows now, rows then.
    pub(super) stability: Vec<(String, i64, i64)>,
    /// Kind, change, name.
    pub(super) moved: Vec<(String, String, String)>,
    pub(super) documents: Vec<String>,
    pub(super) checks: Vec<Check>,
    /// Table and account of the places that were read; `None` in snapshots that
    /// do not say.
    places: Option<BTreeSet<(String, String)>>,
}

impl Facts {
    pub(super) fn read(
        session: &Session,
        book: &Book,
        secret: &str,
        store: &str,
        walk: Walk,
    ) -> Result<Self, DatasetError> {
        let mut facts = Self {
            secret: secret.to_owned(),
            store: store.to_owned(),
            as_of: session.as_of(),
            members: walk.members,
            moments: BTreeMap::new(),
            consumers: Vec::new(),
            gaps: BTreeMap::new(),
            baseline: None,
            baseline_complete: Vec::new(),
            holders: Vec::new(),
            rotators: Vec::new(),
            reach: Vec::new(),
            aged: Vec::new(),
            stability: Vec::new(),
            moved: Vec::new(),
            documents: Vec::new(),
            checks: Vec::new(),
            places: None,
        };
        if session.state("collected_place") == Some(State::Complete) {
            let frame = session.collect(
                "SELECT table_name, place FROM collected_place ORDER BY table_name, place",
            )?;
            facts.places = Some(
                rows_of(&frame)
                    .map(|row| (row.text("table_name"), row.text("place")))
                    .collect(),
            );
        }
        let moments = sheet(book, "Moments")?;
        for row in rows_of(&moments) {
            let moment = Moment {
                what: row.text("what"),
                at: row.time("happened_at"),
                ends_at: row.time("ends_at"),
                state: row.text("state"),
                place: row.maybe("place"),
                table: row.text("table_name"),
                event: row.text("event"),
            };
            let of_link = facts.moments.entry(row.text("link")).or_default();
            of_link.push(moment);
        }
        facts.consumers = rows_of(&sheet(book, "Consumers")?)
            .map(|row| Consumer {
                consumer: row.text("consumer"),
                role: row.text("role"),
                name: row.text("name"),
                source: row.maybe("source"),
                interval_hours: row.number("interval_hours"),
            })
            .collect();
        facts.gaps = rows_of(&sheet(book, "Not read")?)
            .map(|row| {
                let gap = Gap {
                    table: row.text("table_name"),
                    state: row.text("state"),
                    reason: row.text("reason"),
                    permission: row.maybe("permission_needed"),
                };
                (gap.table.clone(), gap)
            })
            .collect();
        facts.holders = rows_of(&sheet(book, "On the store")?)
            .map(|row| Holder {
                person: row.text("person"),
                source: row.text("source"),
                account: row.text("account"),
                account_id: row.text("account_id"),
                permission_set: row.text("permission_set"),
                enabled: row.text("can_sign_in") == "yes",
            })
            .collect();
        facts.rotators = rows_of(&sheet(book, "Who can rotate")?)
            .map(|row| Person {
                who: row.text("who"),
                why: row.text("why"),
                can_sign_in: row.text("can_sign_in"),
            })
            .collect();
        facts.reach = rows_of(&sheet(book, "Blast radius")?)
            .map(|row| reach(&row))
            .collect();
        facts.checks = rows_of(&sheet(book, "Checks")?)
            .map(|row| Check {
                weight: row.number("step").unwrap_or(0),
                question: row.text("question"),
                answer: row.text("answer"),
                reason: row.text("reason"),
            })
            .collect();
        facts.aged = rows_of(&sheet(book, "Credentials")?)
            .map(|row| Aged {
                credential: row.text("credential"),
                role: row.text("role"),
                age_days: row.number("age_days"),
                rotation_days: row.number("rotation_days"),
                days_until_end: row.number("days_until_end"),
            })
            .collect();
        facts.stability = rows_of(&sheet(book, "Stability")?)
            .map(|row| {
                let count = |name| row.number(name).unwrap_or(0);
                (row.text("what"), count("rows_now"), count("rows_then"))
            })
            .collect();
        facts.moved = rows_of(&sheet(book, "Moved")?)
            .map(|row| (row.text("kind"), row.text("change"), row.text("name")))
            .collect();
        facts.documents = rows_of(&sheet(book, "Register")?)
            .filter_map(|row| row.maybe("document"))
            .collect();
        facts.documents.sort();
        facts.documents.dedup();
        if session.has_baseline() {
            let frame = session.collect("SELECT as_of FROM baseline_snapshot ORDER BY as_of")?;
            facts.baseline = Row {
                frame: &frame,
                at: 0,
            }
            .time("as_of");
            facts.baseline_complete = COMPARED
                .iter()
                .filter(|t| session.baseline_state(t) == Some(State::Complete))
                .map(|t| (*t).to_owned())
                .collect();
        }
        Ok(facts)
    }

    /// What happened to a link.
    pub(super) fn of(&self, link: &str) -> &[Moment] {
        self.moments.get(link).map_or(&[], Vec::as_slice)
    }

    /// The first of these tables that was not read completely.
    pub(super) fn gap(&self, tables: &[&str]) -> Option<&Gap> {
        tables.iter().find_map(|t| self.gaps.get(*t))
    }

    /// Whether these tables of the baseline can be compared with.
    pub(super) fn compared(&self, tables: &[&str]) -> bool {
        self.baseline.is_some()
            && tables
                .iter()
                .all(|t| self.baseline_complete.iter().any(|b| b == t))
    }

    /// Credentials of the issuer that work now; those that begin later do not.
    pub(super) fn live(&self) -> Vec<&Moment> {
        self.of("issued")
            .iter()
            .filter(|m| {
                m.state != "expired"
                    && m.ends_at.is_none_or(|end| end >= self.as_of)
                    && !m.at.is_some_and(|at| later(at, self.as_of))
            })
            .collect()
    }

    /// Live credentials that have a newer one of the same issuer beside them.
    pub(super) fn superseded(&self) -> Vec<&Moment> {
        let live = self.live();
        let newer = |a: &Moment, b: &Moment| {
            issuer_of(a) == issuer_of(b) && (a.at, &a.what) > (b.at, &b.what)
        };
        live.iter()
            .copied()
            .filter(|m| live.iter().any(|other| newer(other, m)))
            .collect()
    }

    /// The account of a secret, where its store was read and that account was not.
    pub(super) fn unread_place<'m>(&self, member: &'m Member) -> Option<&'m str> {
        let table = match member.store.as_str() {
            "secretsmanager" => "aws_secret",
            "iam" => "aws_access_key",
            _ => return None,
        };
        let account = member.account()?;
        let read = self.places.as_ref()?;
        (!read.contains(&(table.to_owned(), account.to_owned()))).then_some(account)
    }

    /// Consumers of a role.
    pub(super) fn in_role(&self, role: &str) -> impl Iterator<Item = &Consumer> {
        self.consumers.iter().filter(move |c| c.role == role)
    }
}

/// Tables that are compared with those of the baseline.
const COMPARED: [&str; 10] = [
    "entra_application",
    "entra_credential",
    "aws_secret",
    "aws_secret_version",
    "identity_center_user",
    "identity_center_group",
    "identity_center_membership",
    "account_assignment",
    "aws_account",
    "permission_set",
];

/// The issuer of a credential, as its registered secret is called: a name without
/// its key.
pub(super) fn issuer_of(moment: &Moment) -> String {
    let name = match moment.table.as_str() {
        "entra_credential" | "aws_access_key" => moment.what.rsplit_once('/').map(|(name, _)| name),
        _ => None,
    };
    fold(name.unwrap_or(&moment.what))
}

/// Whether a moment is later than another, by more than two clocks may differ.
pub(super) fn later(a: DateTime<Utc>, b: DateTime<Utc>) -> bool {
    a - b > SKEW
}

fn reach(row: &Row<'_>) -> Reach {
    let count = |name| row.number(name).unwrap_or(0);
    Reach {
        source: row.text("source"),
        people: count("users"),
        groups: count("groups_reached"),
        accounts: count("accounts"),
        production_accounts: count("production_accounts"),
        privileged: count("privileged_users"),
        privileged_on_production: count("privileged_on_production"),
        another_way_in: count("users_with_another_way_in"),
        privileged_without: count("privileged_without_another_way_in"),
    }
}

/// A row of a frame.
pub(super) struct Row<'a> {
    frame: &'a DataFrame,
    at: usize,
}

impl Row<'_> {
    fn value(&self, column: &str) -> Value {
        self.frame
            .column(column)
            .map_or(Value::Null, |c| json_at(c, self.at))
    }

    pub(super) fn maybe(&self, column: &str) -> Option<String> {
        self.value(column)
            .as_str()
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    }

    pub(super) fn text(&self, column: &str) -> String {
        self.maybe(column).unwrap_or_default()
    }

    pub(super) fn number(&self, column: &str) -> Option<i64> {
        self.value(column).as_i64()
    }

    pub(super) fn time(&self, column: &str) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(self.value(column).as_str()?)
            .ok()
            .map(|t| t.with_timezone(&Utc))
    }
}

/// The rows of a frame.
pub(super) fn rows_of(frame: &DataFrame) -> impl Iterator<Item = Row<'_>> {
    (0..frame.height()).map(move |at| Row { frame, at })
}

/// The rows of a sheet, which are few.
fn sheet(book: &Book, title: &str) -> Result<DataFrame, DatasetError> {
    match book.sheets.iter().find(|s| s.title == title) {
        Some(page) => page.rows.whole(),
        None => Err(DatasetError::NotFound {
            message: format!("the report has no sheet {title}, on which the card rests"),
        }),
    }
}
