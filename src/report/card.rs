//! The rotation card: everything that somebody needs who is about to rotate a
//! secret, or just did, as data. How it looks is for the formats below this one
//! and for the terminal.

pub(crate) mod page;
pub(crate) mod sheet;

use chrono::{DateTime, Utc};
use polars::prelude::DataFrame;
use serde::{Serialize, Serializer};

use super::{Page, ReportError};
use crate::dataset::DatasetError;
use crate::dataset::manifest::rfc3339;
use crate::dataset::settings::{column, table, times};

/// What the card comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing speaks against it.
    Go,
    /// Something does.
    NoGo,
    /// Something could not be told.
    Unknown,
}

impl Answer {
    /// As the report spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Go => "GO",
            Self::NoGo => "NO-GO",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It speaks against a rotation.
    No,
    /// It cannot be told.
    Unknown,
    /// It decides nothing.
    Info,
    /// It speaks for it.
    Yes,
}

impl Verdict {
    /// As the report spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Info => "info",
            Self::Yes => "yes",
        }
    }
}

/// One check and why it says what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// How decisive it is among those of its verdict: the least comes first.
    pub weight: i64,
    /// What it says.
    pub verdict: Verdict,
    /// What was asked.
    pub question: String,
    /// Why, as a clause.
    pub reason: String,
    /// How to get what is missing, or to mend it.
    pub remedy: Option<String>,
}

/// How far a link of the chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It is done.
    Done,
    /// It is still to be done.
    NotYet,
    /// It cannot be told.
    Unknown,
    /// It was done before what must come first.
    OutOfOrder,
    /// There is nothing to do.
    NotNeeded,
}

impl LinkState {
    /// As people read it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotYet => "not yet",
            Self::Unknown => "unknown",
            Self::OutOfOrder => "out of order",
            Self::NotNeeded => "not needed",
        }
    }

    /// The mark of it, for those who see no colour.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::NotYet => "✗",
            Self::Unknown => "?",
            Self::OutOfOrder => "!",
            Self::NotNeeded => "–",
        }
    }
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is called.
    pub name: &'static str,
    /// How far it is.
    pub state: LinkState,
    /// When it was done last.
    pub at: Option<DateTime<Utc>>,
    /// The table, and the event or field in it, that shows it.
    pub evidence: String,
    /// What was seen, as a sentence.
    pub note: String,
}

/// Something that depends on the secret, and what becomes of whom if it fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dependent {
    /// What it is: a sync, a connection of the broker, a function.
    pub role: String,
    /// Its name.
    pub name: String,
    /// What happens when the rotation fails.
    pub consequence: String,
}

/// Whom a source brings in and what they reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// The source.
    pub source: String,
    /// Users of Identity Center.
    pub people: i64,
    /// Groups that they are in.
    pub groups: i64,
    /// Accounts that they reach.
    pub accounts: i64,
    /// Those of production among them.
    pub production_accounts: i64,
    /// People with a privileged permission set.
    pub privileged: i64,
    /// People with one on production.
    pub privileged_on_production: i64,
    /// People with a login of another source.
    pub another_way_in: i64,
    /// Privileged people without one.
    pub privileged_without: i64,
}

/// Somebody who can take part in the rotation, or could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Who, or how many.
    pub who: String,
    /// By what right.
    pub why: String,
    /// Whether they can sign in: yes, no or unknown.
    pub can_sign_in: String,
}

/// A step that is still open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// The commands for it. None of them carries a value.
    pub commands: Vec<String>,
}

/// What became of something since the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct After {
    /// What.
    pub what: String,
    /// done, not done, unknown, unchanged or moved.
    pub state: &'static str,
    /// What was seen.
    pub note: String,
}

/// The card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// What it comes down to.
    pub answer: Answer,
    /// The registered secret.
    pub secret: String,
    /// The moment that it is true of.
    pub as_of: DateTime<Utc>,
    /// The snapshot that it rests on.
    pub snapshot: String,
    /// The one that it is compared with.
    pub baseline: Option<String>,
    /// One sentence that says it all.
    pub headline: String,
    /// Every check, the most decisive first.
    pub reasons: Vec<Reason>,
    /// The chain.
    pub chain: Vec<Link>,
    /// What depends on it.
    pub dependents: Vec<Dependent>,
    /// Who depends on it.
    pub reach: Vec<Reach>,
    /// Who can rotate.
    pub rotators: Vec<Person>,
    /// How to get in when it goes wrong.
    pub fallback: (Verdict, String),
    /// What is still to be done.
    pub steps: Vec<Step>,
    /// What became of it since the baseline.
    pub after: Vec<After>,
}

impl Card {
    /// The reasons for the answer: those that speak against, else those that
    /// are not known.
    pub fn decisive(&self) -> impl Iterator<Item = &Reason> {
        self.reasons
            .iter()
            .filter(|r| matches!(r.verdict, Verdict::No | Verdict::Unknown))
    }

    /// What speaks for it, or is good to know.
    pub fn other(&self) -> impl Iterator<Item = &Reason> {
        self.reasons
            .iter()
            .filter(|r| matches!(r.verdict, Verdict::Info | Verdict::Yes))
    }

    /// The chain on one line, by its marks.
    #[must_use]
    pub fn chain_line(&self) -> String {
        let links: Vec<String> = self
            .chain
            .iter()
            .map(|l| format!("{} {}", l.state.mark(), l.name))
            .collect();
        links.join(" → ")
    }

    /// The sheets of the card, for the formats that have sheets.
    ///
    /// # Errors
    /// When the engine refuses a frame.
    pub fn pages(&self) -> Result<Vec<Page>, ReportError> {
        Ok(vec![
            self.checks()?,
            self.chain_page()?,
            self.steps_page()?,
            self.after_page()?,
        ])
    }

    fn checks(&self) -> Result<Page, ReportError> {
        let all = &self.reasons;
        let step = (1_i64..).take(all.len()).collect::<Vec<_>>();
        let text = |get: fn(&Reason) -> Option<&str>| owned(all.iter().map(get));
        page(
            "Checks",
            "One row per question, the most decisive first. A no makes NO-GO, an unknown makes UNKNOWN, info decides nothing.",
            vec![
                column("step", step),
                column("question", text(|r| Some(&r.question))),
                column("answer", text(|r| Some(r.verdict.name()))),
                column("reason", text(|r| Some(&r.reason))),
                column("remedy", text(|r| r.remedy.as_deref())),
            ],
        )
    }

    fn chain_page(&self) -> Result<Page, ReportError> {
        let all = &self.chain;
        let text = |get: fn(&Link) -> Option<&str>| owned(all.iter().map(get));
        page(
            "Chain",
            "Issued, stored, deployed, synced, old one removed: how far each is, since when, and what shows it. Five minutes between two clocks count as none.",
            vec![
                column("place", (1_i64..).take(all.len()).collect::<Vec<_>>()),
                column("link", text(|l| Some(l.name))),
                column("state", text(|l| Some(l.state.name()))),
                times("happened_at", all.iter().map(|l| l.at).collect())?,
                column("evidence", text(|l| Some(&l.evidence))),
                column("note", text(|l| Some(&l.note))),
            ],
        )
    }

    fn steps_page(&self) -> Result<Page, ReportError> {
        let all = &self.steps;
        page(
            "Steps",
            "What is still to be done, in order. No command carries a value.",
            vec![
                column("place", (1_i64..).take(all.len()).collect::<Vec<_>>()),
                column("step", owned(all.iter().map(|s| Some(s.text.as_str())))),
                column(
                    "commands",
                    all.iter()
                        .map(|s| (!s.commands.is_empty()).then(|| s.commands.join("\n")))
                        .collect::<Vec<_>>(),
                ),
            ],
        )
    }

    fn after_page(&self) -> Result<Page, ReportError> {
        let all = &self.after;
        let text = |get: fn(&After) -> Option<&str>| owned(all.iter().map(get));
        page(
            "After",
            "What became of each link since the baseline, and what moved in Identity Center; no rows without a baseline.",
            vec![
                column("what", text(|a| Some(&a.what))),
                column("state", text(|a| Some(a.state))),
                column("note", text(|a| Some(&a.note))),
            ],
        )
    }
}

fn owned<'a>(all: impl Iterator<Item = Option<&'a str>>) -> Vec<Option<String>> {
    all.map(|t| t.map(str::to_owned)).collect()
}

fn page(
    title: &str,
    notes: &str,
    columns: Vec<polars::prelude::Column>,
) -> Result<Page, ReportError> {
    let frame: DataFrame = table(columns)?
        .collect()
        .map_err(DatasetError::engine("a sheet of the card"))?;
    Ok(Page {
        title: title.to_owned(),
        notes: notes.to_owned(),
        rows: frame.into(),
        gaps: Vec::new(),
    })
}

/// How many people a source brings in, and what they reach, in words.
#[must_use]
pub fn reached(r: &Reach) -> String {
    format!(
        "{} people in {} groups reach {} accounts, {} of them production; {} are privileged, {} on production; {} have another way in, {} privileged people have none",
        r.people,
        r.groups,
        r.accounts,
        r.production_accounts,
        r.privileged,
        r.privileged_on_production,
        r.another_way_in,
        r.privileged_without
    )
}

/// A moment as the card shows it: to the minute, in UTC.
#[must_use]
pub fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

impl Serialize for Card {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Check<'a> {
            question: &'a str,
            answer: &'static str,
            reason: &'a str,
            remedy: Option<&'a str>,
        }
        #[derive(Serialize)]
        struct Chain<'a> {
            link: &'static str,
            state: &'static str,
            happened_at: Option<String>,
            evidence: &'a str,
            note: &'a str,
        }
        #[derive(Serialize)]
        struct Fallback<'a> {
            answer: &'static str,
            note: &'a str,
        }
        #[derive(Serialize)]
        struct Document<'a> {
            answer: Answer,
            secret: &'a str,
            as_of: String,
            snapshot: &'a str,
            baseline: Option<&'a str>,
            headline: &'a str,
            checks: Vec<Check<'a>>,
            chain: Vec<Chain<'a>>,
            dependents: &'a [Dependent],
            reach: &'a [Reach],
            rotators: &'a [Person],
            fallback: Fallback<'a>,
            steps: &'a [Step],
            after: &'a [After],
        }
        Document {
            answer: self.answer,
            secret: &self.secret,
            as_of: rfc3339(self.as_of),
            snapshot: &self.snapshot,
            baseline: self.baseline.as_deref(),
            headline: &self.headline,
            checks: self
                .reasons
                .iter()
                .map(|r| Check {
                    question: &r.question,
                    answer: r.verdict.name(),
                    reason: &r.reason,
                    remedy: r.remedy.as_deref(),
                })
                .collect(),
            chain: self
                .chain
                .iter()
                .map(|l| Chain {
                    link: l.name,
                    state: l.state.name(),
                    happened_at: l.at.map(rfc3339),
                    evidence: &l.evidence,
                    note: &l.note,
                })
                .collect(),
            dependents: &self.dependents,
            reach: &self.reach,
            rotators: &self.rotators,
            fallback: Fallback {
                answer: self.fallback.0.name(),
                note: &self.fallback.1,
            },
            steps: &self.steps,
            after: &self.after,
        }
        .serialize(to)
    }
}
