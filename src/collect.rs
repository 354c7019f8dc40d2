//! Reads a folder of exports, or the services themselves, and the registers
//! into a sealed snapshot.
//!
//! `live` collects from the services into pages that have the form of an
//! export, through `http` or the clients of AWS behind `readonly`. One module
//! per source then reads pages into tables: `input`, `walk` and `answer` turn
//! files into records and tell how complete they are, `sink` gives rows their
//! keys and hands them to the dataset.

mod answer;
mod auth0;
mod aws;
mod budget;
mod clock;
mod encoding;
mod entra;
mod evidence;
mod form;
mod github;
mod http;
mod input;
mod kept;
mod ledger;
mod limit;
pub mod live;
mod missed;
mod moment;
pub mod operations;
pub mod permissions;
pub mod plan;
mod readonly;
mod record;
pub mod register;
mod single;
mod sink;
mod token;
mod walk;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::bounds::folder::Folder;
use crate::config::{Config, ConfigError};
use crate::dataset::DatasetError;
use crate::dataset::commit::{Lock, Step};
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::loss;
use crate::dataset::manifest::{FORMAT, Manifest, SourceEntry, Tool, rfc3339};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::schema::Source;
use crate::dataset::schema::versions::SCHEMA;
use crate::dataset::store::Store;
use crate::dataset::writer::SnapshotWriter;
use input::Exports;
use live::Live;
use sink::Sink;
pub use wanted::wanted_sources;
use wanted::{off, present, wanted};

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The user's to mend: options, folders, times.
    #[error("no snapshot was taken: {0}")]
    Usage(String),
    /// Registers.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// Where the tables come from.
pub enum Origin<'a> {
    /// A folder of exported files.
    Files(&'a Path),
    /// The services themselves.
    Services(&'a Live),
}

/// What to take a snapshot of.
pub struct Request<'a> {
    /// Where the tables come from.
    pub origin: Origin<'a>,
    /// The moment that ages are relative to; otherwise the latest time of
    /// `exported-at.toml`, or the start of the collection.
    pub as_of: Option<DateTime<Utc>>,
    /// Only these sources; empty means all.
    pub sources: &'a [Source],
    /// Configuration.
    pub config: &'a Config,
    /// Where the snapshot goes.
    pub store: &'a Store,
    /// Told before each file, and of each page that arrives.
    pub progress: &'a (dyn Fn(&str) + Sync),
    /// Told after each step of the commit.
    pub observe: &'a mut dyn FnMut(Step),
}

/// A snapshot that was sealed.
#[derive(Debug)]
pub struct Sealed {
    /// Its id.
    pub id: String,
    /// The snapshot of the same moment that was sealed before it, of other registers,
    /// settings or files.
    pub replaces: Option<String>,
    /// Its manifest.
    pub manifest: Manifest,
    /// Files of the folder that nothing read.
    pub unread: Vec<String>,
    /// What inputs held that was refused, dropped or could not be read.
    pub problems: Vec<Problem>,
    /// Planned calls and sent requests by source, of a live collection.
    pub figures: Vec<(Source, u64, u64)>,
    /// How long a live collection took, without reading its pages into tables.
    pub collected_in: Option<std::time::Duration>,
}

/// Pages that are being read into tables.
pub(crate) struct Import<'a> {
    pub exports: Exports<'a>,
    pub config: &'a Config,
    /// Places of stores that were read, by table.
    pub places: BTreeSet<(&'static str, String)>,
}

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
            let collected = live::collect(config, &wanted, live, &id, folder.clone(), progress)
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
    let accounts = tables(&mut import, &mut sink, &start)?;
    let (entries, mut problems) = registers.write(config, &mut sink, &accounts, start.as_of)?;
    let mut found = std::mem::take(&mut import.exports.problems);
    if let Some(collected) = &mut collected {
        found.append(&mut collected.problems);
        for problem in &mut found {
            live::words::told(problem, &collected.requests);
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

/// What is known before anything is read.
struct Start {
    as_of: DateTime<Utc>,
    /// Times at which sources were exported, by name.
    stated: BTreeMap<String, DateTime<Utc>>,
    /// Sources, each with the reason why it is not read.
    sources: Vec<(Source, Result<(), String>)>,
    /// Sources that somebody switched off or did not name.
    off: BTreeSet<Source>,
}

impl Start {
    fn read(&self) -> impl Iterator<Item = Source> + '_ {
        self.sources
            .iter()
            .filter(|(_, w)| w.is_ok())
            .map(|(s, _)| *s)
    }

    /// Sources of an import, with the times that somebody stated.
    fn stated_times(&self) -> Vec<SourceEntry> {
        self.read()
            .map(|s| {
                let at = self.stated.get(s.name()).copied().map(rfc3339);
                SourceEntry {
                    source: s.name().to_owned(),
                    read_at: at.clone(),
                    read_end: at,
                    identity: "imported from files".to_owned(),
                    endpoint: None,
                }
            })
            .collect()
    }
}

fn begin(
    origin: &Origin<'_>,
    as_of: Option<DateTime<Utc>>,
    sources: &[Source],
    config: &Config,
    store: &Store,
) -> Result<Start, CollectError> {
    let usage = |text: String| Err(CollectError::Usage(text));
    let from = match origin {
        Origin::Files(from) => from,
        Origin::Services(live) => {
            let wanted: Vec<_> = Source::COLLECTED
                .into_iter()
                .map(|s| (s, wanted(config, sources, None, s)))
                .collect();
            if wanted.iter().all(|(_, w)| w.is_err()) {
                return usage("every source is switched off".to_owned());
            }
            return Ok(Start {
                as_of: as_of.unwrap_or(live.now),
                stated: BTreeMap::new(),
                sources: wanted,
                off: off(config, sources),
            });
        }
    };
    if !from.is_dir() {
        return usage(format!(
            "{} is not a folder; name the folder of exports with --from",
            from.display()
        ));
    }
    let stated = moment::stated(&from.join("exported-at.toml"))?;
    let Some(as_of) = as_of.or_else(|| stated.values().max().copied()) else {
        return usage(format!(
            "when the files were exported is not known; write {}/exported-at.toml or pass --as-of",
            from.display()
        ));
    };
    let quiet = |_: &str| {};
    let exports = Exports::new(from, &quiet);
    if let Err(closed) = exports.listable() {
        return usage(format!(
            "{closed}; what lies there would read as missing, so let this user read it"
        ));
    }
    let there: BTreeSet<Source> = Source::COLLECTED
        .into_iter()
        .filter(|s| present(&exports, *s))
        .collect();
    if there.is_empty() {
        return usage(format!(
            "{} holds no export of any source; see the README for the files that are read",
            from.display()
        ));
    }
    let start = Start {
        as_of,
        stated,
        sources: Source::COLLECTED
            .into_iter()
            .map(|s| (s, wanted(config, sources, Some(&there), s)))
            .collect(),
        off: off(config, sources),
    };
    moment::in_time(start.as_of, &start.stated, start.read(), store)?;
    Ok(start)
}

/// Reads every source into its tables; gives the accounts.
fn tables(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    start: &Start,
) -> Result<aws::Accounts, DatasetError> {
    let mut accounts = aws::Accounts::default();
    for (source, wanted) in &start.sources {
        if let Err(reason) = wanted {
            sink.skip(*source, reason)?;
            continue;
        }
        match source {
            Source::Entra => entra::import(import, sink)?,
            Source::GitHub => github::import(import, sink)?,
            Source::IdentityCenter => accounts = aws::identity_center(import, sink)?,
            Source::SecretsManager => aws::secrets_manager(import, sink, &accounts)?,
            Source::Iam => aws::iam(import, sink, &accounts)?,
            Source::CloudTrail => aws::cloudtrail(import, sink)?,
            Source::Auth0 => auth0::import(import, sink)?,
            Source::Register | Source::Evidence => {}
        }
    }
    Ok(accounts)
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
fn lay_over(writer: &mut SnapshotWriter, collected: &live::Collected) {
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
        (entry.requests, entry.retries) = live::requests_of(&entry.table, &collected.requests);
        let (first, last) = live::times_of(&entry.table, &collected.requests);
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
            *reason = live::words::in_calls(reason, &collected.requests);
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

/// Compares what was read with what the source counted.
pub(crate) fn counted(
    covered: &mut Coverage,
    reading: &input::Reading,
    distinct: usize,
    file: &str,
) {
    if let Some(count) = reading.count
        && count > distinct as u64
    {
        covered.worsen(
            State::Partial,
            format!("The source counted {count} objects and {file} holds {distinct}."),
        );
    }
}

/// The first few of a set, for a message.
pub(crate) fn some_of(set: &BTreeSet<String>) -> String {
    const SHOWN: usize = 5;
    let mut text = set
        .iter()
        .take(SHOWN)
        .map(|s| shown(s))
        .collect::<Vec<_>>()
        .join(", ");
    if set.len() > SHOWN {
        let _ = write!(text, " and {} more", set.len() - SHOWN);
    }
    text
}

/// Text of an input as it may be shown: short, in one line, never a secret.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 100;
    if crate::secret::looks_secret(text) {
        return "[redacted]".to_owned();
    }
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    if clean.chars().count() > LONGEST {
        format!("{}…", clean.chars().take(LONGEST).collect::<String>())
    } else {
        clean
    }
}

/// A source by its name.
#[must_use]
pub fn source(name: &str) -> Option<Source> {
    Source::COLLECTED.into_iter().find(|s| s.name() == name)
}

/// The files of a request, for a bar.
#[must_use]
pub fn files_below(dir: &Path) -> u64 {
    Folder::below(dir).files.len() as u64
}
