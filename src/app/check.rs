//! `check`: from a sealed snapshot to findings.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::checked::Checked;
use super::findings;
use super::verdict::Grounds;
use super::{AppError, Place, World, progress};
use crate::cli::{Check, CheckFormat, Which};
use crate::config::Config;
use crate::dataset::DatasetError;
use crate::dataset::manifest::{Manifest, rfc3339};
use crate::dataset::session::Session;
use crate::dataset::settings::Setting;
use crate::dataset::store::Store;
use crate::dataset::verify;
use crate::detect::assessment::{self, Basis};
use crate::detect::history::{self, History};
use crate::detect::rule::RuleSet;
use crate::detect::waiver::Waiver;
use crate::detect::{self, Assessment, Override, Previous, Request};
use crate::sqlfile::{Severity, nearest};

pub(crate) fn check(options: &Check, place: &Place, world: &mut World<'_>) -> Result<u8, AppError> {
    let checked = assess(&options.which, &options.filter, place, world)?;
    if options.filter.is_empty() && !options.no_store {
        store(&checked, place)?;
    }
    print(&checked.assessment, options.format, world)?;
    if let Some(stale) = &checked.stale {
        writeln!(world.err, "warning: {stale}")?;
    }
    Ok(verdict(&checked, options.fail_on))
}

/// Stores the assessment, so that later checks know when a finding was first seen.
pub(crate) fn store(checked: &Checked, place: &Place) -> Result<String, AppError> {
    Ok(assessment::store(
        &place.store,
        &checked.assessment,
        &checked.basis,
    )?)
}

/// The exit code of a check.
pub(crate) fn verdict(checked: &Checked, fail_on: Severity) -> u8 {
    Grounds::of(checked, fail_on).code()
}

fn print(
    assessment: &Assessment,
    format: CheckFormat,
    world: &mut World<'_>,
) -> Result<(), AppError> {
    match format {
        CheckFormat::Table => {
            let width = world.width.unwrap_or(100);
            let text = findings::findings_table(assessment, width, world.colour);
            world.out.write_all(text.as_bytes())?;
        }
        CheckFormat::Json => {
            serde_json::to_writer_pretty(&mut *world.out, &detect::json::document(assessment))?;
            writeln!(world.out)?;
        }
        CheckFormat::Csv => findings::findings_csv(assessment, &mut *world.out)?,
    }
    world.out.flush()?;
    Ok(())
}

/// Opens the snapshot and its baseline, runs the rules, applies waivers.
pub(crate) fn assess(
    which: &Which,
    filter: &[String],
    place: &Place,
    world: &mut World<'_>,
) -> Result<Checked, AppError> {
    let rules = RuleSet::load(which.rules.as_deref())?;
    let overrides = overrides(&place.config, &rules)?;
    if which.snapshot.is_none() {
        super::look::future(&place.store, world)?;
    }
    let (id, stale) = choose(which, &place.store, world.now)?;
    let baseline = baseline(which, &place.store, &id)?;
    verified(&place.store, &id)?;
    let settings = place.config.settings();
    let views = rules.views();
    let session = Session::open(&place.store, &id, baseline.as_deref(), &settings, &views)?;
    rules.check_names(&session)?;
    if !place.quiet {
        super::look::older(&session, world)?;
    }
    let (manifest, snapshot_sha256) = place.store.manifest(&id)?;
    warn_of_changed_registers(&manifest, place, world)?;
    let history = history::history(&place.store, session.as_of(), baseline.as_deref())?;
    let mut session = session;
    session.first_seen(&history.first_seen)?;
    let waivers = waivers(&place.config)?;
    let before = match &baseline {
        None => None,
        Some(baseline) => {
            verified(&place.store, baseline)?;
            Some(findings_of(
                baseline, &history, place, &rules, &overrides, filter,
            )?)
        }
    };
    let steps = rules.select(filter)?.len() as u64;
    let bar = progress::bar(world.bars && !place.quiet, steps, "checking");
    let assessment = detect::check(&Request {
        session: &session,
        snapshot: &id,
        baseline: baseline.as_deref(),
        rules: &rules,
        overrides: &overrides,
        filter,
        waivers: waivers.as_ref().map(|(w, _)| w.as_slice()),
        before: before.as_ref(),
        first_seen: &history.first_seen,
        progress: &|rule| {
            bar.set_message(rule.to_owned());
            bar.inc(1);
        },
    })?;
    bar.finish_and_clear();
    let basis = Basis {
        rules_sha256: rules.sha256(),
        config_sha256: place.config.sha256.clone(),
        waivers_sha256: waivers.map(|(_, hash)| hash),
        baseline_sha256: match &baseline {
            Some(baseline) => Some(place.store.manifest(baseline)?.1),
            None => None,
        },
        snapshot_sha256,
    };
    Ok(Checked {
        session,
        manifest,
        assessment,
        basis,
        reviews: None,
        stale,
    })
}

/// The snapshot that is meant, and whether it is too old to be the latest.
fn choose(
    which: &Which,
    store: &Store,
    now: DateTime<Utc>,
) -> Result<(String, Option<String>), AppError> {
    if let Some(id) = &which.snapshot {
        store.require(id)?;
        return Ok((id.clone(), None));
    }
    let id = store.latest()?;
    let as_of = store.manifest(&id)?.0.as_of();
    let age = TimeDelta::days(i64::from(which.max_age));
    let stale = as_of.is_none_or(|t| now - t > age).then(|| {
        format!(
            "the latest snapshot, {id}, is older than {} days: seal a new one, or name it with --snapshot",
            which.max_age
        )
    });
    Ok((id, stale))
}

fn baseline(which: &Which, store: &Store, id: &str) -> Result<Option<String>, AppError> {
    match which.baseline.as_deref() {
        Some("none") => Ok(None),
        Some(other) if other == id => Err(AppError::Usage(format!(
            "--baseline {other} is the snapshot itself; name an earlier one, or `none`"
        ))),
        Some(other) => {
            store.require(other)?;
            Ok(Some(other.to_owned()))
        }
        None => Ok(store.before(id)?),
    }
}

/// Refuses a snapshot that is not what was sealed.
pub(crate) fn verified(store: &Store, id: &str) -> Result<(), AppError> {
    let verdict = verify::verify(store, id)?;
    match verdict.differences.first() {
        None => Ok(()),
        Some(first) => Err(DatasetError::Integrity {
            id: id.to_owned(),
            message: first.clone(),
        }
        .into()),
    }
}

/// Findings of the baseline: as they were stored, else as the same rules give them now.
fn findings_of(
    baseline: &str,
    history: &History,
    place: &Place,
    rules: &RuleSet,
    overrides: &BTreeMap<String, Override>,
    filter: &[String],
) -> Result<Previous, AppError> {
    // What other rules found before is not gone because these do not look for it.
    if let Some(stored) = &history.baseline
        && rules.foreign().is_empty()
    {
        return Ok(stored.clone());
    }
    let settings = place.config.settings();
    let session = Session::open(&place.store, baseline, None, &settings, &rules.views())?;
    let assessment = detect::check(&Request {
        session: &session,
        snapshot: baseline,
        baseline: None,
        rules,
        overrides,
        filter,
        waivers: None,
        before: None,
        first_seen: &history.first_seen,
        progress: &|_| {},
    })?;
    Ok(Previous::of(assessment))
}

/// What the configuration says about rules, checked against the rules that exist.
pub(crate) fn overrides(
    config: &Config,
    rules: &RuleSet,
) -> Result<BTreeMap<String, Override>, AppError> {
    let mut all = BTreeMap::new();
    let mut problems = Vec::new();
    let file = config
        .path
        .as_ref()
        .map_or_else(|| "configuration".to_owned(), |p| p.display().to_string());
    for (id, custom) in &config.rules {
        let (line, column) = custom.position;
        let Some(rule) = rules.find(id) else {
            let hint = nearest(id, rules.rules().map(|r| r.id.as_str()));
            problems.push(format!(
                "{file}:{line}:{column}: there is no rule {id}{hint}"
            ));
            continue;
        };
        let mut params = BTreeMap::new();
        for (name, value) in &custom.params {
            let (line, column) = custom
                .param_positions
                .get(name)
                .copied()
                .unwrap_or(custom.position);
            let Some(default) = rule.params.get(name) else {
                let hint = nearest(name, rule.params.keys().map(String::as_str));
                problems.push(format!(
                    "{file}:{line}:{column}: rule {id} has no parameter {name}{hint}"
                ));
                continue;
            };
            let value = match (default, value) {
                (crate::sqlfile::Param::Int(_), toml::Value::Integer(v)) => Setting::Int(*v),
                (crate::sqlfile::Param::Flag(_), toml::Value::Boolean(v)) => Setting::Flag(*v),
                (crate::sqlfile::Param::Text(_), toml::Value::String(v)) => {
                    Setting::Text(v.clone())
                }
                _ => {
                    problems.push(format!(
                        "{file}:{line}:{column}: parameter {name} of rule {id} is of another type; its default is {default}"
                    ));
                    continue;
                }
            };
            params.insert(name.clone(), value);
        }
        let entry = Override {
            severity: custom.severity.as_deref().and_then(Severity::parse),
            enabled: custom.enabled,
            params,
            pack: None,
        };
        all.insert(rule.id.clone(), entry);
    }
    for rule in rules.rules() {
        if let Some(pack) = config.pack_of(&rule.id) {
            let entry = all.entry(rule.id.clone()).or_default();
            entry.pack = Some(pack.to_owned());
        }
    }
    if problems.is_empty() {
        Ok(all)
    } else {
        Err(AppError::Usage(problems.join("\n")))
    }
}

/// The waivers and the hash of their file; `None` when no register of them is set.
fn waivers(config: &Config) -> Result<Option<(Vec<Waiver>, String)>, AppError> {
    let Some(path) = &config.registers.waivers else {
        return Ok(None);
    };
    Ok(Some(crate::config::waivers::read_waivers(path)?))
}

/// Says when a register is not the file that was sealed: its rules speak of the old one.
fn warn_of_changed_registers(
    manifest: &Manifest,
    place: &Place,
    world: &mut World<'_>,
) -> Result<(), AppError> {
    let now = crate::collect::register::hashes(&place.config);
    for sealed in &manifest.registers {
        let changed = now
            .iter()
            .find(|(name, _)| *name == sealed.name)
            .is_none_or(|(_, hash)| *hash != sealed.sha256);
        if changed && !place.quiet {
            writeln!(
                world.err,
                "note: register {} ({}) has changed since snapshot {} was sealed at {}; the check uses what was sealed",
                sealed.name,
                sealed.path,
                manifest.snapshot,
                manifest
                    .as_of()
                    .map_or_else(|| manifest.as_of.clone(), rfc3339),
            )?;
        }
    }
    Ok(())
}
