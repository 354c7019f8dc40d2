//! What was decided: one record for each workbook that came back, each with
//! the hash of the one before it. Nothing is ever overwritten.

use std::collections::BTreeMap;
use std::fs;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::ReviewError;
use super::campaign;
use super::judge::Problem;
use crate::dataset::DatasetError;
use crate::dataset::commit::{Lock, write_synced};
use crate::dataset::heads::{Entry, Kind};
use crate::dataset::manifest::{newer_record, sha256};
use crate::dataset::store::Store;

/// The form of an import's record.
const FORMAT: &str = "countersign.review-import/v1";

/// One decision about one item.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Decision {
    /// Item.
    pub item_id: String,
    /// Keep, Remove, Change or Don't know.
    pub decision: String,
    /// Why.
    pub justification: Option<String>,
    /// Who decided, as the workbook says: a claim.
    pub reviewer: String,
    /// The day of the decision.
    pub decided_on: Option<NaiveDate>,
}

/// A workbook that came back.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Import {
    /// Form of this record.
    pub format: String,
    /// Campaign.
    pub campaign: String,
    /// Its number among the imports of the campaign.
    pub number: u64,
    /// When it was read.
    pub imported_at: DateTime<Utc>,
    /// Who read it, as the operating system names them.
    pub imported_by: String,
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file.
    pub file_sha256: String,
    /// Who saved it last, as the file says: a claim.
    pub saved_by: Option<String>,
    /// SHA-256 of the record before this one.
    pub previous_sha256: Option<String>,
    /// Decisions that were taken.
    pub decisions: Vec<Decision>,
    /// What was wrong with it.
    pub problems: Vec<Problem>,
    /// What was not wrong, and may be worth knowing.
    #[serde(default)]
    pub notes: Vec<Problem>,
}

/// Everything that came back for a campaign, in the order of coming.
#[derive(Clone, Debug, Default)]
pub struct Imports {
    /// Records.
    pub all: Vec<Import>,
    /// SHA-256 of the last one.
    head: Option<String>,
}

impl Imports {
    /// What counts for each item: the decision that was read last.
    #[must_use]
    pub fn current(&self) -> BTreeMap<&str, (&Decision, &Import)> {
        let mut current = BTreeMap::new();
        for import in &self.all {
            for decision in &import.decisions {
                current.insert(decision.item_id.as_str(), (decision, import));
            }
        }
        current
    }

    /// The import of a file that was read before.
    #[must_use]
    pub fn of(&self, file_sha256: &str) -> Option<&Import> {
        self.all.iter().find(|i| i.file_sha256 == file_sha256)
    }
}

fn name(number: u64) -> String {
    format!("import-{number:04}.json")
}

/// Reads what came back for a campaign.
///
/// # Errors
/// When a record is not the one that was written.
pub fn load(store: &Store, campaign: &str) -> Result<Imports, ReviewError> {
    let dir = campaign::dir(store, campaign);
    let broken = |message: String| ReviewError::Integrity {
        campaign: campaign.to_owned(),
        message,
    };
    let mut found = Imports::default();
    loop {
        let number = found.all.len() as u64 + 1;
        let bytes = match crate::bounds::file::read(dir.join(name(number)), crate::bounds::SEALED) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => break,
            Err(e) => return Err(broken(format!("{}: {e}", name(number)))),
        };
        let below = format!("{campaign}/{}", name(number));
        store.testified(Kind::ReviewImport, &below, &sha256(&bytes))?;
        if let Some(by) = newer_record(&bytes, FORMAT) {
            let what = format!("{} of the review {campaign}", name(number));
            return Err(DatasetError::Newer {
                what,
                by: Box::new(by),
            }
            .into());
        }
        let import: Import =
            serde_json::from_slice(&bytes).map_err(|e| broken(format!("{}: {e}", name(number))))?;
        if import.previous_sha256 != found.head
            || import.campaign != campaign
            || import.number != number
        {
            return Err(broken(format!(
                "{} does not follow the record before it: one of them was changed",
                name(number)
            )));
        }
        found.head = Some(sha256(&bytes));
        found.all.push(import);
    }
    let known = format!("{campaign}/{}", name(found.all.len() as u64 + 1));
    if let Some(log) = store.log()?
        && log.living(Kind::ReviewImport).any(|id| id == known)
    {
        return Err(broken(format!(
            "{} is missing: the log of heads says that it was read",
            name(found.all.len() as u64 + 1)
        )));
    }
    if let Some(beyond) = beyond(&dir, found.all.len() as u64).map_err(|e| broken(e.to_string()))? {
        return Err(broken(format!(
            "{} is missing and {beyond} is there",
            name(found.all.len() as u64 + 1)
        )));
    }
    Ok(found)
}

/// The first record of an import beyond those that follow each other.
fn beyond(dir: &std::path::Path, read: u64) -> std::io::Result<Option<String>> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let mut odd = Vec::new();
    for entry in entries {
        let file = entry?.file_name().to_string_lossy().into_owned();
        let known = (1..=read).any(|number| name(number) == file);
        if file.starts_with("import-") && !known {
            odd.push(file);
        }
    }
    odd.sort();
    Ok(odd.into_iter().next())
}

/// Keeps the record of an import behind those that are there.
///
/// # Errors
/// When another run holds the lock, or the file cannot be written.
pub fn keep(store: &Store, imports: &mut Imports, mut import: Import) -> Result<(), ReviewError> {
    let lock = Lock::take(store)?;
    FORMAT.clone_into(&mut import.format);
    import.number = imports.all.len() as u64 + 1;
    import.previous_sha256.clone_from(&imports.head);
    let bytes = serde_json_canonicalizer::to_vec(&import).map_err(|e| DatasetError::Row {
        table: "import".to_owned(),
        message: e.to_string(),
    })?;
    let dir = campaign::dir(store, &import.campaign);
    let path = dir.join(name(import.number));
    if path.exists() {
        return Err(DatasetError::Exists {
            id: format!("{} of the review {}", name(import.number), import.campaign),
        }
        .into());
    }
    let beside = dir.join(format!(".{}", name(import.number)));
    let _ = fs::remove_file(&beside);
    write_synced(&beside, &bytes)?;
    let below = format!("{}/{}", import.campaign, name(import.number));
    let entry = Entry::new(Kind::ReviewImport, below, sha256(&bytes));
    lock.place(&beside, &path, entry)?;
    drop(lock);
    imports.head = Some(sha256(&bytes));
    imports.all.push(import);
    Ok(())
}
