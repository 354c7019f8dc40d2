//! `preflight`: the cheapest call of every table, what is granted, and which
//! rules go blind without the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::{AppError, Place, World, code, look, snapshot, sources, terminal};
use crate::cli::{PlanFormat, Preflight};
use crate::collect::fetch;
use crate::collect::fetch::Live;
use crate::collect::fetch::probe::Probe;
use crate::collect::{self, CollectError};
use crate::dataset::coverage::State;
use crate::detect::rule::RuleSet;
use crate::detect::state;

pub(crate) fn preflight(
    options: &Preflight,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    let wanted = collect::wanted_sources(&place.config, &sources::sources(&options.sources)?);
    let live = Live {
        env: world.env.iter().cloned().collect(),
        now: world.now,
        pace: 1.0,
        aws: None,
        most: None,
    };
    snapshot::tell_hosts(&live, &wanted, place, world)?;
    let probes = fetch::preflight(&place.config, &wanted, &live).map_err(CollectError::Usage)?;
    let readers = readers()?;
    if options.format == PlanFormat::Json {
        let all: Vec<_> = probes.iter().map(|p| json(p, &readers)).collect();
        serde_json::to_writer_pretty(&mut *world.out, &all)?;
        writeln!(world.out)?;
    } else {
        print(&probes, &readers, world)?;
    }
    let bad = probes
        .iter()
        .any(|p| !matches!(p.state, State::Complete | State::Skipped));
    Ok(if bad { code::INCOMPLETE } else { code::OK })
}

/// Rules by the tables that they read.
fn readers() -> Result<BTreeMap<String, BTreeSet<String>>, AppError> {
    let set = RuleSet::load(None)?;
    let session = look::session(&set)?;
    let mut readers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for rule in set.rules() {
        for table in state::tables_read(rule, &session) {
            readers.entry(table).or_default().insert(rule.id.clone());
        }
    }
    Ok(readers)
}

/// Rules that cannot be decided without what the operation reads.
fn blind<'a>(probe: &Probe, readers: &'a BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'a str> {
    let tables = probe.tables.iter();
    tables
        .filter_map(|t| readers.get(*t))
        .flatten()
        .map(String::as_str)
        .collect()
}

const fn word(state: State) -> &'static str {
    match state {
        State::Complete => "granted",
        State::Skipped => "not tried",
        State::Denied => "denied",
        _ => "failed",
    }
}

fn json(probe: &Probe, readers: &BTreeMap<String, BTreeSet<String>>) -> serde_json::Value {
    let granted = matches!(probe.state, State::Complete | State::Skipped);
    let blind = if granted {
        BTreeSet::new()
    } else {
        blind(probe, readers)
    };
    serde_json::json!({
        "source": probe.source.name(),
        "call": probe.operation.name,
        "tables": probe.tables,
        "result": word(probe.state),
        "permission": probe.operation.permission,
        "message": probe.message,
        "blind_rules": blind,
    })
}

fn print(
    probes: &[Probe],
    readers: &BTreeMap<String, BTreeSet<String>>,
    world: &mut World<'_>,
) -> Result<(), AppError> {
    let width = world.width.unwrap_or(100);
    let rows: Vec<Vec<String>> = probes
        .iter()
        .map(|p| {
            vec![
                p.source.name().to_owned(),
                word(p.state).to_owned(),
                p.tables.join(", "),
                p.operation.name.to_owned(),
            ]
        })
        .collect();
    let text = terminal::columns(&["source", "result", "tables", "call"], &rows, width);
    world.out.write_all(text.as_bytes())?;
    for probe in probes
        .iter()
        .filter(|p| !matches!(p.state, State::Complete | State::Skipped))
    {
        let blind: Vec<&str> = blind(probe, readers).into_iter().collect();
        let without = if blind.is_empty() {
            "No rule reads it.".to_owned()
        } else {
            format!(
                "Without it these rules cannot be decided: {}.",
                blind.join(", ")
            )
        };
        let text = format!("{} {without}", terminal::safe(&probe.message));
        writeln!(
            world.out,
            "\n{}: {}",
            word(probe.state),
            probe.operation.name
        )?;
        writeln!(
            world.out,
            "  {}",
            terminal::wrap(&text, width.saturating_sub(2)).join("\n  ")
        )?;
    }
    Ok(())
}
