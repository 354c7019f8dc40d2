//! The third link: what uses the secret was deployed since its value was stored.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::card::{LinkKind, LinkState, minute};
use super::codes::{Happening, Outcome, Use};
use super::facts::{Consumer, Facts, Moment, later};
use super::judged::{Judged, newest, shown};
use super::walk::Role;

/// Names of functions that have to be deployed. A sync may be named after its
/// function; it counts as one when the log shows it deployed.
fn functions(facts: &Facts) -> Vec<&Consumer> {
    let seen = |c: &Consumer| {
        facts
            .of(Happening::Deployed)
            .iter()
            .any(|m| m.what == c.name)
    };
    facts
        .consumers
        .iter()
        .filter(|c| {
            c.kind == Use::Function || (c.kind == Use::Sync && c.consumer == c.name && seen(c))
        })
        .collect()
}

pub(super) fn deployed(facts: &Facts, issued: &Judged, stored: &Judged) -> Judged {
    let stores: Vec<_> = facts
        .members
        .iter()
        .filter(|m| m.role == Role::Store)
        .collect();
    if !stores.is_empty() && stores.iter().all(|m| m.store == "github") {
        return Judged::new(
            LinkKind::Deployed,
            LinkState::NotNeeded,
            "github_secret",
            "GitHub gives the value to each run of a workflow",
        );
    }
    if let Some(gap) = facts.gap(&["registered_secret"]) {
        return Judged::gap(LinkKind::Deployed, gap);
    }
    let functions = functions(facts);
    if functions.is_empty() {
        return by_use(facts, stored).unwrap_or_else(|| {
            Judged::new(
                LinkKind::Deployed,
                LinkState::Unknown,
                "registered_secret",
                "no row of the secrets register (table registered_secret) names a function that is deployed with it",
            )
            .remedy("add a row whose consumer is the function, or take a snapshot before and after: a run in between that succeeds with one credential alive proves it")
        });
    }
    if let Some(gap) = facts.gap(&["cloudtrail_event"]) {
        return by_its_use(facts, stored).unwrap_or_else(|| Judged::gap(LinkKind::Deployed, gap));
    }
    let mut worst: Option<Judged> = None;
    for function in functions {
        let judged = deployment(facts, function, issued, stored);
        let rank = |j: &Judged| match j.link.state {
            LinkState::OutOfOrder => 0,
            LinkState::NotYet => 1,
            LinkState::Unknown => 2,
            LinkState::Done | LinkState::NotNeeded => 3,
        };
        // Of several the one that is furthest behind decides.
        let behind = worst
            .as_ref()
            .is_none_or(|w| (rank(&judged), judged.link.at) < (rank(w), w.link.at));
        if behind {
            worst = Some(judged);
        }
    }
    worst.unwrap_or_else(|| {
        Judged::new(
            LinkKind::Deployed,
            LinkState::Unknown,
            "",
            "no function is known",
        )
    })
}

fn deployment(facts: &Facts, function: &Consumer, issued: &Judged, stored: &Judged) -> Judged {
    let of_function: Vec<&Moment> = facts
        .of(Happening::Deployed)
        .iter()
        .filter(|m| m.what == function.name)
        .filter(|m| !m.at.is_some_and(|at| later(at, facts.as_of)))
        .collect();
    let proven = of_function
        .iter()
        .copied()
        .filter(|m| m.outcome == Outcome::Success);
    let done = match of_its_place(facts, function, &proven.collect::<Vec<_>>()) {
        Ok(done) => done,
        Err(elsewhere) => return elsewhere,
    };
    let unsure = of_function.iter().find(|m| {
        m.outcome == Outcome::Unknown
            && m.at
                .is_none_or(|at| newest_value(facts).is_none_or(|s| !later(s, at)))
    });
    let Some(last) = done.filter(|m| m.at.is_some()) else {
        return by_its_use(facts, stored).unwrap_or_else(|| {
            Judged::new(
                LinkKind::Deployed,
                LinkState::Unknown,
                "cloudtrail_event",
                format!(
                    "no deployment of {} is among the events of CloudTrail that were read (table cloudtrail_event), which keeps 90 days",
                    function.name
                ),
            )
            .remedy("look the last deployment up in its pipeline, or import older events; a snapshot before and after proves it as well")
        });
    };
    let judged = |state, note: String| {
        Judged::new(LinkKind::Deployed, state, &shown(last), note).at(last.at)
    };
    let name = &function.name;
    let judged = |state, note: String| match (state, unsure) {
        (LinkState::NotYet | LinkState::OutOfOrder, Some(event)) => judged(
            LinkState::Unknown,
            format!(
                "{name} may have been deployed since: whether {} succeeded was not read",
                event.event
            ),
        )
        .remedy("export the events whole, with their detail, and take a new snapshot"),
        _ => judged(state, note),
    };
    // With several copies it may be any of them that the function reads.
    let value = newest_value(facts).or(stored.link.at);
    let (Some(d), Some(s)) = (last.at, value.filter(|_| stored.link.at.is_some())) else {
        return judged(
            LinkState::Unknown,
            format!("{name} was deployed; whether after the value was stored cannot be told"),
        )
        .following();
    };
    let after_issue = issued.link.at.is_some_and(|i| later(d, i));
    match stored.link.state {
        LinkState::NotYet if after_issue => judged(
            LinkState::OutOfOrder,
            format!(
                "{name} was deployed {} although the new credential is not stored: it took the old value",
                minute(d)
            ),
        )
        .remedy(format!(
            "store the new credential, then deploy {name} again"
        )),
        LinkState::NotYet => judged(
            LinkState::NotYet,
            format!("{name} runs with the value before the newest credential"),
        )
        .following(),
        _ if !later(s, d) => judged(
            LinkState::Done,
            format!("{name} was deployed after the value was stored"),
        ),
        _ if after_issue => judged(
            LinkState::OutOfOrder,
            format!(
                "{name} was deployed {}, between issuing and storing ({}): it took the old value",
                minute(d),
                minute(s)
            ),
        )
        .remedy(format!("deploy {name} again")),
        _ => judged(
            LinkState::NotYet,
            format!(
                "{name} was last deployed {}, before the value was stored {}: it still uses the old one",
                minute(d),
                minute(s)
            ),
        )
        .remedy(format!("deploy {name}")),
    }
}

/// When the newest value was stored, of all the places that hold one.
fn newest_value(facts: &Facts) -> Option<DateTime<Utc>> {
    facts
        .of(Happening::Stored)
        .iter()
        .filter(|m| m.outcome == Outcome::Current)
        .filter_map(|m| m.at)
        .max()
}

/// The last deployment of a function where it is: functions of other accounts may
/// have its name. In several places the one that is furthest behind counts.
fn of_its_place<'m>(
    facts: &Facts,
    function: &Consumer,
    proven: &[&'m Moment],
) -> Result<Option<&'m Moment>, Judged> {
    let place = |m: &Moment| m.place.clone().unwrap_or_default();
    let account = |place: &str| place.split('/').next().unwrap_or_default().to_owned();
    let homes: BTreeSet<String> = facts
        .of(Happening::Stored)
        .iter()
        .filter(|m| m.table == "aws_secret_version" && m.outcome == Outcome::Current)
        .filter_map(|m| {
            let mut parts = m.what.split('/').skip(1);
            Some(format!("{}/{}", parts.next()?, parts.next()?))
        })
        .collect();
    let stated = function.name.contains(":function:");
    let near: Vec<&Moment> = proven
        .iter()
        .copied()
        .filter(|m| {
            let at = account(&place(m));
            stated || homes.is_empty() || homes.iter().any(|h| account(h) == at)
        })
        .collect();
    if near.is_empty()
        && let Some(other) = newest(proven)
    {
        return Err(Judged::new(
            LinkKind::Deployed,
            LinkState::Unknown,
            &shown(other),
            format!(
                "a function {} was deployed in {}, and the secret is stored in another account: whether it is the one that uses it cannot be told",
                function.name,
                place(other)
            ),
        )
        .remedy("name the function in the secrets register by its ARN"));
    }
    let exact: Vec<&Moment> = near
        .iter()
        .copied()
        .filter(|m| homes.contains(&place(m)))
        .collect();
    let counted = if exact.is_empty() { near } else { exact };
    let places: BTreeSet<String> = counted.iter().map(|m| place(m)).collect();
    Ok(places
        .iter()
        .filter_map(|p| {
            let there: Vec<&Moment> = counted.iter().copied().filter(|m| place(m) == *p).collect();
            newest(&there)
        })
        .min_by_key(|m| m.at))
}

/// The same for a function: what one consumer did says nothing of another, so
/// the function must be the only one, behind the only sync or connection.
fn by_its_use(facts: &Facts, stored: &Judged) -> Option<Judged> {
    let count = |kind| facts.used_by(kind).count();
    (count(Use::Function) <= 1 && count(Use::Sync) + count(Use::Connection) <= 1)
        .then(|| by_use(facts, stored))
        .flatten()
}

/// A use of the secret that succeeded while nothing but today's credential and
/// today's value were there proves that the consumer has them, whenever it was
/// deployed. That they were alone all the time shows in the baseline.
fn by_use(facts: &Facts, stored: &Judged) -> Option<Judged> {
    let tables = [
        "entra_application",
        "entra_credential",
        "aws_secret",
        "aws_secret_version",
    ];
    let since = facts.baseline?;
    let live = facts.live();
    if !stored.is(LinkState::Done) || live.len() != 1 || !facts.compared(&tables) {
        return None;
    }
    let keys = |moments: &[Moment]| {
        let mut all: Vec<String> = moments.iter().map(|m| m.event.clone()).collect();
        all.sort();
        all
    };
    let same = keys(facts.of(Happening::Issued)) == keys(facts.of(Happening::IssuedBefore))
        && keys(facts.of(Happening::Stored)) == keys(facts.of(Happening::StoredBefore))
        && facts.of(Happening::Issued).len() == 1;
    let used = facts
        .of(Happening::Synced)
        .iter()
        .filter(|m| m.outcome == Outcome::Success)
        .chain(facts.of(Happening::SignedIn))
        .filter(|m| m.at.is_some_and(|at| later(at, since)))
        .max_by_key(|m| m.at)?;
    same.then(|| {
        Judged::new(
            LinkKind::Deployed,
            LinkState::Done,
            &shown(used),
            format!(
                "{} succeeded {} with this credential alone alive since the baseline, so it has the value",
                used.what,
                used.at.map(minute).unwrap_or_default()
            ),
        )
    })
}
