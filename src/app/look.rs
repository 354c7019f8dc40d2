//! Commands that only look: rules, tables, snapshots, queries, documentation.

use std::fmt::Write as _;

use super::terminal;
use super::{AppError, Place, World, code};
use crate::cli::{CheckFormat, Query, Rules, Snapshots, Tables};
use crate::dataset::manifest::Manifest;
use crate::dataset::schema::{table, tables as all_tables};
use crate::dataset::session::Session;
use crate::dataset::settings::Settings;
use crate::dataset::store::Store;
use crate::dataset::verify;
use crate::detect::rule::RuleSet;
use crate::detect::state;
use crate::sqlfile::{nearest, one_row, reads};

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
            world.out.write_all(text.as_bytes())?;
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
            world.out.write_all(text.as_bytes())?;
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
            world.out.write_all(text.as_bytes())?;
        }
        Tables::Show { name } => {
            let mut text = String::new();
            if let Some(t) = table(name) {
                let _ = writeln!(text, "{} ({})\n{}\n", t.name, t.source.name(), t.doc);
                let rows: Vec<Vec<String>> = t
                    .columns
                    .iter()
                    .map(|c| vec![c.name.to_owned(), c.ty.name().to_owned(), c.doc.to_owned()])
                    .collect();
                let width = world.width.unwrap_or(usize::MAX);
                text.push_str(&terminal::columns(
                    &["column", "type", "meaning"],
                    &rows,
                    width,
                ));
            } else if let Some(v) = set.views().into_iter().find(|v| v.name == *name) {
                let _ = writeln!(text, "{} (view)\n{}\n\n{}", v.name, v.doc, v.sql);
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
            world.out.write_all(text.as_bytes())?;
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
            for id in store.snapshots()? {
                let (manifest, hash) = store.manifest(&id)?;
                let total: u64 = manifest.tables.iter().map(|t| t.rows).sum();
                let incomplete = manifest
                    .tables
                    .iter()
                    .filter(|t| !matches!(t.state.name(), "complete" | "skipped"))
                    .count();
                let state = if incomplete == 0 {
                    "complete".to_owned()
                } else {
                    format!("{incomplete} tables incomplete")
                };
                let hash = hash.get(..12).unwrap_or(&hash).to_owned();
                rows.push(vec![
                    id,
                    state,
                    total.to_string(),
                    manifest.sequence.to_string(),
                    hash,
                ]);
            }
            let text = terminal::columns(
                &["snapshot", "coverage", "rows", "number", "manifest"],
                &rows,
                world.width.unwrap_or(usize::MAX),
            );
            world.out.write_all(text.as_bytes())?;
            Ok(code::OK)
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
            world.out.write_all(text.as_bytes())?;
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
            for verdict in &verdicts {
                if verdict.differences.is_empty() {
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
            Ok(if bad { code::INTEGRITY } else { code::OK })
        }
    }
}

fn show(manifest: &Manifest, hash: &str, width: usize) -> String {
    let mut text = format!(
        "snapshot   {}\nas of      {}\nnumber     {}\nmanifest   {hash}\nsealed by  {} {} ({})\nprevious   {}\n",
        manifest.snapshot,
        manifest.as_of,
        manifest.sequence,
        manifest.tool.name,
        manifest.tool.version,
        manifest.tool.commit,
        manifest
            .previous
            .as_ref()
            .map_or("none", |p| p.snapshot.as_str()),
    );
    for source in &manifest.sources {
        let _ = writeln!(
            text,
            "source     {}: {}, {}",
            source.source,
            source.read_at.as_deref().unwrap_or("time not stated"),
            source.identity
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

pub(crate) fn query(options: &Query, place: &Place, world: &mut World<'_>) -> Result<u8, AppError> {
    let set = RuleSet::load(None)?;
    let id = match &options.snapshot {
        Some(id) => {
            place.store.require(id)?;
            id.clone()
        }
        None => place.store.latest()?,
    };
    let baseline = match options.baseline.as_deref() {
        Some("none") => None,
        Some(other) => {
            place.store.require(other)?;
            Some(other.to_owned())
        }
        None => place.store.before(&id)?,
    };
    super::check::verified(&place.store, &id)?;
    let settings = place.config.settings();
    let session = Session::open(
        &place.store,
        &id,
        baseline.as_deref(),
        &settings,
        &set.views(),
    )?;
    let refused = |message: String| AppError::Usage(format!("no rows were read: {message}"));
    let sql = one_row::kept(&options.sql).map_err(refused)?;
    let frame = session.collect(&sql).map_err(|e| {
        let mut message = e.to_string();
        if let Some(source) = std::error::Error::source(&e) {
            message = format!("{message}: {source}");
        }
        refused(message)
    })?;
    let query = reads::parse(&sql).map_err(refused)?;
    for gap in state::gaps(&reads::reads(&query), &session) {
        writeln!(world.err, "warning: {}", terminal::safe(&gap))?;
    }
    print(&frame, options.format, world)?;
    Ok(code::OK)
}

/// Prints rows.
pub(crate) fn print(
    frame: &polars::prelude::DataFrame,
    format: CheckFormat,
    world: &mut World<'_>,
) -> Result<(), AppError> {
    match format {
        CheckFormat::Table => {
            let names: Vec<&str> = frame.columns().iter().map(|c| c.name().as_str()).collect();
            let rows = terminal::cells(frame);
            let text = terminal::columns(&names, &rows, world.width.unwrap_or(usize::MAX));
            world.out.write_all(text.as_bytes())?;
        }
        CheckFormat::Json => {
            serde_json::to_writer_pretty(&mut *world.out, &terminal::objects(frame))?;
            writeln!(world.out)?;
        }
        CheckFormat::Csv => terminal::frame_csv(frame, &mut *world.out)?,
    }
    Ok(())
}

pub(crate) fn docs(page: &str, world: &mut World<'_>) -> Result<u8, AppError> {
    let text = crate::docs::page(page)
        .map_err(|e| AppError::Usage(e.to_string()))?
        .ok_or_else(|| {
            AppError::Usage(format!(
                "there is no page {page}: {}",
                crate::docs::PAGES.join(", ")
            ))
        })?;
    world.out.write_all(text.as_bytes())?;
    Ok(code::OK)
}
