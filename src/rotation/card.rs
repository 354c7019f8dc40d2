//! The rotation card: everything that somebody needs who is about to rotate a
//! secret, or just did, as data. How it looks is for the formats of reports and
//! for the terminal.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::dataset::manifest::rfc3339;

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

    /// What an answer of a query says; what is not one of the four is not known.
    pub(super) fn of(answer: &str) -> Self {
        [Self::No, Self::Info, Self::Yes]
            .into_iter()
            .find(|v| v.name() == answer)
            .unwrap_or(Self::Unknown)
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

/// Which link of the chain it is, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// The identity provider issued the value.
    Issued,
    /// The store has it.
    Stored,
    /// What uses it was deployed with it.
    Deployed,
    /// The sync, or a sign-in, succeeded with it.
    Synced,
    /// The value before it is gone.
    Removed,
}

impl LinkKind {
    /// What the link is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Stored => "stored",
            Self::Deployed => "deployed",
            Self::Synced => "synced",
            Self::Removed => "old one removed",
        }
    }

    /// The question that it answers among the checks.
    #[must_use]
    pub fn question(self) -> &'static str {
        match self {
            Self::Issued => "A live credential",
            Self::Stored => "Stored",
            Self::Deployed => "Deployed",
            Self::Synced => "Synced",
            Self::Removed => "Old one removed",
        }
    }
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which one it is.
    pub kind: LinkKind,
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

/// Whether somebody can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The account is enabled.
    Yes,
    /// It is disabled or deleted.
    No,
    /// It was not read.
    Unknown,
}

impl SignIn {
    /// As the report spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }

    /// What a column says of it.
    pub(super) fn of(word: &str) -> Self {
        [Self::Yes, Self::No]
            .into_iter()
            .find(|s| s.name() == word)
            .unwrap_or(Self::Unknown)
    }

    /// What follows a name: nothing where it is not known.
    #[must_use]
    pub fn note(self) -> &'static str {
        match self {
            Self::Yes => ", can sign in",
            Self::No => ", cannot sign in",
            Self::Unknown => "",
        }
    }
}

impl Serialize for SignIn {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// Somebody who can take part in the rotation, or could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Who, or how many.
    pub who: String,
    /// By what right.
    pub why: String,
    /// Whether they can sign in.
    pub can_sign_in: SignIn,
}

/// A step that is still open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// The commands for it. None of them carries a value.
    pub commands: Vec<String>,
}

/// How far something is since the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterState {
    /// It was done.
    Done,
    /// It was not.
    NotDone,
    /// There is nothing to do.
    NotNeeded,
    /// Nothing of the rotation was done yet.
    NotBegun,
    /// As many as before, and the same ones.
    Unchanged,
    /// Some came or went.
    Moved,
    /// It cannot be told.
    Unknown,
}

impl AfterState {
    /// As people read it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotDone => "not done",
            Self::NotNeeded => "not needed",
            Self::NotBegun => "not begun",
            Self::Unchanged => "unchanged",
            Self::Moved => "moved",
            Self::Unknown => "unknown",
        }
    }
}

impl Serialize for AfterState {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// What became of something since the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct After {
    /// What.
    pub what: String,
    /// How far it is.
    pub state: AfterState,
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
            .map(|l| format!("{} {}", l.state.mark(), l.kind.name()))
            .collect();
        links.join(" → ")
    }
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
                    link: l.kind.name(),
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
