//! The fourth link: the sync, or a sign-in through the broker, succeeded with
//! the value that is deployed.

use chrono::{DateTime, Utc};

use super::card::{LinkKind, LinkState, minute};
use super::codes::{Happening, Outcome, Use};
use super::facts::{Consumer, Facts, Moment, later};
use super::judged::{Judged, newest, shown};
use crate::fold::fold;

/// What the proof of use is measured from.
pub(super) fn reference(stored: &Judged, deployed: &Judged) -> Option<DateTime<Utc>> {
    deployed.link.at.or(stored.link.at)
}

pub(super) fn synced(facts: &Facts, stored: &Judged, deployed: &Judged) -> Judged {
    if let Some(gap) = facts.gap(&["registered_secret"]) {
        return Judged::gap(LinkKind::Synced, gap);
    }
    for kind in [Use::UnconfiguredSync, Use::MissingConnection] {
        if let Some(odd) = facts.used_by(kind).next() {
            if let Some(gap) = facts
                .gap(&["auth0_connection"])
                .filter(|_| kind == Use::MissingConnection)
            {
                return Judged::gap(LinkKind::Synced, gap);
            }
            return Judged::new(
                LinkKind::Synced,
                LinkState::Unknown,
                "registered_secret",
                format!(
                    "the register names the consumer {}, a {}",
                    odd.consumer, odd.role
                ),
            )
            .remedy("correct the consumer in the secrets register, or configure the sync");
        }
    }
    let mut all: Vec<Judged> = facts
        .used_by(Use::Sync)
        .map(|sync| run(facts, sync, stored, deployed))
        .chain(
            facts
                .used_by(Use::Connection)
                .map(|c| sign_in(facts, c, stored, deployed)),
        )
        .collect();
    if all.is_empty() {
        return unused(facts);
    }
    all.sort_by_key(|j| {
        let rank = match j.link.state {
            LinkState::NotYet | LinkState::OutOfOrder => 0,
            LinkState::Unknown => 1,
            LinkState::Done | LinkState::NotNeeded => 2,
        };
        (rank, j.link.at)
    });
    all.swap_remove(0)
}

/// No sync and no connection is named: either none uses it, or nobody wrote it down.
fn unused(facts: &Facts) -> Judged {
    match facts.used_by(Use::UnregisteredSync).next() {
        Some(sync) => Judged::new(
            LinkKind::Synced,
            LinkState::Unknown,
            "registered_secret",
            format!(
                "no row of the secrets register (table registered_secret) says which secret the sync {} uses, so whether it is this one is not known",
                sync.name
            ),
        )
        .remedy(format!(
            "add the consumer sync/{} to the row of the secret that the sync uses",
            sync.name
        )),
        None => Judged::new(
            LinkKind::Synced,
            LinkState::NotNeeded,
            "registered_secret",
            "no configured sync and no connection of the broker uses it",
        ),
    }
}

fn run(facts: &Facts, sync: &Consumer, stored: &Judged, deployed: &Judged) -> Judged {
    if let Some(gap) = facts.gap(&["sync_run"]) {
        return Judged::gap(LinkKind::Synced, gap);
    }
    let name = fold(&sync.name);
    let runs: Vec<&Moment> = facts
        .of(Happening::Synced)
        .iter()
        .filter(|m| fold(&m.what) == name)
        .collect();
    let last_of = |outcome: Outcome| {
        let of: Vec<&Moment> = runs
            .iter()
            .copied()
            .filter(|m| m.outcome == outcome)
            .collect();
        newest(&of)
    };
    let name = &sync.name;
    let (success, failure, unclear) = (
        last_of(Outcome::Success),
        last_of(Outcome::Failure),
        last_of(Outcome::Unknown),
    );
    if runs.is_empty() {
        return Judged::new(
            LinkKind::Synced,
            LinkState::Unknown,
            "sync_run",
            format!("the run log (table sync_run) has no run of the sync {name}"),
        )
        .remedy("add its runs to the register of sync runs");
    }
    let last = success.and_then(|m| m.at);
    let evidence = success.map_or_else(|| "sync_run".to_owned(), shown);
    let judged =
        |state, note: String| Judged::new(LinkKind::Synced, state, &evidence, note).at(last);
    if let Some(failed) = failure.and_then(|m| m.at)
        && last.is_none_or(|l| failed >= l)
    {
        return Judged::new(
            LinkKind::Synced,
            LinkState::NotYet,
            &failure.map(shown).unwrap_or_default(),
            format!(
                "the last run of the sync {name} failed {}, {}",
                minute(failed),
                last.map_or_else(
                    || "and none succeeded".to_owned(),
                    |l| format!("the last that succeeded was {}", minute(l))
                )
            ),
        )
        .at(last)
        .remedy(format!(
            "read the log of {name} and make it succeed before anything is changed"
        ));
    }
    let undated = |m: &&&Moment| matches!(m.outcome, Outcome::Undated | Outcome::UndatedUnknown);
    // A run without a time may be the last one: only a success changes nothing then.
    let hidden = runs
        .iter()
        .filter(undated)
        .any(|m| m.outcome == Outcome::UndatedUnknown || last.is_none());
    if unclear.is_some_and(|u| u.at >= last) || hidden {
        return judged(
            LinkState::Unknown,
            format!("the run log has a run of the sync {name} whose end or result is not known"),
        )
        .remedy("correct the run in the register of sync runs");
    }
    used(
        &format!("the sync {name}"),
        "ran",
        judged,
        last,
        stored,
        deployed,
    )
}

fn sign_in(facts: &Facts, connection: &Consumer, stored: &Judged, deployed: &Judged) -> Judged {
    if let Some(gap) = facts.gap(&["auth0_connection", "auth0_log_event"]) {
        return Judged::gap(LinkKind::Synced, gap);
    }
    let seen = facts
        .of(Happening::SignedIn)
        .iter()
        .find(|m| m.what == connection.name);
    let last = seen.and_then(|m| m.at);
    let evidence = seen.map_or_else(|| "auth0_log_event".to_owned(), shown);
    let judged =
        |state, note: String| Judged::new(LinkKind::Synced, state, &evidence, note).at(last);
    let what = format!("a sign-in through {}", connection.name);
    if last.is_none() {
        return judged(
            LinkState::Unknown,
            format!(
                "the log of the broker (table auth0_log_event) shows no sign-in through {}",
                connection.name
            ),
        )
        .remedy("sign in once through that connection, and take a new snapshot");
    }
    used(&what, "succeeded", judged, last, stored, deployed)
}

/// Whether a use came after the value was in place.
fn used(
    what: &str,
    verb: &str,
    judged: impl Fn(LinkState, String) -> Judged,
    last: Option<DateTime<Utc>>,
    stored: &Judged,
    deployed: &Judged,
) -> Judged {
    let Some(last) = last else {
        return judged(LinkState::NotYet, format!("{what} has never succeeded"));
    };
    let before = reference(stored, deployed).is_some_and(|r| later(r, last));
    match deployed.link.state {
        LinkState::Done | LinkState::NotNeeded if before => judged(
            LinkState::NotYet,
            format!(
                "{what} has not {} since",
                if verb == "ran" { "run" } else { verb }
            ),
        )
        .remedy("start it, or wait for the next run, and take a new snapshot"),
        LinkState::Done => judged(
            LinkState::Done,
            format!("{what} {verb} with the value that is deployed"),
        ),
        LinkState::NotNeeded if stored.is(LinkState::Done) && stored.link.at.is_some() => judged(
            LinkState::Done,
            format!("{what} {verb} since the value was stored"),
        ),
        _ if stored.is(LinkState::NotYet)
            || deployed.is(LinkState::NotYet)
            || deployed.is(LinkState::OutOfOrder) =>
        {
            judged(
                LinkState::NotYet,
                format!("{what} {verb} with the old value"),
            )
            .following()
        }
        _ => judged(
            LinkState::Unknown,
            format!("{what} {verb}; whether with the newest value cannot be told"),
        )
        .following(),
    }
}
