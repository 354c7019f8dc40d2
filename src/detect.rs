//! Runs rules over a snapshot, decides their states, compares with the
//! baseline and applies waivers.
//!
//! `rule` loads and checks rule files, `state` decides from coverage what a
//! rule may claim, `evaluate` turns rows into findings, `lifecycle` compares
//! with what was found before, `waiver` marks, `assessment` stores the result.

pub mod assessment;
mod error;
pub mod evaluate;
pub mod finding;
mod first_seen;
pub mod history;
pub mod json;
pub mod lifecycle;
pub mod origin;
mod overrides;
mod people;
mod request;
pub mod rule;
mod rule_file;
pub mod state;
pub mod trend;
pub mod verify;
pub mod waiver;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sqlfile::Rule;

use evaluate::Sessions;
use finding::{Finding, RuleResult, RuleState};

pub use error::DetectError;
pub use overrides::Override;
pub use request::{Assessment, Previous, Request};

/// Runs the rules.
///
/// # Errors
/// When a rule's query fails or its rows are no findings: a rule that cannot
/// be run is never left out silently.
pub fn check(request: &Request<'_>) -> Result<Assessment, DetectError> {
    let selected = request.rules.select(request.filter)?;
    let full = request.filter.is_empty();
    let mut rules = Vec::new();
    let mut findings = Vec::new();
    for (result, rows) in in_parallel(request, &selected)? {
        rules.push(result);
        findings.extend(rows);
    }
    lifecycle::compare(&mut findings, &mut rules, request);
    let waivers = request.waivers.unwrap_or_default().to_vec();
    let effects = waiver::effects(&findings, &waivers, request.rules, request.session)?;
    waiver::apply(&mut findings, &waivers, &effects);
    for rule in request.rules.select(request.filter)? {
        if rule.engine {
            let custom = request.overrides.get(&rule.id).cloned().unwrap_or_default();
            let (mut result, rows) =
                waiver::evaluate(request, rule, &custom, &findings, &effects, &rules, full);
            result.settle();
            rules.push(result);
            let mut rows = rows;
            lifecycle::compare_new(&mut rows, request);
            findings.extend(rows);
        }
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    let incomplete = state::incomplete_tables(request.session)?;
    let complete = incomplete.is_empty()
        && rules.iter().all(|r| r.state != RuleState::Unknown)
        && findings.iter().all(|f| f.kept.is_none());
    Ok(Assessment {
        snapshot: request.snapshot.to_owned(),
        as_of: request.session.as_of(),
        baseline: request.baseline.map(str::to_owned),
        complete,
        incomplete,
        rules,
        findings,
        waivers,
        departures: request.rules.departures(request.overrides),
    })
}

/// Evaluates rules side by side; the results are in the order of the rules, and
/// so is the error that is reported when there are several.
fn in_parallel(
    request: &Request<'_>,
    rules: &[&Rule],
) -> Result<Vec<(RuleResult, Vec<Finding>)>, DetectError> {
    /// Rules at a time: each holds its own tables in memory.
    const MOST: usize = 4;
    let rules: Vec<&Rule> = rules.iter().copied().filter(|r| !r.engine).collect();
    let views = state::views_read(&rules, request.session);
    let whole = request.session.keeping(&views);
    let sessions = Sessions {
        alone: if whole.baseline_is_whole() {
            whole.clone()
        } else {
            whole.without_baseline()?
        },
        whole,
    };
    let threads = std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(MOST);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(rule) = rules.get(next.fetch_add(1, Ordering::Relaxed)) {
            let custom = request.overrides.get(&rule.id).cloned().unwrap_or_default();
            done.push((
                rule.id.clone(),
                evaluate::evaluate(&sessions, rule, &custom),
            ));
            (request.progress)(&rule.id);
        }
        done
    };
    let mut done: Vec<_> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                // A panic is a defect, on whatever thread it happens.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by(|a, b| a.0.cmp(&b.0));
    done.into_iter().map(|(_, result)| result).collect()
}
