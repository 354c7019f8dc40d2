//! `snapshot`: seals what was exported or collected, and says what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::sources::sources;
use super::verdict::Grounds;
use super::{AppError, Place, World, figures, plan, progress};
use crate::bounds::folder::Folder;
use crate::cli::Snapshot;
use crate::collect::fetch::Live;
use crate::collect::{self, Origin, Sealed};
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;

/// Seals a snapshot of a folder, or of the services.
pub(crate) fn seal(
    options: &Snapshot,
    place: &Place,
    world: &mut World<'_>,
) -> Result<Sealed, AppError> {
    let sources = sources(&options.sources)?;
    let as_of = match &options.as_of {
        None => None,
        Some(text) => Some(crate::time::parse_time(text).ok_or_else(|| {
            AppError::Usage(format!("no snapshot was taken: --as-of {text} is no RFC 3339 time such as 2026-11-23T07:14:00Z"))
        })?),
    };
    if let Some(from) = &options.from {
        import(from, as_of, &sources, place, world)
    } else {
        if as_of.is_some() {
            return Err(AppError::Usage(
                "no snapshot was taken: --as-of belongs to exported files, with --from; what is collected live is of now".to_owned(),
            ));
        }
        let live = Live {
            env: world.env.iter().cloned().collect(),
            now: world.now,
            pace: 1.0,
            aws: None,
            most: options.most_requests,
        };
        let before = plan::sent_before(&sources, place, world)?;
        let sealed = collect_live(&live, &sources, place, world)?;
        if !place.quiet {
            plan::tell(before.as_ref(), &sealed, world)?;
        }
        Ok(sealed)
    }
}

/// Collects from the services.
pub(crate) fn collect_live(
    live: &Live,
    sources: &[Source],
    place: &Place,
    world: &mut World<'_>,
) -> Result<Sealed, AppError> {
    let wanted = collect::wanted_sources(&place.config, sources);
    tell_hosts(live, &wanted, place, world)?;
    let bar = progress::pages(world.bars && !place.quiet, "collecting");
    let began = crate::time::steady();
    let sealed = take(Origin::Services(live), None, sources, place, &bar)?;
    let seconds = sealed
        .collected_in
        .unwrap_or_else(|| began.elapsed())
        .as_secs_f64();
    tell(&sealed, place, world)?;
    if place.verbose {
        figures::print(&sealed, live, sources, seconds, place, world)?;
    }
    if !place.quiet {
        for (source, planned, sent) in sealed.figures.iter().filter(|f| f.2 > 0) {
            writeln!(
                world.err,
                "{}: {sent} requests, {planned} planned",
                source.name()
            )?;
        }
    }
    Ok(sealed)
}

/// Says which hosts get credentials that are none of the public ones; whoever
/// reads this may not have set the variables that name them.
pub(crate) fn tell_hosts(
    live: &Live,
    wanted: &[Source],
    place: &Place,
    world: &mut World<'_>,
) -> Result<(), AppError> {
    let hosts = collect::fetch::hosts(&place.config, wanted, live)
        .map_err(|why| AppError::Usage(format!("nothing was sent: {why}")))?;
    if !hosts.is_empty() {
        writeln!(
            world.err,
            "note: the environment names where credentials go: {}",
            hosts.join("; ")
        )?;
    }
    Ok(())
}

fn take(
    origin: Origin<'_>,
    as_of: Option<chrono::DateTime<chrono::Utc>>,
    sources: &[Source],
    place: &Place,
    bar: &indicatif::ProgressBar,
) -> Result<Sealed, AppError> {
    let sealed = collect::snapshot(collect::Request {
        origin,
        as_of,
        sources,
        config: &place.config,
        store: &place.store,
        progress: &|what| {
            bar.set_message(super::terminal::safe(what));
            bar.inc(1);
        },
        observe: &mut |_| {},
    });
    bar.finish_and_clear();
    Ok(sealed?)
}

/// Imports a folder, with a bar over its files.
pub(crate) fn import(
    from: &Path,
    as_of: Option<chrono::DateTime<chrono::Utc>>,
    sources: &[Source],
    place: &Place,
    world: &mut World<'_>,
) -> Result<Sealed, AppError> {
    let bar = progress::bar(
        world.bars && !place.quiet,
        Folder::below(from).files.len() as u64,
        "importing",
    );
    let sealed = take(Origin::Files(from), as_of, sources, place, &bar)?;
    tell(&sealed, place, world)?;
    Ok(sealed)
}

/// Says on stderr what is not complete, and what was noticed.
/// What is not complete, the tables of one cause together, and what goes blind.
fn incomplete(sealed: &Sealed, place: &Place, world: &mut World<'_>) -> Result<(), AppError> {
    let rules = crate::detect::rule::RuleSet::load(None)?;
    let empty = super::look::session(&rules)?;
    let mut causes: BTreeMap<(String, &str), BTreeSet<&str>> = BTreeMap::new();
    for table in &sealed.manifest.tables {
        let reason = table.reasons.join(" ");
        match table.state {
            State::Partial | State::Denied | State::Failed => {
                let cause = (reason, table.state.name());
                causes.entry(cause).or_default().insert(&table.table);
            }
            State::Skipped if place.verbose => {
                writeln!(world.err, "note: {} was skipped: {reason}", table.table)?;
            }
            _ => {}
        }
    }
    let mut ordered: Vec<_> = causes
        .into_iter()
        .map(|((reason, state), tables)| (tables, state, reason))
        .collect();
    ordered.sort();
    for (tables, state, reason) in ordered {
        let mut blind = BTreeSet::new();
        for rule in rules.rules().filter(|r| !r.engine) {
            let read = crate::detect::state::tables_read(rule, &empty);
            if tables.iter().any(|t| read.contains(*t)) {
                blind.insert(rule.id.as_str());
            }
        }
        let verb = if tables.len() == 1 { "is" } else { "are" };
        let tables: Vec<&str> = tables.into_iter().collect();
        writeln!(
            world.err,
            "warning: {} {verb} {state}: {reason}",
            tables.join(", ")
        )?;
        unknown(&blind, world)?;
    }
    for table in &sealed.manifest.tables {
        for unread in &table.unread_columns {
            let (column, table) = (&unread.column, &table.table);
            writeln!(
                world.err,
                "warning: column {column} of {table} was not read: {}",
                unread.reason
            )?;
            let mut session = empty.clone();
            session.set_unread(table, vec![unread.clone()]);
            let blind = rules
                .rules()
                .filter(|r| !r.engine && !session.unread(&r.sql, &r.reads).is_empty())
                .map(|r| r.id.as_str())
                .collect();
            unknown(&blind, world)?;
        }
    }
    Ok(())
}

/// Names the rules that cannot be decided.
fn unknown(rules: &BTreeSet<&str>, world: &mut World<'_>) -> Result<(), AppError> {
    if !rules.is_empty() {
        let rules: Vec<&str> = rules.iter().copied().collect();
        writeln!(
            world.err,
            "         rules that answer unknown because of it: {}",
            rules.join(", ")
        )?;
    }
    Ok(())
}

fn tell(sealed: &Sealed, place: &Place, world: &mut World<'_>) -> Result<(), AppError> {
    const SHOWN: usize = 20;
    incomplete(sealed, place, world)?;
    if place.quiet {
        return Ok(());
    }
    for problem in sealed.problems.iter().take(SHOWN) {
        let expected = if problem.expected.is_empty() {
            String::new()
        } else {
            format!(" (expected {})", problem.expected)
        };
        writeln!(
            world.err,
            "warning: {} at {}: {}{expected}",
            problem.file, problem.position, problem.message
        )?;
    }
    if sealed.problems.len() > SHOWN {
        writeln!(
            world.err,
            "warning: {} more of the kind; see table input_incident",
            sealed.problems.len() - SHOWN
        )?;
    }
    for file in sealed.unread.iter().take(SHOWN) {
        writeln!(
            world.err,
            "note: {file} was not read: it is no file that an export holds"
        )?;
    }
    let rows: u64 = sealed.manifest.tables.iter().map(|t| t.rows).sum();
    writeln!(
        world.err,
        "sealed snapshot {} with {rows} rows in {} tables",
        sealed.id,
        sealed.manifest.tables.len()
    )?;
    if let Some(replaced) = &sealed.replaces {
        writeln!(
            world.err,
            "note: snapshot {replaced} is of the same moment and stays as it is; what is compared with a moment uses the one sealed last, {}",
            sealed.id
        )?;
    }
    Ok(())
}

/// The exit code of a snapshot: 2 when a table is not complete that was to be.
pub(crate) fn completeness(sealed: &Sealed) -> u8 {
    let broken = |state| matches!(state, State::Partial | State::Denied | State::Failed);
    let grounds = Grounds {
        incomplete: sealed
            .manifest
            .tables
            .iter()
            .any(|t| broken(t.state) || t.unread_columns.iter().any(|column| column.wanted)),
        ..Grounds::default()
    };
    grounds.code()
}

pub(crate) fn snapshot(
    options: &Snapshot,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    let sealed = seal(options, place, world)?;
    writeln!(world.out, "{}", sealed.id)?;
    Ok(completeness(&sealed))
}
