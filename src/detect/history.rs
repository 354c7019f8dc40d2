//! When each finding was first seen, from all stored assessments.

use chrono::{DateTime, Utc};

use super::assessment::{dates, is_newer, load, restore};
use super::first_seen::{self, PREFIX, time};
use super::{DetectError, Previous};
use crate::dataset::session::FirstSeen;
use crate::dataset::store::Store;

/// What stored assessments say about the past of a snapshot.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// First time that each finding was seen before the snapshot.
    pub first_seen: Vec<FirstSeen>,
    /// Findings of the baseline, when an assessment of it is stored.
    pub baseline: Option<Previous>,
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
    first_seen::whole(at, &names)?;
    let index = first_seen::current(at, &names, &|name| dates(at, name))?;
    let mut found = None;
    if let Some(baseline) = baseline {
        let of_baseline = |name: &&String| {
            name.strip_prefix(baseline)
                .is_some_and(|rest| rest.starts_with('~'))
        };
        for name in names.iter().filter(of_baseline) {
            let document = match load(at, name) {
                // What it found is worked out again, by the rules of this version.
                Err(error) if is_newer(&error) => continue,
                other => other?,
            };
            let Some(as_of) = time(&document.as_of).filter(|t| *t < before) else {
                continue;
            };
            let rules = document.rules.into_iter();
            found = Some(Previous {
                as_of: Some(as_of),
                findings: document.findings.into_iter().filter_map(restore).collect(),
                rests_on: rules.map(|r| (r.id, r.rests_on)).collect(),
            });
        }
    }
    Ok(History {
        first_seen: index.before(before.timestamp()),
        baseline: found,
    })
}
