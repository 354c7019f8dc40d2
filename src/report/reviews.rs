//! What was kept of access reviews, as tables for SQL: `review_campaign`,
//! `review_decision`, and `review_record`, which says in one row whether any
//! record was kept. No record is not the same as a review that found nothing.

use chrono::{DateTime, Utc};
use polars::prelude::LazyFrame;

use crate::dataset::DatasetError;
use crate::dataset::settings::{column, table, times};

/// What is said where nobody kept a record of reviews.
pub const NO_RECORD: &str = "no review on record";

/// Campaigns and decisions that were kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reviews {
    /// Campaigns, in the order in which they were opened.
    pub campaigns: Vec<Campaign>,
    /// Decisions of all campaigns.
    pub decisions: Vec<Decision>,
}

/// A review that was opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Campaign {
    /// Id of the campaign.
    pub campaign: String,
    /// Snapshot that was reviewed.
    pub snapshot: String,
    /// Open, closed and so on.
    pub state: String,
    /// When it was opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it is due.
    pub due_at: Option<DateTime<Utc>>,
    /// Items to decide.
    pub items: u64,
    /// Items that are decided.
    pub decided: u64,
}

/// What came of one item of a campaign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Campaign that the item belongs to.
    pub campaign: String,
    /// Id of the item in its campaign.
    pub item_id: String,
    /// Who has the access.
    pub person: Option<String>,
    /// Account that it reaches.
    pub account: Option<String>,
    /// Permission set that it gives.
    pub permission_set: Option<String>,
    /// Keep, Remove, Change, Don't know, or Not reviewed.
    pub decision: String,
    /// Why, in the reviewer's words.
    pub justification: Option<String>,
    /// Who decided, as the returned file says.
    pub reviewer: Option<String>,
    /// What became of it: gone, still there, came back, unknown.
    pub outcome: Option<String>,
    /// SHA-256 of the file that the decision came in.
    pub imported_file_sha256: Option<String>,
    /// Whether the access is privileged; `None` when that could not be told.
    pub privileged: Option<bool>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
}

/// The three tables; typed, and empty where no record was kept.
pub(super) fn frames(
    reviews: Option<&Reviews>,
) -> Result<[(&'static str, LazyFrame); 3], DatasetError> {
    let nothing = Reviews::default();
    let kept = reviews.unwrap_or(&nothing);
    Ok([
        ("review_campaign", campaigns(&kept.campaigns)?),
        ("review_decision", decisions(&kept.decisions)?),
        ("review_record", record(reviews)?),
    ])
}

fn campaigns(all: &[Campaign]) -> Result<LazyFrame, DatasetError> {
    let text = |get: fn(&Campaign) -> &String| all.iter().map(|c| get(c).clone()).collect();
    let number = |get: fn(&Campaign) -> u64| all.iter().map(|c| whole(get(c))).collect();
    table(vec![
        column::<Vec<String>, _>("campaign", text(|c| &c.campaign)),
        column::<Vec<String>, _>("snapshot", text(|c| &c.snapshot)),
        column::<Vec<String>, _>("state", text(|c| &c.state)),
        times("opened_at", all.iter().map(|c| c.opened_at).collect())?,
        times("due_at", all.iter().map(|c| c.due_at).collect())?,
        column::<Vec<i64>, _>("items", number(|c| c.items)),
        column::<Vec<i64>, _>("decided", number(|c| c.decided)),
    ])
}

fn decisions(all: &[Decision]) -> Result<LazyFrame, DatasetError> {
    let text = |get: fn(&Decision) -> &String| all.iter().map(|d| get(d).clone()).collect();
    let maybe =
        |get: fn(&Decision) -> Option<&String>| all.iter().map(|d| get(d).cloned()).collect();
    table(vec![
        column::<Vec<String>, _>("campaign", text(|d| &d.campaign)),
        column::<Vec<String>, _>("item_id", text(|d| &d.item_id)),
        column::<Vec<Option<String>>, _>("person", maybe(|d| d.person.as_ref())),
        column::<Vec<Option<String>>, _>("account", maybe(|d| d.account.as_ref())),
        column::<Vec<Option<String>>, _>("permission_set", maybe(|d| d.permission_set.as_ref())),
        column::<Vec<String>, _>("decision", text(|d| &d.decision)),
        column::<Vec<Option<String>>, _>("justification", maybe(|d| d.justification.as_ref())),
        column::<Vec<Option<String>>, _>("reviewer", maybe(|d| d.reviewer.as_ref())),
        column::<Vec<Option<String>>, _>("outcome", maybe(|d| d.outcome.as_ref())),
        column::<Vec<Option<String>>, _>(
            "imported_file_sha256",
            maybe(|d| d.imported_file_sha256.as_ref()),
        ),
        column(
            "privileged",
            all.iter().map(|d| d.privileged).collect::<Vec<_>>(),
        ),
        times("decided_at", all.iter().map(|d| d.decided_at).collect())?,
    ])
}

/// One row: whether a record was kept, how much it holds, and that in a sentence.
fn record(reviews: Option<&Reviews>) -> Result<LazyFrame, DatasetError> {
    let (campaigns, decisions) = reviews.map_or((0, 0), |r| (r.campaigns.len(), r.decisions.len()));
    let statement = match reviews {
        None => NO_RECORD.to_owned(),
        Some(_) if campaigns == 0 => "a record is kept, and no campaign was opened".to_owned(),
        Some(_) => format!("{campaigns} campaigns and {decisions} decisions on record"),
    };
    table(vec![
        column("on_record", vec![reviews.is_some()]),
        column("campaigns", vec![whole(campaigns as u64)]),
        column("decisions", vec![whole(decisions as u64)]),
        column("statement", vec![statement]),
    ])
}

fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
