//! How a collection did against its plan: calls that were sent against the
//! fewest that the counts of the estate allow, and time against the least that
//! the quotas allow.

use std::collections::BTreeMap;

use super::{AppError, Place, World, plan, terminal};
use crate::collect::fetch::Live;
use crate::collect::plan::estimate::{floors, plan as calls_of};
use crate::collect::{Sealed, wanted_sources};
use crate::dataset::schema::Source;

/// Prints both, by source and by bucket.
pub(crate) fn print(
    sealed: &Sealed,
    live: &Live,
    sources: &[Source],
    seconds: f64,
    place: &Place,
    world: &mut World<'_>,
) -> Result<(), AppError> {
    let counts = plan::counts_of(&place.store, &sealed.id, place)?;
    let wanted = wanted_sources(&place.config, sources);
    let mut choices = plan::choices(place, world);
    choices.entra_token = live.env.contains_key("AZURE_CLIENT_SECRET");
    let lines = calls_of(&counts, &wanted, choices);
    let mut planned: BTreeMap<&str, u64> = BTreeMap::new();
    for line in &lines {
        *planned.entry(line.operation.source.name()).or_default() += line.calls;
    }
    let rows: Vec<Vec<String>> = planned
        .iter()
        .map(|(source, fewest)| {
            let mine = || {
                sealed
                    .manifest
                    .requests
                    .iter()
                    .filter(|r| r.source == *source)
            };
            let sent: u64 = mine().map(|r| r.requests).sum();
            let throttled: u64 = mine().map(|r| r.throttled).sum();
            vec![
                (*source).to_owned(),
                fewest.to_string(),
                sent.to_string(),
                format!("{:.3}", ratio(sent, *fewest)),
                throttled.to_string(),
            ]
        })
        .collect();
    let width = world.width.unwrap_or(100);
    let names = ["source", "fewest calls", "sent", "ratio", "throttled"];
    writeln!(world.err, "\n{}", terminal::columns(&names, &rows, width))?;
    let floors = floors(&lines);
    let rows: Vec<Vec<String>> = floors
        .iter()
        .map(|f| {
            vec![
                f.bucket.to_owned(),
                f.calls.to_string(),
                format!("{:.2} s", f.seconds / live.pace),
            ]
        })
        .collect();
    writeln!(
        world.err,
        "{}",
        terminal::columns(&["bucket", "calls", "at least"], &rows, width)
    )?;
    let least = floors.first().map_or(0.0, |f| f.seconds / live.pace);
    writeln!(
        world.err,
        "collected in {seconds:.2} s, {:.3} times the least of {least:.2} s (quotas {} times as fast as real ones)",
        seconds / least.max(0.001),
        live.pace
    )?;
    for (operation, fewest, sent) in differences(sealed, &lines) {
        writeln!(world.err, "  {operation}: {sent} sent, {fewest} planned")?;
    }
    Ok(())
}

/// Operations that were called more or less often than planned.
fn differences(
    sealed: &Sealed,
    lines: &[crate::collect::plan::estimate::Line],
) -> Vec<(String, u64, u64)> {
    let mut both: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for line in lines {
        both.entry((line.operation.service, line.operation.name))
            .or_default()
            .0 += line.calls;
    }
    for request in &sealed.manifest.requests {
        both.entry((&request.service, &request.operation))
            .or_default()
            .1 += request.requests;
    }
    both.into_iter()
        .filter(|(_, (planned, sent))| planned != sent)
        .map(|((service, name), (planned, sent))| (format!("{service} {name}"), planned, sent))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}
