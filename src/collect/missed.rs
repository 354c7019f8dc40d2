//! What was to be read and was not: by what the configuration demands, and by
//! what the snapshot before held.

use std::collections::BTreeSet;

use super::start::Start;
use super::words::some_of;
use crate::config::Config;
use crate::dataset::coverage::State;
use crate::dataset::loss::{self, Holding};
use crate::dataset::manifest::{Manifest, TableEntry};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::schema::Source;
use crate::dataset::store::Store;
use crate::dataset::writer::SnapshotWriter;
use crate::dataset::{DatasetError, session};

/// What the configuration demands and nobody gave: a table of a source that is
/// switched on, an account of which no report was exported.
pub(super) fn demanded(
    writer: &mut SnapshotWriter,
    config: &Config,
    places: &BTreeSet<(&'static str, String)>,
    start: &Start,
    from_files: bool,
) {
    for entry in writer.entries_mut() {
        let Some(source) = Source::collected(&entry.source) else {
            continue;
        };
        let Some(settings) = config.sources.get(source.name()) else {
            continue;
        };
        // What a collection asks for it asks for by itself.
        let on = from_files
            && settings.enabled == Some(true)
            && !source.required()
            && !start.off.contains(&source);
        if on && entry.state == State::Skipped {
            let reason = format!("sources.{}.enabled is true.", source.name());
            entry.worsen(State::Failed, &reason);
        }
        if source == Source::Iam && entry.state != State::Skipped && entry.table == "aws_access_key"
        {
            let read = |account: &&String| {
                let place =
                    |(table, place): &(&str, String)| *table == entry.table && place == *account;
                places.iter().any(place)
            };
            let unread: BTreeSet<String> = settings
                .accounts
                .iter()
                .filter(|account| !read(account))
                .cloned()
                .collect();
            if !unread.is_empty() {
                let reason = format!(
                    "sources.iam.accounts names accounts of which no report was read: {}.",
                    some_of(&unread)
                );
                entry.worsen(State::Partial, &reason);
                entry.scope.extend(unread);
            }
        }
    }
}

/// The snapshot before and the places that it covered. One that cannot be read
/// stops no new one; that nothing was compared is said.
pub(super) fn earlier(
    store: &Store,
    id: &str,
    problems: &mut Vec<Problem>,
) -> Option<(Manifest, BTreeSet<loss::Place>)> {
    let read = || -> Result<_, DatasetError> {
        let manifest = store.manifest(id)?.0.as_known_now();
        let places = session::places(store, &manifest)?;
        Ok((manifest, places))
    };
    read()
        .map_err(|e| {
            problems.push(Problem {
                file: format!("snapshot={id}"),
                position: "manifest.json".to_owned(),
                kind: ProblemKind::Malformed,
                table: None,
                expected: "the snapshot before, to compare with".to_owned(),
                message: format!("What is not covered any more was not looked for: {e}."),
            });
        })
        .ok()
}

/// Marks what the snapshot before held and this one does not, unless somebody
/// decided on it: a source that is switched off or not named by `--source`, a
/// register that is not set, an account that the configuration does not name.
pub(super) fn lost(
    writer: &mut SnapshotWriter,
    (before, then): (&Manifest, &BTreeSet<loss::Place>),
    places: &BTreeSet<(&'static str, String)>,
    config: &Config,
    start: &Start,
) {
    let given_up = |entry: &TableEntry, place: Option<&str>| {
        let Some(source) = Source::collected(&entry.source) else {
            // A register that is not set any more was taken out of the configuration.
            return true;
        };
        if start.off.contains(&source) {
            return true;
        }
        let named = config.sources.get(source.name());
        place.is_some_and(|place| {
            let (account, region) = place.split_once('/').unwrap_or((place, ""));
            named.is_some_and(|s| {
                let left_out =
                    |all: &[String], one: &str| !all.is_empty() && !all.iter().any(|a| a == one);
                left_out(&s.accounts, account)
                    || (!region.is_empty() && left_out(&s.regions, region))
            })
        })
    };
    let now: BTreeSet<loss::Place> = places
        .iter()
        .map(|(table, place)| ((*table).to_owned(), place.clone()))
        .collect();
    let before_then = Holding::of(before, then);
    let held = Holding {
        tables: writer.entries().values().collect(),
        registers: before_then.registers.clone(),
        places: &now,
    };
    let losses = loss::losses(&before.snapshot, &before_then, &held, &given_up);
    for entry in writer.entries_mut() {
        for loss in &losses {
            if loss.table == entry.table {
                loss.lay_over(entry);
            }
        }
    }
}
