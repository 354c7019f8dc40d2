//! What a snapshot lacks that an earlier one had: a table that is skipped now,
//! an account or Region that nothing covers any more, a file of several, a
//! register, a list that is empty all at once.
//!
//! Not to look is no way to make a fault go away, so what was there before and
//! is not now counts as not read, whatever the reason: `collect` says so when it
//! seals, a session when it compares with a baseline.

use std::collections::{BTreeMap, BTreeSet};

use super::coverage::State;
use super::manifest::{Manifest, TableEntry};
use super::schema::Source;

/// Folders with a file per place, and the table that is read from them.
const PLACED: [(&str, &str); 4] = [
    ("aws/secrets/", "aws_secret"),
    ("aws/secret-versions/", "aws_secret_version"),
    ("aws/iam-credential-report/", "aws_access_key"),
    ("aws/iam-roles/", "aws_role_last_used"),
];

/// Folders with a file per thing of which no other table says that it exists.
const LISTED_NOWHERE: [&str; 1] = ["github/repo-secrets/"];

/// Registers, and the tables that are made of each.
const REGISTERS: [(&str, &[&str]); 7] = [
    ("approvals", &["approved_group"]),
    ("declared", &["declared_assignment"]),
    (
        "environments",
        &[
            "declared_account",
            "declared_assignment",
            "declared_reviewer",
        ],
    ),
    ("identities", &["identity_link"]),
    ("levels", &["level", "declared_assignment"]),
    ("secrets", &["registered_secret"]),
    ("sync_runs", &["sync_run"]),
];

/// A table and a place of it, such as an account or an account and a Region.
pub type Place = (String, String);

/// What of a snapshot can be lost.
pub struct Holding<'a> {
    /// Its tables.
    pub tables: Vec<&'a TableEntry>,
    /// Names of the registers that it was sealed with.
    pub registers: BTreeSet<&'a str>,
    /// Places that were read, by table.
    pub places: &'a BTreeSet<Place>,
}

impl<'a> Holding<'a> {
    /// What a sealed snapshot holds.
    #[must_use]
    pub fn of(manifest: &'a Manifest, places: &'a BTreeSet<Place>) -> Self {
        Self {
            tables: manifest.tables.iter().collect(),
            registers: manifest.registers.iter().map(|r| r.name.as_str()).collect(),
            places,
        }
    }
}

/// Something that is not there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Table that is incomplete without it.
    pub table: String,
    /// How incomplete.
    pub state: State,
    /// One full sentence.
    pub reason: String,
    /// What exactly is missing: places, files.
    pub scope: BTreeSet<String>,
    /// The same as keys, which [`keys`] gives of a snapshot that has it.
    pub keys: BTreeSet<String>,
}

impl Loss {
    /// Says in a table's entry what an earlier snapshot had and this one has not.
    pub(crate) fn lay_over(&self, entry: &mut TableEntry) {
        entry.worsen(self.state, &self.reason);
        for part in &self.scope {
            if !entry.scope.contains(part) {
                entry.scope.push(part.clone());
            }
        }
    }
}

/// Everything of `before` that is not in `now`. What `given_up` names, of a table
/// and a place or of a table as a whole, is not missed: somebody decided on it.
#[must_use]
pub fn losses(
    earlier: &str,
    before: &Holding<'_>,
    now: &Holding<'_>,
    given_up: &dyn Fn(&TableEntry, Option<&str>) -> bool,
) -> Vec<Loss> {
    let mut all = Vec::new();
    let entries: BTreeMap<&str, &TableEntry> =
        now.tables.iter().map(|e| (e.table.as_str(), *e)).collect();
    for old in &before.tables {
        let Some(new) = entries.get(old.table.as_str()) else {
            continue;
        };
        if old.source == Source::Evidence.name() || old.state == State::Skipped {
            continue;
        }
        if new.state == State::Skipped {
            if !given_up(new, None) {
                all.push(Loss {
                    table: new.table.clone(),
                    state: State::Failed,
                    reason: format!("It was read for snapshot {earlier}."),
                    scope: BTreeSet::new(),
                    keys: BTreeSet::from([new.table.clone()]),
                });
            }
            continue;
        }
        if old.rows > 0 && new.rows == 0 && new.state == State::Complete {
            // Nobody's own count says that there is nothing.
            if new.source_count != Some(0) {
                all.push(Loss {
                    table: new.table.clone(),
                    state: State::Partial,
                    reason: format!(
                        "It is empty and snapshot {earlier} held {} rows of it: if there is nothing any more, the next snapshot confirms it.",
                        old.rows
                    ),
                    scope: BTreeSet::new(),
                    keys: BTreeSet::from([new.table.clone()]),
                });
            }
        }
        if new.state == State::Failed && new.rows == 0 {
            continue;
        }
        let lost: BTreeSet<String> = parts(old, before.places)
            .difference(&seen(new, now.places))
            // Of a list that came over the wire no file is missing.
            .filter(|part| !is_file(part) || !new.inputs.is_empty())
            .filter(|part| !covered(part, new))
            .filter(|part| !given_up(new, Some(part)))
            .cloned()
            .collect();
        if !lost.is_empty() {
            let shown: Vec<&str> = lost.iter().take(5).map(String::as_str).collect();
            let more = lost.len() - shown.len();
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            all.push(Loss {
                table: new.table.clone(),
                state: State::Partial,
                reason: format!(
                    "Snapshot {earlier} covered {}{more}, which nothing covers now.",
                    shown.join(", ")
                ),
                keys: lost.iter().map(|p| format!("{} {p}", new.table)).collect(),
                scope: lost,
            });
        }
    }
    for (register, tables) in REGISTERS {
        if !before.registers.contains(register) || now.registers.contains(register) {
            continue;
        }
        for name in tables {
            let Some(new) = entries.get(name) else {
                continue;
            };
            // One that is skipped was told of above.
            if new.state != State::Skipped && !given_up(new, None) {
                all.push(Loss {
                    table: new.table.clone(),
                    state: State::Partial,
                    reason: format!(
                        "Snapshot {earlier} was sealed with registers.{register}, which is not set now."
                    ),
                    scope: BTreeSet::new(),
                    keys: BTreeSet::from([format!("registers.{register}")]),
                });
            }
        }
    }
    all
}

/// Keys of what a snapshot has, as [`Loss::keys`] names what it has not.
#[must_use]
pub fn keys(holding: &Holding<'_>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for entry in &holding.tables {
        if entry.state == State::Complete {
            all.insert(entry.table.clone());
        }
        for part in seen(entry, holding.places) {
            all.insert(format!("{} {part}", entry.table));
        }
    }
    all.extend(holding.registers.iter().map(|r| format!("registers.{r}")));
    all
}

/// Places of tables that are read from a file per place.
#[must_use]
pub fn places_of(entries: &BTreeMap<String, TableEntry>) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for (folder, table) in PLACED {
        for input in entries.get(table).into_iter().flat_map(|e| &e.inputs) {
            if let Some(place) = input.path.strip_prefix(folder) {
                places.insert((table.to_owned(), stem(place).to_owned()));
            }
        }
    }
    places
}

/// The parts of a table that are there, and those that were missed already.
fn parts(entry: &TableEntry, places: &BTreeSet<Place>) -> BTreeSet<String> {
    let mut all = seen(entry, places);
    let placed = placed(&entry.table);
    // A single secret that was missed is no place: it is asked for by its own table.
    let missed = |part: &&String| (placed && !part.starts_with("arn:")) || is_file(part);
    all.extend(entry.scope.iter().filter(missed).cloned());
    all
}

fn placed(table: &str) -> bool {
    PLACED.iter().any(|(_, t)| *t == table)
}

fn seen(entry: &TableEntry, places: &BTreeSet<Place>) -> BTreeSet<String> {
    let files = entry.inputs.iter().map(|i| stem(&i.path));
    let files = files.filter(|p| is_file(p)).map(str::to_owned);
    let placed = placed(&entry.table);
    let of_table = places.iter().filter(|(t, _)| placed && *t == entry.table);
    of_table.map(|(_, p)| p.clone()).chain(files).collect()
}

/// Whether a part of a table is a file that must come again.
fn is_file(part: &str) -> bool {
    let collected = ["entra/", "github/", "aws/", "auth0/"];
    collected.iter().any(|folder| part.starts_with(folder))
        && (part.matches('/').count() == 1 || LISTED_NOWHERE.iter().any(|f| part.starts_with(f)))
}

/// Whether a folder of the same name came in place of a file.
fn covered(part: &str, entry: &TableEntry) -> bool {
    let folder = format!("{part}/");
    entry.inputs.iter().any(|i| i.path.starts_with(&folder))
}

/// A path without what says how its file is written.
fn stem(path: &str) -> &str {
    let mut stem = path;
    for ending in [".gz", ".zst", ".json", ".jsonl", ".ndjson", ".csv"] {
        stem = stem.strip_suffix(ending).unwrap_or(stem);
    }
    stem
}
