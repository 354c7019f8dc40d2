//! Compares the log of heads with everything that is there, and everything that
//! is there with the log.

use std::fs;

use crate::dataset::DatasetError;
use crate::dataset::heads::{FILE, Kind, Late, Line, Log, PENDING, there};
use crate::dataset::id::parse_id;
use crate::dataset::store::Store;

/// What lies in a data directory beside what is sealed.
const BESIDE: [&str; 5] = [FILE, PENDING, ".lock", ".first-seen", ".staging"];
/// The index of time, which is derived and can be deleted.
const HISTORY: &str = "history";

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What differs, as sentences.
    pub differences: Vec<String>,
    /// What is worth knowing and is no difference.
    pub notes: Vec<String>,
}

/// Compares the log with the directory.
///
/// # Errors
/// When the directory cannot be read.
pub fn verify(store: &Store) -> Result<Found, DatasetError> {
    let mut found = Found::default();
    unknown(store, &mut found)?;
    let all = there(store)?;
    let Some(log) = store.log()? else {
        for id in store.snapshots()? {
            if let Ok((link, _)) = store.link(&id)
                && let Some(line) = link.logged_as
            {
                found.differences.push(format!(
                    "Snapshot {id} was sealed as line {line} of the log of heads, and {FILE} is gone."
                ));
            }
        }
        return Ok(found);
    };
    found.differences.extend(log.problems().iter().cloned());
    for entry in &all {
        match log.line(entry.kind, &entry.id) {
            None => found.differences.push(format!(
                "The log of heads knows no {} {}.",
                entry.kind.name(),
                entry.id
            )),
            Some(line) => {
                if line.sha256 != entry.sha256 {
                    found.differences.push(format!(
                        "The log of heads says that {} {} was written with SHA-256 {}, and {} stands there now.",
                        entry.kind.name(), entry.id, line.sha256, entry.sha256
                    ));
                }
                if line.number != entry.number {
                    found.differences.push(format!(
                        "The log of heads says that {} {} is number {} of the chain, and its manifest says {}.",
                        entry.kind.name(),
                        entry.id,
                        said(line.number),
                        said(entry.number)
                    ));
                }
            }
        }
        if log.purged(entry.kind, &entry.id) {
            found.differences.push(format!(
                "The log of heads says that {} {} was purged, and it is there.",
                entry.kind.name(),
                entry.id
            ));
        }
    }
    for line in log.lines() {
        let here = all.iter().any(|e| e.kind == line.kind && e.id == line.id);
        if line.kind != Kind::Purge && !here && !log.purged(line.kind, &line.id) {
            found.differences.push(format!(
                "The log of heads says that {} {} was written, and it is gone.",
                line.kind.name(),
                line.id
            ));
        }
    }
    order(store, &log, &mut found)?;
    if crate::dataset::heads::pending(store.root()).is_some() {
        found.notes.push(
            "A run is writing, or was interrupted: the next command that writes finishes its line in the log of heads."
                .to_owned(),
        );
    }
    Ok(found)
}

fn said(number: Option<u64>) -> String {
    number.map_or_else(|| "none".to_owned(), |n| n.to_string())
}

/// What cannot be in the order in which the log says that it was.
fn order(store: &Store, log: &Log, found: &mut Found) -> Result<(), DatasetError> {
    let mut highest = 0;
    let mut late_possible = true;
    let mut last_time: Option<&str> = None;
    for line in log.lines() {
        let at = format!("Line {} of {FILE}", line.sequence);
        if line.late == Some(Late::Found) && !late_possible {
            found.differences.push(format!(
                "{at} says to be of the moment when the log began, and stands behind others."
            ));
        }
        late_possible = line.late == Some(Late::Found);
        if line.kind == Kind::Snapshot {
            if line.number.is_some_and(|n| n <= highest) {
                found.differences.push(format!(
                    "{at} has number {} of the chain behind number {highest}.",
                    said(line.number)
                ));
            }
            highest = highest.max(line.number.unwrap_or(0));
        }
        let before = rests_on(line).and_then(|(kind, id)| log.line(kind, id));
        if before.is_some_and(|b| b.sequence > line.sequence) {
            found.differences.push(format!(
                "{at} speaks of {} {} before what it rests on.",
                line.kind.name(),
                line.id
            ));
        }
        if rests_on(line).is_some() && before.is_none() {
            found.differences.push(format!(
                "{at} speaks of {} {}, and no line speaks of what it rests on.",
                line.kind.name(),
                line.id
            ));
        }
        let time = line.time.as_deref();
        if time.is_some() && time < last_time {
            found.notes.push(format!(
                "{at} is of {}, before the line before it: a clock was set back, or the log was written again.",
                time.unwrap_or_default()
            ));
        }
        last_time = time.or(last_time);
    }
    for id in store.snapshots()? {
        let (Ok((link, _)), Some(line)) = (store.link(&id), log.line(Kind::Snapshot, &id)) else {
            continue;
        };
        if let Some(said) = link.logged_as {
            if said != line.sequence {
                found.differences.push(format!(
                    "Snapshot {id} was sealed as line {said} of the log of heads, and line {} speaks of it.",
                    line.sequence
                ));
            }
            if line.late == Some(Late::Found) {
                found.differences.push(format!(
                    "Snapshot {id} was sealed while there was a log of heads, and the log that is there began later."
                ));
            }
        } else if line.late.is_none() {
            found.differences.push(format!(
                "Snapshot {id} does not say which line of the log of heads it was sealed as."
            ));
        }
    }
    Ok(())
}

/// What something rests on that was logged before it.
fn rests_on(line: &Line) -> Option<(Kind, &str)> {
    match line.kind {
        Kind::Snapshot => None,
        Kind::Assessment => line.id.split_once('~').map(|(id, _)| (Kind::Snapshot, id)),
        Kind::Review => line.id.split('.').next().map(|id| (Kind::Snapshot, id)),
        Kind::ReviewImport | Kind::ReviewRecord | Kind::ReviewClosure => {
            line.id.split_once('/').map(|(id, _)| (Kind::Review, id))
        }
        Kind::Purge => {
            let (kind, id) = line.id.split_once('/')?;
            (kind == Kind::Snapshot.name()).then_some((Kind::Snapshot, id))
        }
    }
}

/// Names in the data directory that nothing of this program has.
fn unknown(store: &Store, found: &mut Found) -> Result<(), DatasetError> {
    let root = store.root();
    let list = |e| DatasetError::io(root, "could not be listed", e);
    for entry in fs::read_dir(root).map_err(list)? {
        let entry = entry.map_err(list)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(list)?;
        let folder = match name.split_once('=') {
            Some(("snapshot", id)) => parse_id(id).is_some(),
            Some(("assessment", id)) => {
                let snapshot = id.split_once('~').map(|(snapshot, _)| snapshot);
                snapshot.and_then(parse_id).is_some()
            }
            Some(("review", id)) => id.split('.').next().and_then(parse_id).is_some(),
            _ => name == HISTORY || name == ".staging",
        };
        let file = BESIDE.contains(&name.as_str());
        if !((folder && kind.is_dir()) || (file && kind.is_file())) {
            found.differences.push(format!(
                "{name} was put there by something else than this program."
            ));
        }
        if name == ".staging" && fs::read_dir(entry.path()).is_ok_and(|mut d| d.next().is_some()) {
            found.notes.push(
                "A run is writing, or was interrupted: what it prepared is removed by the next one."
                    .to_owned(),
            );
        }
    }
    Ok(())
}
