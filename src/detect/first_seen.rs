//! The index of first-seen dates, beside the assessments that it is made of.
//!
//! It is written with each assessment, and the log of heads names its hash: one
//! that the log does not name, or that does not fit the assessments that are
//! there, is left aside and worked out again.

use std::collections::BTreeMap;
use std::io::Write as _;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::DetectError;
use super::finding::Lifecycle;
use super::json::Document;
use crate::dataset::DatasetError;
use crate::dataset::heads::Kind;
use crate::dataset::session::FirstSeen;
use crate::dataset::store::Store;
use crate::hash::sha256;

/// What assessments are called in the data directory.
pub(super) const PREFIX: &str = "assessment=";
/// The file of the index: a hash, then JSON.
const INDEX: &str = ".first-seen";
const FORMAT: &str = "countersign.first-seen/v2";

/// What an assessment says of dates. Later versions add fields and take none away,
/// so that it is read of theirs too.
#[derive(Debug, Deserialize)]
pub(super) struct Dates {
    as_of: String,
    findings: Vec<Dated>,
}

#[derive(Debug, Deserialize)]
struct Dated {
    rule: String,
    resource: String,
    state: String,
    first_seen: String,
}

impl From<Document> for Dates {
    fn from(document: Document) -> Self {
        let findings = document.findings.into_iter().map(|f| Dated {
            rule: f.rule,
            resource: f.resource,
            state: f.state,
            first_seen: f.first_seen,
        });
        Self {
            as_of: document.as_of,
            findings: findings.collect(),
        }
    }
}

/// Reads the dates of a stored assessment.
pub(super) type Load<'a> = &'a dyn Fn(&str) -> Result<Dates, DetectError>;

/// A moment as assessments write it.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|t| t.with_timezone(&Utc))
}

/// Seconds since 1970.
type Second = i64;

#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Index {
    format: String,
    /// Assessments that were read, with what their files were.
    read: BTreeMap<String, Print>,
    /// By rule and resource: as-of of an assessment and the date that it
    /// gives, oldest first, each with an earlier date than the one before.
    seen: BTreeMap<String, BTreeMap<String, Vec<(Second, Second)>>>,
}

/// Refuses to tell dates when an assessment that told some was taken away.
pub(super) fn whole(at: &Store, names: &[String]) -> Result<(), DetectError> {
    let Some(log) = at.log()? else {
        return Ok(());
    };
    let mut known = log.living(Kind::Assessment);
    match known.find(|id| !names.iter().any(|n| n == id)) {
        None => Ok(()),
        Some(id) => Err(DatasetError::Integrity {
            id: format!("{PREFIX}{id}"),
            message: "the log of heads says that it was stored, and it is gone; when findings were first seen is not known without it".to_owned(),
        }
        .into()),
    }
}

/// What the assessments of these names say.
pub(super) fn current(at: &Store, names: &[String], load: Load<'_>) -> Result<Index, DetectError> {
    let mut index = trusted(at)?
        .filter(|index| fits(at, index, names))
        .unwrap_or_default();
    if let Some(log) = at.log()? {
        for (name, (manifest, _)) in &index.read {
            let said = log.testifies(Kind::Assessment, name, manifest);
            said.map_err(|message| DatasetError::Integrity {
                id: format!("{PREFIX}{name}"),
                message,
            })?;
        }
    }
    for name in names {
        if !index.read.contains_key(name) {
            let dates = load(name)?;
            let read = fingerprint(at, name).unwrap_or_default();
            index.add(name, dates, read);
        }
    }
    Ok(index)
}

/// The text of the index with an assessment that is about to be stored.
///
/// # Errors
/// When one that is stored does not verify.
pub(super) fn with(
    at: &Store,
    name: &str,
    dates: Dates,
    print: Print,
    load: Load<'_>,
) -> Result<String, DetectError> {
    let mut index = current(at, &at.names(PREFIX)?, load)?;
    index.add(name, dates, print);
    FORMAT.clone_into(&mut index.format);
    let body = serde_json::to_string(&index).map_err(|e| DatasetError::Row {
        table: "first_seen".to_owned(),
        message: e.to_string(),
    })?;
    Ok(format!("{}\n{body}", sha256(body.as_bytes())))
}

/// Differences between the index that is stored and the assessments; none when there
/// is no index: the next check works it out.
///
/// # Errors
/// When an assessment cannot be read.
pub(super) fn differences(at: &Store, load: Load<'_>) -> Result<Vec<String>, DetectError> {
    let log = at.log()?;
    let named: Vec<&String> = log
        .iter()
        .flat_map(|log| log.lines())
        .filter_map(|l| l.index_sha256.as_ref())
        .collect();
    let Ok(bytes) = crate::bounds::file::read(at.root().join(INDEX), crate::bounds::SEALED) else {
        // After the first assessment, a run that was interrupted may not have written it.
        return Ok(if named.len() > 1 {
            vec![format!(
                "{INDEX} is missing, and the log of heads names it."
            )]
        } else {
            Vec::new()
        });
    };
    // A run that was interrupted leaves the one before.
    if !named.is_empty() && !named.contains(&&sha256(&bytes)) {
        return Ok(vec![format!(
            "{INDEX} is not the one that the log of heads names."
        )]);
    }
    let Some(stored) = stored(at) else {
        // One of an older form is never used; where the log names none, none is.
        return Ok(if named.is_empty() {
            Vec::new()
        } else {
            vec![format!("{INDEX} is not as it was written.")]
        });
    };
    let mut all = Vec::new();
    let mut fresh = Index {
        format: FORMAT.to_owned(),
        ..Index::default()
    };
    let names = at.names(PREFIX)?;
    for name in &names {
        let read = fingerprint(at, name).unwrap_or_default();
        if let (true, Ok(dates)) = (stored.read.contains_key(name), load(name)) {
            fresh.add(name, dates, read);
        }
    }
    if fresh != stored {
        all.push(format!(
            "{INDEX} does not say what the assessments say: its dates of first sight were changed, or an assessment was."
        ));
    }
    Ok(all)
}

impl Index {
    fn add(&mut self, name: &str, dates: Dates, read: Print) {
        if let Some(as_of) = time(&dates.as_of) {
            for entry in dates.findings {
                if entry.state == Lifecycle::Resolved.name() {
                    continue;
                }
                let seen = time(&entry.first_seen).unwrap_or(as_of);
                self.note(
                    entry.rule,
                    entry.resource,
                    as_of.timestamp(),
                    seen.timestamp(),
                );
            }
        }
        self.read.insert(name.to_owned(), read);
    }

    pub(super) fn before(&self, moment: Second) -> Vec<FirstSeen> {
        let mut all = Vec::new();
        for (rule, resources) in &self.seen {
            for (resource, dates) in resources {
                let earlier = dates.iter().filter(|(as_of, _)| *as_of < moment);
                let first = earlier.map(|(_, seen)| *seen).min();
                if let Some(at) = first.and_then(|s| DateTime::from_timestamp(s, 0)) {
                    all.push(FirstSeen {
                        rule: rule.clone(),
                        resource: resource.clone(),
                        at,
                    });
                }
            }
        }
        all
    }

    fn note(&mut self, rule: String, resource: String, as_of: Second, seen: Second) {
        let dates = self
            .seen
            .entry(rule)
            .or_default()
            .entry(resource)
            .or_default();
        dates.push((as_of, seen));
        dates.sort_unstable();
        let mut least = Second::MAX;
        dates.retain(|(_, seen)| {
            let earlier = *seen < least;
            least = least.min(*seen);
            earlier
        });
    }
}

/// Whether every assessment of the index is still the one that was read.
fn fits(at: &Store, index: &Index, names: &[String]) -> bool {
    index.read.iter().all(|(name, hash)| {
        names.binary_search(name).is_ok() && fingerprint(at, name).as_ref() == Some(hash)
    })
}

/// The SHA-256 of an assessment's manifest, and one over all of its files: what was
/// changed since is read again, and refused.
pub(super) type Print = (String, String);

/// Of the bytes of manifest, findings and sums.
pub(super) fn print(files: [&[u8]; 3]) -> Print {
    let hashes = files.map(sha256);
    (
        hashes.first().cloned().unwrap_or_default(),
        sha256(hashes.concat().as_bytes()),
    )
}

fn fingerprint(at: &Store, name: &str) -> Option<Print> {
    let dir = at.root().join(format!("{PREFIX}{name}"));
    let read = |file: &str| crate::bounds::file::read(dir.join(file), crate::bounds::SEALED).ok();
    let files = (
        read("manifest.json")?,
        read("findings.json")?,
        read("SHA256SUMS")?,
    );
    Some(print([&files.0, &files.1, &files.2]))
}

/// The index, where the log of heads names it.
fn trusted(at: &Store) -> Result<Option<Index>, DetectError> {
    let Some(log) = at.log()? else {
        return Ok(None);
    };
    let named = log.lines().rev().find_map(|l| l.index_sha256.as_ref());
    let there = crate::bounds::file::read(at.root().join(INDEX), crate::bounds::SEALED).ok();
    Ok(match (named, there) {
        (Some(named), Some(bytes)) if *named == sha256(&bytes) => stored(at),
        _ => None,
    })
}

fn stored(at: &Store) -> Option<Index> {
    let text = crate::bounds::file::text(at.root().join(INDEX), crate::bounds::SEALED).ok()?;
    let (hash, body) = text.split_once('\n')?;
    if sha256(body.as_bytes()) != hash {
        return None;
    }
    let index: Index = serde_json::from_str(body).ok()?;
    (index.format == FORMAT).then_some(index)
}

/// Writes the index beside its place and moves it there.
///
/// # Errors
/// When it cannot be written; nothing is lost then but time.
pub(super) fn keep(at: &Store, text: &str) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(at.root())?;
    file.write_all(text.as_bytes())?;
    file.persist(at.root().join(INDEX)).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Index;

    fn at(index: &Index, moment: i64) -> Option<i64> {
        index.before(moment).first().map(|f| f.at.timestamp())
    }

    #[test]
    fn dates_are_those_of_the_assessments_before() {
        let mut index = Index::default();
        let mut note = |as_of, seen| index.note("r".into(), "x".into(), as_of, seen);
        // Read out of order; the third was made by a check that knew of none before it.
        note(30, 10);
        note(10, 10);
        note(20, 20);
        note(40, 5);
        assert_eq!(at(&index, 10), None);
        assert_eq!(at(&index, 11), Some(10));
        assert_eq!(at(&index, 35), Some(10));
        assert_eq!(at(&index, 41), Some(5));
        assert_eq!(index.seen["r"]["x"], [(10, 10), (40, 5)]);
    }
}
