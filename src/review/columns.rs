//! The columns of a review's tables, in their order: what people read, what
//! they fill in, and the columns of Entra's own review export under its names.

use sha2::{Digest as _, Sha256};

use super::NOT_REVIEWED;
use super::campaign::{Campaign, owner_of};
use super::item::{Item, When};
use crate::hash::hex;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Blank,
    /// Text.
    Text(String),
    /// A moment.
    Time(chrono::DateTime<chrono::Utc>),
}

impl Cell {
    /// As people and checksums read it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Text(text) => text.clone(),
            Self::Time(at) => at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

/// What a column is for.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// A fact of the snapshot or of the campaign: never taken from a workbook.
    Fact(fn(&Item, &Campaign) -> Cell),
    /// Filled in by the reviewer.
    Answer(Answer),
    /// The first eight digits of the SHA-256 of the facts of the row.
    Check,
}

/// What reviewers fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Keep, Remove, Change or Don't know.
    Decision,
    /// Why.
    Justification,
    /// Who decided.
    Reviewer,
    /// On which day.
    Date,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Heading.
    pub name: &'static str,
    /// Width in characters; none when it is hidden.
    pub width: Option<u16>,
    /// What it is for.
    pub role: Role,
}

const fn shown(name: &'static str, width: u16, get: fn(&Item, &Campaign) -> Cell) -> Column {
    Column {
        name,
        width: Some(width),
        role: Role::Fact(get),
    }
}

const fn hidden(name: &'static str, get: fn(&Item, &Campaign) -> Cell) -> Column {
    Column {
        name,
        width: None,
        role: Role::Fact(get),
    }
}

const fn answer(name: &'static str, width: u16, which: Answer) -> Column {
    Column {
        name,
        width: Some(width),
        role: Role::Answer(which),
    }
}

/// The column with the item's id.
pub const ITEM_ID: &str = "Item id";

/// Columns that stay in sight while others scroll.
pub const FROZEN: u16 = 3;

fn text(value: &str) -> Cell {
    if value.is_empty() {
        Cell::Blank
    } else {
        Cell::Text(value.to_owned())
    }
}

fn maybe(value: Option<&String>) -> Cell {
    value.map_or(Cell::Blank, |v| text(v))
}

fn when(value: &When) -> Cell {
    match value {
        When::At(at) => moment(*at),
        When::Why(why) => text(why),
    }
}

/// A moment; as text where spreadsheets count days in other ways or not at all.
fn moment(at: chrono::DateTime<chrono::Utc>) -> Cell {
    // 1900-03-01 and 10000-01-01.
    const DAYS: std::ops::Range<i64> = -2_203_891_200..253_402_300_800;
    if DAYS.contains(&at.timestamp()) {
        Cell::Time(at)
    } else {
        text(&crate::time::rfc3339(at))
    }
}

fn joined<'a>(values: impl Iterator<Item = &'a String>) -> Cell {
    text(&values.map(String::as_str).collect::<Vec<_>>().join("; "))
}

fn blank(_: &Item, _: &Campaign) -> Cell {
    Cell::Blank
}

/// Every column. Those of Entra's export have its names, each once, whether
/// shown or hidden.
pub const COLUMNS: [Column; 53] = [
    shown("Person", 34, |i, _| text(&i.person)),
    shown("Account", 26, |i, _| text(&i.account)),
    shown("Permission set", 24, |i, _| text(&i.permission_set)),
    answer("Decision", 13, Answer::Decision),
    answer("Justification", 34, Answer::Justification),
    shown("Severity", 10, |i, _| text(&i.severity)),
    shown("Privileged", 11, |i, _| {
        text(match i.privileged {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        })
    }),
    shown("Path", 44, |i, _| joined(i.paths.iter())),
    shown("Source", 10, |i, _| text(&i.source)),
    shown("Guest", 10, |i, _| text(&i.guest)),
    shown("Name", 22, |i, _| {
        maybe(i.display_name.as_ref().filter(|name| **name != i.person))
    }),
    shown("User status", 12, |i, _| maybe(i.user_status.as_ref())),
    shown("Account id", 14, |i, _| text(&i.account_id)),
    shown("Since", 17, |i, _| when(&i.since)),
    shown("Last use", 17, |i, _| when(&i.last_used)),
    shown("Last sign-in", 17, |i, _| when(&i.last_sign_in)),
    shown("Since last review", 17, |i, _| text(&i.since_last_review)),
    shown("Last decision", 24, |i, _| maybe(i.last_decision.as_ref())),
    shown("Findings", 40, |i, _| joined(i.findings.iter())),
    shown("AccessRecommendation", 22, |i, _| {
        i.recommendation().map_or(Cell::Blank, text)
    }),
    shown("Application owner", 36, |i, _| text(owner_of(i))),
    answer("ReviewerUPN", 28, Answer::Reviewer),
    answer("ReviewDate", 12, Answer::Date),
    Column {
        name: "Check",
        width: Some(10),
        role: Role::Check,
    },
    hidden(ITEM_ID, |i, _| text(&i.item_id)),
    hidden("AccessReviewId", |_, c| text(&c.campaign)),
    hidden("AccessReviewSeriesId", |_, _| {
        text("countersign-access-review")
    }),
    hidden("ReviewType", |_, _| {
        text("AWS access through IAM Identity Center")
    }),
    hidden("ResourceDisplayName", |i, _| {
        text(&format!("{} on {}", i.permission_set, i.account))
    }),
    hidden("ResourceId", |i, _| text(&i.permission_set_arn)),
    hidden("ReviewName", |_, c| text(&c.name)),
    hidden("CreatedDateTime", |_, c| moment(c.opened_at)),
    hidden("ReviewStartDate", |_, c| moment(c.opened_at)),
    hidden("ReviewEndDate", |_, c| moment(c.due_at)),
    hidden("ReviewStatus", |_, _| text("InProgress")),
    hidden("OwnerId", blank),
    hidden("OwnerName", |i, _| maybe(i.owner.as_ref())),
    hidden("OwnerUPN", blank),
    hidden("PrincipalId", |i, _| text(&i.person_id)),
    hidden("PrincipalName", |i, _| maybe(i.display_name.as_ref())),
    hidden("PrincipalUPN", |i, _| text(&i.person)),
    hidden("PrincipalType", |_, _| text("user")),
    hidden("ReviewResult", |_, _| text(NOT_REVIEWED)),
    hidden("ReviewerId", blank),
    hidden("ReviewerName", blank),
    hidden("ReviewerEmailAddress", blank),
    hidden("AppliedByName", blank),
    hidden("AppliedByUPN", blank),
    hidden("AppliedByEmailAddress", blank),
    hidden("AppliedDate", blank),
    hidden("SubmissionResult", blank),
    hidden("Production", |i, _| {
        text(match i.production {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        })
    }),
    hidden("Snapshot", |_, c| text(&c.snapshot)),
];

/// The facts of a row, one for each column; `None` where the column is no fact.
#[must_use]
pub fn facts(item: &Item, campaign: &Campaign) -> Vec<Option<Cell>> {
    let mut all: Vec<Option<Cell>> = COLUMNS
        .iter()
        .map(|column| match column.role {
            Role::Fact(get) => Some(get(item, campaign)),
            Role::Answer(_) | Role::Check => None,
        })
        .collect();
    let check = text(&check(&all));
    for (column, cell) in COLUMNS.iter().zip(&mut all) {
        if matches!(column.role, Role::Check) {
            *cell = Some(check.clone());
        }
    }
    all
}

/// What lets a person notice that cells of two rows were mixed.
fn check(facts: &[Option<Cell>]) -> String {
    let mut hash = Sha256::new();
    for cell in facts.iter().flatten() {
        hash.update(cell.text().as_bytes());
        hash.update([0x1f]);
    }
    hex(&hash.finalize()).chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::COLUMNS;

    /// The columns of the export of an access review of Entra.
    const ENTRA: [&str; 30] = [
        "AccessReviewId",
        "AccessReviewSeriesId",
        "ReviewType",
        "ResourceDisplayName",
        "ResourceId",
        "ReviewName",
        "CreatedDateTime",
        "ReviewStartDate",
        "ReviewEndDate",
        "ReviewStatus",
        "OwnerId",
        "OwnerName",
        "OwnerUPN",
        "PrincipalId",
        "PrincipalName",
        "PrincipalUPN",
        "PrincipalType",
        "ReviewDate",
        "ReviewResult",
        "Justification",
        "ReviewerId",
        "ReviewerName",
        "ReviewerUPN",
        "ReviewerEmailAddress",
        "AppliedByName",
        "AppliedByUPN",
        "AppliedByEmailAddress",
        "AppliedDate",
        "AccessRecommendation",
        "SubmissionResult",
    ];

    #[test]
    fn the_columns_of_entras_export_are_all_there_once() {
        for name in ENTRA {
            let times = COLUMNS.iter().filter(|c| c.name == name).count();
            assert_eq!(times, 1, "{name}");
        }
    }

    #[test]
    fn moments_that_spreadsheets_do_not_count_are_texts() {
        for (at, time) in [
            ("0001-01-01T00:00:00Z", false),
            ("1900-02-28T23:59:59Z", false),
            ("1900-03-01T00:00:00Z", true),
            ("9999-12-31T23:59:59Z", true),
        ] {
            let parsed = crate::time::parse_time(at).map(super::moment);
            assert_eq!(matches!(parsed, Some(super::Cell::Time(_))), time, "{at}");
        }
    }

    #[test]
    fn no_two_columns_have_one_name() {
        let mut names: Vec<&str> = COLUMNS.iter().map(|c| c.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COLUMNS.len());
    }
}
