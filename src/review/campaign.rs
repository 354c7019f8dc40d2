//! Campaigns: what was to be reviewed, as it was when the review was opened.
//!
//! `<data>/review=<id>/` holds `campaign.json`, `items.jsonl`, their
//! `SHA256SUMS`, and one file for each import. The items are never worked out
//! again: what counts as all of them is fixed when the review is opened.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ReviewError;
use super::item::Item;
use super::people::People;
use crate::dataset::DatasetError;
use crate::dataset::commit::{Lock, write_synced};
use crate::dataset::heads::{Entry, Kind};
use crate::dataset::manifest::{Tool, newer_record, sha256};
use crate::dataset::store::Store;
use crate::detect::origin::Departure;

/// What campaigns are called in the data directory.
const PREFIX: &str = "review=";
/// The form of `campaign.json`.
pub const FORMAT: &str = "countersign.review/v1";

/// One workbook of a campaign.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Scope {
    /// Name of the file, below the folder that the review was written into.
    pub file: String,
    /// Owner whose accounts it holds; `None` for the one that holds everything.
    pub owner: Option<String>,
    /// Items in it.
    pub items: u64,
}

/// What a campaign is about.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Campaign {
    /// Form of this record.
    pub format: String,
    /// Id.
    pub campaign: String,
    /// Name for people.
    pub name: String,
    /// Snapshot that is reviewed.
    pub snapshot: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// The moment that the snapshot shows.
    pub as_of: DateTime<Utc>,
    /// When the review was opened.
    pub opened_at: DateTime<Utc>,
    /// Who opened it, as the operating system names them.
    pub opened_by: String,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// The review before it.
    pub previous: Option<String>,
    /// What changes are counted from; `None` when there is nothing earlier.
    pub compared_with: Option<String>,
    /// What was added and removed since.
    pub changes: Changes,
    /// Why access is not completely known; empty when it is.
    pub incomplete: Vec<String>,
    /// What some columns cannot tell.
    pub unknown: Vec<String>,
    /// Number of items.
    pub items: u64,
    /// SHA-256 of `items.jsonl`.
    pub items_sha256: String,
    /// Its workbooks.
    pub workbooks: Vec<Scope>,
    /// Program that opened it.
    pub tool: Tool,
    /// How many rules and views were not those of this version, as a sentence.
    #[serde(default)]
    pub rule_set: String,
    /// Rules and views that were not as this version ships them.
    #[serde(default)]
    pub departures: Vec<Departure>,
    /// Who may decide: the people of the snapshot; `None` in reviews of versions that
    /// did not keep them.
    #[serde(default)]
    pub people: Option<People>,
}

/// How what is held differs from what was held before.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Changes {
    /// Why additions or removals are not known; empty when they are.
    pub not_known: Vec<String>,
    /// Access that was not there before.
    pub added: Vec<Change>,
    /// Access that is gone.
    pub removed: Vec<Change>,
}

/// Access that was added or removed.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Change {
    /// Name of the account.
    pub account: String,
    /// Name of the permission set.
    pub permission_set: String,
    /// User name.
    pub person: String,
    /// Owner of the account's application.
    pub owner: Option<String>,
}

impl Change {
    /// Of an item.
    #[must_use]
    pub fn of(item: &Item) -> Self {
        Self {
            account: item.account.clone(),
            permission_set: item.permission_set.clone(),
            person: item.person.clone(),
            owner: item.owner.clone(),
        }
    }
}

/// A campaign with its items.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What it is about.
    pub campaign: Campaign,
    /// Its items, privileged and severe first.
    pub items: Vec<Item>,
}

impl Opened {
    /// Items of a workbook.
    pub fn items_of<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Item> {
        let owner = scope.owner.as_deref();
        self.items
            .iter()
            .filter(move |i| owner.is_none_or(|o| owner_of(i) == o))
    }

    /// Places of items by id.
    #[must_use]
    pub fn index(&self) -> BTreeMap<&str, usize> {
        let ids = self.items.iter().enumerate();
        ids.map(|(at, item)| (item.item_id.as_str(), at)).collect()
    }
}

/// Whose workbook an item goes into.
#[must_use]
pub fn owner_of(item: &Item) -> &str {
    item.owner.as_deref().unwrap_or(super::NO_OWNER)
}

/// Directory of a campaign.
pub(super) fn dir(store: &Store, campaign: &str) -> PathBuf {
    store.root().join(format!("{PREFIX}{campaign}"))
}

/// An id for a new review of a snapshot.
///
/// # Errors
/// When the data directory cannot be read.
pub fn free_id(store: &Store, snapshot: &str) -> Result<String, ReviewError> {
    let taken = list(store)?;
    let mut number = 1;
    loop {
        let id = match number {
            1 => snapshot.to_owned(),
            n => format!("{snapshot}.{n}"),
        };
        if !taken.contains(&id) {
            return Ok(id);
        }
        number += 1;
    }
}

/// Ids of all campaigns, oldest snapshot first.
///
/// # Errors
/// When the data directory cannot be read.
pub fn list(store: &Store) -> Result<Vec<String>, ReviewError> {
    let mut all = store.names(PREFIX)?;
    all.retain(|id| is_id(id));
    all.sort_by_key(|id| {
        let (snapshot, number) = id.split_once('.').unwrap_or((id, "1"));
        (snapshot.to_owned(), number.parse::<u64>().unwrap_or(0))
    });
    Ok(all)
}

fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        && !id.starts_with('.')
}

/// The campaign of an id, or the latest.
///
/// # Errors
/// When there is none of that id, or none at all.
pub fn choose(store: &Store, id: Option<&str>) -> Result<String, ReviewError> {
    let all = list(store)?;
    match id {
        Some(id) if all.iter().any(|a| a == id) => Ok(id.to_owned()),
        Some(id) => {
            let known: Vec<&str> = all.iter().rev().take(5).map(String::as_str).collect();
            Err(ReviewError::NotFound {
                message: if known.is_empty() {
                    format!(
                        "there is no review {id}: none was opened in {}",
                        store.root().display()
                    )
                } else {
                    format!(
                        "there is no review {id}: the newest are {}",
                        known.join(", ")
                    )
                },
            })
        }
        None => all.last().cloned().ok_or_else(|| ReviewError::NotFound {
            message: format!(
                "no review was opened in {}: open one with `countersign review open`",
                store.root().display()
            ),
        }),
    }
}

/// Items as they are kept: one a line.
///
/// # Errors
/// When an item cannot be encoded.
pub fn lines(items: &[Item]) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    for item in items {
        serde_json::to_writer(&mut bytes, item)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Keeps a campaign: whole or not at all.
///
/// # Errors
/// When another run holds the lock, or a file cannot be written.
pub fn keep(store: &Store, campaign: &Campaign, items: &[u8]) -> Result<(), ReviewError> {
    let lock = Lock::take(store)?;
    let staging = lock.stage(
        &format!("{PREFIX}{}", campaign.campaign),
        &campaign.campaign,
    )?;
    let record = serde_json_canonicalizer::to_vec(campaign).map_err(|e| DatasetError::Row {
        table: "campaign".to_owned(),
        message: e.to_string(),
    })?;
    let files = [
        ("campaign.json", sha256(&record)),
        ("items.jsonl", campaign.items_sha256.clone()),
    ];
    let mut text = String::new();
    for (file, hash) in &files {
        let _ = writeln!(text, "{hash}  {file}");
    }
    write_synced(&staging.dir().join("items.jsonl"), items)?;
    write_synced(&staging.dir().join("campaign.json"), &record)?;
    write_synced(&staging.dir().join("SHA256SUMS"), text.as_bytes())?;
    let entry = Entry::new(Kind::Review, campaign.campaign.clone(), sha256(&record));
    staging.publish(entry, &mut |_| {})?;
    Ok(())
}

/// Reads what a campaign is about.
///
/// # Errors
/// When its record is not the one that was written.
pub fn record(store: &Store, id: &str) -> Result<Campaign, ReviewError> {
    let dir = dir(store, id);
    let broken = |message: String| ReviewError::Integrity {
        campaign: id.to_owned(),
        message,
    };
    let read = |file: &str| {
        crate::bounds::file::read(dir.join(file), crate::bounds::SEALED)
            .map_err(|e| broken(format!("{file}: {e}")))
    };
    let bytes = read("campaign.json")?;
    let sums = String::from_utf8_lossy(&read("SHA256SUMS")?).into_owned();
    if !sums.contains(&format!("{}  campaign.json", sha256(&bytes))) {
        return Err(broken(
            "campaign.json is not the one that was written".to_owned(),
        ));
    }
    store.testified(Kind::Review, id, &sha256(&bytes))?;
    if let Some(by) = newer_record(&bytes, FORMAT) {
        let what = format!("the review {id}");
        return Err(DatasetError::Newer {
            what,
            by: Box::new(by),
        }
        .into());
    }
    let campaign: Campaign =
        serde_json::from_slice(&bytes).map_err(|e| broken(format!("campaign.json: {e}")))?;
    if campaign.format != FORMAT {
        return Err(broken(format!(
            "campaign.json has the form {}; this version reads {FORMAT}",
            campaign.format
        )));
    }
    Ok(campaign)
}

/// Reads a campaign with its items.
///
/// # Errors
/// When its files are not the ones that were written.
pub fn load(store: &Store, id: &str) -> Result<Opened, ReviewError> {
    let campaign = record(store, id)?;
    let broken = |message: String| ReviewError::Integrity {
        campaign: id.to_owned(),
        message,
    };
    let path = dir(store, id).join("items.jsonl");
    let bytes = crate::bounds::file::read(&path, crate::bounds::SEALED)
        .map_err(|e| broken(format!("items.jsonl: {e}")))?;
    if sha256(&bytes) != campaign.items_sha256 {
        return Err(broken(
            "items.jsonl is not the one that was written".to_owned(),
        ));
    }
    let mut items = Vec::new();
    for line in BufReader::new(bytes.as_slice()).lines() {
        let line = line.map_err(|e| broken(format!("items.jsonl: {e}")))?;
        items.push(serde_json::from_str(&line).map_err(|e| broken(format!("items.jsonl: {e}")))?);
    }
    Ok(Opened { campaign, items })
}
