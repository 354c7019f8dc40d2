//! Commands that only look: rules, tables, snapshots, queries, documentation.

use std::fmt::Write as _;
use std::path::Path;

use super::terminal;
use super::{AppError, World, code};
use crate::cli::{Rules, Snapshots, Tables};
use crate::dataset::manifest::Manifest;
use crate::dataset::schema::{table, tables as all_tables};
use crate::dataset::session::Session;
use crate::dataset::settings::Settings;
use crate::dataset::store::Store;
use crate::dataset::verify;
use crate::detect::rule::RuleSet;
use crate::detect::state;
use crate::docs::MAN;
use crate::shown::shown;
use crate::sqlfile::nearest;

pub(crate) fn rules(action: &Rules, world: &mut World<'_>) -> Result<u8, AppError> {
    match action {
        Rules::List { rules } => {
            let set = RuleSet::load(rules.as_deref())?;
            let rows = set
                .rules()
                .map(|r| vec![r.id.clone(), r.severity.name().to_owned(), r.title.clone()])
                .collect::<Vec<_>>();
            let width = world.width.unwrap_or(usize::MAX);
            let text = terminal::columns(&["rule", "severity", "title"], &rows, width);
            world.out.write_all(shown(&text).as_bytes())?;
        }
        Rules::Show { id, rules } => {
            let set = RuleSet::load(rules.as_deref())?;
            let Some(rule) = set.find(id) else {
                let hint = nearest(id, set.rules().map(|r| r.id.as_str()));
                return Err(AppError::Usage(format!("there is no rule {id}{hint}")));
            };
            let session = session(&set)?;
            let mut text = format!(
                "{}\n{}\nseverity    {}\npopulation  {}\n",
                rule.id,
                rule.title,
                rule.severity.name(),
                rule.population
            );
            for (name, value) in &rule.params {
                let _ = writeln!(text, "parameter   {name} = {value}");
            }
            for (framework, ids) in &rule.controls {
                let _ = writeln!(text, "controls    {framework}: {}", ids.join(", "));
            }
            if let Some(hash) = set.hash(&rule.id) {
                let _ = writeln!(text, "sha256      {hash}");
            }
            if let Some(departure) = set.foreign().iter().find(|d| d.id == rule.id) {
                let _ = writeln!(text, "origin      {}", departure.said());
            }
            let read = state::tables_read(rule, &session);
            let read: Vec<String> = read.into_iter().collect();
            let _ = writeln!(text, "reads       {}", read.join(", "));
            if !rule.optional.is_empty() {
                let _ = writeln!(text, "optional    {}", rule.optional.join(", "));
            }
            let _ = write!(
                text,
                "\nRationale\n{}\n\nRemediation\n{}\n\nSQL\n{}\n",
                rule.rationale, rule.remediation, rule.sql
            );
            world.out.write_all(shown(&text).as_bytes())?;
        }
    }
    Ok(code::OK)
}

pub(crate) fn session(set: &RuleSet) -> Result<Session, AppError> {
    Ok(Session::empty(
        chrono::DateTime::UNIX_EPOCH,
        &Settings::default(),
        &set.views(),
    )?)
}

pub(crate) fn tables(action: &Tables, world: &mut World<'_>) -> Result<u8, AppError> {
    let set = RuleSet::load(None)?;
    match action {
        Tables::List => {
            let mut rows: Vec<Vec<String>> = all_tables()
                .iter()
                .map(|t| {
                    vec![
                        t.name.to_owned(),
                        t.source.name().to_owned(),
                        t.doc.to_owned(),
                    ]
                })
                .collect();
            rows.extend(
                set.views()
                    .into_iter()
                    .map(|v| vec![v.name, "view".to_owned(), v.doc]),
            );
            let width = world.width.unwrap_or(usize::MAX);
            let text = terminal::columns(&["table", "source", "one row is"], &rows, width);
            world.out.write_all(shown(&text).as_bytes())?;
        }
        Tables::Show { name } => {
            let mut text = String::new();
            if let Some(t) = table(name) {
                let _ = writeln!(text, "{} ({})\n{}\n", t.name, t.source.name(), t.doc);
                let rows: Vec<Vec<String>> = t
                    .columns
                    .iter()
                    .map(|c| vec![c.name.to_owned(), c.ty.name().to_owned(), t.column_doc(c)])
                    .collect();
                let width = world.width.unwrap_or(usize::MAX);
                text.push_str(&terminal::columns(
                    &["column", "type", "meaning"],
                    &rows,
                    width,
                ));
            } else if let Some(v) = set.views().into_iter().find(|v| v.name == *name) {
                let hash = set.hash(&format!("views/{}", v.name)).unwrap_or_default();
                let _ = writeln!(
                    text,
                    "{} (view)\n{}\nsha256 {hash}\n\n{}",
                    v.name, v.doc, v.sql
                );
            } else {
                let views = set.views();
                let known = all_tables()
                    .iter()
                    .map(|t| t.name)
                    .chain(views.iter().map(|v| v.name.as_str()));
                return Err(AppError::Usage(format!(
                    "there is no table {name}{}",
                    nearest(name, known)
                )));
            }
            world.out.write_all(shown(&text).as_bytes())?;
        }
    }
    Ok(code::OK)
}

pub(crate) fn snapshots(
    action: &Snapshots,
    store: &Store,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    match action {
        Snapshots::List => {
            let mut rows = Vec::new();
            let mut worst = code::OK;
            for id in store.snapshots()? {
                match store.manifest(&id) {
                    Ok((manifest, hash)) => rows.push(listed(id, &manifest, &hash)),
                    // One that cannot be read hides no other.
                    Err(error) => {
                        let error = AppError::from(error);
                        worst = worst.max(error.code());
                        let word = if error.code() == code::USAGE {
                            "sealed by a newer version"
                        } else {
                            "NOT what was sealed"
                        };
                        writeln!(world.err, "warning: {}", terminal::safe(&error.to_string()))?;
                        rows.push(vec![
                            id,
                            word.to_owned(),
                            String::new(),
                            String::new(),
                            String::new(),
                        ]);
                    }
                }
            }
            let text = terminal::columns(
                &["snapshot", "coverage", "rows", "number", "manifest"],
                &rows,
                world.width.unwrap_or(usize::MAX),
            );
            world.out.write_all(shown(&text).as_bytes())?;
            future(store, world)?;
            // A newer one is named; only a damaged one is a failure of the list.
            Ok(if worst == code::USAGE {
                code::OK
            } else {
                worst
            })
        }
        Snapshots::Show { id } => {
            let id = match id {
                Some(id) => {
                    store.require(id)?;
                    id.clone()
                }
                None => store.latest()?,
            };
            let (manifest, hash) = store.manifest(&id)?;
            let text = show(&manifest, &hash, world.width.unwrap_or(usize::MAX));
            world.out.write_all(shown(&text).as_bytes())?;
            Ok(code::OK)
        }
        Snapshots::Verify { id } => {
            let verdicts = if let Some(id) = id {
                vec![verify::verify(store, id)?]
            } else {
                store.latest()?;
                verify::verify_all(store)?
            };
            let mut bad = false;
            let mut newer = false;
            for verdict in &verdicts {
                if let (Some(version), true) = (&verdict.newer, verdict.differences.is_empty()) {
                    newer = true;
                    writeln!(
                        world.out,
                        "{}  sealed by version {} of countersign: its {} files are those of its SHA256SUMS, and nothing else of it was compared",
                        verdict.snapshot,
                        terminal::safe(version),
                        verdict.files
                    )?;
                } else if verdict.differences.is_empty() {
                    writeln!(
                        world.out,
                        "{}  ok: {} files, {} bytes are what was sealed",
                        verdict.snapshot, verdict.files, verdict.bytes
                    )?;
                } else {
                    bad = true;
                    writeln!(world.out, "{}  NOT what was sealed:", verdict.snapshot)?;
                    for difference in &verdict.differences {
                        writeln!(world.out, "    {}", terminal::safe(difference))?;
                    }
                }
            }
            Ok(if bad {
                code::INTEGRITY
            } else if newer {
                code::INCOMPLETE
            } else {
                code::OK
            })
        }
    }
}

/// Says of snapshots whose moment lies in the future that they are never the latest.
pub(crate) fn future(store: &Store, world: &mut World<'_>) -> Result<(), AppError> {
    for id in store.from_the_future()? {
        writeln!(
            world.err,
            "warning: snapshot {id} is as of a moment that has not come; it is never taken for the latest"
        )?;
    }
    Ok(())
}

/// Says what snapshots of an older version do not have.
pub(crate) fn older(session: &Session, world: &mut World<'_>) -> Result<(), AppError> {
    for (id, manifest) in session.older() {
        let lacks = crate::dataset::schema::versions::lacking(manifest.schema).unwrap_or_default();
        writeln!(
            world.err,
            "note: snapshot {id} was sealed by version {} with schema {}; what came later is unknown in it: {lacks}",
            terminal::safe(&manifest.version),
            manifest.schema
        )?;
    }
    Ok(())
}

fn listed(id: String, manifest: &Manifest, hash: &str) -> Vec<String> {
    let total: u64 = manifest.tables.iter().map(|t| t.rows).sum();
    let incomplete = manifest
        .tables
        .iter()
        .filter(|t| !matches!(t.state.name(), "complete" | "skipped"))
        .count();
    let state = match incomplete {
        0 => "complete".to_owned(),
        1 => "1 table incomplete".to_owned(),
        n => format!("{n} tables incomplete"),
    };
    vec![
        id,
        state,
        total.to_string(),
        manifest.sequence.to_string(),
        hash.get(..12).unwrap_or(hash).to_owned(),
    ]
}

fn show(manifest: &Manifest, hash: &str, width: usize) -> String {
    let mut text = format!(
        "snapshot   {}\nas of      {}\nnumber     {}\nmanifest   {hash}\nsealed by  {} {} ({})\nprevious   {}\n",
        terminal::safe(&manifest.snapshot),
        terminal::safe(&manifest.as_of),
        manifest.sequence,
        terminal::safe(&manifest.tool.name),
        terminal::safe(&manifest.tool.version),
        terminal::safe(&manifest.tool.commit),
        terminal::safe(
            manifest
                .previous
                .as_ref()
                .map_or("none", |p| p.snapshot.as_str())
        ),
    );
    for source in &manifest.sources {
        let _ = writeln!(
            text,
            "source     {}: {}, {}{}",
            terminal::safe(&source.source),
            terminal::safe(source.read_at.as_deref().unwrap_or("time not stated")),
            terminal::safe(&source.identity),
            source
                .endpoint
                .as_ref()
                .map_or_else(String::new, |e| format!(", at {}", terminal::safe(e)))
        );
    }
    text.push('\n');
    let rows: Vec<Vec<String>> = manifest
        .tables
        .iter()
        .map(|t| {
            let excluded: u64 = t.excluded.values().sum();
            vec![
                t.table.clone(),
                t.state.name().to_owned(),
                t.rows.to_string(),
                t.read.to_string(),
                excluded.to_string(),
                t.reasons.join(" "),
            ]
        })
        .collect();
    text.push_str(&terminal::columns(
        &["table", "coverage", "rows", "read", "excluded", "why"],
        &rows,
        width,
    ));
    text
}

pub(crate) fn docs(page: &str, out: Option<&Path>, world: &mut World<'_>) -> Result<u8, AppError> {
    if page == MAN {
        let out = out.ok_or_else(|| {
            AppError::Usage("no manual was written: name a folder with --out DIR".to_owned())
        })?;
        std::fs::create_dir_all(out)?;
        crate::docs::man(out)?;
        return Ok(code::OK);
    }
    let text = crate::docs::page(page)
        .map_err(|e| AppError::Usage(e.to_string()))?
        .ok_or_else(|| {
            AppError::Usage(format!(
                "there is no page {page}: {}, {MAN}",
                crate::docs::PAGES.join(", ")
            ))
        })?;
    world.out.write_all(shown(&text).as_bytes())?;
    Ok(code::OK)
}
