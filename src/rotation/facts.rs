//! What the views of a rotation say, as values that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::DataFrame;

use super::card::{Person, Reach, SignIn, Verdict};
use super::codes::{Happening, Object, Outcome, Question, Use};
use super::error::RotationError;
use super::walk::{Member, Role, Walk};
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::session::Session;
use crate::dataset::value::{Row, rows_of};
use crate::fold::fold;

/// Two clocks may differ by this much.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Something that happened, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) what: String,
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) ends_at: Option<DateTime<Utc>>,
    pub(super) outcome: Outcome,
    pub(super) place: Option<String>,
    pub(super) table: String,
    pub(super) event: String,
}

/// What uses the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Consumer {
    pub(super) consumer: String,
    pub(super) kind: Use,
    /// The word for what it is.
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
    /// The source that they sign in by; `None` when it is not known.
    pub(super) origin: Option<String>,
    pub(super) account: String,
    pub(super) account_id: String,
    pub(super) permission_set: String,
    /// Whether the account in Identity Center is known to be enabled.
    pub(super) enabled: bool,
}

impl Holder {
    /// Whether it is an IAM user with an access key, who signs in by no source.
    pub(super) fn by_key(&self) -> bool {
        self.origin.as_deref() == Some("iam")
    }
}

/// A credential with its age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Aged {
    pub(super) credential: String,
    pub(super) role: Option<Role>,
    pub(super) age_days: Option<i64>,
    pub(super) rotation_days: Option<i64>,
    pub(super) days_until_end: Option<i64>,
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) asked: Question,
    pub(super) weight: i64,
    pub(super) question: String,
    pub(super) answer: Verdict,
    pub(super) reason: String,
    pub(super) remedy: Option<String>,
    /// Tables that the answer rests on, the first to look at first.
    pub(super) rests_on: Vec<String>,
}

/// Whom a source brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Brought {
    /// The source; `None` when it is not known.
    pub(super) origin: Option<String>,
    pub(super) reach: Reach,
}

/// How much there is of a kind, now and in the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) object: Object,
    /// The word for it.
    pub(super) what: String,
    pub(super) now: i64,
    pub(super) then: i64,
}

/// Everything that the card is made of.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) secret: String,
    pub(super) store: String,
    pub(super) as_of: DateTime<Utc>,
    pub(super) members: Vec<Member>,
    moments: BTreeMap<Happening, Vec<Moment>>,
    pub(super) consumers: Vec<Consumer>,
    pub(super) gaps: BTreeMap<String, Gap>,
    /// The baseline's as-of; `None` without one.
    pub(super) baseline: Option<DateTime<Utc>>,
    /// Tables of the baseline that were read completely.
    baseline_complete: Vec<String>,
    pub(super) holders: Vec<Holder>,
    pub(super) rotators: Vec<Person>,
    pub(super) reach: Vec<Brought>,
    pub(super) aged: Vec<Aged>,
    pub(super) counts: Vec<Counted>,
    /// Kind, change, name.
    pub(super) moved: Vec<(Object, String, String)>,
    pub(super) documents: Vec<String>,
    pub(super) checks: Vec<Check>,
    /// Table and account of the places that were read; `None` in snapshots that
    /// do not say.
    places: Option<BTreeSet<(String, String)>>,
}

impl Facts {
    pub(super) fn read(
        session: &Session,
        secret: &str,
        store: &str,
        walk: Walk,
    ) -> Result<Self, RotationError> {
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
            counts: Vec::new(),
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
        facts.chain(session)?;
        facts.people(session)?;
        facts.gaps(session)?;
        facts.checks = rows_of(&view(session, "question", "weight")?)
            .map(|row| check(&row))
            .collect::<Result<_, _>>()?;
        facts.counts = rows_of(&view(session, "count", "code")?)
            .map(|row| counted(&row))
            .collect::<Result<_, _>>()?;
        facts.counts.sort_by_key(|c| c.object);
        facts.moved = rows_of(&view(session, "moved", "code, change, name, key")?)
            .map(|row| {
                let object = Object::parse(&row.text("code"))?;
                Ok((object, row.text("change"), row.text("name")))
            })
            .collect::<Result<_, RotationError>>()?;
        if session.has_baseline() {
            let frame = session.collect("SELECT as_of FROM baseline_snapshot ORDER BY as_of")?;
            facts.baseline = rows_of(&frame).next().and_then(|row| row.time("as_of"));
            facts.baseline_complete = COMPARED
                .iter()
                .filter(|t| session.baseline_state(t) == Some(State::Complete))
                .map(|t| (*t).to_owned())
                .collect();
        }
        Ok(facts)
    }

    /// What was issued, stored and used, and what uses it.
    fn chain(&mut self, session: &Session) -> Result<(), RotationError> {
        let order = "moment, what, happened_at NULLS LAST, state, event";
        for row in rows_of(&view(session, "moment", order)?) {
            let moment = Moment {
                what: row.text("what"),
                at: row.time("happened_at"),
                ends_at: row.time("ends_at"),
                outcome: Outcome::parse(&row.text("outcome"))?,
                place: row.maybe("place"),
                table: row.text("table_name"),
                event: row.text("event"),
            };
            let happened = Happening::parse(&row.text("moment"))?;
            self.moments.entry(happened).or_default().push(moment);
        }
        self.consumers = rows_of(&view(session, "dependent", "role, consumer")?)
            .map(|row| consumer(&row))
            .collect::<Result<_, _>>()?;
        self.aged = rows_of(&view(session, "credential", "credential, issued_at")?)
            .map(|row| Aged {
                credential: row.text("credential"),
                role: Role::of(&row.text("role")),
                age_days: row.number("age_days"),
                rotation_days: row.number("rotation_days"),
                days_until_end: row.number("days_until_end"),
            })
            .collect();
        self.documents = rows_of(&view(session, "document", "document")?)
            .filter_map(|row| row.maybe("document"))
            .collect();
        Ok(())
    }

    /// Who can rotate, who gets in, and whom the sources bring in.
    fn people(&mut self, session: &Session) -> Result<(), DatasetError> {
        let order = "source, person, account, permission_set";
        self.holders = rows_of(&view(session, "holder", order)?)
            .map(|row| Holder {
                person: row.text("person"),
                origin: row.maybe("origin"),
                account: row.text("account"),
                account_id: row.text("account_id"),
                permission_set: row.text("permission_set"),
                enabled: SignIn::of(&row.text("can_sign_in")) == SignIn::Yes,
            })
            .collect();
        self.rotators = rows_of(&view(session, "rotator", "why, who, can_sign_in")?)
            .map(|row| Person {
                who: row.text("who"),
                why: row.text("why"),
                can_sign_in: SignIn::of(&row.text("can_sign_in")),
            })
            .collect();
        self.reach = rows_of(&view(session, "reach", "source")?)
            .map(|row| Brought {
                origin: row.maybe("origin"),
                reach: reach(&row),
            })
            .collect();
        Ok(())
    }

    /// Which tables were not read completely.
    fn gaps(&mut self, session: &Session) -> Result<(), DatasetError> {
        let frame = session.collect(
            "SELECT table_name, state, reason, permission_needed FROM coverage \
             WHERE state IS DISTINCT FROM 'complete' ORDER BY table_name",
        )?;
        self.gaps = rows_of(&frame)
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
        Ok(())
    }

    /// What happened of a kind.
    pub(super) fn of(&self, happened: Happening) -> &[Moment] {
        self.moments.get(&happened).map_or(&[], Vec::as_slice)
    }

    /// The first of these tables that was not read completely.
    pub(super) fn gap<T: AsRef<str>>(&self, tables: &[T]) -> Option<&Gap> {
        tables.iter().find_map(|t| self.gaps.get(t.as_ref()))
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
        self.of(Happening::Issued)
            .iter()
            .filter(|m| {
                m.outcome != Outcome::Expired
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

    /// Consumers of a kind.
    pub(super) fn used_by(&self, kind: Use) -> impl Iterator<Item = &Consumer> {
        self.consumers.iter().filter(move |c| c.kind == kind)
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

fn check(row: &Row<'_>) -> Result<Check, RotationError> {
    Ok(Check {
        asked: Question::parse(&row.text("code"))?,
        weight: row.number("weight").unwrap_or(0),
        question: row.text("question"),
        answer: Verdict::of(&row.text("answer")),
        reason: row.text("reason"),
        remedy: row.maybe("remedy"),
        rests_on: row
            .text("rests_on")
            .split(", ")
            .filter(|table| !table.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

fn counted(row: &Row<'_>) -> Result<Counted, RotationError> {
    Ok(Counted {
        object: Object::parse(&row.text("code"))?,
        what: row.text("what"),
        now: row.number("rows_now").unwrap_or(0),
        then: row.number("rows_then").unwrap_or(0),
    })
}

fn consumer(row: &Row<'_>) -> Result<Consumer, RotationError> {
    Ok(Consumer {
        consumer: row.text("consumer"),
        kind: Use::parse(&row.text("code"))?,
        role: row.text("role"),
        name: row.text("name"),
        source: row.maybe("source"),
        interval_hours: row.number("interval_hours"),
    })
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

/// The rows of a view of the rotation, which are few.
fn view(session: &Session, name: &str, order: &str) -> Result<DataFrame, DatasetError> {
    session.collect(&format!("SELECT * FROM rotation_{name} ORDER BY {order}"))
}
