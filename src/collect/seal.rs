//! Takes a snapshot: collects or opens the pages, reads them into tables, lays
//! what a collection knows over them, and seals.

use std::collections::{BTreeMap, BTreeSet};

use super::error::CollectError;
use super::fetch;
use super::import::context::Import;
use super::import::input::Exports;
use super::import::sink::Sink;
use super::import::{self, evidence, kept};
use super::request::{Origin, Request, Sealed};
use super::start::begin;
use super::{missed, register};
use crate::dataset::DatasetError;
use crate::dataset::commit::{Lock, Step};
use crate::dataset::coverage::State;
use crate::dataset::loss;
use crate::dataset::manifest::{FORMAT, Manifest, Tool, rfc3339};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::schema::Source;
use crate::dataset::schema::versions::SCHEMA;
use crate::dataset::writer::SnapshotWriter;

/// Reads the sources and registers and seals a snapshot.
///
/// # Errors
/// When there is nothing to read or no time, a register is malformed, the lock
/// is held, or a file operation fails. What could not be read of a source is
/// no error: it is data of the snapshot.
pub fn snapshot(request: Request<'_>) -> Result<Sealed, CollectError> {
    let Request {
        origin,
        as_of,
        sources,
        config,
        store,
        progress,
        observe,
    } = request;
    let start = begin(&origin, as_of, sources, config, store)?;
    let registers = register::read(config)?;
    let lock = Lock::take(store)?;
    observe(Step::Locked);
    let (id, same_moment) = store.free_id(start.as_of)?;
    if let (Origin::Services(_), Some(there)) = (&origin, same_moment.last()) {
        return Err(DatasetError::Exists { id: there.clone() }.into());
    }
    let staging = lock.stage(&format!("snapshot={id}"), &id)?;
    observe(Step::Staged);
    let mut collected_in = None;
    let (folder, mut collected) = match origin {
        Origin::Files(folder) => (folder.to_owned(), None),
        Origin::Services(live) => {
            let folder = staging.beside("pages")?;
            let wanted: Vec<Source> = start.read().collect();
            let began = crate::time::steady();
            let collected = fetch::collect(config, &wanted, live, &id, folder.clone(), progress)
                .map_err(CollectError::Usage)?;
            collected_in = Some(began.elapsed());
            if !collected.nowhere.is_empty() {
                return Err(CollectError::Usage(format!(
                    "no source could be asked anything; `preflight` tries each, and --from reads exported files.\n  {}",
                    collected.nowhere.join("\n  ")
                )));
            }
            (folder, Some(collected))
        }
    };
    let mut import = Import {
        exports: Exports::new(&folder, progress),
        config,
        places: BTreeSet::new(),
    };
    let mut writer = SnapshotWriter::new(staging.dir().to_owned());
    let mut sink = Sink::new(&mut writer);
    let accounts = import::tables(&mut import, &mut sink, &start.sources)?;
    let (entries, mut problems) = registers.write(config, &mut sink, &accounts, start.as_of)?;
    let mut found = std::mem::take(&mut import.exports.problems);
    if let Some(collected) = &mut collected {
        found.append(&mut collected.problems);
        for problem in &mut found {
            fetch::words::told(problem, &collected.requests);
        }
    }
    problems.append(&mut found);
    let mut unread = import.exports.unread();
    unread.retain(|f| f != "exported-at.toml");
    let mut read = start.stated_times();
    let (mut requests, mut figures) = (Vec::new(), Vec::new());
    for entry in writer.entries_mut() {
        let at = start.stated.get(&entry.source).copied().map(rfc3339);
        (entry.as_of, entry.read_end) = (at.clone(), at);
    }
    // Before a collection lays over what its pages were.
    let regions = loss::places_of(writer.entries());
    let known = |(table, place): &loss::Place| {
        let collected = crate::dataset::schema::table(table)?;
        Some((collected.name, place.clone()))
    };
    import.places.extend(regions.iter().filter_map(known));
    missed::demanded(
        &mut writer,
        config,
        &import.places,
        &start,
        collected.is_none(),
    );
    if let Some(collected) = collected {
        unread.clear();
        lay_over(&mut writer, &collected);
        (requests, figures) = (collected.requests, collected.figures);
        read = collected.read;
        std::fs::remove_dir_all(&folder)
            .map_err(|e| DatasetError::io(&folder, "could not be removed", e))?;
    }
    for entry in writer.entries_mut() {
        entry.absent.clear();
    }
    let previous = store.head()?;
    if let Some((_, before)) = &previous {
        let earlier = missed::earlier(store, &before.snapshot, &mut problems);
        if let Some((before, then)) = &earlier {
            missed::lost(&mut writer, (before, then), &import.places, config, &start);
        }
    }
    problems.sort();
    problems.dedup();
    nothing_lost(&mut writer, &problems);
    kept::bound(&mut problems);
    evidence::incidents(&mut Sink::new(&mut writer), &problems)?;
    evidence::places(&mut Sink::new(&mut writer), &import.places)?;
    evidence::coverage(&mut writer)?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        schema: SCHEMA,
        snapshot: id.clone(),
        as_of: rfc3339(start.as_of),
        sequence: previous.as_ref().map_or(1, |(n, _)| n + 1),
        logged_as: Some(lock.next_line()?),
        tool: Tool::this(),
        config_sha256: config.sha256.clone(),
        settings: config.canonical(),
        registers: entries,
        sources: read,
        tables: writer.into_entries(),
        requests,
        previous: previous.map(|(_, p)| p),
    };
    for there in &same_moment {
        // Nothing changed since: a second name for the same would say that something did.
        if store
            .manifest(there)
            .is_ok_and(|(m, _)| m.says_the_same(&manifest))
        {
            staging.discard()?;
            return Err(DatasetError::Exists { id: there.clone() }.into());
        }
    }
    staging.seal(&manifest, observe)?;
    Ok(Sealed {
        replaces: same_moment.last().cloned(),
        id,
        manifest,
        unread,
        problems,
        figures,
        collected_in,
    })
}

/// A table that lost a value to an input is not complete, whoever read it and
/// whatever became of the report on the way here.
fn nothing_lost(writer: &mut SnapshotWriter, problems: &[Problem]) {
    let lost: BTreeMap<&str, &Problem> = problems
        .iter()
        .rev()
        .filter(|p| p.kind == ProblemKind::Malformed)
        .filter_map(|p| Some((p.table.as_deref()?, p)))
        .collect();
    for entry in writer.entries_mut() {
        if entry.state == State::Complete
            && entry.source != Source::Register.name()
            && let Some(first) = lost.get(entry.table.as_str())
        {
            let (file, position) = (&first.file, &first.position);
            entry.worsen(
                State::Partial,
                &format!("{file} at {position}: {}", first.message),
            );
        }
    }
}

/// Lays what a collection knows of its tables over what reading its pages told.
fn lay_over(writer: &mut SnapshotWriter, collected: &fetch::Collected) {
    for entry in writer.entries_mut() {
        let source = collected.read.iter().find(|r| r.source == entry.source);
        let Some(source) = source else { continue };
        entry.inputs.clear();
        for unread in collected.unread.iter().filter(|u| u.table == entry.table) {
            entry.scope.push(format!("column {}", unread.column.column));
            entry.unread_columns.push(unread.column.clone());
            if let Some(permission) = unread.permission {
                entry
                    .permission_needed
                    .get_or_insert_with(|| permission.to_owned());
            }
        }
        (entry.requests, entry.retries) = fetch::requests_of(&entry.table, &collected.requests);
        let (first, last) = fetch::times_of(&entry.table, &collected.requests);
        entry.as_of = first.or_else(|| source.read_at.clone());
        entry.read_end = last.or_else(|| source.read_end.clone());
        let faults = collected
            .faults
            .get(entry.table.as_str())
            .map_or(&[][..], Vec::as_slice);
        // A page that never came left no file: why it did not come says more.
        let absent = std::mem::take(&mut entry.absent);
        entry.reasons.retain(|r| !absent.contains(r));
        if !absent.is_empty() && faults.iter().all(|f| f.state == State::Complete) {
            entry.reasons.push("Nothing was asked for it.".to_owned());
        }
        for reason in &mut entry.reasons {
            *reason = fetch::words::in_calls(reason, &collected.requests);
        }
        let Some(worst) = faults.iter().map(|f| f.state).max_by_key(|s| s.rank()) else {
            continue;
        };
        let nothing = entry.rows == 0 || entry.state == State::Failed;
        if nothing && worst != State::Complete {
            let worse = entry.state.rank() > worst.rank() && !entry.reasons.is_empty();
            entry.state = if worse { entry.state } else { worst };
        }
        for fault in faults {
            let state = if !nothing && fault.state.rank() > State::Partial.rank() {
                State::Partial
            } else {
                fault.state
            };
            entry.worsen(state, &fault.reason);
            if let Some(permission) = &fault.permission {
                entry
                    .permission_needed
                    .get_or_insert_with(|| permission.clone());
            }
        }
    }
}
