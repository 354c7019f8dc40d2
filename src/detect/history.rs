//! When each finding was first seen, from all stored assessments.
//!
//! An index beside them holds what was read already, so that a check after a
//! thousand others reads the new ones only. It is made anew whenever it does
//! not fit the assessments that are there.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::assessment::{PREFIX, load, restore, time};
use super::finding::Lifecycle;
use super::{DetectError, Previous};
use crate::dataset::manifest::sha256;
use crate::dataset::session::FirstSeen;
use crate::dataset::store::Store;

/// The file of the index: a hash, then JSON.
const INDEX: &str = ".first-seen";
const FORMAT: &str = "countersign.first-seen/v1";

/// What stored assessments say about the past of a snapshot.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// First time that each finding was seen before the snapshot.
    pub first_seen: Vec<FirstSeen>,
    /// Findings of the baseline, when an assessment of it is stored.
    pub baseline: Option<Previous>,
}

/// Seconds since 1970.
type Second = i64;

#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
struct Index {
    format: String,
    /// Assessments that were read, with a SHA-256 over their files.
    read: BTreeMap<String, String>,
    /// By rule and resource: as-of of an assessment and the date that it
    /// gives, oldest first, each with an earlier date than the one before.
    seen: BTreeMap<String, BTreeMap<String, Vec<(Second, Second)>>>,
}

/// Reads what assessments of snapshots before a moment say.
///
/// # Errors
/// When one does not verify: a date must not come from a file that was changed.
pub fn history(
    at: &Store,
    before: DateTime<Utc>,
    baseline: Option<&str>,
) -> Result<History, DetectError> {
    let names = at.names(PREFIX)?;
    let mut index = stored(at)
        .filter(|index| fits(at, index, &names))
        .unwrap_or_default();
    let known = index.read.len();
    for name in &names {
        if !index.read.contains_key(name) {
            add(at, &mut index, name)?;
        }
    }
    if index.read.len() != known {
        // Without it the next check reads everything again; nothing is lost.
        let _ = write(at, &mut index);
    }
    let mut found = None;
    if let Some(baseline) = baseline {
        let of_baseline = |name: &&String| {
            name.strip_prefix(baseline)
                .is_some_and(|rest| rest.starts_with('~'))
        };
        for name in names.iter().filter(of_baseline) {
            let document = load(at, name)?;
            let Some(as_of) = time(&document.as_of).filter(|t| *t < before) else {
                continue;
            };
            found = Some(Previous {
                as_of: Some(as_of),
                findings: document.findings.into_iter().filter_map(restore).collect(),
            });
        }
    }
    Ok(History {
        first_seen: index.before(before.timestamp()),
        baseline: found,
    })
}

impl Index {
    fn before(&self, moment: Second) -> Vec<FirstSeen> {
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

/// Reads an assessment into the index.
fn add(at: &Store, index: &mut Index, name: &str) -> Result<(), DetectError> {
    let document = load(at, name)?;
    if let Some(as_of) = time(&document.as_of) {
        for entry in document.findings {
            if entry.state == Lifecycle::Resolved.name() {
                continue;
            }
            let seen = time(&entry.first_seen).unwrap_or(as_of);
            index.note(
                entry.rule,
                entry.resource,
                as_of.timestamp(),
                seen.timestamp(),
            );
        }
    }
    index
        .read
        .insert(name.to_owned(), fingerprint(at, name).unwrap_or_default());
    Ok(())
}

/// Whether every assessment of the index is still the one that was read.
fn fits(at: &Store, index: &Index, names: &[String]) -> bool {
    index.read.iter().all(|(name, hash)| {
        names.binary_search(name).is_ok() && fingerprint(at, name).as_ref() == Some(hash)
    })
}

/// Over every file of an assessment: what was changed since is read again, and refused.
fn fingerprint(at: &Store, name: &str) -> Option<String> {
    let dir = at.root().join(format!("{PREFIX}{name}"));
    let mut all = String::new();
    for file in ["manifest.json", "findings.json", "SHA256SUMS"] {
        all.push_str(&sha256(&fs::read(dir.join(file)).ok()?));
    }
    Some(sha256(all.as_bytes()))
}

fn stored(at: &Store) -> Option<Index> {
    let text = fs::read_to_string(at.root().join(INDEX)).ok()?;
    let (hash, body) = text.split_once('\n')?;
    if sha256(body.as_bytes()) != hash {
        return None;
    }
    let index: Index = serde_json::from_str(body).ok()?;
    (index.format == FORMAT).then_some(index)
}

/// Writes the index beside its place and moves it there.
fn write(at: &Store, index: &mut Index) -> std::io::Result<()> {
    FORMAT.clone_into(&mut index.format);
    let body = serde_json::to_string(index)?;
    let mut file = tempfile::NamedTempFile::new_in(at.root())?;
    file.write_all(format!("{}\n{body}", sha256(body.as_bytes())).as_bytes())?;
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
